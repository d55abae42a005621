/*
 * An engine, by its table: what watches sockets for poller.c. It knows its own
 * blocks and what libuv or the system offers, and reports by the functions of
 * poller.h.
 */
#ifndef HVUV_SRC_POLL_ENGINE_H
#define HVUV_SRC_POLL_ENGINE_H

#include "poll/poll.h"

typedef struct hvuv__engine_s {
  /* Makes a block of the engine's own with a zeroed poller in it, whose fields
   * are poller.c's to fill. */
  int (*open)(hvuv__poll_shared_t* shared,
              uv_os_sock_t sock,
              hvuv__poller_t** poller);

  /* Watches for these events from now on, 0 for none. They are reported for as
   * long as they last. */
  int (*arm)(hvuv__poller_t* poller, int events);

  /* Gives the block back, when nothing of it is in use any more. */
  void (*close)(hvuv__poller_t* poller);
} hvuv__engine_t;

#endif /* HVUV_SRC_POLL_ENGINE_H */
