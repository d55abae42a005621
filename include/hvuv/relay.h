/*
 * Relays: two streams joined, hvuv's or libuv's (TCP, pipes), with bytes passed
 * on in both directions.
 *
 * The directions are independent: each reads into one buffer and reads no more
 * until the other side has taken it, so that a side that does not read holds up
 * only its own direction, and costs one buffer. When one side finishes sending,
 * that is passed on after the last byte, and the other direction continues. So
 * it does when writing to one side fails: a server that refuses a request
 * before it has read all of it, and closes, still gets its answer through.
 * When both directions are over, both streams are closed.
 *
 * How each kind of stream carries an end:
 *
 *                               one direction alone   a relay that was cut short
 *   libuv TCP                   yes                   a reset
 *   libuv pipes, POSIX          yes                   looks like the end of input
 *   libuv pipes, Windows        no (libuv closes it)  looks like the end of input
 *   hvuv: vsock, hyperv, local  yes                   see hvuv_close()
 *   hvuv: hybrid                depends on the VMM    see hvuv_close()
 *
 * Behind a `hybrid` address some VMMs (vhost-device-vsock, Firecracker, Cloud
 * Hypervisor before v53) end the whole connection when the host ends its own
 * direction, and the guest's answer is lost; and they pass on no end of the
 * guest's direction alone. Where one direction cannot be ended alone, a relay
 * keeps the end of input back until the other direction has ended, or has
 * rested for half_close_rest_ms.
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

/* Whether one direction of a stream can be ended while the other goes on. */
typedef enum hvuv_half_close_e {
  /* No for hvuv's streams whose peer or own address is `hybrid`, and for libuv's
   * pipes on Windows; else yes. */
  HVUV_HALF_CLOSE_AUTO = 0,
  HVUV_HALF_CLOSE_YES,
  HVUV_HALF_CLOSE_NO
} hvuv_half_close_t;

/* One side of a relay. */
typedef struct hvuv_relay_end_s {
  hvuv_stream_t* hvuv; /* exactly one of the two is not NULL */
  uv_stream_t* uv;
  hvuv_half_close_t half_close; /* of that stream */
} hvuv_relay_end_t;

typedef struct hvuv_relay_options_s {
  size_t buffer_bytes; /* of each direction; 65,536; at most 1 GiB */

  /* Both streams are closed when no byte has passed in either direction for so
   * long. 0, as at first: no limit. */
  uint64_t idle_timeout_ms;

  /* Both streams are closed when bytes wait for one side, and it has neither
   * taken nor sent a byte for so long; 120,000. 0: no limit. */
  uint64_t sink_timeout_ms;

  /* How long the other direction must have rested before an end of input is
   * passed on to a side where one direction cannot be ended alone: 1,000. 0: it
   * is passed on when the other direction has ended, however late. */
  uint64_t half_close_rest_ms;
} hvuv_relay_options_t;

/* Fills in the values above. */
HVUV_EXTERN void hvuv_relay_options_init(hvuv_relay_options_t* options);

/* Called when both streams have closed: their memory and the relay's are the
 * caller's again, and their `data` is what it was before. status is 0 if both
 * sides finished and everything was passed on, UV_ECANCELED after
 * hvuv_relay_close(), UV_ETIMEDOUT after one of the limits, or else the first
 * failure; which side that was is in the relay's read_status and write_status,
 * which may still be read. */
typedef void (*hvuv_relay_cb)(hvuv_relay_t* relay, int status);

struct hvuv_relay_s {
  /* public */
  void* data;
  /* read-only */
  uint64_t bytes[2]; /* passed on from the first side, and from the second */
  /* Set when the relay has ended, for each side: why reading from it ended (0
   * if it was going on, UV_EOF, or an error), and why writing to it failed (0
   * if it did not). */
  int read_status[2];
  int write_status[2];
  /* private */
  struct hvuv__relay_s* impl;
};

