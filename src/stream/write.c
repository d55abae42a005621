/* clang-format off */
/*
 * The writing side: writes in order, then the shutdown.
 *
 *                             first write       another       kernel is full
 *   NONE   HELD ->- STRAIGHT -------------> SENT -----> GATHERING ---> BLOCKED
 *            |        ^   |                   |           | ^ ^           |
 *            |        |   +-- many buffers, a burst ------|-+ +-----------+
 *            |        +------------ turn's end -----------+     WRITABLE
 *            +-- connected: GATHERING until the turn's end
 *
 *   NONE       hvuv_write() fails: no socket, not connected, shut down with
 *              nothing left to send, or closing
 *   HELD       connecting: writes are queued behind the connect
 *   STRAIGHT   nothing is queued: a write goes to the kernel at once
 *   SENT       one did so in this turn, in full; it is done, not called back
 *   GATHERING  writes are queued, and leave together at the turn's end, or when
 *              they are 64 KiB
 *   BLOCKED    writes are queued until the kernel takes more
 *
 * A turn's end is hvuv__write_end(). SENT, and GATHERING with a write in it,
 * are sure of it: the stream is awake, or the hub will wake it.
 *
 * Where the kernel hides that a peer has died while our side is BLOCKED, which
 * the tables of the family and of the system have, the stream's alarm tries a
 * send twice a second. It is set at the turn's end, because a write allocates
 * nothing, and rings once in vain after the stream is unblocked. A turn that is
 * not BLOCKED pays nothing.
 */
/* clang-format on */
#include "stream/write.h"

#include "stream/report.h"
#include "stream/send.h"
#include "stream/wqueue.h"

/* At most so many sends for one wake-up; one usually fills the kernel. */
#define SENDS_PER_WAKE 16

/* So many bytes are not kept waiting for the turn's end: to send them together
 * with others would save little, and they are in the cache now. */
#define GATHER_BYTES_MAX 65536

/* So often what waits is tried, for polling does not always report that a peer
 * takes no more, and it is to be known within a second. AF_VSOCK says nothing
 * of a peer that dies, its last bytes unread by us: it polls as readable, and
 * never as writable, hung up or failed (Linux 6.1 and 6.12); Unix sockets
 * nothing of one that ends its reading alone (Linux 6.18); libuv on Windows
 * nothing of either to one who waits for UV_WRITABLE alone: it asks AFD for no
 * AFD_POLL_ABORT then (src/win/poll.c). */
#define PROBE_MS 500

/* As libuv has it (src/unix/stream.c of 1.52): more is a negative number. */
#define BUFS_MAX (1024u * 1024)

/* Who makes so many writes in a turn is expected to in the next, and then the
 * first of them waits for the others: it would cost a system call of its own.
 */
#define BURST_WRITES 8

#ifdef NDEBUG
#define check(s) ((void) 0)
#else
static int end_is_certain(const hvuv_stream_t* s) {
  return (s->flags & HVUV__AWAKE) || hvuv__turn_is_queued(&s->turn);
}

static void check(const hvuv_stream_t* s) {
  hvuv__wqueue_check(s);
  switch (s->writing) {
    case HVUV__WRITING_NONE:
      assert(s->state != HVUV__OPEN || s->shut >= HVUV__SHUT_MADE);
      break;
    case HVUV__WRITING_HELD:
      assert(s->state == HVUV__CONNECTING && s->shut < HVUV__SHUT_MADE);
      break;
    case HVUV__WRITING_STRAIGHT:
      assert(s->state == HVUV__OPEN && hvuv__wqueue_is_sent(s));
      break;
    case HVUV__WRITING_SENT:
      assert(s->state == HVUV__OPEN && hvuv__wqueue_is_sent(s));
      assert(hvuv__wqueue_has_done(s) && end_is_certain(s));
      break;
    case HVUV__WRITING_GATHERING:
      assert(s->state == HVUV__OPEN);
      assert(hvuv__wqueue_is_sent(s) || end_is_certain(s));
      break;
    case HVUV__WRITING_BLOCKED:
      assert(s->state == HVUV__OPEN && !hvuv__wqueue_is_sent(s));
      break;
    default:
      assert(0 && "no way of writing");
  }
}
#endif

static int can_write(const hvuv_stream_t* s) {
  if (s->state == HVUV__IDLE || s->state >= HVUV__DETACHED)
    return UV_EBADF;
  if (s->state == HVUV__BOUND || s->state == HVUV__LISTENING)
    return UV_EPIPE;
  return s->shut == HVUV__SHUT_NOT ? 0 : UV_EPIPE;
}

/* Makes certain that hvuv__write_end() follows. */
static inline void end_later(hvuv_stream_t* s) {
  if (!(s->flags & HVUV__AWAKE))
    hvuv__stream_defer(s);
}

/* Whether the alarm is needed, and not set. */
static int needs_probe(const hvuv_stream_t* s) {
  return s->writing == HVUV__WRITING_BLOCKED && !(s->flags & HVUV__PROBING);
}

