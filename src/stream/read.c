/*
 * The reading side: from the kernel into buffers that the user lends, in
 * bounded turns, until the kernel is empty.
 *
 *        +------------- read_stop, end, close ---------------+
 *        v                                                   |
 *       OFF --- read_start ---> ON --- the stream wakes ---> STEADY
 *        |  ^                                                ^
 *        |  +-- turn's end: UV_EOF is reported again ---+    |
 *        +- read_start, after UV_EOF ----> AGAIN -------+    |
 *        +- read_start, with the same callbacks as before ---+
 *
 * A read that fills less than its buffer has emptied the kernel, so no further
 * one is made just to see UV_EAGAIN; polling is level-triggered and loses
 * nothing. After every callback the user may have stopped, restarted or closed
 * the stream: alloc_cb has done none of these if reading is STEADY after it.
 *
 * Where the transport gives one packet at a time (family.h), a short read says
 * nothing. More is then read into the rest of the same buffer while something
 * comes: fewer callbacks, and fewer wake-ups. A try in vain costs a system
 * call, so it is a bet, by what the last ones have brought:
 *
 *              +--- something comes ---+
 *              v                        |
 *   a short read is FOLLOWED by a try --+-- nothing --> the next 15 are NOT,
 *              ^                                        as at the beginning
 *              +---------------- the 16th -------------------+
 *
 * What ends such a read besides is found again by the next one: the end of
 * input by itself, an error because it is kept.
 */
#include "stream/read.h"

#include "stream/write.h"

/* At most so many reads for one wake-up, so that a busy stream does not starve
 * the others of its loop (libuv, src/unix/stream.c, has the same number). */
#define READS_PER_WAKE 32

/* Of so many short reads one is a bet, after one that was lost. */
#define SHORT_READS_A_BET 16

/* What libuv suggests on every platform. */
#define SUGGESTED_BYTES 65536

/* What a result of recv() that is neither bytes nor UV_EAGAIN means. */
static int end_of(hvuv_stream_t* s, ssize_t n) {
  int err;

  /* What recv() returns comes before what SO_ERROR has, but a socket whose
   * error was taken already ends without one. */
  if (n == 0)
    return s->socket_error != 0 ? s->socket_error : UV_EOF;
  err = n == UV_EAGAIN || n == UV_ENOTCONN ? hvuv__stream_error(s) : 0;
  if (err != 0)
    return err;

  /* virtio resets a connection so; nothing to do with UV_ENOBUFS of alloc_cb,
   * after which reading goes on (Linux, virtio_transport_common.c). */
  if (n == UV_ENOBUFS)
    return UV_ECONNRESET;

  /* AF_VSOCK may say so after our own shutdown when the peer has closed too
   * (Linux, af_vsock.c). */
  if (n == UV_ENOTCONN && s->shut == HVUV__SHUT_MADE)
    return UV_EOF;

  if (s->family->read_error != NULL)
    return s->family->read_error((int) n);
  return (int) n;
}

static void end_reading(hvuv_stream_t* s,
                        int code,
                        hvuv_read_cb read_cb,
                        const uv_buf_t* buf) {
  assert(code < 0 && code != UV_EAGAIN);
  s->reading = HVUV__READING_OFF;
  s->read_end = code;
  if (code != UV_EOF)
    hvuv__write_break(s);
  read_cb(s, code, buf);
  if (s->state != HVUV__OPEN)
    return;

  /* A peer that has only ended its direction lets a send wait; one that is gone
   * fails it, which on AF_VSOCK no event reports. */
  if (code == UV_EOF)
    hvuv__write_retry(s);
  else
    hvuv__write_fail(s, code);
  hvuv__stream_update(s);
}

/* What recv() returned other than bytes. */
HVUV__APART static void read_nothing(hvuv_stream_t* s,
                                     ssize_t n,
                                     const uv_buf_t* buf) {
  hvuv_read_cb read_cb = s->read_cb;

  if (n == UV_EAGAIN && hvuv__stream_error(s) == 0)
    read_cb(s, 0, buf);
  else
    end_reading(s, end_of(s, n), read_cb, buf);
}

/* A buffer that is not read into: there is none, or alloc_cb has stopped,
 * restarted or closed the stream; then it goes back. */
HVUV__APART static void give_back(hvuv_stream_t* s,
                                  hvuv_read_cb read_cb,
                                  const uv_buf_t* buf) {
  if (s->reading == HVUV__READING_STEADY)
    read_cb(s, UV_ENOBUFS, buf);
  else if (buf->base != NULL && buf->len > 0)
    read_cb(s, 0, buf);
}

typedef struct lent_s {
  uv_buf_t buf;
  ssize_t n;
  hvuv_read_cb read_cb;
} lent_t;

/* Has a buffer lent. Returns 1 if it can be read into. */
static inline int borrow(hvuv_stream_t* s, lent_t* lent) {
  lent->buf.base = NULL;
  lent->buf.len = 0;
  lent->read_cb = s->read_cb;
  s->alloc_cb(s, SUGGESTED_BYTES, &lent->buf);
  if (s->reading == HVUV__READING_STEADY && lent->buf.base != NULL &&
      lent->buf.len > 0)
    return 1;

  give_back(s, lent->read_cb, &lent->buf);
  return 0;
}

