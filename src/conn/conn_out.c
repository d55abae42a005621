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
 * cork.limit says in one look whether a small message may simply be added: it
 * is above cork.next only while the connection may send and nothing of it is
 * queued. So whoever changes that (a chunk, another state) takes it back, and
 * here it is looked at anew.
 */
#include "conn/conn_out.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/apart.h"
#include "conn/conn_time.h"

static int is_corked(const hvuv_conn_t* conn) {
  return conn->group->cork.conn == conn;
}

static size_t corked_bytes(const hvuv_conn_t* conn) {
  return is_corked(conn) ? hvuv__cork_used(&conn->group->cork) : 0;
}

/* One message may always be queued where nothing is, or none that is larger
 * than the maximum could ever be sent. Chunks that have gone and are still to
 * be reported are none that the peer does not take. */
static int is_alone(hvuv_conn_t* conn) {
  hvuv__out_flush(conn);
  return hvuv__out_waiting(conn) == 0;
}

int hvuv__out_has_room(hvuv_conn_t* conn, size_t nbytes) {
  size_t most = conn->group->limits.max_queued_bytes;

  return most == 0 ||
         !hvuv__chunk_exceeds(conn, nbytes + corked_bytes(conn), most) ||
         is_alone(conn);
}

size_t hvuv__out_waiting(const hvuv_conn_t* conn) {
  return conn->group->wire->queued(conn) + corked_bytes(conn);
}

/* --- Chunks behind it ----------------------------------------------------- */

/* Queues what was put together. On an error nothing was done. */
static int queue_cork(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;
  size_t nbytes = corked_bytes(conn);
  hvuv__chunk_t* chunk;
  int err;

  if (nbytes == 0)
    return 0;
  err = hvuv__chunk_new_copy(conn, nbytes, &chunk);
  if (err != 0)
    return err;
  memcpy(chunk->bufs[0].base, cork->base, nbytes);
  err = hvuv__chunk_queue(chunk);
  if (err == 0)
    hvuv__cork_empty(cork);
  return err;
}

int hvuv__out_queue(hvuv__chunk_t* chunk) {
  int err;

  assert(hvuv__conn_is(chunk->conn, HVUV__CONN_SENDS));
  err = queue_cork(chunk->conn);
  if (err == 0)
    return hvuv__chunk_queue(chunk);
  hvuv__chunk_free(chunk);
  return err;
}

/* --- Put together --------------------------------------------------------- */

static int is_queued(const hvuv_conn_t* conn) {
  return conn->chunks > 0 && conn->group->wire->queued(conn) > 0;
}

static size_t most_of(const hvuv__group_t* group) {
  size_t most = group->limits.high_water_bytes;

  return most < HVUV__CORK_BYTES ? most : HVUV__CORK_BYTES;
}

static int has_buffer(hvuv__group_t* group) {
  hvuv__cork_t* cork = &group->cork;

  if (cork->base != NULL)
    return 1;
  cork->base = hvuv__malloc(HVUV__CORK_BYTES);
  if (cork->base == NULL)
    return 0;
  cork->end = cork->base;
  if (most_of(group) > HVUV__EDGES_BYTES_MAX)
    cork->end += (ptrdiff_t) most_of(group) - HVUV__EDGES_BYTES_MAX;
  hvuv__cork_empty(cork);
  return 1;
}

char* hvuv__out_room(hvuv_conn_t* conn, size_t nbytes) {
  hvuv__cork_t* cork = &conn->group->cork;
  size_t most = most_of(conn->group);
  char* room;

  assert(hvuv__conn_is(conn, HVUV__CONN_SENDS));
  if (!is_corked(conn) || nbytes > most)
    return NULL;
  if (hvuv__cork_used(cork) + nbytes > most && hvuv__out_flush(conn) != 0)
    return NULL; /* It fails again, and is reported, as a chunk. */
  if (is_queued(conn) || !has_buffer(conn->group))
    return NULL;

  room = cork->next;
  cork->next += nbytes;
  cork->limit = cork->next < cork->end ? cork->end : cork->next;
  return room;
}

/* Hands bytes to the kernel. Returns how many it took, or an error. When they
 * went is known: its handler is at work. */
static inline int pass(hvuv_conn_t* conn,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  int n;

  n = conn->group->wire->try_write(conn, bufs, nbufs);
  if (n == UV_EAGAIN)
    return 0;
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

/* What the kernel did not take stays, whatever may fail now, or the peer would
 * miss it in what comes behind. */
HVUV__APART static int keep_rest(hvuv_conn_t* conn, size_t sent) {
  hvuv__cork_t* cork = &conn->group->cork;
  size_t left = hvuv__cork_used(cork) - sent;

  assert(left > 0);
  memmove(cork->base, cork->base + sent, left);
  cork->next = cork->base + left;
  hvuv__cork_stop(cork);
  return queue_cork(conn);
}

int hvuv__out_send(hvuv_conn_t* conn) {
  hvuv__cork_t* cork = &conn->group->cork;
  uv_buf_t buf;
  int n;

  assert(cork->conn == conn && cork->next > cork->base);
  buf.base = cork->base;
  buf.len = (unsigned int) hvuv__cork_used(cork);
  n = pass(conn, &buf, 1);
  if (n < 0)
    return n;
  if ((size_t) n < buf.len)
    return keep_rest(conn, (size_t) n);
  hvuv__cork_empty(cork);
  return 0;
}

int hvuv__out_flush(hvuv_conn_t* conn) {
  return corked_bytes(conn) > 0 ? hvuv__out_send(conn) : 0;
}

void hvuv__out_drop(hvuv_conn_t* conn) {
  if (is_corked(conn))
    hvuv__cork_empty(&conn->group->cork);
}

void hvuv__out_cut(hvuv_conn_t* conn) {
  hvuv__out_drop(conn);
  conn->flags &= ~(unsigned int) HVUV__CONN_CHOKED;
}
