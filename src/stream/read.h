/* The reading side of an open stream. */
#ifndef HVUV_SRC_STREAM_READ_H
#define HVUV_SRC_STREAM_READ_H

#include "stream/stream_state.h"

static inline int hvuv__is_reading(const hvuv_stream_t* stream) {
  return stream->reading >= HVUV__READING_ON;
}

/* Reads what the socket has, in bounded turns. Only of an open stream that
 * reads, and that is awake. */
void hvuv__read_ready(hvuv_stream_t* stream);

/* Reports an end again that was asked for again. */
void hvuv__read_turn_end(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_READ_H */
