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

/* What a message may have around it. */
#define HVUV__EDGES_BYTES_MAX ((ptrdiff_t) 2 * HVUV_FRAMING_EDGE_BYTES)

/* Whether it is what is nearly always sent: at least one byte, and few enough,
 * by the handler at work with nothing queued. Then it goes to group->cork.next,
 * with what is around it, and moves that on. */
static inline int hvuv__out_is_straight(const hvuv_conn_t* conn,
                                        size_t nbytes) {
  const hvuv__cork_t* cork = &conn->group->cork;

  assert(cork->conn != conn || cork->next <= cork->limit);
  return cork->conn == conn && nbytes - 1 < (size_t) (cork->limit - cork->next);
}

/* Sends what was put together and then these bytes, from where they lie, if
 * nothing is queued. Returns how many of them the kernel took, 0 if none. */
size_t hvuv__out_pass(hvuv_conn_t* conn,
                      const uv_buf_t bufs[],
                      unsigned int nbufs);

/* Sends what was put together. 0, or why it could not; then what is left stays
 * in front of what comes. */
int hvuv__out_flush(hvuv_conn_t* conn);

/* The same where something was, by this connection. */
int hvuv__out_send(hvuv_conn_t* conn);

/* Forgets what was put together. */
void hvuv__out_drop(hvuv_conn_t* conn);

/* Between the two, what the handler sends to this connection is put together.
 * uncork sends it: 0, or why it could not; then it is forgotten. */
static inline void hvuv__out_cork(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;

  assert(cork->conn == NULL && cork->next == cork->base);
  if (conn->group->wire->try_write == NULL)
    return;
  cork->conn = conn;
  cork->limit = conn->state == HVUV__CONN_OPEN && conn->chunks == 0
                    ? cork->end
                    : cork->base;
}

static inline int hvuv__out_uncork(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;
  int err = 0;

  assert(cork->conn == conn || cork->conn == NULL);
  if (cork->next != cork->base)
    err = hvuv__out_send(conn);
  cork->next = cork->base;
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
