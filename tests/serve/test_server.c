/* Servers over TCP sockets of their own: options, who gets in, what is counted,
 * and looking at all connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server_rig.h"
#include "support/alloc.h"

static server_rig_t* rig;

static int setup(void** state) {
  (void) state;
  rig = server_rig_up();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  server_rig_down(rig);
  return 0;
}

/* --- Options */

static void the_options_begin_as_documented(void** state) {
  hvuv_server_options_t options;

  (void) state;
  memset(&options, 0xff, sizeof(options));
  hvuv_server_options_init(&options);
  assert_int_equal(options.backlog, SOMAXCONN);
  assert_int_equal(options.max_connections, 1000);
  assert_int_equal(options.when_full, HVUV_FULL_WAIT);
  assert_null(options.allowed_peers);
  assert_int_equal(options.nallowed_peers, 0);
  assert_null(options.on_accept_error);
  assert_int_equal(options.limits.high_water_bytes, 256 * 1024);
  assert_int_equal(options.limits.low_water_bytes, 64 * 1024);
  assert_int_equal(options.limits.max_queued_bytes, 4 * 1024 * 1024);
  assert_int_equal(options.limits.first_message_timeout_ms, 10000);
  assert_int_equal(options.limits.message_timeout_ms, 30000);
  assert_int_equal(options.limits.idle_timeout_ms, 300000);
  assert_int_equal(options.limits.end_timeout_ms, 5000);
}

static void backlog_is_negative(hvuv_server_options_t* options) {
  options->backlog = -1;
}

static void a_buffer_is_negative(hvuv_server_options_t* options) {
  options->send_buffer_bytes = -1;
}

static void the_other_buffer_is_negative(hvuv_server_options_t* options) {
  options->recv_buffer_bytes = -1;
}

static void low_is_above_high(hvuv_server_options_t* options) {
  options->limits.low_water_bytes = options->limits.high_water_bytes + 1;
}

static void high_is_above_the_maximum(hvuv_server_options_t* options) {
  options->limits.max_queued_bytes = options->limits.high_water_bytes - 1;
}

static void fullness_is_unknown(hvuv_server_options_t* options) {
  options->when_full = (hvuv_full_t) 2;
}

static void peers_are_missing(hvuv_server_options_t* options) {
  options->nallowed_peers = 1;
}

static void options_without_sense_are_refused(void** state) {
  static void (*const rows[])(hvuv_server_options_t*) = {
      backlog_is_negative,
      a_buffer_is_negative,
      the_other_buffer_is_negative,
      low_is_above_high,
      high_is_above_the_maximum,
      fullness_is_unknown,
      peers_are_missing,
  };
  hvuv_server_options_t options;
  hvuv_server_t server;
  size_t i;

  (void) state;
  assert_int_equal(hvuv_server_init(NULL, &server, NULL), UV_EINVAL);
  assert_int_equal(hvuv_server_init(rig->loop, NULL, NULL), UV_EINVAL);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    hvuv_server_options_init(&options);
    rows[i](&options);
    assert_int_equal(hvuv_server_init(rig->loop, &server, &options), UV_EINVAL);
  }
}

static void init_leaves_nothing_without_memory(void** state) {
  hvuv_addr_t peer;
  int err = 0;
  long n;

  (void) state;
  memset(&peer, 0, sizeof(peer));
  rig->options.allowed_peers = &peer;
  rig->options.nallowed_peers = 1;
  for (n = 1; n < 100; n++) {
    alloc_fail_nth(n);
    rig->server.data = rig;
    err = hvuv_server_init(rig->loop, &rig->server, &rig->options);
    if (!alloc_has_failed())
      break;
    assert_int_equal(err, UV_ENOMEM);
  }
  assert_int_equal(err, 0);
  assert_true(n > 4);
  rig->is_up = 1;
}

