/* The engine for young sockets, on an epoll set of the loop's own; Linux
 * only. */
#ifndef HVUV_SRC_POLL_ENGINE_NURSERY_LINUX_H
#define HVUV_SRC_POLL_ENGINE_NURSERY_LINUX_H

#include "poll/engine.h"

/* For a loop whose nursery is there. */
extern const hvuv__engine_t hvuv__engine_nursery;

/* Gives a loop its nursery, if it has none: UV_ENOMEM, UV_EMFILE, UV_ENFILE.
 * UV_ECANCELED if it had one that whoever walked the loop has closed. */
int hvuv__nursery_enter(hvuv__poll_shared_t* shared);

/* Ends the nursery of a loop, if it has one. */
void hvuv__nursery_leave(hvuv__poll_shared_t* shared);

/* In the child after a fork, whichever thread the loop was of: from now on the
 * child leaves the parent's nursery alone. */
void hvuv__nursery_disown(hvuv__poll_shared_t* shared);

#endif /* HVUV_SRC_POLL_ENGINE_NURSERY_LINUX_H */
