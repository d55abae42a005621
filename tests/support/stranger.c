#include "support/stranger.h"

#include <stddef.h>

#include "hvuv/loop.h"

int stranger_closed;
int stranger_owned;

void stranger_on_closed(uv_handle_t* handle) {
  stranger_closed++;
  stranger_owned += hvuv_owns_handle(handle);
}

static void close_it(uv_handle_t* handle, void* arg) {
  uv_close_cb* cb = arg;

  if (!uv_is_closing(handle))
    uv_close(handle, *cb);
}

static void close_if_foreign(uv_handle_t* handle, void* arg) {
  if (!hvuv_owns_handle(handle))
    close_it(handle, arg);
}

static void close_if_hvuvs(uv_handle_t* handle, void* arg) {
  if (hvuv_owns_handle(handle))
    close_it(handle, arg);
}

void stranger_closes_hvuvs(uv_loop_t* loop, uv_close_cb cb) {
  stranger_closed = 0;
  stranger_owned = 0;
  uv_walk(loop, close_if_hvuvs, &cb);
}

void stranger_closes_all(uv_loop_t* loop, uv_close_cb cb) {
  stranger_closed = 0;
  stranger_owned = 0;
  uv_walk(loop, close_it, &cb);
}

void stranger_spares_hvuvs(uv_loop_t* loop) {
  uv_close_cb cb = NULL;

  uv_walk(loop, close_if_foreign, &cb);
}
