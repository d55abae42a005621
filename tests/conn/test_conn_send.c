/* Messages out: framing, order, back-pressure, and what is refused. */
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

static uv_buf_t part(const char* text) {
  return uv_buf_init((char*) (uintptr_t) text, (unsigned int) strlen(text));
}

static int send_text(hvuv_conn_t* conn, const char* text) {
  return hvuv_conn_send(conn, text, strlen(text));
}

static int send_ref(hvuv_send_t* req, hvuv_conn_t* conn, const char* text) {
  uv_buf_t buf = part(text);

  return hvuv_conn_send_ref(req, conn, &buf, 1, rig_on_sent);
}

/* Marks of 8 and 4 bytes. */
static void open_narrow(rig_t* rig) {
  rig->limits.high_water_bytes = 8;
  rig->limits.low_water_bytes = 4;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
}

static void run(rig_t* rig) {
  hvuv_test_advance(rig->test, 0);
}

/* --- What leaves ---------------------------------------------------------- */

static void each_framing_has_its_edges(void** state) {
  static const struct {
    hvuv_framing_t framing;
    const char* bytes;
    size_t nbytes;
  } rows[] = {
      {{.kind = HVUV_FRAMING_RAW}, "abc", 3},
      {{.kind = HVUV_FRAMING_LINES}, "abc\n\n", 5},
      {{.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 1}, "\3abc\0", 5},
      {{.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 2}, "\0\3abc\0\0", 7},
      {{.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 4, .is_little_endian = 1},
       "\3\0\0\0abc\0\0\0\0",
       11},
      {{.kind = HVUV_FRAMING_VARINT}, "\3abc\0", 5},
  };
  rig_t* rig = *state;
  uv_buf_t parts[3];
  hvuv_send_t reqs[2];
  const char* sent;
  size_t nbytes;
  size_t i;

  parts[0] = part("a");
  parts[1] = uv_buf_init(NULL, 0);
  parts[2] = part("bc");
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    rig->protocol.framing = rows[i].framing;
    rig_open(rig);
    assert_int_equal(hvuv_conn_sendv(rig->conn, parts, 3), 0);
    assert_int_equal(hvuv_conn_sendv(rig->conn, NULL, 0), 0);
    assert_int_equal(hvuv_conn_queued_bytes(rig->conn), rows[i].nbytes);
    run(rig);
    sent = hvuv_test_sent(rig->test, &nbytes);
    assert_int_equal(nbytes, rows[i].nbytes);
    assert_memory_equal(sent, rows[i].bytes, nbytes);

    hvuv_test_forget(rig->test);
    assert_int_equal(
        hvuv_conn_send_ref(&reqs[0], rig->conn, parts, 3, rig_on_sent), 0);
    assert_int_equal(
        hvuv_conn_send_ref(&reqs[1], rig->conn, NULL, 0, rig_on_sent), 0);
    run(rig);
    sent = hvuv_test_sent(rig->test, &nbytes);
    assert_int_equal(nbytes, rows[i].nbytes);
    assert_memory_equal(sent, rows[i].bytes, nbytes);
    assert_story("open sent:0 sent:0");
    hvuv_test_close(rig->test);
    rig->test = NULL;
    trace_reset();
  }
}

static void a_copy_is_the_senders_again_at_once(void** state) {
  rig_t* rig = *state;
  char text[] = "first";

  rig_open(rig);
  assert_int_equal(send_text(rig->conn, text), 0);
  memcpy(text, "other", 5);
  run(rig);
  assert_sent(rig, "first\n");
}

static void copies_and_references_leave_in_order(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];

  rig_open(rig);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "a"), 0);
  assert_int_equal(send_text(rig->conn, "b"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "c"), 0);
  assert_int_equal(send_text(rig->conn, "d"), 0);
  assert_story("open"); /* Nothing is told inside the call. */
  run(rig);
  assert_sent(rig, "a\nb\nc\nd\n");
  assert_story("sent:0 sent:0");
}

