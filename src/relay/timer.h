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
 * It does not keep its loop alive, unless asked to. Two handles, because a
 * uv_timer_t alone would do only where nothing but the loop's own turns calls
 * it: with UV_RUN_ONCE timers run twice between two polls.
 */
#ifndef HVUV_SRC_RELAY_TIMER_H
#define HVUV_SRC_RELAY_TIMER_H

#include <stdint.h>
#include <uv.h>

#include "base/handle.h"

#define HVUV__TIMER_NEVER UINT64_MAX

typedef struct hvuv__timer_s hvuv__timer_t;

typedef void (*hvuv__timer_cb)(void* owner);

struct hvuv__timer_s {
  uv_timer_t uv_timer;
  uv_check_t uv_check;
  hvuv__wait_t timer_wait;
  hvuv__wait_t check_wait;
  void* owner;
  hvuv__timer_cb on_ring;
  hvuv__timer_cb on_closed;
  uint64_t due_ms; /* HVUV__TIMER_NEVER: it is not set */
  unsigned int open_handles;
};

void hvuv__timer_open(hvuv__timer_t* timer,
                      uv_loop_t* loop,
                      void* owner,
                      hvuv__timer_cb on_ring);

/* Rings at due_ms, in uv_now()'s time, or sooner: one that is set for earlier
 * stays so, and its owner, finding nothing late, sets it anew.
 * HVUV__TIMER_NEVER changes nothing. */
void hvuv__timer_set(hvuv__timer_t* timer, uint64_t due_ms);

/* From now on it keeps its loop alive while it is set. */
void hvuv__timer_hold_loop(hvuv__timer_t* timer);

/* on_closed follows, and is the last touch. */
void hvuv__timer_close(hvuv__timer_t* timer, hvuv__timer_cb on_closed);

#endif /* HVUV_SRC_RELAY_TIMER_H */
