/* Writing: what fails, what is refused, and what is not called back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

static void an_error_is_told_to_its_write_and_cancels_the_rest(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
  fake_next(FAKE_SEND, 4);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  fake_next(FAKE_SEND, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_WRITABLE);

  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  turn();
  assert_story("w1:0 w2:ECONNRESET w3:ECANCELED");
}

static void a_write_of_nothing_in_front_does_not_fail(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_open(&sock);
  scene_write(s, "w0", "");
  scene_write(s, "w1", "");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
  fake_next(FAKE_SEND, UV_EPIPE);
  turn();
  assert_story("w0:0 w1:0 w2:EPIPE w3:ECANCELED");
}

static void an_immediate_error_is_told_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EPIPE);
  assert_int_equal(scene_write(s, "w1", "one"), 0);
  assert_story("");
  turn();
  assert_story("w1:EPIPE");
}

static void a_write_after_a_failed_one_is_tried(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_ECONNRESET);
  fake_next(FAKE_SEND, UV_EPIPE);
  scene_write(s, "w1", "one");
  turn();
  scene_write(s, "w2", "two");
  turn();
  assert_story("w1:ECONNRESET w2:EPIPE");
}

static void an_error_of_the_poll_reaches_a_blocked_write(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  fake_next(FAKE_TAKE_ERROR, UV_ETIMEDOUT);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("w1:ETIMEDOUT w2:ECANCELED");
}

static void an_error_of_the_poll_reaches_both_directions(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("read:ECONNRESET w1:ECONNRESET");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
}

static void close_in_the_reader_of_an_error_cancels_the_write(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  scene_on("read", scene_close);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("read:ECONNRESET w1:ECANCELED close");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void a_poller_that_cannot_watch_fails_the_write_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  fake_poller_fail_watch(UV_ENOMEM, 1);
  assert_int_equal(scene_write(s, "w1", "one"), 0);
  assert_story("");
  turns(3);
  assert_story("w1:ENOMEM");
}

static void a_poller_that_could_not_watch_is_told_of_once(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  fake_poller_fail_watch(UV_ENOMEM, 1);
  scene_write(s, "w1", "one");
  turns(3);
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);

  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w2", "two");
  turns(3);
  assert_story("w1:ENOMEM w2:0");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
}

static void more_buffers_than_memory_take_nothing(void** state) {
  static char bytes[] = "abcde";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[5];
  int i;

  (void) state;
  for (i = 0; i < 5; i++)
    bufs[i] = uv_buf_init(bytes + i, 1);
  s = scene_open(&sock);
  alloc_fail_nth(1);
  assert_int_equal(scene_write_bufs(s, "w5", bufs, 5), UV_ENOMEM);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
  turns(2);
  assert_story("");
  assert_int_equal(fake_calls(FAKE_SEND), 0);
}

static void writes_that_cannot_be_are_refused(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  hvuv_write_t req;
  uv_buf_t buf;

  (void) state;
  buf = uv_buf_init(NULL, 0);
  s = scene_stream();
  assert_int_equal(scene_write(s, "w", "x"), UV_EBADF);
  assert_int_equal(scene_try_write(s, "x"), UV_EBADF);

  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(scene_write(s, "w", "x"), UV_EPIPE);
  assert_int_equal(scene_listen(s), 0);
  assert_int_equal(scene_write(s, "w", "x"), UV_EPIPE);
  assert_int_equal(scene_try_write(s, "x"), UV_EPIPE);

  s = scene_open(&sock);
  assert_int_equal(hvuv_write(&req, s, NULL, 1, NULL), UV_EINVAL);
  assert_int_equal(hvuv_write(&req, s, &buf, 0, NULL), UV_EINVAL);
  assert_int_equal(hvuv_try_write(s, NULL, 1), UV_EINVAL);
  assert_int_equal(hvuv_try_write(s, &buf, 0), UV_EINVAL);
  assert_int_equal(hvuv_write(&req, s, &buf, (unsigned int) -42, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_try_write(s, &buf, (unsigned int) -42), UV_EINVAL);

  scene_close(s);
  assert_int_equal(scene_write(s, "w", "x"), UV_EBADF);
  assert_int_equal(scene_try_write(s, "x"), UV_EBADF);
}

static void a_write_without_a_callback_is_fine(void** state) {
  static char bytes[] = "abc";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_write_t reqs[2];
  uv_buf_t buf;

  (void) state;
  buf = uv_buf_init(bytes, 3);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_write(&reqs[0], s, &buf, 1, NULL), 0);
  assert_int_equal(hvuv_write(&reqs[1], s, &buf, 1, NULL), 0);
  assert_ptr_equal(reqs[1].handle, s);
  turn();
  assert_string_equal(fake_sent(sock), "abcabc");
  assert_int_equal(hvuv_is_active(s), 0);
}

/* The second write of a turn takes another way through hvuv_write(). */
static void a_second_write_that_cannot_be_is_refused(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_write_t req;
  uv_buf_t buf;

  (void) state;
  fake_always(FAKE_SEND, FAKE_ALL);
  s = scene_open(&sock);
  scene_write(s, "w1", "one");
  buf = uv_buf_init(NULL, 0);
  assert_int_equal(hvuv_write(&req, s, NULL, 1, NULL), UV_EINVAL);
  assert_int_equal(hvuv_write(&req, s, &buf, 0, NULL), UV_EINVAL);
  scene_close(s);
  assert_int_equal(scene_write(s, "w2", "two"), UV_EBADF);
  turn();
  assert_story("w1:0 close");

  s = scene_open(&sock);
  scene_write(s, "w1", "one");
  assert_int_equal(scene_shutdown(s, "shutdown"), 0);
  assert_int_equal(scene_write(s, "w2", "two"), UV_EPIPE);
  turn();
  assert_story("w1:0 shutdown:0");
}

static void the_only_write_of_a_turn_may_have_no_callback(void** state) {
  static char bytes[] = "abc";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_write_t req;
  uv_buf_t buf;

  (void) state;
  buf = uv_buf_init(bytes, 3);
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_write(&req, s, &buf, 1, NULL), 0);
  turn();
  assert_string_equal(fake_sent(sock), "abc");
  assert_int_equal(hvuv_is_active(s), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(an_error_is_told_to_its_write_and_cancels_the_rest),
      SCENE(a_write_of_nothing_in_front_does_not_fail),
      SCENE(an_immediate_error_is_told_later),
      SCENE(a_write_after_a_failed_one_is_tried),
      SCENE(an_error_of_the_poll_reaches_a_blocked_write),
      SCENE(an_error_of_the_poll_reaches_both_directions),
      SCENE(close_in_the_reader_of_an_error_cancels_the_write),
      SCENE(a_poller_that_cannot_watch_fails_the_write_later),
      SCENE(a_poller_that_could_not_watch_is_told_of_once),
      SCENE(more_buffers_than_memory_take_nothing),
      SCENE(writes_that_cannot_be_are_refused),
      SCENE(a_write_without_a_callback_is_fine),
      SCENE(a_second_write_that_cannot_be_is_refused),
      SCENE(the_only_write_of_a_turn_may_have_no_callback),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
