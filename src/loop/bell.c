/* What wakes a loop from any thread, on uv_async_t. */
#include "loop/bell.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/handle.h"
#include "sys/sys.h"

struct hvuv__bell_s {
  uv_async_t async; /* first: a bell is found in it */
  hvuv__wait_t wait;
  void* owner; /* NULL when closed */
  hvuv__bell_cb cb;
};

static void on_async(uv_async_t* async) {
  hvuv__bell_t* bell = (hvuv__bell_t*) async;

  assert(bell->owner != NULL);
  bell->cb(bell->owner);
}

int hvuv__bell_open(uv_loop_t* loop,
                    void* owner,
                    hvuv__bell_cb cb,
                    hvuv__bell_t** out) {
  hvuv__bell_t* bell;
  int err;

  assert(owner != NULL && cb != NULL);
  bell = hvuv__calloc(1, sizeof(*bell));
  if (bell == NULL)
    return UV_ENOMEM;
  err = uv_async_init(loop, &bell->async, on_async);
  if (err != 0) {
    hvuv__free(bell);
    return err;
  }

  hvuv__handle_mark((uv_handle_t*) &bell->async);
  uv_unref((uv_handle_t*) &bell->async);
  bell->owner = owner;
  bell->cb = cb;
  *out = bell;
  return 0;
}

void hvuv__bell_hold(hvuv__bell_t* bell) {
  assert(bell->owner != NULL);
  uv_ref((uv_handle_t*) &bell->async);
}

/* Where libuv does not mind, the handle is not looked at: whoever walks the
 * loop may be closing it. */
void hvuv__bell_ring(hvuv__bell_t* bell) {
  if (!hvuv__sys_rings_open_only ||
      hvuv__handle_is_open((const uv_handle_t*) &bell->async))
    uv_async_send(&bell->async);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle);
}

void hvuv__bell_close(hvuv__bell_t* bell) {
  assert(bell->owner != NULL); /* closed once */
  bell->owner = NULL;
  hvuv__handle_close((uv_handle_t*) &bell->async, &bell->wait, on_closed);
}
