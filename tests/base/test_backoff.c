/* The delays between attempts: growth, cap, chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/backoff.h"
#include "support/between.h"

#define DRAWS 2000

static void without_jitter_delays_double_up_to_the_cap(void** state) {
  static const uint64_t delays[] = {200, 400, 800, 1000, 1000, 1000};
  hvuv__backoff_t backoff;
  size_t i;

  (void) state;
  hvuv__backoff_init(&backoff, 200, 1000, 0, 1);
  for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
    assert_int_equal(hvuv__backoff_next(&backoff), delays[i]);
  hvuv__backoff_reset(&backoff);
  assert_int_equal(hvuv__backoff_next(&backoff), 200);
}

static void jitter_stays_within_its_bounds_and_uses_them(void** state) {
  hvuv__backoff_t backoff;
  uint64_t shortest = UINT64_MAX;
  uint64_t longest = 0;
  uint64_t sum = 0;
  uint64_t delay;
  int i;

  (void) state;
  hvuv__backoff_init(&backoff, 1000, 1000, 20, 7);
  for (i = 0; i < DRAWS; i++) {
    delay = hvuv__backoff_next(&backoff);
    assert_between(delay, 800, 1200);
    sum += delay;
    if (delay < shortest)
      shortest = delay;
    if (delay > longest)
      longest = delay;
  }
  assert_between(shortest, 800, 810);
  assert_between(longest, 1190, 1200);
  assert_between(sum / DRAWS, 980, 1020);
}

static void chance_does_not_change_how_delays_grow(void** state) {
  hvuv__backoff_t backoff;
  uint64_t base;

  (void) state;
  hvuv__backoff_init(&backoff, 100, 100 << 10, 50, 3);
  for (base = 100; base <= 100 << 10; base *= 2)
    assert_between(hvuv__backoff_next(&backoff), base / 2, base / 2 * 3);
}

static void the_seed_decides(void** state) {
  hvuv__backoff_t a;
  hvuv__backoff_t b;
  hvuv__backoff_t c;
  int different = 0;
  int i;

  (void) state;
  hvuv__backoff_init(&a, 1000, 1000000, 100, 5);
  hvuv__backoff_init(&b, 1000, 1000000, 100, 5);
  hvuv__backoff_init(&c, 1000, 1000000, 100, 6);
  for (i = 0; i < 10; i++) {
    uint64_t delay = hvuv__backoff_next(&a);

    assert_int_equal(hvuv__backoff_next(&b), delay);
    different += hvuv__backoff_next(&c) != delay;
  }
  assert_true(different > 5);
}

static void no_delay_is_zero(void** state) {
  hvuv__backoff_t backoff;
  int i;

  (void) state;
  hvuv__backoff_init(&backoff, 1, 1, 100, 11);
  for (i = 0; i < DRAWS; i++)
    assert_between(hvuv__backoff_next(&backoff), 1, 2);
}

static void enormous_delays_do_not_wrap_around(void** state) {
  hvuv__backoff_t backoff;
  int i;

  (void) state;
  hvuv__backoff_init(&backoff, 1, UINT64_MAX, 0, 13);
  for (i = 0; i < 100; i++)
    hvuv__backoff_next(&backoff);
  assert_int_equal(hvuv__backoff_next(&backoff), UINT64_MAX / 4);
  hvuv__backoff_init(&backoff, UINT64_MAX, UINT64_MAX, 100, 17);
  for (i = 0; i < 100; i++)
    assert_between(hvuv__backoff_next(&backoff), 1, UINT64_MAX / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_jitter_delays_double_up_to_the_cap),
      cmocka_unit_test(jitter_stays_within_its_bounds_and_uses_them),
      cmocka_unit_test(chance_does_not_change_how_delays_grow),
      cmocka_unit_test(the_seed_decides),
      cmocka_unit_test(no_delay_is_zero),
      cmocka_unit_test(enormous_delays_do_not_wrap_around),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
