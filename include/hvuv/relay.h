/*
 * Relays: two streams joined, hvuv's or libuv's (TCP, pipes), with bytes passed
 * on in both directions.
 *
 * The directions are independent: each reads into one buffer and reads no more
 * until the other side has taken it, so that a side that does not read holds up
 * only its own direction, and costs one buffer. When one side finishes sending,
 * that is passed on after the last byte, and the other direction continues.
 * When both have finished, or one side fails, both streams are closed.
 *
 * What cannot be passed on: a named pipe of Windows has no half-close (libuv
 * closes it shortly after it was shut down), and only libuv's TCP streams can
 * show their peer that a relay was cut short; other peers see the end of input.
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
  hvuv_stream_t* hvuv; /* exactly one of the two is not NULL */
  uv_stream_t* uv;
} hvuv_relay_end_t;

/* Called when both streams have closed: their memory and the relay's are the
 * caller's again, and their `data` is what it was before. status is 0 if both
 * sides finished and everything was passed on, UV_ECANCELED after
 * hvuv_relay_close(), UV_ETIMEDOUT, or the first error of either side. */
typedef void (*hvuv_relay_cb)(hvuv_relay_t* relay, int status);

struct hvuv_relay_s {
  /* public */
  void* data;
  /* read-only */
  uint64_t bytes[2]; /* passed on from the first side, and from the second */
  /* private */
  struct hvuv__relay_s* impl;
};

/* Joins two connected streams of the same loop that are neither reading nor
 * closing. They are the relay's until cb is called: they must not be read from,
 * written to, shut down or closed, and their `data`, by which callbacks find
 * the relay, must not be changed. Writes made before are sent first.
 *
 * buffer_bytes is the size of each direction's buffer: 0 for 64 KiB, at most
 * 1 GiB. When no byte has passed in either direction for idle_timeout_ms, both
 * streams are closed; 0 means no limit.
 *
 * When a relay ends in any other way than by both sides finishing, libuv's TCP
 * streams that were not shut down are reset, so that their peers do not take
 * what they received for the whole. libuv's streams may raise SIGPIPE, as
 * always: ignore it where it exists.
 *
 *   UV_EINVAL    a side names no stream or two, both name the same one, the
 *                loops differ, a stream is closing, buffer_bytes is too large,
 *                or a pointer is NULL
 *   UV_ENOTCONN  a stream is not connected, or one of its directions has ended
 *   UV_EALREADY  a stream is already reading
 *   UV_ENOMEM
 *
 * After an error the streams are the caller's, as they were, and no callback
 * follows. */
HVUV_EXTERN int hvuv_relay_start(hvuv_relay_t* relay,
                                 const hvuv_relay_end_t* first,
                                 const hvuv_relay_end_t* second,
                                 size_t buffer_bytes,
                                 uint64_t idle_timeout_ms,
                                 hvuv_relay_cb cb);

/* Closes both streams now; cb is called later, from the loop. Calling it again,
 * after cb, or after hvuv_relay_start() has failed, has no effect. */
HVUV_EXTERN void hvuv_relay_close(hvuv_relay_t* relay);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_RELAY_H */