static void the_array_of_a_reference_is_copied(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;
  uv_buf_t parts[2];

  rig_open(rig);
  parts[0] = part("ab");
  parts[1] = part("cd");
  assert_int_equal(hvuv_conn_send_ref(&req, rig->conn, parts, 2, rig_on_sent),
                   0);
  memset(parts, 0, sizeof(parts));
  run(rig);
  assert_sent(rig, "abcd\n");
  assert_ptr_equal(req.conn, rig->conn);
}

static void a_reference_may_have_no_callback(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;
  uv_buf_t buf = part("a");

  rig_open(rig);
  assert_int_equal(hvuv_conn_send_ref(&req, rig->conn, &buf, 1, NULL), 0);
  run(rig);
  assert_sent(rig, "a\n");
}

static void a_reference_is_told_when_its_last_byte_is_taken(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];

  rig_open(rig);
  hvuv_test_set_room(rig->test, 3);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "abc"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "def"), 0);
  run(rig);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 5);
  assert_story("open");
  hvuv_test_set_room(rig->test, 1);
  assert_story("sent:0");
  hvuv_test_set_room(rig->test, 3);
  assert_story("");
  hvuv_test_set_room(rig->test, 1);
  assert_story("sent:0");
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  assert_sent(rig, "abc\ndef\n");
}

static void references_are_cancelled_before_on_close(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[3];

  rig_open(rig);
  hvuv_test_set_room(rig->test, 3);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "a"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "b"), 0);
  assert_int_equal(send_ref(&reqs[2], rig->conn, "c"), 0);
  run(rig);
  rig_abort(rig->conn);
  assert_story("open sent:0");
  run(rig);
  assert_story("sent:ECANCELED sent:ECANCELED close:ENOTSUP");
  assert_sent(rig, "a\nb");
}

static void a_reference_that_fails_is_told_why(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];

  rig_open(rig);
  hvuv_conn_pause(rig->conn); /* So that it shows in the sending. */
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "a"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "b"), 0);
  hvuv_test_break(rig->test, UV_EPIPE);
  assert_story("open sent:EPIPE sent:ECANCELED close:EPIPE");
}

static void a_failure_while_reading_cancels_what_is_queued(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;

  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(send_ref(&req, rig->conn, "a"), 0);
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_story("open sent:ECANCELED close:ECONNRESET");
}

static void an_abort_in_a_completion_cancels_the_others(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];

  rig->at[AT_SENT] = rig_abort;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 2);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "a"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "b"), 0);
  run(rig);
  assert_story("open sent:0 sent:ECANCELED close:ENOTSUP");
}

static void an_end_in_a_completion_sends_the_others(void** state) {
  rig_t* rig = *state;
  hvuv_send_t reqs[2];

  rig->at[AT_SENT] = rig_end;
  rig_open(rig);
  assert_int_equal(send_ref(&reqs[0], rig->conn, "a"), 0);
  assert_int_equal(send_ref(&reqs[1], rig->conn, "b"), 0);
  run(rig);
  hvuv_test_receive_end(rig->test);
  assert_story("open sent:0 sent:0 close:0");
  assert_sent(rig, "a\nb\n");
}

/* --- What is refused ------------------------------------------------------ */

static void after_an_end_nothing_is_sent(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;

  rig_open(rig);
  hvuv_conn_end(rig->conn);
  assert_int_equal(send_text(rig->conn, "a"), UV_EPIPE);
  assert_int_equal(send_ref(&req, rig->conn, "a"), UV_EPIPE);
  rig_abort(rig->conn);
  assert_int_equal(send_text(rig->conn, "a"), UV_EPIPE);
  run(rig);
  assert_story("open close:ENOTSUP"); /* And no completion. */
  assert_sent(rig, "");
}

