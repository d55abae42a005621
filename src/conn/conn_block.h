/*
 * A connection's block: had, given back, and in the list of its group
 * meanwhile.
 *
 *   hvuv__conn_new ---> NEW --- hvuv__conn_join ---> in the group's list
 *                        |                                  |
 *        hvuv__conn_free +---> freed <--- hvuv__conn_closed-+
 *                               (after on_close, on_gone)
 */
#ifndef HVUV_SRC_CONN_CONN_BLOCK_H
#define HVUV_SRC_CONN_CONN_BLOCK_H

#include "conn/conn_state.h"

/* 0, or UV_EINVAL if a server or client cannot use it. */
int hvuv__protocol_check(const hvuv_protocol_t* protocol);

/* A block for a connection with this protocol, NEW, zeroed but for what is the
 * wire's. NULL if there is no memory, or the group keeps what it may. */
hvuv_conn_t* hvuv__conn_new(hvuv__group_t* group,
                            const hvuv_protocol_t* protocol);

/* What it keeps when it keeps nothing else. */
size_t hvuv__conn_block_bytes(const hvuv_conn_t* conn);

/* What the wire keeps in front of a connection. */
void* hvuv__conn_front(const hvuv_conn_t* conn);

/* Gives back one that is NEW and was never used. */
void hvuv__conn_free(hvuv_conn_t* conn);

/* It is to be opened: on_close follows, once. */
void hvuv__conn_join(hvuv_conn_t* conn);

/* For wires: it has closed, and nothing of it is left but its block. */
void hvuv__conn_closed(hvuv_conn_t* conn);

#endif /* HVUV_SRC_CONN_CONN_BLOCK_H */
