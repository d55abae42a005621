/* hvuv_follow_close() in every state and inside every callback, and follows on
 * loops that are walked, forgotten or forked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "follow_rig.h"
#include "support/loop.h"
#include "support/endpoint.h"
#include "support/stranger.h"
#include "support/trace.h"

static void expect_the_end(const char* story) {
  trace_reset();
  rig_close();
  assert_story("");
  loop_run_out(rig_loop);
  assert_story(story);
  assert_null(rig_follow.impl);
}

/* --- In every state ------------------------------------------------------- */

static void one_that_has_asked_nothing_yet(void** state) {
  (void) state;
  rig_start();
  expect_the_end("closed");
}

static void one_that_rests(void** state) {
  (void) state;
  rig_options.interval_ms = 3600000;
  rig_start();
  rig_run(1);
  expect_the_end("closed");
}

static void one_whose_lookup_is_out(void** state) {
  (void) state;
  rig_is_slow = 1;
  rig_start();
  rig_run(1);
  expect_the_end("closed");
  rig_finish(); /* What comes too late has nobody to come to. */
  loop_run_out(rig_loop);
  assert_story("");
}

static void one_whose_result_is_not_reported_yet(void** state) {
  (void) state;
  rig_is_slow = 1;
  rig_start();
  rig_run(1);
  rig_finish();
  expect_the_end("closed");
}

static void one_with_a_name_that_is_looked_up(void** state) {
  (void) state;
  endpoint_open();
  rig_options.resolve = NULL;
  rig_options.name = "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d";
  assert_int_equal(hvuv_addr_parse("local://any/5", &rig_options.addr), 0);
  rig_start();
  uv_run(rig_loop, UV_RUN_ONCE);
  expect_the_end("closed");
  endpoint_close();
}

static void nothing_is_legal_on_one_that_closes(void** state) {
  hvuv_addr_t addr;

  (void) state;
  rig_start();
  rig_close();
  assert_int_equal(hvuv_follow_check(&rig_follow), UV_EINVAL);
  assert_int_equal(hvuv_follow_addr(&rig_follow, &addr), UV_EINVAL);
  loop_run_out(rig_loop);
  assert_story("closed");
}

/* --- Inside callbacks ----------------------------------------------------- */

static void inside_the_news(void** state) {
  (void) state;
  rig_on_news = rig_close;
  rig_options.interval_ms = 1;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("ask at:vsock://3:5 closed");
}

static void inside_a_lookup_that_is_done_at_once(void** state) {
  (void) state;
  rig_on_ask = rig_close;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("ask closed");
}

static void inside_a_lookup_that_is_done_later(void** state) {
  (void) state;
  rig_on_ask = rig_close;
  rig_is_slow = 1;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("ask closed");
  rig_finish();
}

static int refuse_and_close(hvuv_lookup_t* lookup) {
  (void) lookup;
  rig_close();
  return UV_EPERM;
}

static void inside_a_lookup_that_is_refused(void** state) {
  (void) state;
  rig_options.resolve = refuse_and_close;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("closed");
}

/* --- Loops ---------------------------------------------------------------- */

static void a_follow_closes_after_a_walk(void** state) {
  (void) state;
  rig_options.interval_ms = 3600000;
  rig_start();
  rig_run(1);
  trace_reset();
  stranger_closes_hvuvs(rig_loop, NULL);
  rig_close();
  loop_run_out(rig_loop);
  assert_story("closed");
}

static void a_follow_that_closes_survives_a_walk(void** state) {
  (void) state;
  rig_options.interval_ms = 1;
  rig_start();
  rig_close();
  stranger_closes_hvuvs(rig_loop, stranger_on_closed);
  loop_run_out(rig_loop);
  assert_story("closed");
  assert_int_equal(stranger_owned, stranger_closed);
}

static void a_walked_loop_ends_while_a_lookup_is_out(void** state) {
  (void) state;
  rig_is_slow = 1;
  rig_start();
  rig_run(1);
  trace_reset();
  stranger_closes_hvuvs(rig_loop, NULL);
  loop_run_out(rig_loop);
  assert_story("");
  rig_finish();
  rig_close();
  loop_run_out(rig_loop);
  assert_story("closed");
}

#define CLOSE(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CLOSE(one_that_has_asked_nothing_yet),
      CLOSE(one_that_rests),
      CLOSE(one_whose_lookup_is_out),
      CLOSE(one_whose_result_is_not_reported_yet),
      CLOSE(one_with_a_name_that_is_looked_up),
      CLOSE(nothing_is_legal_on_one_that_closes),
      CLOSE(inside_the_news),
      CLOSE(inside_a_lookup_that_is_done_at_once),
      CLOSE(inside_a_lookup_that_is_done_later),
      CLOSE(inside_a_lookup_that_is_refused),
      CLOSE(a_follow_closes_after_a_walk),
      CLOSE(a_follow_that_closes_survives_a_walk),
      CLOSE(a_walked_loop_ends_while_a_lookup_is_out),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
