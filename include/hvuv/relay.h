/*
 * Relays: two streams joined, hvuv's or libuv's (TCP, pipes), bytes passed both
 * ways.
 *
 * Each direction is on its own: it reads one buffer and reads no more until the
 * other side has taken it, so a side that does not read holds only its own
 * direction up, and costs one buffer. When one side finishes sending, that is
 * passed on behind the last byte, and the other direction goes on. When both
 * have finished, or one side fails, both streams are closed.
 *
 * What cannot be passed on: a named pipe of Windows has no half-close (libuv
 * closes it shortly after it was shut down), and only TCP of libuv's can tell
 * its peer that a relay was cut short; other peers see the end of input then.
 */
#ifndef HVUV_RELAY_H
#define HVUV_RELAY_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "export.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_relay_s hvuv_relay_t;

/* One side of a relay. */
typedef struct hvuv_relay_end_s {
  hvuv_stream_t* hvuv; /* one of the two, the other NULL */
  uv_stream_t* uv;
} hvuv_relay_end_t;

/* Both streams have closed, and their memory is the caller's again, as is the
 * relay's; their `data` is what it was. status is 0 when both sides had
 * finished and all was passed on, UV_ECANCELED after hvuv_relay_close(),
 * UV_ETIMEDOUT, or the first error of one side. The last touch. */
typedef void (*hvuv_relay_cb)(hvuv_relay_t* relay, int status);

struct hvuv_relay_s {
  /* public */
  void* data;
  /* read-only */
  uint64_t bytes[2]; /* passed on from the first side, and from the second */
  /* private */
  struct hvuv__relay_s* impl;
};

/* Joins two connected streams of one loop, which neither read nor are closing.
 * They belong to the relay from now until cb: no function may be called for
 * them that reads, writes, shuts down or closes, and their `data`, by which
 * callbacks find the relay, is the relay's. Writes made before still go first.
 *
 * buffer_bytes is the size of the buffer of each direction, 0 for 64 KiB, and
 * at most 1 GiB. idle_timeout_ms closes both when no byte has passed either way
 * for so long; 0 never does.
 *
 * When a relay ends in another way than both sides finishing, libuv's TCP
 * streams that were not shut down are reset, so that their peers do not take
 * what they got for the whole. libuv's streams may raise SIGPIPE, as always:
 * ignore it, where there is one.
 *
 *   UV_EINVAL    an end names no stream or two, both name the same, the loops
 *                differ, a stream is closing, buffer_bytes is too large, or a
 *                pointer is NULL
 *   UV_ENOTCONN  a stream is not connected, or has ended one direction
 *   UV_EALREADY  a stream reads already
 *   UV_ENOMEM
 *
 * On an error the streams are the caller's, as they were, and no callback
 * follows. */
HVUV_EXTERN int hvuv_relay_start(hvuv_relay_t* relay,
                                 const hvuv_relay_end_t* first,
                                 const hvuv_relay_end_t* second,
                                 size_t buffer_bytes,
                                 uint64_t idle_timeout_ms,
                                 hvuv_relay_cb cb);

/* Closes both streams now. cb follows, from the loop. It may be called again,
 * and after cb, and after hvuv_relay_start() has failed, and does nothing then.
 */
HVUV_EXTERN void hvuv_relay_close(hvuv_relay_t* relay);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_RELAY_H */
