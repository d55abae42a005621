/* Messages in, at every split, and holding them back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/trace.h"

#include "conn_rig.h"

static const hvuv_framing_t lines = {.kind = HVUV_FRAMING_LINES};
static const hvuv_framing_t sized = {.kind = HVUV_FRAMING_LENGTH,
                                     .prefix_bytes = 2};
static const hvuv_framing_t varint = {.kind = HVUV_FRAMING_VARINT};

/* The messages "a", "", "bcd" and "e" under each framing. */
static const struct {
  const hvuv_framing_t* framing;
  const char* bytes;
  size_t nbytes;
} corpus[] = {
    {&lines, "a\n\r\nbcd\r\ne\n", 11},
    {&sized, "\0\1a\0\0\0\3bcd\0\1e", 13},
    {&varint, "\1a\0\3bcd\1e", 9},
};

#define NFRAMINGS (sizeof(corpus) / sizeof(corpus[0]))

#define ALL "message:a message: message:bcd message:e"

static void finish(rig_t* rig) {
  hvuv_test_receive_end(rig->test);
  assert_story("open " ALL " end");
  hvuv_test_close(rig->test);
  rig->test = NULL;
  trace_reset();
}

static void run(rig_t* rig) {
  hvuv_test_advance(rig->test, 0);
}

static void answer_much(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "123456789", 9);
}

static void messages_come_whole_at_every_split(void** state) {
  rig_t* rig = *state;
  size_t i;
  size_t cut;

  for (i = 0; i < NFRAMINGS; i++) {
    for (cut = 0; cut <= corpus[i].nbytes; cut++) {
      rig->protocol.framing = *corpus[i].framing;
      rig_open(rig);
      hvuv_test_receive(rig->test, corpus[i].bytes, cut);
      hvuv_test_receive(
          rig->test, corpus[i].bytes + cut, corpus[i].nbytes - cut);
      finish(rig);
    }
  }
}

static void messages_come_whole_byte_by_byte(void** state) {
  rig_t* rig = *state;
  size_t i;
  size_t at;

  for (i = 0; i < NFRAMINGS; i++) {
    rig->protocol.framing = *corpus[i].framing;
    rig_open(rig);
    for (at = 0; at < corpus[i].nbytes; at++)
      hvuv_test_receive(rig->test, corpus[i].bytes + at, 1);
    finish(rig);
  }
}

/* Each message pauses, and the test resumes when the calls have returned. */
static void messages_wait_for_a_resume_at_every_split(void** state) {
  rig_t* rig = *state;
  size_t i;
  size_t cut;
  int n;

  rig->at[AT_MESSAGE] = rig_pause;
  for (i = 0; i < NFRAMINGS; i++) {
    for (cut = 0; cut <= corpus[i].nbytes; cut++) {
      rig->protocol.framing = *corpus[i].framing;
      rig->nmessages = 0;
      rig_open(rig);
      hvuv_test_receive(rig->test, corpus[i].bytes, cut);
      hvuv_test_receive(
          rig->test, corpus[i].bytes + cut, corpus[i].nbytes - cut);
      for (n = 0; n < 4; n++) {
        assert_true(rig->nmessages <= 1 + (unsigned int) n);
        hvuv_conn_resume(rig->conn);
        hvuv_test_advance(rig->test, 0);
      }
      finish(rig);
    }
  }
}

static void raw_bytes_come_as_they_come(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig_open(rig);
  rig_receive(rig, "ab\nc");
  rig_receive(rig, "d");
  hvuv_test_receive(rig->test, "", 0);
  assert_story("open message:ab\nc message:d");
}

/* Raw bytes of which no more than three are handed out at once. */
static void open_threes(rig_t* rig) {
  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig->protocol.framing.max_message_bytes = 3;
  rig_open(rig);
}

static void raw_bytes_come_in_pieces_of_the_maximum(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  open_threes(rig);
  assert_int_equal(rig_receive(rig, "abcdefgh"), 0);
  assert_int_equal(rig_receive(rig, "ijk"), 0);
  assert_int_equal(rig_receive(rig, "l"), 0);
  assert_story("open message:abc message:def message:gh message:ijk message:l");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_received, 5);
  assert_int_equal(stats.bytes_received, 12);
}

static void a_pause_among_raw_bytes_holds_the_rest_back(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  open_threes(rig);
  assert_int_equal(rig_receive(rig, "abcdefgh"), 5);
  assert_story("open message:abc");
  hvuv_conn_resume(rig->conn);
  run(rig);
  assert_story("message:def");
  hvuv_test_receive_end(rig->test);
  assert_story("");
  hvuv_conn_resume(rig->conn);
  run(rig);
  assert_story("message:gh");
  hvuv_conn_resume(rig->conn);
  run(rig);
  assert_story("end");
}

static void an_abort_among_raw_bytes_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_abort;
  open_threes(rig);
  rig_receive(rig, "abcdefgh");
  assert_story("open message:abc close:ENOTSUP");
}

static void an_end_among_raw_bytes_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_end;
  open_threes(rig);
  rig_receive(rig, "abcdefgh");
  rig_receive(rig, "ijk");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:abc close:0");
}

static void raw_bytes_that_are_refused_close(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_MESSAGE;
  rig->result = UV_EACCES;
  open_threes(rig);
  rig_receive(rig, "abcdefgh");
  assert_story("open message:abc close:EACCES");
}

static void a_refusal_of_raw_bytes_after_an_end_is_no_matter(void** state) {
  rig_t* rig = *state;

  rig->fails_at = AT_MESSAGE;
  rig->result = UV_EPIPE;
  rig->at[AT_MESSAGE] = rig_end;
  open_threes(rig);
  rig_receive(rig, "abcdefgh");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:abc close:0");
}

