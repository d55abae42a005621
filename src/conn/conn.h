/*
 * Connections of the framework, between a protocol handler and a wire.
 *
 *      handler            hvuv/protocol.h, the user's
 *         |
 *      conn_send.c        messages out          conn_group.c   all of an owner's
 *      conn_handler.c     whatever else it asks for |
 *         |                                        |
 *      conn.c             a connection's life: it alone opens and closes
 *         |      \           \            \
 *      conn_in.c  conn_out.c  conn_block.c  ending.c   which state follows
 *         |       conn_chunk.c   its memory
 *         |      /
 *      conn_time.c        deadlines
 *         |
 *      wire.h             wire_stream.c: a stream; harness/wire_test.c: a test
 *                         program. clock_loop.c: a loop's clock
 *
 * A connection is a block of the room's from hvuv__conn_new() until on_gone has
 * returned; that is always from the loop, so a connection is there after any
 * callback, and its state is all that must be looked at again.
 */
#ifndef HVUV_SRC_CONN_CONN_H
#define HVUV_SRC_CONN_CONN_H

#include "conn/conn_block.h"

/* --- For owners ---------------------------------------------------------- */

/* The wire is connected: calls on_open, and reads. */
void hvuv__conn_open(hvuv_conn_t* conn);

/* Closes one that is NEW; on_gone follows. */
void hvuv__conn_drop(hvuv_conn_t* conn, int reason);

/* Closes one in any state, as an abort: on_close and on_gone follow. */
void hvuv__conn_close(hvuv_conn_t* conn, int reason);

/* --- For wires ----------------------------------------------------------- */

void hvuv__conn_received(hvuv_conn_t* conn, char* bytes, size_t nbytes);
void hvuv__conn_received_end(hvuv_conn_t* conn);
void hvuv__conn_failed(hvuv_conn_t* conn, int status);
void hvuv__conn_sent(hvuv__chunk_t* chunk, int status);
void hvuv__conn_shut(hvuv_conn_t* conn, int status);

/* --- For conn_group.c and conn_send.c ------------------------------------ */

/* A limit has passed. */
void hvuv__conn_late(hvuv_conn_t* conn, int reason);

/* Gives the handler what waits and reads on, as far as it may. */
void hvuv__conn_go_on(hvuv_conn_t* conn);

/* Starts or stops the wire's reading. */
void hvuv__conn_update(hvuv_conn_t* conn);

#endif /* HVUV_SRC_CONN_CONN_H */
