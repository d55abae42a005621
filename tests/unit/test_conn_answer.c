/* What a handler sends while it is handed messages: small ones put together,
 * large ones from where they lie; at every size of what the kernel takes. */
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

#define PUT_TOGETHER   16384 /* bytes at most, of one message and of all */
#define PARTS_IN_PLACE 14
#define LARGE          20000

static const hvuv_framing_t lines = {.kind = HVUV_FRAMING_LINES};
static const hvuv_framing_t raw = {.kind = HVUV_FRAMING_RAW};
static const hvuv_framing_t sized = {.kind = HVUV_FRAMING_LENGTH,
                                     .prefix_bytes = 4};
static const hvuv_framing_t varint = {.kind = HVUV_FRAMING_VARINT};

/* Bytes that are others at each place, and no line ends. */
static char pool[4 * 65536];

/* What the handler does in on_message, and what that came to. */
static rig_t* stage;
static int results[8];
static unsigned int nresults;

/* Parts of the message that send_parts() sends. */
static uv_buf_t parts[PARTS_IN_PLACE + 1];
static unsigned int nparts;

static int fresh(void** state) {
  size_t i;

  for (i = 0; i < sizeof(pool); i++)
    pool[i] = (char) ('0' + (i + i / 70) % 70);
  nparts = 0;
  nresults = 0;
  memset(results, 0, sizeof(results));
  if (rig_up(state) != 0)
    return -1;
  stage = *state;
  stage->is_quiet = 1;
  return 0;
}

#define ANSWER(test) cmocka_unit_test_setup_teardown(test, fresh, rig_down)

static void note(int result) {
  if (nresults < sizeof(results) / sizeof(results[0]))
    results[nresults++] = result;
}

static void send_part(hvuv_conn_t* conn, size_t offset, size_t nbytes) {
  note(hvuv_conn_send(conn, pool + offset, nbytes));
}

static void send_large(hvuv_conn_t* conn) {
  send_part(conn, 0, LARGE);
}

static void send_parts(hvuv_conn_t* conn) {
  note(hvuv_conn_sendv(conn, parts, nparts));
}

/* Cuts the first nbytes of the pool into the parts. */
static void cut(unsigned int count, size_t nbytes) {
  size_t each = nbytes / count;
  unsigned int i;

  nparts = count;
  for (i = 0; i < count; i++)
    parts[i] = uv_buf_init(pool + i * each, (unsigned int) each);
  parts[count - 1].len += (unsigned int) (nbytes - count * each);
}

/* Opens, and has one message come, in which the handler acts. */
static void ask(rig_t* rig,
                const hvuv_framing_t* framing,
                void (*act)(hvuv_conn_t* conn)) {
  static const char question[] = "\0\0\0\1";

  rig->protocol.framing = *framing;
  rig->at[AT_MESSAGE] = act;
  if (rig->test == NULL)
    rig_open(rig);
  trace_reset();
  if (framing->kind == HVUV_FRAMING_LENGTH)
    hvuv_test_receive(rig->test, question, 4);
  if (framing->kind == HVUV_FRAMING_VARINT)
    hvuv_test_receive(rig->test, question + 3, 1);
  rig_receive(rig, framing->kind == HVUV_FRAMING_LINES ? "?\n" : "?");
}

/* What the peer got is this head, the first nbytes of the pool, and this tail.
 */
static void assert_got(rig_t* rig,
                       const char* head,
                       size_t nhead,
                       size_t nbytes,
                       const char* tail) {
  size_t got;
  const char* sent = hvuv_test_sent(rig->test, &got);

  assert_int_equal(got, nhead + nbytes + strlen(tail));
  assert_memory_equal(sent, head, nhead);
  assert_memory_equal(sent + nhead, pool, nbytes);
  assert_string_equal(sent + nhead + nbytes, tail);
}

static void close_it(rig_t* rig) {
  hvuv_test_close(rig->test);
  rig->test = NULL;
  nresults = 0;
  trace_reset();
}

