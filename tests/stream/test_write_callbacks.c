/* Writes made in callbacks: when they leave, and when they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

/* How often the hub looks at what is due, for one polling (loop/hub.c). */
#define ROUNDS 8

static void write_again(hvuv_stream_t* s) {
  scene_write(s, "again", "again");
}

static void a_write_in_a_write_callback_is_sent_at_once(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_again);
  scene_write(s, "w1", "one ");
  turn();
  assert_string_equal(fake_sent(sock), "one again");
  assert_story("w1:0 again:0");
}

static void one_behind_writes_that_left_together_is_sent_at_once_too(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w2", write_again);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three ");
  turn();
  assert_string_equal(fake_sent(sock), "one two three again");
  assert_story("w1:0 w2:0 w3:0 again:0");
}

static void write_two(hvuv_stream_t* s) {
  scene_write(s, "again", "again ");
  scene_write(s, "more", "more ");
}

static void those_of_a_write_callback_are_told_in_their_order(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_two);
  scene_on("w2", write_two);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  turn();
  assert_string_equal(fake_sent(sock), "one two again more again more ");
  assert_story("w1:0 w2:0 again:0 more:0 again:0 more:0");
  assert_int_equal(fake_calls(FAKE_SEND), 4);
}

static void writing_for_ever_starves_nobody(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on_every("again", write_again);
  write_again(s);
  turn();
  assert_int_equal(scene_count("again"), ROUNDS);
  turn();
  assert_int_equal(scene_count("again"), 2 * ROUNDS);
  trace_reset();
}

static void a_write_in_a_read_callback_is_sent_and_told_in_that_turn(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_trace_calls();
  scene_read_start(s);
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("(recv) read:5 (send) again:0");
}

static void a_write_in_a_read_callback_needs_no_turns_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  turn();
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_not_equal(uv_backend_timeout(scene_loop()), 0);
  turn();
  assert_story("read:5 again:0");
}

static void write_three(hvuv_stream_t* s) {
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
}

static void writes_in_a_read_callback_leave_together(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  scene_on("read", write_three);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:5 w1:0 w2:0 w3:0");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_string_equal(fake_sent(sock), "onetwothree");
}

static void write_and_shut(hvuv_stream_t* s) {
  write_three(s);
  scene_shutdown(s, "shutdown");
}

static void a_shutdown_in_a_read_callback_comes_after_its_writes(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_read_start(s);
  scene_on("eof", write_and_shut);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("eof w1:0 w2:0 w3:0 shutdown:0");
}

static void a_readable_wake_does_not_try_a_full_kernel(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  scene_on("read", write_again);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turns(2);
  assert_story("read:5");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_WRITABLE);
}

/* --- While it connects ---------------------------------------------------- */

static void write_late(hvuv_stream_t* s) {
  scene_write(s, "late", "late");
}