/* One buffer from alloc_cb to read_cb. Returns 1 if another read may follow. */
static inline int read_once(hvuv_stream_t* s) {
  lent_t lent;

  if (!borrow(s, &lent))
    return 0;
  lent.n = hvuv__sys_recv(s->sock, lent.buf.base, lent.buf.len);
  if (lent.n <= 0) {
    read_nothing(s, lent.n, &lent.buf);
    return 0;
  }

  s->read_cb(s, lent.n, &lent.buf);
  return (size_t) lent.n == lent.buf.len && hvuv__is_reading(s);
}

/* What was written since the last read is called back before the next, so that
 * its buffers are lent again while they are in the cache. Returns 0 if that has
 * ended reading. */
static int begin_next(hvuv_stream_t* s) {
  hvuv__write_end(s);
  if (!hvuv__is_reading(s))
    return 0;
  s->flags |= HVUV__AWAKE;
  s->reading = HVUV__READING_STEADY;
  return 1;
}

/* Reads on, because a buffer was filled. */
HVUV__APART static void read_more(hvuv_stream_t* s) {
  int i;

  for (i = 1; i < READS_PER_WAKE && begin_next(s); i++)
    if (!read_once(s))
      break;
}

/* --- Packets -------------------------------------------------------------- */

static int is_bet(hvuv_stream_t* s) {
  return s->short_reads == 0 || ++s->short_reads > SHORT_READS_A_BET;
}

/* Fills the rest of a buffer in at most *left further calls. Returns what ended
 * that: UV_EAGAIN, 0, an error, or a count where nothing did. */
static ssize_t fill(hvuv_stream_t* s, lent_t* lent, int* left) {
  ssize_t n = lent->n;

  assert(n > 0);
  while (n > 0 && (size_t) lent->n<lent->buf.len&& * left> 0) {
    n = hvuv__sys_recv(
        s->sock, lent->buf.base + lent->n, lent->buf.len - (size_t) lent->n);
    --*left;
    if (n > 0)
      lent->n += n;
  }
  return n;
}

/* Reads on after a short read, if that looks worth it. Returns 1 if there is
 * something to be found by another read. */
static int follow(hvuv_stream_t* s, lent_t* lent, int* left) {
  ssize_t first = lent->n;
  ssize_t n;
  int code;

  assert((size_t) first < lent->buf.len);
  if (!is_bet(s))
    return 0;

  n = fill(s, lent, left);
  s->short_reads = lent->n > first ? 0 : 1;
  if (n > 0 || n == UV_EAGAIN)
    return (size_t) lent->n == lent->buf.len;

  code = end_of(s, n);
  if (code != UV_EOF)
    s->socket_error = code;
  return 1;
}

/* As read_once(), in at most *left calls. */
static int read_packets_once(hvuv_stream_t* s, int* left) {
  lent_t lent;
  int more;

  if (!borrow(s, &lent))
    return 0;
  lent.n = hvuv__sys_recv(s->sock, lent.buf.base, lent.buf.len);
  --*left;
  if (lent.n <= 0) {
    read_nothing(s, lent.n, &lent.buf);
    return 0;
  }

  more = (size_t) lent.n == lent.buf.len || follow(s, &lent, left);
  s->read_cb(s, lent.n, &lent.buf);
  return more && hvuv__is_reading(s);
}

HVUV__APART static void read_packets(hvuv_stream_t* s) {
  int left = READS_PER_WAKE;

  while (read_packets_once(s, &left) && left > 0 && begin_next(s))
    continue;
  assert(left >= 0);
}

void hvuv__read_ready(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN && (s->flags & HVUV__AWAKE));
  assert(hvuv__is_reading(s));
  s->reading = HVUV__READING_STEADY;
  if (s->flags & HVUV__PACKETS)
    read_packets(s);
  else if (read_once(s))
    read_more(s);
}

int hvuv_read_start(hvuv_stream_t* s,
                    hvuv_alloc_cb alloc_cb,
                    hvuv_read_cb read_cb) {
  if (s == NULL || s->state >= HVUV__CLOSING || alloc_cb == NULL ||
      read_cb == NULL)
    return UV_EINVAL;
  if (s->state != HVUV__CONNECTING && s->state != HVUV__OPEN)
    return UV_ENOTCONN;
  if (s->read_end != 0 && s->read_end != UV_EOF)
    return UV_ENOTCONN;
  if (s->reading != HVUV__READING_OFF)
    return UV_EALREADY;

  /* One that was only stopped and started is as it was. */
  s->reading = s->alloc_cb == alloc_cb && s->read_cb == read_cb
                   ? HVUV__READING_STEADY
                   : HVUV__READING_ON;
  s->alloc_cb = alloc_cb;
  s->read_cb = read_cb;
  if (s->read_end != 0) {
    s->reading = HVUV__READING_AGAIN;
    hvuv__stream_defer(s);
  }
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return 0;
}

int hvuv_read_stop(hvuv_stream_t* s) {
  if (s == NULL)
    return UV_EINVAL;
  s->reading = HVUV__READING_OFF;
  hvuv__stream_update(s);
  return 0;
}

void hvuv__read_turn_end(hvuv_stream_t* s) {
  uv_buf_t none;

  if (s->reading != HVUV__READING_AGAIN)
    return;

  assert(s->read_end == UV_EOF);
  none = uv_buf_init(NULL, 0);
  s->reading = HVUV__READING_OFF;
  s->read_cb(s, s->read_end, &none);
}
