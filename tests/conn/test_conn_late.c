/* Progress, deadlines of the handler's own, and a loop that is late. */
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
#define HOURS ((uint64_t) 24 * 3600 * 1000)

static rig_t* stage;

static int up(void** state) {
  int err = rig_up(state);

  stage = *state;
  return err;
}

#define LATE(test) cmocka_unit_test_setup_teardown(test, up, rig_down)

static void set_no_times(rig_t* rig) {
  rig->limits.first_message_timeout_ms = 0;
  rig->limits.message_timeout_ms = 0;
  rig->limits.idle_timeout_ms = 0;
  rig->limits.end_timeout_ms = 0;
}

static void assert_times_out_after(rig_t* rig, uint64_t ms) {
  trace_reset();
  hvuv_test_advance(rig->test, ms - 1);
  assert_story("");
  hvuv_test_advance(rig->test, 1 + SLACK);
  assert_story("close:ETIMEDOUT");
}

/* --- Saying goodbye takes as long as it goes on ----------------------------- */

static void who_takes_a_byte_now_and_then_gets_everything(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, "abcdefghijklmno", 15), 0);
  hvuv_conn_end(rig->conn);
  for (i = 0; i < 16; i++) {
    hvuv_test_advance(rig->test, T / 2);
    hvuv_test_set_room(rig->test, 1);
  }
  assert_story("open");
  assert_sent(rig, "abcdefghijklmno\n");
  assert_true(hvuv_test_has_ended(rig->test));
  hvuv_test_receive_end(rig->test);
  assert_story("close:0");
}

static void the_wait_for_the_peers_end_begins_with_the_last_byte(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, T - 1);
  hvuv_test_set_room(rig->test, 2);
  assert_true(hvuv_test_has_ended(rig->test));
  assert_times_out_after(rig, T);
}

static void who_stops_taking_is_late(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.end_timeout_ms = T;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send(rig->conn, "abc", 3), 0);
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, T / 2);
  hvuv_test_set_room(rig->test, 1);
  hvuv_test_advance(rig->test, SLACK); /* It is seen by then. */
  trace_reset();
  hvuv_test_advance(rig->test, T - 2 * SLACK);
  assert_story("");
  hvuv_test_advance(rig->test, 3 * SLACK);
  assert_story("close:ETIMEDOUT");
}

/* --- A loop that is late ---------------------------------------------------- */

/* The handler blocks: time passes and the peer goes on, but nothing of that is
 * looked at before it returns. */
static void block_while_the_peer_sends(hvuv_conn_t* conn) {
  (void) conn;
  stage->at[AT_MESSAGE] = NULL;
  hvuv_test_advance(stage->test, 2 * T);
  hvuv_test_receive(stage->test, "b\n", 2);
}

static void block_while_the_peer_ends(hvuv_conn_t* conn) {
  block_while_the_peer_sends(conn);
  hvuv_test_receive_end(stage->test);
}

static void who_has_sent_while_the_loop_was_blocked_is_not_idle(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig->at[AT_MESSAGE] = block_while_the_peer_sends;
  rig_open(rig);
  rig_receive(rig, "a\n");
  assert_story("open message:a message:b");
  assert_times_out_after(rig, T);
}

static void who_has_finished_a_message_meanwhile_is_in_time(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.message_timeout_ms = T;
  rig->at[AT_MESSAGE] = block_while_the_peer_sends;
  rig_open(rig);
  rig_receive(rig, "a\nhalf ");
  assert_story("open message:a message:half b");
}

static void who_has_ended_meanwhile_has_ended(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig->protocol.on_end = NULL;
  rig->at[AT_MESSAGE] = block_while_the_peer_ends;
  rig_open(rig);
  rig_receive(rig, "a\n");
  assert_story("open message:a message:b close:0");
}

static void who_has_sent_nothing_meanwhile_is_late(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  hvuv_test_advance(rig->test, 2 * T);
  assert_story("open close:ETIMEDOUT");
}

/* --- Deadlines -------------------------------------------------------------- */

static void set_deadline(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_set_deadline(conn, T), 0);
}

