/*
 * What is going on, for people: a line for all, and one for each call.
 *
 *   hvforward 0.1.0: calls 2 of at most 480, for 12 s; 17 taken, 1 failed, 0 refused
 *   16 tcp://127.0.0.1:51000 > vsock://3:22 3.2 s, 1234 > 5678 <, open
 *   17 tcp://127.0.0.1:51002 > vsock://3:22 0.1 s, 0 > 0 <, connecting
 */
#ifndef HVUV_TOOLS_STATUS_H
#define HVUV_TOOLS_STATUS_H

#include "calls.h"

void status_init(uv_loop_t* loop);

/* To standard error. */
void status_print(void);

/* Whoever calls at this route's FROM gets it (doors_open()). */
void status_send(const route_t* route, leg_t* server);

/* Hangs up on those who get it. */
void status_end(void);

#endif /* HVUV_TOOLS_STATUS_H */
