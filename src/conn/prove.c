#include "conn/prove.h"

#include <assert.h>
#include <string.h>

#include "conn/conn_time.h"

void hvuv__conn_prove(hvuv_conn_t* conn) {
  assert(conn->counts.messages_in == 0 && conn->before == 0);
  conn->before = UINT64_MAX;
}

int hvuv__conn_hand_over(hvuv_conn_t* conn, const hvuv_protocol_t* protocol) {
  int err;

  assert(hvuv__conn_proves(conn) && conn->counts.messages_in > 0);
  err = hvuv_conn_set_protocol(conn, protocol);
  if (err != 0)
    return err;

  memset(hvuv_conn_state(conn), 0, conn->state_bytes);
  conn->before = conn->counts.messages_in;
  conn->begun_ms = hvuv__conn_exact_now(conn);
  err = hvuv_conn_set_deadline(conn, 0);
  assert(err == 0);
  if (protocol->on_open != NULL)
    err = protocol->on_open(conn);
  if (err != 0)
    hvuv_conn_abort(conn, err); /* whatever it has done, as in conn.c */
  return 0;
}
