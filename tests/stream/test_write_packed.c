/* Writes that leave together: which are copied into one buffer and which are
 * gathered, in how many sends, and what is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

#define PACKED_MAX     1024 /* of a buffer that is copied */
#define ROOM           (1024 * sizeof(uv_buf_t)) /* for what is copied */
#define ENOUGH         262144                    /* gathered for one send */
#define SENDS_PER_WAKE 16

static char pool[7 * 65536];

/* A buffer of so many bytes, the first of them at this offset of the pool,
 * which has other bytes at each place. */
static uv_buf_t cut(size_t offset, size_t nbytes) {
  size_t i;

  if (pool[0] == '\0')
    for (i = 0; i < sizeof(pool); i++)
      pool[i] = (char) ('!' + (i + i / 90) % 90);
  assert_true(offset + nbytes <= sizeof(pool));
  return uv_buf_init(pool + offset, (unsigned int) nbytes);
}

/* Where the next write begins in the pool. */
static size_t written;

static void write_size(hvuv_stream_t* s, const char* label, size_t nbytes) {
  uv_buf_t buf = cut(written, nbytes);

  written += nbytes;
  assert_int_equal(scene_write_bufs(s, label, &buf, 1), 0);
}

/* A stream whose kernel is full, with a write of one byte that waits: all that
 * is written from now on is queued. */
static hvuv_stream_t* full(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  written = 0;
  write_size(s, "w0", 1);
  turn();
  return s;
}

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_WRITABLE);
}

/* The kernel takes all; so many sends are made. */
static void fire_and_count(uv_os_sock_t sock, int expected) {
  int before;

  before = fake_calls(FAKE_SEND);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_int_equal(fake_calls(FAKE_SEND) - before, expected);
}

/* All that was written has left, in order. */
static void assert_all_sent(uv_os_sock_t sock) {
  assert_int_equal(fake_sent_size(sock), written);
  assert_memory_equal(fake_sent(sock), pool, written);
}

/* --- What is copied, and what is gathered --------------------------------- */

static void only_small_buffers_are_copied(void** state) {
  static const struct {
    size_t sizes[3]; /* of the buffers of a write behind one of a byte */
    unsigned int nbufs;
    unsigned int expected; /* buffers of the send */
  } rows[] = {
      {{PACKED_MAX}, 1, 1},
      {{PACKED_MAX + 1}, 1, 2},
      {{PACKED_MAX, PACKED_MAX, 1}, 3, 1},
      {{PACKED_MAX + 1, 1, 1}, 3, 4},
      {{1, PACKED_MAX + 1, 1}, 3, 4},
      {{1, 1, PACKED_MAX + 1}, 3, 4},
  };
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[3];
  size_t row;
  unsigned int i;

  (void) state;
  for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    s = full(&sock);
    for (i = 0; i < rows[row].nbufs; i++) {
      bufs[i] = cut(written, rows[row].sizes[i]);
      written += bufs[i].len;
    }
    assert_int_equal(scene_write_bufs(s, "w1", bufs, rows[row].nbufs), 0);
    fire_and_count(sock, 1);
    assert_int_equal(fake_last_send_bufs(), rows[row].expected);
    assert_int_equal(hvuv_get_write_queue_size(s), 0);
    assert_story("w0:0 w1:0");
    assert_all_sent(sock);
    fake_always(FAKE_SEND, UV_EAGAIN);
  }
}

static void a_write_alone_is_not_copied(void** state) {
  static char bytes[] = "ab";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[2];

  (void) state;
  bufs[0] = uv_buf_init(bytes, 1);
  bufs[1] = uv_buf_init(bytes + 1, 1);
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  assert_int_equal(scene_write_bufs(s, "w1", bufs, 2), 0);
  fire_and_count(sock, 1);
  assert_int_equal(fake_last_send_bufs(), 2);
  assert_story("w1:0");
}

static void what_fills_the_room_leaves_in_one_send(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = full(&sock);
  for (i = 0; i < ROOM / PACKED_MAX - 1; i++)
    write_size(s, "w", PACKED_MAX);
  write_size(s, "w", PACKED_MAX - 1);
  fire_and_count(sock, 1);
  assert_int_equal(fake_last_send_bufs(), 1);
  assert_all_sent(sock);
  assert_int_equal(scene_pending(), 0);
  trace_reset();
}