static void protocols_without_sense_are_refused(void** state) {
  hvuv_protocol_t protocol;
  uv_os_sock_t sock;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(net_tcp_listen(&sock, &rig->at), 0);
  server_rig_track(rig, sock);
  assert_int_equal(hvuv_server_listen_socket(&rig->server, sock, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_server_listen_socket(NULL, sock, &rig->protocol),
                   UV_EINVAL);
  assert_int_equal(hvuv_server_listen(&rig->server, NULL, &rig->protocol),
                   UV_EINVAL);

  protocol = rig->protocol;
  protocol.on_message = NULL;
  assert_int_equal(hvuv_server_listen_socket(&rig->server, sock, &protocol),
                   UV_EINVAL);
  protocol = rig->protocol;
  protocol.framing.prefix_bytes = 3;
  assert_int_equal(hvuv_server_listen_socket(&rig->server, sock, &protocol),
                   UV_EINVAL);
}

/* --- Sockets of one's own */

static void a_socket_that_is_not_taken_stays_the_callers(void** state) {
  uv_os_sock_t pair[2];
  char byte;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(net_tcp_pair(pair), 0);
  server_rig_track(rig, pair[0]);
  server_rig_track(rig, pair[1]);
  assert_int_not_equal(
      hvuv_server_listen_socket(&rig->server, pair[0], &rig->protocol), 0);
  server_rig_turns(rig, 3);

  assert_int_equal(net_send(pair[1], "x", 1), 1);
  assert_int_equal(net_await(pair[0], 1, 30000), 0);
  assert_int_equal(net_recv(pair[0], &byte, 1), 1);
}

/* As a program that was started with the socket has it. */
static void assert_untouched(uv_os_sock_t sock, int blocked) {
  assert_true(net_is_inherited(sock));
  assert_int_equal(net_blocks(sock), blocked);
}

static void a_socket_that_is_not_taken_is_as_it_was(void** state) {
  uv_os_sock_t pair[2];
  int blocked;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(net_tcp_pair(pair), 0);
  net_share(pair[0]);
  blocked = net_blocks(pair[0]);
  assert_int_equal(
      hvuv_server_listen_socket(&rig->server, pair[0], &rig->protocol),
      UV_EINVAL);
  assert_untouched(pair[0], blocked);
  server_rig_turns(rig, 3);
  assert_untouched(pair[0], blocked);
  net_close(pair[0]);
  net_close(pair[1]);
}

static void a_socket_is_not_lost_without_memory(void** state) {
  uv_os_sock_t sock;
  int blocked;
  int err = 0;
  long n;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(net_tcp_listen(&sock, &rig->at), 0);
  net_share(sock);
  blocked = net_blocks(sock);
  for (n = 1; n < 100; n++) {
    alloc_fail_nth(n);
    err = hvuv_server_listen_socket(&rig->server, sock, &rig->protocol);
    if (!alloc_has_failed())
      break;
    assert_int_equal(err, UV_ENOMEM);
    assert_untouched(sock, blocked);
    server_rig_turns(rig, 2);
  }
  assert_int_equal(err, 0);
  assert_true(n > 2);
  server_rig_ask(rig, server_rig_call(rig), "hello");
}

static void it_listens_at_more_places_while_it_runs(void** state) {
  uv_os_sock_t first;
  hvuv_addr_t addr;

  (void) state;
  server_rig_start(rig);
  first = server_rig_call(rig);
  server_rig_ask(rig, first, "one");
  server_rig_listen(rig);
  server_rig_ask(rig, server_rig_call(rig), "two");
  server_rig_ask(rig, first, "three");
  assert_int_equal(hvuv_server_address(&rig->server, 2, &addr), UV_ENOENT);
}

/* --- How many get in */

static void who_waits_gets_in_when_one_goes(void** state) {
  uv_os_sock_t socks[12];
  int i;

  (void) state;
  rig->options.max_connections = 3;
  server_rig_start(rig);
  for (i = 0; i < 12; i++)
    socks[i] = server_rig_call(rig);
  for (i = 0; i < 12; i++) {
    SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == (i < 9 ? i + 3 : 12));
    server_rig_turns(rig, 3);
    assert_int_equal(rig->counts[AT_OPEN], i < 9 ? i + 3 : 12);
    server_rig_stats(rig);
    assert_int_equal(rig->stats.connections_now, i < 9 ? 3 : 12 - i);
    server_rig_ask(rig, socks[i], "at last");
    server_rig_hang_up(rig, socks[i]);
    SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == i + 1);
  }
  assert_int_equal(rig->stats.refused_full, 0);
}

