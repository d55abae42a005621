/*
 * A relay's one timer, which rings only after the loop has polled: a loop that
 * was busy for longer than a limit first hands over what has come meanwhile,
 * and only then is it judged whether something is late.
 *
 *             due       timer rings            the loop has polled
 *   UNSET ---------> SET ---------> POLLING ------------------------> rings
 *     ^                                                                 |
 *     +-----------------------------------------------------------------+
 *
 * It does not keep its loop alive, unless asked to. Two handles, for a uv_timer_t alone would do
 * only where nothing but the loop's own turns calls it: with UV_RUN_ONCE timers
 * run twice between two polls.
 */
#ifndef HVUV_SRC_RELAY_CLOCK_H
#define HVUV_SRC_RELAY_CLOCK_H

#include <stdint.h>
#include <uv.h>

#define HVUV__NEVER UINT64_MAX

typedef struct hvuv__clock_s hvuv__clock_t;

typedef void (*hvuv__clock_cb)(void* owner);

struct hvuv__clock_s {
  uv_timer_t timer;
  uv_check_t check;
  void* owner;
  hvuv__clock_cb on_ring;
  hvuv__clock_cb on_closed;
  uint64_t due_ms; /* HVUV__NEVER: it is not set */
  unsigned int open_handles;
};

void hvuv__clock_open(hvuv__clock_t* clock,
                      uv_loop_t* loop,
                      void* owner,
                      hvuv__clock_cb on_ring);

/* Rings at due_ms, in uv_now()'s time, or sooner: one that is set for earlier
 * stays so, and its owner, finding nothing late, sets it anew. HVUV__NEVER
 * changes nothing. */
void hvuv__clock_set(hvuv__clock_t* clock, uint64_t due_ms);

/* From now on it keeps its loop alive while it is set. */
void hvuv__clock_hold_loop(hvuv__clock_t* clock);

/* on_closed follows, and is the last touch. */
void hvuv__clock_close(hvuv__clock_t* clock, hvuv__clock_cb on_closed);

#endif /* HVUV_SRC_RELAY_CLOCK_H */
