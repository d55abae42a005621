/*
 * A connection's life: opening, messages in, ending. conn.h has the states.
 *
 * Bytes come in slices of up to 64 KiB in a buffer that all streams of a loop
 * share. What the handler does not take of a slice (it paused, or has queued so
 * much that the peer must first take some) is stashed, and nothing is read
 * meanwhile; so a connection that waits costs one slice at most.
 */
#include "conn/conn.h"

#include <string.h>

#include "base/alloc.h"

/* Enough for any type. */
#define ALIGNED(n) (((n) + 15) & ~(size_t) 15)

#define STOPPED (HVUV__CONN_PAUSED | HVUV__CONN_CHOKED)

static uint64_t now_of(const hvuv_conn_t* conn) {
  return conn->group->wire->now(conn->group);
}

int hvuv__protocol_check(const hvuv_protocol_t* protocol) {
  if (protocol == NULL || protocol->on_message == NULL)
    return UV_EINVAL;
  return hvuv_framing_check(&protocol->framing);
}

/* --- Birth and death ------------------------------------------------------ */

hvuv_conn_t* hvuv__conn_new(hvuv__group_t* group,
                            const hvuv_protocol_t* protocol) {
  hvuv_conn_t* conn;

  conn = hvuv__calloc(1, ALIGNED(sizeof(*conn)) + protocol->state_bytes);
  if (conn == NULL)
    return NULL;

  conn->group = group;
  conn->protocol = protocol;
  hvuv_decoder_init(&conn->decoder, &protocol->framing);
  return conn;
}

void hvuv__conn_open(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  int err;

  conn->next = group->conns;
  conn->link = &group->conns;
  if (conn->next != NULL)
    conn->next->link = &conn->next;
  group->conns = conn;
  group->stats.connections_now++;
  group->stats.connections_ever++;

  conn->state = HVUV__CONN_OPEN;
  conn->flags |= HVUV__CONN_WAS_OPEN;
  conn->opened_ms = now_of(conn);
  conn->active_ms = conn->opened_ms;
  group->wire->hold(conn, 1);
  hvuv__conn_watch_time(conn);

  err = 0;
  if (conn->protocol->on_open != NULL)
    err = conn->protocol->on_open(conn);
  if (err != 0)
    hvuv_conn_abort(conn, err);
  hvuv__conn_update(conn);
}

void hvuv__conn_close(hvuv_conn_t* conn, int reason) {
  if (conn->state == HVUV__CONN_CLOSING)
    return;
  hvuv__cork_flush(conn); /* It would have gone by now, had it been alone. */
  if (conn->state == HVUV__CONN_CLOSING)
    return;
  hvuv__cork_drop(conn);
  conn->state = HVUV__CONN_CLOSING;
  conn->reason = reason;
  conn->group->wire->close(conn);
}