static void what_overflows_the_room_leaves_in_the_next_send(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = full(&sock);
  for (i = 0; i < ROOM / PACKED_MAX; i++)
    write_size(s, "w", PACKED_MAX);
  fake_next(FAKE_SEND, (ssize_t) (ROOM - PACKED_MAX + 1));
  fake_next(FAKE_SEND, UV_EAGAIN);
  fire(sock);
  assert_int_equal(hvuv_get_write_queue_size(s), PACKED_MAX);
  assert_int_equal(scene_pending(), 1);
  fire_and_count(sock, 1);
  assert_all_sent(sock);
  assert_int_equal(scene_pending(), 0);
  trace_reset();
}

static void one_large_buffer_has_all_of_them_gathered(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  write_size(s, "w1", 10);
  write_size(s, "w2", 5000);
  write_size(s, "w3", 10);
  fire_and_count(sock, 1);
  assert_int_equal(fake_last_send_bufs(), 4);
  assert_story("w0:0 w1:0 w2:0 w3:0");
  assert_all_sent(sock);
}

static void one_that_overflows_the_room_keeps_its_place(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  write_size(s, "w1", 10);
  write_size(s, "w2", ROOM);
  write_size(s, "w3", 10);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_story("w0:0 w1:0 w2:0 w3:0");
  assert_all_sent(sock);
}

static void a_full_kernel_is_offered_no_more_than_enough(void** state) {
  static const struct {
    size_t size; /* of each of six writes */
    unsigned int last;
  } rows[] = {
      {ENOUGH / 4, 2},     /* four, then two */
      {ENOUGH / 4 - 1, 1}, /* five, then one */
  };
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t row;
  int i;

  (void) state;
  for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    s = scene_open(&sock);
    fake_always(FAKE_SEND, UV_EAGAIN);
    written = 0;
    for (i = 0; i < 6; i++)
      write_size(s, "w", rows[row].size);
    fire_and_count(sock, 2);
    assert_int_equal(fake_last_send_bufs(), rows[row].last);
    assert_story("w:0 w:0 w:0 w:0 w:0 w:0");
    assert_all_sent(sock);
  }
}

static void writes_of_no_bytes_keep_their_places(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "a");
  scene_write(s, "w2", "");
  scene_write(s, "w3", "b");
  scene_write(s, "w4", "");
  turn();
  assert_story("w1:0 w2:0 w3:0 w4:0");
  assert_string_equal(fake_sent(sock), "ab");
  assert_int_equal(fake_calls(FAKE_SEND), 2);

  scene_write(s, "w1", "");
  scene_write(s, "w2", "");
  scene_write(s, "w3", "");
  turn();
  assert_story("w1:0 w2:0 w3:0");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
}

static void empty_buffers_need_no_place(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[3];

  (void) state;
  s = full(&sock);
  bufs[0] = uv_buf_init(NULL, 0);
  bufs[1] = cut(written, 2);
  bufs[2] = uv_buf_init(NULL, 0);
  written += 2;
  assert_int_equal(scene_write_bufs(s, "w1", bufs, 1), 0);
  assert_int_equal(scene_write_bufs(s, "w2", bufs, 3), 0);
  fire_and_count(sock, 1);
  assert_story("w0:0 w1:0 w2:0");
  assert_all_sent(sock);
}

/* --- What is taken in part ------------------------------------------------ */

/* Four writes of 2, 6 (in two buffers), 5 and 4 bytes, behind one. */
static void queue_some(hvuv_stream_t* s) {
  uv_buf_t bufs[2];

  write_size(s, "w1", 2);
  bufs[0] = cut(written, 2);
  bufs[1] = cut(written + 2, 4);
  written += 6;
  assert_int_equal(scene_write_bufs(s, "w2", bufs, 2), 0);
  write_size(s, "w3", 5);
  write_size(s, "w4", 4);
}

static const char* done_of(size_t taken) {
  if (taken < 1)
    return "";
  if (taken < 3)
    return "w0:0";
  if (taken < 9)
    return "w0:0 w1:0";
  if (taken < 14)
    return "w0:0 w1:0 w2:0";
  return taken < 18 ? "w0:0 w1:0 w2:0 w3:0" : "w0:0 w1:0 w2:0 w3:0 w4:0";
}

