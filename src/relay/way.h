/* clang-format off */
/*
 * One direction of a relay: what is read at one port is written at the other.
 *
 *            bytes, all taken at once
 *              +--+
 *              v  |   bytes left                 the end of input
 *   start --> READING ------------> WRITING    READING -------------------> SHUTTING --> ENDED
 *                ^                     |          |                            ^
 *                +---------------------+          +--> HOLDING ----------------+
 *                     written                            released
 *
 *   READING                --- reading fails -----------------> CUT
 *   all that are not over  --- writing, shutting down fails --> BROKEN
 *   all that are not over  --- the far peer is gone ----------> DROPPED
 *
 * A way holds at most what one read gave it, in a buffer of its own
 * (relay/buffer.h), and while
 * it waits for its far port (WRITING) it reads nothing from its near one: there
 * the kernel fills up, and the peer waits. HOLDING has the end of input in hand
 * and keeps it back, because to pass it on may end the far port's other
 * direction too.
 *
 * A BROKEN way goes on reading and throws away what it reads: nobody can get it
 * any more, but a peer that is stuck in sending does not come to read what the
 * other way has for it, and its end would never be seen.
 *
 * A DROPPED way reads no more: its near port is about to be closed, and bytes
 * that were not read then show its peer that this was no orderly end.
 *
 * Over are ENDED, CUT, DROPPED and BROKEN. A way knows neither the other way
 * nor the relay; what its states mean for these is decided in relay/pair.c.
 */
/* clang-format on */
#ifndef HVUV_SRC_RELAY_WAY_H
#define HVUV_SRC_RELAY_WAY_H

#include "relay/buffer.h"
#include "relay/port.h"

typedef enum hvuv__way_state_e {
  HVUV__WAY_READING = 1,
  HVUV__WAY_WRITING,
  HVUV__WAY_HOLDING,
  HVUV__WAY_SHUTTING,
  HVUV__WAY_ENDED,
  HVUV__WAY_CUT,
  HVUV__WAY_DROPPED,
  HVUV__WAY_BROKEN
} hvuv__way_state_t;

typedef struct hvuv__way_s {
  hvuv__way_state_t state;
  hvuv__port_t* from;
  hvuv__port_t* to;
  uv_loop_t* loop;
  hvuv__buffer_t buffer;
  size_t held;        /* bytes that `to` has not taken: a write is pending */
  uint64_t* bytes;    /* counts what `to` has taken */
  uint64_t discarded; /* bytes read while BROKEN */
  int read_status;    /* 0, UV_EOF, or why reading `from` failed */
  int write_status;   /* 0, or why writing to `to` failed */
  uint64_t moved_ms;  /* when a byte was last seen to move */
  uint64_t ended_ms;  /* when the end of input was read */
  size_t outstanding; /* of `to`, when it was last looked at */
  int is_looked_at;   /* since it last passed bytes on */
} hvuv__way_t;

/* Starts reading, or returns why that cannot be. */
int hvuv__way_start(hvuv__way_t* way);

/* Where `from` is to put what is read next. */
void hvuv__way_lend(hvuv__way_t* way, uv_buf_t* buf);

/* `from` has given so many bytes, in the buffer. */
void hvuv__way_on_bytes(hvuv__way_t* way, size_t nread);

/* The write of what was held is done. */
void hvuv__way_on_written(hvuv__way_t* way, int status);

/* `from` has finished. `to` is shut down behind the last byte, now or, with
 * hold, when it is released. */
void hvuv__way_on_eof(hvuv__way_t* way, int hold);
void hvuv__way_release(hvuv__way_t* way);

/* `to` was shut down, or could not be. */
void hvuv__way_on_shutdown(hvuv__way_t* way, int status);

/* Reading `from` has failed. */
void hvuv__way_cut(hvuv__way_t* way, int err);

/* Nothing can be written to `to` any more. No effect on a way that is over. */
void hvuv__way_break(hvuv__way_t* way, int err);

/* The far peer is gone, as err says; what was passed on to it last too. No
 * effect on a way that has failed. */
void hvuv__way_drop(hvuv__way_t* way, int err);

/* Notes whether bytes have left `to` since the last look. */
void hvuv__way_look(hvuv__way_t* way);

static inline int hvuv__way_is_over(const hvuv__way_t* way) {
  return way->state >= HVUV__WAY_ENDED;
}

/* Whether bytes may still come from `from` that `to` can get. */
static inline int hvuv__way_is_going_on(const hvuv__way_t* way) {
  return way->state <= HVUV__WAY_WRITING;
}

#endif /* HVUV_SRC_RELAY_WAY_H */
