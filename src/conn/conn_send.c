/*
 * The sending half of a connection: messages into chunks, and chunks out.
 *
 * A chunk is one block: the request, an array of buffers, the framing's bytes,
 * and those of the message if they are copied.
 *
 *   copied    bufs[0]: head, message, tail in a row
 *   by
 *   reference bufs[0]: head, bufs[1..]: the user's, the last: tail
 *
 * More than high_water_bytes queued, the connection is choked: nothing is read
 * from a peer that takes nothing, until it has taken enough.
 */
#include "conn/conn.h"

#include <string.h>

#include "base/alloc.h"

/* What a chunk costs besides its bytes, about; and how many are never too many.
 * By these a peer that takes nothing of many tiny messages is held to about
 * twice the bytes of the marks. */
#define CHUNK_COST      sizeof(hvuv__chunk_t)
#define CHUNKS_TO_SPARE 64

/* A message of more parts is always copied. */
#define PARTS_IN_PLACE_MAX 14

/* A message on its way into a chunk. */
typedef struct draft_s {
  const uv_buf_t* parts;
  unsigned int nparts;
  size_t nbytes; /* without head and tail */
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
} draft_t;

static int are_too_many(const hvuv_conn_t* conn, size_t mark_bytes) {
  return conn->chunks > CHUNKS_TO_SPARE + mark_bytes / CHUNK_COST;
}

static int prepare(const hvuv_conn_t* conn,
                   const uv_buf_t parts[],
                   unsigned int nparts,
                   draft_t* draft) {
  const hvuv_limits_t* limits;
  size_t queued;
  unsigned int i;
  int err;

  if (conn == NULL || (parts == NULL && nparts > 0))
    return UV_EINVAL;
  if (conn->state != HVUV__CONN_OPEN)
    return UV_EPIPE;

  draft->parts = parts;
  draft->nparts = nparts;
  draft->nbytes = 0;
  for (i = 0; i < nparts; i++) {
    if (parts[i].base == NULL && parts[i].len > 0)
      return UV_EINVAL;
    if (parts[i].len > HVUV_FRAMING_MAX_MAX - draft->nbytes)
      return UV_EMSGSIZE;
    draft->nbytes += parts[i].len;
  }

  draft->head_bytes = 0;
  draft->tail_bytes = 0;
  if (conn->protocol->framing.kind != HVUV_FRAMING_RAW) {
    err = hvuv_framing_edges(&conn->protocol->framing,
                             draft->nbytes,
                             draft->head,
                             &draft->head_bytes,
                             draft->tail,
                             &draft->tail_bytes);
    if (err != 0)
      return err;
  }

  /* The memory of a chunk is given back only when it is told to have gone. */
  limits = &conn->group->limits;
  queued = conn->chunk_bytes;
  if (conn->group->corked == conn)
    queued += conn->group->cork_bytes;
  if (limits->max_queued_bytes != 0 &&
      (are_too_many(conn, limits->max_queued_bytes) ||
       draft->nbytes + draft->head_bytes + draft->tail_bytes + queued >
           limits->max_queued_bytes))
    return UV_ENOBUFS;
  return 0;
}

static hvuv__chunk_t* new_chunk(hvuv_conn_t* conn,
                                const draft_t* draft,
                                unsigned int nbufs,
                                size_t room) {
  hvuv__chunk_t* chunk;

  chunk = hvuv__malloc(sizeof(*chunk) + nbufs * sizeof(uv_buf_t) + room);
  if (chunk == NULL)
    return NULL;

  chunk->conn = conn;
  chunk->send = NULL;
  chunk->nbytes = draft->head_bytes + draft->nbytes + draft->tail_bytes;
  chunk->bufs = (uv_buf_t*) (chunk + 1);
  chunk->nbufs = nbufs;
  return chunk;
}

/* Where a chunk's own bytes are. */
static char* room_of(hvuv__chunk_t* chunk) {
  return (char*) (chunk->bufs + chunk->nbufs);
}

static int queue(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv__group_t* group = conn->group;
  int err;

  err = group->wire->write(conn, chunk);
  if (err != 0) {
    hvuv__free(chunk);
    return err;
  }

  conn->offered_bytes += chunk->nbytes;
  hvuv__conn_watch_progress(conn);
  conn->chunks++;
  conn->chunk_bytes += chunk->nbytes;
  if (conn->chunk_bytes > group->limits.high_water_bytes ||
      are_too_many(conn, group->limits.high_water_bytes)) {
    conn->flags |= HVUV__CONN_CHOKED;
    hvuv__conn_update(conn);
  }
  return 0;
}

int hvuv__conn_queue_copy(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  draft_t draft = {.nbytes = nbytes};
  hvuv__chunk_t* chunk;

  chunk = new_chunk(conn, &draft, 1, nbytes);
  if (chunk == NULL)
    return UV_ENOMEM;
  memcpy(room_of(chunk), bytes, nbytes);
  chunk->bufs[0] = uv_buf_init(room_of(chunk), (unsigned int) nbytes);
  return queue(conn, chunk);
}

/* Queues a message behind what was put together. */
static int queue_message(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  int err;

  err = hvuv__cork_queue(conn);
  if (err != 0) {
    hvuv__free(chunk);
    return err;
  }
  err = queue(conn, chunk);
  if (err == 0)
    conn->group->stats.messages_sent++;
  return err;
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
  return hvuv__cork_pass(conn, bufs, n);
}

