/*
 * What has ended x what comes next: ending.h's table, played on connections.
 *
 * test_conn.c has the rows of OPEN, ENDING, LEAVING and ENDED where nothing
 * fails; here a write fails in each of them, and what a peer sees.
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

static char many[1000];
static int send_result;

static void send_many(hvuv_conn_t* conn) {
  send_result = hvuv_conn_send(conn, many, sizeof(many));
}

static void assert_reason(const rig_t* rig, int expected) {
  int reason = 1;

  assert_null(hvuv_test_conn(rig->test, &reason));
  assert_int_equal(reason, expected);
}

/* More than the high mark is queued, and the peer takes none of it, so nothing
 * is read. */
static void open_choked(rig_t* rig) {
  memset(many, 'x', sizeof(many));
  rig->limits.high_water_bytes = sizeof(many) / 2;
  rig->limits.low_water_bytes = 0;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  send_many(rig->conn);
  assert_int_equal(send_result, 0);
  assert_story("open");
}

/* Nothing that is sent from here on gets through. What the peer has sent is
 * there, and more may come. */
static void open_cut(rig_t* rig) {
  open_choked(rig);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("");
  assert_non_null(hvuv_test_conn(rig->test, NULL));
}

/* --- A write fails while both directions are open -------------------------- */

static void after_a_failed_write_what_has_come_is_handed_out(void** state) {
  rig_t* rig = *state;

  open_choked(rig);
  assert_int_equal(rig_receive(rig, "413 too large\nbye\n"), 18);
  assert_story("");
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("message:413 too large message:bye");
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

static void after_a_failed_write_what_comes_is_handed_out(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  assert_int_equal(rig_receive(rig, "a\nb"), 0);
  assert_story("message:a");
  rig_receive(rig, "c\n");
  assert_story("message:bc");
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

static void what_waited_for_the_peer_to_take_something_is_handed_out(
    void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = sizeof(many) / 2;
  rig->limits.low_water_bytes = 0;
  rig->at[AT_MESSAGE] = send_many;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(rig_receive(rig, "a\nb\nc\n"), 4);
  assert_story("open message:a");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("message:b message:c");
}

static void an_answer_that_fails_at_once_loses_no_message(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = send_many;
  rig_open(rig);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  rig_receive(rig, "a\nb\n");
  rig_receive(rig, "c\n");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a message:b message:c end close:EPIPE");
}

static void each_reference_is_called_back_when_a_write_fails(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];
  uv_buf_t part = uv_buf_init(many, 1);
  int i;

  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  for (i = 0; i < 2; i++)
    assert_int_equal(
        hvuv_conn_send_ref(&reqs[i], rig->conn, &part, 1, rig_on_sent), 0);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("open sent:EPIPE sent:ECANCELED");
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

static void one_that_is_cut_sends_nothing_and_is_ending(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  assert_int_equal(hvuv_conn_is_ending(rig->conn), 1);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), UV_EPIPE);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
}

