/*
 * What does the watching for poller.c. engine_posix.c and engine_win.c say
 * which engine a socket gets.
 *
 *   engine_uv.c       uv_poll_t, on every system
 *   engine_afd_win.c  one thread that polls the sockets of a loop, Windows
 */
#ifndef HVUV_SRC_POLL_ENGINE_H
#define HVUV_SRC_POLL_ENGINE_H

#include "poll/poller.h"

typedef struct hvuv__engine_s {
  /* Makes a block of the engine's own with a zeroed poller in it, whose fields
   * are poller.c's to fill. */
  int (*open)(uv_loop_t* loop, uv_os_sock_t sock, hvuv__poller_t** poller);

  /* Watches for these events from now on, 0 for none. They are reported for as
   * long as they last. */
  int (*arm)(hvuv__poller_t* poller, int events);

  /* Gives the block back, when nothing of it is in use any more. */
  void (*close)(hvuv__poller_t* poller);
} hvuv__engine_t;

struct hvuv__poller_s {
  void* owner;
  hvuv__ready_cb cb; /* NULL when closed */
  int wanted;
  int armed;
  unsigned int errors; /* in a row */
  const hvuv__engine_t* engine;
};

extern const hvuv__engine_t hvuv__engine_uv;

/* How many errors of watching in a row say nothing of the socket; see
 * hvuv__poller_fail(). */
extern const unsigned int hvuv__engine_errors_ignored;

/* The engine for a socket of a loop, or why there is none. */
int hvuv__engine_choose(uv_loop_t* loop,
                        uv_os_sock_t sock,
                        const hvuv__engine_t** engine);

/* Gives back what an engine keeps for a loop. */
void hvuv__engine_leave(uv_loop_t* loop);

/* For engines to call: watching has ended with an error, and the engine watches
 * no more. The poller may be closed when it returns. */
void hvuv__poller_fail(hvuv__poller_t* poller, int status);

/* Has only what is wanted watched from now on. */
void hvuv__poller_rearm(hvuv__poller_t* poller);

/* For engines to call: events have happened. The poller may be closed when it
 * returns. Inline, because every message passes here. */
static inline void hvuv__poller_fire(hvuv__poller_t* poller, int events) {
  poller->errors = 0;
  events &= poller->wanted;
  if (events == 0)
    hvuv__poller_rearm(poller);
  else
    poller->cb(poller->owner, 0, events);
}

#endif /* HVUV_SRC_POLL_ENGINE_H */
