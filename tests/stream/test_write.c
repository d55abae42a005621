/* Writing: order, partial sends, and what it costs in system calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

static void a_write_at_idle_is_sent_inside_the_call(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_write(s, "w1", "hello"), 0);
  assert_string_equal(fake_sent(sock), "hello");
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_story("");

  turn();
  assert_story("w1:0");
  assert_int_equal(hvuv_is_active(s), 0);
  turns(3);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void writes_of_one_turn_leave_together(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  for (i = 0; i < 64; i++)
    assert_int_equal(scene_write(s, "w", i == 0 ? "A" : "b"), 0);
  assert_string_equal(fake_sent(sock), "A");
  assert_int_equal(hvuv_get_write_queue_size(s), 63);

  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(fake_last_send_bufs(), 1);
  assert_int_equal(scene_count("w"), 64);
  assert_int_equal(fake_sent_size(sock), 64);
  trace_reset();
}

/* A write of so many bytes. */
static void write_size(hvuv_stream_t* s, const char* label, size_t nbytes) {
  static char bytes[65536];
  uv_buf_t buf;

  assert_true(nbytes <= sizeof(bytes));
  buf = uv_buf_init(bytes, (unsigned int) nbytes);
  assert_int_equal(scene_write_bufs(s, label, &buf, 1), 0);
}

static void what_is_gathered_leaves_once_it_is_much(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  write_size(s, "w1", 1);
  write_size(s, "w2", 65535);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  write_size(s, "w3", 1);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(fake_last_send_bufs(), 2);
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  write_size(s, "w4", 1);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_story("");

  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 3);
  assert_story("w1:0 w2:0 w3:0 w4:0");
}

static void a_large_write_does_not_wait_for_the_turns_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  write_size(s, "w1", 1);
  write_size(s, "w2", 65536);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_story("w1:0 w2:0");
}

static void write_times(hvuv_stream_t* s, int n) {
  int i;

  for (i = 0; i < n; i++)
    assert_int_equal(scene_write(s, "w", "x"), 0);
}

static void after_a_turn_of_many_writes_the_first_waits_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  write_times(s, 8);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 2);

  write_times(s, 3);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(hvuv_get_write_queue_size(s), 3);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 3);
  assert_int_equal(scene_count("w"), 11);

  /* Three are not many. */
  write_times(s, 1);
  assert_int_equal(fake_calls(FAKE_SEND), 4);
  turn();
  trace_reset();
}

static void seven_writes_are_not_many(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  write_times(s, 7);
  turn();
  write_times(s, 1);
  assert_int_equal(fake_calls(FAKE_SEND), 3);
  turn();
  trace_reset();
}

static void each_turn_begins_anew(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  for (i = 1; i <= 3; i++) {
    scene_write(s, "w", "x");
    assert_int_equal(fake_calls(FAKE_SEND), i);
    turn();
  }
  assert_story("w:0 w:0 w:0");
}

static void writes_call_back_in_order(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three");
  turn();
  assert_story("w1:0 w2:0 w3:0");
  assert_string_equal(fake_sent(sock), "one two three");
}

static void a_full_kernel_is_waited_for(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  assert_int_equal(scene_write(s, "w1", "hello"), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  assert_int_equal(hvuv_get_write_queue_size(s), 5);
  turns(3);
  assert_story("");
  assert_int_equal(fake_calls(FAKE_SEND), 1);

  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(fake_poller_wanted(sock), 0);
  turn();
  assert_story("w1:0");
}

/* More in test_write_refused.c. */
static void enobufs_is_waited_for_by_the_alarm(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_ENOBUFS);
  scene_write(s, "w1", "hello");
  turn();
  assert_int_equal(fake_poller_wanted(sock), 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  loop_run_until(scene_loop(), scene_flag("w1"));
  assert_story("w1:0");
}

static void a_short_send_makes_no_second_one(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, 2);
  scene_write(s, "w1", "hello");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  assert_int_equal(hvuv_get_write_queue_size(s), 3);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);

  fake_next(FAKE_SEND, 3);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("w1:0");
  assert_string_equal(fake_sent(sock), "hello");
}

static void a_write_behind_a_full_kernel_makes_no_call(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open_foreign(&sock);
  fake_next(FAKE_SEND, 1);
  scene_write(s, "w1", "ab");
  turns(2);
  scene_write(s, "w2", "cd");
  assert_true(uv_backend_timeout(scene_loop()) > 0); /* the alarm's */
  turns(2);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  assert_int_equal(hvuv_get_write_queue_size(s), 3);

  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  turn();
  assert_story("w1:0 w2:0");
}

