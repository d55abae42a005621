/* Alarms that are far away: that they ring, and what a loop waits for
 * meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv/loop.h"
#include "loop/far_alarm.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "sys/timer.h"

#define FAR_MS 60000

typedef struct scene_s {
  uv_loop_t* loop;
  uv_async_t holder; /* of the loop, which an alarm does not hold */
  hvuv__far_alarm_t* alarm;
  int rung;
} scene_t;

static scene_t scene;

static void on_ring(void* owner) {
  scene_t* s = owner;

  s->rung++;
}

static void open_alarm(int uses_descriptor) {
  assert_int_equal(
      hvuv__far_alarm_open(
          scene.loop, uses_descriptor, &scene, on_ring, &scene.alarm),
      0);
}

static int up(void** state) {
  (void) state;
  alloc_install();
  memset(&scene, 0, sizeof(scene));
  scene.loop = loop_open();
  return uv_async_init(scene.loop, &scene.holder, NULL);
}

static int down(void** state) {
  (void) state;
  if (scene.alarm != NULL)
    hvuv__far_alarm_close(scene.alarm);
  if (!uv_is_closing((uv_handle_t*) &scene.holder))
    uv_close((uv_handle_t*) &scene.holder, NULL);
  loop_run_out(scene.loop);
  loop_close(scene.loop);
  alloc_check();
  return 0;
}

#define ALARM(test) cmocka_unit_test_setup_teardown(test, up, down)

static int system_has_timers(void) {
  hvuv__sys_timer_t timer;

  memset(&timer, 0, sizeof(timer));
  if (hvuv__sys_timer_open(&timer) != 0)
    return 0;
  hvuv__sys_timer_close(&timer);
  return 1;
}

static void what_is_far_rings(void** state) {
  uint64_t begin;

  (void) state;
  open_alarm(1);
  begin = uv_hrtime();
  hvuv__far_alarm_set(scene.alarm, 1000);
  loop_run_until(scene.loop, &scene.rung);
  assert_true(uv_hrtime() - begin >= 1000u * 1000000u);
  loop_run_turns(scene.loop, 3);
  assert_int_equal(scene.rung, 1);
}

/* For ThreadSanitizer. */
static void use_many(void* arg) {
  hvuv__sys_timer_t timers[8];
  int round;
  int i;

  (void) arg;
  for (round = 0; round < 100; round++) {
    memset(timers, 0, sizeof(timers));
    for (i = 0; i < 8; i++)
      if (hvuv__sys_timer_open(&timers[i]) != 0)
        abort();
    for (i = 0; i < 8; i++)
      hvuv__sys_timer_set(&timers[i], uv_hrtime() + UINT64_C(1000000000));
    for (i = 0; i < 8; i++) {
      hvuv__sys_timer_take(&timers[i]);
      hvuv__sys_timer_close(&timers[i]);
    }
  }
}

static void loops_in_threads_have_timers_of_their_own(void** state) {
  uv_thread_t threads[2];
  int i;

  (void) state;
  if (!system_has_timers())
    skip();
  for (i = 0; i < 2; i++)
    assert_int_equal(uv_thread_create(&threads[i], use_many, NULL), 0);
  for (i = 0; i < 2; i++)
    assert_int_equal(uv_thread_join(&threads[i]), 0);
}

static void a_loop_waits_without_a_limit_for_what_is_far(void** state) {
  (void) state;
  if (!system_has_timers())
    skip();
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, FAR_MS);
  loop_run_turns(scene.loop, 1);
  assert_int_equal(uv_backend_timeout(scene.loop), -1);
}

static void without_a_descriptor_it_waits_for_the_alarm(void** state) {
  int timeout_ms;

  (void) state;
  open_alarm(0);
  hvuv__far_alarm_set(scene.alarm, FAR_MS);
  loop_run_turns(scene.loop, 1);
  timeout_ms = uv_backend_timeout(scene.loop);
  assert_true(timeout_ms > FAR_MS / 2 && timeout_ms <= FAR_MS);
}

static void what_is_near_rings_without_a_descriptor(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, 5);
  loop_run_until(scene.loop, &scene.rung);
  assert_int_equal(scene.rung, 1);
}

static void an_earlier_time_takes_the_place_of_a_later_one(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, FAR_MS);
  hvuv__far_alarm_set(scene.alarm, 1000);
  loop_run_until(scene.loop, &scene.rung);
  assert_int_equal(scene.rung, 1);
}

static void it_may_be_set_again_when_it_rings(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, 1000);
  loop_run_until(scene.loop, &scene.rung);
  scene.rung = 0;
  hvuv__far_alarm_set(scene.alarm, 1000);
  loop_run_until(scene.loop, &scene.rung);
  assert_int_equal(scene.rung, 1);
}

static void a_time_beyond_all_times_is_far(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, UINT64_MAX);
  loop_run_turns(scene.loop, 3);
  assert_int_equal(scene.rung, 0);
}

static void it_does_not_hold_its_loop(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, FAR_MS);
  uv_close((uv_handle_t*) &scene.holder, NULL);
  loop_run_out(scene.loop);
  assert_int_equal(scene.rung, 0);
}

static void close_ours(uv_handle_t* handle, void* arg) {
  (void) arg;
  if (hvuv_owns_handle(handle) && !uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void whoever_walks_the_loop_may_close_it(void** state) {
  (void) state;
  open_alarm(1);
  hvuv__far_alarm_set(scene.alarm, FAR_MS);
  uv_walk(scene.loop, close_ours, NULL);
  loop_run_turns(scene.loop, 3);
  hvuv__far_alarm_set(scene.alarm, 1000);
  hvuv__far_alarm_set(scene.alarm, 0);
  loop_run_turns(scene.loop, 3);
  assert_int_equal(scene.rung, 0);
}

static void without_memory_there_is_none(void** state) {
  hvuv__far_alarm_t* alarm;
  int n;

  (void) state;
  for (n = 1; n <= 2; n++) {
    alloc_fail_nth(n);
    assert_int_equal(
        hvuv__far_alarm_open(scene.loop, 1, &scene, on_ring, &alarm),
        UV_ENOMEM);
    assert_true(alloc_has_failed());
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ALARM(what_is_far_rings),
      ALARM(a_loop_waits_without_a_limit_for_what_is_far),
      ALARM(without_a_descriptor_it_waits_for_the_alarm),
      ALARM(what_is_near_rings_without_a_descriptor),
      ALARM(an_earlier_time_takes_the_place_of_a_later_one),
      ALARM(it_may_be_set_again_when_it_rings),
      cmocka_unit_test(loops_in_threads_have_timers_of_their_own),
      ALARM(a_time_beyond_all_times_is_far),
      ALARM(it_does_not_hold_its_loop),
      ALARM(whoever_walks_the_loop_may_close_it),
      ALARM(without_memory_there_is_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
