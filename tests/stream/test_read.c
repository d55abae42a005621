/* Reading: when, how much, into whose buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

#define READS_PER_WAKE 32

static void stop_reading(hvuv_stream_t* s) {
  hvuv_read_stop(s);
}

static void starting_asks_the_kernel_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int calls;

  (void) state;
  s = scene_open(&sock);
  calls = fake_calls(FAKE_VERBS);
  assert_int_equal(scene_read_start(s), 0);
  turn();

  assert_int_equal(fake_calls(FAKE_VERBS), calls);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  assert_story("");
}

static void a_short_read_makes_no_second_recv(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:5");
  assert_string_equal(scene_received(), "hello");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void a_full_buffer_is_followed_by_another_recv(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(4);
  fake_input("0123456789");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:4 read:4 read:2");
  assert_string_equal(scene_received(), "0123456789");
  assert_int_equal(fake_calls(FAKE_RECV), 3);
}

static void an_unused_buffer_comes_back_with_0(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(5);
  fake_input("hello");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:5 read:0");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void every_size_of_buffer_and_of_arrival_gives_the_same_bytes(
    void** state) {
  static const char all[] = "the quick brown fox";
  size_t expected;
  uv_os_sock_t sock;
  char piece[sizeof(all)];
  size_t arrival;
  size_t size;
  size_t at;
  size_t n;

  (void) state;
  scene_read_start(scene_open(&sock));
  fake_always(FAKE_RECV, UV_EAGAIN);
  expected = 0;
  for (size = 1; size < sizeof(all); size++) {
    for (arrival = 1; arrival < sizeof(all); arrival++) {
      scene_alloc_size(size);
      for (at = 0; at < sizeof(all) - 1; at += n) {
        n = sizeof(all) - 1 - at < arrival ? sizeof(all) - 1 - at : arrival;
        memcpy(piece, all + at, n);
        piece[n] = '\0';
        fake_input(piece);
        fake_poller_fire(sock, 0, UV_READABLE);
      }
      expected += sizeof(all) - 1;
      assert_int_equal(scene_received_size(), expected);
      assert_string_equal(scene_received() + expected - (sizeof(all) - 1), all);
    }
  }
  trace_reset();
}

static void reads_of_one_wake_are_bounded(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(1);
  fake_input_size(READS_PER_WAKE + 10);
  fake_always(FAKE_RECV, UV_EAGAIN);

  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_calls(FAKE_RECV), READS_PER_WAKE);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  turn();
  assert_int_equal(fake_calls(FAKE_RECV), READS_PER_WAKE);

  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(scene_received_size(), READS_PER_WAKE + 10);
  trace_reset();
}

static void stop_in_read_cb_ends_the_wake(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(2);
  scene_on("read", stop_reading);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:2");
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(fake_poller_fire(sock, 0, UV_READABLE), 0);
  fake_forget_script();
}

static char other_buffer[16];

static void other_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(other_buffer, sizeof(other_buffer));
}

static void other_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  trace_status(buf->base == other_buffer ? "other" : "wrong", n);
}

static void start_others(hvuv_stream_t* s) {
  hvuv_read_stop(s);
  trace_status("start", hvuv_read_start(s, other_alloc, other_read));
}

static void restart_with_others_in_read_cb_takes_effect_at_once(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(2);
  scene_on("read", start_others);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:2 start:0 other:3");
}

static void start_says_what_is_wrong(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);
  scene_close(s);
  assert_int_equal(scene_read_start(s), UV_EINVAL);

  s = scene_listener(&sock);
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);

  s = scene_open(&sock);
  assert_int_equal(hvuv_read_start(s, NULL, other_read), UV_EINVAL);
  assert_int_equal(hvuv_read_start(s, other_alloc, NULL), UV_EINVAL);
  assert_int_equal(scene_read_start(s), 0);
  assert_int_equal(scene_read_start(s), UV_EALREADY);
}

static void stop_is_idempotent_in_every_state(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(hvuv_read_stop(s), 0);
  s = scene_listener(&sock);
  assert_int_equal(hvuv_read_stop(s), 0);
  s = scene_open(&sock);
  assert_int_equal(hvuv_read_stop(s), 0);
  scene_read_start(s);
  assert_int_equal(hvuv_read_stop(s), 0);
  assert_int_equal(hvuv_read_stop(s), 0);
  scene_close(s);
  assert_int_equal(hvuv_read_stop(s), 0);
}

static void start_while_connecting_takes_effect_once_connected(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  assert_int_equal(scene_read_start(s), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  assert_int_equal(scene_read_start(s), UV_EALREADY);

  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("connect:0 read:5");
}

static void stop_while_connecting_takes_it_back(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  hvuv_read_stop(s);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_story("connect:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(starting_asks_the_kernel_nothing),
      SCENE(a_short_read_makes_no_second_recv),
      SCENE(a_full_buffer_is_followed_by_another_recv),
      SCENE(an_unused_buffer_comes_back_with_0),
      SCENE(every_size_of_buffer_and_of_arrival_gives_the_same_bytes),
      SCENE(reads_of_one_wake_are_bounded),
      SCENE(stop_in_read_cb_ends_the_wake),
      SCENE(restart_with_others_in_read_cb_takes_effect_at_once),
      SCENE(start_says_what_is_wrong),
      SCENE(stop_is_idempotent_in_every_state),
      SCENE(start_while_connecting_takes_effect_once_connected),
      SCENE(stop_while_connecting_takes_it_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
