/*
 * Relays: two streams joined, hvuv's or libuv's (TCP, pipes), with bytes passed
 * on in both directions.
 *
 * The directions are independent: each reads into one buffer and reads no more
 * until the other side has taken it, so that a side that does not read holds up
 * only its own direction, and costs one buffer. A buffer has 16 KiB, and grows
 * while reads fill it, for bulk to take fewer and larger ones. When one side
 * finishes sending, that is passed on after the last byte, and the other
 * direction continues. It also continues when writing to one side fails: the
 * answer of a server that refuses a request before it has read all of it, and
 * closes, still arrives. When both directions are over, both streams are
 * closed.
 *
 * How each kind of stream carries an end:
 *
 *                               one direction alone   the relay is cut short
 *   libuv TCP                   yes                   a reset
 *   libuv pipes, POSIX          yes                   as hvuv's `local`
 *   libuv pipes, Windows        no (libuv closes it)  like the end of input
 *   hvuv: vsock, hyperv, local  yes                   see hvuv_close_reset()
 *   hvuv: hybrid                depends on the VMM    see hvuv_close_reset()
 *
 * Behind a `hybrid` address some VMMs end the whole connection when the host
 * ends its own direction, and the guest's answer is lost; nor do they pass on
 * the end of the guest's direction alone:
 *
 *   can end one direction alone   OpenVMM, Cloud Hypervisor from v53
 *   cannot                        vhost-device-vsock, Firecracker, Cloud
 *                                 Hypervisor to v52
 *   keeps one direction open      libkrun
 *
 * hvuv_shutdown() has the whole table, with its sources. Where one direction
 * cannot be ended alone, a relay holds the end of input back until the other
 * direction has ended, or has rested for half_close_rest_ms. A relay in a guest
 * behind one of those that cannot is to be given HVUV_HALF_CLOSE_NOT_PASSED for
 * its AF_VSOCK stream: else what listens in the guest ends a conversation, and
 * its client on the host never learns of it.
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
  /* No for hvuv's streams whose peer or own address is `hybrid`, and for
   * libuv's pipes on Windows; else yes. */
  HVUV_HALF_CLOSE_AUTO = 0,
  HVUV_HALF_CLOSE_YES,
  HVUV_HALF_CLOSE_NO,
  /* No, and an attempt does nothing that its peer would notice. So it is in a
   * guest behind a VMM that does not pass the end of the guest's direction; the
   * guest itself cannot see what is behind its AF_VSOCK. The end of input is
   * passed on to such a stream by closing it. */
  HVUV_HALF_CLOSE_NOT_PASSED
} hvuv_half_close_t;

/* One side of a relay. */
typedef struct hvuv_relay_end_s {
  hvuv_stream_t* hvuv; /* exactly one of the two is not NULL */
  uv_stream_t* uv;
  hvuv_half_close_t half_close; /* of that stream */
} hvuv_relay_end_t;

/* How a relay passes bytes on, and when it gives up. */
typedef struct hvuv_relay_options_s {
  /* To how much the buffer of each direction may grow, and so the most that it
   * holds. Default 256 KiB, at most 1 GiB. */
  size_t buffer_bytes;

  /* Both streams are closed when no byte has passed in either direction for
   * this long. Default 0: no limit. */
  uint64_t idle_timeout_ms;

  /* Both streams are closed when bytes wait for one side because the system's
   * buffers towards it are full, and it has neither taken nor sent a byte for
   * this long. Default 2 minutes; 0: no limit. */
  uint64_t sink_timeout_ms;

  /* How long the other direction must have rested before the end of input is
   * passed on to a side where one direction cannot be ended alone, which with
   * HVUV_HALF_CLOSE_NOT_PASSED ends the other direction too. Default 1
   * second; 0: it is passed on only when the other direction has ended. */
  uint64_t half_close_rest_ms;
} hvuv_relay_options_t;

/* Sets the defaults above. */
HVUV_EXTERN void hvuv_relay_options_init(hvuv_relay_options_t* options);

