/* When a lookup is due; rhythm.h has the rules. */
#include "follow/rhythm.h"

#include <assert.h>
#include <string.h>

#define NEVER HVUV__RHYTHM_NEVER

static void check(const hvuv__rhythm_t* r) {
  assert(r->min_interval_ms > 0);
  assert(r->interval_ms > 0 || r->next_ms == NEVER);
  assert(r->earliest_ms >= r->began_ms);
  (void) r;
}

static uint64_t later_of(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static uint64_t sum(uint64_t a, uint64_t b) {
  return a > NEVER - b ? NEVER : a + b;
}

int hvuv__rhythm_init(hvuv__rhythm_t* r,
                      const hvuv_follow_options_t* options,
                      uint64_t now_ms) {
  if (options->min_interval_ms == 0 ||
      options->max_interval_ms < options->min_interval_ms)
    return UV_EINVAL;
  memset(r, 0, sizeof(*r));
  r->interval_ms = options->interval_ms;
  r->min_interval_ms = options->min_interval_ms;
  hvuv__backoff_init(
      &r->backoff, options->min_interval_ms, options->max_interval_ms, 0, 0);
  r->began_ms = now_ms;
  r->earliest_ms = now_ms;
  r->next_ms = NEVER;
  r->must_check = 1;
  check(r);
  return 0;
}

void hvuv__rhythm_begin(hvuv__rhythm_t* r, uint64_t now_ms) {
  assert(now_ms >= r->earliest_ms);
  r->must_check = 0;
  r->next_ms = NEVER;
  r->began_ms = now_ms;
  r->earliest_ms = sum(now_ms, r->min_interval_ms);
  check(r);
}

void hvuv__rhythm_end(hvuv__rhythm_t* r, uint64_t now_ms, int has_failed) {
  assert(now_ms >= r->began_ms);
  if (has_failed)
    r->earliest_ms = sum(r->began_ms, hvuv__backoff_next(&r->backoff));
  else
    hvuv__backoff_reset(&r->backoff);
  if (r->interval_ms > 0)
    r->next_ms = sum(now_ms, r->interval_ms);
  check(r);
}

void hvuv__rhythm_check(hvuv__rhythm_t* r) {
  check(r);
  r->must_check = 1;
}

int hvuv__rhythm_allows(const hvuv__rhythm_t* r, uint64_t now_ms) {
  check(r);
  return now_ms >= r->earliest_ms;
}

uint64_t hvuv__rhythm_due(const hvuv__rhythm_t* r) {
  check(r);
  if (r->must_check)
    return r->earliest_ms;
  return later_of(r->next_ms, r->earliest_ms);
}
