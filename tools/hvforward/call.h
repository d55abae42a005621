/*
 * A call, from who called at FROM to the end of both its streams.
 *
 *   accept --> DIALS ----connected----> JOINED --the relay is over--+
 *                | failed, or the caller has hung up, or cut        |
 *                v                                                  v
 *              CLOSES --both legs have closed------------------> reported, logged, gone
 */
#ifndef HVUV_TOOLS_CALL_H
#define HVUV_TOOLS_CALL_H

#include "dial.h"
#include "peer.h"

typedef struct route_s {
  place_t from;
  place_t to;
} route_t;

typedef enum call_state_e {
  CALL_DIALS = 1,
  CALL_JOINED,
  CALL_CLOSES
} call_state_t;

typedef struct call_s {
  const route_t* route;
  call_state_t state;
  unsigned int number; /* from 1 */
  peer_t peer;
  uint64_t began_ms;
  uint64_t caller_ended_ms; /* while it dials; 0: the caller has not ended */
  int status;               /* why it has ended */
  const char* step;         /* which failed, if status is not 0 */
  int open;                 /* legs that have not closed */
  leg_t from;
  leg_t to;
  dial_t dial;
  hvuv_relay_t relay;
  struct call_s* next;
  struct call_s** link; /* what points to it */
} call_t;

typedef struct calls_s {
  call_t* first;
  unsigned int now;
  uint64_t taken;
  uint64_t failed;
  uint64_t refused;
} calls_t;

extern calls_t calls;

/* on_over is called when one has gone. */
void calls_init(uv_loop_t* loop, void (*on_over)(void));

/* Whether one more may be taken; if not, callers are to wait in the kernel. */
int calls_have_room(void);

/* Accepts a caller. */
void calls_take(const route_t* route, leg_t* server);

/* Ends all of them now, reported as cut. */
void calls_cut(void);

/* When none will come any more. */
void calls_end(void);

#endif /* HVUV_TOOLS_CALL_H */