static void a_peer_that_takes_nothing_stops_raw_bytes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = answer_much;
  rig->limits.high_water_bytes = 8;
  rig->limits.low_water_bytes = 4;
  open_threes(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(rig_receive(rig, "abcdefgh"), 5);
  assert_story("open message:abc");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("writable message:def message:gh");
}

/* --- Pausing -------------------------------------------------------------- */

static void a_pause_holds_messages_back(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  assert_int_equal(rig_receive(rig, "a\nb\n"), 4);
  hvuv_test_receive_end(rig->test);
  hvuv_test_advance(rig->test, 1000);
  assert_story("open");
  hvuv_conn_resume(rig->conn);
  assert_story("");
  hvuv_test_advance(rig->test, 0);
  assert_story("message:a message:b end");
}

static void a_pause_in_on_message_holds_the_next_back(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  assert_int_equal(rig_receive(rig, "a\nb\nc\n"), 4);
  assert_int_equal(rig_receive(rig, "d\n"), 6);
  assert_story("open message:a");
  hvuv_conn_resume(rig->conn);
  assert_story(""); /* No function calls a handler back. */
  hvuv_test_advance(rig->test, 0);
  assert_story("message:b");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_conn_resume(rig->conn);
  assert_int_equal(hvuv_test_receive(rig->test, NULL, 0), 0);
  assert_story("message:c message:d");
}

static void a_pause_in_on_open_holds_the_first_back(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\n");
  assert_story("open");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:a");
}

static void pause_and_resume(hvuv_conn_t* conn) {
  hvuv_conn_pause(conn);
  hvuv_conn_resume(conn);
}

static void a_pause_taken_back_in_on_message_is_none(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = pause_and_resume;
  rig_open(rig);
  assert_int_equal(rig_receive(rig, "a\nb\nc"), 0);
  rig_receive(rig, "\n");
  assert_story("open message:a message:b message:c");
}

/* The same while what waits is handed out. */
static void a_pause_taken_back_with_bytes_waiting_is_none(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\nc\nd\n");
  rig->at[AT_MESSAGE] = pause_and_resume;
  hvuv_conn_resume(rig->conn);
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a message:b message:c message:d end");
}

static void pauses_are_not_counted(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  hvuv_conn_pause(rig->conn);
  hvuv_conn_resume(rig->conn);
  rig_receive(rig, "a\n");
  hvuv_conn_resume(rig->conn);
  hvuv_conn_resume(rig->conn);
  rig_receive(rig, "b\n");
  assert_story("open message:a message:b");
}

static void a_pause_after_a_resume_holds_again(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  hvuv_conn_resume(rig->conn);
  hvuv_conn_pause(rig->conn);
  hvuv_test_advance(rig->test, 100);
  assert_story("open message:a");
  hvuv_conn_resume(rig->conn);
  hvuv_conn_pause(rig->conn);
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:b");
}

static void a_failure_behind_a_pause_shows_at_the_resume(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_story("open message:a");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:b close:ECONNRESET");
}

static void an_end_behind_half_a_message_waits_behind_a_pause(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:EOF");
}

static void an_abort_while_messages_wait_drops_them(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\n");
  hvuv_conn_resume(rig->conn);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 1000);
  assert_story("open message:a close:ENOTSUP");
}

static void an_end_while_messages_wait_drops_them(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\nc");
  hvuv_conn_resume(rig->conn);
  hvuv_conn_end(rig->conn);
  hvuv_conn_pause(rig->conn);
  hvuv_conn_resume(rig->conn);
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a close:0");
}

/* What ends the connection while it works on what waited. */
static void an_end_among_what_waited_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\nc\n");
  rig->at[AT_MESSAGE] = rig_end;
  hvuv_conn_resume(rig->conn);
  hvuv_test_receive_end(rig->test);
  assert_story("open message:a message:b close:0");
}

static void an_abort_among_what_waited_drops_the_rest(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nb\nc\n");
  rig->at[AT_MESSAGE] = rig_abort;
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open message:a message:b close:ENOTSUP");
}

static void a_wrong_message_among_what_waited_closes(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.max_message_bytes = 2;
  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  rig_receive(rig, "a\nbbb\nc\n");
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("open message:a close:EMSGSIZE");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(messages_come_whole_at_every_split),
      RIG(messages_come_whole_byte_by_byte),
      RIG(messages_wait_for_a_resume_at_every_split),
      RIG(raw_bytes_come_as_they_come),
      RIG(raw_bytes_come_in_pieces_of_the_maximum),
      RIG(a_pause_among_raw_bytes_holds_the_rest_back),
      RIG(an_abort_among_raw_bytes_drops_the_rest),
      RIG(an_end_among_raw_bytes_drops_the_rest),
      RIG(raw_bytes_that_are_refused_close),
      RIG(a_refusal_of_raw_bytes_after_an_end_is_no_matter),
      RIG(a_peer_that_takes_nothing_stops_raw_bytes),
      RIG(a_pause_holds_messages_back),
      RIG(a_pause_in_on_message_holds_the_next_back),
      RIG(a_pause_in_on_open_holds_the_first_back),
      RIG(a_pause_taken_back_in_on_message_is_none),
      RIG(a_pause_taken_back_with_bytes_waiting_is_none),
      RIG(pauses_are_not_counted),
      RIG(a_pause_after_a_resume_holds_again),
      RIG(a_failure_behind_a_pause_shows_at_the_resume),
      RIG(an_end_behind_half_a_message_waits_behind_a_pause),
      RIG(an_abort_while_messages_wait_drops_them),
      RIG(an_end_while_messages_wait_drops_them),
      RIG(an_end_among_what_waited_drops_the_rest),
      RIG(an_abort_among_what_waited_drops_the_rest),
      RIG(a_wrong_message_among_what_waited_closes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
