/*
 * Writes and shutdowns that are over are called back here: of a stream that goes
 * on, in rounds; of one that has ended or failed, all at once. A callback may
 * write, shut down, close, and free its request.
 */
#ifndef HVUV_SRC_STREAM_REPORT_H
#define HVUV_SRC_STREAM_REPORT_H

#include "stream/stream_state.h"

/* Calls back the writes that were done when it began; those that their
 * callbacks add wait for the next round. Returns how many. */
unsigned int hvuv__report_writes(hvuv_stream_t* stream);

/* The shutdown was made. A callback just now may have written again, before it
 * shut down: then it waits for the next round with that write. */
void hvuv__report_shutdown_made(hvuv_stream_t* stream);

/* What was taken off a stream, to be called back. */
typedef struct hvuv__taken_s {
  hvuv_write_t* writes;
  hvuv_shutdown_t* shutdown_req;
} hvuv__taken_t;

/* Takes all writes and the shutdown off a stream. Those that are not done end
 * with UV_ECANCELED. */
void hvuv__report_take(hvuv_stream_t* stream, hvuv__taken_t* taken);

/* Calls them back; the stream is not touched. */
void hvuv__report_taken(hvuv__taken_t* taken);

#endif /* HVUV_SRC_STREAM_REPORT_H */
