/* What is known of each call, and all of them. */
#ifndef HVUV_TOOLS_CALLS_H
#define HVUV_TOOLS_CALLS_H

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

/* Into the list, and out of it. */
void calls_add(call_t* call);
void calls_remove(call_t* call);

/* How many there are of whom `who` names. */
unsigned int calls_of(const char* who);

#endif /* HVUV_TOOLS_CALLS_H */
