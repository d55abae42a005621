/* The end of the turn: who is called back in it, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void callbacks_run_in_the_order_they_were_due(void** state) {
  hvuv_stream_t* one;
  hvuv_stream_t* two;
  uv_os_sock_t sock;

  (void) state;
  one = scene_open(&sock);
  two = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(two, "two", "x");
  scene_write(one, "one", "x");
  scene_write(two, "two", "x");
  turn();
  assert_story("two:0 two:0 one:0");
}

static hvuv_stream_t* victim;

static void close_victim(hvuv_stream_t* s) {
  (void) s;
  scene_close(victim);
}

static void a_stream_may_close_one_that_is_due_after_it(void** state) {
  hvuv_stream_t* one;
  uv_os_sock_t sock;

  (void) state;
  one = scene_open(&sock);
  victim = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("one", close_victim);
  scene_write(one, "one", "x");
  scene_write(victim, "victim", "x");
  turns(2);
  assert_story("one:0 victim:0 close");
}

static void a_stream_may_close_one_that_was_due_before_it(void** state) {
  hvuv_stream_t* two;
  uv_os_sock_t sock;

  (void) state;
  victim = scene_open(&sock);
  two = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("two", close_victim);
  scene_write(victim, "victim", "x");
  scene_write(two, "two", "x");
  turns(2);
  assert_story("victim:0 two:0 close");
}

static void a_close_callback_may_close_another(void** state) {
  hvuv_stream_t* one;

  (void) state;
  one = scene_stream();
  victim = scene_stream();
  scene_on("close", close_victim);
  scene_close(one);
  turns(2);
  assert_story("close close");
}

static void the_loop_does_not_block_while_something_is_due(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_always(FAKE_SEND, FAKE_ALL);
  turn();
  assert_int_not_equal(uv_backend_timeout(scene_loop()), 0);
  scene_write(s, "w1", "x");
  assert_int_equal(uv_backend_timeout(scene_loop()), 0);
  turn();
  assert_int_not_equal(uv_backend_timeout(scene_loop()), 0);
  assert_story("w1:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(callbacks_run_in_the_order_they_were_due),
      SCENE(a_stream_may_close_one_that_is_due_after_it),
      SCENE(a_stream_may_close_one_that_was_due_before_it),
      SCENE(a_close_callback_may_close_another),
      SCENE(the_loop_does_not_block_while_something_is_due),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
