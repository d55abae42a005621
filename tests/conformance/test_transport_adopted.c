/* The suite over TCP connections on the loopback interface that are adopted:
 * sockets that hvuv has not made, and, on Windows, sockets that both engines
 * know from Winsock itself. What needs addresses is left out. */
#include "suite.h"
#include "support/net.h"

static struct sockaddr_in name; /* of the listener */

static void start(rig_t* rig) {
  (void) rig;
}

static void serve(side_t* listener) {
  uv_os_sock_t sock;

  assert_code(net_tcp_listen(&sock, &name), 0);
  assert_code(hvuv_open(&listener->stream, sock), 0);
}

static void dial(side_t* side) {
  uv_os_sock_t sock;

  assert_code(net_tcp_connect(&sock, &name), 0);
  assert_code(hvuv_open(&side->stream, sock), 0);
}

static transport_t adopted = {
    .name = "adopted TCP sockets",
    .start = start,
    .serve = serve,
    .dial = dial,
    .endings = {.clean = ENDS_EOF,
                .unread = ENDS_RESET,
                .reset = ENDS_RESET,
                .late = ENDS_EOF},
    .aborted = UV_ECONNRESET,
};

int main(void) {
  int failed;

  net_start();
  if (!net_is_posix()) {
    adopted.aborted_too = UV_EOF;
    adopted.endings = (endings_t) ENDINGS_OF_WINDOWS;
  }
  print_message("The suite over %s\n", adopted.name);
  failed = suite_rehearse(&adopted);
  failed += suite_talk(&adopted);
  failed += suite_ends(&adopted);
  failed += suite_endings(&adopted);
  failed += suite_sigpipe(&adopted);
  failed += suite_alive(&adopted);
  failed += suite_bulk(&adopted);
  return failed;
}
