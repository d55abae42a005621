/* A pipe that is full, and stays so. */
#include "loop/witness.h"

#include <assert.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/handle.h"

/* What a pipe takes at most where nobody asks for more: 64 KiB on every system.
 * It is written twice. */
#define PIPE_BYTES 65536

#define STDIO_LAST 2

struct hvuv__witness_s {
  uv_pipe_t pipe; /* first: it is found by it */
  hvuv__wait_t wait;
  uv_write_t write;
  uv_idle_t turn; /* closed at once, which is called back in the next turn */
  uv_file other_end;
  void* owner; /* NULL: nobody wants to know any more */
  hvuv__witness_cb cb;
  unsigned int handles; /* not yet given back by libuv */
  int is_written;
};

static char zeros[PIPE_BYTES];

static void close_file(uv_file file) {
  uv_fs_t req;

  uv_fs_close(NULL, &req, file, NULL);
  uv_fs_req_cleanup(&req);
}

static void give_back_handle(hvuv__witness_t* w) {
  assert(w->handles > 0);
  if (--w->handles > 0)
    return;
  assert(w->is_written && w->owner == NULL);
  hvuv__free(w);
}

static void on_closed(uv_handle_t* handle) {
  give_back_handle((hvuv__witness_t*) handle);
}

static void on_turn(uv_handle_t* handle) {
  hvuv__witness_t* w =
      (hvuv__witness_t*) (void*) ((char*) handle -
                                  offsetof(hvuv__witness_t, turn));

  if (w->owner != NULL)
    w->cb(w->owner);
  give_back_handle(w);
}

static void on_failed_closed(uv_handle_t* handle) {
  hvuv__free(handle);
}

static void on_written(uv_write_t* req, int status) {
  hvuv__witness_t* w = req->data;

  assert(!w->is_written && status != 0);
  (void) status;
  w->is_written = 1;
  if (w->owner != NULL)
    w->cb(w->owner);
}

static void close_both(const uv_file ends[2]) {
  close_file(ends[0]);
  close_file(ends[1]);
}

/* A program without stdio gets none: libuv asserts that it closes none of those
 * (src/unix/core.c), and with its first stream a loop opens one more. */
static int open_both(uv_file ends[2]) {
  int err;

  err = uv_pipe(ends, 0, UV_NONBLOCK_PIPE);
  if (err == 0 && (ends[0] <= STDIO_LAST || ends[1] <= STDIO_LAST)) {
    close_both(ends);
    err = UV_EBADF;
  }
  return err;
}

/* ends[1] is the handle's as soon as that is open. */
static int fill(hvuv__witness_t* w, const uv_file ends[2]) {
  uv_buf_t bufs[2];
  int err;

  err = uv_pipe_open(&w->pipe, ends[1]);
  if (err != 0) {
    close_both(ends);
    return err;
  }

  bufs[0] = uv_buf_init(zeros, sizeof(zeros));
  bufs[1] = bufs[0];
  w->write.data = w;
  err = uv_write(&w->write, (uv_stream_t*) &w->pipe, bufs, 2, on_written);
  if (err != 0)
    close_file(ends[0]);
  else
    w->other_end = ends[0];
  return err;
}

int hvuv__witness_open(uv_loop_t* loop,
                       void* owner,
                       hvuv__witness_cb cb,
                       hvuv__witness_t** out) {
  hvuv__witness_t* w;
  uv_file ends[2];
  int err;

  assert(owner != NULL && cb != NULL && *out == NULL);
  w = hvuv__calloc(1, sizeof(*w));
  if (w == NULL)
    return UV_ENOMEM;
  err = open_both(ends);
  if (err != 0) {
    hvuv__free(w);
    return err;
  }

  uv_pipe_init(loop, &w->pipe, 0); /* It cannot fail. */
  hvuv__handle_mark((uv_handle_t*) &w->pipe);
  err = fill(w, ends);
  if (err != 0) {
    uv_close((uv_handle_t*) &w->pipe, on_failed_closed);
    return err;
  }

  uv_idle_init(loop, &w->turn);
  hvuv__handle_mark((uv_handle_t*) &w->turn);
  uv_close((uv_handle_t*) &w->turn, on_turn);
  w->handles = 2;
  w->owner = owner;
  w->cb = cb;
  *out = w;
  return 0;
}

void hvuv__witness_close(hvuv__witness_t* w) {
  assert(w->owner != NULL); /* closed once */
  w->owner = NULL;
  close_file(w->other_end);
  hvuv__handle_close((uv_handle_t*) &w->pipe, &w->wait, on_closed);
}
