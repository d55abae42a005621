/* A connection's life: which callbacks come, in which order, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

#include "conn_rig.h"

static void send_bye(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "bye", 3);
}

static void bye_and_end(hvuv_conn_t* conn) {
  send_bye(conn);
  hvuv_conn_end(conn);
}

static void end_and_abort(hvuv_conn_t* conn) {
  hvuv_conn_end(conn);
  rig_abort(conn);
}

static void abort_and_end(hvuv_conn_t* conn) {
  rig_abort(conn);
  hvuv_conn_abort(conn, UV_EIO);
  hvuv_conn_end(conn);
}

static void assert_reason(const rig_t* rig, int expected) {
  int reason = 1;

  assert_null(hvuv_test_conn(rig->test, &reason));
  assert_int_equal(reason, expected);
}

/* --- Opening -------------------------------------------------------------- */

static void opens_before_anything_else(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_story("open");
  assert_ptr_equal(hvuv_test_conn(rig->test, NULL), rig->conn);
  assert_int_equal(hvuv_conn_is_ending(rig->conn), 0);
}

static void a_refusal_closes_with_its_reason(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_OPEN;
  rig->result = UV_EACCES;
  rig_open(rig);
  assert_story("open close:EACCES");
  assert_reason(rig, UV_EACCES);
}

static void a_refusal_loses_what_it_sent(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = send_bye;
  rig->fails_at = AT_OPEN;
  rig->result = UV_EACCES;
  rig_open(rig);
  assert_story("open close:EACCES");
  assert_sent(rig, "");
}

static void a_refusal_that_is_no_error_is_a_cancel(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_OPEN;
  rig->result = 1;
  rig_open(rig);
  assert_story("open close:ECANCELED");
}

static void an_abort_in_on_open_closes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = rig_abort;
  rig_open(rig);
  assert_story("open close:ENOTSUP");
}

static void an_abort_in_on_open_goes_before_its_result(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = rig_abort;
  rig->fails_at = AT_OPEN;
  rig->result = UV_EACCES;
  rig_open(rig);
  assert_story("open close:ENOTSUP");
}

static void an_end_in_on_open_says_goodbye(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = bye_and_end;
  rig_open(rig);
  assert_story("open");
  assert_sent(rig, "bye\n");
  assert_true(hvuv_test_has_ended(rig->test));
  rig_receive(rig, "too late\n");
  hvuv_test_receive_end(rig->test);
  assert_story("close:0");
}

static void a_refusal_after_an_end_is_the_reason(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = rig_end;
  rig->fails_at = AT_OPEN;
  rig->result = UV_EACCES;
  rig_open(rig);
  assert_story("open close:EACCES");
}

static void a_handler_needs_on_message_alone(void** state) {
  rig_t* rig = *state;

  rig->protocol.on_open = NULL;
  rig->protocol.on_writable = NULL;
  rig->protocol.on_end = NULL;
  rig->protocol.on_close = NULL;
  rig_open(rig);
  rig_receive(rig, "a\n");
  hvuv_test_receive_end(rig->test);
  assert_story("message:a");
  assert_reason(rig, 0);
}

/* --- Ending --------------------------------------------------------------- */

static void without_on_end_the_peers_end_ends_both(void** state) {
  rig_t* rig = *state;

  rig->protocol.on_end = NULL;
  rig_open(rig);
  rig_receive(rig, "a\n");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a close:0");
  assert_true(hvuv_test_has_ended(rig->test));
}

static void with_on_end_the_handler_may_go_on_sending(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  assert_story("open end");
  assert_int_equal(hvuv_conn_send(rig->conn, "more", 4), 0);
  hvuv_test_advance(rig->test, 1);
  assert_sent(rig, "more\n");
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:0");
}

static void an_end_in_on_end_sends_and_closes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_END] = bye_and_end;
  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  assert_story("open end close:0");
  assert_sent(rig, "bye\n");
}

static void an_end_waits_until_the_peer_has_taken_all(void** state) {
  rig_t* rig = *state;

  rig->at[AT_END] = bye_and_end;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 2);
  hvuv_test_receive_end(rig->test);
  assert_story("open end");
  assert_false(hvuv_test_has_ended(rig->test));
  hvuv_test_set_room(rig->test, 2);
  assert_story("close:0");
  assert_sent(rig, "bye\n");
}

static void an_end_waits_for_the_peers(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  assert_int_equal(hvuv_conn_is_ending(rig->conn), 1);
  hvuv_test_advance(rig->test, 1);
  assert_true(hvuv_test_has_ended(rig->test));
  assert_story("open");
  hvuv_test_receive_end(rig->test);
  assert_story("close:0");
}

static void what_the_peer_still_sends_is_dropped(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  assert_int_equal(rig_receive(rig, "a\nhalf of a mess"), 0);
  hvuv_test_receive_end(rig->test);
  assert_story("open close:0");
}