static void refused_callers_see_an_end_and_later_ones_get_in(void** state) {
  uv_os_sock_t first;
  uv_os_sock_t second;

  (void) state;
  rig->options.max_connections = 1;
  rig->options.when_full = HVUV_FULL_REFUSE;
  server_rig_start(rig);
  first = server_rig_call(rig);
  server_rig_ask(rig, first, "in");
  second = server_rig_call(rig);
  assert_int_equal(server_rig_await_end(rig, second), 0);
  server_rig_hang_up(rig, first);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  server_rig_ask(rig, server_rig_call(rig), "in");
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_full, 1);
  assert_int_equal(rig->counts[AT_REFUSED], 1);
  assert_int_equal(rig->refused_reason, UV_EBUSY);
  assert_int_equal(rig->stats.connections_ever, 2);
  assert_int_equal(rig->stats.other_errors, 0);
}

/* Callers of one listener that never cease do not keep out another's. */
static void each_listener_has_its_turn_when_it_is_full(void** state) {
  struct sockaddr_in busy;
  uv_os_sock_t other;
  uv_os_sock_t sock;
  int i;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_start(rig);
  busy = rig->at;
  server_rig_listen(rig);
  other = server_rig_call(rig);
  rig->at = busy;
  sock = server_rig_call(rig);
  server_rig_turns(rig, 3);
  server_rig_say(other, "me too");

  for (i = 0; i < 10 && rig->counts[AT_MESSAGE] == 0; i++) {
    server_rig_call(rig); /* One waits always. */
    server_rig_turns(rig, 3);
    server_rig_hang_up(rig, sock);
    sock = rig->callers[rig->ncallers - 1];
    SERVER_RUN_UNTIL(rig,
                     rig->counts[AT_CLOSE] > i || rig->counts[AT_MESSAGE] > 0);
    server_rig_turns(rig, 3);
  }
  assert_int_equal(rig->counts[AT_MESSAGE], 1);
}

static void no_limit_is_none(void** state) {
  int i;

  (void) state;
  rig->options.max_connections = 0;
  server_rig_start(rig);
  for (i = 0; i < 20; i++)
    server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == 20);
}

static void an_empty_list_of_peers_lets_nobody_in(void** state) {
  hvuv_addr_t none;

  (void) state;
  memset(&none, 0, sizeof(none));
  rig->options.allowed_peers = &none;
  server_rig_start(rig);
  assert_int_equal(server_rig_await_end(rig, server_rig_call(rig)), 0);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->stats.connections_ever, 0);
  assert_int_equal(rig->stats.other_errors, 0);
}

static void a_caller_waits_for_memory(void** state) {
  (void) state;
  server_rig_start(rig);
  server_rig_ask(rig, server_rig_call(rig), "warm");
  alloc_fail_nth(1);
  server_rig_ask(rig, server_rig_call(rig), "hello");
  assert_int_equal(rig->counts[AT_ACCEPT_ERROR], 1);
  assert_int_equal(rig->accept_error, UV_ENOMEM);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.accept_errors, 1);
  assert_int_equal(rig->stats.connections_ever, 2);
}

/* --- What it knows */

static void what_goes_on_is_counted(void** state) {
  uv_os_sock_t sock;

  (void) state;
  server_rig_start(rig);
  sock = server_rig_call(rig);
  server_rig_ask(rig, sock, "12345");
  server_rig_ask(rig, sock, "");
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == 2);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.connections_now, 2);
  assert_int_equal(rig->stats.connections_ever, 2);
  assert_int_equal(rig->stats.messages_received, 2);
  assert_int_equal(rig->stats.messages_sent, 2);
  assert_int_equal(rig->stats.bytes_received, 13);
  assert_int_equal(rig->stats.bytes_sent, 13);
  server_rig_hang_up(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.connections_now, 1);
  assert_int_equal(rig->stats.connections_ever, 2);
  assert_int_equal(rig->stats.protocol_errors, 0);
  assert_int_equal(rig->stats.other_errors, 0);
}

