/*
 * What goes out of a connection: bytes that are put together, and chunks. It
 * returns errors to who asked and sets HVUV__CONN_CHOKED; it closes nothing and
 * starts or stops no reading, which is conn.c's.
 */
#ifndef HVUV_SRC_CONN_CONN_OUT_H
#define HVUV_SRC_CONN_CONN_OUT_H

#include "conn/conn_chunk.h"

/* Room for so many bytes more, which count as sent. NULL: a chunk is wanted.
 * Only for a connection that may send. */
char* hvuv__out_room(hvuv_conn_t* conn, size_t nbytes);

/* Room for what is nearly always sent: at least one byte, and few enough, from
 * the handler at work with nothing queued. The caller writes as many as it
 * wants, at most this many, and says how many with hvuv__out_add(). NULL: it is
 * another case. */
static inline char* hvuv__out_straight(const hvuv_conn_t* conn, size_t nbytes) {
  const hvuv__cork_t* cork = &conn->group->cork;

  return cork->conn == conn && nbytes <= cork->room ? cork->base + cork->used
                                                    : NULL;
}

static inline void hvuv__out_add(hvuv_conn_t* conn, size_t nbytes) {
  hvuv__cork_t* cork = &conn->group->cork;

  assert(cork->conn == conn && nbytes <= cork->room);
  cork->used += nbytes;
  cork->room -= nbytes;
}

/* Sends what was put together and then these bytes, from where they lie, if
 * nothing is queued. Returns how many of them the kernel took, 0 if none. */
size_t hvuv__out_pass(hvuv_conn_t* conn,
                      const uv_buf_t bufs[],
                      unsigned int nbufs);

/* Sends what was put together. 0, or why it could not; then what is left stays
 * in front of what comes. */
int hvuv__out_flush(hvuv_conn_t* conn);

/* Forgets what was put together. */
void hvuv__out_drop(hvuv_conn_t* conn);

/* Between the two, what the handler sends to this connection is put together.
 * uncork sends it: 0, or why it could not; then it is forgotten. */
static inline void hvuv__out_cork(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;

  assert(cork->conn == NULL && cork->used == 0);
  if (conn->group->wire->try_write == NULL)
    return;
  cork->conn = conn;
  cork->room =
      conn->state == HVUV__CONN_OPEN && conn->chunks == 0 ? cork->most : 0;
}

static inline int hvuv__out_uncork(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;
  int err = 0;

  assert(cork->conn == conn || cork->conn == NULL);
  if (cork->used > 0)
    err = hvuv__out_flush(conn);
  cork->used = 0;
  cork->conn = NULL;
  return err;
}

/* Queues a chunk behind what was put together. On an error the chunk is freed,
 * and what was put together stays. */
int hvuv__out_queue(hvuv__chunk_t* chunk);

/* Whether so many bytes more may be sent now. What was put together may leave
 * for them. */
int hvuv__out_has_room(hvuv_conn_t* conn, size_t nbytes);

/* Nothing leaves any more. */
void hvuv__out_cut(hvuv_conn_t* conn);

/* Bytes that the kernel has not taken. */
size_t hvuv__out_waiting(const hvuv_conn_t* conn);

#endif /* HVUV_SRC_CONN_CONN_OUT_H */
