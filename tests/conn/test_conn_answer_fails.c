/* What a handler sends while it is handed messages, where that fails or is
 * refused, and when the peer does not take it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/trace.h"

#include "answer_rig.h"

/* Five messages, one of them large; the first bytes of the pool again. */
static void send_small_large_small(hvuv_conn_t* conn) {
  answer_send(conn, 0, 3);
  answer_send(conn, 3, 4);
  answer_send(conn, 7, LARGE);
  answer_send(conn, 7 + LARGE, 5);
  answer_send(conn, 12 + LARGE, 2);
}

/* --- What fails ----------------------------------------------------------- */

static void fail_and_send(hvuv_conn_t* conn) {
  hvuv_test_break(answer_stage->test, UV_EPIPE);
  answer_send_large(conn);
}

static void a_wire_that_fails_closes(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  answer_ask(rig, &answer_lines, fail_and_send);
  assert_story("close:EPIPE");
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 0);
}

static void send_fail_and_send(hvuv_conn_t* conn) {
  answer_send(conn, 0, 3);
  hvuv_test_break(answer_stage->test, UV_EPIPE);
  answer_send_large(conn);
  answer_send(conn, 0, 3);
}

static void a_wire_that_fails_behind_small_ones_closes(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  answer_ask(rig, &answer_raw, send_fail_and_send);
  assert_story("close:EPIPE");
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 0);
}

static void send_without_memory(hvuv_conn_t* conn) {
  alloc_fail_nth(1);
  answer_send_large(conn);
  answer_note(alloc_has_failed());
  answer_send(conn, LARGE, 3);
}

static void without_memory_for_a_rest_it_closes(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  rig->protocol.framing = answer_sized;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 10);
  answer_ask(rig, &answer_sized, send_without_memory);
  assert_int_equal(answer_results[0], UV_ENOMEM);
  assert_int_equal(answer_results[1], 1);
  assert_int_equal(answer_results[2], UV_EPIPE);
  assert_story("close:ENOMEM");
  answer_got(rig, "\0\0\x4e\x20", 4, 6, "");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 0);
  assert_int_equal(stats.bytes_sent, 10);
  assert_int_equal(stats.other_errors, 1);
}

static void without_memory_for_a_whole_one_it_goes_on(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = answer_lines;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  answer_ask(rig, &answer_lines, send_without_memory);
  assert_int_equal(answer_results[0], UV_ENOMEM);
  assert_int_equal(answer_results[1], 1);
  assert_int_equal(answer_results[2], 0);
  assert_story("");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_int_equal(
      memcmp(hvuv_test_sent(rig->test, NULL), answer_pool + LARGE, 3), 0);
}

static void send_three_without_memory(hvuv_conn_t* conn) {
  answer_send(conn, 0, 3);
  alloc_fail_nth(1);
}

static void without_memory_for_what_a_handler_has_sent_it_closes(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 1);
  answer_ask(rig, &answer_raw, send_three_without_memory);
  assert_true(alloc_has_failed());
  assert_int_equal(answer_results[0], 0);
  assert_story("close:ENOMEM");
  answer_got(rig, "", 0, 1, "");
}

static hvuv_send_t refused;

static void send_ref_without_memory(hvuv_conn_t* conn) {
  uv_buf_t buf = uv_buf_init(answer_pool, 1);

  answer_send(conn, 0, 3);
  alloc_fail_nth(2); /* The reference's chunk is there, that for the three is
                      * not. */
  answer_note(hvuv_conn_send_ref(&refused, conn, &buf, 1, rig_on_sent));
  answer_note(alloc_has_failed());
  answer_send(conn, 3, 2);
}

static void what_is_refused_leaves_the_others_where_they_are(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, send_ref_without_memory);
  assert_int_equal(answer_results[1], UV_ENOMEM);
  assert_int_equal(answer_results[2], 1);
  assert_int_equal(answer_results[3], 0);
  answer_got(rig, "", 0, 5, "");
  assert_story("");
}

static void send_17_kib_without_memory(hvuv_conn_t* conn) {
  size_t i;

  for (i = 0; i < 16; i++)
    answer_send(conn, i * 1024, 1024);
  alloc_fail_nth(1);
  answer_send(conn, i * 1024, 1024);
}

static void send_three_and_large_without_memory(hvuv_conn_t* conn) {
  answer_send(conn, 0, 3);
  alloc_fail_nth(1);
  answer_send(conn, 3, LARGE);
}

/* What was put together leaves before the handler returns, in part, and there
 * is no memory for its rest: whatever follows, no byte may be missing from the
 * middle. */
