/* Stopping a server at every moment there is. Its callback comes last, once,
 * and when the loop has run out it closes. server_rig_down() checks that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server_rig.h"
#include "support/alloc.h"

/* Longer than any test. */
#define LONG_MS 3600000

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

/* A caller whom the server has greeted. */
static uv_os_sock_t greeted(void) {
  uv_os_sock_t sock = server_rig_call(rig);

  server_rig_ask(rig, sock, "hello");
  return sock;
}

static void run_until_stopped(void) {
  SERVER_RUN_UNTIL(rig, rig->stops > 0);
}

static void expect_reasons(int count, int reason) {
  int i;

  assert_int_equal(rig->counts[AT_CLOSE], count);
  for (i = 0; i < count; i++)
    assert_int_equal(rig->reasons[i], reason);
}

static void before_it_listens(void** state) {
  (void) state;
  server_rig_init(rig);
  server_rig_stop(rig, LONG_MS);
  assert_int_equal(rig->stops, 0); /* Only from the loop. */
  run_until_stopped();
}

static void before_the_loop_runs(void** state) {
  (void) state;
  server_rig_start(rig);
  server_rig_call(rig);
  server_rig_stop(rig, 0);
  run_until_stopped();
  assert_int_equal(rig->counts[AT_OPEN], 0);
}

static void nobody_need_be_told(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  hvuv_server_stop(&rig->server, 0, NULL);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  server_rig_turns(rig, 3);
  rig->is_up = 0;
}

static void connections_are_told_goodbye_and_end(void** state) {
  uv_os_sock_t socks[3];
  int i;

  (void) state;
  server_rig_start(rig);
  for (i = 0; i < 3; i++)
    socks[i] = greeted();
  server_rig_stop(rig, LONG_MS);
  for (i = 0; i < 3; i++)
    assert_int_equal(server_rig_await_end(rig, socks[i]), 0);
  assert_int_equal(rig->stops, 0);
  for (i = 0; i < 3; i++)
    server_rig_hang_up(rig, socks[i]);
  run_until_stopped();
  expect_reasons(3, 0);
}

static void what_is_queued_is_sent_before_the_goodbye(void** state) {
  uv_os_sock_t sock;
  char got[16];

  (void) state;
  server_rig_start(rig);
  sock = greeted();
  server_rig_say(sock, "last");
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 2);
  server_rig_stop(rig, LONG_MS);
  assert_int_equal(net_await(sock, 1, 30000), 0);
  assert_int_equal(net_recv(sock, got, sizeof(got)), 8);
  assert_int_equal(server_rig_await_end(rig, sock), 0);
  server_rig_hang_up(rig, sock);
  run_until_stopped();
  expect_reasons(1, 0);
}

static void who_does_not_end_is_aborted_at_the_deadline(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  greeted();
  server_rig_stop(rig, 30);
  server_rig_turn(rig);
  assert_int_equal(rig->counts[AT_CLOSE], 0);
  run_until_stopped();
  expect_reasons(2, UV_ECANCELED);
}

static void the_grace_may_be_longer_than_the_end_timeout(void** state) {
  uv_os_sock_t sock;

  (void) state;
  rig->options.limits.end_timeout_ms = 5;
  server_rig_start(rig);
  sock = greeted();
  server_rig_stop(rig, LONG_MS);
  server_rig_turns(rig, 40);
  assert_int_equal(rig->counts[AT_CLOSE], 0);
  server_rig_hang_up(rig, sock);
  run_until_stopped();
  expect_reasons(1, 0);
}

static void no_grace_aborts_at_once(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  greeted();
  server_rig_stop(rig, 0);
  assert_int_equal(rig->counts[AT_CLOSE], 0); /* From the loop. */
  server_rig_turns(rig, 2);
  assert_int_equal(rig->stops, 1);
  expect_reasons(2, UV_ECANCELED);
}

static void must_not_be_called(hvuv_server_t* server) {
  ((server_rig_t*) server->data)->wrong++;
}

static void a_second_stop_may_shorten_the_grace(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  server_rig_stop(rig, LONG_MS);
  server_rig_turns(rig, 3);
  hvuv_server_stop(&rig->server, 20, must_not_be_called);
  run_until_stopped();
  expect_reasons(1, UV_ECANCELED);
}

static void a_second_stop_may_be_now(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  server_rig_stop(rig, LONG_MS);
  hvuv_server_stop(&rig->server, 0, must_not_be_called);
  server_rig_turns(rig, 2);
  assert_int_equal(rig->stops, 1);
  expect_reasons(1, UV_ECANCELED);
}

