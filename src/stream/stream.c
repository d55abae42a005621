/*
 * The life of a stream: its states, what wakes it in each, and how it ends.
 *
 *                    bind                    listen
 *         +-------------------> BOUND -------------------> LISTENING
 *         |                       |                            |
 *         |                       | connect (vsock)            |
 *         |      connect          v                            |
 *  init: IDLE --------------> CONNECTING                       |
 *         |  ^                 |     |                         |
 *         |  +-----------------+     |                         |
 *         |      it failed           | it is done              |
 *         |                          v                         |
 *         +-----------------------> OPEN ----------> DETACHED  |
 *         |    accept, open                detach              |
 *         |                                                    |
 *         +--- close, from every state ---> CLOSING --> CLOSED
 *              (at once: socket, poller,      |           |
 *               alarm, claim let go)          |           +- close callback,
 *                                             |              the last touch
 *                                             +- when libuv calls its own close
 *                                                callbacks: connect, writes,
 *                                                shutdown called back
 *
 * What a wake-up means:
 *
 *               socket is ready      alarm          turn's end
 *   LISTENING   takes a connection   tries again    -
 *   CONNECTING  goes on, or settles  retry, timeout is reported, when settled
 *   OPEN        reads, writes        tries a send   writes are called back
 *   others      nothing: what Windows' slow path found before
 *
 * How an open stream ends: what comes, by what has ended before. Each direction
 * ends by itself.
 *
 *                     nothing        our direction     the peer's       both
 *                                    (shutdown)        (UV_EOF)
 *   bytes             read_cb        read_cb           -                -
 *   the peer's end    UV_EOF (1)     UV_EOF            -                -
 *   a read error      it (2)         it                -                -
 *   a send fails      (3)            -                 (3)              -
 *   the peer dies     (4)            by reading        (4)              -
 *   hvuv_close()      (5)            (5)               (5)              (5)
 *
 *   (1) once. Writes that wait are tried then, because a peer that has only
 *       ended its direction lets them wait, and one that is gone fails them.
 *   (2) once. Writes that wait end with it, a shutdown that waits is made and
 *       called back; from the error on the stream is neither readable nor
 *       writable.
 *   (3) that write ends with the error, those behind it with UV_ECANCELED, a
 *       shutdown behind them is made. Reading goes on to its own end, and later
 *       writes are tried.
 *   (4) as (1) or (2) for one that reads; for one that waits to write as (3),
 *       where the kernel hides it by the alarm's send, within a second.
 *   (5) writes that the kernel had taken in full are called back with 0, the
 *       others and the shutdown with UV_ECANCELED. Bytes that were not read, and
 *       hvuv_close_reset(), make it a reset where the family has one.
 *
 * A connecting stream is refused, times out after a last look at the socket, or
 * is closed: its connect is called back with that, then all that was made
 * behind it with UV_ECANCELED.
 *
 * Requests are the user's, and on loan. Callbacks run from the wake-ups above
 * and from on_left() only. The close callback is the last of the latter, so a
 * stream's memory is there after any other callback, and looking at its state
 * again is all that is needed.
 */
#include "stream/stream.h"

#include "hvuv/socket.h"
#include "stream/connect.h"
#include "stream/listener.h"
#include "stream/read.h"
#include "stream/report.h"
#include "stream/stream_state.h"
#include "stream/wqueue.h"
#include "stream/write.h"

#include <string.h>

/* --- Waking --------------------------------------------------------------- */

HVUV__APART static void open_otherwise(hvuv_stream_t* s,
                                       int status,
                                       int events) {
  if (status != 0) {
    /* Both directions find out by their own calls how they are affected, for
     * what recv() returns comes before SO_ERROR. The writing one decides what
     * is watched from now on. */
    s->poll_status = status;
    events = UV_READABLE | UV_WRITABLE;
  }

  if ((events & UV_READABLE) && hvuv__is_reading(s))
    hvuv__read_ready(s);
  if ((events & UV_WRITABLE) && s->state == HVUV__OPEN)
    hvuv__write_ready(s);
  s->poll_status = 0;
  hvuv__write_end(s);
}

HVUV__APART static void ready_otherwise(hvuv_stream_t* s, int status) {
  if (s->state == HVUV__LISTENING)
    hvuv__listener_ready(s, status);
  else if (s->state == HVUV__CONNECTING)
    hvuv__connect_ready(s, status);
  else
    return;
  hvuv__stream_update(s);
}

static void on_ready(void* owner, int status, int events) {
  hvuv_stream_t* s = owner;

  hvuv__stream_check(s);
  if (s->state != HVUV__OPEN) {
    ready_otherwise(s, status);
    return;
  }

  s->flags |= HVUV__AWAKE;
  if (status != 0 || events != UV_READABLE) {
    open_otherwise(s, status, events);
    return;
  }

  /* What nearly every wake-up is. */
  hvuv__read_ready(s);
  hvuv__write_end(s);
}

void hvuv__stream_look(hvuv_stream_t* s) {
  if (s->state == HVUV__OPEN)
    on_ready(s, 0, UV_READABLE | UV_WRITABLE);
}

int hvuv__stream_has_unread(const hvuv_stream_t* s) {
  char byte;

  return s->state == HVUV__OPEN && hvuv__sys_peek(s->sock, &byte, 1) > 0;
}

