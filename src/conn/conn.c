/*
 * A connection's life: opening, what comes and goes, ending. ending.h has the
 * states; meet() is where they change.
 */
#include "conn/conn.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/conn_in.h"
#include "conn/conn_out.h"
#include "conn/conn_time.h"

/* --- The end -------------------------------------------------------------- */

/* What a connection that closes keeps, but for its block, what is lent and
 * small chunks: not only when the loop comes to it, for others may need it. */
static void give_back(hvuv_conn_t* conn) {
  assert(conn->state == HVUV__CONN_CLOSING);
  if (conn->counts.held_bytes == hvuv__conn_block_bytes(conn))
    return;
  hvuv__chunk_drop_copies(conn);
  if (!hvuv__conn_is_at_work(conn))
    hvuv__in_close(conn);
}

/* A peer that has seen an orderly end must be able to rely on it, so any other
 * is a reset where there is one. */
static void begin_close(hvuv_conn_t* conn, int reason) {
  int resets = reason != 0 && (conn->flags & HVUV__CONN_WAS_OPEN);

  conn->group->held_bytes -= conn->counts.held_bytes;
  conn->group->closing_bytes += conn->counts.held_bytes;
  conn->sum_bytes = &conn->group->closing_bytes;
  conn->flags &= ~(unsigned int) (HVUV__CONN_READS | HVUV__CONN_CHOKED);
  conn->message_ms = 0;
  conn->reason = reason;
  conn->group->wire->close(conn, resets);
  give_back(conn);
}

static void begin_cut(hvuv_conn_t* conn, int reason) {
  hvuv__out_cut(conn);
  conn->reason = reason;
  conn->counts.last_active_ms = hvuv__conn_exact_now(conn);
}

/* Something has happened; status is why, if it is an error. The one place where
 * the state changes. */
static void meet(hvuv_conn_t* conn, enum hvuv__conn_event event, int status) {
  enum hvuv__conn_state before = conn->state;
  enum hvuv__conn_state next = hvuv__ending_next(before, event);

  if (next == before)
    return;
  if (next == HVUV__CONN_CLOSING) {
    hvuv__out_flush(conn); /* It would have gone by now, had it been alone. */
    hvuv__out_drop(conn);
  }
  conn->state = next;
  hvuv__cork_stop(&conn->group->cork); /* until it is seen whether it sends */
  if (next == HVUV__CONN_CLOSING)
    begin_close(conn, hvuv__ending_reason(event, status, conn->reason));
  else if (next == HVUV__CONN_CUT)
    begin_cut(conn, status);
}

void hvuv__conn_update(hvuv_conn_t* conn) {
  int err;

  if (hvuv__conn_flows(conn))
    return; /* and goes on reading */
  if (conn->state == HVUV__CONN_CLOSING) {
    give_back(conn); /* It may have been at work. */
    return;
  }
  err = hvuv__in_update(conn);
  if (err != 0)
    meet(conn, HVUV__CONN_READ_FAILS, err);
}

/* Only from the loop: what waited for the peer to take something is handed out
 * now that it will not. A handler that has paused, and would get nothing if it
 * resumed, learns of it at once. Without memory, or more of it than the group
 * may have, it is not the peer that failed, and it waits for what cannot
 * follow. */
static void write_failed(hvuv_conn_t* conn, int status) {
  assert(status < 0);
  if (status == UV_ENOMEM || status == UV_ENOSPC) {
    meet(conn, HVUV__CONN_IS_ABORTED, status);
    return;
  }

  meet(conn, HVUV__CONN_WRITE_FAILS, status);
  if (conn->state != HVUV__CONN_CUT)
    return;
  if ((conn->flags & HVUV__CONN_PAUSED) && !hvuv__in_holds_back(conn))
    meet(conn, HVUV__CONN_READ_FAILS, status);
  else
    hvuv__conn_go_on(conn);
}

void hvuv__conn_late(hvuv_conn_t* conn, int reason) {
  meet(conn, HVUV__CONN_IS_LATE, reason);
}

void hvuv__conn_close(hvuv_conn_t* conn, int reason) {
  meet(conn, HVUV__CONN_IS_ABORTED, reason);
}

void hvuv__conn_drop(hvuv_conn_t* conn, int reason) {
  assert(!(conn->flags & HVUV__CONN_WAS_OPEN));
  meet(conn, HVUV__CONN_IS_ABORTED, reason);
}

void hvuv_conn_abort(hvuv_conn_t* conn, int reason) {
  meet(conn, HVUV__CONN_IS_ABORTED, reason < 0 ? reason : UV_ECANCELED);
}

/* Both sides have ended then, without a system call for ours. */
static int closing_ends(const hvuv_conn_t* conn) {
  const hvuv__wire_t* wire = conn->group->wire;

  return conn->state == HVUV__CONN_LEAVING && conn->chunks == 0 &&
         wire->close_ends != NULL && wire->close_ends(conn);
}