static void a_write_in_the_connect_callback_stays_behind_the_others(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_on("connect", write_late);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  turn();
  assert_story("connect:0 w1:0 w2:0 late:0");
  assert_string_equal(fake_sent(sock), "one two late");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void write_late_and_later(hvuv_stream_t* s) {
  scene_write(s, "late", "late");
  scene_write(s, "later", "later");
}

static void writes_in_the_connect_callback_leave_together(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_on("connect", write_late_and_later);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  turn();
  assert_story("connect:0 late:0 later:0");
  assert_string_equal(fake_sent(sock), "latelater");
  assert_int_equal(fake_calls(FAKE_SEND), 1);

  scene_write(s, "w1", "!");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  turn();
  assert_story("w1:0");
}

static void an_error_of_what_waited_for_the_connect_is_told(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_on("connect", write_late);
  fake_next(FAKE_SEND, UV_EPIPE);
  fire(sock);
  turn();
  assert_story("connect:0 w1:EPIPE late:ECANCELED");
}

static void much_that_waits_for_the_connect_is_not_tried(void** state) {
  static char bytes[65536];
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t buf;

  (void) state;
  s = scene_connecting(&sock);
  buf = uv_buf_init(bytes, sizeof(bytes));
  assert_int_equal(scene_write_bufs(s, "w1", &buf, 1), 0);
  assert_int_equal(scene_write_bufs(s, "w2", &buf, 1), 0);
  assert_int_equal(fake_calls(FAKE_SEND), 0);
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(sock);
  turn();
  assert_story("connect:0 w1:0 w2:0");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  assert_int_equal(fake_sent_size(sock), 2 * sizeof(bytes));
}

/* --- Completions that act ------------------------------------------------- */

/* One whose kernel is full, with a write that waits. */
static hvuv_stream_t* full(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w0", "one ");
  turn();
  return s;
}

static void write_again_twice(hvuv_stream_t* s) {
  write_again(s);
  write_again(s);
}

static void three_in_a_turn(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three ");
}

static void a_completion_of_several_may_write_again(void** state) {
  static const char* const labels[] = {"w1", "w2", "w3"};
  uv_os_sock_t sock;
  size_t i;

  (void) state;
  for (i = 0; i < 3; i++) {
    scene_on(labels[i], write_again_twice);
    three_in_a_turn(&sock);
    turn();
    assert_story("w1:0 w2:0 w3:0 again:0 again:0");
    assert_string_equal(fake_sent(sock), "one two three againagain");
  }
}

static void a_completion_of_several_may_close(void** state) {
  static const char* const labels[] = {"w1", "w2", "w3"};
  uv_os_sock_t sock;
  size_t i;

  (void) state;
  for (i = 0; i < 3; i++) {
    scene_on(labels[i], scene_close);
    three_in_a_turn(&sock);
    turns(2);
    assert_story("w1:0 w2:0 w3:0 close");
  }
}

static void write_again_and_close(hvuv_stream_t* s) {
  write_again_twice(s);
  scene_close(s);
}

static void a_completion_may_write_and_close(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_on("w2", write_again_and_close);
  three_in_a_turn(&sock);
  turns(2);
  assert_story("w1:0 w2:0 w3:0 again:0 again:0 close");
  assert_string_equal(fake_sent(sock), "one two three againagain");
}

/* So much that it leaves inside the call. */
static void write_much(hvuv_stream_t* s) {
  static char bytes[65536];
  uv_buf_t buf = uv_buf_init(bytes, sizeof(bytes));

  assert_int_equal(scene_write_bufs(s, "much", &buf, 1), 0);
}

static void writing_much_for_ever_starves_nobody(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  scene_on("w2", write_much);
  scene_on_every("much", write_much);
  three_in_a_turn(&sock);
  turn();
  assert_int_equal(scene_count("much"), ROUNDS - 1);
  for (i = 2; i < 4; i++) {
    turn();
    assert_int_equal(scene_count("much"), i * ROUNDS - 1);
  }
  trace_reset();
}

static void write_much_and_shut(hvuv_stream_t* s) {
  write_much(s);
  scene_shutdown(s, "shutdown");
}

static void a_shutdown_is_told_behind_much_that_left_before_it(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_on("w2", write_much_and_shut);
  three_in_a_turn(&sock);
  turn();
  assert_story("w1:0 w2:0 w3:0 much:0 shutdown:0");
  assert_int_equal(fake_calls(FAKE_SHUTDOWN), 1);
}

static void a_completion_of_one_may_close(void** state) {
  uv_os_sock_t sock;

  (void) state;
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", scene_close);
  scene_write(scene_open(&sock), "w1", "one");
  turns(2);
  assert_story("w1:0 close");
}

static void a_completion_of_one_may_write_and_close(void** state) {
  uv_os_sock_t sock;

  (void) state;
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", write_again_and_close);
  scene_write(scene_open(&sock), "w1", "one ");
  turns(2);
  assert_story("w1:0 again:0 again:0 close");
  assert_string_equal(fake_sent(sock), "one againagain");
}

static void a_completion_of_a_failed_write_may_write_again(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  scene_write(s, "w1", "two");
  scene_on("w0", write_again);
  fake_next(FAKE_SEND, UV_ENOMEM);
  fake_next(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_story("w0:ENOMEM w1:ECANCELED");
  assert_string_equal(fake_sent(sock), "again");
  turn();
  assert_story("again:0");
}

static void a_completion_of_a_failed_write_may_close(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  scene_write(s, "w1", "two");
  scene_on("w0", scene_close);
  fake_next(FAKE_SEND, UV_EPIPE);
  fire(sock);
  turn();
  assert_story("w0:EPIPE w1:ECANCELED close");
}

static void a_completion_may_write_while_others_wait(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = full(&sock);
  scene_write(s, "w1", "two ");
  scene_on("w0", write_again);
  fake_next(FAKE_SEND, 5);
  fire(sock);
  assert_story("w0:0");
  assert_int_equal(hvuv_get_write_queue_size(s), 8);
  turns(2);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  fake_next(FAKE_SEND, FAKE_ALL);
  fire(sock);
  assert_story("w1:0 again:0");
  assert_string_equal(fake_sent(sock), "one two again");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_write_in_a_write_callback_is_sent_at_once),
      SCENE(one_behind_writes_that_left_together_is_sent_at_once_too),
      SCENE(those_of_a_write_callback_are_told_in_their_order),
      SCENE(writing_for_ever_starves_nobody),
      SCENE(a_write_in_a_read_callback_is_sent_and_told_in_that_turn),
      SCENE(a_write_in_a_read_callback_needs_no_turns_end),
      SCENE(writes_in_a_read_callback_leave_together),
      SCENE(a_shutdown_in_a_read_callback_comes_after_its_writes),
      SCENE(a_readable_wake_does_not_try_a_full_kernel),
      SCENE(a_write_in_the_connect_callback_stays_behind_the_others),
      SCENE(writes_in_the_connect_callback_leave_together),
      SCENE(an_error_of_what_waited_for_the_connect_is_told),
      SCENE(much_that_waits_for_the_connect_is_not_tried),
      SCENE(a_completion_of_several_may_write_again),
      SCENE(a_completion_of_several_may_close),
      SCENE(a_completion_may_write_and_close),
      SCENE(a_completion_of_one_may_close),
      SCENE(a_completion_of_one_may_write_and_close),
      SCENE(a_completion_of_a_failed_write_may_write_again),
      SCENE(a_completion_of_a_failed_write_may_close),
      SCENE(a_completion_may_write_while_others_wait),
      SCENE(writing_much_for_ever_starves_nobody),
      SCENE(a_shutdown_is_told_behind_much_that_left_before_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
