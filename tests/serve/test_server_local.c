/* Servers at local:// addresses: several, with one protocol or more, and how
 * long a stop takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "local_callers.h"
#include "support/endpoint.h"
#include "support/peer.h"

static server_rig_t* rig;
static hvuv_protocol_t lines;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  rig = server_rig_up();
  lines = rig->protocol;
  lines.framing.kind = HVUV_FRAMING_LINES;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  server_rig_down(rig);
  endpoint_close();
  return 0;
}

static void each_address_has_its_protocol(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(local_listen(rig, "local://loopback/5001", &rig->protocol),
                   0);
  assert_int_equal(local_listen(rig, "local://any/5002", &lines), 0);
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5001"));
  assert_true(
      local_is_served(rig, NULL, "local://loopback/5002", "a line\n", 7));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_int_equal(rig->counts[AT_MESSAGE], 4);
}

static void an_address_that_fails_leaves_the_others(void** state) {
  hvuv_addr_t addr;
  hvuv_addr_t last;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(hvuv_server_address(&rig->server, 0, &addr), UV_ENOENT);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol),
                   UV_EADDRINUSE);
  assert_int_equal(local_listen(rig, "local://parent/5001", &rig->protocol),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(local_listen(rig, "local://any/5002", &rig->protocol), 0);
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5002"));

  assert_int_equal(hvuv_server_address(&rig->server, 1, &addr), 0);
  last = local_addr("local://any/5002");
  assert_true(hvuv_addr_equal(&addr, &last));
  assert_int_equal(hvuv_server_address(&rig->server, 2, &addr), UV_ENOENT);
}

static int unlisten(const char* text) {
  hvuv_addr_t addr = local_addr(text);

  return hvuv_server_unlisten(&rig->server, &addr);
}

static void an_address_may_be_given_up_and_taken_again(void** state) {
  hvuv_addr_t addr;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(local_listen(rig, "local://any/5001", &rig->protocol), 0);
  assert_int_equal(unlisten("local://any/5002"), UV_ENOENT);
  assert_int_equal(unlisten("local://any/5000"), 0);
  assert_int_equal(unlisten("local://any/5000"), UV_ENOENT);
  assert_false(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5001"));

  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_int_equal(hvuv_server_address(&rig->server, 1, &addr), 0);
  assert_int_equal(hvuv_server_unlisten(&rig->server, &addr), 0);
  assert_int_equal(unlisten("local://any/5001"), 0);
  assert_int_equal(hvuv_server_address(&rig->server, 0, &addr), UV_ENOENT);
  assert_int_equal(hvuv_server_unlisten(&rig->server, NULL), UV_EINVAL);
  assert_int_equal(hvuv_server_unlisten(NULL, &addr), UV_EINVAL);
}

static void give_up_the_address(server_rig_t* r, hvuv_conn_t* conn) {
  (void) r;
  (void) conn;
  assert_int_equal(unlisten("local://any/5000"), 0);
}

static void connections_outlive_their_listener(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  rig->acts[AT_OPEN] = give_up_the_address;
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_false(local_is_framed(rig, NULL, "local://loopback/5000"));
  assert_int_equal(rig->counts[AT_OPEN], 1);
}

static void who_waits_at_an_address_that_is_given_up_is_dropped(void** state) {
  local_caller_t waiting;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  server_rig_listen(rig);
  server_rig_ask(rig, server_rig_call(rig), "hello");
  local_call(rig, &waiting, NULL, "local://loopback/5000", "\0\0\0\2hi", 6);
  server_rig_turns(rig, 5);
  assert_int_equal(rig->counts[AT_OPEN], 1);
  assert_int_equal(unlisten("local://any/5000"), 0);
  assert_false(local_is_answered(&waiting));

  server_rig_hang_up(rig, rig->callers[0]);
  server_rig_ask(rig, server_rig_call(rig), "hello");
}

/* --- Stopping ------------------------------------------------------------- */

#define PIECES      15
#define PIECE_BYTES 200000
#define GRACE_MS    60

static void send_much_and_stop(server_rig_t* r, hvuv_conn_t* conn) {
  static const char piece[PIECE_BYTES];
  int i;

  for (i = 0; i < PIECES; i++)
    r->unsent += hvuv_conn_send(conn, piece, sizeof(piece)) != 0;
  server_rig_stop(r, GRACE_MS);
}

/* It takes some 40 kB in a turn of the loop, which is a millisecond or more, and
 * so several times the grace for all. More than the kernel keeps in one piece,
 * so that each turn is seen as progress. */
static void a_peer_that_reads_steadily_gets_everything(void** state) {
  static char room[40000];
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock;
  size_t have = 0;
  ssize_t n;

  (void) state;
  if (!net_is_posix())
    return; /* The system does not say what the peer has taken. */
  rig->is_silent = 1;
  rig->acts[AT_MESSAGE] = send_much_and_stop;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  sock = peer_connect(endpoint_path("l/host/5000.a", path), NULL);
  server_rig_track(rig, sock);
  server_rig_say(sock, "all of it");
  do {
    server_rig_turn(rig);
    n = net_recv(sock, room, sizeof(room));
    have += n > 0 ? (size_t) n : 0;
  } while (n > 0 || n == UV_EAGAIN);
  assert_int_equal(n, 0);
  assert_int_equal(rig->unsent, 0);
  assert_int_equal(have, PIECES * (4 + PIECE_BYTES));

  server_rig_hang_up(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->stops > 0);
  assert_int_equal(rig->reasons[0], 0);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_address_has_its_protocol),
      TEST(an_address_that_fails_leaves_the_others),
      TEST(an_address_may_be_given_up_and_taken_again),
      TEST(connections_outlive_their_listener),
      TEST(who_waits_at_an_address_that_is_given_up_is_dropped),
      TEST(a_peer_that_reads_steadily_gets_everything),
  };
  int code = net_skip_without_unix();

  if (code != 0)
    return code;
  return cmocka_run_group_tests_name("server, local", tests, NULL, NULL);
}
