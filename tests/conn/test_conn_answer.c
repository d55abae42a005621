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
#include "support/between.h"
#include "support/trace.h"

#include "answer_rig.h"

#define PUT_TOGETHER   16384 /* bytes at most, of one message and of all */
#define PARTS_IN_PLACE 14
#define COPY_ALLOCS    2 /* a large chunk, and what it has copied */

/* Parts of the message that send_parts() sends. */
static uv_buf_t parts[PARTS_IN_PLACE + 1];
static unsigned int nparts;

static void send_parts(hvuv_conn_t* conn) {
  answer_note(hvuv_conn_sendv(conn, parts, nparts));
}

/* Cuts the first nbytes of the pool into the parts. */
static void cut(unsigned int count, size_t nbytes) {
  size_t each = nbytes / count;
  unsigned int i;

  nparts = count;
  for (i = 0; i < count; i++)
    parts[i] = uv_buf_init(answer_pool + i * each, (unsigned int) each);
  parts[count - 1].len += (unsigned int) (nbytes - count * each);
}

/* --- Large ones ----------------------------------------------------------- */

static long allocs_before;
static long allocs_used;
static size_t gone; /* what the peer had when the handler returned */

static void count_allocs(hvuv_conn_t* conn, void (*act)(hvuv_conn_t* conn)) {
  allocs_before = alloc_count();
  act(conn);
  allocs_used = alloc_count() - allocs_before;
  hvuv_test_sent(answer_stage->test, &gone);
}

static void send_large_counted(hvuv_conn_t* conn) {
  count_allocs(conn, answer_send_large);
}

static void send_parts_counted(hvuv_conn_t* conn) {
  count_allocs(conn, send_parts);
}

static void a_large_one_leaves_at_once_and_uncopied(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_lines, send_large_counted);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(gone, LARGE + 1);
  assert_int_equal(allocs_used, 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  answer_got(rig, "", 0, LARGE, "\n");
  assert_story("");
}

static void a_large_one_of_raw_bytes_too(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, send_large_counted);
  assert_int_equal(gone, LARGE);
  assert_int_equal(allocs_used, 0);
  answer_got(rig, "", 0, LARGE, "");
}

static size_t message_bytes;

static void send_bytes(hvuv_conn_t* conn) {
  answer_send(conn, 0, message_bytes);
}

static void send_bytes_counted(hvuv_conn_t* conn) {
  count_allocs(conn, send_bytes);
}

static void one_of_16_kib_with_its_framing_is_not_large(void** state) {
  rig_t* rig = *state;

  message_bytes = PUT_TOGETHER - 1;
  answer_ask(rig, &answer_lines, send_bytes_counted);
  assert_int_equal(gone, 0);
  assert_int_equal(allocs_used, 1); /* What it is put in, once and for all. */
  answer_got(rig, "", 0, PUT_TOGETHER - 1, "\n");
  hvuv_test_forget(rig->test);
  answer_ask(rig, &answer_lines, send_bytes_counted);
  assert_int_equal(gone, 0);
  assert_int_equal(allocs_used, 0);
  answer_got(rig, "", 0, PUT_TOGETHER - 1, "\n");
  answer_close(rig);

  message_bytes = PUT_TOGETHER;
  answer_ask(rig, &answer_lines, send_bytes_counted);
  assert_int_equal(gone, PUT_TOGETHER + 1);
  assert_int_equal(allocs_used, 0);
  answer_got(rig, "", 0, PUT_TOGETHER, "\n");
}