void hvuv__conn_drop(hvuv_conn_t* conn, int reason) {
  hvuv__conn_close(conn, reason);
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

static void forget_later(hvuv_conn_t* conn) {
  hvuv_conn_t** link;

  if (!(conn->flags & HVUV__CONN_LATER))
    return;
  for (link = &conn->group->later; *link != conn;)
    link = &(*link)->next_later;
  *link = conn->next_later;
  conn->flags &= ~(unsigned int) HVUV__CONN_LATER;
}

void hvuv__conn_closed(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;

  forget_later(conn);
  if (conn->flags & HVUV__CONN_WAS_OPEN) {
    if (conn->protocol->on_close != NULL)
      conn->protocol->on_close(conn, conn->reason);
    count_reason(&group->stats, conn->reason);
    group->wire->hold(conn, -1);
    group->stats.connections_now--;
    *conn->link = conn->next;
    if (conn->next != NULL)
      conn->next->link = conn->link;
  }

  hvuv_decoder_close(&conn->decoder);
  hvuv__free(conn->stash);
  group->on_gone(group, conn, conn->reason);
  hvuv__free(conn);
}

/* --- Reading -------------------------------------------------------------- */

static int may_read(const hvuv_conn_t* conn) {
  if (conn->flags & HVUV__CONN_PEER_ENDED)
    return 0;
  if (conn->state == HVUV__CONN_ENDING)
    return 1;
  return conn->state == HVUV__CONN_OPEN && !(conn->flags & STOPPED) &&
         conn->stash == NULL;
}

/* A message that has begun is the peer's to finish only while it is read. Raw
 * bytes are whole as they come. */
static void time_message(hvuv_conn_t* conn) {
  int has_part;

  if (conn->protocol->framing.kind == HVUV_FRAMING_RAW)
    return;
  has_part = (conn->flags & HVUV__CONN_READS) &&
             conn->state == HVUV__CONN_OPEN &&
             hvuv_decoder_end(&conn->decoder) == UV_EOF;
  if (!has_part) {
    conn->message_ms = 0;
  } else if (conn->message_ms == 0) {
    conn->message_ms = now_of(conn);
    hvuv__conn_watch_time(conn);
  }
}

void hvuv__conn_update(hvuv_conn_t* conn) {
  int reads = (conn->flags & HVUV__CONN_READS) != 0;
  int err;

  if (conn->state == HVUV__CONN_CLOSING || may_read(conn) == reads)
    return;

  conn->flags ^= HVUV__CONN_READS;
  err = conn->group->wire->read(conn, !reads);
  if (err != 0)
    hvuv__conn_close(conn, err);
  else
    time_message(conn);
}

static int may_hand_out(const hvuv_conn_t* conn) {
  return conn->state == HVUV__CONN_OPEN && !(conn->flags & STOPPED);
}

static void hand_out(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  int r;

  conn->flags |= HVUV__CONN_GREETED;
  conn->group->stats.messages_received++;
  r = conn->protocol->on_message(conn, bytes, nbytes);
  /* One that has said goodbye may well fail to send any more. */
  if (r != 0 && conn->state == HVUV__CONN_OPEN)
    hvuv_conn_abort(conn, r);
}

/* Without a framing there is nothing to decode. */
static void feed_raw(hvuv_conn_t* conn, uv_buf_t* input) {
  size_t most = conn->decoder.framing.max_message_bytes;
  char* bytes;
  size_t n;

  while (input->len > 0 && may_hand_out(conn)) {
    bytes = input->base;
    n = input->len < most ? input->len : most;
    input->base += n;
    input->len -= (unsigned int) n;
    hand_out(conn, bytes, n);
  }
}

static void feed_framed(hvuv_conn_t* conn, uv_buf_t* input) {
  uv_buf_t message;
  int r;

  while (may_hand_out(conn)) {
    r = hvuv_decoder_next(&conn->decoder, input, &message);
    if (r == 0)
      break;
    if (r < 0) {
      hvuv_conn_abort(conn, r);
      break;
    }
    conn->message_ms = 0;
    hand_out(conn, message.base, message.len);
    if (input->len == 0 && conn->decoder.bytes == NULL)
      break; /* Nothing to be had, and nothing to be given back. */
  }
}

/* Hands messages to the handler. Returns how many bytes, from the back, it did
 * not take. */
static size_t feed(hvuv_conn_t* conn, char* bytes, size_t nbytes) {
  uv_buf_t input;

  input.base = bytes;
  input.len = (unsigned int) nbytes;
  hvuv__conn_cork(conn);
  if (conn->protocol->framing.kind == HVUV_FRAMING_RAW)
    feed_raw(conn, &input);
  else
    feed_framed(conn, &input);
  hvuv__conn_uncork(conn);
  return input.len;
}

static void stash(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  conn->stash = hvuv__malloc(nbytes);
  if (conn->stash == NULL) {
    hvuv__conn_close(conn, UV_ENOMEM);
    return;
  }
  memcpy(conn->stash, bytes, nbytes);
  conn->stash_bytes = nbytes;
  conn->stash_used = 0;
}

static void feed_stash(hvuv_conn_t* conn) {
  size_t left;

  left = feed(conn,
              conn->stash + conn->stash_used,
              conn->stash_bytes - conn->stash_used);
  conn->stash_used = conn->stash_bytes - left;
  if (left > 0)
    return;

  hvuv__free(conn->stash);
  conn->stash = NULL;
}

void hvuv__conn_go_on(hvuv_conn_t* conn) {
  if (conn->stash != NULL && conn->state == HVUV__CONN_OPEN)
    feed_stash(conn);
  hvuv__conn_update(conn);
}

void hvuv__conn_received(hvuv_conn_t* conn, char* bytes, size_t nbytes) {
  size_t left;

  conn->active_ms = now_of(conn);
  conn->group->stats.bytes_received += nbytes;
  left = feed(conn, bytes, nbytes);
  if (left > 0 && conn->state == HVUV__CONN_OPEN)
    stash(conn, bytes + nbytes - left, left);
  if (conn->state != HVUV__CONN_CLOSING)
    time_message(conn);
  hvuv__conn_update(conn);
}

static void finish_if_ended(hvuv_conn_t* conn) {
  if (conn->state == HVUV__CONN_ENDING && (conn->flags & HVUV__CONN_SHUT) &&
      (conn->flags & HVUV__CONN_PEER_ENDED))
    hvuv__conn_close(conn, 0);
}

void hvuv__conn_received_end(hvuv_conn_t* conn) {
  int err;

  conn->flags |= HVUV__CONN_PEER_ENDED;
  conn->flags &= ~(unsigned int) HVUV__CONN_READS;
  conn->message_ms = 0;
  if (conn->state == HVUV__CONN_OPEN) {
    err = hvuv_decoder_end(&conn->decoder);
    if (err != 0)
      hvuv__conn_close(conn, err);
    else if (conn->protocol->on_end != NULL)
      conn->protocol->on_end(conn);
    else
      hvuv_conn_end(conn);
  }
  finish_if_ended(conn);
}

void hvuv__conn_failed(hvuv_conn_t* conn, int status) {
  hvuv__conn_close(conn, status);
}

void hvuv_conn_pause(hvuv_conn_t* conn) {
  conn->flags |= HVUV__CONN_PAUSED;
  hvuv__conn_update(conn);
}

void hvuv_conn_resume(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_PAUSED))
    return;
  conn->flags &= ~(unsigned int) HVUV__CONN_PAUSED;
  if (conn->stash == NULL || (conn->flags & HVUV__CONN_LATER) ||
      conn->state != HVUV__CONN_OPEN) {
    hvuv__conn_update(conn);
    return;
  }

  /* What waits is for the loop to hand out. */
  conn->flags |= HVUV__CONN_LATER;
  conn->next_later = conn->group->later;
  conn->group->later = conn;
  hvuv__group_wake(conn->group, 0);
}

