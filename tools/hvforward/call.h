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

#include "calls.h"

/* on_over is called when one has gone. */
void call_init(uv_loop_t* loop, void (*on_over)(void));

/* Whether one more may be taken; if not, callers are to wait in the kernel. */
int call_has_room(void);

/* Accepts a caller. */
void call_take(const route_t* route, leg_t* server);

/* Ends all of them now, reported as cut. */
void call_cut_all(void);

/* When none will come any more. */
void call_end(void);

#endif /* HVUV_TOOLS_CALL_H */