/* Called when both streams have closed: their memory and the relay's are the
 * caller's again, and their `data` is what it was before. status is 0 if both
 * sides finished and everything was passed on, else what happened first: a
 * side's failure, UV_ETIMEDOUT for one of the limits, or UV_ECANCELED for
 * hvuv_relay_close(). Which side failed is in the relay's read_status and
 * write_status, which may still be read. */
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
 * written to, shut down or closed, and their `data`, by which callbacks find
 * the relay, must not be changed. Writes made before are sent first.
 *
 * options may be NULL for the defaults and are copied.
 *
 * How it ends:
 *
 *   - Both sides finish: both streams are closed, and status is 0.
 *   - Writing to a side fails: nothing more can be passed on to it, and what
 *     the other side still sends is read and thrown away; what this side has
 *     sent is passed on to its end, then both are closed.
 *   - Reading from a side fails (it was reset): both are closed as soon as what
 *     was read of it has been passed on, which over TCP on Windows may be less
 *     than had arrived (hvuv_close_reset()).
 *   - hvuv_relay_close() or a limit: both are closed at once.
 *
 * Except in the first case, a stream whose peer did not get everything is reset
 * where that is possible, so that the peer does not take what it received for
 * the whole. Closing may then take a second longer, so that bytes are sent that
 * a reset would discard, and a peer that is still sending can read what it was
 * sent. libuv's streams may raise SIGPIPE, as always: ignore it where it
 * exists.
 *
 * Limits are checked only after the loop has polled, so that a side is not
 * taken for late because the loop was busy.
 *
 *   UV_EINVAL    a side names no stream or two, both name the same one, the
 *                loops differ, a stream is closing, buffer_bytes is 0 or too
 *                large, a half_close is none of its values (a side that was not
 *                zeroed), or a pointer is NULL
 *   UV_ENOTCONN  a stream is not connected, was shut down, or has failed
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
 * hvuv_relay_options_init() leaves them; a buffer_bytes of 0 is 256 KiB. */
HVUV_EXTERN int hvuv_relay_start(hvuv_relay_t* relay,
                                 const hvuv_relay_end_t* first,
                                 const hvuv_relay_end_t* second,
                                 size_t buffer_bytes,
                                 uint64_t idle_timeout_ms,
                                 hvuv_relay_cb cb);

/* Closes both streams now; cb is called later, from the loop, also if whatever
 * uv_walk() shows was closed before or is closed meanwhile (hvuv/loop.h).
 * Calling it again, after cb, or after hvuv_relay_start() has failed, has no
 * effect. */
HVUV_EXTERN void hvuv_relay_close(hvuv_relay_t* relay);

/* The state of a relay. The arrays have an element for each side. */
typedef struct hvuv_relay_stats_s {
  uint64_t bytes[2];           /* passed on from this side */
  uint64_t held_bytes[2];      /* read from it, not yet taken by the other */
  uint64_t discarded_bytes[2]; /* read from it after the other had failed */
  uint64_t stuck_ms[2]; /* for how long bytes have waited for it unmoved */
  uint64_t idle_ms;     /* since a byte was last seen to move */
  int read_status[2];   /* as in hvuv_relay_t, at this moment */
  int write_status[2];
  /* What hvuv_relay_look() returns at this moment: a side may be gone while
   * nothing is read from it because the other side takes nothing. */
  int peer_status[2];
} hvuv_relay_stats_t;

/* Sets *stats for a relay that has been started. After its end only what is in
 * hvuv_relay_t is known; the rest is 0. */
HVUV_EXTERN void hvuv_relay_stats(const hvuv_relay_t* relay,
                                  hvuv_relay_stats_t* stats);

/* Returns the state of a stream's peer without reading from the stream, which
 * need not be in a relay: it may be a caller on whose behalf another stream
 * connects.
 *
 *   0              it is there, and may still send
 *   UV_EOF         it has finished sending; it may have closed, which TCP and
 *                  AF_VSOCK do not distinguish from a shutdown
 *   UV_ECONNRESET  both directions are gone
 *   UV_EINVAL      *end names no stream or two
 *
 * Other codes are returned where the system cannot report it, for instance
 * UV_EBADF for a stream without a socket. The end of a TCP peer arrives after
 * its bytes, so not while those find no room because nobody reads. On systems
 * without POLLRDHUP (other than Linux) an end is seen no sooner than by
 * reading. */
HVUV_EXTERN int hvuv_relay_look(const hvuv_relay_end_t* end);

/* For bindings: the size of a hvuv_relay_t in bytes, and its data; see
 * hvuv_stream_size(). hvuv_relay_start() leaves data as it is. */
HVUV_EXTERN size_t hvuv_relay_size(void);
HVUV_EXTERN void* hvuv_relay_get_data(const hvuv_relay_t* relay);
HVUV_EXTERN void hvuv_relay_set_data(hvuv_relay_t* relay, void* data);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_RELAY_H */
