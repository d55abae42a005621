/* clang-format off */
/*
 * The writing side: writes in order, then the shutdown.
 *
 *   hvuv_write --+-- first of this turn --> sent at once --+-- all: done, told
 *                |                                         |   at turn's end
 *                +-- another in this turn --> its end, or  |
 *                |   64 KiB, together in one system call --+
 *                |                                         |
 *                +-- the kernel is full --> WRITABLE <-----+-- less
 *                |
 *                +-- connecting --> after the connect callback
 *
 * A send that takes less than it was given has filled the kernel; no other is
 * made just to see UV_EAGAIN. When one fails, the write it failed in is told
 * why and those behind it UV_ECANCELED, because they were never tried.
 */
/* clang-format on */
#include <assert.h>

#include "stream/state.h"
#include "stream/wqueue.h"

/* At most so many sends for one wake-up; one usually fills the kernel. */
#define SENDS_PER_WAKE 16

/* So many bytes are not kept waiting for the turn's end: to send them together
 * with others would save little, and they are in the cache now. */
#define GATHER_BYTES_MAX 65536

/* Who makes so many writes in a turn is expected to in the next, and then the
 * first of them waits for the others: it would cost a system call of its own.
 */
#define BURST_WRITES 8

static int can_write(const hvuv_stream_t* s) {
  if (s->state == HVUV__IDLE || s->state >= HVUV__CLOSING)
    return UV_EBADF;
  if (s->state == HVUV__BOUND || s->state == HVUV__LISTENING)
    return UV_EPIPE;
  return s->flags & HVUV__SHUT ? UV_EPIPE : 0;
}

/* Has hvuv__write_end() called. */
static void end_later(hvuv_stream_t* s) {
  if (!(s->flags & HVUV__AWAKE))
    hvuv__hub_defer(s->hub, s);
}

static int is_full(ssize_t sent) {
  return sent == UV_EAGAIN || sent == UV_ENOBUFS;
}

/* Books what sending `bytes` of the queue came to. Returns 1 if the kernel may
 * take more. */
static int book(hvuv_stream_t* s, ssize_t sent, size_t bytes) {
  if (sent >= 0) {
    hvuv__wqueue_advance(s, (size_t) sent);
    return (size_t) sent == bytes;
  }

  if (!is_full(sent))
    hvuv__wqueue_fail(s, (int) sent);
  else if (s->pending_error != 0)
    hvuv__wqueue_fail(s, s->pending_error);
  return 0;
}

/* Small writes are copied together: one buffer instead of many saves the kernel
 * more than the copy costs us. Returns 1 if it may take more. */
static int send_packed(hvuv_stream_t* s,
                       char* bytes,
                       size_t nbytes,
                       hvuv_write_t* last) {
  uv_buf_t buf;
  ssize_t sent;

  buf.base = bytes;
  buf.len = (unsigned int) nbytes;
  sent = hvuv__sys_send(s->sock, &buf, 1);
  if (sent != (ssize_t) nbytes)
    return book(s, sent, nbytes);
  hvuv__wqueue_finish(s, last, nbytes);
  return 1;
}

/* Sends once from the queue. Returns 1 if the kernel may take more. */
static int send_queued(hvuv_stream_t* s) {
  union {
    uv_buf_t bufs[HVUV__SEND_BUFS_MAX];
    char bytes[HVUV__SEND_BUFS_MAX * sizeof(uv_buf_t)];
  } room;
  const uv_buf_t* bufs;
  hvuv_write_t* last;
  unsigned int nbufs;
  size_t bytes;

  if (s->unsent_head->next != NULL) {
    bytes = hvuv__wqueue_pack(s, room.bytes, sizeof(room.bytes), &last);
    if (bytes > 0)
      return send_packed(s, room.bytes, bytes, last);
  }

  nbufs = hvuv__wqueue_gather(s, room.bufs, HVUV__SEND_BUFS_MAX, &bufs, &bytes);
  return book(s, bytes == 0 ? 0 : hvuv__sys_send(s->sock, bufs, nbufs), bytes);
}

