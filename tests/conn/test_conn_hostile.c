/*
 * Peers that mean harm or have bad luck, and too little memory: each gets the
 * fate that the headers promise, and what it costs meanwhile is bounded. The
 * most that a connection has held is printed for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv/stream.h"
#include "support/alloc.h"
#include "support/between.h"
#include "support/trace.h"

#include "conn_rig.h"

#define KIB ((size_t) 1024)
#define MIB (1024 * KIB)

/* What a socket gives at once. */
#define SLICE (64 * KIB)

/* The connection and the like. */
#define SMALL (4 * KIB)

/* --- An allocator that knows how much is held ----------------------------- */

#define SIZE_ROOM 16 /* Keeps what is behind it aligned. */

static size_t held;
static size_t most_held;

static void* measured(char* block, size_t size) {
  if (block == NULL)
    return NULL;
  memcpy(block, &size, sizeof(size));
  held += size;
  if (held > most_held)
    most_held = held;
  return block + SIZE_ROOM;
}

static void* measure_malloc(size_t size) {
  return measured(malloc(size + SIZE_ROOM), size);
}

static void* measure_calloc(size_t count, size_t size) {
  return measured(calloc(1, count * size + SIZE_ROOM), count * size);
}

static void* measure_realloc(void* block, size_t size) {
  (void) block;
  (void) size;
  return NULL; /* No block of hvuv grows. */
}

static void measure_free(void* block) {
  char* whole = (char*) block - SIZE_ROOM;
  size_t size;

  memcpy(&size, whole, sizeof(size));
  held -= size;
  free(whole);
}

/* Behind the fixture's allocator, which only counts what is not freed. */
static int up(void** state) {
  int err = rig_up(state);

  held = 0;
  most_held = 0;
  hvuv_replace_allocator(
      measure_malloc, measure_realloc, measure_calloc, measure_free);
  return err;
}

static int down(void** state) {
  int err = rig_down(state);

  return held == 0 ? err : -1;
}

#define MEASURED(test) cmocka_unit_test_setup_teardown(test, up, down)

static void assert_held_at_most(const char* who, size_t limit) {
  printf("           %s: %lu bytes\n", who, (unsigned long) most_held);
  assert_true(most_held <= limit);
}

/* --- Hostile peers -------------------------------------------------------- */

static void echo(hvuv_conn_t* conn) {
  static char bytes[1000];

  hvuv_conn_send(conn, bytes, sizeof(bytes));
}

/* Four bytes in, a thousand out, and none are taken. */
static void one_that_never_reads_waits_and_is_dropped(void** state) {
  rig_t* rig = *state;
  static char questions[SLICE];
  size_t waiting = 0;
  int i;

  for (i = 0; i < (int) SLICE; i += 4)
    memcpy(questions + i, "abc\n", 4);
  rig->is_quiet = 1;
  rig->at[AT_MESSAGE] = echo;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  for (i = 0; i < 100; i++)
    waiting = hvuv_test_receive(rig->test, questions, SLICE);

  /* All but the part of one slice is still the kernel's. */
  assert_true(waiting > 99 * SLICE);
  assert_true(hvuv_conn_queued_bytes(rig->conn) <=
              rig->limits.high_water_bytes + 1001);
  hvuv_test_advance(rig->test,
                    rig->limits.idle_timeout_ms +
                        rig->limits.idle_timeout_ms / 16);
  assert_story("open close:ETIMEDOUT");

  /* Each queued message of a thousand bytes is a block with its request. */
  assert_held_at_most("never reads",
                      rig->limits.high_water_bytes * 5 / 4 + SLICE + SMALL);
}

static int last_result;

static void send_regardless(hvuv_conn_t* conn) {
  static char bytes[10000];

  last_result = hvuv_conn_send(conn, bytes, sizeof(bytes));
}

/* The handler does not look at the marks at all. */
static void one_that_never_reads_costs_the_maximum(void** state) {
  rig_t* rig = *state;
  int i;

  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  for (i = 0; i < 1000; i++)
    send_regardless(rig->conn);
  assert_int_equal(last_result, UV_ENOBUFS);
  assert_true(hvuv_conn_queued_bytes(rig->conn) <=
              rig->limits.max_queued_bytes);
  assert_held_at_most("never reads, and is sent to regardless",
                      rig->limits.max_queued_bytes * 5 / 4 + SMALL);
}

