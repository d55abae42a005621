/* Sending what is queued. Knows nothing of when. */
#ifndef HVUV_SRC_STREAM_SEND_H
#define HVUV_SRC_STREAM_SEND_H

#include "stream/stream_state.h"

/* Whether a send has found the kernel full. */
static inline int hvuv__send_is_full(ssize_t sent) {
  return sent == UV_EAGAIN || sent == UV_ENOBUFS;
}

/* What an error of sending is to whoever wrote. */
int hvuv__send_error(const hvuv_stream_t* stream, int err);

/* Nothing that waits can be sent any more: the first write that has bytes ends
 * with this error. */
void hvuv__send_fail(hvuv_stream_t* stream, int err);

/* Books what sending `bytes` of the queue came to: writes become done, or fail.
 * Returns 1 if the kernel may take more. */
int hvuv__send_book(hvuv_stream_t* stream, ssize_t sent, size_t bytes);

/* Sends once from the queue, which is not empty. Returns 1 if the kernel may
 * take more. */
int hvuv__send_queued(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_SEND_H */