/* As echo does, and nearly every handler. */
static void that_nothing_can_be_sent_refuses_no_message(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig->fails_at = AT_MESSAGE;
  rig->result = UV_EPIPE;
  rig_receive(rig, "a\nb\n");
  assert_story("message:a message:b");
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

static void a_message_that_is_refused_closes_all_the_same(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig->fails_at = AT_MESSAGE;
  rig->result = UV_EACCES;
  rig_receive(rig, "a\nb\n");
  assert_story("message:a close:EACCES");
}

static void an_abort_goes_before_what_has_cut_it(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:ENOTSUP");
}

static void a_goodbye_ends_the_waiting(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig->at[AT_MESSAGE] = rig_end;
  rig_receive(rig, "a\nb\n");
  assert_story("message:a close:EPIPE");
}

static void a_goodbye_at_the_peers_end_changes_nothing(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig->at[AT_END] = rig_end;
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

static void without_on_end_the_peers_end_closes(void** state) {
  rig_t* rig = *state;

  rig->protocol.on_end = NULL;
  open_cut(rig);
  hvuv_test_receive_end(rig->test);
  assert_story("close:EPIPE");
}

static void what_has_cut_it_is_the_reason_whatever_follows(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  rig_receive(rig, "half");
  hvuv_test_receive_end(rig->test);
  assert_story("close:EPIPE");
}

static void that_the_peer_is_gone_is_the_better_reason(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_story("close:ECONNRESET");
}

/* A system reports each error once, and an end of input to whoever asks next. */
static void a_peer_that_a_write_found_reset_has_not_ended(void** state) {
  rig_t* rig = *state;

  open_choked(rig);
  hvuv_test_break_sending(rig->test, UV_ECONNRESET);
  rig_receive(rig, "a\n");
  assert_story("message:a");
  hvuv_test_receive_end(rig->test);
  assert_story("close:ECONNRESET");
}

static void nor_is_half_a_message_the_reason_then(void** state) {
  rig_t* rig = *state;

  open_choked(rig);
  hvuv_test_break_sending(rig->test, UV_ECONNRESET);
  rig_receive(rig, "half");
  hvuv_test_receive_end(rig->test);
  assert_story("close:ECONNRESET");
}

static void one_that_is_cut_is_writable_no_more(void** state) {
  rig_t* rig = *state;

  open_cut(rig);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("");
  assert_sent(rig, "");
}

/* --- ... while the handler has paused --------------------------------------- */

static void who_has_paused_and_gets_nothing_more_learns_of_it_at_once(
    void** state) {
  rig_t* rig = *state;

  open_choked(rig);
  hvuv_conn_pause(rig->conn);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("close:EPIPE");
}

static void who_has_paused_is_handed_the_rest_when_he_resumes(void** state) {
  rig_t* rig = *state;

  rig->limits.first_message_timeout_ms = 0;
  open_choked(rig);
  hvuv_conn_pause(rig->conn);
  rig_receive(rig, "a\n");
  hvuv_test_receive_end(rig->test);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  hvuv_test_advance(rig->test, 60 * 1000);
  assert_story("");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:a end close:EPIPE");
}

static void what_was_stashed_is_handed_out_when_he_resumes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_int_equal(hvuv_conn_send(rig->conn, "c", 1), 0);
  hvuv_test_advance(rig->test, 0);
  assert_story("open message:a");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:b");
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

/* --- ... after an end ------------------------------------------------------- */

static void after_the_peers_end_a_failed_write_closes(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  hvuv_test_advance(rig->test, 0);
  assert_story("open end close:EPIPE");
}

static void after_our_end_a_failed_write_closes(void** state) {
  rig_t* rig = *state;

  open_choked(rig);
  rig_receive(rig, "dropped\n");
  hvuv_conn_end(rig->conn);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("close:EPIPE");
}

static void after_both_ends_a_failed_write_closes(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  send_many(rig->conn);
  hvuv_test_receive_end(rig->test);
  hvuv_conn_end(rig->conn);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  assert_story("open end close:EPIPE");
}

/* --- How long it may take --------------------------------------------------- */

static void one_that_is_cut_waits_as_long_as_an_end_may_take(void** state) {
  rig_t* rig = *state;

  rig->limits.end_timeout_ms = 1600;
  open_cut(rig);
  hvuv_test_advance(rig->test, 1599);
  assert_story("");
  hvuv_test_advance(rig->test, 101);
  assert_story("close:EPIPE");
}

static void while_the_peer_sends_one_that_is_cut_stays(void** state) {
  rig_t* rig = *state;
  int i;

  rig->limits.end_timeout_ms = 1600;
  rig->is_quiet = 1;
  open_cut(rig);
  for (i = 0; i < 10; i++) {
    hvuv_test_advance(rig->test, 1500);
    rig_receive(rig, "a\n");
  }
  assert_story("");
  assert_int_equal(rig->nmessages, 10);
  hvuv_test_receive_end(rig->test);
  assert_story("end close:EPIPE");
}

/* --- What the peer sees ----------------------------------------------------- */

static void both_ends_are_no_reset(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_receive_end(rig->test);
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_reason(rig, 0);
  assert_false(hvuv_test_was_reset(rig->test));
}

static void an_abort_is_a_reset(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_true(hvuv_test_was_reset(rig->test));
}

static void a_refusal_is_a_reset(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_OPEN;
  rig->result = UV_EACCES;
  rig_open(rig);
  assert_true(hvuv_test_was_reset(rig->test));
}

static void a_limit_is_a_reset(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_advance(rig->test, 60 * 1000);
  assert_reason(rig, UV_ETIMEDOUT);
  assert_true(hvuv_test_was_reset(rig->test));
}

static void a_broken_framing_is_a_reset(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_receive(rig, "half");
  hvuv_test_receive_end(rig->test);
  assert_reason(rig, UV_EOF);
  assert_true(hvuv_test_was_reset(rig->test));
}

static void a_goodbye_that_takes_too_long_is_a_reset(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  hvuv_test_advance(rig->test, 60 * 1000);
  assert_reason(rig, UV_ETIMEDOUT);
  assert_true(hvuv_test_was_reset(rig->test));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(after_a_failed_write_what_has_come_is_handed_out),
      RIG(after_a_failed_write_what_comes_is_handed_out),
      RIG(what_waited_for_the_peer_to_take_something_is_handed_out),
      RIG(an_answer_that_fails_at_once_loses_no_message),
      RIG(each_reference_is_called_back_when_a_write_fails),
      RIG(one_that_is_cut_sends_nothing_and_is_ending),
      RIG(that_nothing_can_be_sent_refuses_no_message),
      RIG(a_message_that_is_refused_closes_all_the_same),
      RIG(an_abort_goes_before_what_has_cut_it),
      RIG(a_goodbye_ends_the_waiting),
      RIG(a_goodbye_at_the_peers_end_changes_nothing),
      RIG(without_on_end_the_peers_end_closes),
      RIG(what_has_cut_it_is_the_reason_whatever_follows),
      RIG(that_the_peer_is_gone_is_the_better_reason),
      RIG(a_peer_that_a_write_found_reset_has_not_ended),
      RIG(nor_is_half_a_message_the_reason_then),
      RIG(one_that_is_cut_is_writable_no_more),
      RIG(who_has_paused_and_gets_nothing_more_learns_of_it_at_once),
      RIG(who_has_paused_is_handed_the_rest_when_he_resumes),
      RIG(what_was_stashed_is_handed_out_when_he_resumes),
      RIG(after_the_peers_end_a_failed_write_closes),
      RIG(after_our_end_a_failed_write_closes),
      RIG(after_both_ends_a_failed_write_closes),
      RIG(one_that_is_cut_waits_as_long_as_an_end_may_take),
      RIG(while_the_peer_sends_one_that_is_cut_stays),
      RIG(both_ends_are_no_reset),
      RIG(an_abort_is_a_reset),
      RIG(a_refusal_is_a_reset),
      RIG(a_limit_is_a_reset),
      RIG(a_broken_framing_is_a_reset),
      RIG(a_goodbye_that_takes_too_long_is_a_reset),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
