/* clang-format off */
/*
 * One direction of a relay: what is read at one port is written at the other.
 *
 *            bytes, all taken at once
 *              +--+
 *              v  |   bytes left                  the end of input
 *   start --> READING ------------> WRITING    READING ----> SHUTTING --> ENDED
 *                ^                     |
 *                +---------------------+
 *                       written
 *
 * So a way holds at most what one read gave it, in a buffer of its own, and
 * while it waits for its far port it reads nothing from its near one: there the
 * kernel fills up, and the peer waits.
 *
 * A way knows neither the other way nor the relay. Each function returns 0, or
 * why the way cannot go on; what follows from that is the relay's business.
 */
/* clang-format on */
#ifndef HVUV_SRC_RELAY_WAY_H
#define HVUV_SRC_RELAY_WAY_H

#include "relay/port.h"

typedef enum hvuv__way_state_e {
  HVUV__WAY_READING = 1,
  HVUV__WAY_WRITING,
  HVUV__WAY_SHUTTING,
  HVUV__WAY_ENDED
} hvuv__way_state_t;

typedef struct hvuv__way_s {
  hvuv__way_state_t state;
  hvuv__port_t* from;
  hvuv__port_t* to;
  char* base;
  size_t capacity; /* bytes at base */
  size_t held;     /* bytes that `to` has not taken, while WRITING */
  uint64_t* bytes; /* counts what `to` has taken */
} hvuv__way_t;

/* Starts reading. */
int hvuv__way_start(hvuv__way_t* way);

/* `from` has given so many bytes, at base. */
int hvuv__way_on_bytes(hvuv__way_t* way, size_t nread);

/* `to` has taken what was held. */
int hvuv__way_on_written(hvuv__way_t* way);

/* `from` has finished: `to` is shut down behind the last byte. */
int hvuv__way_on_eof(hvuv__way_t* way);

/* `to` was shut down, or could not be. */
int hvuv__way_on_shutdown(hvuv__way_t* way, int status);

#endif /* HVUV_SRC_RELAY_WAY_H */