static void one_that_takes_a_byte_a_second_is_served(void** state) {
  rig_t* rig = *state;
  size_t nbytes;
  int i;

  rig->at[AT_MESSAGE] = echo;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 0);
  rig_receive(rig, "abc\n");
  for (i = 0; i < 1001; i++) {
    hvuv_test_advance(rig->test, 1000);
    hvuv_test_set_room(rig->test, 1);
  }
  hvuv_test_sent(rig->test, &nbytes);
  assert_int_equal(nbytes, 1001);
  assert_story("open message:abc");
  /* And the buffer in which its owner puts together what is sent. */
  assert_held_at_most("takes a byte a second", SMALL + 16384);
}

static void one_that_sends_half_a_frame_is_dropped(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\0\0\0\1a\0\0\0\10half", 13);
  hvuv_test_advance(rig->test, 29 * 1000);
  assert_story("open message:a");
  hvuv_test_advance(rig->test, 3 * 1000);
  assert_story("close:ETIMEDOUT");
  assert_held_at_most("half a frame", SMALL);
}

static void one_that_announces_4_gib_is_dropped_at_once(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\377\377\377\377", 4);
  assert_story("open close:EMSGSIZE");
  assert_held_at_most("announces 4 GiB", SMALL);
}

/* As much as is allowed, and then nothing. */
static void one_that_announces_much_costs_what_it_sends(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig_open(rig);
  hvuv_test_receive(rig->test, "\0\20\0\0abcd", 8); /* 1 MiB */
  assert_held_at_most("announces 1 MiB", SMALL);
  hvuv_test_receive_end(rig->test);
  assert_story("open close:EOF");
}

static void one_that_never_ends_a_line_is_dropped(void** state) {
  rig_t* rig = *state;
  static char bytes[SLICE];
  int i;

  memset(bytes, 'x', sizeof(bytes));
  rig_open(rig);
  for (i = 0; i < 100; i++)
    hvuv_test_receive(rig->test, bytes, sizeof(bytes));
  assert_story("open close:EMSGSIZE");
  /* The room doubles: the old one and the new one. */
  assert_held_at_most("never ends a line", 3 * MIB / 2 + SMALL + 1);
}

/* Random bytes, the same each time. Whatever comes of them, it ends. */
static void one_that_sends_garbage_meets_its_end(void** state) {
  static const hvuv_framing_kind_t kinds[] = {
      HVUV_FRAMING_RAW,
      HVUV_FRAMING_LENGTH,
      HVUV_FRAMING_VARINT,
      HVUV_FRAMING_LINES,
  };
  rig_t* rig = *state;
  uint32_t random = 1;
  char bytes[100];
  size_t k;
  size_t j;
  int i;

  rig->is_quiet = 1;
  rig->at[AT_END] = rig_end;
  for (k = 0; k < 4; k++) {
    rig->protocol.framing.kind = kinds[k];
    rig->protocol.framing.prefix_bytes = 2;
    rig->protocol.framing.max_message_bytes = 1000;
    rig_open(rig);
    for (i = 0; i < 100; i++) {
      for (j = 0; j < sizeof(bytes); j++) {
        random = random * 1664525 + 1013904223;
        bytes[j] = (char) (random >> 24);
      }
      hvuv_test_receive(rig->test, bytes, 1 + (random >> 8) % sizeof(bytes));
    }
    hvuv_test_receive_end(rig->test);
    assert_null(hvuv_test_conn(rig->test, NULL));
    hvuv_test_close(rig->test);
    rig->test = NULL;
  }
  assert_held_at_most("garbage", SMALL);
}

static void one_that_sends_byte_by_byte_is_served(void** state) {
  rig_t* rig = *state;
  int i;

  rig->is_quiet = 1;
  rig_open(rig);
  for (i = 0; i < 1000; i++)
    hvuv_test_receive(rig->test, &"abc\n"[i % 4], 1);
  assert_int_equal(rig->nmessages, 250);
  assert_held_at_most("byte by byte", SMALL);
}

