/*
 * When a lookup is due. Pure: time is given to it.
 *
 *   what makes one due                      not before
 *   hvuv__rhythm_check(), and the first     min_interval_ms after the last one
 *   interval_ms after the last one's end    began; twice as long with each in a
 *                                           row that failed (base/backoff.h)
 */
#ifndef HVUV_SRC_FOLLOW_RHYTHM_H
#define HVUV_SRC_FOLLOW_RHYTHM_H

#include "base/backoff.h"
#include "hvuv/follow.h"

#define HVUV__RHYTHM_NEVER UINT64_MAX

typedef struct hvuv__rhythm_s {
  uint64_t interval_ms; /* 0: only when it is checked */
  uint64_t min_interval_ms;
  hvuv__backoff_t backoff;
  uint64_t began_ms;    /* the last lookup */
  uint64_t earliest_ms; /* of the next */
  uint64_t next_ms;     /* by the interval, or never */
  int must_check;
} hvuv__rhythm_t;

/* The first lookup is due now. UV_EINVAL if the options make no sense. */
int hvuv__rhythm_init(hvuv__rhythm_t* rhythm,
                      const hvuv_follow_options_t* options,
                      uint64_t now_ms);

/* A lookup begins, or has ended: it failed, or has a result. */
void hvuv__rhythm_begin(hvuv__rhythm_t* rhythm, uint64_t now_ms);
void hvuv__rhythm_end(hvuv__rhythm_t* rhythm, uint64_t now_ms, int has_failed);

/* One is wanted as soon as it may be. */
void hvuv__rhythm_check(hvuv__rhythm_t* rhythm);

/* Whether one may begin. */
int hvuv__rhythm_allows(const hvuv__rhythm_t* rhythm, uint64_t now_ms);

/* When the next is due, which may be past; or never. */
uint64_t hvuv__rhythm_due(const hvuv__rhythm_t* rhythm);

#endif /* HVUV_SRC_FOLLOW_RHYTHM_H */
