/* The rules of dialling again. */
#include "serve/retry.h"

#include <assert.h>

#define EVERY_CLASS                                                            \
  ((unsigned int) (HVUV_ERROR_PERMANENT | HVUV_ERROR_VM_OFF |                  \
                   HVUV_ERROR_NOT_LISTENING | HVUV_ERROR_TRANSIENT))

static void check(const hvuv__retry_t* retry) {
  assert((retry->classes & ~EVERY_CLASS) == 0);
  assert(retry->backoff.first_ms > 0);
  assert(retry->backoff.first_ms <= retry->backoff.max_ms);
  (void) retry;
}

int hvuv__retry_init(hvuv__retry_t* retry,
                     const hvuv_client_options_t* options,
                     uint64_t seed) {
  if ((options->retry & ~EVERY_CLASS) != 0 || options->first_delay_ms == 0 ||
      options->first_delay_ms > options->max_delay_ms ||
      options->jitter_percent > 100)
    return UV_EINVAL;

  retry->classes = options->retry;
  retry->max_attempts = options->max_attempts;
  retry->success_after_ms = options->success_after_ms;
  retry->attempts = 0;
  hvuv__backoff_init(&retry->backoff,
                     options->first_delay_ms,
                     options->max_delay_ms,
                     options->jitter_percent,
                     seed);
  check(retry);
  return 0;
}

void hvuv__retry_reset(hvuv__retry_t* retry) {
  retry->attempts = 0;
  hvuv__backoff_reset(&retry->backoff);
}

static int has_attempts_left(const hvuv__retry_t* retry) {
  return retry->max_attempts == 0 || retry->attempts < retry->max_attempts;
}

void hvuv__retry_begin(hvuv__retry_t* retry) {
  check(retry);
  assert(has_attempts_left(retry));
  retry->attempts++;
}

hvuv_attempt_t hvuv__retry_failed(hvuv__retry_t* retry,
                                  hvuv_error_class_t error_class,
                                  int status) {
  hvuv_attempt_t attempt = {.number = retry->attempts, .status = status};

  check(retry);
  assert(retry->attempts > 0 && status < 0);
  attempt.error_class = error_class;
  attempt.is_last = !(retry->classes & (unsigned int) attempt.error_class) ||
                    !has_attempts_left(retry);
  if (!attempt.is_last)
    attempt.next_delay_ms = hvuv__backoff_next(&retry->backoff);
  return attempt;
}

int hvuv__retry_closed(hvuv__retry_t* retry,
                       int has_message,
                       uint64_t lived_ms,
                       uint64_t* delay_ms) {
  check(retry);
  assert(retry->attempts > 0);
  if (has_message || lived_ms >= retry->success_after_ms)
    hvuv__retry_reset(retry);
  if (!has_attempts_left(retry))
    return 0;
  *delay_ms = hvuv__backoff_next(&retry->backoff);
  return 1;
}
