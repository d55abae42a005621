/* What has ended, and what comes next: the table of stream.c, where test_read_end
 * and test_write_end do not have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/info.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

/* On AF_VSOCK, whose kernel hides that a peer has died from one who is blocked.
 */
static hvuv_stream_t* blocked(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  turn();
  return s;
}

/* --- The peer dies while we are blocked ----------------------------------- */

static void one_that_is_blocked_finds_a_death_that_nothing_reports(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = blocked(&sock);
  scene_write(s, "w2", "two");
  fake_next(FAKE_SEND, UV_EPIPE);
  loop_run_until(scene_loop(), scene_flag("w2"));
  assert_story("w1:EPIPE w2:ECANCELED");
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void a_peer_that_only_waits_is_asked_twice_a_second_no_more(
    void** state) {
  uv_os_sock_t sock;

  (void) state;
  blocked(&sock);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  turns(20);
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  assert_int_not_equal(uv_backend_timeout(scene_loop()), -1);
  assert_true(uv_backend_timeout(scene_loop()) <= 500);
}

static void it_goes_on_asking(void** state) {
  uv_os_sock_t sock;

  (void) state;
  blocked(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  fake_next(FAKE_SEND, UV_ECONNRESET);
  loop_run_until(scene_loop(), scene_flag("w1"));
  assert_story("w1:ECONNRESET");
  assert_int_equal(fake_calls(FAKE_SEND), 3);
}

static void asking_may_also_send(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = blocked(&sock);
  scene_shutdown(s, "shutdown");
  fake_next(FAKE_SEND, FAKE_ALL);
  loop_run_until(scene_loop(), scene_flag("shutdown"));
  assert_story("w1:0 shutdown:0");
  assert_string_equal(fake_sent(sock), "one");
}

static void one_that_is_no_longer_blocked_asks_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = blocked(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_story("w1:0");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);

  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w2", "two");
  turn();
  fake_next(FAKE_SEND, UV_EPIPE);
  loop_run_until(scene_loop(), scene_flag("w2"));
  assert_story("w2:EPIPE");
}

/* A Unix socket hides a peer that ends its reading alone. */
static void sockets_of_no_family_of_ours_are_asked_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open_foreign(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  fake_next(FAKE_SEND, UV_EPIPE);
  loop_run_until(scene_loop(), scene_flag("w1"));
  assert_story("w1:EPIPE");
}

static void a_write_that_blocks_allocates_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  long before;

  (void) state;
  s = scene_open(&sock);
  scene_write(s, "w0", "");
  turn();
  fake_next(FAKE_SEND, UV_EAGAIN);
  before = alloc_count();
  scene_write(s, "w1", "one");
  assert_int_equal(alloc_count(), before);
}

static void without_memory_for_an_alarm_the_stream_still_works(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  alloc_fail_nth(1);
  turn();
  assert_int_equal(alloc_has_failed(), 1);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("w1:0");
}

/* --- The peer ends its direction while we are blocked --------------------- */

static hvuv_stream_t* blocked_and_reading(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = blocked(sock);
  scene_read_start(s);
  fake_next(FAKE_RECV, 0);
  return s;
}

static void at_its_eof_one_send_is_tried(void** state) {
  uv_os_sock_t sock;

  (void) state;
  blocked_and_reading(&sock);
  fake_next(FAKE_SEND, UV_EPIPE);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("eof w1:EPIPE");
}

