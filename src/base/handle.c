/* Handles of ours, closed once: by us, or by a stranger. */
#include "base/handle.h"

#include <assert.h>

#include "base/alloc.h"

/* Its address is in the `data` of every handle of ours. */
static const char tag = 'h';

void hvuv__handle_mark(uv_handle_t* handle) {
  assert(hvuv__handle_is_open(handle));
  handle->data = (void*) (uintptr_t) &tag;
}

int hvuv__handle_is_ours(const uv_handle_t* handle) {
  return handle->data == &tag;
}

/* Who waits until libuv has done with a handle that a stranger closed. The
 * stranger's callback is not ours to change, so the loop is asked: a handle that
 * it lists is still its. Each asking is the close callback of the wait's own
 * handle, which also keeps the loop alive until then. */
typedef struct wait_s {
  uv_idle_t idle; /* first: it is found by it */
  uv_handle_t* handle;
  uv_close_cb cb;
  int askings;
} wait_t;

typedef struct search_s {
  const uv_handle_t* handle;
  int is_found;
} search_t;

static void compare(uv_handle_t* handle, void* arg) {
  search_t* search = arg;

  if (handle == search->handle)
    search->is_found = 1;
}

static int is_listed(uv_handle_t* handle) {
  search_t search;

  search.handle = handle;
  search.is_found = 0;
  uv_walk(handle->loop, compare, &search);
  return search.is_found;
}

static void ask_later(wait_t* wait);

/* Not the first time: libuv may be in the middle of calling close callbacks, and
 * what was closed before us comes after us (src/unix/core.c). The second time is
 * enough everywhere but on Windows, where requests may be under way. */
static void on_asked(uv_handle_t* idle) {
  wait_t* wait = (wait_t*) idle;

  if (wait->askings++ == 0 || is_listed(wait->handle)) {
    ask_later(wait);
    return;
  }
  wait->cb(wait->handle);
  hvuv__free(wait);
}

static void ask_later(wait_t* wait) {
  uv_idle_init(wait->handle->loop, &wait->idle); /* Cannot fail. */
  hvuv__handle_mark((uv_handle_t*) &wait->idle);
  uv_close((uv_handle_t*) &wait->idle, on_asked);
}

void hvuv__handle_close(uv_handle_t* handle, uv_close_cb cb) {
  wait_t* wait;

  assert(cb != NULL && hvuv__handle_is_ours(handle));
  if (hvuv__handle_is_open(handle)) {
    uv_close(handle, cb);
    return;
  }

  wait = hvuv__calloc(1, sizeof(*wait));
  if (wait == NULL)
    return;
  wait->handle = handle;
  wait->cb = cb;
  ask_later(wait);
}