/* Queues a copy of a message but for what was sent of it. */
static int queue_rest(hvuv_conn_t* conn, const draft_t* draft, size_t sent) {
  hvuv__chunk_t* chunk;
  size_t nbytes;
  int err;

  nbytes = draft->head_bytes + draft->nbytes + draft->tail_bytes - sent;
  chunk = new_chunk(conn, draft, 1, nbytes);
  err = UV_ENOMEM;
  if (chunk != NULL) {
    write_out(draft, sent, room_of(chunk));
    chunk->nbytes = nbytes;
    chunk->bufs[0] = uv_buf_init(room_of(chunk), (unsigned int) nbytes);
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
  nbytes = draft.head_bytes + draft.nbytes + draft.tail_bytes;
  if (nbytes == 0)
    return 0;

  room = hvuv__cork_room(conn, nbytes);
  if (room != NULL) {
    write_out(&draft, 0, room);
    conn->group->stats.messages_sent++;
    return 0;
  }

  sent = nbytes > HVUV__CORK_BYTES ? send_in_place(conn, &draft) : 0;
  if (sent < nbytes)
    return queue_rest(conn, &draft, sent);
  conn->group->stats.messages_sent++;
  return 0;
}

/* The usual case, an answer of raw bytes with nothing queued, without a draft.
 * Returns 0 if it is another. */
static int answer_raw(hvuv_conn_t* conn, const void* bytes, size_t nbytes) {
  char* room;

  if (conn->state != HVUV__CONN_OPEN || conn->chunks > 0 || nbytes == 0 ||
      bytes == NULL || conn->protocol->framing.kind != HVUV_FRAMING_RAW)
    return 0;
  room = hvuv__cork_room(conn, nbytes);
  if (room == NULL)
    return 0;

  memcpy(room, bytes, nbytes);
  conn->group->stats.messages_sent++;
  return 1;
}

int hvuv_conn_send(hvuv_conn_t* conn, const void* bytes, size_t nbytes) {
  uv_buf_t part;

  if (conn == NULL)
    return UV_EINVAL;
  if (nbytes > HVUV_FRAMING_MAX_MAX)
    return UV_EMSGSIZE;
  if (answer_raw(conn, bytes, nbytes))
    return 0;
  part.base = (char*) (uintptr_t) bytes; /* Only read from. */
  part.len = (unsigned int) nbytes;
  return hvuv_conn_sendv(conn, &part, 1);
}

int hvuv_conn_send_ref(hvuv_send_t* req,
                       hvuv_conn_t* conn,
                       const uv_buf_t parts[],
                       unsigned int nparts,
                       hvuv_send_cb cb) {
  hvuv__chunk_t* chunk;
  draft_t draft;
  unsigned int i;
  char* room;
  int err;

  if (req == NULL)
    return UV_EINVAL;
  err = prepare(conn, parts, nparts, &draft);
  if (err != 0)
    return err;

  chunk =
      new_chunk(conn, &draft, nparts + 2, (size_t) 2 * HVUV_FRAMING_EDGE_BYTES);
  if (chunk == NULL)
    return UV_ENOMEM;

  room = room_of(chunk);
  memcpy(room, draft.head, draft.head_bytes);
  memcpy(room + HVUV_FRAMING_EDGE_BYTES, draft.tail, draft.tail_bytes);
  chunk->bufs[0] = uv_buf_init(room, (unsigned int) draft.head_bytes);
  for (i = 0; i < nparts; i++)
    chunk->bufs[i + 1] = parts[i];
  chunk->bufs[nparts + 1] = uv_buf_init(room + HVUV_FRAMING_EDGE_BYTES,
                                        (unsigned int) draft.tail_bytes);

  chunk->send = req;
  req->conn = conn;
  req->cb = cb;
  return queue_message(conn, chunk);
}

size_t hvuv_conn_queued_bytes(const hvuv_conn_t* conn) {
  const hvuv__group_t* group = conn->group;

  return group->wire->queued(conn) +
         (group->corked == conn ? group->cork_bytes : 0);
}

/* Whether it was choked and the peer has taken enough. */
static int unchoke(hvuv_conn_t* conn) {
  if (!(conn->flags & HVUV__CONN_CHOKED) ||
      conn->chunk_bytes > conn->group->limits.low_water_bytes ||
      are_too_many(conn, conn->group->limits.low_water_bytes))
    return 0;
  conn->flags &= ~(unsigned int) HVUV__CONN_CHOKED;
  return 1;
}

void hvuv__conn_sent(hvuv__chunk_t* chunk, int status) {
  hvuv_conn_t* conn = chunk->conn;
  hvuv__group_t* group = conn->group;
  hvuv_send_t* send = chunk->send;

  if (status == 0) {
    group->stats.bytes_sent += chunk->nbytes;
    hvuv__conn_note_progress(conn, group->wire->now(group));
  }
  conn->chunks--;
  conn->chunk_bytes -= chunk->nbytes;
  hvuv__free(chunk);
  if (send != NULL && send->cb != NULL)
    send->cb(send, status);

  if (conn->state == HVUV__CONN_CLOSING)
    return;
  if (status != 0) {
    hvuv__conn_close(conn, status);
    return;
  }
  if (!unchoke(conn))
    return;

  if (conn->state == HVUV__CONN_OPEN && conn->protocol->on_writable != NULL)
    conn->protocol->on_writable(conn);
  hvuv__conn_go_on(conn);
}
