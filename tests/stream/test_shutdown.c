/* Shutdown: what it waits for, what it ends, and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void at_idle_it_is_made_in_the_call_and_told_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 1);
  assert_int_equal(hvuv_is_writable(s), 0);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_story("");
  turns(2);
  assert_story("shutdown:0");
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 1);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void it_waits_for_a_full_kernel(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_trace_calls();
  fake_next(FAKE_SEND, UV_EAGAIN);
  fake_next(FAKE_SEND, 2);
  fake_next(FAKE_SEND, 1);
  scene_write(s, "w1", "abc");
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  turns(2);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("(send) (send)");

  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(fake_poller_wanted(sock), 0);
  turn();
  assert_story("(send) (shutdown) w1:0 shutdown:0");
}

static void it_waits_for_gathered_writes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_trace_calls();
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "abc");
  scene_write(s, "w2", "def");
  scene_shutdown(s, "shutdown");
  assert_story("(send)");
  turn();
  assert_story("(send) (shutdown) w1:0 w2:0 shutdown:0");
}

static void it_waits_for_the_connect(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  fake_trace_calls();
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  turns(2);
  assert_story("");
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("connect:0 (shutdown) shutdown:0");
}

static void it_waits_for_the_connect_and_its_writes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  fake_trace_calls();
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_shutdown(s, "shutdown");
  assert_int_equal(scene_write(s, "w3", "three"), UV_EPIPE);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("connect:0 (send) (shutdown) w1:0 w2:0 shutdown:0");
  assert_string_equal(fake_sent(sock), "onetwo");
}

static void a_connect_that_fails_cancels_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("connect:ECONNRESET w1:ECANCELED shutdown:ECANCELED");
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 0);
}

static void after_a_connect_that_failed_it_can_be_made_again(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNREFUSED);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("connect:ECONNREFUSED shutdown:ECANCELED");

  fake_next(FAKE_CONNECT, 0);
  fake_always(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_connect(s, "again", "vsock://host:5000"), 0);
  assert_int_equal(scene_write(s, "w1", "one"), 0);
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  turn();
  assert_story("again:0 w1:0 shutdown:0");
}

static void what_the_system_answers_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SHUTDOWN, UV_ENOTCONN);
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  turn();
  assert_story("shutdown:ENOTCONN");
}

static void it_is_made_after_a_write_that_failed(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  fake_next(FAKE_SEND, UV_EPIPE);
  fake_next(FAKE_SHUTDOWN, UV_ENOTCONN);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("w1:EPIPE shutdown:ENOTCONN");
}

static void writes_after_it_are_epipe(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_shutdown(s, "shutdown");
  assert_int_equal(scene_write(s, "w1", "x"), UV_EPIPE);
  assert_int_equal(scene_try_write(s, "x"), UV_EPIPE);
  turn();
  assert_int_equal(scene_write(s, "w1", "x"), UV_EPIPE);
  assert_int_equal(scene_try_write(s, "x"), UV_EPIPE);
  assert_story("shutdown:0");
  assert_int_equal(fake_calls(FAKE_SEND), 0);
}

static void a_second_one_is_enotconn(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_shutdown(s, "shutdown");
  assert_int_equal(scene_shutdown(s, "second"), UV_ENOTCONN);
  turn();
  assert_int_equal(scene_shutdown(s, "second"), UV_ENOTCONN);
  turn();
  assert_story("shutdown:0");

  s = scene_connecting(&sock);
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  assert_int_equal(scene_shutdown(s, "second"), UV_ENOTCONN);
}

static void without_a_connection_it_is_enotconn(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  assert_int_equal(scene_shutdown(scene_stream(), "shutdown"), UV_ENOTCONN);
  s = scene_listener(&sock);
  assert_int_equal(scene_shutdown(s, "shutdown"), UV_ENOTCONN);
  s = scene_open(&sock);
  scene_close(s);
  assert_int_equal(scene_shutdown(s, "shutdown"), UV_ENOTCONN);
}

static void the_other_direction_still_works(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_shutdown(s, "shutdown");
  scene_read_start(s);
  turn();
  assert_int_equal(hvuv_is_readable(s), 1);
  fake_input("answer");
  fake_poller_fire(sock, 0, UV_READABLE);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("shutdown:0 read:6 eof");
}

static void without_a_callback_it_is_made_all_the_same(void** state) {
  uv_os_sock_t sock;
  hvuv_shutdown_t req;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(hvuv_shutdown(&req, s, NULL), 0);
  assert_ptr_equal(req.handle, s);
  turn();
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 1);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void write_and_shutdown(hvuv_stream_t* s) {
  scene_write(s, "w2", "two");
  scene_shutdown(s, "shutdown");
}

/* Requests call back in the order they were made: promise 1 of the API. */
static void with_a_write_in_a_write_callback_it_is_told_last(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_and_shutdown);
  scene_write(s, "w1", "one");
  turns(3);
  assert_story("w1:0 w2:0 shutdown:0");
}

static void with_a_write_in_the_connect_callback_it_is_told_last(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("connect", write_and_shutdown);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(3);
  assert_story("connect:0 w2:0 shutdown:0");
}

static void shut(hvuv_stream_t* s) {
  scene_shutdown(s, "shutdown");
}

static void in_a_write_callback_it_waits_for_the_writes_not_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", shut);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  turns(3);
  assert_story("w1:0 w2:0 shutdown:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(at_idle_it_is_made_in_the_call_and_told_later),
      SCENE(it_waits_for_a_full_kernel),
      SCENE(it_waits_for_gathered_writes),
      SCENE(it_waits_for_the_connect),
      SCENE(it_waits_for_the_connect_and_its_writes),
      SCENE(a_connect_that_fails_cancels_it),
      SCENE(what_the_system_answers_is_told),
      SCENE(it_is_made_after_a_write_that_failed),
      SCENE(writes_after_it_are_epipe),
      SCENE(a_second_one_is_enotconn),
      SCENE(without_a_connection_it_is_enotconn),
      SCENE(the_other_direction_still_works),
      SCENE(without_a_callback_it_is_made_all_the_same),
      SCENE(with_a_write_in_a_write_callback_it_is_told_last),
      SCENE(with_a_write_in_the_connect_callback_it_is_told_last),
      SCENE(in_a_write_callback_it_waits_for_the_writes_not_told),
      SCENE(after_a_connect_that_failed_it_can_be_made_again),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