static void a_deadline_closes_whatever_happens(void** state) {
  rig_t* rig = *state;
  int i;

  set_no_times(rig);
  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig->is_quiet = 1;
  rig->at[AT_OPEN] = set_deadline;
  rig_open(rig);
  for (i = 0; i < 15; i++) {
    hvuv_test_advance(rig->test, SLACK);
    rig_receive(rig, "a");
  }
  assert_story("open");
  assert_times_out_after(rig, SLACK);
}

/* The framework's own would be looked at every hour and a half. */
static void a_deadline_is_as_exact_as_it_is_short(void** state) {
  rig_t* rig = *state;

  rig->limits.first_message_timeout_ms = HOURS;
  rig->limits.message_timeout_ms = HOURS;
  rig->limits.idle_timeout_ms = HOURS;
  rig->limits.end_timeout_ms = HOURS;
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_deadline(rig->conn, 16), 0);
  hvuv_test_advance(rig->test, 15);
  assert_story("open");
  hvuv_test_advance(rig->test, 2);
  assert_story("close:ETIMEDOUT");
}

static void a_deadline_may_be_moved(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->at[AT_MESSAGE] = set_deadline;
  rig_open(rig);
  rig_receive(rig, "a\n");
  hvuv_test_advance(rig->test, T - 1);
  rig_receive(rig, "b\n");
  assert_story("open message:a message:b");
  assert_times_out_after(rig, T);
}

static void a_deadline_may_come_nearer(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->at[AT_OPEN] = set_deadline;
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_deadline(rig->conn, T / 4), 0);
  assert_times_out_after(rig, T / 4);
}

static void a_deadline_is_taken_away_with_0(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->at[AT_OPEN] = set_deadline;
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_deadline(rig->conn, 0), 0);
  hvuv_test_advance(rig->test, 10 * T);
  assert_story("open");
}

static void a_deadline_that_never_comes_is_none(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_deadline(rig->conn, UINT64_MAX), 0);
  hvuv_test_advance(rig->test, HOURS);
  assert_story("open");
}

static void a_deadline_counts_after_a_goodbye(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->at[AT_OPEN] = set_deadline;
  rig_open(rig);
  hvuv_conn_end(rig->conn);
  assert_times_out_after(rig, T);
}

static void other_limits_count_beside_a_deadline(void** state) {
  rig_t* rig = *state;

  set_no_times(rig);
  rig->limits.idle_timeout_ms = T;
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_deadline(rig->conn, HOURS), 0);
  assert_times_out_after(rig, T);
}

static void set_deadline_too_late(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_set_deadline(conn, T), UV_EINVAL);
}

static void one_that_closes_has_no_deadline(void** state) {
  rig_t* rig = *state;

  rig->at[AT_CLOSE] = set_deadline_too_late;
  rig_open(rig);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open close:ENOTSUP");
  assert_int_equal(hvuv_conn_set_deadline(NULL, T), UV_EINVAL);
}

/* --- The time --------------------------------------------------------------- */

static void the_time_is_the_tests(void** state) {
  rig_t* rig = *state;
  uint64_t before;

  rig_open(rig);
  before = hvuv_conn_now(rig->conn);
  assert_true(before > 0);
  hvuv_test_advance(rig->test, 1234);
  assert_int_equal(hvuv_conn_now(rig->conn), before + 1234);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LATE(who_takes_a_byte_now_and_then_gets_everything),
      LATE(the_wait_for_the_peers_end_begins_with_the_last_byte),
      LATE(who_stops_taking_is_late),
      LATE(who_has_sent_while_the_loop_was_blocked_is_not_idle),
      LATE(who_has_finished_a_message_meanwhile_is_in_time),
      LATE(who_has_ended_meanwhile_has_ended),
      LATE(who_has_sent_nothing_meanwhile_is_late),
      LATE(a_deadline_closes_whatever_happens),
      LATE(a_deadline_is_as_exact_as_it_is_short),
      LATE(a_deadline_may_be_moved),
      LATE(a_deadline_may_come_nearer),
      LATE(a_deadline_is_taken_away_with_0),
      LATE(a_deadline_that_never_comes_is_none),
      LATE(a_deadline_counts_after_a_goodbye),
      LATE(other_limits_count_beside_a_deadline),
      LATE(one_that_closes_has_no_deadline),
      LATE(the_time_is_the_tests),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
