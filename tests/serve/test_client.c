/* Clients over scripted system calls: what is told when, and what is tried
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "serve/client.h"
#include "support/alloc.h"
#include "support/between.h"
#include "support/rigs/client_rig.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE    "vsock://host:5000"
#define A_VM    "hyperv://cdee5c88-c5a5-4cc8-9d2d-c15816a01349/5000"
#define AN_HOUR 3600000

static int up(void** state) {
  scene_up(state);
  client_rig_up(scene_loop());
  return 0;
}

static int down(void** state) {
  client_rig_down();
  return scene_down(state);
}

#define CLIENT(test) cmocka_unit_test_setup_teardown(test, up, down)

static hvuv_client_t* dialling(void) {
  hvuv_client_t* client;

  client = client_rig_new();
  assert_non_null(client);
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  assert_story("");
  return client;
}

static hvuv_client_t* connected(void) {
  hvuv_client_t* client;

  client = client_rig_new();
  assert_non_null(client);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turn();
  assert_story("attempt1:0 open");
  return client;
}

/* Failed at once with err, told. */
static hvuv_client_t* failed(int err) {
  hvuv_client_t* client;

  client = client_rig_new();
  assert_non_null(client);
  fake_next(FAKE_CONNECT, err);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turns(2);
  return client;
}

/* The alarm rings and the attempt that it makes answers result. */
static void again(int result) {
  fake_next(FAKE_CONNECT, result);
  client_rig_hurry();
  loop_run_until(scene_loop(), client_rig_flag("attempt"));
  turn();
}

static void close_client(hvuv_client_t* client) {
  trace_reset();
  client_rig_close(client);
  turns(4);
  assert_non_null(strstr(trace_story(), "closed"));
  trace_reset();
}

/* The peer sends a message, which it gets back. */
static void talk(void) {
  fake_input("ping");
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(fake_newest_socket(), 0, UV_READABLE);
  turn();
}

/* The peer hangs up. */
static void hang_up(void) {
  fake_next(FAKE_RECV, 0);
  assert_int_equal(fake_poller_fire(fake_newest_socket(), 0, UV_READABLE), 1);
  turns(3);
}

static void an_attempt_that_succeeds_opens_a_connection(void** state) {
  hvuv_client_t* client;
  uv_os_sock_t sock;

  (void) state;
  client = dialling();
  sock = fake_newest_socket();
  assert_null(hvuv_client_conn(client));
  assert_int_equal(fake_poller_fire(sock, 0, UV_WRITABLE), 1);
  turn();
  assert_story("attempt1:0 open");
  assert_int_equal(client_rig_attempt()->is_last, 0);
  assert_ptr_equal(hvuv_conn_context(hvuv_client_conn(client)), client);

  fake_input("ping");
  fake_next(FAKE_SEND, 4);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("message:4");
  assert_string_equal(fake_sent(sock), "ping");
  close_client(client);
}

static void what_fails_at_once_is_told_later(void** state) {
  static const enum fake_verb verbs[] = {FAKE_SOCKET, FAKE_CONNECT};
  hvuv_client_t* client;
  size_t i;

  (void) state;
  for (i = 0; i < 2; i++) {
    client = client_rig_new();
    assert_non_null(client);
    fake_next(verbs[i], UV_EACCES);
    assert_int_equal(client_rig_connect(client, HERE), 0);
    assert_story("");
    turns(3);
    assert_story("last1:EACCES done:EACCES");
    assert_int_equal(client_rig_attempt()->error_class, HVUV_ERROR_PERMANENT);
    assert_int_equal(uv_loop_alive(scene_loop()), 0);
    close_client(client);
  }
}

static void what_fails_later_is_told_too(void** state) {
  hvuv_client_t* client;
  uv_os_sock_t sock;

  (void) state;
  client = dialling();
  sock = fake_newest_socket();
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  turns(2);
  assert_story("attempt1:ECONNRESET");
  assert_int_equal(client_rig_attempt()->error_class, HVUV_ERROR_NOT_LISTENING);
  assert_int_equal(client_rig_attempt()->next_delay_ms, 200);
  assert_int_equal(fake_is_open(sock), 0);
  close_client(client);
}

