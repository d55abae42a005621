/*
 * Messages on their way out: hvuv_conn_send() and its kin put the framing
 * around them, and conn_out.c takes them.
 *
 *   copied     head, message, tail in a row: in the group's buffer, or as a
 *              chunk with one buffer
 *   in place   a large message is passed to the kernel from where it lies;
 *              only what that did not take is copied
 *   by         a chunk: its first buffer the head, the user's, its last the
 *   reference  tail
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/apart.h"
#include "base/log.h"
#include "conn/conn.h"
#include "conn/conn_out.h"
#include "conn/conn_show.h"
#include "conn/draft.h"

/* A message of more parts is always copied. */
#define PARTS_IN_PLACE_MAX 14

static void log_limit(const hvuv_conn_t* conn, size_t nbytes) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("conn/limit");
  char peer[HVUV_ADDR_STRLEN];

  hvuv__log(
      &place,
      HVUV_LOG_WARNING,
      "%s: max_queued_bytes: %llu more than the %llu that it does not take",
      hvuv__conn_show(conn, peer),
      (unsigned long long) nbytes,
      (unsigned long long) hvuv__out_waiting(conn));
}

static int prepare(hvuv_conn_t* conn,
                   const uv_buf_t parts[],
                   unsigned int nparts,
                   hvuv__draft_t* draft) {
  int err;

  if (conn == NULL || (parts == NULL && nparts > 0))
    return UV_EINVAL;
  if (!hvuv__conn_is(conn, HVUV__CONN_SENDS))
    return UV_EPIPE;

  err = hvuv__draft_make(draft, &conn->framing, parts, nparts);
  if (err != 0 || hvuv__out_has_room(conn, hvuv__draft_bytes(draft)))
    return err;
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    log_limit(conn, hvuv__draft_bytes(draft));
  return UV_ENOBUFS;
}

/* Sends a message from where it lies. Returns how many of its bytes the kernel
 * took. */
static size_t send_in_place(hvuv_conn_t* conn, hvuv__draft_t* draft) {
  uv_buf_t bufs[PARTS_IN_PLACE_MAX + 2];

  if (draft->nparts > PARTS_IN_PLACE_MAX)
    return 0;
  hvuv__draft_point(draft, draft->head, draft->tail, bufs);
  return hvuv__out_pass(conn, bufs, hvuv__draft_nbufs(draft));
}

/* Puts a small message together with others. Returns its bytes, or 0 if it
 * cannot be. */
static size_t put_together(hvuv_conn_t* conn, const hvuv__draft_t* draft) {
  size_t nbytes = hvuv__draft_bytes(draft);
  char* room;

  room = hvuv__out_room(conn, nbytes);
  if (room == NULL)
    return 0;
  hvuv__draft_write(draft, 0, room);
  return nbytes;
}

/* Queues a message, and stops reading if that is too much by now. */
static int queue_message(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  int err;

  err = hvuv__out_queue(chunk);
  if (conn->flags & HVUV__CONN_CHOKED)
    hvuv__conn_update(conn);
  if (err == 0)
    hvuv__conn_count_message_out(conn);
  return err;
}

/* Queues a copy of a message but for what was sent of it. */
static int queue_rest(hvuv_conn_t* conn,
                      const hvuv__draft_t* draft,
                      size_t sent) {
  size_t nbytes = hvuv__draft_bytes(draft) - sent;
  hvuv__chunk_t* chunk;
  int err;

  err = hvuv__chunk_new_copy(conn, nbytes, &chunk);
  if (err == 0) {
    hvuv__draft_write(draft, sent, chunk->bufs[0].base);
    err = queue_message(conn, chunk);
  }

  /* The peer cannot make sense of what follows half a message. */
  if (err != 0 && sent > 0)
    hvuv__conn_close(conn, err);
  return err;
}

int hvuv_conn_sendv(hvuv_conn_t* conn,
                    const uv_buf_t parts[],
                    unsigned int nparts) {
  hvuv__draft_t draft;
  size_t nbytes;
  size_t sent;
  int err;

  err = prepare(conn, parts, nparts, &draft);
  if (err != 0)
    return err;
  nbytes = hvuv__draft_bytes(&draft);
  if (nbytes == 0)
    return 0;

  if (nbytes > HVUV__CORK_BYTES)
    sent = send_in_place(conn, &draft);
  else
    sent = put_together(conn, &draft);
  if (sent < nbytes)
    return queue_rest(conn, &draft, sent);
  hvuv__conn_count_message_out(conn);
  return 0;
}

