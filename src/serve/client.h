/*
 * Clients: connections (conn.h) one after the other, and the pauses between.
 *
 *             connect
 *   IDLE -----------------> DIALLING <----------------+
 *    ^                       |    |                   | alarm
 *    |  on_done              |    | failed:           |
 *    +-----------------------|----+ on_attempt -----> WAITING
 *    |   it was the last     |                        ^
 *    |                       | on_attempt(0)          |
 *    |  on_done              v                        |
 *    +--------------------- OPEN ---------------------+
 *      closed, not again          closed, reconnects
 *
 *   any --- hvuv_client_close ---> CLOSING --- connection gone, then the
 *                                              anchor closed ---> freed, cb
 *
 * One connection at most is there at a time: a failed attempt is told when its
 * connection is gone, from the loop, whether it failed at once or later. All
 * that the client itself says is said from three places (on_connected, on_gone,
 * on_alarm) and last there, because the user may do anything meanwhile but free
 * the client.
 *
 * The anchor is a stream that never gets a socket. It keeps the loop's hub,
 * which holds the loop while only the alarm is set, and its close callback is
 * the client's.
 */
#ifndef HVUV_SRC_SERVE_CLIENT_H
#define HVUV_SRC_SERVE_CLIENT_H

#include "loop/alarm.h"
#include "base/backoff.h"
#include "conn/conn.h"
#include "hvuv/client.h"

enum hvuv__client_state {
  HVUV__CLIENT_IDLE = 0,
  HVUV__CLIENT_DIALLING, /* until the attempt has been told */
  HVUV__CLIENT_OPEN,     /* until the connection is gone */
  HVUV__CLIENT_WAITING,
  HVUV__CLIENT_CLOSING
};

struct hvuv__client_s {
  hvuv__group_t group; /* first: the group is its client */
  hvuv_client_t* client;
  hvuv_client_options_t options;
  enum hvuv__client_state state;
  hvuv_addr_t addr;
  const hvuv_protocol_t* protocol;
  hvuv_conn_t* conn; /* until it is gone */
  unsigned int attempts;
  uint64_t opened_ms;
  hvuv__backoff_t backoff;
  hvuv__alarm_t* alarm;
  hvuv_stream_t anchor;
  hvuv_client_close_cb close_cb;
};

typedef struct hvuv__client_s hvuv__client_t;

/* --- serve/dial.c */

/* One attempt. 0: how it goes will be told. UV_ENOMEM: nothing will, and the
 * state is as it was. */
int hvuv__client_dial(hvuv__client_t* c);

/* No alarm follows. Only while it waits. */
void hvuv__client_stop_waiting(hvuv__client_t* c);

void hvuv__client_alarm(void* owner);
void hvuv__client_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason);

/* --- client.c */

/* Nothing is left but the anchor. */
void hvuv__client_close_anchor(hvuv__client_t* c);

#endif /* HVUV_SRC_SERVE_CLIENT_H */
