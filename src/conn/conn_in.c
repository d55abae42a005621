/*
 * Bytes come in slices of up to 64 KiB in a buffer that all streams of a loop
 * share. What the handler does not take of a slice (it paused, or has queued so
 * much that the peer must first take some) is stashed, and nothing is read
 * meanwhile; so a connection that waits costs one slice at most.
 *
 *   wire --- slice ---> decoder --- messages ---> handler
 *                          |  ^
 *      it may take no more |  | before anything else is read
 *                          v  |
 *                         stash
 */
#include "conn/conn_in.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/apart.h"
#include "conn/conn_time.h"

static int may_hand_out(const hvuv_conn_t* conn) {
  return hvuv__conn_is(conn, HVUV__CONN_DELIVERS) &&
         !(conn->flags & HVUV__CONN_ASIDE);
}

static int is_raw(const hvuv_conn_t* conn) {
  return conn->decoder.framing.kind == HVUV_FRAMING_RAW;
}

/* --- Reading or not ------------------------------------------------------- */

static int may_read(const hvuv_conn_t* conn) {
  if (hvuv__conn_is(conn, HVUV__CONN_DROPS))
    return 1;
  return hvuv__conn_is(conn, HVUV__CONN_DELIVERS) &&
         !(conn->flags & HVUV__CONN_STOPPED) && conn->stash == NULL;
}

/* A message that has begun is the peer's to finish only while it is read. Raw
 * bytes are whole as they come. */
static void time_message(hvuv_conn_t* conn) {
  int has_part;

  if (is_raw(conn))
    return;
  has_part = (conn->flags & HVUV__CONN_READS) &&
             hvuv__conn_is(conn, HVUV__CONN_DELIVERS) &&
             hvuv_decoder_end(&conn->decoder) == UV_EOF;
  if (!has_part) {
    conn->message_ms = 0;
  } else if (conn->message_ms == 0) {
    conn->message_ms = hvuv__conn_exact_now(conn);
    hvuv__time_watch(conn);
  }
}

int hvuv__in_update(hvuv_conn_t* conn) {
  int reads = (conn->flags & HVUV__CONN_READS) != 0;
  int err;

  if (conn->state == HVUV__CONN_CLOSING || may_read(conn) == reads)
    return 0;

  conn->flags ^= HVUV__CONN_READS;
  err = conn->group->wire->read(conn, !reads);
  if (err != 0)
    return err;
  time_message(conn);
  if (conn->state == HVUV__CONN_CUT)
    hvuv__time_watch(conn);
  return 0;
}

/* --- Messages ------------------------------------------------------------- */

/* The handler has returned other than 0. One that has said goodbye may well
 * fail to send any more, and so may one that was cut. */
HVUV__APART static int refuse(hvuv_conn_t* conn, int r) {
  if (!hvuv__conn_is(conn, HVUV__CONN_DELIVERS) ||
      (conn->state == HVUV__CONN_CUT && r == UV_EPIPE))
    return 0;
  conn->flags |= HVUV__CONN_REFUSED;
  return r < 0 ? r : UV_ECANCELED;
}

static inline int hand_out(hvuv_conn_t* conn,
                           const char* bytes,
                           size_t nbytes) {
  int r;

  hvuv__conn_count_message_in(conn);
  r = conn->protocol->on_message(conn, bytes, nbytes);
  return r == 0 ? 0 : refuse(conn, r);
}

/* Without a framing there is nothing to decode. */
static int feed_raw(hvuv_conn_t* conn, uv_buf_t* input) {
  size_t most = conn->decoder.framing.max_message_bytes;
  char* bytes;
  size_t n;
  int err = 0;

  while (err == 0 && input->len > 0 && may_hand_out(conn)) {
    bytes = input->base;
    n = input->len < most ? input->len : most;
    input->base += n;
    input->len -= (unsigned int) n;
    err = hand_out(conn, bytes, n);
  }
  return err;
}

static int feed_framed(hvuv_conn_t* conn, uv_buf_t* input) {
  uv_buf_t message;
  int r;

  while (may_hand_out(conn)) {
    r = hvuv_decoder_next(&conn->decoder, input, &message);
    if (r <= 0)
      return r;
    conn->message_ms = 0;
    r = hand_out(conn, message.base, message.len);
    if (r != 0)
      return r;
    if (input->len == 0 && conn->decoder.bytes == NULL)
      break; /* Nothing to be had, and nothing to be given back. */
  }
  return 0;
}

