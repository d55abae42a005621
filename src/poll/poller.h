/*
 * What tells a stream that its socket is ready. poller.c has the rules; an
 * engine (engine.h) does the watching: libuv's uv_poll_t, and on Windows also
 * one of our own. Above this file nobody knows which it is.
 *
 * A poller is a block of its own, not a part of the stream, because a stream
 * must be able to end before its poller does: libuv's slow path on Windows may
 * give a uv_poll_t back minutes after uv_close(). It never keeps its loop
 * alive; the hub does.
 */
#ifndef HVUV_SRC_POLL_POLLER_H
#define HVUV_SRC_POLL_POLLER_H

#include <uv.h>

typedef struct hvuv__poller_s hvuv__poller_t;

/* status 0: events (UV_READABLE, UV_WRITABLE) have happened, or seem to have.
 * A negative status: the socket has an error, or cannot be watched, and is
 * watched no more until hvuv__poller_watch() is called again. */
typedef void (*hvuv__ready_cb)(void* owner, int status, int events);

/* UV_EEXIST if the loop watches the socket already, UV_ENOMEM. Changes nothing
 * when it fails. */
int hvuv__poller_open(uv_loop_t* loop,
                      uv_os_sock_t sock,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller);

/* Says which events are wanted. Calls that change nothing are cheap, and
 * dropping UV_READABLE alone takes effect only when it next fires, so a stream
 * that stops and starts reading makes no system call. */
int hvuv__poller_watch(hvuv__poller_t* poller, int events);

/* No callback follows. The socket may and should be closed right after. */
void hvuv__poller_close(hvuv__poller_t* poller);

/* The last stream of a loop has ended: gives back what its pollers shared. Not
 * from inside a poller's callback. */
void hvuv__poller_leave(uv_loop_t* loop);

#endif /* HVUV_SRC_POLL_POLLER_H */
