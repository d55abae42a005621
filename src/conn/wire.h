/*
 * What a connection stands on: a wire, which moves bytes, and a clock.
 *
 *   wire    wire_stream.c is a stream, harness/wire_test.c a test program
 *   clock   clock_loop.c is a loop's; the harness has one that the test advances
 *
 * A wire keeps what it needs for a connection in front of that connection, and
 * what it needs for a chunk in front of the chunk, in the same blocks:
 *
 *   | the wire's, conn_bytes  | hvuv_conn_t   | the handler's, state_bytes |
 *   | the wire's, chunk_bytes | hvuv__chunk_t | buffers | bytes, if few    |
 *
 * Its verbs are called by the connection. What follows from them it reports by
 * the functions "for wires" of conn.h: from the loop only, never from inside a
 * verb, look() excepted. So no function that a handler calls calls a handler
 * back.
 */
#ifndef HVUV_SRC_CONN_WIRE_H
#define HVUV_SRC_CONN_WIRE_H

#include "hvuv/protocol.h"
#include "hvuv/stream.h"

typedef struct hvuv__group_s hvuv__group_t;
typedef struct hvuv__chunk_s hvuv__chunk_t;
typedef struct hvuv__copy_s hvuv__copy_t;

/* The most bytes that a wire hands on at once. */
#define HVUV__SLICE_BYTES 65536

/* Room for n bytes in front of something of any type. */
#define HVUV__ALIGNED(n) (((n) + 15) & ~(size_t) 15)

/* Some bytes on their way out: a copy, or somebody's own. */
struct hvuv__chunk_s {
  hvuv_conn_t* conn;
  hvuv_send_t* send;   /* NULL for a copy */
  hvuv__copy_t* apart; /* the copy, if it is large; conn_chunk.c's */
  size_t nbytes;
  size_t held_bytes; /* its block, and what was lent for it */
  uv_buf_t* bufs;
  unsigned int nbufs;
};

typedef struct hvuv__wire_s {
  size_t conn_bytes;
  size_t chunk_bytes;

  /* Whether bytes have come that were not read. */
  int (*has_unread)(const hvuv_conn_t* conn);

  /* Starts or stops reading; never called for what is so already. */
  int (*read)(hvuv_conn_t* conn, int on);

  /* Queues a chunk; hvuv__conn_sent() follows exactly once, before
   * hvuv__conn_closed(). On an error nothing was taken. */
  int (*write)(hvuv_conn_t* conn, hvuv__chunk_t* chunk);

  /* Sends what the kernel takes now and returns how much, as hvuv_try_write();
   * NULL: every write is a chunk. Only called with nothing queued. */
  int (*try_write)(hvuv_conn_t* conn,
                   const uv_buf_t bufs[],
                   unsigned int nbufs);

  /* Bytes queued; and those with what the kernel has and the peer has not
   * taken, as far as the system can say. */
  size_t (*queued)(const hvuv_conn_t* conn);
  size_t (*outstanding)(const hvuv_conn_t* conn);

  /* Ends our direction behind what is queued; hvuv__conn_shut() follows, unless
   * the connection closes first. */
  int (*shutdown)(hvuv_conn_t* conn);

  /* Whether closing does that too, now that the peer's end has come: nothing is
   * queued, and to the peer there is no difference. NULL: never. */
  int (*close_ends)(const hvuv_conn_t* conn);

  /* hvuv__conn_closed() follows, once. The bytes of chunks are not looked at
   * any more. With resets the peer is to see that it was broken off, where
   * there is a way. */
  void (*close)(hvuv_conn_t* conn, int resets);

  /* Looks for what the wire has not reported yet because the loop is late, and
   * reports it, from inside this verb: only hvuv__group_alarm() calls it. */
  void (*look)(hvuv_conn_t* conn);

  /* One more (1) or one less (-1) reason to keep the loop alive: a connection
   * that is paused does so too. */
  void (*hold)(hvuv_conn_t* conn, int change);

  int (*peer)(const hvuv_conn_t* conn, hvuv_addr_t* addr);
  int (*local)(const hvuv_conn_t* conn, hvuv_addr_t* addr);

  /* The stream that it is; NULL: it is none. */
  hvuv_stream_t* (*stream)(hvuv_conn_t* conn);
} hvuv__wire_t;

typedef struct hvuv__clock_s {
  /* Milliseconds; it never goes back. It may stand still during a turn of the
   * loop; exact_now() is for what must not begin in the past. */
  uint64_t (*now)(const hvuv__group_t* group);
  uint64_t (*exact_now)(const hvuv__group_t* group);

  /* hvuv__group_alarm() is to be called so long from now, and may be earlier
   * too; never called for a later time than is set. */
  void (*set_alarm)(hvuv__group_t* group, uint64_t delay_ms);
} hvuv__clock_t;

#endif /* HVUV_SRC_CONN_WIRE_H */
