/* The engine that asks AFD; Windows only. */
#ifndef HVUV_SRC_POLL_ENGINE_AFD_WIN_H
#define HVUV_SRC_POLL_ENGINE_AFD_WIN_H

#include "poll/engine.h"

extern const hvuv__engine_t hvuv__engine_afd;

/* Whether this system can be asked that way. */
int hvuv__afd_is_there(void);

/* Gives a loop its thread, if it has none, and room for one more socket: 0, or
 * why it cannot have that. */
int hvuv__afd_enter(hvuv__poll_shared_t* shared);

/* Gives back the thread of a loop and its handles, if it has any. */
void hvuv__afd_leave(hvuv__poll_shared_t* shared);

#endif /* HVUV_SRC_POLL_ENGINE_AFD_WIN_H */
