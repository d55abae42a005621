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

/* What hvuv__handle_close() needs if a stranger was first. It stands beside the
 * handle, in the same block, so that closing needs no memory. Zeroed. */
typedef struct hvuv__wait_s {
  union {
    uv_handle_t any;
    uv_idle_t idle;
    uv_work_t work;
  } own; /* first: it is found by it */
  uv_handle_t* handle;
  uv_close_cb cb;
  int turns;
} hvuv__wait_t;

/* Of a handle just initialised. Its `data` is taken. */
void hvuv__handle_mark(uv_handle_t* handle);

int hvuv__handle_is_ours(const uv_handle_t* handle);

/* 1 until somebody closes it. */
static inline int hvuv__handle_is_open(const uv_handle_t* handle) {
  return !uv_is_closing(handle);
}

/* Has cb called from the loop when the block that handle and wait lie in may be
 * freed. To be called once. */
void hvuv__handle_close(uv_handle_t* handle,
                        hvuv__wait_t* wait,
                        uv_close_cb cb);

/* The same for a handle that is the user's, whose memory must stay until cb. */
void hvuv__handle_close_any(uv_handle_t* handle,
                            hvuv__wait_t* wait,
                            uv_close_cb cb);

/* --- What systems do in their own way: handle_posix.c, handle_win.c */

/* Of a handle that was closed two turns ago: whether libuv has not done with
 * it. */
int hvuv__handle_lingers(uv_handle_t* handle);

/* In another thread, between two questions. */
void hvuv__handle_pause(uv_work_t* work);

#endif /* HVUV_SRC_BASE_HANDLE_H */
