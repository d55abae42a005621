#include "conn/conn_block.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conn/conn_in.h"
#include "conn/conn_show.h"
#include "conn/conn_time.h"

int hvuv__protocol_check(const hvuv_protocol_t* protocol) {
  if (protocol == NULL || protocol->on_message == NULL)
    return UV_EINVAL;
  return hvuv_framing_check(&protocol->framing);
}

static size_t front_bytes(const hvuv__group_t* group) {
  return HVUV__ALIGNED(group->wire->conn_bytes);
}

static size_t block_bytes(const hvuv__group_t* group, size_t state_bytes) {
  return front_bytes(group) + HVUV__ALIGNED(sizeof(hvuv_conn_t)) + state_bytes;
}

size_t hvuv__conn_block_bytes(const hvuv_conn_t* conn) {
  return block_bytes(conn->group, conn->state_bytes);
}

hvuv_conn_t* hvuv__conn_new(hvuv__group_t* group,
                            const hvuv_protocol_t* protocol) {
  size_t nbytes = block_bytes(group, protocol->state_bytes);
  hvuv_conn_t* conn;
  char* block;

  assert(hvuv__protocol_check(protocol) == 0);
  if (hvuv__group_ask(group, NULL, nbytes) != 0)
    return NULL;
  block = hvuv__malloc(nbytes);
  if (block == NULL)
    return NULL;

  conn = (hvuv_conn_t*) (void*) (block + front_bytes(group));
  memset(conn, 0, nbytes - front_bytes(group));
  conn->group = group;
  conn->sum_bytes = &group->held_bytes;
  conn->protocol = protocol;
  conn->state_bytes = protocol->state_bytes;
  conn->deadline_ms = HVUV__NEVER;
  hvuv_decoder_init(&conn->decoder, &protocol->framing);
  conn->framing = conn->decoder.framing; /* with its limit */
  hvuv__conn_hold(conn, nbytes);
  return conn;
}

void* hvuv__conn_front(const hvuv_conn_t* conn) {
  return (char*) (uintptr_t) conn - front_bytes(conn->group);
}

/* Its block is the last thing that it keeps. */
static void let_go_of_block(hvuv_conn_t* conn) {
  assert(conn->counts.held_bytes == hvuv__conn_block_bytes(conn));
  hvuv__conn_let_go(conn, conn->counts.held_bytes);
}

void hvuv__conn_free(hvuv_conn_t* conn) {
  let_go_of_block(conn);
  hvuv__free(hvuv__conn_front(conn));
}

/* --- The log
 * --------------------------------------------------------------- */

static void log_open(const hvuv_conn_t* conn) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("conn/open");
  char peer[HVUV_ADDR_STRLEN];

  hvuv__log(&place, HVUV_LOG_DEBUG, "%s", hvuv__conn_show(conn, peer));
}

/* One that both sides have finished, or that we have cut off, is no news; one
 * that had to make room for others (budget.h) is a limit that was reached. */
static hvuv_log_level_t level_of(int reason) {
  if (reason == UV_ENOSPC)
    return HVUV_LOG_WARNING;
  return reason == 0 || reason == UV_ECANCELED ? HVUV_LOG_DEBUG : HVUV_LOG_INFO;
}

static void log_end(const hvuv_conn_t* conn) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("conn/end");
  const hvuv__counts_t* counts = &conn->counts;
  char peer[HVUV_ADDR_STRLEN];

  hvuv__log(&place,
            level_of(conn->reason),
            "%s: %s after %llu ms, %llu bytes in, %llu out",
            hvuv__conn_show(conn, peer),
            conn->reason == 0 ? "finished" : uv_err_name(conn->reason),
            (unsigned long long) (hvuv__conn_now(conn) - counts->opened_at_ms),
            (unsigned long long) counts->bytes_in,
            (unsigned long long) counts->bytes_out);
}

/* --- Among the others
 * ------------------------------------------------------ */

void hvuv__conn_join(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;

  assert(!(conn->flags & HVUV__CONN_WAS_OPEN));
  conn->flags |= HVUV__CONN_WAS_OPEN;
  conn->next = group->conns;
  conn->link = &group->conns;
  if (conn->next != NULL)
    conn->next->link = &conn->next;
  group->conns = conn;
  group->stats.connections_now++;
  group->stats.connections_ever++;
  if (hvuv__log_wants(HVUV_LOG_DEBUG))
    log_open(conn);
}

static void leave(hvuv__group_t* group, hvuv_conn_t* conn) {
  assert(*conn->link == conn && group->stats.connections_now > 0);
  *conn->link = conn->next;
  if (conn->next != NULL)
    conn->next->link = conn->link;
  group->stats.connections_now--;
}

static void count_reason(hvuv_stats_t* stats, int reason) {
  switch (reason) {
    case 0:
    case UV_ECANCELED:
      break;
    case UV_ETIMEDOUT:
      stats->timed_out++;
      break;
    case UV_ENOSPC:
      stats->over_memory++;
      break;
    case UV_EOF:
    case UV_EPROTO:
    case UV_EMSGSIZE:
      stats->protocol_errors++;
      break;
    default:
      stats->other_errors++;
      break;
  }
}

static void forget_resumed(hvuv_conn_t* conn) {
  hvuv_conn_t** link;

  if (!(conn->flags & HVUV__CONN_RESUMED))
    return;
  for (link = &conn->group->resumed; *link != conn;) {
    assert(*link != NULL);
    link = &(*link)->next_resumed;
  }
  *link = conn->next_resumed;
  conn->flags &= ~(unsigned int) HVUV__CONN_RESUMED;
}

void hvuv__conn_closed(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;

  assert(conn->state == HVUV__CONN_CLOSING && conn->chunks == 0);
  hvuv__conn_check(conn);
  forget_resumed(conn);
  if (conn->flags & HVUV__CONN_WAS_OPEN) {
    if (hvuv__log_wants(level_of(conn->reason)))
      log_end(conn);
    if (conn->protocol->on_close != NULL)
      conn->protocol->on_close(conn, conn->reason);
    count_reason(&group->stats, conn->reason);
    group->wire->hold(conn, -1);
    leave(group, conn);
  }

  hvuv__in_close(conn);
  let_go_of_block(conn);
  group->on_gone(group, conn, conn->reason);
  hvuv__free(hvuv__conn_front(conn));
}
