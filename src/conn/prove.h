/*
 * A connection whose peer has still to prove who it is. Until it has, the
 * conversation has not begun: those who walk over an owner's connections pass
 * it by, and no message of it is a success.
 *
 *   on_open of whoever asks --- hvuv__conn_prove() ---> proves
 *                                                         |
 *   on_open of the handler behind <--- hvuv__conn_hand_over()
 */
#ifndef HVUV_SRC_CONN_PROVE_H
#define HVUV_SRC_CONN_PROVE_H

#include "conn/conn_state.h"

/* The peer must prove who it is; to be called in on_open. */
void hvuv__conn_prove(hvuv_conn_t* conn);

/* It has, in the message that is being handed out: the conversation begins, now
 * and with this protocol, whose on_open is called. There is no deadline any
 * more, and the state is zeroed. One that on_open declines closes. Returns 0,
 * or why it cannot begin. */
int hvuv__conn_hand_over(hvuv_conn_t* conn, const hvuv_protocol_t* protocol);

/* Whether it has still to. */
static inline int hvuv__conn_proves(const hvuv_conn_t* conn) {
  return conn->before == UINT64_MAX;
}

#endif /* HVUV_SRC_CONN_PROVE_H */
