/*
 * What the two files of a relay share: relay.c starts and ends it, relay/way.c
 * passes bytes on.
 */
#ifndef HVUV_SRC_RELAY_RELAY_H
#define HVUV_SRC_RELAY_RELAY_H

#include "relay/port.h"

enum hvuv__way_state {
  HVUV__WAY_READING,
  HVUV__WAY_WRITING,
  HVUV__WAY_SHUTTING,
  HVUV__WAY_ENDED
};

typedef struct hvuv__way_s {
  enum hvuv__way_state state;
  size_t held; /* bytes that the far end has not taken, while writing */
  char* base;
} hvuv__way_t;

struct hvuv__relay_s {
  hvuv_relay_t* relay;
  hvuv_relay_cb cb;
  hvuv__relay_end_t ends[2];
  hvuv__way_t ways[2]; /* from the end of the same number to the other */
  size_t buffer_bytes;
  uv_timer_t timer;
  uint64_t idle_timeout_ms; /* 0: there is no timer */
  uint64_t moved_ms;        /* when a byte was last seen to move */
  size_t queued[2];         /* bytes that the ends had to write then */
  int closing;
  int status;
  unsigned int handles; /* not yet closed */
  char buffers[];
};

/* A byte has been seen to move: it is not idle. */
void hvuv__relay_moved(hvuv__relay_t* relay);

/* Closes both ends, if nothing has yet; status is what the user is told. */
void hvuv__relay_finish(hvuv__relay_t* relay, int status);

#endif /* HVUV_SRC_RELAY_RELAY_H */
