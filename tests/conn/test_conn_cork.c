/* What a handler sends while it is handed messages: that it all leaves, in
 * order, whatever fails on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/trace.h"

#include "conn_rig.h"

#define LARGE 20000 /* goes from where it lies */
#define HALF  10000 /* two of them do not fit the buffer */

static char large[LARGE];

/* Raw, quiet, and with this done at a message. */
static void open_raw(rig_t* rig, void (*at_message)(hvuv_conn_t* conn)) {
  memset(large, 'x', sizeof(large));
  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig->at[AT_MESSAGE] = at_message;
  rig->is_quiet = 1;
  rig_open(rig);
}

/* Asserts that the peer has got "small" and so many bytes more. */
static void assert_small_and(rig_t* rig, size_t nbytes) {
  const char* sent;
  size_t nsent;

  sent = hvuv_test_sent(rig->test, &nsent);
  assert_int_equal(nsent, 5 + nbytes);
  assert_memory_equal(sent, "small", 5);
  assert_memory_equal(sent + 5, large, nbytes);
}

static void assert_counted(rig_t* rig, uint64_t messages, uint64_t bytes) {
  hvuv_stats_t stats;

  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, messages);
  assert_int_equal(stats.bytes_sent, bytes);
}

static void send_small(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_send(conn, "small", 5), 0);
}

static void send_small_and_large(hvuv_conn_t* conn) {
  send_small(conn);
  assert_int_equal(hvuv_conn_send(conn, large, LARGE), 0);
}

static void a_large_message_leaves_behind_a_small_one(void** state) {
  static const size_t rooms[] = {0, 1, 5, 6, 10000, 5 + LARGE, SIZE_MAX};
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
    open_raw(rig, send_small_and_large);
    hvuv_test_set_room(rig->test, rooms[i]);
    rig_receive(rig, "go");
    hvuv_test_set_room(rig->test, SIZE_MAX);
    assert_small_and(rig, LARGE);
    assert_counted(rig, 2, 5 + LARGE);
    hvuv_test_close(rig->test);
    rig->test = NULL;
    trace_reset();
  }
}

static void send_small_and_parts(hvuv_conn_t* conn) {
  uv_buf_t parts[3];

  parts[0] = uv_buf_init(NULL, 0);
  parts[1] = uv_buf_init(large, LARGE);
  parts[2] = uv_buf_init(NULL, 0);
  send_small(conn);
  assert_int_equal(hvuv_conn_sendv(conn, parts, 3), 0);
}

/* A sanitizer sees who copies from nowhere. */
static void empty_parts_may_be_nowhere(void** state) {
  rig_t* rig = *state;

  open_raw(rig, send_small_and_parts);
  rig_receive(rig, "go");
  assert_small_and(rig, LARGE);
}

static void send_small_and_large_without_memory(hvuv_conn_t* conn) {
  send_small(conn);
  alloc_fail_nth(1);
  assert_int_equal(hvuv_conn_send(conn, large, LARGE), 0);
  assert_true(alloc_has_failed());
}

/* A chunk for what is left of the small one cannot be had when it is tried
 * first, and can a moment later. */
static void no_memory_makes_no_gap_before_a_large_message(void** state) {
  rig_t* rig = *state;

  open_raw(rig, send_small_and_large_without_memory);
  hvuv_test_set_room(rig->test, 3);
  rig_receive(rig, "go");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_small_and(rig, LARGE);
  assert_counted(rig, 2, 5 + LARGE);
}

static void fill_up_without_memory(hvuv_conn_t* conn) {
  send_small(conn);
  assert_int_equal(hvuv_conn_send(conn, large, HALF), 0);
  alloc_fail_nth(1);
  assert_int_equal(hvuv_conn_send(conn, large, HALF), 0);
  assert_true(alloc_has_failed());
}

static void no_memory_makes_no_gap_when_the_buffer_is_full(void** state) {
  rig_t* rig = *state;

  open_raw(rig, fill_up_without_memory);
  hvuv_test_set_room(rig->test, 3);
  rig_receive(rig, "go");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_small_and(rig, (size_t) 2 * HALF);
  assert_counted(rig, 3, 5 + 2 * HALF);
}