/* Ends behind each byte of "a\nbcd\n", by a reset or by an end of input. */
static void one_that_goes_at_any_byte_is_told_why(void** state) {
  static const struct {
    const char* bytes;
    const char* story;
    int end;
  } rows[] = {
      {"", "open", 0},
      {"a", "open", UV_EOF},
      {"a\n", "open message:a", 0},
      {"a\nb", "open message:a", UV_EOF},
      {"a\nbc", "open message:a", UV_EOF},
      {"a\nbcd", "open message:a", UV_EOF},
      {"a\nbcd\n", "open message:a message:bcd", 0},
  };
  rig_t* rig = *state;
  int reason;
  size_t i;

  rig->protocol.on_close = NULL;
  rig->protocol.on_end = NULL;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    rig_open(rig);
    rig_receive(rig, rows[i].bytes);
    hvuv_test_break(rig->test, UV_ECONNRESET);
    assert_story(rows[i].story);
    assert_null(hvuv_test_conn(rig->test, &reason));
    assert_int_equal(reason, UV_ECONNRESET);
    hvuv_test_close(rig->test);

    rig_open(rig);
    rig_receive(rig, rows[i].bytes);
    hvuv_test_receive_end(rig->test);
    assert_story(rows[i].story);
    assert_null(hvuv_test_conn(rig->test, &reason));
    assert_int_equal(reason, rows[i].end);
    hvuv_test_close(rig->test);
    rig->test = NULL;
  }
}

/* The same while an answer is on its way, of which so many bytes were taken. */
static void one_that_goes_at_any_byte_of_an_answer_is_noticed(void** state) {
  rig_t* rig = *state;
  size_t taken;

  for (taken = 0; taken < 5; taken++) {
    rig_open(rig);
    hvuv_test_set_room(rig->test, taken);
    assert_int_equal(hvuv_conn_send(rig->conn, "abcd", 4), 0);
    hvuv_conn_pause(rig->conn);
    hvuv_test_break(rig->test, UV_EPIPE);
    assert_story("open close:EPIPE");
    hvuv_test_close(rig->test);
    rig->test = NULL;
  }
}

/* --- Too little memory ---------------------------------------------------- */

static void ask(hvuv_conn_t* conn) {
  static hvuv_send_t req;
  static char bytes[] = "answer";
  uv_buf_t part = uv_buf_init(bytes, 6);

  hvuv_conn_send(conn, "one", 3);
  hvuv_conn_send_ref(&req, conn, &part, 1, NULL);
  hvuv_conn_pause(conn);
}

/* A scene with all that allocates: opening, a message in parts, a stash and
 * both ways of sending. */
static void play(rig_t* rig) {
  int i;

  if (hvuv_test_open(&rig->test, &rig->protocol, &rig->limits, rig) != 0) {
    rig->test = NULL;
    return;
  }
  rig_receive(rig, "half a");
  rig_receive(rig, "nd half\nb\nc");
  rig_receive(rig, "\n");
  hvuv_test_receive_end(rig->test);
  for (i = 0; i < 3 && hvuv_test_conn(rig->test, NULL) != NULL; i++) {
    hvuv_conn_resume(rig->conn);
    hvuv_test_advance(rig->test, 0);
  }
}

#define WHOLE_STORY "open message:half and half message:b message:c end close:0"

/* Returns whether it got through as if nothing had been. */
static int play_without_the_nth(rig_t* rig, long n) {
  int reason = 0;
  int has_closed;

  alloc_fail_nth(n);
  play(rig);
  if (!alloc_has_failed())
    return 1;

  if (rig->test == NULL) {
    assert_story("");
  } else {
    has_closed = hvuv_test_conn(rig->test, &reason) == NULL;
    assert_true(has_closed);
    if (reason == 0) /* It was a send that failed, and was told so. */
      assert_story(WHOLE_STORY);
    else
      assert_int_equal(reason, UV_ENOMEM);
  }
  hvuv_test_close(rig->test);
  rig->test = NULL;
  trace_reset();
  return 0;
}

static void without_any_one_allocation_it_ends_in_order(void** state) {
  rig_t* rig = *state;
  long n;

  rig->at[AT_MESSAGE] = ask;
  rig->at[AT_END] = rig_end;
  for (n = 1; n < 100; n++)
    if (play_without_the_nth(rig, n))
      break;
  assert_between(n, 8, 99);
  assert_story(WHOLE_STORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MEASURED(one_that_never_reads_waits_and_is_dropped),
      MEASURED(one_that_never_reads_costs_the_maximum),
      MEASURED(one_that_takes_a_byte_a_second_is_served),
      MEASURED(one_that_sends_half_a_frame_is_dropped),
      MEASURED(one_that_announces_4_gib_is_dropped_at_once),
      MEASURED(one_that_announces_much_costs_what_it_sends),
      MEASURED(one_that_never_ends_a_line_is_dropped),
      MEASURED(one_that_sends_garbage_meets_its_end),
      MEASURED(one_that_sends_byte_by_byte_is_served),
      MEASURED(one_that_goes_at_any_byte_is_told_why),
      MEASURED(one_that_goes_at_any_byte_of_an_answer_is_noticed),
      RIG(without_any_one_allocation_it_ends_in_order),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
