/* The same for the framework, which does not read from a peer to which much is
 * queued: what the peer said last is delivered, then the connection closes with the
 * reason for which writing failed. */
#include <sys/socket.h>

#include "kernel.h"

#define SAID         23
#define QUEUED_BYTES (3u << 20)
#define AT_ONCE_MS   3000

static char bytes[QUEUED_BYTES];

typedef struct fate_s {
  uint64_t received;
  int opened;
  int closed;
  int reason;
} fate_t;

static fate_t fate;

static int on_open(hvuv_conn_t* conn) {
  fate.opened = 1;
  return hvuv_conn_send(conn, bytes, sizeof(bytes));
}

static int on_message(hvuv_conn_t* conn, const char* message, size_t nbytes) {
  (void) conn;
  (void) message;
  fate.received += nbytes;
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  fate.closed = 1;
  fate.reason = reason;
}

static const hvuv_protocol_t protocol = {
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};

/* The peer has taken nothing, says something and goes. */
static void say_and_close(rig_t* rig, int peer) {
  RIG_RUN_UNTIL(rig, fate.opened);
  raw_write(peer, 0, SAID);
  raw_close(peer);
}

static void expect_fate(uint64_t begin) {
  assert_int_equal(fate.closed, 1);
  assert_int_equal(fate.received, SAID);
  assert_code(fate.reason, UV_EPIPE);
  assert_true(uv_hrtime() / 1000000 - begin < AT_ONCE_MS);
}

static void a_clients_peer_answers_early_and_closes(void** state) {
  rig_t* rig = *state;
  hvuv_client_t client;
  uint64_t begin;
  int listener;
  int peer;

  fate = (fate_t){0};
  listener = raw_listen(rig, 1);
  assert_code(hvuv_client_init(&rig->loop, &client, NULL), 0);
  assert_code(hvuv_client_connect(&client, &rig->to, &protocol), 0);
  peer = raw_accept(listener);
  raw_close(listener);
  say_and_close(rig, peer);
  begin = uv_hrtime() / 1000000;
  RIG_RUN_UNTIL(rig, fate.closed);
  hvuv_client_close(&client, NULL);
  rig_run(rig);
  expect_fate(begin);
}

static void a_servers_peer_says_something_more_and_closes(void** state) {
  rig_t* rig = *state;
  hvuv_server_t server;
  uint64_t begin;
  int peer;

  fate = (fate_t){0};
  assert_code(hvuv_server_init(&rig->loop, &server, NULL), 0);
  assert_code(hvuv_server_listen(&server, &rig->at, &protocol), 0);
  assert_code(hvuv_server_address(&server, 0, &rig->to), 0);
  peer = raw_connect(-1, &rig->to);
  say_and_close(rig, peer);
  begin = uv_hrtime() / 1000000;
  RIG_RUN_UNTIL(rig, fate.closed);
  hvuv_server_stop(&server, 0, NULL);
  rig_run(rig);
  expect_fate(begin);
}

int kernel_dead_conn(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(a_clients_peer_answers_early_and_closes),
      KERNEL_TEST(a_servers_peer_says_something_more_and_closes),
  };

  return cmocka_run_group_tests_name(
      "dead peers of the framework", tests, NULL, NULL);
}
