/* echo_handler [--metrics ADDRESS] [ADDRESS]: the echo server again
 * (echo_server.c), as a protocol handler. What that one does by hand is the
 * framework's here: a connection's memory, its place in the list, reading on
 * when what was read has gone, the half-close at the end. While a client does
 * not read, nothing is read from it, so it costs 256 KiB and no more; after
 * five minutes without a byte it is gone. Try it with echo_client. What it does
 * can be seen at the address of --metrics (metrics.h). */
#include <inttypes.h>
#include <stdlib.h>

#include "metrics.h"
#include "serve.h"

typedef struct echo_s {
  uint64_t nbytes;
} echo_t;

/* No memory, or a connection that closes: either way it is over. */
static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  echo_t* echo = hvuv_conn_state(conn);

  echo->nbytes += nbytes;
  return hvuv_conn_send(conn, bytes, nbytes);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  const echo_t* echo = hvuv_conn_state(conn);

  if (output("Connection closed after %" PRIu64 " bytes\n", echo->nbytes) !=
          0 &&
      !serve_is_stopping)
    serve_stop();
  if (reason != UV_ECANCELED) /* We were told to stop. */
    report_end_of("conversation", &serve_addr, reason);
}

static const hvuv_protocol_t protocol = {
    .state_bytes = sizeof(echo_t),
    .on_message = on_message,
    .on_close = on_close,
};

static int is_shown; /* metrics_start() went well */

static int show(uv_loop_t* loop) {
  int err = metrics_start(loop, "echo", &serve_server);

  is_shown = err == 0;
  return err;
}

static void hide(void) {
  if (is_shown)
    metrics_stop();
}

int main(int argc, char** argv) {
  hvuv_server_options_t options;
  const char* at;
  int code;

  argv = program_start(&argc, argv);
  serve_option = "--metrics ADDRESS";
  serve_usage_options = " [--metrics ADDRESS]";
  serve_usage_lines = "  --metrics ADDRESS  show there what it does (HTTP)\n";
  code = serve_arguments(argc, argv, DEFAULT_ADDRESS, &at);
  if (code >= 0)
    return code;
  if (at != NULL) {
    if (parse_address("--metrics", at, &metrics_addr) != 0)
      return 2;
    serve_on_ready = show;
    serve_on_stop = hide;
  }
  hvuv_server_options_init(&options);
  return serve(&protocol, &options);
}
