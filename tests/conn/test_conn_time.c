/*
 * The four times of hvuv_limits_t, each to a sixteenth.
 *
 * All four are the same long T here unless a test says otherwise; what is to
 * happen at T must not have happened just before, and must have a sixteenth
 * after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

#include "conn_rig.h"

#define T     16000
#define SLACK (T / 16)

/* Lets the time pass that is to end the connection, and asserts that it does,
 * and when. */
static void assert_times_out_after(rig_t* rig, uint64_t ms) {
  trace_reset();
  hvuv_test_advance(rig->test, ms - 1);
  assert_story("");
  hvuv_test_advance(rig->test, 1 + SLACK);
  assert_story("close:ETIMEDOUT");
}

static void assert_never_times_out(rig_t* rig) {
  trace_reset();
  hvuv_test_advance(rig->test, 1000 * (uint64_t) T);
  assert_story("");
  assert_non_null(hvuv_test_conn(rig->test, NULL));
}

static void set_no_times(rig_t* rig) {
  rig->limits.first_message_timeout_ms = 0;
  rig->limits.message_timeout_ms = 0;
  rig->limits.idle_timeout_ms = 0;
  rig->limits.end_timeout_ms = 0;
}

/* --- The first message ---------------------------------------------------- */

static void the_first_message_must_come(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.first_message_timeout_ms = T;
  rig_open(rig);
  assert_times_out_after(rig, T);
}

static void a_part_is_not_the_first_message(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.first_message_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, T / 2);
  rig_receive(rig, "half");
  assert_times_out_after(rig, T / 2);
}

static void after_the_first_message_its_time_is_over(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.first_message_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, T - 1);
  rig_receive(rig, "a\n");
  assert_never_times_out(rig);
}

static void a_byte_is_the_first_message_of_raw(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.first_message_timeout_ms = T;
  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig_open(rig);
  rig_receive(rig, "a");
  assert_never_times_out(rig);
}

/* The peer only listens; the handler has its own on_end. */
static void after_the_peers_end_no_message_is_waited_for(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.first_message_timeout_ms = T;
  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  assert_never_times_out(rig);
}

/* --- A message ------------------------------------------------------------ */

static void a_message_that_has_begun_must_end(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, 3 * T);
  rig_receive(rig, "a\nh");
  assert_times_out_after(rig, T);
}

static void more_of_a_message_buys_no_time(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig_open(rig);
  rig_receive(rig, "h");
  hvuv_test_advance(rig->test, T / 2);
  rig_receive(rig, "a");
  assert_times_out_after(rig, T / 2);
}

static void between_messages_no_time_counts(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig_open(rig);
  rig_receive(rig, "a");
  hvuv_test_advance(rig->test, T - 1);
  rig_receive(rig, "\n");
  assert_never_times_out(rig);
}

/* Each slice ends one message and begins another. */
static void each_message_has_its_own_time(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig->is_quiet = 1;
  rig_open(rig);
  for (i = 0; i < 10; i++) {
    rig_receive(rig, "tail\nhead");
    hvuv_test_advance(rig->test, T / 2);
  }
  assert_story("open");
  assert_times_out_after(rig, T / 2);
}

static void a_prefix_is_part_of_its_message(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\0", 1);
  assert_times_out_after(rig, T);
}

static void while_we_do_not_read_a_message_has_time(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig_open(rig);
  rig_receive(rig, "half");
  hvuv_test_advance(rig->test, T / 2);
  hvuv_conn_pause(rig->conn);
  assert_never_times_out(rig);
  hvuv_conn_resume(rig->conn);
  assert_times_out_after(rig, T);
}

static void while_the_peer_takes_nothing_its_message_has_time(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig->limits.high_water_bytes = 2;
  rig->limits.low_water_bytes = 0;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  rig_receive(rig, "half");
  assert_int_equal(hvuv_conn_send(rig->conn, "abc", 3), 0);
  assert_never_times_out(rig);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_times_out_after(rig, T);
}

/* --- Idleness ------------------------------------------------------------- */

static void an_idle_connection_ends(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  assert_times_out_after(rig, T);
}

static void bytes_that_come_keep_it(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  for (i = 0; i < 10; i++) {
    hvuv_test_advance(rig->test, T / 2 + 7);
    rig_receive(rig, "a");
  }
  assert_story("open");
  assert_times_out_after(rig, T);
}

static void bytes_that_go_keep_it(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  for (i = 0; i < 10; i++) {
    hvuv_test_advance(rig->test, T / 2 + 7);
    assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  }
  hvuv_test_advance(rig->test, 0);
  assert_story("open");
  assert_times_out_after(rig, T);
}

static void bytes_that_only_wait_do_not_keep_it(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  hvuv_test_advance(rig->test, T / 2);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  assert_times_out_after(rig, T / 2);
}

static void a_part_of_a_send_that_goes_keeps_it(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, "abcdefghijklmnop", 16), 0);
  for (i = 0; i < 10; i++) {
    hvuv_test_advance(rig->test, T / 2 + 7);
    hvuv_test_set_room(rig->test, 1);
  }
  assert_story("open");
  assert_times_out_after(rig, T);
}