static void what_a_handler_says_is_the_reason(void** state) {
  uv_os_sock_t sock;

  (void) state;
  rig->message_answer = UV_EPROTO;
  server_rig_start(rig);
  sock = server_rig_call(rig);
  server_rig_say(sock, "bad");
  server_rig_await_end(rig, sock);
  assert_int_equal(rig->reasons[0], UV_EPROTO);
  rig->open_answer = UV_EACCES;
  server_rig_await_end(rig, server_rig_call(rig));
  assert_int_equal(rig->reasons[1], UV_EACCES);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.protocol_errors, 1);
  assert_int_equal(rig->stats.other_errors, 1);
}

/* --- Each of them */

typedef struct tour_s {
  int visits;
  int nth; /* whom something is done to */
  void (*act)(hvuv_conn_t* conn);
} tour_t;

static void visit(hvuv_conn_t* conn, void* arg) {
  tour_t* tour = arg;

  if (++tour->visits == tour->nth || tour->nth == 0)
    tour->act(conn);
}

static void say_news(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "news", 4);
}

static void reset_it(hvuv_conn_t* conn) {
  hvuv_conn_abort(conn, UV_EPERM);
}

static int tour(int nth, void (*act)(hvuv_conn_t* conn)) {
  tour_t t;

  t.visits = 0;
  t.nth = nth;
  t.act = act;
  hvuv_server_each(&rig->server, visit, &t);
  return t.visits;
}

static void each_open_connection_is_visited(void** state) {
  uv_os_sock_t socks[3];
  char got[8];
  int i;

  (void) state;
  server_rig_start(rig);
  assert_int_equal(tour(0, say_news), 0);
  for (i = 0; i < 3; i++) {
    socks[i] = server_rig_call(rig);
    server_rig_ask(rig, socks[i], "hello");
  }
  assert_int_equal(tour(0, say_news), 3);
  server_rig_turn(rig);
  for (i = 0; i < 3; i++) {
    assert_int_equal(net_await(socks[i], 1, 30000), 0);
    assert_int_equal(net_recv(socks[i], got, sizeof(got)), 8);
    assert_memory_equal(got + 4, "news", 4);
  }

  assert_int_equal(tour(1, hvuv_conn_end), 3);
  assert_int_equal(tour(2, reset_it), 2);
  assert_int_equal(tour(0, say_news), 1);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  assert_int_equal(rig->reasons[0], UV_EPERM);
  assert_int_equal(tour(0, reset_it), 1);
  assert_int_equal(tour(0, reset_it), 0);
}

static void reset_all(server_rig_t* r, hvuv_conn_t* conn) {
  (void) conn;
  (void) r;
  tour(0, reset_it);
}

static void all_may_be_visited_from_a_callback(void** state) {
  int i;

  (void) state;
  server_rig_start(rig);
  for (i = 0; i < 5; i++)
    server_rig_ask(rig, server_rig_call(rig), "hello");
  rig->acts[AT_CLOSE] = reset_all;
  server_rig_hang_up(rig, rig->callers[2]);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 5);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_options_begin_as_documented),
      TEST(options_without_sense_are_refused),
      TEST(init_leaves_nothing_without_memory),
      TEST(protocols_without_sense_are_refused),
      TEST(a_socket_that_is_not_taken_stays_the_callers),
      TEST(a_socket_that_is_not_taken_is_as_it_was),
      TEST(a_socket_is_not_lost_without_memory),
      TEST(it_listens_at_more_places_while_it_runs),
      TEST(who_waits_gets_in_when_one_goes),
      TEST(refused_callers_see_an_end_and_later_ones_get_in),
      TEST(each_listener_has_its_turn_when_it_is_full),
      TEST(no_limit_is_none),
      TEST(an_empty_list_of_peers_lets_nobody_in),
      TEST(a_caller_waits_for_memory),
      TEST(what_goes_on_is_counted),
      TEST(what_a_handler_says_is_the_reason),
      TEST(each_open_connection_is_visited),
      TEST(all_may_be_visited_from_a_callback),
  };

  return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
