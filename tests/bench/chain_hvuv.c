/* Chains of writes by hvuv_write, and by a handler's hvuv_conn_send_ref. */
#include <string.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

static uv_loop_t loop;
static hvuv_stream_t listener;
static hvuv_stream_t stream;
static hvuv_server_t server;
static uv_buf_t message;
static uint64_t left;
static char number[sizeof(left)];

static void prepare(const job_t* job) {
  union {
    const char* constant;
    char* base;
  } bytes = {chain_message(job)};

  message = uv_buf_init(bytes.base, (unsigned int) job->bytes);
  must("uv_loop_init", uv_loop_init(&loop));
}

static void run(void) {
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}

/* --- hvuv_write ----------------------------------------------------------- */

static hvuv_write_t write_req;

static void write_next(void);

static void on_written(hvuv_write_t* req, int status) {
  (void) req;
  must("hvuv: chain: write", status);
  if (--left > 0)
    write_next();
}

static void write_next(void) {
  must("hvuv_write", hvuv_write(&write_req, &stream, &message, 1, on_written));
}

static void alloc_number(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  (void) s;
  (void) suggested;
  *buf = uv_buf_init(number, sizeof(number));
}

static void on_number(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  if (nread < 0) {
    hvuv_close(s, NULL);
    return;
  }
  if (nread == 0)
    return;
  if (nread != (ssize_t) sizeof(number))
    die("hvuv: chain: half a number");
  memcpy(&left, number, sizeof(left));
  write_next();
}

static void on_connection(hvuv_stream_t* s, int status) {
  must("hvuv: chain: connection", status);
  must("hvuv_init", hvuv_init(&loop, &stream));
  must("hvuv_accept", hvuv_accept(s, &stream));
  must("hvuv_read_start", hvuv_read_start(&stream, alloc_number, on_number));
  hvuv_close(s, NULL);
}

void chain_hvuv(const job_t* job) {
  prepare(job);
  must("hvuv_init", hvuv_init(&loop, &listener));
  must("hvuv_open", hvuv_open(&listener, job->listener));
  must("hvuv_listen", hvuv_listen(&listener, 1, on_connection));
  run();
}

/* --- The framework -------------------------------------------------------- */

static hvuv_send_t send_req;

static void on_sent(hvuv_send_t* req, int status) {
  must("framework: chain: send", status);
  if (--left > 0)
    must("hvuv_conn_send_ref",
         hvuv_conn_send_ref(req, req->conn, &message, 1, on_sent));
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  if (nbytes != sizeof(left))
    die("framework: chain: half a number");
  memcpy(&left, bytes, sizeof(left));
  must("hvuv_conn_send_ref",
       hvuv_conn_send_ref(&send_req, conn, &message, 1, on_sent));
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  must("framework: chain: connection", reason);
  hvuv_server_stop(&server, 0, NULL);
}

void chain_framework(const job_t* job) {
  static const hvuv_protocol_t protocol = {.on_message = on_message,
                                           .on_close = on_close};
  hvuv_server_options_t options;

  prepare(job);
  hvuv_server_options_init(&options);
  must("hvuv_server_init", hvuv_server_init(&loop, &server, &options));
  must("hvuv_server_listen_socket",
       hvuv_server_listen_socket(&server, job->listener, &protocol));
  run();
}
