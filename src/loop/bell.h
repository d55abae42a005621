/*
 * What wakes a loop from any thread, on uv_async_t. A block of its own, like an
 * alarm. It does not keep its loop alive unless hvuv__bell_hold() says so.
 *
 *   the loop's thread            any thread
 *   hvuv__bell_open
 *          |            <------- hvuv__bell_ring, as often as it likes
 *          v                     cb follows, once for all rings before it
 *   hvuv__bell_close             no more rings
 *
 * Whoever rings makes sure, by a lock, that the bell is not closed meanwhile. A
 * bell whose handle was closed by whoever walked the loop is silent.
 */
#ifndef HVUV_SRC_LOOP_BELL_H
#define HVUV_SRC_LOOP_BELL_H

#include <uv.h>

typedef struct hvuv__bell_s hvuv__bell_t;

typedef void (*hvuv__bell_cb)(void* owner);

/* UV_ENOMEM, or what uv_async_init() returns. */
int hvuv__bell_open(uv_loop_t* loop,
                    void* owner,
                    hvuv__bell_cb cb,
                    hvuv__bell_t** bell);

/* Keeps the loop alive from now on. */
void hvuv__bell_hold(hvuv__bell_t* bell);

/* In any thread. */
void hvuv__bell_ring(hvuv__bell_t* bell);

/* No callback follows. */
void hvuv__bell_close(hvuv__bell_t* bell);

#endif /* HVUV_SRC_LOOP_BELL_H */