static void a_copied_send_may_be_taken_to_any_byte(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t taken;

  (void) state;
  for (taken = 1; taken <= 18; taken++) {
    s = full(&sock);
    queue_some(s);
    fake_next(FAKE_SEND, (ssize_t) taken);
    fire(sock);
    assert_int_equal(fake_last_send_bufs(), 1);
    assert_int_equal(hvuv_get_write_queue_size(s), 18 - taken);
    assert_int_equal(fake_poller_wanted(sock), taken < 18 ? UV_WRITABLE : 0);
    assert_story(done_of(taken));
    if (taken < 18)
      fire_and_count(sock, 1);
    trace_reset();
    assert_all_sent(sock);
    assert_int_equal(hvuv_is_active(s), 0);
  }
}

static void an_error_behind_any_byte_is_told_to_its_write(void** state) {
  static const char* const rest[] = {
      "w0:EPIPE w1:ECANCELED w2:ECANCELED w3:ECANCELED w4:ECANCELED",
      "w1:EPIPE w2:ECANCELED w3:ECANCELED w4:ECANCELED",
      "w2:EPIPE w3:ECANCELED w4:ECANCELED",
      "w3:EPIPE w4:ECANCELED",
      "w4:EPIPE",
  };
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t taken;
  int ndone;

  (void) state;
  for (taken = 0; taken < 18; taken++) {
    ndone = (taken >= 1) + (taken >= 3) + (taken >= 9) + (taken >= 14);
    s = full(&sock);
    queue_some(s);
    fake_next(FAKE_SEND, taken == 0 ? UV_EAGAIN : (ssize_t) taken);
    fire(sock);
    assert_story(done_of(taken));
    fake_next(FAKE_SEND, UV_EPIPE);
    fire(sock);
    assert_story(rest[ndone]);
    assert_int_equal(hvuv_get_write_queue_size(s), 0);
    assert_int_equal(fake_poller_wanted(sock), 0);
  }
}

static void an_error_of_the_second_send_keeps_what_left_in_the_first(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = full(&sock);
  for (i = 0; i < ROOM / PACKED_MAX - 1; i++)
    write_size(s, "w", PACKED_MAX);
  trace_reset();
  write_size(s, "x", PACKED_MAX);
  write_size(s, "y", PACKED_MAX);
  fake_next(FAKE_SEND, (ssize_t) (ROOM - PACKED_MAX + 1));
  fake_next(FAKE_SEND, UV_ECONNRESET);
  fire(sock);
  assert_int_equal(scene_count("w"), ROOM / PACKED_MAX - 1);
  assert_non_null(strstr(trace_story(), "w:0 x:ECONNRESET y:ECANCELED"));
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  trace_reset();
}

static void an_error_of_a_gathered_send_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  write_size(s, "w1", 2000);
  write_size(s, "w2", 2000);
  fake_next(FAKE_SEND, 2);
  fire(sock);
  assert_story("w0:0");
  fake_next(FAKE_SEND, UV_EPIPE);
  fire(sock);
  assert_story("w1:EPIPE w2:ECANCELED");
}

/* --- The writes of a turn ------------------------------------------------- */

static void writes_behind_one_taken_in_part_follow_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, 2);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  turn();
  scene_write(s, "w3", "three");
  assert_int_equal(hvuv_get_write_queue_size(s), 11);
  assert_story("");
  fire_and_count(sock, 1);
  assert_int_equal(fake_last_send_bufs(), 1);
  assert_story("w1:0 w2:0 w3:0");
  assert_string_equal(fake_sent(sock), "one two three");
}

static void writes_behind_one_that_failed_are_tried_together(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_ECONNRESET);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  fake_next(FAKE_SEND, UV_EPIPE);
  turn();
  assert_story("w1:ECONNRESET w2:EPIPE w3:ECANCELED");
}

static void the_error_of_a_flush_inside_a_write_is_told_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  written = 0;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_next(FAKE_SEND, UV_EPIPE);
  write_size(s, "w1", 1);
  write_size(s, "w2", 65536);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  assert_story("");
  turn();
  assert_story("w1:0 w2:EPIPE");
}

