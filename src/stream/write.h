/* The writing side of a stream: writes in order, then the shutdown. */
#ifndef HVUV_SRC_STREAM_WRITE_H
#define HVUV_SRC_STREAM_WRITE_H

#include "stream/stream_state.h"

/* Has the writes made from now on in this turn leave together at its end, the
 * first one too. No effect on a stream that is not open. */
void hvuv__write_gather(hvuv_stream_t* stream);

/* The socket of an open stream takes bytes again, or has an error. */
void hvuv__write_ready(hvuv_stream_t* stream);

/* Tries what waits for WRITABLE, without it. No effect where nothing does. */
void hvuv__write_retry(hvuv_stream_t* stream);

/* The alarm of an open stream has rung. */
void hvuv__write_alarm(hvuv_stream_t* stream);

/* Reading has failed: nothing can be written or shut down from now on. Then
 * what is queued ends with that error. Both only of an open stream. */
void hvuv__write_break(hvuv_stream_t* stream);
void hvuv__write_fail(hvuv_stream_t* stream, int err);

/* Sends what only waits for the turn's end. Only of an open stream. */
void hvuv__write_flush(hvuv_stream_t* stream);

/* Sends what was gathered and calls back what is done: at the end of a wake-up
 * of the stream itself, while its buffers are still in the cache; else at the
 * turn's end. Legal in every state. */
void hvuv__write_end(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_WRITE_H */
