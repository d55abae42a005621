/*
 * The thread that takes AFD's answers from a completion port, one for each loop
 * that has a stream of our engine.
 *
 *            no idle one: a new thread          gives it back
 *   (none) --------------------------> BUSY ------------------> IDLE
 *                                       ^  \                     | |
 *                                       |   \ something is out   | | a second
 *                                       |    \  that does not    | | has passed
 *                                       |     v come back        | v
 *                                       |    ENDING <------------+--
 *                                       +---- another loop takes it
 *
 * A loop's thread is given back with the loop's last stream, since nothing of
 * ours may stay in a loop that its owner wants to close. Where streams come one
 * by one that would be a thread for each, so it lingers, and the next loop has
 * it, whichever that is. An idle one belongs to no loop and holds none; it
 * keeps the module loaded that its code is in until it has ended.
 */
#ifndef HVUV_SRC_POLL_AFD_THREAD_WIN_H
#define HVUV_SRC_POLL_AFD_THREAD_WIN_H

#include "poll/afd_win.h"

typedef struct hvuv__afd_thread_s hvuv__afd_thread_t;

/* Answers have arrived. Called in the thread, under its lock: the callback
 * takes no other. */
typedef void (*hvuv__afd_wake_cb)(void* owner);

/* 0, or a UV_E* code. */
int hvuv__afd_thread_take(void* owner,
                          hvuv__afd_wake_cb wake,
                          hvuv__afd_thread_t** thread);

/* Where answers are to come. */
HANDLE hvuv__afd_thread_port(const hvuv__afd_thread_t* thread);

/* Those that have arrived, the oldest first, linked by `next_arrived`. */
hvuv__afd_poll_t* hvuv__afd_thread_fetch(hvuv__afd_thread_t* thread);

/* The same, but waits for the first; NULL if none comes in time. */
hvuv__afd_poll_t* hvuv__afd_thread_await(hvuv__afd_thread_t* thread,
                                         DWORD timeout_ms);

/* No wake follows. is_quiet: no question is out whose answer would come to its
 * port; otherwise the thread ends at once. */
void hvuv__afd_thread_give(hvuv__afd_thread_t* thread, int is_quiet);

#endif /* HVUV_SRC_POLL_AFD_THREAD_WIN_H */