/* --- Large ones ----------------------------------------------------------- */

static long allocs_before;
static long allocs_used;
static size_t gone; /* what the peer had when the handler returned */

static void count_allocs(hvuv_conn_t* conn, void (*act)(hvuv_conn_t* conn)) {
  allocs_before = alloc_count();
  act(conn);
  allocs_used = alloc_count() - allocs_before;
  hvuv_test_sent(stage->test, &gone);
}

static void send_large_counted(hvuv_conn_t* conn) {
  count_allocs(conn, send_large);
}

static void send_parts_counted(hvuv_conn_t* conn) {
  count_allocs(conn, send_parts);
}

static void a_large_one_leaves_at_once_and_uncopied(void** state) {
  rig_t* rig = *state;

  ask(rig, &lines, send_large_counted);
  assert_int_equal(results[0], 0);
  assert_int_equal(gone, LARGE + 1);
  assert_int_equal(allocs_used, 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  assert_got(rig, "", 0, LARGE, "\n");
  assert_story("");
}

static void a_large_one_of_raw_bytes_too(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, send_large_counted);
  assert_int_equal(gone, LARGE);
  assert_int_equal(allocs_used, 0);
  assert_got(rig, "", 0, LARGE, "");
}

static size_t message_bytes;

static void send_bytes(hvuv_conn_t* conn) {
  send_part(conn, 0, message_bytes);
}

static void send_bytes_counted(hvuv_conn_t* conn) {
  count_allocs(conn, send_bytes);
}

static void one_of_16_kib_with_its_framing_is_not_large(void** state) {
  rig_t* rig = *state;

  message_bytes = PUT_TOGETHER - 1;
  ask(rig, &lines, send_bytes_counted);
  assert_int_equal(gone, 0);
  assert_int_equal(allocs_used, 1);
  assert_got(rig, "", 0, PUT_TOGETHER - 1, "\n");
  close_it(rig);

  message_bytes = PUT_TOGETHER;
  ask(rig, &lines, send_bytes_counted);
  assert_int_equal(gone, PUT_TOGETHER + 1);
  assert_int_equal(allocs_used, 0);
  assert_got(rig, "", 0, PUT_TOGETHER, "\n");
}

static void up_to_14_parts_leave_from_where_they_lie(void** state) {
  static const struct {
    const hvuv_framing_t* framing;
    const char* head;
    size_t nhead;
    const char* tail;
  } rows[] = {
      {&raw, "", 0, ""},
      {&lines, "", 0, "\n"},
      {&sized, "\0\0\x4e\x20", 4, ""},
      {&varint, "\xa0\x9c\x01", 3, ""},
  };
  rig_t* rig = *state;
  unsigned int count;
  size_t row;

  for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    for (count = 1; count <= PARTS_IN_PLACE + 1; count++) {
      cut(count, LARGE);
      ask(rig, rows[row].framing, send_parts_counted);
      assert_int_equal(results[0], 0);
      assert_int_equal(allocs_used, count > PARTS_IN_PLACE);
      assert_int_equal(gone == 0, count > PARTS_IN_PLACE);
      assert_got(rig, rows[row].head, rows[row].nhead, LARGE, rows[row].tail);
      close_it(rig);
    }
  }
}

static void parts_of_no_bytes_are_no_matter(void** state) {
  static char nothing[1];
  rig_t* rig = *state;

  cut(2, LARGE);
  parts[3] = parts[1];
  parts[1] = uv_buf_init(nothing, 0);
  parts[2] = parts[0];
  parts[0] = parts[1];
  parts[4] = parts[1];
  nparts = 5;
  ask(rig, &lines, send_parts_counted);
  assert_int_equal(allocs_used, 0);
  assert_got(rig, "", 0, LARGE, "\n");
}