static void an_end_twice_is_one(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, 0);
  hvuv_conn_end(rig->conn);
  hvuv_test_receive_end(rig->test);
  assert_story("open close:0");
}

static void an_end_in_on_message_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = bye_and_end;
  rig_open(rig);
  assert_int_equal(rig_receive(rig, "a\nb\nc"), 0);
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a close:0");
  assert_sent(rig, "bye\n");
}

static void an_end_while_paused_drops_what_waits(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  assert_int_equal(rig_receive(rig, "a\nb\n"), 2);
  rig_receive(rig, "c\n");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a");
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:0");
}

static void no_writable_follows_an_end(void** state) {
  rig_t* rig = *state;
  char bytes[100];

  memset(bytes, 'x', sizeof(bytes));
  rig->limits.high_water_bytes = 50;
  rig->limits.low_water_bytes = 10;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, bytes, sizeof(bytes)), 0);
  hvuv_conn_end(rig->conn);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  hvuv_test_receive_end(rig->test);
  assert_story("open close:0");
}

/* --- The peer's end ------------------------------------------------------- */

static void an_end_inside_a_message_is_an_error(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_receive(rig, "a\nb");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a close:EOF");
}

static void an_end_inside_a_prefix_is_an_error(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\0\0\0\1a\0\0\0", 8);
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a close:EOF");
}

static void an_end_waits_behind_a_pause(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  hvuv_test_receive_end(rig->test);
  assert_story("open");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("end");
}

/* --- Errors --------------------------------------------------------------- */

static void a_message_that_is_refused_closes(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_MESSAGE;
  rig->result = UV_EPROTO;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  assert_story("open message:a close:EPROTO");
}

static void a_refused_message_that_is_no_error_is_a_cancel(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_MESSAGE;
  rig->result = 1;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  assert_story("open message:a close:ECANCELED");
}

static void a_message_too_long_closes(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.max_message_bytes = 3;
  rig_open(rig);
  rig_receive(rig, "abc\nabcd\nabc\n");
  assert_story("open message:abc close:EMSGSIZE");
}

static void a_wrong_varint_closes(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_VARINT;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\1a\x80\0b", 5);
  assert_story("open message:a close:EPROTO");
}

static void a_socket_that_fails_closes(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_receive(rig, "a\n");
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_story("open message:a close:ECONNRESET");
}

static void a_socket_that_fails_while_ending_is_the_reason(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_story("open close:ECONNRESET");
}

/* --- Aborting ------------------------------------------------------------- */

static void an_abort_goes_before_all_else(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_abort(rig->conn, UV_EIO);
  assert_int_equal(hvuv_conn_is_ending(rig->conn), 1);
  assert_story("open");
  rig_receive(rig, "a\n");
  assert_story("close:EIO");
}

static void an_abort_without_an_error_is_a_cancel(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_abort(rig->conn, 0);
  hvuv_test_advance(rig->test, 0);
  assert_story("open close:ECANCELED");
}

static void of_two_aborts_the_first_counts(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  abort_and_end(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open close:ENOTSUP");
}

static void an_abort_in_on_message_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = abort_and_end;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  assert_story("open message:a close:ENOTSUP");
}

static void an_abort_in_on_end_closes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_END] = end_and_abort;
  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  assert_story("open end close:ENOTSUP");
  assert_false(hvuv_test_has_ended(rig->test));
}

static void an_abort_while_ending_closes(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  end_and_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open close:ENOTSUP");
}

static int refused; /* What a send in on_close was told. */

static void do_everything(hvuv_conn_t* conn) {
  refused = hvuv_conn_send(conn, "x", 1);
  hvuv_conn_pause(conn);
  hvuv_conn_resume(conn);
  hvuv_conn_end(conn);
  hvuv_conn_abort(conn, UV_EIO);
}

static void nothing_can_be_done_in_on_close(void** state) {
  rig_t* rig = *state;

  rig->at[AT_CLOSE] = do_everything;
  rig_open(rig);
  rig_receive(rig, "a\n");
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open message:a close:ENOTSUP");
  assert_int_equal(refused, UV_EPIPE);
  assert_reason(rig, UV_ENOTSUP);
}

/* The bytes that wait must not be for the loop to hand out. */
static void a_resume_in_on_close_does_no_harm(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig->at[AT_CLOSE] = rig_resume;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 60 * 60 * 1000);
  assert_story("open message:a close:ENOTSUP");
}

static void closing_the_test_cancels(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_close(rig->test);
  rig->test = NULL;
  assert_story("open close:ECANCELED");
}

/* --- Looking at it -------------------------------------------------------- */

static int is_zeroed;

static void look_at_state(hvuv_conn_t* conn) {
  const char* bytes = hvuv_conn_state(conn);
  int i;

  is_zeroed = 1;
  for (i = 0; i < 100; i++)
    is_zeroed &= bytes[i] == 0;
}

