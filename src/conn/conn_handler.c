/*
 * What a handler asks of its connection, but for sending (conn_send.c) and
 * ending (conn.c): other callbacks, other limits, a pause; and what it can look
 * at.
 */
#include <assert.h>
#include <string.h>

#include "conn/conn.h"
#include "conn/conn_in.h"
#include "conn/conn_time.h"

void hvuv_protocol_init(hvuv_protocol_t* protocol,
                        int (*on_message)(hvuv_conn_t* conn,
                                          const char* bytes,
                                          size_t nbytes)) {
  memset(protocol, 0, sizeof(*protocol));
  protocol->on_message = on_message;
}

int hvuv_conn_set_deadline(hvuv_conn_t* conn, uint64_t timeout_ms) {
  uint64_t now;

  if (conn == NULL || conn->state == HVUV__CONN_CLOSING)
    return UV_EINVAL;

  now = hvuv__conn_exact_now(conn);
  conn->deadline_timeout_ms = timeout_ms;
  conn->deadline_ms = timeout_ms != 0 && timeout_ms < HVUV__NEVER - now
                          ? now + timeout_ms
                          : HVUV__NEVER;
  hvuv__time_watch(conn);
  return 0;
}

int hvuv_conn_set_framing(hvuv_conn_t* conn, const hvuv_framing_t* framing) {
  int err;

  if (conn == NULL || conn->state == HVUV__CONN_CLOSING ||
      hvuv_framing_check(framing) != 0)
    return UV_EINVAL;
  err = hvuv__in_retune(conn);
  if (err == 0)
    hvuv__conn_frame(conn, framing);
  return err;
}

int hvuv_conn_set_protocol(hvuv_conn_t* conn, const hvuv_protocol_t* protocol) {
  int err;

  if (conn == NULL || hvuv__protocol_check(protocol) != 0 ||
      protocol->state_bytes > conn->state_bytes)
    return UV_EINVAL;
  err = hvuv_conn_set_framing(conn, &protocol->framing);
  if (err == 0)
    conn->protocol = protocol;
  return err;
}

void hvuv_conn_pause(hvuv_conn_t* conn) {
  conn->flags |= HVUV__CONN_PAUSED;
  hvuv__conn_update(conn);
}

void hvuv_conn_resume(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_PAUSED))
    return;
  conn->flags &= ~(unsigned int) HVUV__CONN_PAUSED;
  if (conn->stash == NULL || (conn->flags & HVUV__CONN_RESUMED) ||
      !hvuv__conn_is(conn, HVUV__CONN_DELIVERS)) {
    hvuv__conn_update(conn);
    return;
  }

  /* What waits is for the loop to hand out. */
  conn->flags |= HVUV__CONN_RESUMED;
  conn->next_resumed = conn->group->resumed;
  conn->group->resumed = conn;
  hvuv__group_wake(conn->group, 0);
}

/* --- Looking at it -------------------------------------------------------- */

int hvuv_conn_is_ending(const hvuv_conn_t* conn) {
  return !hvuv__conn_is(conn, HVUV__CONN_SENDS);
}

void* hvuv_conn_state(hvuv_conn_t* conn) {
  return (char*) conn + HVUV__ALIGNED(sizeof(*conn));
}

void* hvuv_conn_context(const hvuv_conn_t* conn) {
  return *conn->group->data;
}

uv_loop_t* hvuv_conn_loop(const hvuv_conn_t* conn) {
  return conn->group->loop;
}

uint64_t hvuv_conn_now(const hvuv_conn_t* conn) {
  return hvuv__conn_now(conn);
}

hvuv_stream_t* hvuv_conn_stream(hvuv_conn_t* conn) {
  if (conn->group->wire->stream == NULL)
    return NULL;
  return conn->group->wire->stream(conn);
}

int hvuv_conn_peer(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return conn->group->wire->peer(conn, addr);
}

int hvuv_conn_local(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return conn->group->wire->local(conn, addr);
}