static void one_that_only_ended_its_direction_is_waited_for(void** state) {
  uv_os_sock_t sock;

  (void) state;
  blocked_and_reading(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("eof");
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  turns(20);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
}

static void closed_in_that_callback_nothing_is_tried(void** state) {
  uv_os_sock_t sock;

  (void) state;
  blocked_and_reading(&sock);
  scene_on("eof", scene_close);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("eof w1:ECANCELED close");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

/* --- A failed write ------------------------------------------------------- */

static void after_a_failed_write_reading_goes_on_to_its_own_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_next(FAKE_SEND, UV_EPIPE);
  scene_write(s, "w1", "one");
  turn();
  fake_input("answer");
  fake_poller_fire(sock, 0, UV_READABLE);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("w1:EPIPE read:6 eof");
}

/* --- Reset ---------------------------------------------------------------- */

static void on_close(hvuv_stream_t* s) {
  (void) s;
  trace("closed");
}

static void a_reset_closes_and_sends_nothing_more(void** state) {
  hvuv_stream_t s;
  uv_os_sock_t sock;
  hvuv_write_t reqs[2];
  uv_buf_t buf;

  (void) state;
  sock = fake_connected_socket();
  assert_int_equal(hvuv_init(scene_loop(), &s), 0);
  assert_int_equal(hvuv_open(&s, sock), 0);
  buf = uv_buf_init((char*) (uintptr_t) "x", 1);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_write(&reqs[0], &s, &buf, 1, NULL), 0);
  assert_int_equal(hvuv_write(&reqs[1], &s, &buf, 1, NULL), 0);

  assert_int_equal(hvuv_close_reset(&s, on_close), 0);
  assert_int_equal(hvuv_is_closing(&s), 1);
  assert_int_equal(hvuv_close_reset(&s, on_close), UV_EINVAL);
  assert_int_equal(hvuv_close_reset(NULL, on_close), UV_EINVAL);
  assert_int_equal(fake_was_reset(sock), 1);
  assert_string_equal(fake_sent(sock), "x");
  assert_story("");
  turn();
  assert_story("closed");
}

static void a_stream_without_a_socket_may_be_reset(void** state) {
  hvuv_stream_t s;

  (void) state;
  assert_int_equal(hvuv_init(scene_loop(), &s), 0);
  assert_int_equal(hvuv_close_reset(&s, on_close), 0);
  turn();
  assert_story("closed");
}

static void a_plain_close_resets_nothing(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_close(scene_open(&sock));
  assert_int_equal(fake_was_reset(sock), 0);
}

/* --- Close callbacks ------------------------------------------------------ */

static uv_check_t early;
static hvuv_stream_t* closing;

static void on_early_check(uv_check_t* handle) {
  if (scene_count("close") == 0 && hvuv_is_closing(closing))
    trace("check");
  uv_close((uv_handle_t*) handle, NULL);
}

/* The check handle is older than the loop's first stream. */
static void close_callbacks_run_after_all_check_handles(void** state) {
  uv_os_sock_t sock;

  (void) state;
  uv_check_init(scene_loop(), &early);
  uv_check_start(&early, on_early_check);
  closing = scene_open(&sock);
  scene_close(closing);
  turn();
  assert_story("check close");
}

static void on_late_check(uv_check_t* handle) {
  scene_close(closing);
  uv_close((uv_handle_t*) handle, NULL);
}

static void one_closed_in_a_check_callback_ends_in_that_turn(void** state) {
  uv_os_sock_t sock;

  (void) state;
  closing = scene_open(&sock);
  uv_check_init(scene_loop(), &early);
  uv_check_start(&early, on_late_check);
  turn();
  assert_story("close");
}

/* --- What is outstanding -------------------------------------------------- */

static void what_is_queued_is_outstanding(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(hvuv__stream_outstanding(s), 0);
  s = blocked(&sock);
  assert_int_equal(hvuv__stream_outstanding(s), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(one_that_is_blocked_finds_a_death_that_nothing_reports),
      SCENE(a_peer_that_only_waits_is_asked_twice_a_second_no_more),
      SCENE(it_goes_on_asking),
      SCENE(asking_may_also_send),
      SCENE(one_that_is_no_longer_blocked_asks_nothing),
      SCENE(sockets_of_no_family_of_ours_are_asked_too),
      SCENE(a_write_that_blocks_allocates_nothing),
      SCENE(without_memory_for_an_alarm_the_stream_still_works),
      SCENE(at_its_eof_one_send_is_tried),
      SCENE(one_that_only_ended_its_direction_is_waited_for),
      SCENE(closed_in_that_callback_nothing_is_tried),
      SCENE(after_a_failed_write_reading_goes_on_to_its_own_end),
      SCENE(a_reset_closes_and_sends_nothing_more),
      SCENE(a_stream_without_a_socket_may_be_reset),
      SCENE(a_plain_close_resets_nothing),
      SCENE(close_callbacks_run_after_all_check_handles),
      SCENE(one_closed_in_a_check_callback_ends_in_that_turn),
      SCENE(what_is_queued_is_outstanding),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