static void it_dials_again_until_it_is_connected(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = failed(UV_ECONNREFUSED);
  again(UV_ECONNRESET);
  again(0);
  assert_story("attempt1:ECONNREFUSED attempt2:ECONNRESET attempt3:0 open");
  assert_int_equal(client_rig_due(), -1);
  close_client(client);
}

static void delays_double_up_to_the_cap(void** state) {
  static const uint64_t delays[] = {700, 1400, 2800, 4000, 4000, 4000};
  hvuv_client_t* client;
  size_t i;

  (void) state;
  client_rig_options()->first_delay_ms = 700;
  client_rig_options()->max_delay_ms = 4000;
  client = failed(UV_ECONNREFUSED);
  for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
    assert_int_equal(client_rig_attempt()->number, i + 1);
    assert_int_equal(client_rig_attempt()->next_delay_ms, delays[i]);
    again(UV_ECONNREFUSED);
  }
  close_client(client);
}

static void the_alarm_rings_after_the_delay_that_was_told(void** state) {
  hvuv_client_t* client;
  uint64_t delay;

  (void) state;
  client_rig_options()->first_delay_ms = AN_HOUR;
  client_rig_options()->max_delay_ms = AN_HOUR;
  client_rig_options()->jitter_percent = 50;
  client = failed(UV_ECONNREFUSED);
  delay = client_rig_attempt()->next_delay_ms;
  assert_between(delay, AN_HOUR / 2, AN_HOUR / 2 * 3);
  assert_between(client_rig_due(), delay - 60000, delay);
  close_client(client);
}

static void clients_wait_for_different_times(void** state) {
  hvuv_client_t* clients[8];
  uint64_t first = 0;
  int different = 0;
  int i;

  (void) state;
  client_rig_options()->first_delay_ms = AN_HOUR;
  client_rig_options()->max_delay_ms = AN_HOUR;
  client_rig_options()->jitter_percent = 100;
  for (i = 0; i < 8; i++) {
    clients[i] = failed(UV_ECONNREFUSED);
    if (i == 0)
      first = client_rig_attempt()->next_delay_ms;
    different += client_rig_attempt()->next_delay_ms != first;
  }
  assert_true(different > 0);
  for (i = 0; i < 8; i++)
    close_client(clients[i]);
}

static void attempts_end_at_the_limit(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->max_attempts = 3;
  client = failed(UV_ECONNREFUSED);
  again(UV_ECONNREFUSED);
  again(UV_ECONNREFUSED);
  assert_story("attempt1:ECONNREFUSED attempt2:ECONNREFUSED last3:ECONNREFUSED "
               "done:ECONNREFUSED");
  assert_int_equal(client_rig_attempt()->next_delay_ms, 0);
  assert_int_equal(client_rig_due(), -1);
  close_client(client);
}

static void a_class_that_is_not_asked_for_is_not_tried_again(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->retry = HVUV_ERROR_NOT_LISTENING;
  client = failed(UV_ECONNREFUSED);
  assert_story("attempt1:ECONNREFUSED");
  again(UV_ENOBUFS);
  assert_story("last2:ENOBUFS done:ENOBUFS");
  assert_int_equal(client_rig_attempt()->error_class, HVUV_ERROR_TRANSIENT);
  close_client(client);
}

static void permanent_errors_too_are_tried_again_on_request(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->retry = HVUV_ERROR_PERMANENT;
  client = failed(UV_EACCES);
  assert_story("attempt1:EACCES");
  close_client(client);
  client_rig_options()->retry = 0;
  client = failed(UV_ECONNREFUSED);
  assert_story("last1:ECONNREFUSED done:ECONNREFUSED");
  close_client(client);
}

static void a_connect_that_takes_too_long_is_an_attempt_that_failed(
    void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->connect_timeout_ms = 1;
  client = dialling();
  loop_run_until(scene_loop(), client_rig_flag("attempt"));
  assert_story("attempt1:ETIMEDOUT");
  assert_int_equal(client_rig_attempt()->error_class, HVUV_ERROR_NOT_LISTENING);
  close_client(client);
}