/* --- Ending --------------------------------------------------------------- */

void hvuv_conn_end(hvuv_conn_t* conn) {
  int err;

  if (conn->state != HVUV__CONN_OPEN)
    return;

  conn->state = HVUV__CONN_ENDING;
  conn->ending_ms = now_of(conn);
  conn->message_ms = 0;
  err = hvuv__cork_flush(conn);
  if (err == 0)
    err = conn->group->wire->shutdown(conn);
  if (err != 0) {
    hvuv__conn_close(conn, err);
    return;
  }
  hvuv__conn_update(conn);
  hvuv__conn_watch_time(conn);
}

void hvuv__conn_shut(hvuv_conn_t* conn, int status) {
  if (conn->state == HVUV__CONN_CLOSING)
    return;

  /* A peer that has closed already leaves nothing to end. */
  if (status != 0 && status != UV_ENOTCONN) {
    hvuv__conn_close(conn, status);
    return;
  }
  conn->flags |= HVUV__CONN_SHUT;
  finish_if_ended(conn);
}

void hvuv_conn_abort(hvuv_conn_t* conn, int reason) {
  hvuv__conn_close(conn, reason < 0 ? reason : UV_ECANCELED);
}

/* --- Looking at it -------------------------------------------------------- */

int hvuv_conn_is_ending(const hvuv_conn_t* conn) {
  return conn->state >= HVUV__CONN_ENDING;
}

void* hvuv_conn_state(hvuv_conn_t* conn) {
  return (char*) conn + ALIGNED(sizeof(*conn));
}

void* hvuv_conn_context(const hvuv_conn_t* conn) {
  return *conn->group->data;
}

uv_loop_t* hvuv_conn_loop(const hvuv_conn_t* conn) {
  return conn->group->loop;
}

int hvuv_conn_peer(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return conn->group->wire->peer(conn, addr);
}

int hvuv_conn_local(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return conn->group->wire->local(conn, addr);
}
