/*
 * What a connection has done, and what it keeps: one struct, in the cache line
 * that every message touches, for whoever watches connections or limits them.
 *
 *   bytes_in       once a read, by hvuv__conn_count_read()
 *   bytes_out      once a send that the wire has made, hvuv__conn_count_sent()
 *   messages_in    once a message, when it is handed to the handler
 *   messages_out   once a message that hvuv_conn_send() and its kin took
 *   held_bytes     where memory is had and given back: hvuv__conn_hold() and
 *                  hvuv__conn_let_go()
 *
 * All but the last never go back. held_bytes is what is there because of the
 * connection: its own block (stream, connection, the handler's state), answers
 * that are queued, be they copies or lent, what was read and must wait, and the
 * part of a message that has come. The buffers that connections share are not
 * in it. The group's held_bytes is the sum of its connections', but
 * for those that are CLOSING, which have a sum of their own.
 *
 * A message pays for what is counted here a hundred thousand times a second, so
 * whatever else is to be known of a connection is best derived from these.
 */
#ifndef HVUV_SRC_CONN_COUNTS_H
#define HVUV_SRC_CONN_COUNTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct hvuv__counts_s {
  uint64_t bytes_in;
  uint64_t bytes_out; /* taken by the kernel, framing included */
  uint64_t messages_in;
  uint64_t messages_out;
  uint64_t opened_at_ms;
  uint64_t last_active_ms; /* when a byte last came, went or was taken */
  size_t held_bytes;
} hvuv__counts_t;

#endif /* HVUV_SRC_CONN_COUNTS_H */