static void numbers_begin_again_after_a_conversation(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->max_attempts = 2;
  client = failed(UV_ECONNREFUSED);
  again(0);
  assert_story("attempt1:ECONNREFUSED attempt2:0 open");
  talk();
  hang_up();
  assert_story("message:4 end close:0");
  assert_null(hvuv_client_conn(client));
  again(UV_ECONNREFUSED);
  again(UV_ECONNREFUSED);
  assert_story("attempt1:ECONNREFUSED last2:ECONNREFUSED done:ECONNREFUSED");
  close_client(client);
}

static void a_connection_that_closes_is_not_dialled_again_unasked(
    void** state) {
  hvuv_client_t* client;

  (void) state;
  client = connected();
  hang_up();
  assert_story("end close:0 done:0");
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  close_client(client);
}

static void a_peer_that_hangs_up_at_once_is_not_hammered(void** state) {
  static const int64_t delays[] = {10000, 20000, 40000, 60000, 60000};
  hvuv_client_t* client;
  size_t i;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->first_delay_ms = 10000;
  client_rig_options()->max_delay_ms = 60000;
  client = connected();
  for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
    hang_up();
    assert_between(client_rig_due(), delays[i] - 9000, delays[i]);
    again(0);
  }
  close_client(client);
}

static void a_connection_that_lasted_starts_from_the_first_delay(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->first_delay_ms = 10000;
  client_rig_options()->max_delay_ms = 60000;
  client = connected();
  hang_up();
  again(0);
  client->impl->opened_ms -= 60000; /* As if. */
  hang_up();
  assert_between(client_rig_due(), 1, 10000);
  close_client(client);
}

static void a_conversation_starts_from_the_first_delay(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->first_delay_ms = 10000;
  client_rig_options()->max_delay_ms = 60000;
  client = connected();
  hang_up();
  again(0);
  talk();
  hang_up();
  assert_between(client_rig_due(), 1, 10000);
  close_client(client);
}

static void connections_without_a_word_count_as_attempts(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->max_attempts = 3;
  client = connected();
  hang_up();
  assert_story("end close:0");
  again(UV_ECONNREFUSED);
  assert_story("attempt2:ECONNREFUSED");
  again(0);
  assert_story("attempt3:0 open");
  hang_up();
  assert_story("end close:0 done:0");
  assert_int_equal(client_rig_due(), -1);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  close_client(client);
}

static void the_time_after_which_a_connection_counts_is_an_option(
    void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_options()->max_attempts = 2;
  client_rig_options()->success_after_ms = AN_HOUR;
  client = connected();
  client->impl->opened_ms -= AN_HOUR; /* As if. */
  hang_up();
  again(0);
  assert_story("end close:0 attempt1:0 open");
  client->impl->opened_ms -= AN_HOUR / 2;
  hang_up();
  again(0);
  assert_story("end close:0 attempt2:0 open");
  hang_up();
  assert_story("end close:0 done:0");
  close_client(client);

  client_rig_options()->success_after_ms = 0;
  client = connected();
  hang_up();
  again(0);
  assert_story("end close:0 attempt1:0 open");
  close_client(client);
}

static void waiting_holds_the_loop_and_idling_does_not(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = client_rig_new();
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  fake_next(FAKE_CONNECT, UV_ECONNREFUSED);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turns(3);
  assert_int_equal(uv_loop_alive(scene_loop()), 1);
  again(UV_EACCES);
  turn();
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  close_client(client);
}

static void connecting_twice_is_refused(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = dialling();
  assert_int_equal(client_rig_connect(client, HERE), UV_EALREADY);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(fake_newest_socket(), UV_EBADF, 0);
  turns(2);
  assert_int_equal(client_rig_connect(client, HERE), UV_EALREADY);
  again(0);
  assert_int_equal(client_rig_connect(client, HERE), UV_EALREADY);
  client_rig_close(client);
  assert_int_equal(client_rig_connect(client, HERE), UV_EINVAL);
  turns(4);
}

static void connect_from_inside(hvuv_client_t* client) {
  trace_status("again", client_rig_connect(client, HERE));
}