static void the_state_is_zeroed_and_aligned_and_stays(void** state) {
  rig_t* rig = *state;
  char* bytes;

  rig->protocol.state_bytes = 100;
  rig->at[AT_OPEN] = look_at_state;
  rig_open(rig);
  bytes = hvuv_conn_state(rig->conn);
  assert_int_equal(is_zeroed, 1);
  assert_int_equal((uintptr_t) bytes % (2 * sizeof(void*)), 0);

  memset(bytes, 'x', 100);
  rig_receive(rig, "a\nb\n");
  assert_ptr_equal(hvuv_conn_state(rig->conn), bytes);
  assert_int_equal(bytes[0], 'x');
  assert_int_equal(bytes[99], 'x');
}

static void the_context_is_the_owners_data(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_ptr_equal(hvuv_conn_context(rig->conn), rig);
  assert_null(hvuv_conn_loop(rig->conn));
}

static void reasons_are_counted(void** state) {
  static const struct {
    int reason;
    unsigned int timed_out;
    unsigned int protocol_errors;
    unsigned int other_errors;
  } rows[] = {
      {UV_ECANCELED, 0, 0, 0},
      {UV_ETIMEDOUT, 1, 0, 0},
      {UV_EOF, 0, 1, 0},
      {UV_EPROTO, 0, 1, 0},
      {UV_EMSGSIZE, 0, 1, 0},
      {UV_ECONNRESET, 0, 0, 1},
  };
  rig_t* rig = *state;
  hvuv_stats_t stats;
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    rig_open(rig);
    hvuv_conn_abort(rig->conn, rows[i].reason);
    hvuv_test_advance(rig->test, 0);
    hvuv_test_stats(rig->test, &stats);
    assert_int_equal(stats.timed_out, rows[i].timed_out);
    assert_int_equal(stats.protocol_errors, rows[i].protocol_errors);
    assert_int_equal(stats.other_errors, rows[i].other_errors);
    hvuv_test_close(rig->test);
    rig->test = NULL;
  }
}

static void traffic_is_counted(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  rig_open(rig);
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.connections_now, 1);
  assert_int_equal(stats.connections_ever, 1);

  rig_receive(rig, "a\nbc\nhalf");
  send_bye(rig->conn);
  send_bye(rig->conn);
  hvuv_test_set_room(rig->test, 5); /* One of them, and a byte. */
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.bytes_received, 9);
  assert_int_equal(stats.messages_received, 2);
  assert_int_equal(stats.messages_sent, 2);
  assert_int_equal(stats.bytes_sent, 4);
  assert_int_equal(stats.connections_now, 0);
  assert_int_equal(stats.connections_ever, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(opens_before_anything_else),
      RIG(a_refusal_closes_with_its_reason),
      RIG(a_refusal_loses_what_it_sent),
      RIG(a_refusal_that_is_no_error_is_a_cancel),
      RIG(an_abort_in_on_open_closes),
      RIG(an_abort_in_on_open_goes_before_its_result),
      RIG(an_end_in_on_open_says_goodbye),
      RIG(a_refusal_after_an_end_is_the_reason),
      RIG(a_handler_needs_on_message_alone),
      RIG(without_on_end_the_peers_end_ends_both),
      RIG(with_on_end_the_handler_may_go_on_sending),
      RIG(an_end_in_on_end_sends_and_closes),
      RIG(an_end_waits_until_the_peer_has_taken_all),
      RIG(an_end_waits_for_the_peers),
      RIG(what_the_peer_still_sends_is_dropped),
      RIG(an_end_twice_is_one),
      RIG(an_end_in_on_message_drops_the_rest),
      RIG(an_end_while_paused_drops_what_waits),
      RIG(no_writable_follows_an_end),
      RIG(an_end_inside_a_message_is_an_error),
      RIG(an_end_inside_a_prefix_is_an_error),
      RIG(an_end_waits_behind_a_pause),
      RIG(a_message_that_is_refused_closes),
      RIG(a_message_too_long_closes),
      RIG(a_wrong_varint_closes),
      RIG(a_socket_that_fails_closes),
      RIG(a_socket_that_fails_while_ending_is_the_reason),
      RIG(an_abort_goes_before_all_else),
      RIG(an_abort_without_an_error_is_a_cancel),
      RIG(of_two_aborts_the_first_counts),
      RIG(an_abort_in_on_message_drops_the_rest),
      RIG(an_abort_in_on_end_closes),
      RIG(an_abort_while_ending_closes),
      RIG(nothing_can_be_done_in_on_close),
      RIG(a_resume_in_on_close_does_no_harm),
      RIG(closing_the_test_cancels),
      RIG(the_state_is_zeroed_and_aligned_and_stays),
      RIG(the_context_is_the_owners_data),
      RIG(reasons_are_counted),
      RIG(traffic_is_counted),
      RIG(a_refused_message_that_is_no_error_is_a_cancel),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
