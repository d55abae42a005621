/* Being called. */
#ifndef HVUV_SRC_STREAM_LISTENER_H
#define HVUV_SRC_STREAM_LISTENER_H

#include "stream/stream_state.h"

/* Only of a listening stream: its socket is ready, or has an error; its alarm
 * has rung. */
void hvuv__listener_ready(hvuv_stream_t* stream, int status);
void hvuv__listener_alarm(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_LISTENER_H */
