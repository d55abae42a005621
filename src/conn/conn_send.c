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
#include "base/log.h"
#include "base/apart.h"
#include "conn/conn.h"
#include "conn/conn_out.h"
#include "conn/conn_show.h"

/* A message of more parts is always copied. */
#define PARTS_IN_PLACE_MAX 14

/* A message on its way. */
typedef struct draft_s {
  const uv_buf_t* parts;
  unsigned int nparts;
  size_t nbytes; /* of the parts */
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
} draft_t;

static size_t total(const draft_t* draft) {
  return draft->head_bytes + draft->nbytes + draft->tail_bytes;
}

/* 0, UV_EINVAL or UV_EMSGSIZE. */
static int add_up(draft_t* draft) {
  const uv_buf_t* part = draft->parts;
  unsigned int i;

  draft->nbytes = 0;
  for (i = 0; i < draft->nparts; i++, part++) {
    if (part->base == NULL && part->len > 0)
      return UV_EINVAL;
    if (part->len > HVUV_FRAMING_MAX_MAX - draft->nbytes)
      return UV_EMSGSIZE;
    draft->nbytes += part->len;
  }
  return 0;
}

/* The framing is valid, and its limit what it can express. */
static int frame(const hvuv_conn_t* conn, draft_t* draft) {
  const hvuv_framing_t* framing = &conn->framing;

  if (framing->kind != HVUV_FRAMING_RAW &&
      draft->nbytes > framing->max_message_bytes)
    return UV_EMSGSIZE;
  draft->head_bytes =
      hvuv__framing_put_head(framing, draft->nbytes, draft->head);
  draft->tail_bytes = hvuv__framing_put_tail(framing, draft->tail);
  return 0;
}

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
                   draft_t* draft) {
  int err;

  if (conn == NULL || (parts == NULL && nparts > 0))
    return UV_EINVAL;
  if (!hvuv__conn_is(conn, HVUV__CONN_SENDS))
    return UV_EPIPE;

  draft->parts = parts;
  draft->nparts = nparts;
  err = add_up(draft);
  if (err == 0)
    err = frame(conn, draft);
  if (err != 0 || hvuv__out_has_room(conn, total(draft)))
    return err;
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    log_limit(conn, total(draft));
  return UV_ENOBUFS;
}

/* Copies some bytes but for the first *skip, which it lowers. */
static char* append(char* to, const char* bytes, size_t nbytes, size_t* skip) {
  size_t skipped = nbytes < *skip ? nbytes : *skip;

  *skip -= skipped;
  nbytes -= skipped;
  if (nbytes > 0)
    memcpy(to, bytes + skipped, nbytes);
  return to + nbytes;
}

static void write_out(const draft_t* draft, size_t skip, char* to) {
  unsigned int i;

  assert(skip <= total(draft));
  to = append(to, draft->head, draft->head_bytes, &skip);
  for (i = 0; i < draft->nparts; i++)
    to = append(to, draft->parts[i].base, draft->parts[i].len, &skip);
  append(to, draft->tail, draft->tail_bytes, &skip);
}

/* Sends a message from where it lies. Returns how many of its bytes the kernel
 * took. */
static size_t send_in_place(hvuv_conn_t* conn, draft_t* draft) {
  uv_buf_t bufs[PARTS_IN_PLACE_MAX + 2];
  unsigned int n;

  if (draft->nparts > PARTS_IN_PLACE_MAX)
    return 0;

  n = 0;
  if (draft->head_bytes > 0)
    bufs[n++] = uv_buf_init(draft->head, (unsigned int) draft->head_bytes);
  if (draft->nparts > 0)
    memcpy(bufs + n, draft->parts, draft->nparts * sizeof(bufs[0]));
  n += draft->nparts;
  if (draft->tail_bytes > 0)
    bufs[n++] = uv_buf_init(draft->tail, (unsigned int) draft->tail_bytes);
  return hvuv__out_pass(conn, bufs, n);
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
static int queue_rest(hvuv_conn_t* conn, const draft_t* draft, size_t sent) {
  size_t nbytes = total(draft) - sent;
  hvuv__chunk_t* chunk;
  int err;

  err = hvuv__chunk_new_copy(conn, nbytes, &chunk);
  if (err == 0) {
    write_out(draft, sent, chunk->bufs[0].base);
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
  draft_t draft;
  size_t nbytes;
  size_t sent;
  char* room;
  int err;

  err = prepare(conn, parts, nparts, &draft);
  if (err != 0)
    return err;
  nbytes = total(&draft);
  if (nbytes == 0)
    return 0;

  room = hvuv__out_room(conn, nbytes);
  if (room != NULL) {
    write_out(&draft, 0, room);
    hvuv__conn_count_message_out(conn);
    return 0;
  }

  sent = nbytes > HVUV__CORK_BYTES ? send_in_place(conn, &draft) : 0;
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

/* The head and the tail lie behind the array of buffers. */
static void fill_by_reference(hvuv__chunk_t* chunk, const draft_t* draft) {
  char* head = hvuv__chunk_room(chunk);
  char* tail = head + HVUV_FRAMING_EDGE_BYTES;

  assert(chunk->nbufs == draft->nparts + 2);
  memcpy(head, draft->head, draft->head_bytes);
  memcpy(tail, draft->tail, draft->tail_bytes);
  chunk->nbytes = total(draft);
  chunk->held_bytes += draft->nbytes;
  chunk->bufs[0] = uv_buf_init(head, (unsigned int) draft->head_bytes);
  if (draft->nparts > 0)
    memcpy(
        chunk->bufs + 1, draft->parts, draft->nparts * sizeof(chunk->bufs[0]));
  chunk->bufs[draft->nparts + 1] =
      uv_buf_init(tail, (unsigned int) draft->tail_bytes);
}

int hvuv_conn_send_ref(hvuv_send_t* req,
                       hvuv_conn_t* conn,
                       const uv_buf_t parts[],
                       unsigned int nparts,
                       hvuv_send_cb cb) {
  hvuv__chunk_t* chunk;
  draft_t draft;
  int err;

  if (req == NULL)
    return UV_EINVAL;
  err = prepare(conn, parts, nparts, &draft);
  if (err != 0)
    return err;

  err = hvuv__chunk_ask(conn, draft.nbytes);
  if (err != 0)
    return err;
  chunk =
      hvuv__chunk_new(conn, nparts + 2, (size_t) 2 * HVUV_FRAMING_EDGE_BYTES);
  if (chunk == NULL)
    return UV_ENOMEM;

  fill_by_reference(chunk, &draft);
  chunk->send = req;
  req->conn = conn;
  req->cb = cb;
  return queue_message(conn, chunk);
}

size_t hvuv_conn_queued_bytes(const hvuv_conn_t* conn) {
  return hvuv__out_waiting(conn);
}
