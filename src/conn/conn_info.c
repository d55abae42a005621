/* What a user may know of a connection. */
#include <assert.h>
#include <string.h>

#include "conn/conn_out.h"
#include "conn/prove.h"

static hvuv_conn_phase_t phase_of(const hvuv_conn_t* conn) {
  switch (conn->state) {
    case HVUV__CONN_OPEN:
      return hvuv__conn_proves(conn) ? HVUV_CONN_PROVING : HVUV_CONN_TALKING;
    case HVUV__CONN_HEARD:
      return HVUV_CONN_HEARD;
    case HVUV__CONN_CUT:
      return HVUV_CONN_CUT;
    case HVUV__CONN_ENDING:
    case HVUV__CONN_LEAVING:
    case HVUV__CONN_ENDED:
      return HVUV_CONN_ENDING;
    case HVUV__CONN_NEW:
    case HVUV__CONN_CLOSING:
    case HVUV__CONN_STATES:
      break;
  }
  assert(conn->state == HVUV__CONN_CLOSING);
  return HVUV_CONN_CLOSING;
}

static uint64_t since(uint64_t now, uint64_t then) {
  return now > then ? now - then : 0;
}

int hvuv_conn_info(const hvuv_conn_t* conn, hvuv_conn_info_t* info) {
  uint64_t now;

  if (conn == NULL || info == NULL)
    return UV_EINVAL;
  now = hvuv__conn_exact_now(conn);
  info->phase = phase_of(conn);
  info->is_paused = (conn->flags & HVUV__CONN_PAUSED) != 0;
  info->is_choked = (conn->flags & HVUV__CONN_CHOKED) != 0;
  info->age_ms = since(now, conn->counts.opened_at_ms);
  info->idle_ms = since(now, conn->counts.last_active_ms);
  info->bytes_received = conn->counts.bytes_in;
  info->bytes_sent = conn->counts.bytes_out;
  info->messages_received = conn->counts.messages_in;
  info->messages_sent = conn->counts.messages_out;
  info->queued_bytes = hvuv__out_waiting(conn);
  info->held_bytes = conn->counts.held_bytes;
  info->protocol = conn->protocol;
  if (conn->group->wire->peer(conn, &info->peer) != 0)
    memset(&info->peer, 0, sizeof(info->peer));
  return 0;
}
