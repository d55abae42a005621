/* Calling out. */
#ifndef HVUV_SRC_STREAM_CONNECT_H
#define HVUV_SRC_STREAM_CONNECT_H

#include "stream/stream_state.h"

/* Only of a connecting stream: its socket is ready, or has an error; its alarm
 * has rung. */
void hvuv__connect_ready(hvuv_stream_t* stream, int status);
void hvuv__connect_alarm(hvuv_stream_t* stream);

/* Opens a stream whose connect has settled, or makes it idle again. The stream
 * is awake. */
void hvuv__connect_turn_end(hvuv_stream_t* stream);

/* Calls back the connect, if one is pending. */
void hvuv__connect_report(hvuv_stream_t* stream, int status);

#endif /* HVUV_SRC_STREAM_CONNECT_H */
