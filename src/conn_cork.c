/*
 * What a handler sends to its own connection while it is handed messages is put
 * together in a buffer that the group's connections share, and leaves in one
 * system call when it has returned, without a block of memory and a request for
 * each message. Whatever does not fit this (a long message, one by reference,
 * bytes queued already) goes as chunks behind it.
 */
#include "conn.h"

#include <string.h>

#include "alloc.h"

void hvuv__conn_cork(hvuv_conn_t* conn) {
  if (conn->group->wire->try_write != NULL)
    conn->group->corked = conn;
}

char* hvuv__cork_room(hvuv_conn_t* conn, size_t nbytes) {
  hvuv__group_t* group = conn->group;
  size_t after = group->cork_bytes + nbytes;

  if (group->corked != conn || after > HVUV__CORK_BYTES ||
      after > group->limits.high_water_bytes || group->wire->queued(conn) > 0)
    return NULL;
  if (group->cork == NULL) {
    group->cork = hvuv__malloc(HVUV__CORK_BYTES);
    if (group->cork == NULL)
      return NULL;
  }
  group->cork_bytes = after;
  return group->cork + after - nbytes;
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

int hvuv__cork_flush(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  size_t nbytes = group->cork_bytes;
  int n;

  if (group->corked != conn || nbytes == 0)
    return 0;
  group->cork_bytes = 0;
  n = group->wire->try_write(conn, group->cork, nbytes);
  if (n == UV_EAGAIN)
    n = 0;
  if (n < 0)
    return n;
  if (n > 0) {
    group->stats.bytes_sent += (uint64_t) n;
    conn->offered_bytes += (uint64_t) n;
    hvuv__conn_note_progress(conn, group->wire->now(group));
  }
  if ((size_t) n == nbytes)
    return 0;
  return hvuv__conn_queue_copy(conn, group->cork + n, nbytes - (size_t) n);
}

void hvuv__conn_uncork(hvuv_conn_t* conn) {
  int err;

  if (conn->group->corked != conn)
    return;
  err = hvuv__cork_flush(conn);
  conn->group->corked = NULL;
  if (err != 0)
    hvuv__conn_close(conn, err);
}
