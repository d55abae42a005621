/*
 * Who takes the callers of a share from the kernel: a thread with a loop of its
 * own, so that it is always there. It calls no handler.
 *
 *   leader's thread        acceptor's thread              members' threads
 *
 *   open_door(stream) ---> a door: a stream that listens
 *   (waits for that)       with the leader's socket (lend.h)
 *                             |
 *                          a caller comes: is there room?
 *                             | yes           | no: it stays in the kernel,
 *                             v               v and is looked at again when
 *                          calls_offer --->   the bell rings
 *   close_door        --->
 *   (waits for that)       the alarm: calls_review, while there are calls
 *
 * The thread begins with the share, and ends when its last member is gone. The
 * kernel shows each caller to one thread only, so nobody is woken in vain, and
 * accept() is not called in vain, which sleeps on AF_VSOCK (listener.c).
 */
#ifndef HVUV_SRC_SERVE_ACCEPTOR_H
#define HVUV_SRC_SERVE_ACCEPTOR_H

#include "serve/share.h"

typedef struct hvuv__acceptor_s hvuv__acceptor_t;
typedef struct hvuv__door_s hvuv__door_t;

/* Starts the thread, for a share that nobody else knows yet. UV_ENOMEM,
 * UV_EMFILE, UV_EAGAIN, or what else uv_loop_init() and uv_thread_create()
 * return. */
int hvuv__acceptor_open(hvuv__share_t* share, hvuv__acceptor_t** acceptor);

/* Takes the callers of a stream that has been lent; one thread may do this and
 * the next at a time, and not under the lock. What hvuv__lend_borrow() returns,
 * or UV_ENOMEM. */
int hvuv__acceptor_open_door(hvuv__acceptor_t* acceptor,
                             const hvuv_stream_t* from,
                             const hvuv_protocol_t* protocol,
                             hvuv__door_t** door);

/* After this the lent stream can be closed. A caller who waits there is
 * dropped. */
void hvuv__acceptor_close_door(hvuv__acceptor_t* acceptor, hvuv__door_t* door);

/* Ends the thread and waits for that. All doors are closed. */
void hvuv__acceptor_close(hvuv__acceptor_t* acceptor);

#endif /* HVUV_SRC_SERVE_ACCEPTOR_H */
