/* How many connections a listener learns to ask for. A table of wake-ups: in which
 * turn, how many callers there were, and for how many it asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream/accepts.h"
#include "support/between.h"

static hvuv__accepts_t accepts;
static unsigned int turn;

static int up(void** state) {
  (void) state;
  memset(&accepts, 0, sizeof(accepts));
  turn = 0;
  return 0;
}

#define ACCEPTS(test) cmocka_unit_test_setup(test, up)

/* A wake-up `after` turns since the last, with so many callers; returns how many
 * times it asks. */
static unsigned int wake(unsigned int after, unsigned int callers) {
  unsigned int most;
  unsigned int asked;

  turn += after;
  most = hvuv__accepts_begin(&accepts, turn, 1);
  asked = callers < most ? callers + 1 : most;
  hvuv__accepts_end(&accepts, asked, callers < most);
  return asked;
}

static void who_comes_alone_is_asked_for_alone(void** state) {
  int i;

  (void) state;
  for (i = 0; i < 10; i++)
    assert_int_equal(wake(2, 1), 1);
}

static void a_crowd_is_taken_in_few_turns(void** state) {
  static const unsigned int asked[] = {1, 2, 4, 8, 16, 32, 32, 32};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
    assert_int_equal(wake(1, 1000), asked[i]);
}

static void a_turn_without_callers_starts_anew(void** state) {
  (void) state;
  wake(1, 9);
  wake(1, 9);
  assert_int_equal(wake(1, 9), 4);
  assert_int_equal(wake(2, 9), 1);
  assert_int_equal(wake(1, 9), 2);
}

static void asking_in_vain_makes_patient(void** state) {
  static const unsigned int asked[] = {1, 1, 2, 4};
  size_t i;

  (void) state;
  wake(1, 1);
  assert_int_equal(wake(1, 1), 2); /* the second in vain */
  for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
    assert_int_equal(wake(1, 9), asked[i]);
}

/* However long they go on, two that alternate cost one call in vain in ten. */
static void patience_has_an_end(void** state) {
  unsigned int in_vain = 0;
  int i;

  (void) state;
  for (i = 0; i < 1000; i++)
    in_vain += wake(1, 1) - 1;
  assert_between(in_vain, 100, 115);
}

static void a_full_house_takes_patience_away(void** state) {
  int i;

  (void) state;
  for (i = 0; i < 100; i++)
    wake(1, 1);
  for (i = 0; i < 20; i++)
    wake(1, 1000);
  wake(2, 1000);
  assert_int_equal(wake(1, 1000), 2);
}

static void the_number_of_the_turn_may_overflow(void** state) {
  (void) state;
  turn = UINT32_MAX - 1;
  wake(0, 9);
  assert_int_equal(wake(1, 9), 2);
  assert_int_equal(wake(1, 9), 4);
}

static void where_waiting_is_dear_all_are_asked_for_at_once(void** state) {
  (void) state;
  assert_int_equal(hvuv__accepts_begin(&accepts, 1, HVUV__ACCEPTS_MAX),
                   HVUV__ACCEPTS_MAX);
  hvuv__accepts_end(&accepts, 2, 1);
  assert_int_equal(hvuv__accepts_begin(&accepts, 2, HVUV__ACCEPTS_MAX),
                   HVUV__ACCEPTS_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ACCEPTS(who_comes_alone_is_asked_for_alone),
      ACCEPTS(a_crowd_is_taken_in_few_turns),
      ACCEPTS(a_turn_without_callers_starts_anew),
      ACCEPTS(asking_in_vain_makes_patient),
      ACCEPTS(patience_has_an_end),
      ACCEPTS(a_full_house_takes_patience_away),
      ACCEPTS(the_number_of_the_turn_may_overflow),
      ACCEPTS(where_waiting_is_dear_all_are_asked_for_at_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
