/* What must hold of a connection and of its group. */
#include "conn/conn_state.h"

#ifndef NDEBUG

#include <assert.h>

static void check_in(const hvuv_conn_t* conn) {
  assert(!(conn->flags & HVUV__CONN_READS) ||
         hvuv__conn_is(conn, HVUV__CONN_READABLE));
  assert(conn->stash == NULL || conn->stash_used < conn->stash_bytes);
  assert(conn->part_bytes <= conn->counts.held_bytes);
  assert(conn->message_ms == 0 || hvuv__conn_is(conn, HVUV__CONN_DELIVERS));
}

static void check_out(const hvuv_conn_t* conn) {
  assert(conn->chunks > 0 || conn->chunk_bytes == 0);
  assert(!(conn->flags & HVUV__CONN_CHOKED) ||
         (conn->chunks > 0 && conn->state != HVUV__CONN_CUT));
  assert(conn->chunks > 0 || conn->first_copy == NULL);
  assert(conn->chunk_bytes <= conn->counts.held_bytes ||
         conn->state == HVUV__CONN_CLOSING);
}

void hvuv__conn_check(const hvuv_conn_t* conn) {
  assert(conn->group != NULL && conn->protocol != NULL);
  assert(conn->counts.held_bytes >= sizeof(*conn) + conn->state_bytes);
  assert(conn->state < HVUV__CONN_STATES);
  assert(conn->sum_bytes == (conn->state == HVUV__CONN_CLOSING
                                 ? &conn->group->closing_bytes
                                 : &conn->group->held_bytes));
  assert(conn->reason == 0 || conn->state == HVUV__CONN_CLOSING ||
         conn->state == HVUV__CONN_CUT);
  assert(conn->reason != 0 || conn->state != HVUV__CONN_CUT);
  assert(conn->state != HVUV__CONN_NEW || conn->flags == 0);
  assert(!(conn->flags & HVUV__CONN_WAS_OPEN) || *conn->link == conn);
  assert(!(conn->flags & HVUV__CONN_RESUMED) || conn->group->resumed != NULL);
  check_in(conn);
  check_out(conn);
}

static void check_cork(const hvuv__cork_t* cork) {
  assert((cork->base == NULL) == (cork->end == NULL));
  assert(hvuv__cork_used(cork) <= HVUV__CORK_BYTES);
  assert(cork->limit >= cork->next || cork->conn == NULL);
  if (cork->conn == NULL)
    assert(cork->next == cork->base);
  else if (cork->limit > cork->next)
    assert(hvuv__conn_is(cork->conn, HVUV__CONN_SENDS));
}

void hvuv__group_check(const hvuv__group_t* group) {
  assert(group->wire != NULL && group->clock != NULL);
  assert(group->on_gone != NULL);
  assert(hvuv__limits_check(&group->limits) == 0);
  assert((group->conns != NULL) == (group->stats.connections_now > 0));
  assert(!group->is_making_room);
  assert(group->held_bytes + group->closing_bytes >=
         group->stats.connections_now * sizeof(hvuv_conn_t));
  check_cork(&group->cork);
  assert(group->cork.conn == NULL || group->wire->try_write != NULL);
}

#endif
