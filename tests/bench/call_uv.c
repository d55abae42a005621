/* Calls by uv_pipe_t, as libuv's own pipe_pound_100 makes them, but that each
 * waits for its message. */
#include <stdlib.h>
#include <uv.h>

#include "bench.h"

typedef struct {
  uv_pipe_t pipe;
  uv_connect_t connect;
  uv_write_t write;
  size_t back;
} call_t;

static uv_loop_t loop;
static const calls_t* job;
static unsigned long begun;
static char bytes[READ_BYTES];
static char buffer[READ_BYTES];

static void begin(call_t* call);

static void on_closed(uv_handle_t* handle) {
  if (begun < job->calls)
    begin((call_t*) handle);
}

static void alloc_same(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) handle;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void on_read(uv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  call_t* call = (call_t*) stream;

  (void) buf;
  must("uv: call: read", (int) nread);
  call->back += (size_t) nread;
  if (call->back == job->bytes)
    uv_close((uv_handle_t*) stream, on_closed);
}

static void on_written(uv_write_t* req, int status) {
  (void) req;
  must("uv: call: write", status);
}

static void on_connect(uv_connect_t* req, int status) {
  call_t* call = (call_t*) req->handle;
  uv_buf_t buf = uv_buf_init(bytes, (unsigned int) job->bytes);

  must("uv: call: connect", status);
  if (job->bytes == 0) {
    uv_close((uv_handle_t*) &call->pipe, on_closed);
    return;
  }
  must("uv_read_start", uv_read_start(req->handle, alloc_same, on_read));
  must("uv_write", uv_write(&call->write, req->handle, &buf, 1, on_written));
}

static void begin(call_t* call) {
  begun++;
  call->back = 0;
  must("uv_pipe_init", uv_pipe_init(&loop, &call->pipe, 0));
  uv_pipe_connect(&call->connect, &call->pipe, job->place, on_connect);
}

void call_uv(const calls_t* calls) {
  call_t* all;

  job = calls;
  begun = 0;
  all = calloc(calls->callers, sizeof(*all));
  if (all == NULL)
    die("uv: no memory");
  must("uv_loop_init", uv_loop_init(&loop));
  while (begun < calls->callers && begun < calls->calls)
    begin(&all[begun]);
  must("uv_run", uv_run(&loop, UV_RUN_DEFAULT));
  must("uv_loop_close", uv_loop_close(&loop));
  free(all);
}
