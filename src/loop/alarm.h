/*
 * The one timer of a stream, of an owner of connections, or of a group of them:
 * for a connect its retries and its timeout, for a listener its pause when
 * descriptors have run out, for writes that wait a try at sending; for an owner
 * whatever it waits for, for a group the first deadline of its connections. A
 * block of its own, like a poller, so that a stream need not outlive it. It
 * never keeps its loop alive.
 */
#ifndef HVUV_SRC_LOOP_ALARM_H
#define HVUV_SRC_LOOP_ALARM_H

#include <uv.h>

typedef struct hvuv__alarm_s hvuv__alarm_t;

typedef void (*hvuv__alarm_cb)(void* owner);

/* UV_ENOMEM. When whoever walks the loop has closed its handle, it never rings.
 */
int hvuv__alarm_open(uv_loop_t* loop,
                     void* owner,
                     hvuv__alarm_cb cb,
                     hvuv__alarm_t** alarm);

/* 1 if it would ring. */
int hvuv__alarm_rings(const hvuv__alarm_t* alarm);

/* Rings once, delay_ms from now; an alarm that is set is set anew. */
void hvuv__alarm_set(hvuv__alarm_t* alarm, uint64_t delay_ms);

void hvuv__alarm_stop(hvuv__alarm_t* alarm);

/* No callback follows. */
void hvuv__alarm_close(hvuv__alarm_t* alarm);

#endif /* HVUV_SRC_LOOP_ALARM_H */
