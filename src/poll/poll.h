/*
 * The room's face: what says that a stream's socket is ready.
 *
 *   stream ---- hvuv__poller_open/watch/close ----> poll.h
 *                                                      |
 *     open.c      gives a new poller its engine --> choose_*.c, which knows all
 *     poller.c    what is watched and reported      engines; the others know an
 *        |  |                                       engine by its table
 *        |  early.c   what has come to those that were accepted just now
 *     engine.h    the table of an engine
 *        engine_uv.c              uv_poll_t, on every system
 *        engine_nursery_linux.c   an epoll set of the loop's, for young sockets
 *        engine_afd_win.c         one thread for all sockets of a loop
 *
 * A poller is a block of its own, not a part of the stream, because a stream
 * must be able to end before its poller does: libuv's slow path on Windows may
 * give a uv_poll_t back minutes after uv_close(). It never keeps its loop
 * alive; the hub does.
 */
#ifndef HVUV_SRC_POLL_POLL_H
#define HVUV_SRC_POLL_POLL_H

#include <uv.h>

#include "poll/early.h"

typedef struct hvuv__poller_s hvuv__poller_t;
typedef struct hvuv__poll_shared_s hvuv__poll_shared_t;

/* Has hvuv__poll_turn_end() called before the loop waits the next time. 0 if
 * that is not to be had. */
typedef int (*hvuv__poll_defer_cb)(hvuv__poll_shared_t* shared);

/* What the pollers of one loop share. The loop's hub keeps it, because the hub
 * is what is found by its loop. */
struct hvuv__poll_shared_s {
  uv_loop_t* loop;
  hvuv__poll_defer_cb defer;
  hvuv__early_t early;
  struct hvuv__afd_home_s* afd; /* engine_afd_win.c's; NULL until it has one */
  struct hvuv__nursery_s* nursery; /* engine_nursery_linux.c's, the same */
  int had_young;                   /* a young socket has been opened before */
};

/* How long a socket is likely to be watched. */
enum hvuv__poll_age {
  HVUV__POLL_LASTING, /* a listening one; one that was bound, or made elsewhere */
  HVUV__POLL_YOUNG,   /* for a connect: many end soon */
  HVUV__POLL_ACCEPTED /* a young one, to which something may have come by now */
};

/* status 0: events (UV_READABLE, UV_WRITABLE) have happened, or seem to have.
 * A negative status: the socket has an error, or cannot be watched, and is
 * watched no more until hvuv__poller_watch() is called again. */
typedef void (*hvuv__ready_cb)(void* owner, int status, int events);

/* The loop has its first stream: nothing is shared yet. */
static inline void hvuv__poll_enter(hvuv__poll_shared_t* shared,
                                    uv_loop_t* loop,
                                    hvuv__poll_defer_cb defer) {
  static const hvuv__poll_shared_t none;

  *shared = none;
  shared->loop = loop;
  shared->defer = defer;
}

/* The turn ends: reports what pollers have put off until then. */
void hvuv__poll_turn_end(hvuv__poll_shared_t* shared);

/* Whether there is something for it to do. */
static inline int hvuv__poll_is_due(const hvuv__poll_shared_t* shared) {
  return shared->early.count > 0;
}

/* Its last stream has ended, and all pollers are closed: gives back what they
 * shared. Not from inside a poller's callback. */
void hvuv__poll_leave(hvuv__poll_shared_t* shared);

/* In the child after a fork, for each loop of the process: what the loop goes
 * on polling by there is not the parent's. Called where only functions for
 * signal handlers are safe. */
void hvuv__poll_disown(hvuv__poll_shared_t* shared);

/* UV_ENOMEM; for a lasting socket UV_EEXIST if the loop watches it already.
 * Changes nothing when it fails. The socket does not block. */
int hvuv__poller_open(hvuv__poll_shared_t* shared,
                      uv_os_sock_t sock,
                      enum hvuv__poll_age age,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller);

/* Sets which events are wanted. Calls that change nothing are cheap, and
 * dropping UV_READABLE alone takes effect only when it next fires, so a stream
 * that stops and starts reading makes no system call. */
int hvuv__poller_watch(hvuv__poller_t* poller, int events);

/* No callback follows. The socket may and should be closed right after. */
void hvuv__poller_close(hvuv__poller_t* poller);

#endif /* HVUV_SRC_POLL_POLL_H */