HVUV__APART static int send_otherwise(hvuv_conn_t* conn,
                                      const void* bytes,
                                      size_t nbytes) {
  uv_buf_t part;

  if (conn == NULL)
    return UV_EINVAL;
  if (nbytes > HVUV_FRAMING_MAX_MAX)
    return UV_EMSGSIZE;
  part.base = (char*) (uintptr_t) bytes; /* Only read from. */
  part.len = (unsigned int) nbytes;
  return hvuv_conn_sendv(conn, &part, 1);
}

/* A small message with what is around it, behind what was put together. */
static int add_framed(hvuv_conn_t* conn, const void* bytes, size_t nbytes) {
  const hvuv_framing_t* framing = &conn->framing;
  hvuv__cork_t* cork = &conn->group->cork;
  char* to = cork->next;

  if (nbytes > framing->max_message_bytes)
    return UV_EMSGSIZE;
  to += hvuv__framing_put_head(framing, nbytes, to);
  memcpy(to, bytes, nbytes);
  to += nbytes;
  to += hvuv__framing_put_tail(framing, to);
  cork->next = to;
  if (to > cork->limit)
    hvuv__cork_stop(cork); /* What is around it needed the last room. */
  hvuv__conn_count_message_out(conn);
  return 0;
}

/* The usual case, a small answer with nothing queued, needs no draft. */
int hvuv_conn_send(hvuv_conn_t* conn, const void* bytes, size_t nbytes) {
  char* to;

  if (conn == NULL || bytes == NULL || !hvuv__out_is_straight(conn, nbytes))
    return send_otherwise(conn, bytes, nbytes);
  if (conn->framing.kind != HVUV_FRAMING_RAW)
    return add_framed(conn, bytes, nbytes);

  to = conn->group->cork.next;
  conn->group->cork.next = to + nbytes;
  hvuv__conn_count_message_out(conn);
  memcpy(to, bytes, nbytes);
  return 0;
}

/* A chunk whose buffers are the user's; what is around them lies behind the
 * array. NULL if there is no memory. */
static hvuv__chunk_t* refer(hvuv_conn_t* conn, const hvuv__draft_t* draft) {
  unsigned int nbufs = hvuv__draft_nbufs(draft);
  hvuv__chunk_t* chunk;
  char* head;
  char* tail;

  chunk = hvuv__chunk_new(
      conn, nbufs == 0 ? 1 : nbufs, draft->head_bytes + draft->tail_bytes);
  if (chunk == NULL)
    return NULL;

  head = hvuv__chunk_room(chunk);
  tail = head + draft->head_bytes;
  memcpy(head, draft->head, draft->head_bytes);
  memcpy(tail, draft->tail, draft->tail_bytes);
  chunk->bufs[0] = uv_buf_init(NULL, 0); /* if there is nothing at all */
  hvuv__draft_point(draft, head, tail, chunk->bufs);
  chunk->nbytes = hvuv__draft_bytes(draft);
  chunk->held_bytes += draft->nbytes;
  return chunk;
}

int hvuv_conn_send_ref(hvuv_send_t* req,
                       hvuv_conn_t* conn,
                       const uv_buf_t parts[],
                       unsigned int nparts,
                       hvuv_send_cb cb) {
  hvuv__chunk_t* chunk;
  hvuv__draft_t draft;
  int err;

  if (req == NULL)
    return UV_EINVAL;
  err = prepare(conn, parts, nparts, &draft);
  if (err != 0)
    return err;

  err = hvuv__chunk_ask(conn, draft.nbytes);
  if (err != 0)
    return err;
  chunk = refer(conn, &draft);
  if (chunk == NULL)
    return UV_ENOMEM;

  chunk->send = req;
  req->conn = conn;
  req->cb = cb;
  return queue_message(conn, chunk);
}

size_t hvuv_conn_queued_bytes(const hvuv_conn_t* conn) {
  return hvuv__out_waiting(conn);
}
