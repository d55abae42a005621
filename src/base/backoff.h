/*
 * How long a client waits before it dials again: twice as long each time, up to
 * a cap, then a bit longer or shorter at random, so that the clients of a
 * server that restarted do not all come at once. Pure: time and chance are
 * given to it.
 */
#ifndef HVUV_SRC_BASE_BACKOFF_H
#define HVUV_SRC_BASE_BACKOFF_H

#include <stdint.h>

typedef struct hvuv__backoff_s {
  uint64_t first_ms;
  uint64_t max_ms;
  unsigned int jitter_percent;
  uint64_t base_ms; /* the next delay, without jitter */
  uint64_t random;  /* state of the generator */
} hvuv__backoff_t;

/* Any seed will do; the same one gives the same delays. */
void hvuv__backoff_init(hvuv__backoff_t* backoff,
                        uint64_t first_ms,
                        uint64_t max_ms,
                        unsigned int jitter_percent,
                        uint64_t seed);

/* The delay for now, at least 1; the next one is twice as long. */
uint64_t hvuv__backoff_next(hvuv__backoff_t* backoff);

void hvuv__backoff_reset(hvuv__backoff_t* backoff);

#endif /* HVUV_SRC_BASE_BACKOFF_H */
