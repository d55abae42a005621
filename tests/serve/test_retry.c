/* Whether and when a client dials again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/retry.h"

static hvuv_client_options_t options;
static hvuv__retry_t retry;
static hvuv_addr_t addr;

static int setup(void** state) {
  (void) state;
  hvuv_client_options_init(&options);
  options.jitter_percent = 0;
  options.first_delay_ms = 100;
  options.max_delay_ms = 400;
  options.success_after_ms = 1000;
  return hvuv_addr_parse("vsock://3:7", &addr);
}

static void start(void) {
  assert_int_equal(hvuv__retry_init(&retry, &options, 1), 0);
}

static hvuv_attempt_t failed(int status) {
  hvuv__retry_begin(&retry);
  return hvuv__retry_failed(&retry, hvuv_error_class(&addr, status), status);
}

static void attempts_are_numbered_and_delays_double(void** state) {
  static const uint64_t delays[] = {100, 200, 400, 400};
  hvuv_attempt_t attempt;
  unsigned int i;

  (void) state;
  start();
  for (i = 0; i < 4; i++) {
    attempt = failed(UV_ECONNREFUSED);
    assert_int_equal(attempt.number, i + 1);
    assert_int_equal(attempt.status, UV_ECONNREFUSED);
    assert_int_equal(attempt.error_class, HVUV_ERROR_NOT_LISTENING);
    assert_int_equal(attempt.is_last, 0);
    assert_int_equal(attempt.next_delay_ms, delays[i]);
  }
}

static void the_maximum_is_the_last(void** state) {
  hvuv_attempt_t attempt;

  (void) state;
  options.max_attempts = 2;
  start();
  assert_int_equal(failed(UV_ECONNREFUSED).is_last, 0);
  attempt = failed(UV_ECONNREFUSED);
  assert_int_equal(attempt.is_last, 1);
  assert_int_equal(attempt.next_delay_ms, 0);
}

static void a_class_that_is_not_retried_is_the_last(void** state) {
  (void) state;
  options.retry = HVUV_ERROR_NOT_LISTENING;
  start();
  assert_int_equal(failed(UV_ECONNREFUSED).is_last, 0);
  assert_int_equal(failed(UV_ENODEV).is_last, 1);
}

static void a_new_address_starts_anew(void** state) {
  hvuv_attempt_t attempt;

  (void) state;
  start();
  failed(UV_ECONNREFUSED);
  failed(UV_ECONNREFUSED);
  hvuv__retry_reset(&retry);
  attempt = failed(UV_ECONNREFUSED);
  assert_int_equal(attempt.number, 1);
  assert_int_equal(attempt.next_delay_ms, 100);
}

/* The delay after a connection; -1: none, it was the last. */
static int closed(int has_message, uint64_t lived_ms) {
  uint64_t delay_ms;

  hvuv__retry_begin(&retry);
  if (!hvuv__retry_closed(&retry, has_message, lived_ms, &delay_ms))
    return -1;
  return (int) delay_ms;
}

static void only_a_conversation_ends_the_row(void** state) {
  (void) state;
  options.max_attempts = 3;
  start();
  assert_int_equal(closed(0, 0), 100);
  assert_int_equal(closed(0, 999), 200);
  assert_int_equal(closed(1, 0), 100);
  assert_int_equal(retry.attempts, 0);
  assert_int_equal(closed(0, 999), 200);
  assert_int_equal(closed(0, 1000), 100);
  assert_int_equal(retry.attempts, 0);
  failed(UV_ECONNREFUSED);
  assert_int_equal(closed(0, 0), 400);
  assert_int_equal(closed(0, 0), -1);
}

static void a_conversation_may_follow_the_last_attempt(void** state) {
  (void) state;
  options.max_attempts = 1;
  start();
  assert_int_equal(closed(1, 0), 100);
  assert_int_equal(closed(0, 1000), 100);
  assert_int_equal(closed(0, 0), -1);
}

static void rules_that_make_no_sense_are_refused(void** state) {
  (void) state;
  options.first_delay_ms = 0;
  assert_int_equal(hvuv__retry_init(&retry, &options, 1), UV_EINVAL);
  options.first_delay_ms = 401;
  assert_int_equal(hvuv__retry_init(&retry, &options, 1), UV_EINVAL);
  options.first_delay_ms = 400;
  options.retry = 1 << 7;
  assert_int_equal(hvuv__retry_init(&retry, &options, 1), UV_EINVAL);
  options.retry = 0;
  options.jitter_percent = 101;
  assert_int_equal(hvuv__retry_init(&retry, &options, 1), UV_EINVAL);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(attempts_are_numbered_and_delays_double),
      TEST(the_maximum_is_the_last),
      TEST(a_class_that_is_not_retried_is_the_last),
      TEST(a_new_address_starts_anew),
      TEST(only_a_conversation_ends_the_row),
      TEST(a_conversation_may_follow_the_last_attempt),
      TEST(rules_that_make_no_sense_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
