/* The engine that asks AFD; Windows only. */
#ifndef HVUV_SRC_POLL_ENGINE_AFD_WIN_H
#define HVUV_SRC_POLL_ENGINE_AFD_WIN_H

#include "poll/engine.h"

extern const hvuv__engine_t hvuv__engine_afd;

/* Whether this system can be asked that way. */
int hvuv__afd_is_there(void);

/* Gives a loop its thread, if it has none: 0, or why it cannot have one. */
int hvuv__afd_enter(hvuv__poll_shared_t* shared);

/* Ends the thread of a loop, if it has one. */
void hvuv__afd_leave(hvuv__poll_shared_t* shared);

#endif /* HVUV_SRC_POLL_ENGINE_AFD_WIN_H */