void hvuv_conn_end(hvuv_conn_t* conn) {
  int was_ending = !hvuv__conn_is(conn, HVUV__CONN_SENDS);
  int err;

  meet(conn, HVUV__CONN_ENDS, 0);
  if (was_ending)
    return;

  conn->message_ms = 0;
  err = hvuv__out_flush(conn);
  if (err == 0 && closing_ends(conn)) {
    meet(conn, HVUV__CONN_ALL_SENT, 0);
    return;
  }
  conn->ending_ms = hvuv__conn_exact_now(conn);
  if (err == 0)
    err = conn->group->wire->shutdown(conn);
  if (err != 0) {
    meet(conn, HVUV__CONN_WRITE_FAILS, err);
    return;
  }
  hvuv__conn_update(conn);
  hvuv__time_watch(conn);
}

void hvuv__conn_shut(hvuv_conn_t* conn, int status) {
  hvuv__conn_check(conn);

  /* A peer that has closed already leaves nothing to end. */
  if (status != 0 && status != UV_ENOTCONN)
    write_failed(conn, status);
  else
    meet(conn, HVUV__CONN_ALL_SENT, 0);
}

/* --- The beginning
 * --------------------------------------------------------- */

void hvuv__conn_open(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  int err;

  hvuv__group_check(group);
  hvuv__conn_check(conn);
  meet(conn, HVUV__CONN_OPENS, 0);
  hvuv__conn_join(conn);
  conn->counts.opened_at_ms = hvuv__conn_exact_now(conn);
  conn->counts.last_active_ms = conn->counts.opened_at_ms;
  conn->begun_ms = conn->counts.opened_at_ms;
  group->wire->hold(conn, 1);
  hvuv__time_begin(
      conn, conn->counts.opened_at_ms, group->limits.first_message_timeout_ms);
  hvuv__time_begin(
      conn, conn->counts.opened_at_ms, group->limits.idle_timeout_ms);

  err = 0;
  if (conn->protocol->on_open != NULL)
    err = conn->protocol->on_open(conn);
  if (err != 0)
    hvuv_conn_abort(conn, err);
  hvuv__conn_update(conn);
  hvuv__conn_check(conn);
}

/* --- What comes ----------------------------------------------------------- */

/* What both directions made of a slice: what the handler sent meanwhile leaves,
 * also when the connection closes. */
static inline void settle(hvuv_conn_t* conn, int read_err) {
  int err;

  if (read_err != 0)
    meet(conn,
         conn->flags & HVUV__CONN_REFUSED ? HVUV__CONN_IS_ABORTED
                                          : HVUV__CONN_READ_FAILS,
         read_err);
  err = hvuv__out_uncork(conn);
  if (err != 0)
    write_failed(conn, err);
  hvuv__conn_update(conn);
  hvuv__conn_check(conn);
}

void hvuv__conn_received(hvuv_conn_t* conn, char* bytes, size_t nbytes) {
  hvuv__conn_check(conn);
  hvuv__conn_count_read(conn, nbytes);
  hvuv__out_cork(conn);
  settle(conn, hvuv__in_received(conn, bytes, nbytes));
}

void hvuv__conn_go_on(hvuv_conn_t* conn) {
  uint64_t before = hvuv__conn_offered(conn);

  hvuv__conn_check(conn);
  hvuv__out_cork(conn);
  settle(conn, hvuv__in_received_before(conn));
  if (hvuv__conn_offered(conn) != before)
    hvuv__time_note_sent(conn);
}

/* A system reports each error once: where a send had the reset, a read finds an
 * end of input, though the peer has not finished. */
static int has_been_reset(const hvuv_conn_t* conn) {
  return conn->state == HVUV__CONN_CUT &&
         (conn->reason == UV_ECONNRESET || conn->reason == UV_ECONNABORTED);
}

void hvuv__conn_received_end(hvuv_conn_t* conn) {
  int was_cut = conn->state == HVUV__CONN_CUT;
  int err = 0;

  hvuv__conn_check(conn);
  conn->flags &= ~(unsigned int) HVUV__CONN_READS;
  conn->message_ms = 0;
  if (hvuv__conn_is(conn, HVUV__CONN_DELIVERS))
    err = hvuv__in_end(conn);
  if (has_been_reset(conn))
    err = conn->reason;
  if (err != 0) {
    meet(conn, HVUV__CONN_READ_FAILS, err);
    return;
  }

  /* One that was cut closes, whatever its handler does in on_end. */
  meet(conn, HVUV__CONN_PEER_ENDS, 0);
  if (conn->state != HVUV__CONN_HEARD && !was_cut)
    return;
  if (conn->protocol->on_end != NULL)
    conn->protocol->on_end(conn);
  else
    hvuv_conn_end(conn);
}

void hvuv__conn_failed(hvuv_conn_t* conn, int status) {
  hvuv__conn_check(conn);
  meet(conn, HVUV__CONN_READ_FAILS, status);
}

/* --- What has gone -------------------------------------------------------- */

void hvuv__conn_sent(hvuv__chunk_t* chunk, int status) {
  hvuv_conn_t* conn = chunk->conn;

  hvuv__conn_check(conn);
  hvuv__chunk_sent(chunk, status);
  if (conn->state == HVUV__CONN_CLOSING)
    return;
  if (status != 0) {
    write_failed(conn, status);
    return;
  }
  if (!hvuv__chunk_unchoke(conn))
    return;

  if (hvuv__conn_is(conn, HVUV__CONN_SENDS) &&
      conn->protocol->on_writable != NULL)
    conn->protocol->on_writable(conn);
  hvuv__conn_go_on(conn);
}
