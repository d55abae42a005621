/* echo_handler [ADDRESS]: the echo server again (echo_server.c), as a protocol
 * handler. What that one does by hand is the framework's here: a connection's
 * memory, its place in the list, reading on when what was read has gone, the
 * half-close at the end. While a client does not read, nothing is read from it,
 * so it costs 256 KiB and no more; after five minutes without a byte it is
 * gone. Try it with echo_client. */
#include <inttypes.h>
#include <stdlib.h>

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
    report(
        reason == UV_ETIMEDOUT ? "time limit" : "framing", &serve_addr, reason);
}

static const hvuv_protocol_t protocol = {
    .state_bytes = sizeof(echo_t),
    .on_message = on_message,
    .on_close = on_close,
};

int main(int argc, char** argv) {
  hvuv_server_options_t options;

  argv = program_start(&argc, argv);
  hvuv_server_options_init(&options);
  return serve(argc, argv, DEFAULT_ADDRESS, &protocol, &options);
}
