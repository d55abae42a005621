/* A listener in trouble: no descriptors, errors for good, sick pollers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "family/family.h"
#include "support/alloc.h"
#include "support/between.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_READABLE);
}

static void take(hvuv_stream_t* server) {
  scene_accept(server);
}

static void want_of_descriptors_is_told_once_and_pauses(void** state) {
  static const int shortages[] = {
      UV_EMFILE, UV_ENFILE, UV_ENOBUFS, UV_ENOMEM, UV_ENETDOWN};
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
    s = scene_listener(&sock);
    fake_next(FAKE_ACCEPT, shortages[i]);
    fire(sock);
    assert_int_equal(fake_poller_wanted(sock), 0);
    assert_int_equal(hvuv_is_active(s), 1);
    turns(5);
    assert_int_equal(fake_calls(FAKE_ACCEPT), i + 1);
    scene_close(s);
    turn();
  }
  assert_story("connection:EMFILE close connection:ENFILE close "
               "connection:ENOBUFS close connection:ENOMEM close "
               "connection:ENETDOWN close");
}

/* Of which nobody knows whether it passes: it may. */
static void an_unknown_error_pauses_too_and_passes(void** state) {
  static const int unknown[] = {UV_UNKNOWN, UV_EACCES, UV_ENODEV, UV_EIO};
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  scene_on_every("connection", take);
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    s = scene_listener(&sock);
    fake_next(FAKE_ACCEPT, unknown[i]);
    fire(sock);
    assert_int_equal(fake_poller_wanted(sock), 0);
    assert_int_equal(hvuv_is_active(s), 1);
    fake_next(FAKE_ACCEPT, unknown[i]);
    fake_next(FAKE_ACCEPT, 0);
    loop_run_until(scene_loop(), scene_flag("connection"));
    assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
    scene_close(s);
    turn();
  }
  assert_non_null(strstr(trace_story(), "connection:UNKNOWN accept:EAGAIN"));
}

static void it_tries_again_by_itself_and_recovers(void** state) {
  const hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_listener(&sock);
  scene_on_every("connection", take);
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  assert_story("connection:EMFILE accept:EAGAIN");

  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fake_next(FAKE_ACCEPT, 0);
  loop_run_until(scene_loop(), scene_flag("connection"));
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);

  /* The second EMFILE was not told, and the loop did not spin. */
  assert_string_equal(trace_story(), "close connection:0");
  trace_reset();
  if (s->family->accept_sleeps)
    assert_int_equal(fake_calls(FAKE_ACCEPT), 3);
  else /* and one for who may come with the one that came */
    assert_between(fake_calls(FAKE_ACCEPT), 3, 4);

  /* After it has recovered the next shortage is news. */
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  assert_story("connection:EMFILE accept:EAGAIN");
}

static void it_recovers_when_nobody_waits_any_more(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  fake_next(FAKE_ACCEPT, UV_EAGAIN);
  for (i = 0; i < 10 && fake_calls(FAKE_ACCEPT) < 2; i++)
    uv_run(scene_loop(), UV_RUN_ONCE);
  assert_int_equal(fake_calls(FAKE_ACCEPT), 2);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  assert_story("connection:EMFILE");
}

static void close_while_it_pauses(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  scene_close(s);
  loop_run_out(scene_loop());
  assert_story("connection:EMFILE close");
}

static void close_in_the_callback_that_tells_it(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  scene_on("connection", scene_close);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  loop_run_out(scene_loop());
  assert_story("connection:EMFILE close");
}

static void the_pause_needs_no_memory(void** state) {
  uv_os_sock_t sock;
  long before;

  (void) state;
  scene_listener(&sock);
  before = alloc_count();
  fake_next(FAKE_ACCEPT, UV_ENOMEM);
  fire(sock);
  assert_story("connection:ENOMEM");
  assert_int_equal(alloc_count(), before);
}

static void a_final_error_is_told_once_and_ends_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EINVAL);
  fire(sock);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  turns(3);
  assert_story("connection:EINVAL");
}

static void a_final_error_after_a_shortage_ends_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fire(sock);
  fake_next(FAKE_ACCEPT, UV_EBADF);
  loop_run_until(scene_loop(), scene_flag("connection"));
  assert_story("connection:EMFILE connection:EBADF");
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void an_error_of_the_poll_is_told_by_its_true_name(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_ENETDOWN);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("connection:ENETDOWN");
  assert_int_equal(fake_poller_wanted(sock), 0);
}

static void the_sockets_own_word_comes_before_the_pollers(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_ENETDOWN);
  fake_poller_fire(sock, UV_EEXIST, 0);
  assert_story("connection:ENETDOWN");
}

static void an_error_of_the_poll_without_a_name_lets_accept_decide(
    void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EAGAIN);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void an_error_while_one_waits_is_told_when_that_is_taken(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("connection:0");
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 0);

  assert_non_null(scene_accept(s));
  fake_next(FAKE_TAKE_ERROR, UV_ENETDOWN);
  fake_poller_fire(sock, UV_EBADF, 0);
  assert_story("connection:ENETDOWN");
}

static void listen_does_not_wake_the_dead(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EINVAL);
  fire(sock);
  assert_int_equal(scene_listen(s), UV_EINVAL);
  assert_int_equal(fake_calls(FAKE_LISTEN), 1);
  assert_story("connection:EINVAL");
}

/* "It has stopped and can only be closed." A poller may
 * still have armed what is no longer wanted, and reports errors all the same
 * (poller_uv.c). */
static void when_it_has_ended_no_error_is_told_any_more(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EINVAL);
  fire(sock);
  fake_always(FAKE_TAKE_ERROR, UV_ENETDOWN);
  fake_poller_fire(sock, UV_EBADF, 0);
  turns(2);
  assert_story("connection:EINVAL");
}

static void when_it_has_ended_nothing_is_accepted_any_more(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EINVAL);
  fire(sock);
  fake_always(FAKE_ACCEPT, UV_EINVAL);
  fake_poller_fire(sock, UV_EBADF, 0);
  turns(2);
  assert_story("connection:EINVAL");
  assert_int_equal(fake_calls(FAKE_ACCEPT), 1);
}

/* As a reader and a connect are told, so that nobody waits for ever. */
static void a_poller_that_cannot_watch_is_told_later(void** state) {
  uv_os_sock_t sock;

  (void) state;
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_poller_fail_watch(UV_EEXIST, 100);
  scene_listener(&sock);
  assert_story("");
  turns(5);
  assert_story("connection:EEXIST");
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(want_of_descriptors_is_told_once_and_pauses),
      SCENE(an_unknown_error_pauses_too_and_passes),
      SCENE(it_tries_again_by_itself_and_recovers),
      SCENE(it_recovers_when_nobody_waits_any_more),
      SCENE(close_while_it_pauses),
      SCENE(close_in_the_callback_that_tells_it),
      SCENE(the_pause_needs_no_memory),
      SCENE(a_final_error_is_told_once_and_ends_it),
      SCENE(a_final_error_after_a_shortage_ends_it),
      SCENE(an_error_of_the_poll_is_told_by_its_true_name),
      SCENE(an_error_of_the_poll_without_a_name_lets_accept_decide),
      SCENE(when_it_has_ended_no_error_is_told_any_more),
      SCENE(when_it_has_ended_nothing_is_accepted_any_more),
      SCENE(a_poller_that_cannot_watch_is_told_later),
      SCENE(an_error_while_one_waits_is_told_when_that_is_taken),
      SCENE(listen_does_not_wake_the_dead),
      SCENE(the_sockets_own_word_comes_before_the_pollers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
