/* A connect that fails or ends in its callback: what becomes of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

#define HERE "vsock://host:5000"

static void fire_refused(uv_os_sock_t sock, int so_error) {
  fake_next(FAKE_TAKE_ERROR, so_error);
  fake_poller_fire(sock, UV_EBADF, 0);
}

/* Neither its error nor its peer's name says what became of it. */
static void what_the_socket_cannot_explain_the_poller_does(void** state) {
  static const int statuses[] = {UV_ENETUNREACH, UV_EBADF};
  uv_os_sock_t sock;
  int i;

  (void) state;
  for (i = 0; i < 2; i++) {
    scene_connecting(&sock);
    fake_always(FAKE_TAKE_ERROR, UV_EAGAIN);
    fake_poller_fire(sock, 0, UV_WRITABLE); /* too early, it seems */
    turn();
    assert_story("");
    fake_poller_fire(sock, statuses[i], 0);
    turn();
    assert_story(i == 0 ? "connect:ENETUNREACH" : "connect:ECONNABORTED");
  }
}

static void writes_made_meanwhile_go_out_after_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  fake_trace_calls();
  assert_int_equal(scene_write(s, "w1", "one"), 0);
  turn();
  assert_int_equal(scene_write(s, "w2", "two"), 0);
  assert_int_equal(hvuv_get_write_queue_size(s), 6);
  turn();
  assert_story("");

  fake_next(FAKE_SEND, 4);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("connect:0 (send) w1:0");
  fake_next(FAKE_SEND, 2);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("(send) w2:0");
}

static void a_failure_cancels_writes_after_its_callback(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  fire_refused(sock, UV_ECONNREFUSED);
  turns(2);
  assert_story("connect:ECONNREFUSED w1:ECANCELED w2:ECANCELED");
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(scene_write(s, "w3", "three"), UV_EBADF);
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);
}

static void after_a_failure_it_may_connect_again(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  fire_refused(sock, UV_ECONNREFUSED);
  turn();
  trace_reset();

  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "again", HERE), 0);
  assert_int_equal(scene_write(s, "w2", "two"), 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  turn();
  assert_story("again:0 w2:0");
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  turn();
  assert_story("shutdown:0");
  assert_string_equal(fake_sent(fake_newest_socket()), "two");
}

static void connect_again(hvuv_stream_t* s) {
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  trace_status("verb", scene_connect(s, "again", HERE));
  trace_status("verb", scene_read_start(s));
  trace_status("verb", scene_write(s, "w2", "two"));
  trace_status("verb", scene_shutdown(s, "shut2"));
}

static void it_may_connect_again_in_the_failing_callback(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shut1");
  scene_on("connect", connect_again);
  fire_refused(sock, UV_ECONNREFUSED);
  turn();
  assert_story("connect:ECONNREFUSED verb:0 verb:0 verb:0 verb:0 "
               "w1:ECANCELED shut1:ECANCELED again:0 w2:0 shut2:0");
  assert_int_equal(fake_poller_wanted(fake_newest_socket()), UV_READABLE);
}

static void close_in_the_failing_callback_closes_last(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  scene_on("connect", scene_close);
  fire_refused(sock, UV_ECONNREFUSED);
  turns(2);
  assert_story("connect:ECONNREFUSED w1:ECANCELED shutdown:ECANCELED close");
}

static void close_in_the_callback_sends_what_was_queued(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_on("connect", scene_close);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("connect:0 w1:0 close");
  assert_string_equal(fake_sent(sock), "one");
}

static void an_error_before_has_no_say_in_the_next(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  fake_poller_fail_watch(UV_ENOMEM, 1);
  s = scene_connecting(&sock);
  turns(3);
  assert_story("connect:ENOMEM");
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "again", HERE), 0);
  scene_read_start(s);
  turns(3);
  assert_story("again:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(what_the_socket_cannot_explain_the_poller_does),
      SCENE(writes_made_meanwhile_go_out_after_it),
      SCENE(a_failure_cancels_writes_after_its_callback),
      SCENE(after_a_failure_it_may_connect_again),
      SCENE(it_may_connect_again_in_the_failing_callback),
      SCENE(close_in_the_failing_callback_closes_last),
      SCENE(close_in_the_callback_sends_what_was_queued),
      SCENE(an_error_before_has_no_say_in_the_next),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