/* Without memory it is tried again in the next turn that is BLOCKED. */
static void start_probe(hvuv_stream_t* s) {
  if (hvuv__stream_need_alarm(s) != 0)
    return;
  s->flags |= HVUV__PROBING;
  hvuv__alarm_set(s->alarm, PROBE_MS);
  hvuv__stream_update(s);
}

/* What is left waits for WRITABLE; what is done waits for the turn's end. */
static void settle(hvuv_stream_t* s) {
  s->writing =
      hvuv__wqueue_is_sent(s) ? HVUV__WRITING_GATHERING : HVUV__WRITING_BLOCKED;
  if (hvuv__wqueue_has_done(s) || needs_probe(s))
    end_later(s);
  hvuv__stream_update(s);
  check(s);
}

/* Sends until nothing is queued, the kernel is full, or it fails. */
static void flush(hvuv_stream_t* s) {
  int i;

  assert(s->writing >= HVUV__WRITING_GATHERING);
  for (i = 0; i < SENDS_PER_WAKE && !hvuv__wqueue_is_sent(s); i++)
    if (!hvuv__send_queued(s))
      break;
  settle(s);
}

void hvuv__write_flush(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN);
  if (s->writing == HVUV__WRITING_GATHERING && !hvuv__wqueue_is_sent(s))
    flush(s);
}

static void shut_when_sent(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN);
  if (s->shut != HVUV__SHUT_ASKED || !hvuv__wqueue_is_sent(s))
    return;

  s->shutdown_status = hvuv__sys_shutdown(s->sock);
  s->shut = HVUV__SHUT_MADE;
  s->writing = HVUV__WRITING_NONE;
  end_later(s);
}

void hvuv__write_ready(hvuv_stream_t* s) {
  if (s->writing >= HVUV__WRITING_GATHERING)
    flush(s);
  else
    hvuv__stream_update(s);
  shut_when_sent(s);
}

void hvuv__write_retry(hvuv_stream_t* s) {
  if (s->writing == HVUV__WRITING_BLOCKED)
    hvuv__write_ready(s);
}

void hvuv__write_alarm(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN);
  hvuv__clear_flags(s, HVUV__PROBING);
  hvuv__write_retry(s);
}

void hvuv__write_break(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN && s->shut != HVUV__SHUT_BROKEN);
  if (s->shut == HVUV__SHUT_NOT)
    s->shut = HVUV__SHUT_BROKEN;
  if (s->writing == HVUV__WRITING_STRAIGHT)
    s->writing = HVUV__WRITING_NONE;
}

void hvuv__write_fail(hvuv_stream_t* s, int err) {
  assert(s->state == HVUV__OPEN && s->shut != HVUV__SHUT_NOT);
  hvuv__send_fail(s, err);
  shut_when_sent(s);
  s->writing = HVUV__WRITING_NONE;
  end_later(s);
  check(s);
}

void hvuv__write_gather(hvuv_stream_t* s) {
  if (s->writing != HVUV__WRITING_STRAIGHT)
    return;
  s->writing = HVUV__WRITING_GATHERING;
  end_later(s);
}

/* --- A write -------------------------------------------------------------- */

/* What the kernel did not take of a prepared write waits for it. */
HVUV__APART static void keep_rest(hvuv_stream_t* s,
                                  hvuv_write_t* req,
                                  ssize_t sent) {
  hvuv__send_book(s, sent, hvuv__wqueue_push(s, req));
  settle(s);
}

/* Puts a prepared write where it is sent with others, or when it can be. */
static void queue(hvuv_stream_t* s, hvuv_write_t* req) {
  int at_once;

  hvuv__wqueue_push(s, req);
  if (s->writing == HVUV__WRITING_HELD || s->writing == HVUV__WRITING_BLOCKED)
    return;

  at_once = s->writing == HVUV__WRITING_STRAIGHT ||
            s->write_queue_size >= GATHER_BYTES_MAX;
  s->writing = HVUV__WRITING_GATHERING;
  end_later(s);
  if (at_once)
    flush(s);
}

/* The first write of a turn, prepared, in a few buffers. */
static void send_few(hvuv_stream_t* s, hvuv_write_t* req) {
  ssize_t sent;

  s->writing = HVUV__WRITING_SENT;
  end_later(s);
  sent = hvuv__sys_send(s->sock, req->bufs, req->nbufs);
  if (sent == (ssize_t) req->queued_bytes)
    hvuv__wqueue_push_done(s, req);
  else
    keep_rest(s, req, sent);
}

HVUV__APART static int write_many(hvuv_stream_t* s,
                                  hvuv_write_t* req,
                                  const uv_buf_t bufs[],
                                  unsigned int nbufs) {
  int err;

  if (bufs == NULL || nbufs == 0 || nbufs > BUFS_MAX)
    return UV_EINVAL;
  err = can_write(s);
  if (err == 0)
    err = hvuv__wqueue_prepare(req, bufs, nbufs);
  if (err != 0)
    return err;

  if (s->writing == HVUV__WRITING_STRAIGHT && nbufs <= HVUV__SMALL_BUFS_MAX &&
      req->queued_bytes > 0)
    send_few(s, req);
  else
    queue(s, req);
  check(s);
  return 0;
}