static void retune(hvuv_conn_t* conn) {
  int err;

  hvuv_decoder_close(&conn->decoder);
  err = hvuv_decoder_init(&conn->decoder, &conn->framing);
  assert(err == 0);
  (void) err;
  conn->flags &= ~(unsigned int) HVUV__CONN_RETUNES;
}

/* Hands messages to the handler, and takes what it takes off *input. */
static int feed(hvuv_conn_t* conn, uv_buf_t* input) {
  int err;

  do {
    if (conn->flags & HVUV__CONN_RETUNES)
      retune(conn);
    err = is_raw(conn) ? feed_raw(conn, input) : feed_framed(conn, input);
  } while (err == 0 && (conn->flags & HVUV__CONN_RETUNES));
  return err;
}

int hvuv__in_retune(hvuv_conn_t* conn) {
  if (hvuv_decoder_end(&conn->decoder) == UV_EOF)
    return UV_EBUSY;
  conn->flags |= HVUV__CONN_RETUNES;
  return 0;
}

/* The decoder had memory for a part of a message, or gave it back. */
static void count_part(hvuv_conn_t* conn) {
  size_t nbytes = conn->decoder.room_bytes;

  if (nbytes == conn->part_bytes)
    return;
  hvuv__conn_let_go(conn, conn->part_bytes);
  hvuv__conn_hold(conn, nbytes);
  conn->part_bytes = nbytes;
}

/* The same after some was fed. err, or UV_ENOSPC if the part has become more
 * than the group may have. */
static int keep_part(hvuv_conn_t* conn, int err) {
  size_t before = conn->part_bytes;

  count_part(conn);
  if (err != 0 || conn->part_bytes <= before)
    return err;
  return hvuv__group_ask(conn->group, conn, 0);
}

static int stash(hvuv_conn_t* conn, const uv_buf_t* rest) {
  int err;

  assert(conn->stash == NULL && rest->len <= HVUV__SLICE_BYTES);
  err = hvuv__group_ask(conn->group, conn, rest->len);
  if (err != 0)
    return err;
  conn->stash = hvuv__malloc(rest->len);
  if (conn->stash == NULL)
    return UV_ENOMEM;
  memcpy(conn->stash, rest->base, rest->len);
  hvuv__conn_hold(conn, rest->len);
  conn->stash_bytes = rest->len;
  conn->stash_used = 0;
  return 0;
}

static void drop_stash(hvuv_conn_t* conn) {
  if (conn->stash == NULL)
    return;
  hvuv__free(conn->stash);
  hvuv__conn_let_go(conn, conn->stash_bytes);
  conn->stash = NULL;
}

/* What is no message as it comes: several, parts of some, none. */
HVUV__APART static int decode(hvuv_conn_t* conn, char* bytes, size_t nbytes) {
  uv_buf_t input;
  int err;

  input.base = bytes;
  input.len = (unsigned int) nbytes;
  err = keep_part(conn, feed(conn, &input));
  if (err == 0 && input.len > 0 && hvuv__conn_is(conn, HVUV__CONN_DELIVERS))
    err = stash(conn, &input);
  if (err == 0 && conn->state != HVUV__CONN_CLOSING)
    time_message(conn);
  return err;
}

int hvuv__in_received(hvuv_conn_t* conn, char* bytes, size_t nbytes) {
  assert(nbytes > 0 && nbytes <= HVUV__SLICE_BYTES);
  if (is_raw(conn) && may_hand_out(conn) &&
      nbytes <= conn->decoder.framing.max_message_bytes)
    return hand_out(conn, bytes, nbytes);
  return decode(conn, bytes, nbytes);
}

int hvuv__in_received_before(hvuv_conn_t* conn) {
  uv_buf_t input;
  int err;

  if (conn->stash == NULL || !hvuv__conn_is(conn, HVUV__CONN_DELIVERS))
    return 0;
  input.base = conn->stash + conn->stash_used;
  input.len = (unsigned int) (conn->stash_bytes - conn->stash_used);
  err = keep_part(conn, feed(conn, &input));
  conn->stash_used = conn->stash_bytes - input.len;
  if (input.len == 0)
    drop_stash(conn);
  return err;
}

int hvuv__in_holds_back(const hvuv_conn_t* conn) {
  assert(conn->flags & HVUV__CONN_PAUSED);
  return conn->stash != NULL || conn->group->wire->has_unread(conn);
}

int hvuv__in_end(const hvuv_conn_t* conn) {
  return hvuv_decoder_end(&conn->decoder);
}

void hvuv__in_close(hvuv_conn_t* conn) {
  hvuv_decoder_close(&conn->decoder);
  count_part(conn);
  drop_stash(conn);
}
