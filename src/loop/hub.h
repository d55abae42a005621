/*
 * What the members of one loop share: the end of the turn, and the moment when
 * libuv calls close callbacks.
 *
 * A turn's end is where everything happens that must not happen inside the
 * call that asked for it. A member that has something to do then is queued,
 * once; it is woken in the same turn if the loop is polling, in the next one
 * otherwise. The hub knows its members by a table of functions only.
 */
#ifndef HVUV_SRC_LOOP_HUB_H
#define HVUV_SRC_LOOP_HUB_H

#include <stddef.h>

#include "hvuv/loop.h"
#include "loop/alarm.h"
#include "poll/poll.h"

typedef struct hvuv__hub_s hvuv__hub_t;

/* A part of each member. Zeroed before it enters. */
typedef struct hvuv__turn_s hvuv__turn_t;

/* What a loop wakes its members for. All members of all loops give the same
 * table. */
typedef struct hvuv__wakes_s {
  /* The turn ends, after hvuv__hub_defer(). */
  void (*turn_end)(hvuv__turn_t* turn);

  /* The member has left: all check handles of the turn have run, and libuv
   * calls close callbacks. The last touch by the hub. */
  void (*left)(hvuv__turn_t* turn);

  /* For the member's own poller and alarm. */
  hvuv__ready_cb ready;
  hvuv__alarm_cb alarm;
} hvuv__wakes_t;

/* The loop's hub, made when it has none; it has one more member. UV_ENOMEM. */
int hvuv__hub_enter(uv_loop_t* loop,
                    const hvuv__wakes_t* wakes,
                    hvuv__hub_t** hub);

/* One member less. It is woken once more, by left(); a turn's end that it was
 * queued for is no longer due. Until then the loop is kept alive. */
void hvuv__hub_leave(hvuv__hub_t* hub, hvuv__turn_t* turn);

/* Wakes the member at the turn's end. Until then the loop is kept alive and
 * does not block. Has no effect on a member that is queued or has left. */
void hvuv__hub_defer(hvuv__hub_t* hub, hvuv__turn_t* turn);

/* 1 if the member waits for the turn's end, or to have left. */
static inline int hvuv__turn_is_queued(const hvuv__turn_t* turn) {
  return turn->next != NULL;
}

/* The table that its members gave. */
const hvuv__wakes_t* hvuv__hub_wakes(const hvuv__hub_t* hub);

/* One more (1) or one less (-1) member that keeps the loop alive by what it
 * waits for. Pollers and alarms themselves never do. */
void hvuv__hub_hold(hvuv__hub_t* hub, int change);

/* The number of the loop's turn, which goes up by one with each. */
unsigned int hvuv__hub_turn(const hvuv__hub_t* hub);

/* What the pollers of the loop share, for hvuv__poller_open(). */
hvuv__poll_shared_t* hvuv__hub_poll(hvuv__hub_t* hub);

/* What those above note down for all members of the loop: zeros at first, and
 * theirs alone. It lives as long as the hub. */
#define HVUV__HUB_NOTE_BYTES 160
void* hvuv__hub_note(hvuv__hub_t* hub);

/* A buffer of HVUV__HUB_BUFFER_BYTES that all members of the loop share:
 * whoever asks for it has it until it returns to the loop. NULL if there is no
 * memory. It lives as long as the hub. */
#define HVUV__HUB_BUFFER_BYTES 65536
char* hvuv__hub_buffer(hvuv__hub_t* hub);

#endif /* HVUV_SRC_LOOP_HUB_H */
