/*
 * What a handler sends to its own connection while it is handed messages is put
 * together in a buffer that the group's connections share, and leaves in one
 * system call when the handler has returned or the buffer is full: no block of
 * memory and no request for each message. What is large goes to the kernel at
 * once, from where it lies, behind that: a copy would cost more than the system
 * call. What the kernel does not take, and whatever comes when something is
 * queued already, goes as chunks behind it.
 *
 *                     while its handler is at work
 *   small message --> the group's buffer -----+---> kernel
 *   large message ----------------------------+       |
 *                                                     | what it does not take
 *   any message at another time ----> chunk <---------+
 *
 * With more than high_water_bytes in chunks the connection is choked: nothing
 * is read from a peer that takes nothing, until it has taken enough.
 */
#include "conn/conn_out.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/conn_time.h"

/* What a chunk costs besides its bytes, about; and how many are never too many.
 * By these a peer that takes nothing of many tiny messages is held to about
 * twice the bytes of the marks. */
#define CHUNK_COST_BYTES 200
#define CHUNKS_TO_SPARE  64

static int is_corked(const hvuv_conn_t* conn) {
  return conn->group->corked == conn;
}

/* --- Chunks --------------------------------------------------------------- */

static int are_too_many(const hvuv_conn_t* conn, size_t mark_bytes) {
  return conn->chunks > CHUNKS_TO_SPARE + mark_bytes / CHUNK_COST_BYTES;
}

static size_t corked_bytes(const hvuv_conn_t* conn) {
  return is_corked(conn) ? conn->group->cork_bytes : 0;
}

/* The memory of a chunk is given back only when it is reported to be gone. */
static int is_full(const hvuv_conn_t* conn, size_t nbytes) {
  size_t most = conn->group->limits.max_queued_bytes;

  return most != 0 && (are_too_many(conn, most) ||
                       nbytes + conn->chunk_bytes + corked_bytes(conn) > most);
}

/* One message may always be queued where nothing is, or none that is larger
 * than the maximum could ever be sent. */
static int is_alone(hvuv_conn_t* conn) {
  hvuv__out_flush(conn);
  return conn->chunks == 0 && corked_bytes(conn) == 0;
}

int hvuv__out_has_room(hvuv_conn_t* conn, size_t nbytes) {
  return !is_full(conn, nbytes) || is_alone(conn);
}

size_t hvuv__out_waiting(const hvuv_conn_t* conn) {
  return conn->group->wire->queued(conn) + corked_bytes(conn);
}

hvuv__chunk_t* hvuv__out_new_chunk(hvuv_conn_t* conn,
                                   unsigned int nbufs,
                                   size_t room_bytes) {
  size_t front = HVUV__ALIGNED(conn->group->wire->chunk_bytes);
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

char* hvuv__out_chunk_room(hvuv__chunk_t* chunk) {
  return (char*) (chunk->bufs + chunk->nbufs);
}

static void free_chunk(hvuv__chunk_t* chunk) {
  hvuv__free((char*) chunk -
             HVUV__ALIGNED(chunk->conn->group->wire->chunk_bytes));
}

/* Queues a chunk behind the others. On an error it is freed. */
static int queue(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv__group_t* group = conn->group;
  int err;

  assert(chunk->conn == conn);
  err = group->wire->write(conn, chunk);
  if (err != 0) {
    free_chunk(chunk);
    return err;
  }

  conn->chunks++;
  conn->chunk_bytes += chunk->nbytes;
  hvuv__conn_hold(conn, chunk->held_bytes);
  hvuv__time_watch_progress(conn);
  if (conn->chunk_bytes > group->limits.high_water_bytes ||
      are_too_many(conn, group->limits.high_water_bytes))
    conn->flags |= HVUV__CONN_CHOKED;
  return 0;
}

/* Queues what was put together. On an error nothing was done. */
static int queue_cork(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  hvuv__chunk_t* chunk;
  size_t nbytes = group->cork_bytes;
  int err;

  if (!is_corked(conn) || nbytes == 0)
    return 0;
  chunk = hvuv__out_new_chunk(conn, 1, nbytes);
  if (chunk == NULL)
    return UV_ENOMEM;
  memcpy(hvuv__out_chunk_room(chunk), group->cork, nbytes);
  chunk->bufs[0] =
      uv_buf_init(hvuv__out_chunk_room(chunk), (unsigned int) nbytes);
  chunk->nbytes = nbytes;
  err = queue(conn, chunk);
  if (err == 0)
    group->cork_bytes = 0;
  return err;
}

int hvuv__out_queue(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  int err;

  assert(hvuv__conn_is(conn, HVUV__CONN_SENDS));
  err = queue_cork(conn);
  if (err == 0)
    return queue(conn, chunk);
  free_chunk(chunk);
  return err;
}

void hvuv__out_sent(hvuv__chunk_t* chunk, int status) {
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
  free_chunk(chunk);
  if (send != NULL && send->cb != NULL)
    send->cb(send, status);
}

int hvuv__out_unchoke(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_CHOKED) ||
      conn->chunk_bytes > conn->group->limits.low_water_bytes ||
      are_too_many(conn, conn->group->limits.low_water_bytes))
    return 0;
  conn->flags &= ~(unsigned int) HVUV__CONN_CHOKED;
  return 1;
}