/* A queue with everything in it: many buffers, empty ones at the start, in the
 * middle and at the end, a write with nothing at all. */
static void queue_a_bit_of_everything(hvuv_stream_t* s, char* bytes) {
  uv_buf_t bufs[7];

  bufs[0] = uv_buf_init(NULL, 0);
  bufs[1] = uv_buf_init(bytes, 1);
  bufs[2] = uv_buf_init(bytes + 1, 0);
  bufs[3] = uv_buf_init(bytes + 1, 3);
  bufs[4] = uv_buf_init(bytes + 4, 2);
  bufs[5] = uv_buf_init(bytes + 6, 4);
  bufs[6] = uv_buf_init(NULL, 0);
  assert_int_equal(scene_write_bufs(s, "w1", bufs, 7), 0);
  assert_int_equal(scene_write_bufs(s, "w2", bufs, 1), 0);
  bufs[0] = uv_buf_init(bytes + 10, 1);
  assert_int_equal(scene_write_bufs(s, "w3", bufs, 1), 0);
  bufs[0] = uv_buf_init(bytes + 11, 4);
  bufs[1] = uv_buf_init(NULL, 0);
  bufs[2] = uv_buf_init(bytes + 15, 1);
  bufs[3] = uv_buf_init(bytes + 16, 3);
  assert_int_equal(scene_write_bufs(s, "w4", bufs, 4), 0);
  bufs[0] = uv_buf_init(NULL, 0);
  assert_int_equal(scene_write_bufs(s, "w5", bufs, 1), 0);
}

static void partial_sends_of_every_size_lose_nothing(void** state) {
  static char bytes[] = "0123456789abcdefghi";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t limit;
  int i;

  (void) state;
  for (limit = 1; limit < sizeof(bytes); limit++) {
    s = scene_open(&sock);
    fake_always(FAKE_SEND, FAKE_ALL);
    fake_send_limit(limit);
    queue_a_bit_of_everything(s, bytes);
    for (i = 0; i < 30; i++) {
      assert_int_equal(hvuv_get_write_queue_size(s) + fake_sent_size(sock),
                       sizeof(bytes) - 1);
      turn();
      fake_poller_fire(sock, 0, UV_WRITABLE);
    }

    assert_story("w1:0 w2:0 w3:0 w4:0 w5:0");
    assert_string_equal(fake_sent(sock), bytes);
    assert_int_equal(hvuv_get_write_queue_size(s), 0);
  }
}

static void every_first_send_of_every_size_loses_nothing(void** state) {
  static char bytes[] = "0123456789abcdefghi";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int first;
  int second;

  (void) state;
  for (first = 0; first <= 10; first++) {
    for (second = 0; second <= 19 - first; second++) {
      s = scene_open(&sock);
      fake_next(FAKE_SEND, first == 0 ? UV_EAGAIN : first);
      queue_a_bit_of_everything(s, bytes);
      fake_next(FAKE_SEND, second == 0 ? UV_EAGAIN : second);
      turn();
      fake_poller_fire(sock, 0, UV_WRITABLE);
      fake_always(FAKE_SEND, FAKE_ALL);
      fake_poller_fire(sock, 0, UV_WRITABLE);
      turn();

      assert_story("w1:0 w2:0 w3:0 w4:0 w5:0");
      assert_string_equal(fake_sent(sock), bytes);
    }
  }
}

static void a_write_of_no_bytes_is_done_without_a_call(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(scene_write(s, "w1", ""), 0);
  assert_story("");
  turn();
  assert_story("w1:0");
  assert_int_equal(fake_calls(FAKE_SEND), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_write_at_idle_is_sent_inside_the_call),
      SCENE(writes_of_one_turn_leave_together),
      SCENE(what_is_gathered_leaves_once_it_is_much),
      SCENE(after_a_turn_of_many_writes_the_first_waits_too),
      SCENE(seven_writes_are_not_many),
      SCENE(a_large_write_does_not_wait_for_the_turns_end),
      SCENE(each_turn_begins_anew),
      SCENE(writes_call_back_in_order),
      SCENE(a_full_kernel_is_waited_for),
      SCENE(enobufs_is_waited_for_by_the_alarm),
      SCENE(a_short_send_makes_no_second_one),
      SCENE(a_write_behind_a_full_kernel_makes_no_call),
      SCENE(partial_sends_of_every_size_lose_nothing),
      SCENE(every_first_send_of_every_size_loses_nothing),
      SCENE(a_write_of_no_bytes_is_done_without_a_call),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
