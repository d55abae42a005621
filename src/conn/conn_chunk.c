#include "conn/conn_chunk.h"

#include <assert.h>

#include "base/alloc.h"
#include "conn/conn_time.h"

/* How many are never too many. By this and by their costs a peer that takes
 * nothing of many tiny messages is held to about twice the bytes of the
 * marks. */
#define CHUNKS_TO_SPARE 64

/* A copy of more lies apart from its chunk, so that its memory can be given
 * back before the chunk is reported to be gone. */
#define APART_BYTES 512

/* Those that have gone count until they are reported to be gone. */
int hvuv__chunk_exceeds(const hvuv_conn_t* conn,
                        size_t nbytes,
                        size_t mark_bytes) {
  return nbytes + conn->chunk_bytes > mark_bytes ||
         conn->chunks > CHUNKS_TO_SPARE + mark_bytes / HVUV__CHUNK_COST_BYTES;
}

static size_t front_bytes(const hvuv_conn_t* conn) {
  return HVUV__ALIGNED(conn->group->wire->chunk_bytes);
}

/* --- Copies that lie apart ------------------------------------------------ */

/* In front of the bytes. */
struct hvuv__copy_s {
  hvuv__copy_t* next; /* chunks go in the order in which they were queued */
  hvuv__chunk_t* chunk;
  size_t held_bytes;
};

#define COPY_FRONT_BYTES HVUV__ALIGNED(sizeof(hvuv__copy_t))

static int have_apart(hvuv__chunk_t* chunk, size_t room_bytes) {
  size_t nbytes = COPY_FRONT_BYTES + room_bytes;
  hvuv__copy_t* copy;

  copy = hvuv__malloc(nbytes);
  if (copy == NULL)
    return UV_ENOMEM;
  copy->next = NULL;
  copy->chunk = chunk;
  copy->held_bytes = nbytes;
  chunk->apart = copy;
  chunk->held_bytes += nbytes;
  return 0;
}

static void push_apart(hvuv_conn_t* conn, hvuv__copy_t* copy) {
  if (conn->first_copy == NULL)
    conn->first_copy = copy;
  else
    conn->last_copy->next = copy;
  conn->last_copy = copy;
}

static void free_apart(hvuv_conn_t* conn, hvuv__copy_t* copy) {
  assert(conn->first_copy == copy);
  conn->first_copy = copy->next;
  hvuv__free(copy);
}

void hvuv__chunk_drop_copies(hvuv_conn_t* conn) {
  hvuv__copy_t* copy;

  while ((copy = conn->first_copy) != NULL) {
    copy->chunk->apart = NULL;
    copy->chunk->held_bytes -= copy->held_bytes;
    hvuv__conn_let_go(conn, copy->held_bytes);
    free_apart(conn, copy);
  }
}

/* --- Chunks --------------------------------------------------------------- */

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
  chunk->apart = NULL;
  chunk->nbytes = 0;
  chunk->held_bytes = nbytes;
  chunk->bufs = (uv_buf_t*) (chunk + 1);
  chunk->nbufs = nbufs;
  return chunk;
}

static int fill(hvuv__chunk_t* chunk, size_t nbytes) {
  char* room;

  if (nbytes > APART_BYTES && have_apart(chunk, nbytes) != 0) {
    hvuv__chunk_free(chunk);
    return UV_ENOMEM;
  }
  room = chunk->apart != NULL ? (char*) chunk->apart + COPY_FRONT_BYTES
                              : hvuv__chunk_room(chunk);
  chunk->bufs[0] = uv_buf_init(room, (unsigned int) nbytes);
  chunk->nbytes = nbytes;
  return 0;
}

int hvuv__chunk_new_copy(hvuv_conn_t* conn,
                         size_t nbytes,
                         hvuv__chunk_t** chunk) {
  int err;

  err = hvuv__chunk_ask(conn, nbytes);
  if (err != 0)
    return err;
  *chunk = hvuv__chunk_new(conn, 1, nbytes > APART_BYTES ? 0 : nbytes);
  return *chunk == NULL ? UV_ENOMEM : fill(*chunk, nbytes);
}

char* hvuv__chunk_room(hvuv__chunk_t* chunk) {
  return (char*) (chunk->bufs + chunk->nbufs);
}

static void free_block(hvuv__chunk_t* chunk) {
  hvuv__free((char*) chunk - front_bytes(chunk->conn));
}

void hvuv__chunk_free(hvuv__chunk_t* chunk) {
  hvuv__free(chunk->apart);
  free_block(chunk);
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
  if (chunk->apart != NULL)
    push_apart(conn, chunk->apart);
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
  if (chunk->apart != NULL)
    free_apart(conn, chunk->apart);
  hvuv__conn_let_go(conn, chunk->held_bytes);
  if (status == 0) {
    hvuv__conn_count_sent(conn, chunk->nbytes);
    hvuv__time_note_sent(conn);
  }
  free_block(chunk);
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