static void pointers_are_checked(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;
  uv_buf_t bad = uv_buf_init(NULL, 1);
  uv_buf_t good = part("a");

  rig_open(rig);
  assert_int_equal(hvuv_conn_send(NULL, "a", 1), UV_EINVAL);
  assert_int_equal(hvuv_conn_send(rig->conn, NULL, 1), UV_EINVAL);
  assert_int_equal(hvuv_conn_sendv(rig->conn, NULL, 1), UV_EINVAL);
  assert_int_equal(hvuv_conn_sendv(rig->conn, &bad, 1), UV_EINVAL);
  assert_int_equal(hvuv_conn_send_ref(NULL, rig->conn, &good, 1, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_conn_send_ref(&req, NULL, &good, 1, NULL), UV_EINVAL);
  assert_int_equal(hvuv_conn_send_ref(&req, rig->conn, &bad, 1, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_conn_send(rig->conn, NULL, 0), 0);
  run(rig);
  assert_sent(rig, "\n");
}

static void a_message_larger_than_the_framing_allows_is_refused(void** state) {
  rig_t* rig = *state;
  char bytes[257];

  memset(bytes, 'x', sizeof(bytes));
  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 1;
  rig_open(rig);
  assert_int_equal(hvuv_conn_send(rig->conn, bytes, 256), UV_EMSGSIZE);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  assert_int_equal(hvuv_conn_send(rig->conn, bytes, 255), 0);
}

/* Sizes that do not fit anywhere; the bytes are not touched. */
static void absurd_sizes_are_refused(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;
  uv_buf_t parts[2];
  char byte = 'x';

  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig->limits.max_queued_bytes = 0;
  rig_open(rig);
  parts[0] = uv_buf_init(&byte, (unsigned int) HVUV_FRAMING_MAX_MAX);
  parts[1] = uv_buf_init(&byte, 1);
  assert_int_equal(hvuv_conn_send(rig->conn, &byte, SIZE_MAX), UV_EMSGSIZE);
  assert_int_equal(hvuv_conn_sendv(rig->conn, parts, 2), UV_EMSGSIZE);
  assert_int_equal(hvuv_conn_send_ref(&req, rig->conn, parts, 2, NULL),
                   UV_EMSGSIZE);
}

/* A size that would be small if its upper half were lost. */
static void sizes_beyond_32_bits_are_refused(void** state) {
  const uint64_t size = (uint64_t) UINT32_MAX + 2;
  rig_t* rig = *state;

  if (size > SIZE_MAX)
    return;
  rig_open(rig);
  assert_int_equal(hvuv_conn_send(rig->conn, "a", (size_t) size), UV_EMSGSIZE);
  run(rig);
  assert_sent(rig, "");
}

static void above_the_maximum_nothing_is_sent(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;

  rig->limits.high_water_bytes = 4;
  rig->limits.low_water_bytes = 0;
  rig->limits.max_queued_bytes = 10;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(send_text(rig->conn, "1234"), 0);
  assert_int_equal(send_text(rig->conn, "12345"), UV_ENOBUFS);
  assert_int_equal(send_ref(&req, rig->conn, "12345"), UV_ENOBUFS);
  assert_int_equal(send_text(rig->conn, "abcd"), 0);
  assert_int_equal(send_text(rig->conn, ""), UV_ENOBUFS);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 10);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_sent(rig, "1234\nabcd\n");
  assert_int_equal(send_text(rig->conn, "123456789"), 0);
  assert_story("open writable");
}

static void without_a_maximum_all_is_queued(void** state) {
  rig_t* rig = *state;
  static char bytes[65536];
  int i;

  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig->limits.max_queued_bytes = 0;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  for (i = 0; i < 100; i++)
    assert_int_equal(hvuv_conn_send(rig->conn, bytes, sizeof(bytes)), 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 100 * sizeof(bytes));
}

static void without_memory_nothing_is_sent(void** state) {
  rig_t* rig = *state;
  hvuv_send_t req;

  rig_open(rig);
  alloc_fail_nth(1);
  assert_int_equal(send_text(rig->conn, "a"), UV_ENOMEM);
  alloc_fail_nth(1);
  assert_int_equal(send_ref(&req, rig->conn, "b"), UV_ENOMEM);
  assert_int_equal(send_text(rig->conn, "c"), 0);
  run(rig);
  assert_sent(rig, "c\n");
  assert_story("open");
}

/* --- Back-pressure -------------------------------------------------------- */

static void above_the_high_mark_nothing_is_read(void** state) {
  rig_t* rig = *state;

  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "1234567"), 0); /* Just the mark. */
  assert_int_equal(rig_receive(rig, "a\n"), 0);
  assert_story("open message:a");
  assert_int_equal(send_text(rig->conn, ""), 0);
  assert_int_equal(rig_receive(rig, "b\n"), 2);
  assert_story("");
}

