/*
 * What comes in: bytes from the wire, messages to the handler. It returns why
 * the connection must close, and closes nothing itself.
 */
#ifndef HVUV_SRC_CONN_CONN_IN_H
#define HVUV_SRC_CONN_CONN_IN_H

#include "conn/conn_state.h"

/* Hands these bytes to the handler, and stashes what it does not take. 0, or
 * why the connection must close: the peer broke the framing, what the handler
 * returned, UV_ENOMEM. */
int hvuv__in_received(hvuv_conn_t* conn, char* bytes, size_t nbytes);

/* The same with what was stashed, if anything was. */
int hvuv__in_received_before(hvuv_conn_t* conn);

/* Starts or stops the wire's reading, as it should be now. 0, or the wire's
 * error. */
int hvuv__in_update(hvuv_conn_t* conn);

/* Whether the handler, which has paused, would get anything if it resumed. */
int hvuv__in_holds_back(const hvuv_conn_t* conn);

/* Decodes by conn->framing from the next byte on. UV_EBUSY inside a message. */
int hvuv__in_retune(hvuv_conn_t* conn);

/* What the peer's end means: 0, or UV_EOF inside a message. */
int hvuv__in_end(const hvuv_conn_t* conn);

/* Gives back what is kept of messages. */
void hvuv__in_close(hvuv_conn_t* conn);

#endif /* HVUV_SRC_CONN_CONN_IN_H */
