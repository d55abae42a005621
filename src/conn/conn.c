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

void hvuv_protocol_init(hvuv_protocol_t* protocol,
                        int (*on_message)(hvuv_conn_t* conn,
                                          const char* bytes,
                                          size_t nbytes)) {
  memset(protocol, 0, sizeof(*protocol));
  protocol->on_message = on_message;
}

int hvuv__protocol_check(const hvuv_protocol_t* protocol) {
  if (protocol == NULL || protocol->on_message == NULL)
    return UV_EINVAL;
  return hvuv_framing_check(&protocol->framing);
}

/* --- The end -------------------------------------------------------------- */

/* A peer that has seen an orderly end must be able to rely on it, so any other
 * is a reset where there is one. */
static void begin_close(hvuv_conn_t* conn, int reason) {
  int resets = reason != 0 && (conn->flags & HVUV__CONN_WAS_OPEN);

  conn->flags &= ~(unsigned int) (HVUV__CONN_READS | HVUV__CONN_CHOKED);
  conn->message_ms = 0;
  conn->reason = reason;
  conn->group->wire->close(conn, resets);
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
  if (next == HVUV__CONN_CLOSING)
    begin_close(conn, hvuv__ending_reason(event, status, conn->reason));
  else if (next == HVUV__CONN_CUT)
    begin_cut(conn, status);
}

void hvuv__conn_update(hvuv_conn_t* conn) {
  int err;

  err = hvuv__in_update(conn);
  if (err != 0)
    meet(conn, HVUV__CONN_READ_FAILS, err);
}

/* Only from the loop: what waited for the peer to take something is handed out
 * now that it will not. A handler that has paused, and would get nothing if it
 * resumed, learns of it at once. Without memory it is not the peer that failed,
 * and waits for what cannot follow. */
static void write_failed(hvuv_conn_t* conn, int status) {
  assert(status < 0);
  if (status == UV_ENOMEM) {
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

void hvuv_conn_end(hvuv_conn_t* conn) {
  int was_ending = !hvuv__conn_is(conn, HVUV__CONN_SENDS);
  int err;

  meet(conn, HVUV__CONN_ENDS, 0);
  if (was_ending)
    return;

  conn->ending_ms = hvuv__conn_exact_now(conn);
  conn->message_ms = 0;
  err = hvuv__out_flush(conn);
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

/* --- Birth and death ------------------------------------------------------ */

static size_t front_bytes(const hvuv__group_t* group) {
  return HVUV__ALIGNED(group->wire->conn_bytes);
}

static size_t block_bytes(const hvuv__group_t* group, size_t state_bytes) {
  return front_bytes(group) + HVUV__ALIGNED(sizeof(hvuv_conn_t)) + state_bytes;
}

hvuv_conn_t* hvuv__conn_new(hvuv__group_t* group,
                            const hvuv_protocol_t* protocol) {
  size_t nbytes = block_bytes(group, protocol->state_bytes);
  hvuv_conn_t* conn;
  char* block;

  assert(hvuv__protocol_check(protocol) == 0);
  block = hvuv__calloc(1, nbytes);
  if (block == NULL)
    return NULL;

  conn = (hvuv_conn_t*) (void*) (block + front_bytes(group));
  conn->group = group;
  conn->protocol = protocol;
  conn->framing = protocol->framing;
  conn->state_bytes = protocol->state_bytes;
  conn->deadline_ms = HVUV__NEVER;
  hvuv_decoder_init(&conn->decoder, &protocol->framing);
  hvuv__conn_hold(conn, nbytes);
  return conn;
}

void* hvuv__conn_front(const hvuv_conn_t* conn) {
  return (char*) (uintptr_t) conn - front_bytes(conn->group);
}

/* Its block is the last thing that it keeps. */
static void let_go_of_block(hvuv_conn_t* conn) {
  assert(conn->counts.held_bytes ==
         block_bytes(conn->group, conn->state_bytes));
  hvuv__conn_let_go(conn, conn->counts.held_bytes);
}

void hvuv__conn_free(hvuv_conn_t* conn) {
  let_go_of_block(conn);
  hvuv__free(hvuv__conn_front(conn));
}

static void join(hvuv__group_t* group, hvuv_conn_t* conn) {
  conn->next = group->conns;
  conn->link = &group->conns;
  if (conn->next != NULL)
    conn->next->link = &conn->next;
  group->conns = conn;
  group->stats.connections_now++;
  group->stats.connections_ever++;
}

static void leave(hvuv__group_t* group, hvuv_conn_t* conn) {
  assert(*conn->link == conn && group->stats.connections_now > 0);
  *conn->link = conn->next;
  if (conn->next != NULL)
    conn->next->link = conn->link;
  group->stats.connections_now--;
}

void hvuv__conn_open(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  int err;

  hvuv__group_check(group);
  hvuv__conn_check(conn);
  meet(conn, HVUV__CONN_OPENS, 0);
  join(group, conn);
  conn->flags |= HVUV__CONN_WAS_OPEN;
  conn->counts.opened_at_ms = hvuv__conn_exact_now(conn);
  conn->counts.last_active_ms = conn->counts.opened_at_ms;
  group->wire->hold(conn, 1);
  hvuv__time_watch(conn);

  err = 0;
  if (conn->protocol->on_open != NULL)
    err = conn->protocol->on_open(conn);
  if (err != 0)
    hvuv_conn_abort(conn, err);
  hvuv__conn_update(conn);
  hvuv__conn_check(conn);
}

static void count_reason(hvuv_stats_t* stats, int reason) {
  switch (reason) {
    case 0:
    case UV_ECANCELED:
      break;
    case UV_ETIMEDOUT:
      stats->timed_out++;
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

/* --- What comes ----------------------------------------------------------- */

/* What both directions made of a slice: what the handler sent meanwhile leaves,
 * also when the connection closes. */
static void settle(hvuv_conn_t* conn, int read_err) {
  int err;

  if (read_err != 0 && (conn->flags & HVUV__CONN_REFUSED))
    meet(conn, HVUV__CONN_IS_ABORTED, read_err);
  else if (read_err != 0)
    meet(conn, HVUV__CONN_READ_FAILS, read_err);
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

  if (conn->state == HVUV__CONN_CUT && conn->protocol->on_end != NULL)
    conn->protocol->on_end(conn);
  meet(conn, HVUV__CONN_PEER_ENDS, 0);
  if (conn->state != HVUV__CONN_HEARD)
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

/* --- What the handler asks for -------------------------------------------- */

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
    conn->framing = *framing;
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

/* --- What has gone -------------------------------------------------------- */

void hvuv__conn_sent(hvuv__chunk_t* chunk, int status) {
  hvuv_conn_t* conn = chunk->conn;

  hvuv__conn_check(conn);
  hvuv__out_sent(chunk, status);
  if (conn->state == HVUV__CONN_CLOSING)
    return;
  if (status != 0) {
    write_failed(conn, status);
    return;
  }
  if (!hvuv__out_unchoke(conn))
    return;

  if (hvuv__conn_is(conn, HVUV__CONN_SENDS) &&
      conn->protocol->on_writable != NULL)
    conn->protocol->on_writable(conn);
  hvuv__conn_go_on(conn);
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