static void send_small_and_end_without_memory(hvuv_conn_t* conn) {
  send_small(conn);
  alloc_fail_nth(1);
  hvuv_conn_end(conn);
}

static void an_end_without_memory_closes(void** state) {
  rig_t* rig = *state;

  open_raw(rig, send_small_and_end_without_memory);
  hvuv_test_set_room(rig->test, 3);
  rig_receive(rig, "go");
  assert_story("open close:ENOMEM");
}

static void send_small_without_memory(hvuv_conn_t* conn) {
  send_small(conn);
  alloc_fail_nth(1);
}

static void what_is_left_without_memory_closes(void** state) {
  rig_t* rig = *state;

  open_raw(rig, send_small_without_memory);
  hvuv_test_set_room(rig->test, 3);
  rig_receive(rig, "go");
  assert_story("open close:ENOMEM");
}

static void fail_before_a_large_one(hvuv_conn_t* conn) {
  const rig_t* rig = hvuv_conn_context(conn);

  send_small(conn);
  hvuv_test_break(rig->test, UV_EPIPE);
  hvuv_conn_send(conn, large, LARGE);
}

static void a_socket_that_fails_on_the_way_is_the_reason(void** state) {
  rig_t* rig = *state;

  open_raw(rig, fail_before_a_large_one);
  rig_receive(rig, "go");
  assert_story("open close:EPIPE");
}

#define FULL 40000 /* more than two buffers */

static size_t piece_bytes;

static void send_pieces(hvuv_conn_t* conn) {
  size_t n;

  for (n = 0; n < FULL; n += piece_bytes)
    assert_int_equal(hvuv_conn_send(conn, large, piece_bytes), 0);
}

/* Asserts that the peer has got the pieces, each behind its size. */
static void assert_pieces(rig_t* rig) {
  const char* sent;
  size_t nsent;
  size_t at;

  sent = hvuv_test_sent(rig->test, &nsent);
  for (at = 0; at < nsent; at += 4 + piece_bytes) {
    assert_int_equal((unsigned char) sent[at + 3], piece_bytes);
    assert_memory_equal(sent + at + 4, large, piece_bytes);
  }
  assert_int_equal(
      nsent, (4 + piece_bytes) * ((FULL + piece_bytes - 1) / piece_bytes));
}

/* Whatever is left of the buffer before the last one that fits. */
static void framed_messages_fill_the_buffer_to_any_byte(void** state) {
  rig_t* rig = *state;

  memset(large, 'x', sizeof(large));
  rig->is_quiet = 1;
  rig->at[AT_MESSAGE] = send_pieces;
  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  for (piece_bytes = 1; piece_bytes <= 40; piece_bytes++) {
    rig_open(rig);
    hvuv_test_receive(rig->test, "\0\0\0\1x", 5);
    assert_pieces(rig);
    hvuv_test_close(rig->test);
    rig->test = NULL;
    trace_reset();
  }
}

static void send_end_and_send(hvuv_conn_t* conn) {
  send_small(conn);
  hvuv_conn_end(conn);
  assert_int_equal(hvuv_conn_send(conn, "small", 5), UV_EPIPE);
}

static void nothing_is_put_behind_the_end(void** state) {
  rig_t* rig = *state;

  open_raw(rig, send_end_and_send);
  rig_receive(rig, "go");
  assert_small_and(rig, 0);
  assert_true(hvuv_test_has_ended(rig->test));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(a_large_message_leaves_behind_a_small_one),
      RIG(empty_parts_may_be_nowhere),
      RIG(no_memory_makes_no_gap_before_a_large_message),
      RIG(no_memory_makes_no_gap_when_the_buffer_is_full),
      RIG(framed_messages_fill_the_buffer_to_any_byte),
      RIG(nothing_is_put_behind_the_end),
      RIG(an_end_without_memory_closes),
      RIG(what_is_left_without_memory_closes),
      RIG(a_socket_that_fails_on_the_way_is_the_reason),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
