/*
 * What goes out of a connection: bytes that are put together, and chunks. It
 * returns errors to who asked and sets HVUV__CONN_CHOKED; it closes nothing and
 * starts or stops no reading, which is conn.c's.
 */
#ifndef HVUV_SRC_CONN_CONN_OUT_H
#define HVUV_SRC_CONN_CONN_OUT_H

#include "conn/conn_state.h"

/* --- Put together -------------------------------------------------------- */

/* Between the two, what the handler sends to this connection is put together.
 * uncork sends it: 0, or why it could not; then it is forgotten. */
void hvuv__out_cork(hvuv_conn_t* conn);
int hvuv__out_uncork(hvuv_conn_t* conn);

/* Room for so many bytes more, which count as sent. NULL: a chunk is wanted. */
char* hvuv__out_room(hvuv_conn_t* conn, size_t nbytes);

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

/* --- Chunks -------------------------------------------------------------- */

/* A chunk with an array of buffers that are not set yet, and behind that room
 * for bytes of its own. NULL if there is no memory. */
hvuv__chunk_t* hvuv__out_new_chunk(hvuv_conn_t* conn,
                                   unsigned int nbufs,
                                   size_t room_bytes);
char* hvuv__out_chunk_room(hvuv__chunk_t* chunk);

/* Queues a chunk behind what was put together. On an error the chunk is freed,
 * and what was put together stays. */
int hvuv__out_queue(hvuv_conn_t* conn, hvuv__chunk_t* chunk);

/* The wire is done with a chunk: counts, frees it and calls the sender back. */
void hvuv__out_sent(hvuv__chunk_t* chunk, int status);

/* Whether the connection was choked and the peer has taken enough: it is choked
 * no more then. */
int hvuv__out_unchoke(hvuv_conn_t* conn);

/* Whether so many bytes more may be sent now. What was put together may leave
 * for them. */
int hvuv__out_has_room(hvuv_conn_t* conn, size_t nbytes);

/* Nothing leaves any more. */
void hvuv__out_cut(hvuv_conn_t* conn);

/* Bytes that the kernel has not taken. */
size_t hvuv__out_waiting(const hvuv_conn_t* conn);

#endif /* HVUV_SRC_CONN_CONN_OUT_H */
