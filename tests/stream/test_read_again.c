/* hvuv_read_start() after the end: it is told again, later. */
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

static void start(hvuv_stream_t* s) {
  trace_status("start", scene_read_start(s));
}

static void start_after_the_end_tells_it_again_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_int_equal(scene_read_start(s), 0);
  assert_int_equal(scene_read_start(s), UV_EALREADY);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_story("eof");
  turns(3);
  assert_story("eof");
  assert_int_equal(scene_count("alloc"), 1);
  assert_int_equal(fake_calls(FAKE_RECV), 1);
}

static void start_after_an_error_is_refused(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);
  assert_int_equal(hvuv_is_active(s), 0);
  turns(2);
  assert_story("read:ECONNRESET");
}

static void no_stream_is_no_stream_to_read(void** state) {
  (void) state;
  assert_int_equal(hvuv_read_start(NULL, NULL, NULL), UV_EINVAL);
  assert_int_equal(hvuv_read_stop(NULL), UV_EINVAL);
}

static void read_with_what(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  trace_status(buf->base == NULL && buf->len == 0 ? "empty" : "buffer", n);
}

static void give_4(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  static char place[4];

  (void) s;
  (void) size;
  *buf = uv_buf_init(place, sizeof(place));
}

static void the_second_telling_has_no_buffer(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(hvuv_read_start(s, give_4, read_with_what), 0);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_read_start(s, give_4, read_with_what), 0);
  turn();
  assert_story("buffer:EOF empty:EOF");
}

static void start_in_the_eof_callback_tells_it_again_later(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  scene_on("eof", start);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("eof start:0");
  turns(3);
  assert_story("eof");
}

/* Eight times for one polling (loop/hub.c). */
static void an_end_told_for_ever_starves_nobody(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock);
  scene_on_every("eof", start);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("eof start:0");
  turn();
  assert_int_equal(scene_count("eof"), 1 + 8);
  turn();
  assert_int_equal(scene_count("eof"), 1 + 16);
  trace_reset();
}

static void stop_takes_back_the_second_telling(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_read_start(s);
  hvuv_read_stop(s);
  turns(2);
  assert_story("eof");
}

static void close_takes_back_the_second_telling(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reading(&sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_read_start(s);
  scene_close(s);
  turns(2);
  assert_story("eof close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(start_after_the_end_tells_it_again_later),
      SCENE(start_after_an_error_is_refused),
      SCENE(no_stream_is_no_stream_to_read),
      SCENE(the_second_telling_has_no_buffer),
      SCENE(start_in_the_eof_callback_tells_it_again_later),
      SCENE(an_end_told_for_ever_starves_nobody),
      SCENE(stop_takes_back_the_second_telling),
      SCENE(close_takes_back_the_second_telling),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