static void up_to_14_parts_leave_from_where_they_lie(void** state) {
  static const struct {
    const hvuv_framing_t* framing;
    const char* head;
    size_t nhead;
    const char* tail;
  } rows[] = {
      {&answer_raw, "", 0, ""},
      {&answer_lines, "", 0, "\n"},
      {&answer_sized, "\0\0\x4e\x20", 4, ""},
      {&answer_varint, "\xa0\x9c\x01", 3, ""},
  };
  rig_t* rig = *state;
  unsigned int count;
  size_t row;

  for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    for (count = 1; count <= PARTS_IN_PLACE + 1; count++) {
      cut(count, LARGE);
      answer_ask(rig, rows[row].framing, send_parts_counted);
      assert_int_equal(answer_results[0], 0);
      assert_int_equal(allocs_used, count > PARTS_IN_PLACE ? COPY_ALLOCS : 0);
      assert_int_equal(gone == 0, count > PARTS_IN_PLACE);
      answer_got(rig, rows[row].head, rows[row].nhead, LARGE, rows[row].tail);
      answer_close(rig);
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
  answer_ask(rig, &answer_lines, send_parts_counted);
  assert_int_equal(allocs_used, 0);
  answer_got(rig, "", 0, LARGE, "\n");
}

static void a_part_of_no_bytes_needs_no_place(void** state) {
  rig_t* rig = *state;

  cut(1, LARGE);
  parts[1] = uv_buf_init(NULL, 0);
  nparts = 2;
  answer_ask(rig, &answer_lines, send_parts_counted);
  assert_int_equal(allocs_used, 0);
  answer_got(rig, "", 0, LARGE, "\n");
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
  answer_ask(rig, framing, send_parts_counted);
  assert_int_equal(answer_results[0], 0);
  assert_int_equal(gone, room);
  assert_between(allocs_used, room < nbytes, room < nbytes ? COPY_ALLOCS : 0);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), nbytes - room);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  answer_got(rig, head, nhead, LARGE, tail);
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 0);
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 1);
  assert_int_equal(stats.bytes_sent, nbytes);
  answer_close(rig);
}

static void what_is_taken_in_part_is_finished_as_a_copy(void** state) {
  static const struct {
    const hvuv_framing_t* framing;
    const char* head;
    size_t nhead;
    const char* tail;
  } rows[] = {
      {&answer_raw, "", 0, ""},
      {&answer_lines, "", 0, "\n"},
      {&answer_sized, "\0\0\x4e\x20", 4, ""},
      {&answer_varint, "\xa0\x9c\x01", 3, ""},
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
  answer_send(conn, 0, 3);
  answer_send(conn, 3, 4);
  answer_send(conn, 7, LARGE);
  answer_send(conn, 7 + LARGE, 5);
  answer_send(conn, 12 + LARGE, 2);
}

static void small_ones_before_and_after_keep_their_places(void** state) {
  static const size_t total = LARGE + 14;
  rig_t* rig = *state;
  size_t room;
  size_t i;

  for (room = 0; room <= total; room++) {
    if (room > 10 && room < LARGE)
      continue;
    rig->protocol.framing = answer_raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, room);
    answer_ask(rig, &answer_raw, send_small_large_small);
    assert_int_equal(hvuv_conn_queued_bytes(rig->conn), total - room);
    for (i = 0; i < 5; i++)
      assert_int_equal(answer_results[i], 0);
    answer_got(rig, "", 0, room, "");
    hvuv_test_set_room(rig->test, SIZE_MAX);
    answer_got(rig, "", 0, total, "");
    answer_close(rig);
  }
}

static void send_two_large(hvuv_conn_t* conn) {
  answer_send(conn, 0, LARGE);
  answer_send(conn, LARGE, LARGE);
}

static void behind_one_taken_in_part_the_next_large_one_waits(void** state) {
  rig_t* rig = *state;
  size_t room;

  for (room = 0; room <= 2 * LARGE; room += LARGE / 4) {
    rig->protocol.framing = answer_raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, room);
    answer_ask(rig, &answer_raw, send_two_large);
    answer_got(rig, "", 0, room, "");
    hvuv_test_set_room(rig->test, SIZE_MAX);
    answer_got(rig, "", 0, (size_t) 2 * LARGE, "");
    answer_close(rig);
  }
}

static void make_room_and_send(hvuv_conn_t* conn) {
  hvuv_test_set_room(answer_stage->test, SIZE_MAX); /* Happens behind it. */
  answer_send(conn, 3, 4);
  answer_send(conn, 7, LARGE);
  hvuv_test_sent(answer_stage->test, &gone);
}

