/* When a lookup is due, by a table of what happens when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "follow/rhythm.h"

#define NEVER HVUV__RHYTHM_NEVER

static hvuv__rhythm_t rhythm;
static hvuv_follow_options_t options;

static int setup(void** state) {
  (void) state;
  hvuv_follow_options_init(&options);
  options.interval_ms = 1000;
  options.min_interval_ms = 100;
  options.max_interval_ms = 3000;
  return 0;
}

static void start(uint64_t now_ms) {
  assert_int_equal(hvuv__rhythm_init(&rhythm, &options, now_ms), 0);
}

static void look_up(uint64_t from_ms, uint64_t to_ms, int has_failed) {
  assert_true(hvuv__rhythm_allows(&rhythm, from_ms));
  hvuv__rhythm_begin(&rhythm, from_ms);
  hvuv__rhythm_end(&rhythm, to_ms, has_failed);
}

static void the_first_is_due_at_once(void** state) {
  (void) state;
  start(50);
  assert_int_equal(hvuv__rhythm_due(&rhythm), 50);
  assert_true(hvuv__rhythm_allows(&rhythm, 50));
}

static void the_interval_counts_from_the_end(void** state) {
  (void) state;
  start(0);
  look_up(0, 700, 0);
  assert_int_equal(hvuv__rhythm_due(&rhythm), 1700);
}

static void a_check_is_due_as_soon_as_it_may_be(void** state) {
  (void) state;
  start(0);
  look_up(0, 10, 0);
  hvuv__rhythm_check(&rhythm);
  hvuv__rhythm_check(&rhythm);
  assert_int_equal(hvuv__rhythm_due(&rhythm), 100);
  assert_false(hvuv__rhythm_allows(&rhythm, 99));
  look_up(100, 110, 0);
  assert_int_equal(hvuv__rhythm_due(&rhythm), 1110);
}

static void without_an_interval_only_a_check_is(void** state) {
  (void) state;
  options.interval_ms = 0;
  start(0);
  look_up(0, 10, 0);
  assert_true(hvuv__rhythm_due(&rhythm) == NEVER);
  hvuv__rhythm_check(&rhythm);
  assert_int_equal(hvuv__rhythm_due(&rhythm), 100);
}

static void failures_make_it_rare_up_to_the_most(void** state) {
  static const uint64_t gaps_ms[] = {100, 200, 400, 800, 1600, 3000, 3000};
  uint64_t now_ms = 0;
  unsigned int i;

  (void) state;
  start(0);
  for (i = 0; i < sizeof(gaps_ms) / sizeof(gaps_ms[0]); i++) {
    look_up(now_ms, now_ms, 1);
    hvuv__rhythm_check(&rhythm);
    assert_int_equal(hvuv__rhythm_due(&rhythm), now_ms + gaps_ms[i]);
    now_ms += gaps_ms[i];
  }
  look_up(now_ms, now_ms, 0);
  hvuv__rhythm_check(&rhythm);
  assert_int_equal(hvuv__rhythm_due(&rhythm), now_ms + 100);
  look_up(now_ms + 100, now_ms + 100, 1);
  hvuv__rhythm_check(&rhythm);
  assert_int_equal(hvuv__rhythm_due(&rhythm), now_ms + 200);
}

static void failures_put_off_the_interval_too(void** state) {
  uint64_t now_ms = 0;
  int i;

  (void) state;
  options.interval_ms = 10;
  start(0);
  for (i = 0; i < 3; i++) {
    look_up(now_ms, now_ms, 1);
    now_ms = hvuv__rhythm_due(&rhythm);
  }
  assert_int_equal(now_ms, 100 + 200 + 400);
}

static void what_makes_no_sense_is_refused(void** state) {
  (void) state;
  options.min_interval_ms = 0;
  assert_int_equal(hvuv__rhythm_init(&rhythm, &options, 0), UV_EINVAL);
  options.min_interval_ms = options.max_interval_ms + 1;
  assert_int_equal(hvuv__rhythm_init(&rhythm, &options, 0), UV_EINVAL);
}

static void an_interval_of_all_time_is_never(void** state) {
  (void) state;
  options.interval_ms = UINT64_MAX;
  start(5);
  look_up(5, 6, 0);
  assert_true(hvuv__rhythm_due(&rhythm) == NEVER);
}

#define RHYTHM(test) cmocka_unit_test_setup(test, setup)

int main(void) {
  const struct CMUnitTest tests[] = {
      RHYTHM(the_first_is_due_at_once),
      RHYTHM(the_interval_counts_from_the_end),
      RHYTHM(a_check_is_due_as_soon_as_it_may_be),
      RHYTHM(without_an_interval_only_a_check_is),
      RHYTHM(failures_make_it_rare_up_to_the_most),
      RHYTHM(failures_put_off_the_interval_too),
      RHYTHM(what_makes_no_sense_is_refused),
      RHYTHM(an_interval_of_all_time_is_never),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
