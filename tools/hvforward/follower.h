/*
 * FROMs that move: a VM's, given by name, whose id changes (WSL 2).
 *
 *   LOOKS --- found, or another id ---> a door there, then the old one closes
 *     ^                                   | it cannot be opened
 *     +-------- another, or again <-------+ after RETRY_MS
 */
#ifndef HVUV_TOOLS_FOLLOWER_H
#define HVUV_TOOLS_FOLLOWER_H

#include "door.h"

/* Begins to look for a route's FROM. Returns 0, or an error that was
 * reported. */
int follower_start(uv_loop_t* loop, const route_t* route, door_cb cb);

/* No door moves any more. */
void followers_end(void);

#endif /* HVUV_TOOLS_FOLLOWER_H */
