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

/* So often the loop is asked, where twice is not enough. */
#define ASK_AGAIN_MS 10

/* Who waits until libuv has done with a handle that a stranger closed. The
 * stranger's callback is not ours to change, so the loop is asked: a handle that
 * it lists is still its.
 *
 *   closing -- asked the first time --> closing -- still listed --> a timer
 *                                         |                        |   ^  |
 *                                         +--- not listed: cb <----+   +--+
 *
 * A handle that is closing cannot be closed by another walk, and holds the loop.
 * The first of its callbacks may come before that of a handle closed earlier
 * (libuv, src/unix/core.c), the second comes after it everywhere but on Windows,
 * where requests may be under way, and where a third would come at once, and so
 * on for ever (src/win/handle-inl.h). */
typedef struct wait_s {
  union {
    uv_handle_t any;
    uv_idle_t idle;
    uv_timer_t timer;
  } own; /* first: it is found by it */
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

static void on_asked(uv_handle_t* own);

static void on_time(uv_timer_t* timer) {
  wait_t* wait = (wait_t*) timer;

  if (!is_listed(wait->handle))
    uv_close((uv_handle_t*) timer, on_asked);
}

/* Neither of the two kinds can fail to be initialised or started. */
static void ask_later(wait_t* wait) {
  uv_loop_t* loop = wait->handle->loop;

  if (wait->askings < 2) {
    uv_idle_init(loop, &wait->own.idle);
    hvuv__handle_mark(&wait->own.any);
    uv_close(&wait->own.any, on_asked);
  } else {
    uv_timer_init(loop, &wait->own.timer);
    hvuv__handle_mark(&wait->own.any);
    uv_timer_start(&wait->own.timer, on_time, ASK_AGAIN_MS, ASK_AGAIN_MS);
  }
}

static void on_asked(uv_handle_t* own) {
  wait_t* wait = (wait_t*) own;

  wait->askings++;
  if (wait->askings == 1 || is_listed(wait->handle)) {
    ask_later(wait);
    return;
  }
  wait->cb(wait->handle);
  hvuv__free(wait);
}

void hvuv__handle_close(uv_handle_t* handle, uv_close_cb cb) {
  assert(hvuv__handle_is_ours(handle));
  hvuv__handle_close_any(handle, cb);
}

void hvuv__handle_close_any(uv_handle_t* handle, uv_close_cb cb) {
  wait_t* wait;

  assert(cb != NULL);
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
