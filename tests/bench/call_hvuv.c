/* Calls by hvuv to an address of `local`, and the server beside them. */
#include <stdlib.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

typedef struct {
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  size_t back;
} call_t;

static uv_loop_t loop;
static hvuv_addr_t address;
static const calls_t* job;
static unsigned long begun;
static char bytes[READ_BYTES];
static char buffer[READ_BYTES];

static void begin(call_t* call);

static void on_closed(hvuv_stream_t* stream) {
  if (begun < job->calls)
    begin((call_t*) stream);
}

static void alloc_same(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) stream;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  call_t* call = (call_t*) stream;

  (void) buf;
  must("hvuv: call: read", (int) nread);
  call->back += (size_t) nread;
  if (call->back == job->bytes)
    hvuv_close(stream, on_closed);
}

static void on_written(hvuv_write_t* req, int status) {
  (void) req;
  must("hvuv: call: write", status);
}

static void on_connect(hvuv_connect_t* req, int status) {
  call_t* call = (call_t*) req->handle;
  uv_buf_t buf = uv_buf_init(bytes, (unsigned int) job->bytes);

  must("hvuv: call: connect", status);
  if (job->bytes == 0) {
    hvuv_close(&call->stream, on_closed);
    return;
  }
  must("hvuv_read_start", hvuv_read_start(&call->stream, alloc_same, on_read));
  must("hvuv_write",
       hvuv_write(&call->write, &call->stream, &buf, 1, on_written));
}

static void begin(call_t* call) {
  begun++;
  call->back = 0;
  must("hvuv_init", hvuv_init(&loop, &call->stream));
  must("hvuv_connect",
       hvuv_connect(&call->connect, &call->stream, &address, on_connect));
}

void call_hvuv(const calls_t* calls) {
  call_t* all;

  job = calls;
  begun = 0;
  all = calloc(calls->callers, sizeof(*all));
  if (all == NULL)
    die("hvuv: no memory");
  must("hvuv_addr_parse", hvuv_addr_parse(LOCAL_ADDRESS, &address));
  must("uv_loop_init", uv_loop_init(&loop));
  while (begun < calls->callers && begun < calls->calls)
    begin(&all[begun]);
  must("uv_run", uv_run(&loop, UV_RUN_DEFAULT));
  must("uv_loop_close", uv_loop_close(&loop));
  free(all);
}
