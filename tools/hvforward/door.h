/* The listeners: a FROM has one, or one for each address of its name. */
#ifndef HVUV_TOOLS_DOOR_H
#define HVUV_TOOLS_DOOR_H

#include "call.h"

/* What is done with each caller at a door: call_take(), or status_send(). */
typedef void (*door_cb)(const route_t* route, leg_t* server);

/* Opens what a FROM names, and prints where. Returns 0, or an error that was
 * reported; some may be open even so. */
int doors_open(uv_loop_t* loop, const route_t* route, door_cb cb);

/* Opens what a FROM names now, and then closes the doors that it had. Returns
 * 0, or an error that was reported; those it had stay then. */
int doors_move(uv_loop_t* loop, const route_t* route, door_cb cb);

/* Takes callers that wait, as far as there is room. */
void doors_look(void);

/* Closes all, or those of calls only. */
void doors_close(int and_others);

#endif /* HVUV_TOOLS_DOOR_H */
