/*
 * Chunks: bytes that wait for the kernel, or for its report that they have
 * gone. With more than high_water_bytes of them a connection is choked: nothing
 * is read from a peer that takes nothing, until it has taken enough.
 */
#ifndef HVUV_SRC_CONN_CONN_CHUNK_H
#define HVUV_SRC_CONN_CONN_CHUNK_H

#include "conn/conn_state.h"

/* What a chunk costs besides its bytes, about. */
#define HVUV__CHUNK_COST_BYTES 200

/* Whether one for so many bytes may be had: 0, or UV_ENOSPC. */
static inline int hvuv__chunk_ask(hvuv_conn_t* conn, size_t nbytes) {
  return hvuv__group_ask(conn->group, conn, nbytes + HVUV__CHUNK_COST_BYTES);
}

/* A chunk with an array of buffers that are not set yet, and behind that room
 * for bytes of its own. NULL if there is no memory. */
hvuv__chunk_t* hvuv__chunk_new(hvuv_conn_t* conn,
                               unsigned int nbufs,
                               size_t room_bytes);
char* hvuv__chunk_room(hvuv__chunk_t* chunk);

/* A chunk that is a copy of so many bytes, still to be put into its one buffer.
 * 0, UV_ENOMEM or UV_ENOSPC. */
int hvuv__chunk_new_copy(hvuv_conn_t* conn,
                         size_t nbytes,
                         hvuv__chunk_t** chunk);

/* Gives back one that was not queued. */
void hvuv__chunk_free(hvuv__chunk_t* chunk);

/* The wire has closed: gives back what large chunks have copied. */
void hvuv__chunk_drop_copies(hvuv_conn_t* conn);

/* Queues a chunk behind the others. On an error it is freed. */
int hvuv__chunk_queue(hvuv__chunk_t* chunk);

/* The wire is done with a chunk: counts, frees it and calls the sender back. */
void hvuv__chunk_sent(hvuv__chunk_t* chunk, int status);

/* Whether the connection was choked and the peer has taken enough: it is choked
 * no more then. */
int hvuv__chunk_unchoke(hvuv_conn_t* conn);

/* Whether what is queued, with so many bytes more, is above the mark. */
int hvuv__chunk_exceeds(const hvuv_conn_t* conn,
                        size_t nbytes,
                        size_t mark_bytes);

#endif /* HVUV_SRC_CONN_CONN_CHUNK_H */
