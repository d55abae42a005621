/*
 * One turn of a loop, after which the caller looks at what it has waited for.
 *
 * uv_run(UV_RUN_ONCE) of libuv before 1.45 runs the timers that are due, and then
 * waits for something else, for as long as the next timer lets it: whoever waited for
 * the first one finds out with the next, which may be a watchdog. This one does not
 * wait when a timer has run.
 */
#ifndef HVUV_TESTS_SUPPORT_TURN_H
#define HVUV_TESTS_SUPPORT_TURN_H

#include <uv.h>

typedef struct turn_s {
  uv_prepare_t prepare; /* unref'd */
  uint64_t due_ms;      /* when the earliest timer is */
} turn_t;

void turn_open(turn_t* turn, uv_loop_t* loop);

/* What uv_run() returns. */
int turn_once(turn_t* turn);

/* Takes a turn of the loop to be done. */
void turn_close(turn_t* turn);

#endif /* HVUV_TESTS_SUPPORT_TURN_H */