static void assert_no_byte_is_missing(rig_t* rig,
                                      size_t room,
                                      void (*act)(hvuv_conn_t* conn)) {
  size_t nbytes;
  const char* sent;

  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, room);
  answer_ask(rig, &answer_raw, act);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_true(alloc_has_failed());
  sent = hvuv_test_sent(rig->test, &nbytes);
  assert_memory_equal(sent, answer_pool, nbytes);
}

static void without_memory_for_a_rest_of_16_kib_no_byte_is_missing(
    void** state) {
  assert_no_byte_is_missing(*state, 10000, send_17_kib_without_memory);
}

static void without_memory_before_a_large_one_no_byte_is_missing(void** state) {
  assert_no_byte_is_missing(*state, 1, send_three_and_large_without_memory);
}

static void after_the_end_a_large_one_is_refused(hvuv_conn_t* conn) {
  hvuv_conn_end(conn);
  answer_send_large(conn);
  answer_send(conn, 0, 3);
}

static void behind_an_end_nothing_leaves(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, after_the_end_a_large_one_is_refused);
  assert_int_equal(answer_results[0], UV_EPIPE);
  assert_int_equal(answer_results[1], UV_EPIPE);
  assert_sent(rig, "");
}

static void send_and_end(hvuv_conn_t* conn) {
  send_small_large_small(conn);
  hvuv_conn_end(conn);
}

static void an_end_comes_behind_all_of_it(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 100);
  answer_ask(rig, &answer_raw, send_and_end);
  assert_false(hvuv_test_has_ended(rig->test));
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_true(hvuv_test_has_ended(rig->test));
  answer_got(rig, "", 0, LARGE + 14, "");
}

static void send_and_abort(hvuv_conn_t* conn) {
  send_small_large_small(conn);
  rig_abort(conn);
}

static void what_was_sent_before_an_abort_has_gone(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, send_and_abort);
  assert_story("close:ENOTSUP");
  answer_got(rig, "", 0, LARGE + 14, "");
}

static void too_large_for_the_maximum(hvuv_conn_t* conn) {
  answer_send(conn, 0, LARGE);
  answer_send(conn, 0, LARGE + 1);
}

/* Not all of the first was taken. */
static void a_large_one_above_the_maximum_is_refused(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 100;
  rig->limits.low_water_bytes = 10;
  rig->limits.max_queued_bytes = LARGE;
  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, LARGE - 1);
  answer_ask(rig, &answer_raw, too_large_for_the_maximum);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(answer_results[1], UV_ENOBUFS);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  answer_got(rig, "", 0, LARGE, "");
}

/* Or it could never be sent. */
static void one_above_the_maximum_may_go_where_nothing_is_queued(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 100;
  rig->limits.low_water_bytes = 10;
  rig->limits.max_queued_bytes = LARGE - 1;
  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  answer_ask(rig, &answer_raw, too_large_for_the_maximum);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(answer_results[1], UV_ENOBUFS);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  answer_got(rig, "", 0, LARGE, "");
}

static void small_then_above_the_maximum(hvuv_conn_t* conn) {
  answer_send(conn, 0, 1);
  answer_send(conn, 1, LARGE);
}

static void what_was_put_together_makes_way_for_one_above_the_maximum(
    void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 100;
  rig->limits.low_water_bytes = 10;
  rig->limits.max_queued_bytes = LARGE - 1;
  answer_ask(rig, &answer_raw, small_then_above_the_maximum);
  assert_int_equal(answer_results[1], 0);
  answer_got(rig, "", 0, LARGE + 1, "");
}

static void send_eight_and_three(hvuv_conn_t* conn) {
  answer_send(conn, 0, 7);
  answer_send(conn, 7, 2);
}

/* Nothing is taken of what was put together, so it is queued. */
static void what_is_put_together_counts_for_the_maximum(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  rig->limits.high_water_bytes = 8;
  rig->limits.low_water_bytes = 4;
  rig->limits.max_queued_bytes = 10;
  rig->protocol.framing = answer_lines;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  answer_ask(rig, &answer_lines, send_eight_and_three);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(answer_results[1], UV_ENOBUFS);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 8);
}

/* --- Back-pressure -------------------------------------------------------- */

static void a_large_one_that_is_taken_chokes_nobody(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 1000;
  rig->limits.low_water_bytes = 10;
  answer_ask(rig, &answer_raw, answer_send_large);
  assert_int_equal(rig_receive(rig, "?"), 0);
  assert_int_equal(rig->nmessages, 2);
  assert_story("");
}

