/* What keeps a loop alive, and what is called active: promise 10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

static int alive(void) {
  return uv_loop_alive(scene_loop());
}

static void a_stream_without_a_socket_holds_nothing(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(alive(), 0);
}

static void an_idle_connected_stream_holds_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(hvuv_has_ref(s), 1);
  loop_run_out(scene_loop());
}

static void a_bound_stream_holds_nothing(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  hvuv_unref(s);
  hvuv_ref(s);
  assert_int_equal(alive(), 0);
}

static void a_reader_holds_until_it_stops(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_int_equal(alive(), 1);
  hvuv_read_stop(s);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(alive(), 0);
}

static void a_reader_holds_until_the_end(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(alive(), 0);
  assert_story("eof");
}

static void an_unrefd_reader_is_active_and_holds_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  hvuv_unref(s);
  hvuv_unref(s);
  assert_int_equal(hvuv_has_ref(s), 0);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_int_equal(alive(), 0);

  hvuv_ref(s);
  hvuv_ref(s);
  assert_int_equal(hvuv_has_ref(s), 1);
  assert_int_equal(alive(), 1);
}

static void unref_before_reading_counts_as_well(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_unref(s);
  sock = fake_connected_socket();
  assert_int_equal(hvuv_open(s, sock), 0);
  scene_read_start(s);
  assert_int_equal(alive(), 0);

  /* It goes on reading all the same. */
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:5");
}

static void an_unrefd_reader_with_a_pending_write_holds(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  hvuv_unref(s);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  assert_int_equal(alive(), 1);
  turns(3);
  assert_int_equal(alive(), 1);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  loop_run_out(scene_loop());
  assert_story("w1:0");
}

static void a_write_that_was_sent_holds_until_it_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  hvuv_unref(s);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  assert_int_equal(hvuv_is_active(s), 1);
  loop_run_out(scene_loop());
  assert_int_equal(hvuv_is_active(s), 0);
  assert_story("w1:0 w2:0");
}

static void a_shutdown_holds_until_it_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  hvuv_unref(s);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  turns(3);
  assert_int_equal(alive(), 1);
  assert_int_equal(hvuv_is_active(s), 1);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  loop_run_out(scene_loop());
  assert_int_equal(hvuv_is_active(s), 0);
  assert_story("w1:0 shutdown:0");
}

static void an_unrefd_connect_holds_until_it_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  hvuv_unref(s);
  assert_int_equal(hvuv_is_active(s), 1);
  turns(3);
  assert_int_equal(alive(), 1);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  loop_run_out(scene_loop());
  assert_int_equal(hvuv_is_active(s), 0);
  assert_story("connect:0");
}

static void a_connect_that_fails_holds_nothing_after(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  loop_run_out(scene_loop());
  assert_int_equal(hvuv_is_active(s), 0);
  assert_story("connect:ECONNRESET w1:ECANCELED");
}

static void a_retrying_connect_holds_although_nothing_is_polled(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_unref(s);
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "vsock://host:1"), 0);
  loop_run_out(scene_loop());
  assert_story("connect:0");
}

static void a_listener_holds_unless_unrefd(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  assert_int_equal(alive(), 1);
  hvuv_unref(s);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_int_equal(alive(), 0);
  hvuv_ref(s);
  assert_int_equal(alive(), 1);
}

static void a_listener_that_pauses_holds_as_one_that_polls(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(alive(), 1);
  hvuv_unref(s);
  assert_int_equal(alive(), 0);

  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(alive(), 1);
  hvuv_unref(s);
  assert_int_equal(alive(), 0);
  assert_story("connection:0 connection:EMFILE");
}

static void an_end_to_be_told_again_holds(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  hvuv_unref(s);
  scene_read_start(s);
  assert_int_equal(hvuv_is_active(s), 1);
  loop_run_out(scene_loop());
  assert_story("eof eof");
  assert_int_equal(hvuv_is_active(s), 0);
}

static void a_closing_stream_holds_until_its_callback(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  hvuv_unref(s);
  scene_close(s);
  assert_int_equal(hvuv_is_active(s), 0);
  loop_run_out(scene_loop());
  assert_story("close");
}

static void each_stream_counts_for_itself(void** state) {
  hvuv_stream_t* streams[3];
  uv_os_sock_t sock;
  int i;

  (void) state;
  for (i = 0; i < 3; i++) {
    streams[i] = scene_open(&sock);
    scene_read_start(streams[i]);
  }
  hvuv_unref(streams[0]);
  assert_int_equal(alive(), 1);
  hvuv_read_stop(streams[1]);
  assert_int_equal(alive(), 1);
  scene_close(streams[2]);
  turn();
  assert_int_equal(alive(), 0);
  hvuv_ref(streams[0]);
  assert_int_equal(alive(), 1);
  assert_story("close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_stream_without_a_socket_holds_nothing),
      SCENE(an_idle_connected_stream_holds_nothing),
      SCENE(a_bound_stream_holds_nothing),
      SCENE(a_reader_holds_until_it_stops),
      SCENE(a_reader_holds_until_the_end),
      SCENE(an_unrefd_reader_is_active_and_holds_nothing),
      SCENE(unref_before_reading_counts_as_well),
      SCENE(an_unrefd_reader_with_a_pending_write_holds),
      SCENE(a_write_that_was_sent_holds_until_it_is_told),
      SCENE(a_shutdown_holds_until_it_is_told),
      SCENE(an_unrefd_connect_holds_until_it_is_told),
      SCENE(a_connect_that_fails_holds_nothing_after),
      SCENE(a_retrying_connect_holds_although_nothing_is_polled),
      SCENE(a_listener_holds_unless_unrefd),
      SCENE(a_listener_that_pauses_holds_as_one_that_polls),
      SCENE(an_end_to_be_told_again_holds),
      SCENE(a_closing_stream_holds_until_its_callback),
      SCENE(each_stream_counts_for_itself),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
