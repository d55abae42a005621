/*
 * Deadlines: when a connection will be late, and by when all of a group must be
 * looked at again. conn_group.c looks, conn.c closes.
 */
#ifndef HVUV_SRC_CONN_CONN_TIME_H
#define HVUV_SRC_CONN_CONN_TIME_H

#include "conn/conn_state.h"

#define HVUV__NEVER UINT64_MAX

/* When the connection will be late; HVUV__NEVER if nothing limits it now. */
uint64_t hvuv__time_deadline(const hvuv_conn_t* conn);

/* When it must be looked at again, now that it was: at its deadline, or before
 * that to see how far what was sent has come. */
uint64_t hvuv__time_next_look(const hvuv_conn_t* conn, uint64_t now);

/* To be called when something has begun, or has changed, that may take too
 * long. */
void hvuv__time_watch(hvuv_conn_t* conn);

/* Has it looked at how far come the bytes that were sent. */
void hvuv__time_begin_progress(hvuv_conn_t* conn);
static inline void hvuv__time_watch_progress(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_WATCHED))
    hvuv__time_begin_progress(conn);
}

/* The kernel has taken bytes. */
void hvuv__time_note_sent(hvuv_conn_t* conn);

/* Looks how far what was sent has come. */
void hvuv__time_note_progress(hvuv_conn_t* conn, uint64_t now);

/* All connections are to be looked at then, at the latest. */
void hvuv__time_look_by(hvuv__group_t* group, uint64_t now, uint64_t at);

/* As hvuv__time_watch(), of one thing that begins now and may take so long; 0:
 * for ever. */
static inline void hvuv__time_begin(hvuv_conn_t* conn,
                                    uint64_t now,
                                    uint64_t limit_ms) {
  if (limit_ms != 0 && limit_ms < HVUV__NEVER - now &&
      now + limit_ms < conn->group->look_at_ms)
    hvuv__time_look_by(conn->group, now, now + limit_ms);
}

/* Has the group's alarm ring so long from now, at the latest. */
void hvuv__group_wake(hvuv__group_t* group, uint64_t delay_ms);

#endif /* HVUV_SRC_CONN_CONN_TIME_H */