static void the_rest_of_a_large_one_chokes(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 1000;
  rig->limits.low_water_bytes = 10;
  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, LARGE - 1001);
  answer_ask(rig, &answer_raw, answer_send_large);
  rig->at[AT_MESSAGE] = NULL;
  assert_int_equal(rig_receive(rig, "?"), 1);
  assert_int_equal(rig->nmessages, 1);
  assert_story("");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("writable");
  assert_int_equal(rig->nmessages, 2);
}

static void a_rest_no_more_than_the_mark_chokes_nobody(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 1000;
  rig->limits.low_water_bytes = 10;
  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, LARGE - 1000);
  answer_ask(rig, &answer_raw, answer_send_large);
  rig->at[AT_MESSAGE] = NULL;
  assert_int_equal(rig_receive(rig, "?"), 0);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("");
}

/* Bytes of a chunk that is taken in part are memory still. */
static void what_is_taken_of_a_chunk_still_counts(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 10;
  rig->limits.low_water_bytes = 4;
  rig->limits.max_queued_bytes = 20;
  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 9);
  answer_send(rig->conn, 0, 10);
  answer_send(rig->conn, 10, 10);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 11);
  answer_send(rig->conn, 0, 1);
  assert_int_equal(answer_results[2], UV_ENOBUFS);
  hvuv_test_set_room(rig->test, 1);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 10);
  answer_send(rig->conn, 20, 10);
  assert_int_equal(answer_results[3], 0);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  answer_got(rig, "", 0, 30, "");
}

/* --- Raw bytes ------------------------------------------------------------ */

static void send_odd_ones(hvuv_conn_t* conn) {
  answer_note(hvuv_conn_send(conn, NULL, 0));
  answer_note(hvuv_conn_send(conn, "", 0));
  answer_note(hvuv_conn_send(conn, NULL, 1));
  answer_note(hvuv_conn_send(conn, "a", SIZE_MAX));
  answer_note(hvuv_conn_send(conn, "a", 1));
}

static void an_answer_of_raw_bytes_is_checked(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  answer_ask(rig, &answer_raw, send_odd_ones);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(answer_results[1], 0);
  assert_int_equal(answer_results[2], UV_EINVAL);
  assert_int_equal(answer_results[3], UV_EMSGSIZE);
  assert_int_equal(answer_results[4], 0);
  assert_sent(rig, "a");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 1);
}

static void an_answer_is_the_senders_again_at_once(hvuv_conn_t* conn) {
  char text[] = "first";

  answer_note(hvuv_conn_send(conn, text, 5));
  memcpy(text, "other", 5);
}

static void a_small_answer_is_copied(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, an_answer_is_the_senders_again_at_once);
  assert_sent(rig, "first");
}

static void send_one(hvuv_conn_t* conn) {
  answer_send(conn, 0, 1);
}

static void without_memory_for_answers_it_is_told(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, NULL);
  rig->at[AT_MESSAGE] = send_one;
  alloc_fail_nth(1); /* What they are put together in: a chunk will do. */
  rig_receive(rig, "?");
  assert_true(alloc_has_failed());
  assert_int_equal(answer_results[0], 0);
  answer_got(rig, "", 0, 1, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ANSWER(a_wire_that_fails_closes),
      ANSWER(a_wire_that_fails_behind_small_ones_closes),
      ANSWER(without_memory_for_a_rest_it_closes),
      ANSWER(without_memory_for_a_whole_one_it_goes_on),
      ANSWER(behind_an_end_nothing_leaves),
      ANSWER(an_end_comes_behind_all_of_it),
      ANSWER(what_was_sent_before_an_abort_has_gone),
      ANSWER(a_large_one_above_the_maximum_is_refused),
      ANSWER(one_above_the_maximum_may_go_where_nothing_is_queued),
      ANSWER(what_was_put_together_makes_way_for_one_above_the_maximum),
      ANSWER(a_large_one_that_is_taken_chokes_nobody),
      ANSWER(the_rest_of_a_large_one_chokes),
      ANSWER(a_rest_no_more_than_the_mark_chokes_nobody),
      ANSWER(what_is_taken_of_a_chunk_still_counts),
      ANSWER(an_answer_of_raw_bytes_is_checked),
      ANSWER(a_small_answer_is_copied),
      ANSWER(without_memory_for_answers_it_is_told),
      ANSWER(without_memory_for_what_a_handler_has_sent_it_closes),
      ANSWER(what_is_refused_leaves_the_others_where_they_are),
      ANSWER(what_is_put_together_counts_for_the_maximum),
      ANSWER(without_memory_for_a_rest_of_16_kib_no_byte_is_missing),
      ANSWER(without_memory_before_a_large_one_no_byte_is_missing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
