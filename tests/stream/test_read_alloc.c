/* Reading: the buffers that alloc_cb lends, and what it may do besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void stop_reading(hvuv_stream_t* s) {
  hvuv_read_stop(s);
}

static void stop_and_start(hvuv_stream_t* s) {
  hvuv_read_stop(s);
  scene_read_start(s);
}

static void no_buffer_is_enobufs_and_reading_goes_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);

  scene_alloc_size(10);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:ENOBUFS read:5");
}

static void stop_in_alloc_cb_gives_the_buffer_back(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", stop_reading);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:0");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void stop_in_alloc_cb_without_a_buffer_tells_nothing(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(0);
  scene_on("alloc", stop_reading);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("");
}

/* Buffers that are none: bytes with no place, a place with no bytes. */

static uv_buf_t odd_buffer;

static void odd_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = odd_buffer;
}

static void odd_alloc_and_stop(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  odd_alloc(s, size, buf);
  hvuv_read_stop(s);
}

static void odd_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  trace_status("odd", n);
}

static void read_into_an_odd_buffer(char* base, size_t len) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  odd_buffer = uv_buf_init(base, (unsigned int) len);
  s = scene_open(&sock);
  assert_int_equal(hvuv_read_start(s, odd_alloc, odd_read), 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("odd:ENOBUFS");
  hvuv_read_stop(s);

  assert_int_equal(hvuv_read_start(s, odd_alloc_and_stop, odd_read), 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
}

static void bytes_with_no_place_are_no_buffer(void** state) {
  (void) state;
  read_into_an_odd_buffer(NULL, 10);
}

static void a_place_with_no_bytes_is_no_buffer(void** state) {
  static char place[1];

  (void) state;
  read_into_an_odd_buffer(place, 0);
}

static int allocs;

/* A buffer at first, then it sets nothing at all. */
static void forgetful_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  static char place[4];

  (void) s;
  (void) size;
  if (allocs++ == 0)
    *buf = uv_buf_init(place, sizeof(place));
}

static void an_alloc_cb_that_sets_nothing_gives_no_buffer(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  allocs = 0;
  s = scene_open(&sock);
  assert_int_equal(hvuv_read_start(s, forgetful_alloc, odd_read), 0);
  fake_input("full");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("odd:4 odd:ENOBUFS");
}

static void close_in_alloc_cb_gives_the_buffer_back(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", scene_close);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:0");
  turn();
  assert_story("close");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
}

static void close_in_alloc_cb_without_a_buffer_only_closes(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_alloc_size(0);
  scene_on("alloc", scene_close);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("close");
}

static void restart_in_alloc_cb_reads_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", stop_and_start);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:5");
}

static void stop_twice_and_start(hvuv_stream_t* s) {
  hvuv_read_stop(s);
  stop_and_start(s);
}

static void stopped_twice_and_restarted_in_alloc_cb_it_reads_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", stop_twice_and_start);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:5");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void start_and_stop(hvuv_stream_t* s) {
  stop_and_start(s);
  hvuv_read_stop(s);
}

static void a_restart_taken_back_in_alloc_cb_is_none(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", start_and_stop);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("read:0");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
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

static void read_elsewhere(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  trace_status("elsewhere", n);
}

/* The same alloc_cb with another read_cb, and the other way round. */
static int others_are;

static void stop_and_start_half(hvuv_stream_t* s) {
  hvuv_alloc_cb alloc_cb;
  hvuv_read_cb read_cb;

  alloc_cb = others_are == 1 ? other_alloc : s->alloc_cb;
  read_cb = others_are == 0 ? read_elsewhere : s->read_cb;
  hvuv_read_stop(s);
  trace_status("start", hvuv_read_start(s, alloc_cb, read_cb));
}

static void one_other_callback_in_alloc_cb_is_enough(void** state) {
  uv_os_sock_t sock;

  (void) state;
  for (others_are = 0; others_are < 2; others_are++) {
    scene_read_start(scene_open(&sock));
    scene_on("alloc", stop_and_start_half);
    fake_poller_fire(sock, 0, UV_READABLE);
    assert_story("start:0 read:0");
    assert_int_equal(fake_calls(FAKE_RECV), 0);
  }
}

static void restart_with_others_in_alloc_cb_gives_each_its_own(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  scene_on("alloc", start_others);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("start:0 read:0");

  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("other:5");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(no_buffer_is_enobufs_and_reading_goes_on),
      SCENE(stop_in_alloc_cb_gives_the_buffer_back),
      SCENE(stop_in_alloc_cb_without_a_buffer_tells_nothing),
      SCENE(bytes_with_no_place_are_no_buffer),
      SCENE(a_place_with_no_bytes_is_no_buffer),
      SCENE(an_alloc_cb_that_sets_nothing_gives_no_buffer),
      SCENE(close_in_alloc_cb_gives_the_buffer_back),
      SCENE(close_in_alloc_cb_without_a_buffer_only_closes),
      SCENE(restart_in_alloc_cb_reads_on),
      SCENE(stopped_twice_and_restarted_in_alloc_cb_it_reads_on),
      SCENE(a_restart_taken_back_in_alloc_cb_is_none),
      SCENE(one_other_callback_in_alloc_cb_is_enough),
      SCENE(restart_with_others_in_alloc_cb_gives_each_its_own),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
