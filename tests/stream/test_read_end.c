/* How reading ends: EOF, errors, and what arrived before them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static hvuv_stream_t* reading(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  assert_int_equal(scene_read_start(s), 0);
  return s;
}

/* What a peer's reset looks like: libuv's word for every error, and the true
 * one in SO_ERROR. */
static void fire_error(uv_os_sock_t sock, int so_error) {
  fake_next(FAKE_TAKE_ERROR, so_error);
  fake_poller_fire(sock, UV_EBADF, 0);
}

static void eof_is_told_once_and_reading_stops(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(fake_poller_fire(sock, 0, UV_READABLE), 0);
  assert_int_equal(hvuv_is_readable(s), 1);
  assert_int_equal(hvuv_is_active(s), 0);
  turns(3);
  assert_story("eof");
}

static void bytes_before_eof_come_first(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  scene_alloc_size(5);
  fake_input("hello");
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:5 eof");
}

static void an_error_of_recv_is_told_once_and_reading_stops(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_readable(s), 0);
  turns(3);
  assert_story("read:ECONNRESET");
}

static void an_error_of_the_poll_is_told_by_its_true_name(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fire_error(sock, UV_ECONNRESET);

  assert_story("read:ECONNRESET");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void what_recv_returns_comes_before_a_stored_error(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, UV_EBADF, 0);

  assert_story("eof");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 0);
}

/* As TCP's recv() does when SO_ERROR was taken. */
static void an_error_taken_for_a_write_is_not_mistaken_for_eof(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  fire_error(sock, UV_ECONNRESET);
  turn();
  assert_story("w1:ECONNRESET");

  scene_read_start(s);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:ECONNRESET");
}

static void enobufs_of_recv_is_a_reset(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_ENOBUFS);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:ECONNRESET");
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void bytes_before_an_error_come_first(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_input("last");
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("read:4");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);

  fake_next(FAKE_RECV, UV_EAGAIN);
  fire_error(sock, UV_ECONNRESET);
  assert_story("read:ECONNRESET");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
}

static void many_bytes_before_an_error_come_first_in_one_wake(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  scene_alloc_size(2);
  fake_input("last");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fire_error(sock, UV_ECONNRESET);

  assert_story("read:2 read:2 read:ECONNRESET");
}

static void an_error_that_comes_twice_is_told_once(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fire_error(sock, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);

  turns(2);
  assert_story("read:ECONNRESET");
}

static void an_error_without_a_name_is_not_told_as_ebadf(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fire_error(sock, 0);
  assert_story("read:0");

  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:5");
}

static void a_poller_that_says_why_is_believed(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, UV_ENOMEM, 0);

  assert_story("read:ENOMEM");
}

static void the_sockets_own_word_comes_before_the_pollers(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_ENOMEM, 0);

  assert_story("read:ECONNRESET");
}

static void an_error_before_reading_stays_in_the_socket(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  hvuv_read_stop(s);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 0);

  scene_read_start(s);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("read:ECONNRESET");
}

static void a_poller_that_cannot_watch_is_told_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fail_watch(UV_ENOMEM, 1);
  assert_int_equal(scene_read_start(s), 0);
  assert_story("");

  turns(3);
  assert_story("read:ENOMEM");
}

static void a_poller_that_could_not_watch_loses_no_bytes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_input("hello");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fail_watch(UV_ENOMEM, 2);
  scene_read_start(s);

  turns(4);
  assert_story("read:5 read:ENOMEM");
}

static void enotconn_after_our_shutdown_is_eof(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  scene_shutdown(s, "shutdown");
  turn();
  fake_next(FAKE_RECV, UV_ENOTCONN);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("shutdown:0 eof");
}

static void another_error_after_our_shutdown_is_no_eof(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  scene_shutdown(s, "shutdown");
  turn();
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("shutdown:0 read:ECONNRESET");
}

static void a_pending_error_is_not_mistaken_for_that_eof(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  scene_shutdown(s, "shutdown");
  turn();
  fake_next(FAKE_RECV, UV_ENOTCONN);
  fire_error(sock, UV_ECONNRESET);

  assert_story("shutdown:0 read:ECONNRESET");
}

static void enotconn_before_our_shutdown_is_an_error(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  fake_next(FAKE_RECV, UV_ENOTCONN);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:ENOTCONN");
}

static void eio_is_an_error_elsewhere(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open_foreign(&sock));
  fake_next(FAKE_RECV, UV_EIO);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:EIO");
}

static void after_an_error_the_stream_is_neither_readable_nor_writable(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_is_readable(s), 0);
  assert_int_equal(hvuv_is_writable(s), 0);
  assert_int_equal(scene_write(s, "w1", "one"), UV_EPIPE);
  assert_int_equal(scene_try_write(s, "one"), UV_EPIPE);
  assert_int_equal(scene_shutdown(s, "shutdown"), UV_ENOTCONN);
  turns(2);
  assert_story("read:ECONNRESET");
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 0);
}

static void try_to_go_on(hvuv_stream_t* s) {
  trace_status("writable", hvuv_is_writable(s));
  trace_status("write", scene_write(s, "w", "x"));
  trace_status("shutdown", scene_shutdown(s, "s"));
}

static void that_holds_inside_the_read_callback(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  scene_on("read", try_to_go_on);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:ECONNRESET writable:0 write:EPIPE shutdown:ENOTCONN");
}

static void an_error_ends_what_is_queued_and_the_shutdown_behind(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_shutdown(s, "shutdown");
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_next(FAKE_SHUTDOWN, UV_ENOTCONN);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:ECONNRESET w1:ECONNRESET w2:ECANCELED shutdown:ENOTCONN");
}

static void writing_goes_on_after_eof(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_is_writable(s), 1);
  assert_int_equal(scene_write(s, "w1", "bye"), 0);
  turn();
  assert_story("eof w1:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(eof_is_told_once_and_reading_stops),
      SCENE(bytes_before_eof_come_first),
      SCENE(an_error_of_recv_is_told_once_and_reading_stops),
      SCENE(an_error_of_the_poll_is_told_by_its_true_name),
      SCENE(what_recv_returns_comes_before_a_stored_error),
      SCENE(an_error_taken_for_a_write_is_not_mistaken_for_eof),
      SCENE(enobufs_of_recv_is_a_reset),
      SCENE(bytes_before_an_error_come_first),
      SCENE(many_bytes_before_an_error_come_first_in_one_wake),
      SCENE(an_error_that_comes_twice_is_told_once),
      SCENE(an_error_without_a_name_is_not_told_as_ebadf),
      SCENE(a_poller_that_says_why_is_believed),
      SCENE(the_sockets_own_word_comes_before_the_pollers),
      SCENE(an_error_before_reading_stays_in_the_socket),
      SCENE(a_poller_that_cannot_watch_is_told_later),
      SCENE(a_poller_that_could_not_watch_loses_no_bytes),
      SCENE(enotconn_after_our_shutdown_is_eof),
      SCENE(another_error_after_our_shutdown_is_no_eof),
      SCENE(a_pending_error_is_not_mistaken_for_that_eof),
      SCENE(enotconn_before_our_shutdown_is_an_error),
      SCENE(eio_is_an_error_elsewhere),
      SCENE(after_an_error_the_stream_is_neither_readable_nor_writable),
      SCENE(that_holds_inside_the_read_callback),
      SCENE(an_error_ends_what_is_queued_and_the_shutdown_behind),
      SCENE(writing_goes_on_after_eof),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
