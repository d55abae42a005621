/* What the rooms above may do with a stream besides hvuv/stream.h. */
#ifndef HVUV_SRC_STREAM_STREAM_H
#define HVUV_SRC_STREAM_STREAM_H

#include "hvuv/stream.h"

/* Does what a wake-up would, for which the loop was too late: reads what has
 * come, if the stream is open and reading, and sends what can be. Only from the
 * loop. */
void hvuv__stream_look(hvuv_stream_t* stream);

/* Whether an open stream's socket has bytes to read. */
int hvuv__stream_has_unread(const hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_STREAM_H */
