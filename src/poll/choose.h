/* Which engine a socket gets: choose_linux.c, choose_posix.c and choose_win.c,
 * which stand above all engines. hvuv/engine.h has what a program may say about
 * it. */
#ifndef HVUV_SRC_POLL_CHOOSE_H
#define HVUV_SRC_POLL_CHOOSE_H

#include "poll/engine.h"

/* How many errors of watching in a row say nothing of the socket. */
extern const unsigned char hvuv__engine_errors_ignored;

/* The engine for a socket of a loop, or why there is none. */
int hvuv__engine_choose(hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age,
                        const hvuv__engine_t** engine);

/* Gives back what the engines keep for a loop. */
void hvuv__engine_leave(hvuv__poll_shared_t* shared);

/* hvuv__poll_disown(). */
void hvuv__engine_disown(hvuv__poll_shared_t* shared);

#endif /* HVUV_SRC_POLL_CHOOSE_H */