/* Takes so many bytes of the message, then looks, then takes the rest. */
static void assert_whole_with_room(rig_t* rig,
                                   const hvuv_framing_t* framing,
                                   size_t room,
                                   const char* head,
                                   size_t nhead,
                                   const char* tail) {
  size_t nbytes = nhead + LARGE + strlen(tail);
  hvuv_stats_t stats;

  rig->protocol.framing = *framing;
  rig_open(rig);
  hvuv_test_set_room(rig->test, room);
  ask(rig, framing, send_parts_counted);
  assert_int_equal(results[0], 0);
  assert_int_equal(gone, room);
  assert_int_equal(allocs_used, room < nbytes);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), nbytes - room);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_got(rig, head, nhead, LARGE, tail);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 1);
  assert_int_equal(stats.bytes_sent, nbytes);
  close_it(rig);
}

static void what_is_taken_in_part_is_finished_as_a_copy(void** state) {
  static const struct {
    const hvuv_framing_t* framing;
    const char* head;
    size_t nhead;
    const char* tail;
  } rows[] = {
      {&raw, "", 0, ""},
      {&lines, "", 0, "\n"},
      {&sized, "\0\0\x4e\x20", 4, ""},
      {&varint, "\xa0\x9c\x01", 3, ""},
  };
  rig_t* rig = *state;
  size_t row;
  size_t nbytes;
  size_t room;
  size_t edge;

  for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    nbytes = rows[row].nhead + LARGE + strlen(rows[row].tail);
    for (room = 0; room <= nbytes; room++) {
      /* Beside the edges of three parts; what is between is all alike. */
      edge = room > rows[row].nhead ? (room - rows[row].nhead) % 6666 : 0;
      if (edge > 2 && edge < 6664)
        continue;
      cut(3, LARGE);
      assert_whole_with_room(rig,
                             rows[row].framing,
                             room,
                             rows[row].head,
                             rows[row].nhead,
                             rows[row].tail);
    }
  }
}

/* --- Among others --------------------------------------------------------- */

/* The whole is the first bytes of the pool again. */
static void send_small_large_small(hvuv_conn_t* conn) {
  send_part(conn, 0, 3);
  send_part(conn, 3, 4);
  send_part(conn, 7, LARGE);
  send_part(conn, 7 + LARGE, 5);
  send_part(conn, 12 + LARGE, 2);
}

static void small_ones_before_and_after_keep_their_places(void** state) {
  static const size_t total = LARGE + 14;
  rig_t* rig = *state;
  size_t room;
  size_t i;

  for (room = 0; room <= total; room++) {
    if (room > 10 && room < LARGE)
      continue;
    rig->protocol.framing = raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, room);
    ask(rig, &raw, send_small_large_small);
    assert_int_equal(hvuv_conn_queued_bytes(rig->conn), total - room);
    for (i = 0; i < 5; i++)
      assert_int_equal(results[i], 0);
    assert_got(rig, "", 0, room, "");
    hvuv_test_set_room(rig->test, SIZE_MAX);
    assert_got(rig, "", 0, total, "");
    close_it(rig);
  }
}

static void send_two_large(hvuv_conn_t* conn) {
  send_part(conn, 0, LARGE);
  send_part(conn, LARGE, LARGE);
}

static void behind_one_taken_in_part_the_next_large_one_waits(void** state) {
  rig_t* rig = *state;
  size_t room;

  for (room = 0; room <= 2 * LARGE; room += LARGE / 4) {
    rig->protocol.framing = raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, room);
    ask(rig, &raw, send_two_large);
    assert_got(rig, "", 0, room, "");
    hvuv_test_set_room(rig->test, SIZE_MAX);
    assert_got(rig, "", 0, (size_t) 2 * LARGE, "");
    close_it(rig);
  }
}

static void make_room_and_send(hvuv_conn_t* conn) {
  hvuv_test_set_room(stage->test, SIZE_MAX); /* Happens behind it. */
  send_part(conn, 3, 4);
  send_part(conn, 7, LARGE);
  hvuv_test_sent(stage->test, &gone);
}

