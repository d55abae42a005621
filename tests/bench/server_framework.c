/*
 * The framework: an echo of raw bytes as a handler, with the limits that a
 * server has by default. Only what counts connections and the time to the first
 * message are others, because a load opens all its connections before it sends.
 */
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

static hvuv_server_t server;
static unsigned int to_close;
static size_t piece_bytes;

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  size_t left;
  size_t len;

  for (left = nbytes; left > 0; left -= len) {
    len = left < piece_bytes ? left : piece_bytes;
    must("hvuv_conn_send", hvuv_conn_send(conn, bytes, len));
    bytes += len;
  }
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  must("hvuv_server: connection", reason);
  if (--to_close == 0)
    hvuv_server_stop(&server, 0, NULL);
}

void serve_hvuv_framework(const job_t* job) {
  static const hvuv_protocol_t protocol = {.on_message = on_message,
                                           .on_close = on_close};
  hvuv_server_options_t options;
  uv_loop_t loop;

  to_close = job->connections;
  piece_bytes = job->bytes;
  hvuv_server_options_init(&options);
  options.max_connections = 0;
  options.limits.first_message_timeout_ms = options.limits.idle_timeout_ms;

  must("uv_loop_init", uv_loop_init(&loop));
  must("hvuv_server_init", hvuv_server_init(&loop, &server, &options));
  must("hvuv_server_listen_socket",
       hvuv_server_listen_socket(&server, job->listener, &protocol));
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}
