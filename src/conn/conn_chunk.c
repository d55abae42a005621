#include "conn/conn_chunk.h"

#include <assert.h>

#include "base/alloc.h"
#include "conn/conn_time.h"

/* What a chunk costs besides its bytes, about; and how many are never too many.
 * By these a peer that takes nothing of many tiny messages is held to about
 * twice the bytes of the marks. */
#define CHUNK_COST_BYTES 200
#define CHUNKS_TO_SPARE  64

/* The memory of a chunk is given back only when it is reported to be gone. */
int hvuv__chunk_exceeds(const hvuv_conn_t* conn,
                        size_t nbytes,
                        size_t mark_bytes) {
  return nbytes + conn->chunk_bytes > mark_bytes ||
         conn->chunks > CHUNKS_TO_SPARE + mark_bytes / CHUNK_COST_BYTES;
}

static size_t front_bytes(const hvuv_conn_t* conn) {
  return HVUV__ALIGNED(conn->group->wire->chunk_bytes);
}

hvuv__chunk_t* hvuv__chunk_new(hvuv_conn_t* conn,
                               unsigned int nbufs,
                               size_t room_bytes) {
  size_t front = front_bytes(conn);
  size_t nbytes =
      front + sizeof(hvuv__chunk_t) + nbufs * sizeof(uv_buf_t) + room_bytes;
  hvuv__chunk_t* chunk;
  char* block;

  block = hvuv__malloc(nbytes);
  if (block == NULL)
    return NULL;

  chunk = (hvuv__chunk_t*) (void*) (block + front);
  chunk->conn = conn;
  chunk->send = NULL;
  chunk->nbytes = 0;
  chunk->held_bytes = nbytes;
  chunk->bufs = (uv_buf_t*) (chunk + 1);
  chunk->nbufs = nbufs;
  return chunk;
}

char* hvuv__chunk_room(hvuv__chunk_t* chunk) {
  return (char*) (chunk->bufs + chunk->nbufs);
}

void hvuv__chunk_free(hvuv__chunk_t* chunk) {
  hvuv__free((char*) chunk - front_bytes(chunk->conn));
}

int hvuv__chunk_queue(hvuv__chunk_t* chunk) {
  hvuv_conn_t* conn = chunk->conn;
  hvuv__group_t* group = conn->group;
  int err;

  err = group->wire->write(conn, chunk);
  if (err != 0) {
    hvuv__chunk_free(chunk);
    return err;
  }

  conn->chunks++;
  conn->chunk_bytes += chunk->nbytes;
  hvuv__conn_hold(conn, chunk->held_bytes);
  hvuv__time_watch_progress(conn);
  hvuv__cork_stop(&group->cork);
  if (hvuv__chunk_exceeds(conn, 0, group->limits.high_water_bytes))
    conn->flags |= HVUV__CONN_CHOKED;
  return 0;
}

void hvuv__chunk_sent(hvuv__chunk_t* chunk, int status) {
  hvuv_conn_t* conn = chunk->conn;
  hvuv_send_t* send = chunk->send;

  assert(conn->chunks > 0 && conn->chunk_bytes >= chunk->nbytes);
  conn->chunks--;
  conn->chunk_bytes -= chunk->nbytes;
  hvuv__conn_let_go(conn, chunk->held_bytes);
  if (status == 0) {
    hvuv__conn_count_sent(conn, chunk->nbytes);
    hvuv__time_note_sent(conn);
  }
  hvuv__chunk_free(chunk);
  if (send != NULL && send->cb != NULL)
    send->cb(send, status);
}

int hvuv__chunk_unchoke(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_CHOKED) ||
      hvuv__chunk_exceeds(conn, 0, conn->group->limits.low_water_bytes))
    return 0;
  conn->flags &= ~(unsigned int) HVUV__CONN_CHOKED;
  return 1;
}