/* What is left waits for WRITABLE; what is done waits for the turn's end. */
static void settle(hvuv_stream_t* s) {
  if (!hvuv__wqueue_is_sent(s))
    s->flags |= HVUV__WRITE_BLOCKED;
  if (hvuv__wqueue_has_done(s))
    end_later(s);
  hvuv__stream_update(s);
}

/* Sends until nothing is queued, the kernel is full, or it fails. */
static void flush(hvuv_stream_t* s) {
  int i;

  hvuv__clear_flags(s, HVUV__WRITE_BLOCKED);
  for (i = 0; i < SENDS_PER_WAKE && !hvuv__wqueue_is_sent(s); i++)
    if (!send_queued(s))
      break;
  settle(s);
}

static void shut_when_sent(hvuv_stream_t* s) {
  if (!(s->flags & HVUV__SHUT) || (s->flags & HVUV__SHUT_SENT) ||
      !hvuv__wqueue_is_sent(s))
    return;

  s->shutdown_status = hvuv__sys_shutdown(s->sock);
  s->flags |= HVUV__SHUT_SENT;
  end_later(s);
}

void hvuv__write_ready(hvuv_stream_t* s) {
  flush(s);
  shut_when_sent(s);
}

void hvuv__write_flush_gathered(hvuv_stream_t* s) {
  if (!(s->flags & HVUV__WRITE_BLOCKED) && !hvuv__wqueue_is_sent(s))
    flush(s);
}

/* What hinders a write from going to the kernel at once. Where none of it does,
 * nothing is queued. */
#define HINDRANCES                                                             \
  (HVUV__NOT_OPEN | HVUV__SHUT | HVUV__WRITE_QUEUED | HVUV__WRITE_GATHER |     \
   HVUV__WRITE_BURSTS)

/* From here on the turn's writes are gathered, until hvuv__write_end(), which
 * this makes sure of. */
static inline void begin_gathering(hvuv_stream_t* s, unsigned int flags) {
  s->flags |= flags | HVUV__WRITE_GATHER;
  if (!(s->flags & (HVUV__AWAKE | HVUV__DEFERRED)))
    hvuv__hub_defer(s->hub, s);
}

void hvuv__write_gather(hvuv_stream_t* s) {
  if (s->state == HVUV__OPEN)
    begin_gathering(s, 0);
}

/* What the kernel did not take of a prepared write waits for it. */
HVUV__APART static void keep_rest(hvuv_stream_t* s,
                                  hvuv_write_t* req,
                                  ssize_t sent) {
  s->flags |= HVUV__WRITE_QUEUED;
  book(s, sent, hvuv__wqueue_push(s, req));
  settle(s);
}

/* Puts a prepared write where it is sent with others, or when it can be. */
static void queue(hvuv_stream_t* s, hvuv_write_t* req) {
  unsigned int hindrances;

  hindrances = s->flags & HINDRANCES;
  hvuv__wqueue_push(s, req);
  if (s->flags & (HVUV__NOT_OPEN | HVUV__WRITE_BLOCKED)) {
    s->flags |= HVUV__WRITE_QUEUED;
    return;
  }

  begin_gathering(s, HVUV__WRITE_QUEUED);
  if (hindrances == 0 || s->write_queue_size >= GATHER_BYTES_MAX)
    flush(s);
}

/* The first write of a turn, prepared, in a few buffers. */
static void send_few(hvuv_stream_t* s, hvuv_write_t* req) {
  ssize_t sent;

  begin_gathering(s, 0);
  sent = hvuv__sys_send(s->sock, req->bufs, req->nbufs);
  if (sent == (ssize_t) req->queued_bytes)
    hvuv__wqueue_push_sent(s, req);
  else
    keep_rest(s, req, sent);
}