static void behind_what_is_queued_all_of_it_is_queued(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 1);
  send_part(rig->conn, 0, 3);
  ask(rig, &raw, make_room_and_send);
  assert_int_equal(gone, 1);
  assert_got(rig, "", 0, 7 + LARGE, "");
}

static hvuv_send_t ref;

static void send_small_ref_large(hvuv_conn_t* conn) {
  uv_buf_t buf = uv_buf_init(pool + 3, 4);

  send_part(conn, 0, 3);
  note(hvuv_conn_send_ref(&ref, conn, &buf, 1, rig_on_sent));
  send_part(conn, 7, LARGE);
}

static void a_reference_among_them_keeps_its_place(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, send_small_ref_large);
  assert_got(rig, "", 0, 7 + LARGE, "");
  assert_story("sent:0");
}

/* --- Many small ones ------------------------------------------------------ */

static size_t gone_before; /* what the peer had before the last of them */

static void send_17_kib(hvuv_conn_t* conn) {
  size_t i;

  allocs_before = alloc_count();
  for (i = 0; i < 16; i++)
    send_part(conn, i * 1024, 1024);
  hvuv_test_sent(stage->test, &gone_before);
  send_part(conn, i * 1024, 1024);
  hvuv_test_sent(stage->test, &gone);
  allocs_used = alloc_count() - allocs_before;
}

static void small_ones_leave_when_they_are_16_kib(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  ask(rig, &raw, send_17_kib);
  assert_int_equal(gone_before, 0);
  assert_int_equal(gone, PUT_TOGETHER);
  assert_int_equal(allocs_used, 1); /* What they are put together in. */
  assert_got(rig, "", 0, 17 * 1024, "");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 17);
  assert_int_equal(stats.bytes_sent, 17 * 1024);
}

static void small_ones_of_16_kib_may_be_taken_in_part(void** state) {
  static const size_t rooms[] = {
      0, 1, 1023, 1024, 16383, 16384, 16385, 17 * 1024 - 1};
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
    rig->protocol.framing = raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, rooms[i]);
    ask(rig, &raw, send_17_kib);
    assert_got(rig, "", 0, rooms[i], "");
    assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 17 * 1024 - rooms[i]);
    hvuv_test_set_room(rig->test, SIZE_MAX);
    assert_got(rig, "", 0, 17 * 1024, "");
    close_it(rig);
  }
}

/* What a mark allows to be queued is put together, and no more. */
static void send_in_threes(hvuv_conn_t* conn) {
  size_t i;

  for (i = 0; i < 4; i++)
    send_part(conn, i * 3, 3);
  hvuv_test_sent(stage->test, &gone);
}

static void small_ones_leave_when_they_are_what_the_mark_allows(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 8;
  rig->limits.low_water_bytes = 4;
  ask(rig, &raw, send_in_threes);
  assert_int_equal(gone, 6);
  assert_got(rig, "", 0, 12, "");
  assert_story(""); /* Nothing was ever queued. */
}

static void a_message_above_the_mark_is_queued_behind_them(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 2;
  rig->limits.low_water_bytes = 1;
  ask(rig, &raw, send_in_threes);
  assert_int_equal(gone, 0);
  assert_got(rig, "", 0, 12, "");
  assert_story("writable");
}

/* --- What fails ----------------------------------------------------------- */

static void fail_and_send(hvuv_conn_t* conn) {
  hvuv_test_fail(stage->test, UV_EPIPE);
  send_large(conn);
}

static void a_wire_that_fails_closes(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  ask(rig, &lines, fail_and_send);
  assert_story("close:EPIPE");
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 0);
}

static void send_fail_and_send(hvuv_conn_t* conn) {
  send_part(conn, 0, 3);
  hvuv_test_fail(stage->test, UV_EPIPE);
  send_large(conn);
  send_part(conn, 0, 3);
}