static void only_on_done_may_connect_again(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_on("attempt", connect_from_inside);
  client_rig_on("open", connect_from_inside);
  client_rig_on("close", connect_from_inside);
  client_rig_on("done", connect_from_inside);
  client = client_rig_new();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turn();
  assert_story("attempt1:0 again:EALREADY open again:EALREADY");
  fake_next(FAKE_CONNECT, UV_EACCES);
  hang_up();
  turns(2);
  assert_story(
      "end close:0 again:EALREADY done:0 again:0 last1:EACCES done:EACCES");
  close_client(client);
}

static void a_new_connect_starts_from_the_first_delay(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->max_attempts = 3;
  client = failed(UV_ECONNREFUSED);
  again(UV_ECONNREFUSED);
  again(UV_ECONNREFUSED);
  fake_next(FAKE_CONNECT, UV_ECONNREFUSED);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turns(3);
  assert_int_equal(client_rig_attempt()->number, 1);
  assert_int_equal(client_rig_attempt()->next_delay_ms, 200);
  close_client(client);
}

static void mistakes_are_refused(void** state) {
  hvuv_protocol_t none;
  hvuv_client_t* client;
  hvuv_addr_t nowhere;

  (void) state;
  memset(&none, 0, sizeof(none));
  memset(&nowhere, 0, sizeof(nowhere));
  client = client_rig_new();
  assert_int_equal(hvuv_client_connect(client, &nowhere, client_rig_protocol()),
                   UV_EINVAL);
  assert_int_equal(hvuv_client_connect(client, NULL, client_rig_protocol()),
                   UV_EINVAL);
  nowhere = scene_addr(HERE);
  assert_int_equal(hvuv_client_connect(client, &nowhere, NULL), UV_EINVAL);
  assert_int_equal(hvuv_client_connect(client, &nowhere, &none), UV_EINVAL);
  none.on_message = client_rig_protocol()->on_message;
  none.framing.kind = HVUV_FRAMING_LENGTH;
  none.framing.prefix_bytes = 3;
  assert_int_equal(hvuv_client_connect(client, &nowhere, &none), UV_EINVAL);
  assert_int_equal(hvuv_client_connect(NULL, &nowhere, &none), UV_EINVAL);
  close_client(client);
}

static void options_that_make_no_sense_are_refused(void** state) {
  hvuv_client_options_t good = *client_rig_options();
  hvuv_client_options_t* o = client_rig_options();
  hvuv_client_t client;

  (void) state;
  o->jitter_percent = 101;
  assert_null(client_rig_new());
  *o = good;
  o->first_delay_ms = 0;
  assert_null(client_rig_new());
  *o = good;
  o->first_delay_ms = o->max_delay_ms + 1;
  assert_null(client_rig_new());
  *o = good;
  o->retry = 1 << 4;
  assert_null(client_rig_new());
  *o = good;
  o->limits.low_water_bytes = o->limits.high_water_bytes + 1;
  assert_null(client_rig_new());
  assert_story("init:EINVAL init:EINVAL init:EINVAL init:EINVAL init:EINVAL");
  assert_int_equal(hvuv_client_init(NULL, &client, NULL), UV_EINVAL);
  assert_int_equal(hvuv_client_init(scene_loop(), NULL, NULL), UV_EINVAL);
}

