/* A poller from the inside: what an engine's block holds, and by what an engine
 * reports to it. */
#ifndef HVUV_SRC_POLL_POLLER_H
#define HVUV_SRC_POLL_POLLER_H

#include "poll/engine.h"

struct hvuv__poller_s {
  void* owner;
  hvuv__ready_cb cb; /* NULL when closed */
  hvuv__poll_shared_t* shared;
  const hvuv__engine_t* engine;
  uv_os_sock_t sock;
  unsigned int errors;          /* in a row */
  unsigned char errors_ignored; /* the first so many are the engine's own; see
                                   hvuv__poller_fail() */
  unsigned char wanted;         /* what the owner asked for */
  unsigned char armed;          /* what the engine watches for */
  unsigned char early;          /* its place there, or an enum hvuv__early */
};

/* Fills a poller that the engine's open() has just made, but for what it leaves
 * zero. */
void hvuv__poller_start(hvuv__poller_t* poller,
                        const hvuv__engine_t* engine,
                        hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        void* owner,
                        hvuv__ready_cb cb);

/* --- For engines */

/* Watching has ended with an error, and the engine watches no more. The poller
 * may be closed when it returns. */
void hvuv__poller_fail(hvuv__poller_t* poller, int status);

/* Has only what is wanted watched from now on. */
void hvuv__poller_rearm(hvuv__poller_t* poller);

/* Events have happened. The poller may be closed when it returns. Inline,
 * because every message passes here. */
static inline void hvuv__poller_fire(hvuv__poller_t* poller, int events) {
  poller->errors = 0;
  events &= poller->wanted;
  if (events == 0)
    hvuv__poller_rearm(poller);
  else
    poller->cb(poller->owner, 0, events);
}

#endif /* HVUV_SRC_POLL_POLLER_H */