static void a_peer_that_stops_inside_a_send_is_late_too(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 1);
  assert_int_equal(hvuv_conn_send(rig->conn, "abc", 3), 0);
  hvuv_test_advance(rig->test, 0);
  assert_times_out_after(rig, T);
}

static void answer(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "a", 1);
}

static void answers_to_what_waited_keep_it(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  rig->at[AT_MESSAGE] = rig_pause;
  hvuv_conn_resume(rig->conn);
  rig_receive(rig, "a\nb\n");
  rig->at[AT_MESSAGE] = answer;
  hvuv_test_advance(rig->test, T / 2);
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(rig->nmessages, 2);
  assert_times_out_after(rig, T);
}

static void a_pause_does_not_stop_the_clock_of_idleness(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  rig_receive(rig, "a\n");
  assert_times_out_after(rig, T);
}

/* --- The end -------------------------------------------------------------- */

static void the_peers_end_must_follow_ours(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, 3 * T);
  hvuv_conn_end(rig->conn);
  assert_times_out_after(rig, T);
}

static void a_peer_that_sends_for_ever_is_late_too(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_conn_end(rig->conn);
  for (i = 0; i < 15; i++) {
    hvuv_test_advance(rig->test, SLACK);
    rig_receive(rig, "a\n");
  }
  assert_times_out_after(rig, SLACK);
}

static void sending_what_is_queued_is_part_of_the_end(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  hvuv_test_receive_end(rig->test);
  hvuv_conn_end(rig->conn);
  assert_times_out_after(rig, T);
}

static void an_ending_connection_has_no_other_time(void** state) {
  rig_t* rig = *state;

  rig->limits.first_message_timeout_ms = T;
  rig->limits.message_timeout_ms = T;
  rig->limits.idle_timeout_ms = T;
  rig->limits.end_timeout_ms = 5 * T;
  rig_open(rig);
  rig_receive(rig, "half");
  hvuv_conn_end(rig->conn);
  assert_times_out_after(rig, 5 * T);
}

/* --- All of them ---------------------------------------------------------- */

static void without_limits_time_does_nothing(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig_open(rig);
  rig_receive(rig, "half");
  assert_never_times_out(rig);
  hvuv_conn_end(rig->conn);
  assert_never_times_out(rig);
  hvuv_test_advance(rig->test, UINT64_MAX);
  assert_story("");
}

static void the_first_of_them_counts(void** state) {
  rig_t* rig = *state;

  rig->limits.first_message_timeout_ms = 3 * T;
  rig->limits.message_timeout_ms = 2 * T;
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, T / 2);
  rig_receive(rig, "h"); /* Idle at 1.5 T, message at 2.5 T, first at 3 T. */
  hvuv_test_advance(rig->test, T - 1);
  assert_story("open");
  rig_receive(rig, "h"); /* Idle at 2.5 T and no sooner than the message. */
  assert_times_out_after(rig, T);
}

static void limits_that_never_come_are_no_limits(void** state) {
  rig_t* rig = *state;

  rig->limits.first_message_timeout_ms = UINT64_MAX;
  rig->limits.message_timeout_ms = UINT64_MAX;
  rig->limits.idle_timeout_ms = UINT64_MAX;
  rig->limits.end_timeout_ms = UINT64_MAX;
  rig_open(rig);
  rig_receive(rig, "half");
  assert_never_times_out(rig);
}

static void limits_of_a_millisecond_work(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = 1;
  rig_open(rig);
  hvuv_test_advance(rig->test, 1);
  assert_story("open close:ETIMEDOUT");
}

static void a_time_that_passes_counts_once(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  rig_open(rig);
  hvuv_test_advance(rig->test, 10 * 60 * 1000);
  assert_story("open close:ETIMEDOUT");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.timed_out, 1);
  assert_int_equal(stats.other_errors, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(the_first_message_must_come),
      RIG(a_part_is_not_the_first_message),
      RIG(after_the_first_message_its_time_is_over),
      RIG(a_byte_is_the_first_message_of_raw),
      RIG(after_the_peers_end_no_message_is_waited_for),
      RIG(a_message_that_has_begun_must_end),
      RIG(more_of_a_message_buys_no_time),
      RIG(between_messages_no_time_counts),
      RIG(each_message_has_its_own_time),
      RIG(a_prefix_is_part_of_its_message),
      RIG(while_we_do_not_read_a_message_has_time),
      RIG(while_the_peer_takes_nothing_its_message_has_time),
      RIG(an_idle_connection_ends),
      RIG(bytes_that_come_keep_it),
      RIG(bytes_that_go_keep_it),
      RIG(bytes_that_only_wait_do_not_keep_it),
      RIG(a_part_of_a_send_that_goes_keeps_it),
      RIG(a_peer_that_stops_inside_a_send_is_late_too),
      RIG(a_pause_does_not_stop_the_clock_of_idleness),
      RIG(the_peers_end_must_follow_ours),
      RIG(a_peer_that_sends_for_ever_is_late_too),
      RIG(sending_what_is_queued_is_part_of_the_end),
      RIG(an_ending_connection_has_no_other_time),
      RIG(without_limits_time_does_nothing),
      RIG(the_first_of_them_counts),
      RIG(limits_that_never_come_are_no_limits),
      RIG(limits_of_a_millisecond_work),
      RIG(a_time_that_passes_counts_once),
      RIG(answers_to_what_waited_keep_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