HVUV__APART static int write_many(hvuv_stream_t* s,
                                  hvuv_write_t* req,
                                  const uv_buf_t bufs[],
                                  unsigned int nbufs) {
  int err;

  if (bufs == NULL || nbufs == 0)
    return UV_EINVAL;
  err = can_write(s);
  if (err == 0)
    err = hvuv__wqueue_prepare(req, bufs, nbufs);
  if (err != 0)
    return err;

  if ((s->flags & HINDRANCES) == 0 && nbufs <= HVUV__SMALL_BUFS_MAX &&
      req->queued_bytes > 0)
    send_few(s, req);
  else
    queue(s, req);
  return 0;
}

static int flush_much(hvuv_stream_t* s) {
  flush(s);
  return 0;
}

/* Whether a write can only wait for the turn's end. */
static int is_gathering(const hvuv_stream_t* s) {
  return (s->flags & (HVUV__NOT_OPEN | HVUV__SHUT | HVUV__WRITE_BLOCKED |
                      HVUV__WRITE_GATHER)) == HVUV__WRITE_GATHER;
}

/* Any but the first write of a turn in one buffer. */
HVUV__APART static int write_otherwise(hvuv_stream_t* s,
                                       hvuv_write_t* req,
                                       const uv_buf_t bufs[],
                                       unsigned int nbufs) {
  if (nbufs != 1 || bufs == NULL || !is_gathering(s))
    return write_many(s, req, bufs, nbufs);

  req->small_bufs[0] = bufs[0];
  hvuv__wqueue_prepare_one(req);
  hvuv__wqueue_push(s, req);
  s->flags |= HVUV__WRITE_QUEUED;
  return s->write_queue_size < GATHER_BYTES_MAX ? 0 : flush_much(s);
}

HVUV__APART static void keep_rest_of_one(hvuv_stream_t* s,
                                         hvuv_write_t* req,
                                         ssize_t sent) {
  hvuv__wqueue_prepare_one(req);
  keep_rest(s, req, sent);
}

int hvuv_write(hvuv_write_t* req,
               hvuv_stream_t* s,
               const uv_buf_t bufs[],
               unsigned int nbufs,
               hvuv_write_cb cb) {
  ssize_t sent;

  req->handle = s;
  req->cb = cb;
  if (nbufs != 1 || bufs == NULL || bufs[0].len == 0 ||
      (s->flags & HINDRANCES) != 0)
    return write_otherwise(s, req, bufs, nbufs);

  /* What nearly every write is. The kernel nearly always takes all of it, and
   * then it never sees the queue. */
  assert(hvuv__wqueue_is_sent(s));
  begin_gathering(s, 0);
  req->small_bufs[0] = bufs[0];
  sent = hvuv__sys_send(s->sock, req->small_bufs, 1);
  if (sent == (ssize_t) req->small_bufs[0].len)
    hvuv__wqueue_push_sent(s, req);
  else
    keep_rest_of_one(s, req, sent);
  return 0;
}

int hvuv_try_write(hvuv_stream_t* s,
                   const uv_buf_t bufs[],
                   unsigned int nbufs) {
  ssize_t sent;
  int err;

  if (bufs == NULL || nbufs == 0)
    return UV_EINVAL;
  err = can_write(s);
  if (err != 0)
    return err;
  if (s->state == HVUV__CONNECTING || !hvuv__wqueue_is_sent(s))
    return UV_EAGAIN;

  if (nbufs > HVUV__SEND_BUFS_MAX)
    nbufs = HVUV__SEND_BUFS_MAX;
  sent = hvuv__sys_send(s->sock, bufs, nbufs);
  return is_full(sent) ? UV_EAGAIN : (int) sent;
}

int hvuv_shutdown(hvuv_shutdown_t* req, hvuv_stream_t* s, hvuv_shutdown_cb cb) {
  if (s->state != HVUV__CONNECTING && s->state != HVUV__OPEN)
    return UV_ENOTCONN;
  if (s->flags & HVUV__SHUT)
    return UV_ENOTCONN;

  req->handle = s;
  req->cb = cb;
  s->shutdown_req = req;
  s->flags |= HVUV__SHUT;
  if (s->state == HVUV__OPEN)
    shut_when_sent(s);
  return 0;
}

