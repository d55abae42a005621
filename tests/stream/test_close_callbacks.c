/* Close inside every callback, and what is refused from then on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void in_read_cb(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  scene_alloc_size(5);
  scene_on("read", scene_close);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("read:5 close");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
}

static void in_read_cb_with_the_end(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("eof", scene_close);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("eof close");
}

static void in_read_cb_with_an_unused_buffer(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("read", scene_close);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("read:0 close");
}

static void in_read_cb_without_a_buffer(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(0);
  scene_on("read", scene_close);
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("read:ENOBUFS close");
}

static void start(hvuv_stream_t* s) {
  scene_read_start(s);
}

static void in_read_cb_that_tells_the_end_again(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("eof", start);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_on("eof", scene_close);
  turns(3);
  assert_story("eof eof close");
}

static void in_read_cb_with_both_events(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_on("read", scene_close);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE | UV_WRITABLE);
  turns(2);
  assert_story("read:5 w1:ECANCELED close");
}

static void in_write_cb(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", scene_close);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_shutdown(s, "shutdown");
  turns(2);
  assert_story("w1:0 w2:0 shutdown:ECANCELED close");
}

static void in_write_cb_of_a_failed_write(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_on("w1", scene_close);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  fake_next(FAKE_SEND, UV_EPIPE);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("w1:EPIPE w2:ECANCELED close");
}

static void write_two_and_close(hvuv_stream_t* s) {
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
  scene_close(s);
}

static void in_write_cb_after_more_writes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_two_and_close);
  scene_write(s, "w1", "one");
  turns(2);
  assert_story("w1:0 w2:0 w3:0 close");
  assert_string_equal(fake_sent(sock), "onetwothree");
}

static void in_connect_cb(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  scene_shutdown(s, "shutdown");
  scene_on("connect", scene_close);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("connect:0 shutdown:ECANCELED close");
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 0);
}

static void in_shutdown_cb(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_on("shutdown", scene_close);
  scene_shutdown(s, "shutdown");
  turns(2);
  assert_story("shutdown:0 close");
}

static void in_the_turn_of_the_write_callback_it_ends_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", scene_close);
  scene_write(s, "w1", "one");
  turn();
  assert_story("w1:0 close");
  assert_int_equal(fake_is_open(sock), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(in_read_cb),
      SCENE(in_read_cb_with_the_end),
      SCENE(in_read_cb_with_an_unused_buffer),
      SCENE(in_read_cb_without_a_buffer),
      SCENE(in_read_cb_that_tells_the_end_again),
      SCENE(in_read_cb_with_both_events),
      SCENE(in_write_cb),
      SCENE(in_write_cb_of_a_failed_write),
      SCENE(in_write_cb_after_more_writes),
      SCENE(in_connect_cb),
      SCENE(in_shutdown_cb),
      SCENE(in_the_turn_of_the_write_callback_it_ends_too),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
