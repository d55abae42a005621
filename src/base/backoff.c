/* Delays that grow, with chance from a generator of its own: that of the C
 * library is not ours to seed, and the system's may block while a guest boots.
 */
#include "base/backoff.h"

#include <assert.h>

/* Longer than any wait, and far enough from what 64 bits hold. */
#define LONGEST (UINT64_MAX / 4)

void hvuv__backoff_init(hvuv__backoff_t* backoff,
                        uint64_t first_ms,
                        uint64_t max_ms,
                        unsigned int jitter_percent,
                        uint64_t seed) {
  backoff->max_ms = max_ms < LONGEST ? max_ms : LONGEST;
  backoff->first_ms = first_ms < backoff->max_ms ? first_ms : backoff->max_ms;
  backoff->jitter_percent = jitter_percent;
  backoff->base_ms = backoff->first_ms;
  backoff->random = seed;
}

static void check(const hvuv__backoff_t* backoff) {
  assert(backoff->first_ms <= backoff->base_ms);
  assert(backoff->base_ms <= backoff->max_ms && backoff->max_ms <= LONGEST);
  assert(backoff->jitter_percent <= 100);
  (void) backoff;
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, 2014). */
static uint64_t draw(hvuv__backoff_t* backoff) {
  uint64_t z;

  backoff->random += UINT64_C(0x9e3779b97f4a7c15);
  z = backoff->random;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint64_t percent_of(uint64_t n, unsigned int percent) {
  return n / 100 * percent + n % 100 * percent / 100;
}

uint64_t hvuv__backoff_next(hvuv__backoff_t* backoff) {
  uint64_t base = backoff->base_ms;
  uint64_t spread = percent_of(base, backoff->jitter_percent);
  uint64_t delay;

  check(backoff);
  backoff->base_ms = base < backoff->max_ms / 2 ? base * 2 : backoff->max_ms;
  assert(spread <= base);
  delay = base - spread + draw(backoff) % (2 * spread + 1);
  return delay > 0 ? delay : 1;
}

void hvuv__backoff_reset(hvuv__backoff_t* backoff) {
  backoff->base_ms = backoff->first_ms;
}