static void behind_what_is_queued_all_of_it_is_queued(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = answer_raw;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 1);
  answer_send(rig->conn, 0, 3);
  answer_ask(rig, &answer_raw, make_room_and_send);
  assert_int_equal(gone, 1);
  answer_got(rig, "", 0, 7 + LARGE, "");
}

static hvuv_send_t ref;

static void send_small_ref_large(hvuv_conn_t* conn) {
  uv_buf_t buf = uv_buf_init(answer_pool + 3, 4);

  answer_send(conn, 0, 3);
  answer_note(hvuv_conn_send_ref(&ref, conn, &buf, 1, rig_on_sent));
  answer_send(conn, 7, LARGE);
}

static void a_reference_among_them_keeps_its_place(void** state) {
  rig_t* rig = *state;

  answer_ask(rig, &answer_raw, send_small_ref_large);
  answer_got(rig, "", 0, 7 + LARGE, "");
  assert_story("sent:0");
}

/* --- Many small ones ------------------------------------------------------ */

static size_t gone_before; /* what the peer had before the last of them */

static void send_17_kib(hvuv_conn_t* conn) {
  size_t i;

  allocs_before = alloc_count();
  for (i = 0; i < 16; i++)
    answer_send(conn, i * 1024, 1024);
  hvuv_test_sent(answer_stage->test, &gone_before);
  answer_send(conn, i * 1024, 1024);
  hvuv_test_sent(answer_stage->test, &gone);
  allocs_used = alloc_count() - allocs_before;
}

static void small_ones_leave_when_they_are_16_kib(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  answer_ask(rig, &answer_raw, send_17_kib);
  assert_int_equal(gone_before, 0);
  assert_int_equal(gone, PUT_TOGETHER);
  assert_int_equal(allocs_used, 1); /* What they are put together in. */
  answer_got(rig, "", 0, 17 * 1024, "");
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
    rig->protocol.framing = answer_raw;
    rig_open(rig);
    hvuv_test_set_room(rig->test, rooms[i]);
    answer_ask(rig, &answer_raw, send_17_kib);
    answer_got(rig, "", 0, rooms[i], "");
    assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 17 * 1024 - rooms[i]);
    hvuv_test_set_room(rig->test, SIZE_MAX);
    answer_got(rig, "", 0, 17 * 1024, "");
    answer_close(rig);
  }
}

/* What a mark allows to be queued is put together, and no more. */
static void send_in_threes(hvuv_conn_t* conn) {
  size_t i;

  for (i = 0; i < 4; i++)
    answer_send(conn, i * 3, 3);
  hvuv_test_sent(answer_stage->test, &gone);
}

static void small_ones_leave_when_they_are_what_the_mark_allows(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 8;
  rig->limits.low_water_bytes = 4;
  answer_ask(rig, &answer_raw, send_in_threes);
  assert_int_equal(gone, 6);
  answer_got(rig, "", 0, 12, "");
  assert_story(""); /* Nothing was ever queued. */
}

static void a_message_above_the_mark_is_queued_behind_them(void** state) {
  rig_t* rig = *state;

  rig->limits.high_water_bytes = 2;
  rig->limits.low_water_bytes = 1;
  answer_ask(rig, &answer_raw, send_in_threes);
  assert_int_equal(gone, 0);
  answer_got(rig, "", 0, 12, "");
  assert_story("writable");
}

static void send_two_lines(hvuv_conn_t* conn) {
  answer_send(conn, 0, 3);
  answer_send(conn, 0, 3);
}

static void small_ones_with_a_framing_are_counted(void** state) {
  rig_t* rig = *state;
  hvuv_stats_t stats;

  answer_ask(rig, &answer_lines, send_two_lines);
  answer_got(rig, "012\n", 4, 3, "\n");
  hvuv_test_stats(rig->test, &stats);
  assert_int_equal(stats.messages_sent, 2);
  assert_int_equal(stats.bytes_sent, 8);
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
      ANSWER(small_ones_with_a_framing_are_counted),
      ANSWER(a_part_of_no_bytes_needs_no_place),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
