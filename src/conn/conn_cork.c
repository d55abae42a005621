/*
 * What a handler sends to its own connection while it is handed messages.
 *
 *   small   is put together in a buffer that the group's connections share, and
 *           leaves in one system call when the handler has returned or the
 *           buffer is full: no block of memory and no request for each message
 *   large   goes to the kernel at once, from where it lies, behind what was put
 *           together: a copy would cost more than the system call
 *
 * What the kernel does not take, and whatever comes when something is queued
 * already, goes as chunks behind it.
 */
#include "conn/conn.h"

#include <string.h>

#include "base/alloc.h"

void hvuv__conn_cork(hvuv_conn_t* conn) {
  if (conn->group->wire->try_write != NULL)
    conn->group->corked = conn;
}

static int is_queued(const hvuv_conn_t* conn) {
  return conn->chunks > 0 && conn->group->wire->queued(conn) > 0;
}

char* hvuv__cork_room(hvuv_conn_t* conn, size_t nbytes) {
  hvuv__group_t* group = conn->group;
  size_t most = group->limits.high_water_bytes;

  if (most > HVUV__CORK_BYTES)
    most = HVUV__CORK_BYTES;
  if (group->corked != conn || nbytes > most)
    return NULL;
  if (group->cork_bytes + nbytes > most && hvuv__cork_flush(conn) != 0)
    return NULL; /* It fails again, and is told, as a chunk. */
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

/* Hands bytes to the kernel. Returns how many it took, or an error. */
static int pass(hvuv_conn_t* conn, const uv_buf_t bufs[], unsigned int nbufs) {
  hvuv__group_t* group = conn->group;
  int n;

  n = group->wire->try_write(conn, bufs, nbufs);
  if (n == UV_EAGAIN)
    n = 0;
  if (n > 0) {
    group->stats.bytes_sent += (uint64_t) n;
    conn->offered_bytes += (uint64_t) n;
    hvuv__conn_note_progress(conn, group->wire->now(group));
  }
  return n;
}

size_t hvuv__cork_pass(hvuv_conn_t* conn,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  int n;

  if (conn->group->corked != conn || hvuv__cork_flush(conn) != 0 ||
      is_queued(conn))
    return 0;
  n = pass(conn, bufs, nbufs);
  return n < 0 ? 0 : (size_t) n; /* It fails again, and is told, as a chunk. */
}

int hvuv__cork_queue(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  int err;

  if (group->corked != conn || group->cork_bytes == 0)
    return 0;
  err = hvuv__conn_queue_copy(conn, group->cork, group->cork_bytes);
  if (err == 0)
    group->cork_bytes = 0;
  return err;
}

/* The first bytes were sent. The others stay, whatever may fail now, or the
 * peer would miss them in what comes behind. */
static int queue_others(hvuv_conn_t* conn, size_t sent) {
  hvuv__group_t* group = conn->group;

  group->cork_bytes -= sent;
  memmove(group->cork, group->cork + sent, group->cork_bytes);
  return hvuv__cork_queue(conn);
}

int hvuv__cork_flush(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  uv_buf_t buf;
  int n;

  if (group->corked != conn || group->cork_bytes == 0)
    return 0;
  buf.base = group->cork;
  buf.len = (unsigned int) group->cork_bytes;
  n = pass(conn, &buf, 1);
  if (n < 0)
    return n;
  if ((size_t) n < group->cork_bytes)
    return queue_others(conn, (size_t) n);
  group->cork_bytes = 0;
  return 0;
}

void hvuv__cork_drop(hvuv_conn_t* conn) {
  if (conn->group->corked == conn)
    conn->group->cork_bytes = 0;
}

void hvuv__conn_uncork(hvuv_conn_t* conn) {
  int err;

  if (conn->group->corked != conn)
    return;
  err = hvuv__cork_flush(conn);
  if (err != 0)
    hvuv__cork_drop(conn);
  conn->group->corked = NULL;
  if (err != 0)
    hvuv__conn_close(conn, err);
}