/* Calls back the writes that were done when it began; those that their
 * callbacks add wait for the next turn. Returns how many. */
static unsigned int tell_writes(hvuv_stream_t* s) {
  hvuv_write_t* req;
  hvuv_write_t* last;
  unsigned int told;
  int more;

  hvuv__wqueue_gather_done(s);
  last = s->done_tail;
  told = 0;
  for (more = s->done_head != NULL; more; told++) {
    req = hvuv__wqueue_pop_done(s);
    more = req != last; /* Asked now: the callback may free the request. */
    if (req->cb != NULL)
      req->cb(req, req->status);
  }
  return told;
}

static void tell_shutdown(hvuv_shutdown_t* req, int status) {
  if (req != NULL && req->cb != NULL)
    req->cb(req, status);
}

/* A callback just now may have written again, before it shut down: then the
 * shutdown waits for the next turn with that write. */
static void tell_shutdown_sent(hvuv_stream_t* s) {
  hvuv_shutdown_t* req;

  if (s->state != HVUV__OPEN || hvuv__wqueue_has_done(s))
    return;
  req = s->shutdown_req;
  s->shutdown_req = NULL;
  tell_shutdown(req, s->shutdown_status);
}

HVUV__APART static void end_slowly(hvuv_stream_t* s) {
  if (s->state == HVUV__OPEN) {
    s->flags |= HVUV__AWAKE; /* What is done from here on is told below. */
    hvuv__write_flush_gathered(s);
    shut_when_sent(s);
    hvuv__clear_flags(s, HVUV__WRITE_GATHER);
  }
  hvuv__clear_flags(s, HVUV__AWAKE);

  /* Not after the callbacks, whose first write goes out at once, too: it is
   * told behind the writes that are being told now. */
  hvuv__clear_flags(s, HVUV__WRITE_BURSTS);
  if (hvuv__wqueue_is_sent(s))
    hvuv__clear_flags(s, HVUV__WRITE_QUEUED);
  if (tell_writes(s) >= BURST_WRITES)
    s->flags |= HVUV__WRITE_BURSTS;
  if (s->flags & HVUV__SHUT_SENT)
    tell_shutdown_sent(s);
}

void hvuv__write_end(hvuv_stream_t* s) {
  hvuv_write_t* req;

  if (s->flags & (HVUV__NOT_OPEN | HVUV__SHUT | HVUV__WRITE_QUEUED)) {
    end_slowly(s);
    return;
  }

  /* Nearly always it is one write, and done. */
  hvuv__clear_flags(s, HVUV__AWAKE | HVUV__WRITE_GATHER);
  req = s->sent_first;
  s->sent_first = NULL;
  if (req != NULL && req->cb != NULL)
    req->cb(req, 0);
}

void hvuv__write_abandon(hvuv_stream_t* s, int connect_status) {
  hvuv_shutdown_t* shutdown_req;

  /* All is taken off the stream first: it may connect again, and write, in
   * the callback. */
  shutdown_req = s->shutdown_req;
  s->shutdown_req = NULL;
  hvuv__clear_flags(s, HVUV__SHUT | HVUV__WRITE_GATHER);
  hvuv__wqueue_fail(s, UV_ECANCELED);
  hvuv__stream_update(s);

  hvuv__connect_tell(s, connect_status);
  tell_writes(s);
  tell_shutdown(shutdown_req, UV_ECANCELED);
}

void hvuv__write_cancel(hvuv_stream_t* s) {
  hvuv_shutdown_t* req;

  hvuv__wqueue_fail(s, UV_ECANCELED);
  tell_writes(s);
  req = s->shutdown_req;
  s->shutdown_req = NULL;
  tell_shutdown(req, UV_ECANCELED);
}
