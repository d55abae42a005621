/*
 * The way to TO, from the first attempt to a connected leg, or to a failure
 * that is the last.
 *
 *              +-- another address of the name, or --retry --+
 *              v                                             |
 *   start --> TRIES --failed or late--> CLOSES ---> PAUSES --+
 *              |                          | was the last, or cancelled
 *              | connected                v
 *              +----------------------> ENDS --the timer has closed--> cb
 */
#ifndef HVUV_TOOLS_DIAL_H
#define HVUV_TOOLS_DIAL_H

#include "leg.h"
#include "place.h"

typedef enum dial_state_e {
  DIAL_TRIES = 1,
  DIAL_CLOSES,
  DIAL_PAUSES,
  DIAL_ENDS
} dial_state_t;

/* status 0: the leg is connected, and the caller's. Else it has closed. */
typedef void (*dial_cb)(dial_t* dial, int status);

struct dial_s {
  void* data;
  const place_t* to;
  leg_t* leg;
  dial_cb cb;
  dial_state_t state;
  int status; /* of the last attempt */
  int is_cancelled;
  int is_late; /* the time was found to be over once */
  uint64_t began_ms;
  uv_timer_t timer;
  int is_looking_up;    /* a name, or at a path; kind->give_up() ends it */
  dial_t* waits_before; /* kind_vm.c's, of those that wait for one lookup */
  void* knock;          /* kind_unix_win.c's: a connect under way */
  /* kind_tcp.c's: a name that is looked up, and its addresses */
  uv_getaddrinfo_t lookup;
  struct addrinfo* found;
  const struct addrinfo* next;
};

/* cb is called once, later. leg need not be initialised. */
void dial_start(
    dial_t* dial, uv_loop_t* loop, const place_t* to, leg_t* leg, dial_cb cb);

/* Has it end soon, with UV_ECANCELED, or 0 if it was connected already. */
void dial_cancel(dial_t* dial);

/* For kinds: an attempt has ended. */
void dial_attempted(dial_t* dial, int status);

#endif /* HVUV_TOOLS_DIAL_H */