static void a_second_stop_does_not_lengthen_the_grace(void** state) {
  (void) state;
  server_rig_start(rig);
  greeted();
  server_rig_stop(rig, 20);
  hvuv_server_stop(&rig->server, LONG_MS, must_not_be_called);
  run_until_stopped();
  expect_reasons(1, UV_ECANCELED);
}

static void a_stopping_server_hears_nothing_more(void** state) {
  uv_os_sock_t sock;

  (void) state;
  server_rig_start(rig);
  sock = greeted();
  server_rig_stop(rig, LONG_MS);
  server_rig_say(sock, "too late");
  server_rig_turns(rig, 3);
  assert_int_equal(rig->counts[AT_MESSAGE], 1);
  server_rig_hang_up(rig, sock);
  run_until_stopped();
}

static void a_stopping_server_does_not_listen(void** state) {
  uv_os_sock_t sock;
  struct sockaddr_in name;

  (void) state;
  server_rig_start(rig);
  greeted();
  server_rig_stop(rig, LONG_MS);
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  server_rig_track(rig, sock);
  assert_int_equal(
      hvuv_server_listen_socket(&rig->server, sock, &rig->protocol), UV_EINVAL);
}

static void callers_who_wait_are_dropped(void** state) {
  uv_os_sock_t first;
  uv_os_sock_t second;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_start(rig);
  first = greeted();
  second = server_rig_call(rig);
  server_rig_turns(rig, 5);
  assert_int_equal(rig->counts[AT_OPEN], 1);
  server_rig_stop(rig, LONG_MS);
  server_rig_await_end(rig, second);
  server_rig_hang_up(rig, first);
  run_until_stopped();
  assert_int_equal(rig->counts[AT_OPEN], 1);
}

/* --- Inside callbacks */

static uint64_t grace;

static void stop_server(server_rig_t* r, hvuv_conn_t* conn) {
  (void) conn;
  server_rig_stop(r, grace);
}

static void stop_inside(enum server_rig_moment moment, uint64_t grace_ms) {
  grace = grace_ms;
  rig->acts[moment] = stop_server;
}

static void each_grace(enum server_rig_moment moment, void (*play)(void)) {
  static const uint64_t graces[] = {0, 20, LONG_MS};
  size_t i;

  for (i = 0; i < 3; i++) {
    if (i > 0)
      rig = server_rig_up();
    stop_inside(moment, graces[i]);
    play();
    if (graces[i] == LONG_MS)
      while (rig->ncallers > 0)
        server_rig_hang_up(rig, rig->callers[0]);
    run_until_stopped();
    assert_int_equal(rig->counts[moment], 1);
    if (i < 2)
      server_rig_down(rig);
  }
}

static void play_open(void) {
  rig->options.limits.end_timeout_ms = 0;
  server_rig_start(rig);
  server_rig_call(rig);
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == 1);
}

static void in_on_open(void** state) {
  (void) state;
  each_grace(AT_OPEN, play_open);
}

static void play_refusal(void) {
  rig->open_answer = UV_EACCES;
  play_open();
}

static void in_an_on_open_that_refuses(void** state) {
  (void) state;
  each_grace(AT_OPEN, play_refusal);
}

static void play_message(void) {
  server_rig_start(rig);
  server_rig_say(server_rig_call(rig), "one");
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 1);
}

static void in_on_message(void** state) {
  (void) state;
  each_grace(AT_MESSAGE, play_message);
}

static void play_messages(void) {
  char frames[64];
  size_t n;

  n = server_rig_frame("one", frames);
  n += server_rig_frame("two", frames + n);
  server_rig_start(rig);
  assert_int_equal(net_send(server_rig_call(rig), frames, n), n);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 1);
}

static void in_the_first_of_several_messages(void** state) {
  (void) state;
  each_grace(AT_MESSAGE, play_messages);
}

static void flood(server_rig_t* r, hvuv_conn_t* conn) {
  static char bytes[65536];

  (void) r;
  while (hvuv_conn_send(conn, bytes, sizeof(bytes)) == 0) {
  }
}

static void play_writable(void) {
  static char room[65536];
  uv_os_sock_t sock;

  rig->acts[AT_OPEN] = flood;
  server_rig_start(rig);
  sock = server_rig_call(rig);
  while (rig->counts[AT_WRITABLE] == 0) {
    net_recv(sock, room, sizeof(room));
    server_rig_turn(rig);
  }
}

