/* libuv's own streams: as its tutorials write an echo server, and with care. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "bench.h"

typedef struct {
  uv_write_t req;
  char* bytes;
} reply_t;

static uv_loop_t loop;
static uv_pipe_t listener;
static unsigned int to_come;
static size_t piece_bytes;
static uv_alloc_cb alloc_cb;
static uv_read_cb read_cb;

static void on_closed(uv_handle_t* handle) {
  free(handle);
}

static void on_connection(uv_stream_t* server, int status) {
  uv_pipe_t* pipe;

  must("uv: connection", status);
  pipe = malloc(sizeof(*pipe));
  if (pipe == NULL)
    die("uv: no memory");
  must("uv_pipe_init", uv_pipe_init(&loop, pipe, 0));
  must("uv_accept", uv_accept(server, (uv_stream_t*) pipe));
  must("uv_read_start", uv_read_start((uv_stream_t*) pipe, alloc_cb, read_cb));
  if (--to_come == 0)
    uv_close((uv_handle_t*) server, NULL);
}

static void serve(const job_t* job, uv_alloc_cb alloc, uv_read_cb read) {
  to_come = job->connections;
  piece_bytes = job->bytes;
  alloc_cb = alloc;
  read_cb = read;
  must("uv_loop_init", uv_loop_init(&loop));
  must("uv_pipe_init", uv_pipe_init(&loop, &listener, 0));
  must("uv_pipe_open", uv_pipe_open(&listener, job->listener));
  must("uv_listen", uv_listen((uv_stream_t*) &listener, 4096, on_connection));
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}

static void on_written(uv_write_t* req, int status) {
  reply_t* reply = (reply_t*) req;

  must("uv_write", status);
  free(reply->bytes);
  free(reply);
}

/* Takes the bytes over. */
static void write_bytes(uv_stream_t* stream, char* bytes, size_t len) {
  reply_t* reply;
  uv_buf_t buf;

  reply = malloc(sizeof(*reply));
  if (reply == NULL)
    die("uv: no memory");
  reply->bytes = bytes;
  buf = uv_buf_init(bytes, (unsigned int) len);
  must("uv_write", uv_write(&reply->req, stream, &buf, 1, on_written));
}

static void write_copy(uv_stream_t* stream, const char* bytes, size_t len) {
  char* copy;

  copy = malloc(len);
  if (copy == NULL)
    die("uv: no memory");
  memcpy(copy, bytes, len);
  write_bytes(stream, copy, len);
}

/* --- Classic -------------------------------------------------------------- */

static void alloc_new(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) handle;
  buf->base = malloc(suggested);
  buf->len = suggested;
}

static void on_read_classic(uv_stream_t* stream,
                            ssize_t nread,
                            const uv_buf_t* buf) {
  size_t left;
  char* at;

  if (nread <= 0) {
    free(buf->base);
    if (nread < 0)
      uv_close((uv_handle_t*) stream, on_closed);
    return;
  }

  /* One reply, the usual case, goes with the buffer itself. */
  left = (size_t) nread;
  if (left <= piece_bytes) {
    write_bytes(stream, buf->base, left);
    return;
  }
  for (at = buf->base; left > piece_bytes; left -= piece_bytes) {
    write_copy(stream, at, piece_bytes);
    at += piece_bytes;
  }
  write_copy(stream, at, left);
  free(buf->base);
}

void serve_uv_classic(const job_t* job) {
  serve(job, alloc_new, on_read_classic);
}

void serve_uv_classic_keep(const job_t* job) {
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_MMAP_THRESHOLD, 1 << 24);
  serve(job, alloc_new, on_read_classic);
}

/* --- Careful -------------------------------------------------------------- */

static char the_buffer[READ_BYTES];

static void alloc_same(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) handle;
  (void) suggested;
  buf->base = the_buffer;
  buf->len = sizeof(the_buffer);
}

static void try_first(uv_stream_t* stream, char* bytes, size_t len) {
  uv_buf_t buf;
  int n;

  buf = uv_buf_init(bytes, (unsigned int) len);
  n = uv_try_write(stream, &buf, 1);
  if (n == UV_EAGAIN)
    n = 0;
  must("uv_try_write", n);
  if ((size_t) n < len)
    write_copy(stream, bytes + n, len - (size_t) n);
}

static void on_read_careful(uv_stream_t* stream,
                            ssize_t nread,
                            const uv_buf_t* buf) {
  size_t left;
  size_t len;
  char* at;

  if (nread < 0) {
    uv_close((uv_handle_t*) stream, on_closed);
    return;
  }
  at = buf->base;
  for (left = (size_t) nread; left > 0; left -= len) {
    len = left < piece_bytes ? left : piece_bytes;
    try_first(stream, at, len);
    at += len;
  }
}

void serve_uv_careful(const job_t* job) {
  serve(job, alloc_same, on_read_careful);
}
