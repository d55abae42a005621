/* Writes made in callbacks: when they leave, and when they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/scene.h"
#include "support/trace.h"

static void write_again(hvuv_stream_t* s) {
  scene_write(s, "again", "again");
}

static void a_write_in_a_write_callback_is_sent_at_once(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_again);
  scene_write(s, "w1", "one ");
  turn();
  assert_string_equal(fake_sent(sock), "one again");
  assert_story("w1:0");
  turn();
  assert_story("again:0");
}

static void one_behind_writes_that_left_together_is_sent_at_once_too(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w2", write_again);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three ");
  turn();
  assert_string_equal(fake_sent(sock), "one two three again");
  assert_story("w1:0 w2:0 w3:0");
  turn();
  assert_story("again:0");
}

static void write_two(hvuv_stream_t* s) {
  scene_write(s, "again", "again ");
  scene_write(s, "more", "more ");
}

static void those_of_a_write_callback_are_told_in_their_order(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_two);
  scene_on("w2", write_two);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  turn();
  assert_string_equal(fake_sent(sock), "one two again ");
  assert_story("w1:0 w2:0");
  turn();
  assert_string_equal(fake_sent(sock), "one two again more again more ");
  assert_story("again:0 more:0 again:0 more:0");
}

static void writing_for_ever_starves_nobody(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on_every("again", write_again);
  write_again(s);
  turn();
  assert_story("again:0");
  turn();
  assert_story("again:0");
}

static void a_write_in_a_read_callback_is_sent_and_told_in_that_turn(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_trace_calls();
  scene_read_start(s);
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("(recv) read:5 (send) again:0");
}

static void a_write_in_a_read_callback_needs_no_turns_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  turn();
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_not_equal(uv_backend_timeout(scene_loop()), 0);
  turn();
  assert_story("read:5 again:0");
}

static void write_three(hvuv_stream_t* s) {
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
}

static void writes_in_a_read_callback_leave_together(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  scene_on("read", write_three);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:5 w1:0 w2:0 w3:0");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_string_equal(fake_sent(sock), "onetwothree");
}

static void write_and_shut(hvuv_stream_t* s) {
  write_three(s);
  scene_shutdown(s, "shutdown");
}

static void a_shutdown_in_a_read_callback_comes_after_its_writes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  scene_on("eof", write_and_shut);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("eof w1:0 w2:0 w3:0 shutdown:0");
}

static void a_readable_wake_does_not_try_a_full_kernel(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("read:5");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_write_in_a_write_callback_is_sent_at_once),
      SCENE(one_behind_writes_that_left_together_is_sent_at_once_too),
      SCENE(those_of_a_write_callback_are_told_in_their_order),
      SCENE(writing_for_ever_starves_nobody),
      SCENE(a_write_in_a_read_callback_is_sent_and_told_in_that_turn),
      SCENE(a_write_in_a_read_callback_needs_no_turns_end),
      SCENE(writes_in_a_read_callback_leave_together),
      SCENE(a_shutdown_in_a_read_callback_comes_after_its_writes),
      SCENE(a_readable_wake_does_not_try_a_full_kernel),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