static void a_wire_that_fails_behind_small_ones_closes(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  ask(rig, &raw, send_fail_and_send);
  assert_story("close:EPIPE");
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 0);
}

static void send_without_memory(hvuv_conn_t* conn) {
  alloc_fail_nth(1);
  send_large(conn);
  note(alloc_has_failed());
  send_part(conn, LARGE, 3);
}

static void without_memory_for_a_rest_it_closes(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  rig->protocol.framing = sized;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 10);
  ask(rig, &sized, send_without_memory);
  assert_int_equal(results[0], UV_ENOMEM);
  assert_int_equal(results[1], 1);
  assert_int_equal(results[2], UV_EPIPE);
  assert_story("close:ENOMEM");
  assert_got(rig, "\0\0\x4e\x20", 4, 6, "");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 0);
  assert_int_equal(stats.bytes_sent, 10);
  assert_int_equal(stats.other_errors, 1);
}

static void without_memory_for_a_whole_one_it_goes_on(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = lines;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  ask(rig, &lines, send_without_memory);
  assert_int_equal(results[0], UV_ENOMEM);
  assert_int_equal(results[1], 1);
  assert_int_equal(results[2], 0);
  assert_story("");
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_int_equal(memcmp(hvuv_test_sent(rig->test, NULL), pool + LARGE, 3), 0);
}

static void after_the_end_a_large_one_is_refused(hvuv_conn_t* conn) {
  hvuv_conn_end(conn);
  send_large(conn);
  send_part(conn, 0, 3);
}

static void behind_an_end_nothing_leaves(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, after_the_end_a_large_one_is_refused);
  assert_int_equal(results[0], UV_EPIPE);
  assert_int_equal(results[1], UV_EPIPE);
  assert_sent(rig, "");
}

static void send_and_end(hvuv_conn_t* conn) {
  send_small_large_small(conn);
  hvuv_conn_end(conn);
}

static void an_end_comes_behind_all_of_it(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 100);
  ask(rig, &raw, send_and_end);
  assert_false(hvuv_test_has_ended(rig->test));
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_true(hvuv_test_has_ended(rig->test));
  assert_got(rig, "", 0, LARGE + 14, "");
}

static void send_and_abort(hvuv_conn_t* conn) {
  send_small_large_small(conn);
  rig_abort(conn);
}

static void what_was_sent_before_an_abort_has_gone(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, send_and_abort);
  assert_story("close:ENOTSUP");
  assert_got(rig, "", 0, LARGE + 14, "");
}

static void too_large_for_the_maximum(hvuv_conn_t* conn) {
  send_part(conn, 0, LARGE);
  send_part(conn, 0, LARGE + 1);
}

static void a_large_one_above_the_maximum_is_refused(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 100;
  rig->limits.low_water_bytes = 10;
  rig->limits.max_queued_bytes = LARGE;
  ask(rig, &raw, too_large_for_the_maximum);
  assert_int_equal(results[0], 0);
  assert_int_equal(results[1], UV_ENOBUFS);
  assert_got(rig, "", 0, LARGE, "");
}

/* --- Back-pressure -------------------------------------------------------- */

static void a_large_one_that_is_taken_chokes_nobody(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 1000;
  rig->limits.low_water_bytes = 10;
  ask(rig, &raw, send_large);
  assert_int_equal(rig_receive(rig, "?"), 0);
  assert_int_equal(rig->nmessages, 2);
  assert_story("");
}

static void the_rest_of_a_large_one_chokes(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 1000;
  rig->limits.low_water_bytes = 10;
  rig->protocol.framing = raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, LARGE - 1001);
  ask(rig, &raw, send_large);
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
  rig->protocol.framing = raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, LARGE - 1000);
  ask(rig, &raw, send_large);
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
  rig->protocol.framing = raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 9);
  send_part(rig->conn, 0, 10);
  send_part(rig->conn, 10, 10);
  hvuv_test_pass(rig->test, 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 11);
  send_part(rig->conn, 0, 1);
  assert_int_equal(results[2], UV_ENOBUFS);
  hvuv_test_set_room(rig->test, 1);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 10);
  send_part(rig->conn, 20, 10);
  assert_int_equal(results[3], 0);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_got(rig, "", 0, 30, "");
}