static int echo_nothing(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static void everything_that_may_be_left_out_may_be(void** state) {
  static const hvuv_protocol_t bare = {.on_message = echo_nothing};
  hvuv_client_t client;
  hvuv_addr_t addr;

  (void) state;
  addr = scene_addr(HERE);
  assert_int_equal(hvuv_client_init(scene_loop(), &client, NULL), 0);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(hvuv_client_connect(&client, &addr, &bare), 0);
  turn();
  assert_non_null(hvuv_client_conn(&client));
  hang_up();
  assert_null(hvuv_client_conn(&client));

  fake_next(FAKE_CONNECT, UV_EACCES);
  assert_int_equal(hvuv_client_connect(&client, &addr, &bare), 0);
  turns(3);
  hvuv_client_close(&client, NULL);
  turns(3);
  assert_null(hvuv_client_conn(&client));
}

static int refuse(hvuv_conn_t* conn) {
  (void) conn;
  trace("refuse");
  return UV_EPERM;
}

static void a_handler_that_refuses_ends_it(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_protocol()->on_open = refuse;
  client = client_rig_new();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turns(3);
  assert_story("attempt1:0 refuse close:EPERM done:EPERM");
  close_client(client);
}

static void look(hvuv_client_t* client) {
  trace(hvuv_client_conn(client) == NULL ? "none" : "conn");
}

static void the_connection_is_there_from_on_open_until_on_close(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_on("attempt", look);
  client_rig_on("open", look);
  client_rig_on("close", look);
  client_rig_on("done", look);
  client = client_rig_new();
  look(client);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  look(client);
  turn();
  hvuv_conn_abort(hvuv_client_conn(client), UV_EPERM);
  look(client);
  turns(3);
  assert_story(
      "none none attempt1:0 none open conn conn close:EPERM conn done:EPERM "
      "none");
  close_client(client);
}

static void statistics_count_over_connections(void** state) {
  hvuv_client_t* client;
  hvuv_stats_t stats;

  (void) state;
  client = connected();
  fake_input("ping");
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(fake_newest_socket(), 0, UV_READABLE);
  turn();
  hang_up();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  turn();
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(fake_newest_socket(), 0, UV_READABLE);
  turns(3);
  trace_reset();

  hvuv_client_stats(client, &stats);
  assert_int_equal(stats.connections_ever, 2);
  assert_int_equal(stats.connections_now, 0);
  assert_int_equal(stats.bytes_received, 4);
  assert_int_equal(stats.bytes_sent, 4);
  assert_int_equal(stats.messages_received, 1);
  assert_int_equal(stats.messages_sent, 1);
  assert_int_equal(stats.other_errors, 1);
  close_client(client);
}

static void a_vm_that_is_off_is_a_class_of_its_own(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = client_rig_new();
  fake_always(FAKE_CONNECT, UV_EADDRNOTAVAIL);
  assert_int_equal(client_rig_connect(client, A_VM), 0);
  turns(3);
  assert_story("attempt1:EADDRNOTAVAIL");
  assert_int_equal(client_rig_attempt()->error_class, HVUV_ERROR_VM_OFF);
  close_client(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CLIENT(an_attempt_that_succeeds_opens_a_connection),
      CLIENT(what_fails_at_once_is_told_later),
      CLIENT(what_fails_later_is_told_too),
      CLIENT(it_dials_again_until_it_is_connected),
      CLIENT(delays_double_up_to_the_cap),
      CLIENT(the_alarm_rings_after_the_delay_that_was_told),
      CLIENT(clients_wait_for_different_times),
      CLIENT(attempts_end_at_the_limit),
      CLIENT(a_class_that_is_not_asked_for_is_not_tried_again),
      CLIENT(permanent_errors_too_are_tried_again_on_request),
      CLIENT(a_connect_that_takes_too_long_is_an_attempt_that_failed),
      CLIENT(numbers_begin_again_after_a_conversation),
      CLIENT(a_connection_that_closes_is_not_dialled_again_unasked),
      CLIENT(a_peer_that_hangs_up_at_once_is_not_hammered),
      CLIENT(a_connection_that_lasted_starts_from_the_first_delay),
      CLIENT(a_conversation_starts_from_the_first_delay),
      CLIENT(connections_without_a_word_count_as_attempts),
      CLIENT(the_time_after_which_a_connection_counts_is_an_option),
      CLIENT(waiting_holds_the_loop_and_idling_does_not),
      CLIENT(connecting_twice_is_refused),
      CLIENT(only_on_done_may_connect_again),
      CLIENT(a_new_connect_starts_from_the_first_delay),
      CLIENT(mistakes_are_refused),
      CLIENT(options_that_make_no_sense_are_refused),
      CLIENT(everything_that_may_be_left_out_may_be),
      CLIENT(a_handler_that_refuses_ends_it),
      CLIENT(the_connection_is_there_from_on_open_until_on_close),
      CLIENT(statistics_count_over_connections),
      CLIENT(a_vm_that_is_off_is_a_class_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