/* One of many buffers takes another way through hvuv_write(). */
static void many_buffers_that_are_much_leave_at_once_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[2];

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  written = 0;
  write_size(s, "w1", 1);
  bufs[0] = cut(1, 32768);
  bufs[1] = cut(1 + 32768, 32767);
  written += 65535;
  assert_int_equal(scene_write_bufs(s, "w2", bufs, 2), 0);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  bufs[0] = cut(written, 1);
  bufs[1] = cut(written + 1, 1);
  written += 2;
  assert_int_equal(scene_write_bufs(s, "w3", bufs, 2), 0);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  turn();
  assert_story("w1:0 w2:0 w3:0");
  assert_all_sent(sock);
}

static void once_the_kernel_is_full_much_is_not_tried(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int before;

  (void) state;
  s = full(&sock);
  before = fake_calls(FAKE_SEND);
  write_size(s, "w1", 65536);
  write_size(s, "w2", 65536);
  turns(2);
  assert_int_equal(fake_calls(FAKE_SEND), before);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_story("w0:0 w1:0 w2:0");
  assert_all_sent(sock);
}

static void much_behind_one_taken_in_part_is_not_tried(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  written = 0;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, 1);
  write_size(s, "w1", 2);
  write_size(s, "w2", 65536);
  write_size(s, "w3", 65536);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_story("w1:0 w2:0 w3:0");
  assert_all_sent(sock);
}

static void sends_of_copies_are_bounded_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = full(&sock);
  for (i = 0; i < (SENDS_PER_WAKE + 2) * ROOM / PACKED_MAX; i++)
    write_size(s, "w", PACKED_MAX);
  fire_and_count(sock, SENDS_PER_WAKE);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), SENDS_PER_WAKE + 1);
  fire(sock);
  assert_all_sent(sock);
  assert_int_equal(scene_pending(), 0);
  trace_reset();
}

/* --- Turns ---------------------------------------------------------------- */

static void what_is_told_needs_no_turn_more(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
  assert_int_equal(uv_loop_alive(scene_loop()), 1);
  turn();
  assert_story("w1:0 w2:0 w3:0");
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void what_a_writable_kernel_took_needs_no_turns_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  write_size(s, "w1", 1);
  fire_and_count(sock, 1);
  assert_story("w0:0 w1:0");
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void after_the_queue_was_empty_a_write_is_sent_at_once(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  write_size(s, "w1", 1);
  fire_and_count(sock, 1);
  write_size(s, "w2", 1);
  assert_all_sent(sock);
  turn();
  assert_story("w0:0 w1:0 w2:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(only_small_buffers_are_copied),
      SCENE(a_write_alone_is_not_copied),
      SCENE(what_fills_the_room_leaves_in_one_send),
      SCENE(what_overflows_the_room_leaves_in_the_next_send),
      SCENE(one_large_buffer_has_all_of_them_gathered),
      SCENE(one_that_overflows_the_room_keeps_its_place),
      SCENE(a_full_kernel_is_offered_no_more_than_enough),
      SCENE(writes_of_no_bytes_keep_their_places),
      SCENE(a_copied_send_may_be_taken_to_any_byte),
      SCENE(an_error_behind_any_byte_is_told_to_its_write),
      SCENE(an_error_of_the_second_send_keeps_what_left_in_the_first),
      SCENE(an_error_of_a_gathered_send_is_told),
      SCENE(writes_behind_one_taken_in_part_follow_it),
      SCENE(writes_behind_one_that_failed_are_tried_together),
      SCENE(the_error_of_a_flush_inside_a_write_is_told_later),
      SCENE(many_buffers_that_are_much_leave_at_once_too),
      SCENE(once_the_kernel_is_full_much_is_not_tried),
      SCENE(sends_of_copies_are_bounded_too),
      SCENE(what_is_told_needs_no_turn_more),
      SCENE(what_a_writable_kernel_took_needs_no_turns_end),
      SCENE(after_the_queue_was_empty_a_write_is_sent_at_once),
      SCENE(much_behind_one_taken_in_part_is_not_tried),
      SCENE(empty_buffers_need_no_place),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