/* --- Raw bytes ------------------------------------------------------------ */

static void send_odd_ones(hvuv_conn_t* conn) {
  note(hvuv_conn_send(conn, NULL, 0));
  note(hvuv_conn_send(conn, "", 0));
  note(hvuv_conn_send(conn, NULL, 1));
  note(hvuv_conn_send(conn, "a", SIZE_MAX));
  note(hvuv_conn_send(conn, "a", 1));
}

static void an_answer_of_raw_bytes_is_checked(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  ask(rig, &raw, send_odd_ones);
  assert_int_equal(results[0], 0);
  assert_int_equal(results[1], 0);
  assert_int_equal(results[2], UV_EINVAL);
  assert_int_equal(results[3], UV_EMSGSIZE);
  assert_int_equal(results[4], 0);
  assert_sent(rig, "a");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 1);
}

static void an_answer_is_the_senders_again_at_once(hvuv_conn_t* conn) {
  char text[] = "first";

  note(hvuv_conn_send(conn, text, 5));
  memcpy(text, "other", 5);
}

static void a_small_answer_is_copied(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, an_answer_is_the_senders_again_at_once);
  assert_sent(rig, "first");
}

static void send_one(hvuv_conn_t* conn) {
  send_part(conn, 0, 1);
}

static void without_memory_for_answers_it_is_told(void** state) {
  rig_t* rig = *state;

  ask(rig, &raw, NULL);
  rig->at[AT_MESSAGE] = send_one;
  alloc_fail_nth(1); /* What they are put together in: a chunk will do. */
  rig_receive(rig, "?");
  assert_true(alloc_has_failed());
  assert_int_equal(results[0], 0);
  assert_got(rig, "", 0, 1, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ANSWER(a_large_one_leaves_at_once_and_uncopied),
      ANSWER(a_large_one_of_raw_bytes_too),
      ANSWER(one_of_16_kib_with_its_framing_is_not_large),
      ANSWER(up_to_14_parts_leave_from_where_they_lie),
      ANSWER(parts_of_no_bytes_are_no_matter),
      ANSWER(what_is_taken_in_part_is_finished_as_a_copy),
      ANSWER(small_ones_before_and_after_keep_their_places),
      ANSWER(behind_one_taken_in_part_the_next_large_one_waits),
      ANSWER(behind_what_is_queued_all_of_it_is_queued),
      ANSWER(a_reference_among_them_keeps_its_place),
      ANSWER(small_ones_leave_when_they_are_16_kib),
      ANSWER(small_ones_of_16_kib_may_be_taken_in_part),
      ANSWER(small_ones_leave_when_they_are_what_the_mark_allows),
      ANSWER(a_message_above_the_mark_is_queued_behind_them),
      ANSWER(a_wire_that_fails_closes),
      ANSWER(a_wire_that_fails_behind_small_ones_closes),
      ANSWER(without_memory_for_a_rest_it_closes),
      ANSWER(without_memory_for_a_whole_one_it_goes_on),
      ANSWER(behind_an_end_nothing_leaves),
      ANSWER(an_end_comes_behind_all_of_it),
      ANSWER(what_was_sent_before_an_abort_has_gone),
      ANSWER(a_large_one_above_the_maximum_is_refused),
      ANSWER(a_large_one_that_is_taken_chokes_nobody),
      ANSWER(the_rest_of_a_large_one_chokes),
      ANSWER(a_rest_no_more_than_the_mark_chokes_nobody),
      ANSWER(what_is_taken_of_a_chunk_still_counts),
      ANSWER(an_answer_of_raw_bytes_is_checked),
      ANSWER(a_small_answer_is_copied),
      ANSWER(without_memory_for_answers_it_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
