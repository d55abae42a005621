/* What the rooms above ask of a stream besides hvuv/stream.h. */
#ifndef HVUV_SRC_STREAM_INFO_H
#define HVUV_SRC_STREAM_INFO_H

#include "hvuv/stream.h"

/* Bytes that were given to hvuv_write() and have not left for good: those that
 * wait in the stream, and those in the kernel that the peer has not taken
 * (hvuv__sys_outstanding()); where the system does not count these, the first
 * alone. For seeing whether a peer takes anything. */
size_t hvuv__stream_outstanding(const hvuv_stream_t* stream);

/* Whether hvuv_close() is now to the peer what hvuv_shutdown() and then
 * hvuv_close() are: nothing waits to be sent or to be called back, and its
 * socket ends by being closed. For one whose peer has ended. */
int hvuv__stream_close_ends(const hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_INFO_H */
