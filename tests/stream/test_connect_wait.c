/* A connect that takes its time: the timeout, and a backlog that is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/between.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE    "vsock://host:5000"
#define AN_HOUR 3600000

/* Under way, with a timeout of its own. */
static hvuv_stream_t* connecting_for(uint64_t timeout_ms) {
  hvuv_stream_t* s;

  s = scene_stream();
  assert_int_equal(hvuv_set_connect_timeout(s, timeout_ms), 0);
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  return s;
}

static void count_timer(uv_handle_t* handle, void* arg) {
  int* count = arg;

  if (handle->type == UV_TIMER && uv_is_active(handle))
    *count += 1;
}

/* Timers that will still ring. */
static int count_timers(void) {
  int count;

  count = 0;
  uv_walk(scene_loop(), count_timer, &count);
  return count;
}

static void when_the_timeout_passes_it_is_etimedout(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(1);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  scene_write(s, "w1", "one");
  loop_run_until(scene_loop(), scene_flag("w1"));
  assert_story("connect:ETIMEDOUT w1:ECANCELED");
  assert_int_equal(fake_is_open(sock), 0);
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
}

/* The loop was late: the kernel had finished in time, the alarm came first. */
static void what_was_done_in_time_is_no_timeout(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(1);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  fake_finish_connect(sock);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
}

static void what_failed_in_time_is_no_timeout(void** state) {
  (void) state;
  connecting_for(1);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNREFUSED);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:ECONNREFUSED");
}

static void a_reply_that_came_in_time_is_no_timeout(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, 1);
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_connect(s, "connect", "hybrid://vm.sock:5000"), 0);
  fake_input("OK 1\n");
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
}

static void a_hypervisor_that_does_not_reply_has_a_limit_by_default(
    void** state) {
  (void) state;
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(
      scene_connect(scene_stream(), "connect", "hybrid://vm.sock:5000"), 0);
  assert_int_equal(count_timers(), 1);
  turn();
  assert_between(uv_backend_timeout(scene_loop()), 4000, 5000);
}

static void the_timeout_is_the_systems_too(void** state) {
  (void) state;
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  connecting_for(AN_HOUR);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 1);
  connecting_for(UINT64_MAX);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 2);
  connecting_for(0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 2);
  turn();
  assert_story("");
}

static void success_stops_the_clock(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = connecting_for(AN_HOUR);
  assert_int_equal(count_timers(), 1);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(count_timers(), 0);
  turn();
  assert_story("connect:0");
}

static void failure_stops_the_clock(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = connecting_for(AN_HOUR);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_int_equal(count_timers(), 0);
  turn();
  assert_story("connect:ECONNRESET");
}

static void without_a_timeout_there_is_no_clock(void** state) {
  (void) state;
  connecting_for(0);
  assert_int_equal(count_timers(), 0);
}

static void the_timeout_holds_for_the_next_connect_too(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(1);
  loop_run_until(scene_loop(), scene_flag("connect"));
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "again", HERE), 0);
  loop_run_until(scene_loop(), scene_flag("again"));
  assert_story("connect:ETIMEDOUT again:ETIMEDOUT");
}

static void a_timeout_taken_back_holds_no_more(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(1);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_int_equal(hvuv_set_connect_timeout(s, 0), 0);
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "again", HERE), 0);
  assert_int_equal(count_timers(), 0);
  assert_story("connect:ETIMEDOUT");
}

static void the_timeout_is_not_changed_on_the_way(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(AN_HOUR);
  assert_int_equal(hvuv_set_connect_timeout(s, 1), UV_EALREADY);
  scene_close(s);
  assert_int_equal(hvuv_set_connect_timeout(s, 1), UV_EINVAL);
}

static void close_stops_the_clock(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = connecting_for(1);
  scene_close(s);
  loop_run_out(scene_loop());
  assert_story("connect:ECANCELED close");
}

static void without_memory_for_the_clock_it_fails_later(void** state) {
  hvuv_stream_t* s;
  long n;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, AN_HOUR);
  for (n = 1; n <= 2; n++) {
    alloc_fail_nth(n);
    fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
    trace_status("verb", scene_connect(s, "connect", HERE));
    turn();
  }
  assert_story("verb:ENOMEM verb:0 connect:ENOMEM");
  fake_forget_script();
}

static void a_full_backlog_is_tried_again(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 1);

  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
  assert_int_equal(fake_calls(FAKE_CONNECT), 4);
  assert_int_equal(fake_calls(FAKE_SOCKET), 1);
}

static void a_full_backlog_may_end_in_a_wait(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, AN_HOUR);
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  for (i = 0; i < 100000 && fake_calls(FAKE_CONNECT) < 2; i++)
    turn();
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  assert_int_equal(count_timers(), 1);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("connect:0");
}

static void a_full_backlog_may_end_in_a_failure(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, UV_ECONNREFUSED);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:ECONNREFUSED");
}

static void a_full_backlog_is_waited_for_within_the_timeout(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, 20);
  fake_always(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:ETIMEDOUT");

  /* At 0, 1, 3, 7, 15 and 20 ms, or fewer times on a slow machine. */
  assert_between(fake_calls(FAKE_CONNECT), 2, 6);
}

static void close_ends_the_trying(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  scene_write(s, "w1", "one");
  scene_close(s);
  loop_run_out(scene_loop());
  assert_story("connect:ECANCELED w1:ECANCELED close");
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
}

static void an_error_at_a_socket_that_waits_for_room_is_no_end(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  fake_poller_fire(sock, UV_EBADF, 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(when_the_timeout_passes_it_is_etimedout),
      SCENE(what_was_done_in_time_is_no_timeout),
      SCENE(what_failed_in_time_is_no_timeout),
      SCENE(a_reply_that_came_in_time_is_no_timeout),
      SCENE(a_hypervisor_that_does_not_reply_has_a_limit_by_default),
      SCENE(the_timeout_is_the_systems_too),
      SCENE(success_stops_the_clock),
      SCENE(failure_stops_the_clock),
      SCENE(without_a_timeout_there_is_no_clock),
      SCENE(the_timeout_holds_for_the_next_connect_too),
      SCENE(the_timeout_is_not_changed_on_the_way),
      SCENE(close_stops_the_clock),
      SCENE(without_memory_for_the_clock_it_fails_later),
      SCENE(a_full_backlog_is_tried_again),
      SCENE(a_full_backlog_may_end_in_a_wait),
      SCENE(a_full_backlog_may_end_in_a_failure),
      SCENE(a_full_backlog_is_waited_for_within_the_timeout),
      SCENE(close_ends_the_trying),
      SCENE(an_error_at_a_socket_that_waits_for_room_is_no_end),
      SCENE(a_timeout_taken_back_holds_no_more),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