static void at_the_low_mark_it_goes_on_and_is_told_once(void** state) {
  rig_t* rig = *state;

  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "1234567"), 0);
  assert_int_equal(send_text(rig->conn, "abc"), 0);
  rig_receive(rig, "a\nb\n");
  hvuv_test_set_room(rig->test, 7); /* 5 are left, and no message is whole. */
  assert_story("open");
  hvuv_test_set_room(rig->test, 1); /* 4 are. */
  assert_story("writable message:a message:b");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  run(rig);
  assert_story("");
}

/* What is taken of a message is memory of ours until all of it is. */
static void what_is_taken_in_part_counts_for_the_marks(void** state) {
  rig_t* rig = *state;

  open_narrow(rig);
  hvuv_test_set_room(rig->test, 7);
  assert_int_equal(send_text(rig->conn, "1234567"), 0);
  run(rig);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 1);
  assert_int_equal(send_text(rig->conn, "abcde"), 0); /* 14 are above it. */
  assert_int_equal(rig_receive(rig, "a\n"), 2);
  hvuv_test_set_room(rig->test, 4); /* 3 are left of 6. */
  assert_story("open");
  hvuv_test_set_room(rig->test, 3);
  assert_story("writable message:a");
}

static void it_is_told_each_time(void** state) {
  rig_t* rig = *state;
  int i;

  open_narrow(rig);
  for (i = 0; i < 3; i++) {
    assert_int_equal(send_text(rig->conn, "12345678"), 0);
    hvuv_test_set_room(rig->test, 9);
  }
  assert_story("open writable writable writable");
}

static void below_the_high_mark_it_is_never_told(void** state) {
  rig_t* rig = *state;

  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "1234567"), 0);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("open");
}

static int answer_bytes;

static void answer(hvuv_conn_t* conn) {
  char bytes[64];

  memset(bytes, 'x', sizeof(bytes));
  hvuv_conn_send(conn, bytes, (size_t) answer_bytes);
}

static void answers_that_are_not_taken_stop_the_questions(void** state) {
  rig_t* rig = *state;

  answer_bytes = 4;
  rig->at[AT_MESSAGE] = answer;
  open_narrow(rig);
  assert_int_equal(rig_receive(rig, "a\nb\nc\nd\n"), 4);
  assert_story("open message:a message:b");
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 10);
  hvuv_test_set_room(rig->test, 10);
  assert_story("writable message:c message:d");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_int_equal(rig_receive(rig, "e\n"), 0);
  assert_story("writable message:e");
  assert_sent(rig, "xxxx\nxxxx\nxxxx\nxxxx\nxxxx\n");
}

static void sending_more_in_on_writable_chokes_again(void** state) {
  rig_t* rig = *state;

  answer_bytes = 20;
  rig->at[AT_WRITABLE] = answer;
  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "12345678"), 0);
  rig_receive(rig, "a\n");
  hvuv_test_set_room(rig->test, 9);
  assert_story("open writable");
  rig->at[AT_WRITABLE] = NULL;
  hvuv_test_set_room(rig->test, 21);
  assert_story("writable message:a");
}