/* --- Put together --------------------------------------------------------- */

void hvuv__out_cork(hvuv_conn_t* conn) {
  assert(conn->group->corked == NULL && conn->group->cork_bytes == 0);
  if (conn->group->wire->try_write != NULL)
    conn->group->corked = conn;
}

static int is_queued(const hvuv_conn_t* conn) {
  return conn->chunks > 0 && conn->group->wire->queued(conn) > 0;
}

char* hvuv__out_room(hvuv_conn_t* conn, size_t nbytes) {
  hvuv__group_t* group = conn->group;
  size_t most = group->limits.high_water_bytes;

  if (most > HVUV__CORK_BYTES)
    most = HVUV__CORK_BYTES;
  if (!is_corked(conn) || nbytes > most)
    return NULL;
  if (group->cork_bytes + nbytes > most && hvuv__out_flush(conn) != 0)
    return NULL; /* It fails again, and is reported, as a chunk. */
  if (is_queued(conn))
    return NULL;

  if (group->cork == NULL) {
    group->cork = hvuv__malloc(HVUV__CORK_BYTES);
    if (group->cork == NULL)
      return NULL;
  }
  group->cork_bytes += nbytes;
  return group->cork + group->cork_bytes - nbytes;
}

/* Hands bytes to the kernel. Returns how many it took, or an error. When they
 * went is known: its handler is at work. */
static int pass(hvuv_conn_t* conn, const uv_buf_t bufs[], unsigned int nbufs) {
  int n;

  n = conn->group->wire->try_write(conn, bufs, nbufs);
  if (n == UV_EAGAIN)
    n = 0;
  if (n > 0) {
    hvuv__conn_count_sent(conn, (size_t) n);
    hvuv__time_watch_progress(conn);
  }
  return n;
}

size_t hvuv__out_pass(hvuv_conn_t* conn,
                      const uv_buf_t bufs[],
                      unsigned int nbufs) {
  int n;

  if (!is_corked(conn) || hvuv__out_flush(conn) != 0 || is_queued(conn))
    return 0;
  n = pass(conn, bufs, nbufs);
  return n < 0 ? 0 : (size_t) n; /* It fails again, and is reported, later. */
}

int hvuv__out_flush(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  uv_buf_t buf;
  int n;

  if (!is_corked(conn) || group->cork_bytes == 0)
    return 0;
  buf = uv_buf_init(group->cork, (unsigned int) group->cork_bytes);
  n = pass(conn, &buf, 1);
  if (n < 0)
    return n;

  /* What the kernel did not take stays, whatever may fail now, or the peer
   * would miss it in what comes behind. */
  assert((size_t) n <= group->cork_bytes);
  group->cork_bytes -= (size_t) n;
  if (group->cork_bytes == 0)
    return 0;
  memmove(group->cork, group->cork + n, group->cork_bytes);
  return queue_cork(conn);
}

void hvuv__out_drop(hvuv_conn_t* conn) {
  if (is_corked(conn))
    conn->group->cork_bytes = 0;
}

void hvuv__out_cut(hvuv_conn_t* conn) {
  hvuv__out_drop(conn);
  conn->flags &= ~(unsigned int) HVUV__CONN_CHOKED;
}

int hvuv__out_uncork(hvuv_conn_t* conn) {
  int err;

  if (!is_corked(conn))
    return 0;
  err = hvuv__out_flush(conn);
  hvuv__out_drop(conn);
  conn->group->corked = NULL;
  return err;
}
