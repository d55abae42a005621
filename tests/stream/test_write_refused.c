/*
 * Writing where the system has no memory for it (ENOBUFS): the socket polls as
 * writable all the same, so who waits for that asks for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/write.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

/* Ten seconds of an alarm that rings twice a second. */
#define RINGS_MAX 20

static hvuv_stream_t* refused(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_always(FAKE_SEND, UV_ENOBUFS);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  turn();
  return s;
}

/* The alarm, without its half second. */
static void ring(hvuv_stream_t* s, int times) {
  int i;

  for (i = 0; i < times && s->state == HVUV__OPEN; i++) {
    hvuv__write_alarm(s);
    turn();
  }
}

static void a_refused_write_does_not_wait_for_writable(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int calls;

  (void) state;
  s = refused(&sock);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_true(uv_backend_timeout(scene_loop()) > 0); /* the alarm's */
  calls = fake_calls(FAKE_SEND);
  turns(5);
  assert_int_equal(fake_calls(FAKE_SEND), calls);
  assert_story("");
  scene_close(s);
  turn();
  assert_story("w1:ECANCELED w2:ECANCELED close");
}

static void it_is_tried_again_by_itself(void** state) {
  uv_os_sock_t sock;

  (void) state;
  refused(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  loop_run_until(scene_loop(), scene_flag("w2"));
  assert_story("w1:0 w2:0");
  assert_string_equal(fake_sent(sock), "onetwo");
}

static void it_is_not_tried_for_ever(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = refused(&sock);
  ring(s, RINGS_MAX - 2);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), 0);
  ring(s, 2);
  assert_story("w1:ENOBUFS w2:ECANCELED");
  assert_int_equal(hvuv_get_write_queue_size(s), 0);
}

static void a_write_after_a_refused_one_has_its_own_ten_seconds(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = refused(&sock);
  ring(s, RINGS_MAX);
  assert_story("w1:ENOBUFS w2:ECANCELED");
  scene_write(s, "w3", "three");
  turn();
  ring(s, RINGS_MAX / 2);
  assert_story("");
  fake_always(FAKE_SEND, FAKE_ALL);
  ring(s, 1);
  assert_story("w3:0");
}

static void one_byte_taken_begins_the_count_anew(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = refused(&sock);
  ring(s, RINGS_MAX - 2);
  fake_next(FAKE_SEND, 1);
  ring(s, 1);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE); /* merely full */
  ring(s, RINGS_MAX - 2);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), 0);
  fake_always(FAKE_SEND, FAKE_ALL);
  ring(s, 1);
  assert_story("w1:0 w2:0");
  assert_string_equal(fake_sent(sock), "onetwo");
}

static void a_full_kernel_after_it_is_waited_for(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = refused(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  ring(s, RINGS_MAX * 2);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("w1:0 w2:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_refused_write_does_not_wait_for_writable),
      SCENE(it_is_tried_again_by_itself),
      SCENE(it_is_not_tried_for_ever),
      SCENE(a_write_after_a_refused_one_has_its_own_ten_seconds),
      SCENE(one_byte_taken_begins_the_count_anew),
      SCENE(a_full_kernel_after_it_is_waited_for),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
