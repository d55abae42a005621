/* Handles of ours, closed once: by us, or by a stranger. */
#include "base/handle.h"

#include <assert.h>

/* Its address is in the `data` of every handle of ours. */
static const char tag = 'h';

void hvuv__handle_mark(uv_handle_t* handle) {
  assert(hvuv__handle_is_open(handle));
  handle->data = (void*) (uintptr_t) &tag;
}

int hvuv__handle_is_ours(const uv_handle_t* handle) {
  return handle->data == &tag;
}

/* A handle that a stranger closed has a callback that is not ours to change. So
 * turns are counted instead, and then the loop is asked:
 *
 *   a first handle closes --> a second one closes --> lingers? --- no ---> cb
 *                                                     |     ^
 *                                                     v     |
 *                                                a request is done
 *
 * What is closing cannot be closed by another walk, no walk shows a request,
 * and either holds the loop. The first callback may come before that of a
 * handle which was closed earlier (libuv, src/unix/core.c), the second comes
 * after it, unless that has requests under way, as it may on Windows. There a
 * third would come at once, and so on for ever (src/win/handle-inl.h). */
#define TURNS 2

static void on_turn(uv_handle_t* own);
static void on_asked(uv_work_t* work, int status);

/* Neither init nor start can fail. */
static void wait_on(hvuv__wait_t* wait) {
  uv_loop_t* loop = wait->handle->loop;

  if (wait->turns < TURNS) {
    uv_idle_init(loop, &wait->own.idle);
    hvuv__handle_mark(&wait->own.any);
    uv_close(&wait->own.any, on_turn);
  } else if (hvuv__handle_lingers(wait->handle)) {
    uv_queue_work(loop, &wait->own.work, hvuv__handle_pause, on_asked);
  } else {
    wait->cb(wait->handle);
  }
}

static void on_turn(uv_handle_t* own) {
  hvuv__wait_t* wait = (hvuv__wait_t*) own;

  wait->turns++;
  wait_on(wait);
}

static void on_asked(uv_work_t* work, int status) {
  hvuv__wait_t* wait = (hvuv__wait_t*) work;

  (void) status; /* Nobody cancels it. */
  wait->turns++;
  wait_on(wait);
}

void hvuv__handle_close(uv_handle_t* handle,
                        hvuv__wait_t* wait,
                        uv_close_cb cb) {
  assert(hvuv__handle_is_ours(handle));
  hvuv__handle_close_any(handle, wait, cb);
}

void hvuv__handle_close_any(uv_handle_t* handle,
                            hvuv__wait_t* wait,
                            uv_close_cb cb) {
  assert(cb != NULL && wait->cb == NULL); /* closed once */
  wait->handle = handle;
  wait->cb = cb;
  if (hvuv__handle_is_open(handle))
    uv_close(handle, cb);
  else
    wait_on(wait);
}