/* Whether a write can only wait for the turn's end. */
static int is_gathering(const hvuv_stream_t* s) {
  return (s->writing == HVUV__WRITING_SENT ||
          s->writing == HVUV__WRITING_GATHERING) &&
         s->shut == HVUV__SHUT_NOT;
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
  queue(s, req);
  return 0;
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

  check(s);
  req->handle = s;
  req->cb = cb;
  if (s->writing != HVUV__WRITING_STRAIGHT || nbufs != 1 || bufs == NULL ||
      bufs[0].len == 0)
    return write_otherwise(s, req, bufs, nbufs);

  /* What nearly every write is. The kernel nearly always takes all of it, and
   * then it never sees the queue. */
  s->writing = HVUV__WRITING_SENT;
  end_later(s);
  req->small_bufs[0] = bufs[0];
  sent = hvuv__sys_send(s->sock, req->small_bufs, 1);
  if (sent == (ssize_t) req->small_bufs[0].len)
    hvuv__wqueue_push_done(s, req);
  else
    keep_rest_of_one(s, req, sent);
  return 0;
}

/* Where something stands in the way, or may. */
HVUV__APART static int can_try(const hvuv_stream_t* s) {
  int err;

  err = can_write(s);
  if (err != 0)
    return err;
  return s->state == HVUV__CONNECTING || !hvuv__wqueue_is_sent(s) ? UV_EAGAIN
                                                                  : 0;
}

int hvuv_try_write(hvuv_stream_t* s,
                   const uv_buf_t bufs[],
                   unsigned int nbufs) {
  ssize_t sent;
  int err;

  if (bufs == NULL || nbufs == 0)
    return UV_EINVAL;
  err = s->writing == HVUV__WRITING_STRAIGHT ? 0 : can_try(s);
  if (err != 0)
    return err;

  if (nbufs > HVUV__SEND_BUFS_MAX) {
    if (nbufs > BUFS_MAX)
      return UV_EINVAL;
    nbufs = HVUV__SEND_BUFS_MAX;
  }
  sent = hvuv__sys_send(s->sock, bufs, nbufs);
  if (sent >= 0)
    return (int) sent;
  return hvuv__send_is_full(sent) ? UV_EAGAIN : hvuv__send_error(s, (int) sent);
}

int hvuv_shutdown(hvuv_shutdown_t* req, hvuv_stream_t* s, hvuv_shutdown_cb cb) {
  if (req == NULL || s == NULL)
    return UV_EINVAL;
  if (s->state != HVUV__CONNECTING && s->state != HVUV__OPEN)
    return UV_ENOTCONN;
  if (s->shut != HVUV__SHUT_NOT)
    return UV_ENOTCONN;

  req->handle = s;
  req->cb = cb;
  s->shutdown_req = req;
  s->shut = HVUV__SHUT_ASKED;
  if (s->state == HVUV__OPEN)
    shut_when_sent(s);
  check(s);
  return 0;
}

/* --- The turn's end ------------------------------------------------------- */

/* What was gathered leaves. */
static void send_gathered(hvuv_stream_t* s) {
  s->flags |= HVUV__AWAKE; /* What is done from here on is reported below. */
  hvuv__write_flush(s);
  shut_when_sent(s);
  if (s->writing == HVUV__WRITING_GATHERING)
    s->writing = HVUV__WRITING_STRAIGHT;
}

HVUV__APART static void end_slowly(hvuv_stream_t* s) {
  if (s->state == HVUV__OPEN)
    send_gathered(s);
  hvuv__clear_flags(s, HVUV__AWAKE);

  if (hvuv__report_writes(s) >= BURST_WRITES &&
      s->writing == HVUV__WRITING_STRAIGHT)
    s->writing = HVUV__WRITING_GATHERING;
  if (s->shut == HVUV__SHUT_MADE)
    hvuv__report_shutdown_made(s);
  if (needs_probe(s))
    start_probe(s);
}

void hvuv__write_end(hvuv_stream_t* s) {
  hvuv_write_t* req;

  check(s);
  if (s->writing == HVUV__WRITING_STRAIGHT) {
    hvuv__clear_flags(s, HVUV__AWAKE);
    return;
  }
  if (s->writing != HVUV__WRITING_SENT) {
    end_slowly(s);
    return;
  }

  /* Nearly always it is one write, and done. */
  hvuv__clear_flags(s, HVUV__AWAKE);
  s->writing = HVUV__WRITING_STRAIGHT;
  req = hvuv__wqueue_pop_done(s);
  assert(!hvuv__wqueue_has_done(s));
  if (req->cb != NULL)
    req->cb(req, 0);
}