static void in_on_writable(void** state) {
  (void) state;
  each_grace(AT_WRITABLE, play_writable);
}

static void play_end(void) {
  uv_os_sock_t sock;

  server_rig_start(rig);
  sock = greeted();
  greeted();
  server_rig_hang_up(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_END] == 1);
}

static void in_on_end(void** state) {
  (void) state;
  each_grace(AT_END, play_end);
}

static void play_close(void) {
  server_rig_start(rig);
  server_rig_hang_up(rig, greeted());
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
}

static void in_on_close(void** state) {
  (void) state;
  each_grace(AT_CLOSE, play_close);
}

static void play_close_among_others(void) {
  server_rig_start(rig);
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == 1);
  server_rig_hang_up(rig, greeted());
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] > 0);
}

static void in_on_close_while_others_talk(void** state) {
  (void) state;
  grace = 0;
  rig->acts[AT_CLOSE] = stop_server;
  play_close_among_others();
  run_until_stopped();
  assert_int_equal(rig->counts[AT_CLOSE], 2);
}

static void in_on_close_while_callers_wait(void** state) {
  uv_os_sock_t first;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_start(rig);
  first = greeted();
  server_rig_call(rig);
  server_rig_turns(rig, 5);
  stop_inside(AT_CLOSE, LONG_MS);
  server_rig_hang_up(rig, first);
  run_until_stopped();
  assert_int_equal(rig->counts[AT_OPEN], 1);
}

/* The one who comes in as another goes. */
static void in_the_on_open_of_one_who_waited(void** state) {
  uv_os_sock_t first;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_start(rig);
  first = greeted();
  server_rig_call(rig);
  server_rig_turns(rig, 5);
  stop_inside(AT_OPEN, 0);
  server_rig_hang_up(rig, first);
  run_until_stopped();
  assert_int_equal(rig->counts[AT_OPEN], 2);
  assert_int_equal(rig->reasons[1], UV_ECANCELED);
}

static void play_accept_error(void) {
  server_rig_start(rig);
  greeted();
  server_rig_call(rig);
  alloc_fail_nth(1);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_ACCEPT_ERROR] == 1);
  assert_int_equal(rig->accept_error, UV_ENOMEM);
}

static void in_on_accept_error(void** state) {
  (void) state;
  each_grace(AT_ACCEPT_ERROR, play_accept_error);
}

static void play_refused(void) {
  rig->options.max_connections = 1;
  rig->options.when_full = HVUV_FULL_REFUSE;
  server_rig_start(rig);
  greeted();
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_REFUSED] == 1);
}

static void in_on_refused(void** state) {
  (void) state;
  each_grace(AT_REFUSED, play_refused);
}

static void visit_and_stop(hvuv_conn_t* conn, void* arg) {
  int* visits = arg;

  (void) conn;
  ++*visits;
  server_rig_stop(rig, 0);
}

static void inside_each(void** state) {
  int visits = 0;

  (void) state;
  server_rig_start(rig);
  greeted();
  greeted();
  hvuv_server_each(&rig->server, visit_and_stop, &visits);
  assert_int_equal(visits, 1); /* The others are ending. */
  run_until_stopped();
  expect_reasons(2, UV_ECANCELED);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(before_it_listens),
      TEST(before_the_loop_runs),
      TEST(nobody_need_be_told),
      TEST(connections_are_told_goodbye_and_end),
      TEST(what_is_queued_is_sent_before_the_goodbye),
      TEST(who_does_not_end_is_aborted_at_the_deadline),
      TEST(the_grace_may_be_longer_than_the_end_timeout),
      TEST(no_grace_aborts_at_once),
      TEST(a_second_stop_may_shorten_the_grace),
      TEST(a_second_stop_may_be_now),
      TEST(a_second_stop_does_not_lengthen_the_grace),
      TEST(a_stopping_server_hears_nothing_more),
      TEST(a_stopping_server_does_not_listen),
      TEST(callers_who_wait_are_dropped),
      TEST(in_on_open),
      TEST(in_an_on_open_that_refuses),
      TEST(in_on_message),
      TEST(in_the_first_of_several_messages),
      TEST(in_on_writable),
      TEST(in_on_end),
      TEST(in_on_close),
      TEST(in_on_close_while_others_talk),
      TEST(in_on_close_while_callers_wait),
      TEST(in_the_on_open_of_one_who_waited),
      TEST(in_on_accept_error),
      TEST(in_on_refused),
      TEST(inside_each),
  };

  return cmocka_run_group_tests_name("server, stopped", tests, NULL, NULL);
}
