/* hvuv_try_write(): what the kernel takes now, and nothing out of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void try_write_sends_what_the_kernel_takes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_next(FAKE_SEND, 2);
  fake_next(FAKE_SEND, UV_EAGAIN);
  fake_next(FAKE_SEND, UV_ENOBUFS);
  fake_next(FAKE_SEND, UV_ECONNRESET);
  assert_int_equal(scene_try_write(s, "hello"), 5);
  assert_int_equal(scene_try_write(s, "world"), 2);
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);
  assert_int_equal(scene_try_write(s, "x"), UV_ECONNRESET);
  assert_string_equal(fake_sent(sock), "hellowo");
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  turn();
  assert_story("");
}

static void try_write_waits_behind_what_is_queued(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);

  fake_next(FAKE_SEND, UV_EAGAIN);
  turn();
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);

  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_try_write(s, "x"), 1);
  turn();
  assert_story("w1:0 w2:0");
  assert_string_equal(fake_sent(sock), "onetwox");
}

static void try_write_waits_for_the_connect(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(scene_try_write(s, "x"), UV_EAGAIN);
  turn();
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_try_write(s, "x"), 1);
  assert_story("connect:0");
}

static void try_write_takes_no_more_buffers_than_the_system(void** state) {
  static uv_buf_t bufs[1030];
  static char byte[] = "x";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  for (i = 0; i < 1030; i++)
    bufs[i] = uv_buf_init(byte, 1);
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_try_write(s, bufs, 1030), 1024);
}

static void try_write_goes_between_but_not_past_what_is_queued(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one ");
  assert_int_equal(scene_try_write(s, "two "), 4);
  scene_write(s, "w3", "three");
  assert_int_equal(scene_try_write(s, "four"), UV_EAGAIN);
  turn();
  assert_story("w1:0 w3:0");
  assert_string_equal(fake_sent(sock), "one two three");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(try_write_sends_what_the_kernel_takes),
      SCENE(try_write_waits_behind_what_is_queued),
      SCENE(try_write_waits_for_the_connect),
      SCENE(try_write_takes_no_more_buffers_than_the_system),
      SCENE(try_write_goes_between_but_not_past_what_is_queued),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
