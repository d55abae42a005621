/* A loop for a test. The watchdog is an unref'd timer of the same loop, so it
 * wakes a loop that would block for ever and holds none. */
#include "loop.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "turn.h"

#define SECONDS_MAX (50 * HVUV_TEST_TIME_FACTOR)
#define TURNS_MAX   1000000

typedef struct test_loop_s {
  uv_loop_t uv; /* first: the loop is its test_loop */
  uv_timer_t watchdog;
  turn_t turn;
  int expired;
} test_loop_t;

static test_loop_t* of(uv_loop_t* loop) {
  return (test_loop_t*) loop;
}

static void on_watchdog(uv_timer_t* timer) {
  of(timer->loop)->expired = 1;
}

uv_loop_t* loop_open(void) {
  test_loop_t* t;

  t = calloc(1, sizeof(*t));
  assert_non_null(t);
  assert_int_equal(uv_loop_init(&t->uv), 0);
  assert_int_equal(uv_timer_init(&t->uv, &t->watchdog), 0);
  uv_unref((uv_handle_t*) &t->watchdog);
  turn_open(&t->turn, &t->uv);
  return &t->uv;
}

static void name_handle(uv_handle_t* handle, void* arg) {
  int* count = arg;

  if (handle == (uv_handle_t*) &of(handle->loop)->watchdog ||
      handle == (uv_handle_t*) &of(handle->loop)->turn.prepare)
    return;
  *count += 1;
  print_error("  left on the loop: %s%s%s%s\n",
              uv_handle_type_name(handle->type),
              uv_is_active(handle) ? ", active" : "",
              uv_has_ref(handle) ? ", ref" : "",
              uv_is_closing(handle) ? ", closing" : "");
}

static int name_handles(uv_loop_t* loop) {
  int count;

  count = 0;
  uv_walk(loop, name_handle, &count);
  return count;
}

void loop_close(uv_loop_t* loop) {
  int left;

  left = name_handles(loop);
  if (left != 0)
    fail_msg("%d handles are left on the loop", left);

  uv_close((uv_handle_t*) &of(loop)->watchdog, NULL);
  turn_close(&of(loop)->turn);
  uv_run(loop, UV_RUN_NOWAIT);
  assert_int_equal(uv_loop_close(loop), 0);
  free(of(loop));
}

static void start_watchdog(uv_loop_t* loop) {
  of(loop)->expired = 0;
  uv_update_time(loop);
  uv_timer_start(
      &of(loop)->watchdog, on_watchdog, (uint64_t) SECONDS_MAX * 1000, 0);
  uv_unref((uv_handle_t*) &of(loop)->watchdog);
}

/* Turns until *flag, or, with none, until nothing holds the loop. */
static const char* run(uv_loop_t* loop, const int* flag) {
  int turns;

  for (turns = 0; flag == NULL || *flag == 0; turns++) {
    if (!uv_loop_alive(loop))
      return flag == NULL ? NULL : "the loop has nothing left to do";
    if (of(loop)->expired)
      return "the watchdog has barked";
    if (turns == TURNS_MAX)
      return "the loop turns without end";
    turn_once(&of(loop)->turn);
  }
  return NULL;
}

static void run_watched(uv_loop_t* loop, const int* flag) {
  const char* trouble;

  start_watchdog(loop);
  trouble = run(loop, flag);
  uv_timer_stop(&of(loop)->watchdog);
  if (trouble != NULL) {
    name_handles(loop);
    fail_msg("%s", trouble);
  }
}

void loop_run_until(uv_loop_t* loop, const int* flag) {
  run_watched(loop, flag);
}

void loop_run_out(uv_loop_t* loop) {
  run_watched(loop, NULL);
}

void loop_run_turns(uv_loop_t* loop, int n) {
  int i;

  for (i = 0; i < n; i++)
    uv_run(loop, UV_RUN_NOWAIT);
}