/* Joins two connected streams of the same loop that are neither reading nor
 * closing. They are the relay's until cb is called: they must not be read from,
 * written to, shut down or closed, and their `data`, by which callbacks find the
 * relay, must not be changed. Writes made before are sent first.
 *
 * options may be NULL, and are copied.
 *
 * How it ends:
 *
 *   - Both sides finish: both streams are closed, and status is 0.
 *   - Writing to a side fails: nothing more can be passed on to it, and what
 *     the other side still sends is read and thrown away; what this side has
 *     sent is passed on to its end, then both are closed.
 *   - Reading from a side fails (it was reset): both are closed as soon as what
 *     it had sent has been passed on.
 *   - hvuv_relay_close() or a limit: both are closed at once.
 *
 * Except in the first case a stream whose peer did not get everything is reset
 * where it can be, so that the peer does not take what it received for the
 * whole. Closing may take a second longer for that: to let bytes leave that a
 * reset would discard, and to let a peer that is still sending read what it was
 * sent. libuv's streams may raise SIGPIPE, as always: ignore it where it
 * exists.
 *
 * Limits are judged only after the loop has polled, so that a loop that was busy
 * for long takes nobody for late.
 *
 *   UV_EINVAL    a side names no stream or two, both name the same one, the
 *                loops differ, a stream is closing, buffer_bytes is 0 or too
 *                large, or a pointer is NULL
 *   UV_ENOTCONN  a stream is not connected, or one of its directions has ended
 *   UV_EALREADY  a stream is already reading
 *   UV_ENOMEM
 *
 * After an error the streams are the caller's, as they were, and no callback
 * follows. */
HVUV_EXTERN int hvuv_relay_start_ex(hvuv_relay_t* relay,
                                    const hvuv_relay_end_t* first,
                                    const hvuv_relay_end_t* second,
                                    const hvuv_relay_options_t* options,
                                    hvuv_relay_cb cb);

/* The same with the two options that most need, the others being as
 * hvuv_relay_options_init() leaves them; a buffer_bytes of 0 is 65,536. */
HVUV_EXTERN int hvuv_relay_start(hvuv_relay_t* relay,
                                 const hvuv_relay_end_t* first,
                                 const hvuv_relay_end_t* second,
                                 size_t buffer_bytes,
                                 uint64_t idle_timeout_ms,
                                 hvuv_relay_cb cb);

/* Closes both streams now; cb is called later, from the loop. Calling it again,
 * after cb, or after hvuv_relay_start() has failed, has no effect. */
HVUV_EXTERN void hvuv_relay_close(hvuv_relay_t* relay);

/* How a relay stands. Each array is by side, the first and the second. */
typedef struct hvuv_relay_stats_s {
  uint64_t bytes[2];           /* passed on from this side */
  uint64_t held_bytes[2];      /* read from it, not yet taken by the other */
  uint64_t discarded_bytes[2]; /* read from it after the other had failed */
  uint64_t stuck_ms[2]; /* since bytes have waited for it and none has moved */
  uint64_t idle_ms;     /* since a byte was last seen to move */
  int read_status[2];   /* as in hvuv_relay_t, but of now */
  int write_status[2];
  /* As hvuv_relay_look() says now: a side may have gone while nothing is read
   * from it, because the other side has not taken what it sent before. */
  int peer_status[2];
} hvuv_relay_stats_t;

/* Fills in *stats, for a relay that has been started. After its end there is
 * only what hvuv_relay_t holds; the rest is 0. */
HVUV_EXTERN void hvuv_relay_stats(const hvuv_relay_t* relay,
                                  hvuv_relay_stats_t* stats);

/* How the peer of a stream stands, without reading from it: also of one that is
 * not in a relay yet, such as a caller on whose behalf another stream connects.
 *
 *   0              it is there, and may still send
 *   UV_EOF         it has finished sending; it may have closed, which TCP and
 *                  AF_VSOCK do not tell from ending one direction
 *   UV_ECONNRESET  it is gone, both ways
 *   UV_EINVAL      *end names no stream or two
 *
 * Another code is returned where the system cannot say, for instance UV_EBADF
 * for a stream without a socket. A TCP peer's end does not arrive before bytes
 * that find no room because nobody reads. Systems without POLLRDHUP (other than
 * Linux) see an end no sooner than a reader does. */
HVUV_EXTERN int hvuv_relay_look(const hvuv_relay_end_t* end);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_RELAY_H */
