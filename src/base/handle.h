/*
 * libuv handles of ours, which whoever walks the loop sees too, and may close:
 * how libuv's own tests end a loop.
 *
 *   hvuv__handle_mark     ours, and known as ours from now on
 *        |          \
 *        |           uv_close() by a stranger: it does nothing any more
 *        v          /
 *   hvuv__handle_close    its callback runs when libuv has done with it, once,
 *                         whoever has closed it
 *
 * Between the two a handle must not be started that is not open: libuv asserts.
 */
#ifndef HVUV_SRC_BASE_HANDLE_H
#define HVUV_SRC_BASE_HANDLE_H

#include <uv.h>

/* Of a handle just initialised. Its `data` is taken. */
void hvuv__handle_mark(uv_handle_t* handle);

int hvuv__handle_is_ours(const uv_handle_t* handle);

/* 1 until somebody closes it. */
static inline int hvuv__handle_is_open(const uv_handle_t* handle) {
  return !uv_is_closing(handle);
}

/* Has cb called from the loop when the block that the handle lies in may be
 * freed. To be called once. If a stranger has closed the handle, that needs a
 * little memory; without it cb is not called, and the block is lost. */
void hvuv__handle_close(uv_handle_t* handle, uv_close_cb cb);

/* The same for a handle that is the user's, whose memory must stay until cb. */
void hvuv__handle_close_any(uv_handle_t* handle, uv_close_cb cb);

#endif /* HVUV_SRC_BASE_HANDLE_H */