static void ending_in_on_writable_drops_what_waits(void** state) {
  rig_t* rig = *state;

  rig->at[AT_WRITABLE] = rig_end;
  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "12345678"), 0);
  rig_receive(rig, "a\n");
  hvuv_test_receive_end(rig->test);
  hvuv_test_set_room(rig->test, 9);
  assert_story("open writable close:0");
}

static void aborting_in_on_writable_closes(void** state) {
  rig_t* rig = *state;

  rig->at[AT_WRITABLE] = rig_abort;
  open_narrow(rig);
  assert_int_equal(send_text(rig->conn, "12345678"), 0);
  rig_receive(rig, "a\n");
  hvuv_test_set_room(rig->test, 9);
  assert_story("open writable close:ENOTSUP");
}

static void a_pause_outlives_the_low_mark(void** state) {
  rig_t* rig = *state;

  answer_bytes = 8;
  rig->at[AT_MESSAGE] = answer;
  open_narrow(rig);
  rig_receive(rig, "a\nb\n");
  hvuv_conn_pause(rig->conn);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_story("open message:a writable");
  hvuv_conn_resume(rig->conn);
  run(rig);
  assert_story("message:b writable");
}

static void the_high_mark_outlives_a_resume(void** state) {
  rig_t* rig = *state;

  answer_bytes = 8;
  rig->at[AT_MESSAGE] = answer;
  open_narrow(rig);
  rig_receive(rig, "a\nb\n");
  hvuv_conn_pause(rig->conn);
  hvuv_conn_resume(rig->conn);
  run(rig);
  assert_story("open message:a");
  hvuv_test_set_room(rig->test, 9);
  assert_story("writable message:b");
}

static void marks_of_nothing_choke_at_each_send(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 0;
  rig->limits.low_water_bytes = 0;
  rig_open(rig);
  assert_int_equal(send_text(rig->conn, "a"), 0);
  assert_int_equal(send_text(rig->conn, "b"), 0);
  rig_receive(rig, "a\n");
  assert_story("open writable message:a");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(each_framing_has_its_edges),
      RIG(a_copy_is_the_senders_again_at_once),
      RIG(copies_and_references_leave_in_order),
      RIG(the_array_of_a_reference_is_copied),
      RIG(a_reference_may_have_no_callback),
      RIG(a_reference_is_told_when_its_last_byte_is_taken),
      RIG(references_are_cancelled_before_on_close),
      RIG(a_reference_that_fails_is_told_why),
      RIG(a_failure_while_reading_cancels_what_is_queued),
      RIG(an_abort_in_a_completion_cancels_the_others),
      RIG(an_end_in_a_completion_sends_the_others),
      RIG(after_an_end_nothing_is_sent),
      RIG(pointers_are_checked),
      RIG(a_message_larger_than_the_framing_allows_is_refused),
      RIG(absurd_sizes_are_refused),
      RIG(above_the_maximum_nothing_is_sent),
      RIG(without_a_maximum_all_is_queued),
      RIG(without_memory_nothing_is_sent),
      RIG(above_the_high_mark_nothing_is_read),
      RIG(at_the_low_mark_it_goes_on_and_is_told_once),
      RIG(it_is_told_each_time),
      RIG(below_the_high_mark_it_is_never_told),
      RIG(answers_that_are_not_taken_stop_the_questions),
      RIG(sending_more_in_on_writable_chokes_again),
      RIG(ending_in_on_writable_drops_what_waits),
      RIG(aborting_in_on_writable_closes),
      RIG(a_pause_outlives_the_low_mark),
      RIG(the_high_mark_outlives_a_resume),
      RIG(marks_of_nothing_choke_at_each_send),
      RIG(what_is_taken_in_part_counts_for_the_marks),
      RIG(sizes_beyond_32_bits_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