static void on_alarm(void* owner) {
  hvuv_stream_t* s = owner;

  hvuv__stream_check(s);
  if (s->state == HVUV__LISTENING)
    hvuv__listener_alarm(s);
  else if (s->state == HVUV__CONNECTING)
    hvuv__connect_alarm(s);
  else if (s->state == HVUV__OPEN)
    hvuv__write_alarm(s);
  hvuv__stream_update(s);
}

static void on_turn_end(hvuv__turn_t* turn) {
  hvuv_stream_t* s = hvuv__stream_of(turn);
  int err;

  hvuv__stream_check(s);
  assert(s->state < HVUV__CLOSING);
  err = s->poll_error;
  s->poll_error = 0;
  if (err != 0)
    on_ready(s, err, 0);

  s->flags |= HVUV__AWAKE;
  hvuv__connect_turn_end(s);
  hvuv__write_end(s);
  hvuv__read_turn_end(s);
}

static void on_left(hvuv__turn_t* turn) {
  hvuv_stream_t* s = hvuv__stream_of(turn);
  hvuv__taken_t taken;

  hvuv__stream_check(s);
  assert(s->state == HVUV__CLOSING);
  hvuv__connect_report(s, UV_ECANCELED);
  hvuv__report_take(s, &taken);
  hvuv__report_taken(&taken);
  hvuv__stream_move(s, HVUV__CLOSED);
  if (s->close_cb != NULL)
    s->close_cb(s);
}

static const hvuv__wakes_t wakes = {
    .turn_end = on_turn_end,
    .left = on_left,
    .ready = on_ready,
    .alarm = on_alarm,
};

/* --- Beginning and end ---------------------------------------------------- */

int hvuv_init(uv_loop_t* loop, hvuv_stream_t* s) {
  if (loop == NULL || s == NULL)
    return UV_EINVAL;
  return hvuv__stream_init(s, loop, &wakes);
}

/* The names of an adopted socket, as far as hvuv has a form for them. */
static void learn_names(hvuv_stream_t* s) {
  struct sockaddr_storage name;
  size_t len;

  len = sizeof(name);
  if (hvuv__sys_getsockname(s->sock, (struct sockaddr*) &name, &len) != 0)
    len = 0;
  s->family =
      hvuv__family_of_name((struct sockaddr*) &name, len, &s->local_addr);

  len = sizeof(name);
  if (s->state == HVUV__OPEN && s->family->accepted != NULL &&
      hvuv__sys_getpeername(s->sock, (struct sockaddr*) &name, &len) == 0)
    s->family->accepted(
        (struct sockaddr*) &name, len, &s->local_addr, NULL, &s->peer_addr);
}

int hvuv_open(hvuv_stream_t* s, uv_os_sock_t sock) {
  enum hvuv__sock_kind kind;
  int err;

  if (s == NULL || s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  if (s->state != HVUV__IDLE)
    return UV_EBUSY;

  err = hvuv__sys_inspect(sock, &kind);
  if (err == 0)
    err = hvuv__stream_attach(s, sock, HVUV__POLL_LASTING);
  if (err != 0)
    return err;

  hvuv__sys_own(sock);
  s->flags |= HVUV__ADOPTED;
  hvuv__stream_move(s, kind == HVUV__SOCK_LISTENING ? HVUV__BOUND : HVUV__OPEN);
  learn_names(s);
  if (s->state == HVUV__OPEN)
    hvuv__stream_opened(s);
  hvuv__stream_check(s);
  return 0;
}

static int can_detach(const hvuv_stream_t* s) {
  if (s == NULL || s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  if (s->state == HVUV__CONNECTING)
    return UV_EBUSY;
  if (s->state != HVUV__OPEN)
    return UV_ENOTCONN;
  if (!hvuv__wqueue_is_sent(s) || hvuv__wqueue_has_done(s) ||
      s->shutdown_req != NULL)
    return UV_EBUSY;

  /* Its next owner would not learn of an error that was taken from it. */
  if (s->socket_error != 0 || (s->read_end != 0 && s->read_end != UV_EOF))
    return UV_ENOTCONN;
  return 0;
}

int hvuv_detach(hvuv_stream_t* s, uv_os_sock_t* sock) {
  int err;

  err = sock == NULL ? UV_EINVAL : can_detach(s);
  if (err != 0)
    return err;

  *sock = hvuv__stream_release(s);
  assert(*sock != HVUV__NO_SOCK);
  return 0;
}

static void begin_close(hvuv_stream_t* s, hvuv_close_cb cb) {
  if (s->state == HVUV__CONNECTING)
    memset(&s->peer_addr, 0, sizeof(s->peer_addr));

  hvuv__stream_move(s, HVUV__CLOSING);
  hvuv__stream_detach(s);
  s->reading = HVUV__READING_OFF;
  s->close_cb = cb;
  hvuv__stream_update(s);
  hvuv__hub_leave(s->hub, &s->turn);
  hvuv__stream_check(s);
}

void hvuv_close(hvuv_stream_t* s, hvuv_close_cb cb) {
  assert(s->state < HVUV__CLOSING && "hvuv_close() called twice");
  if (s->state >= HVUV__CLOSING)
    return;

  /* What only waited for the turn's end would have gone out by now, had it
   * been written alone. */
  if (s->state == HVUV__OPEN)
    hvuv__write_flush(s);
  begin_close(s, cb);
}

int hvuv_close_reset(hvuv_stream_t* s, hvuv_close_cb cb) {
  if (s == NULL || s->state >= HVUV__CLOSING)
    return UV_EINVAL;

  s->flags |= HVUV__RESET;
  begin_close(s, cb);
  return 0;
}
