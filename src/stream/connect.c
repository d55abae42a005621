/*
 * Calling out.
 *
 *   hvuv_connect
 *      | dial(): the address is right, a socket is there (else: returns why)
 *      v
 *   attempt <-----------------+
 *      | done                 | alarm
 *      |     | under way      |
 *      |     |     | backlog full --> RETRYING
 *      |     v
 *      |  POLLING --- SO_ERROR ---> failed, or the next attempt
 *      v     v
 *   request(), if the family has one --> REPLY --- wrong, hung up ---> failed
 *      |                                   |
 *      v                                   v
 *   SETTLED: reported at the turn's end; OPEN, or IDLE without the socket
 *
 * At any stage the alarm settles it with UV_ETIMEDOUT, after a last look at the
 * socket, and hvuv_close() cancels it. The true reason of a failure is
 * SO_ERROR's; the poller only knows that there is one.
 *
 * A connect that fails takes the writes and the shutdown made behind it off the
 * stream, is reported itself, then has them reported: the stream may connect
 * and write again in the first of these callbacks.
 */
#include "stream/connect.h"

#include <string.h>

#include "addr/show.h"
#include "base/log.h"
#include "stream/hyperv_options.h"
#include "stream/report.h"
#include "stream/write.h"

/* Nothing reports when a Unix socket's full backlog has room again (a socket
 * whose connect was refused with EAGAIN polls as hung up), so it is tried
 * again, from time to time. */
#define RETRY_FIRST_MS 1
#define RETRY_MAX_MS   32

_Static_assert(sizeof(hvuv__target_t) <= sizeof(((hvuv_connect_t*) 0)->target),
               "a request has room for what its family keeps");
_Static_assert(sizeof(hvuv__trust_t) <= HVUV__HUB_NOTE_BYTES,
               "a hub has room for what a family keeps of a loop");

/* A request is lent for as long as an attempt lasts, and so is what is kept in
 * it; all of it are bytes. */
static hvuv__target_t* target_of(hvuv_connect_t* req) {
  return (hvuv__target_t*) (void*) req->target;
}

static void log_handshake(const hvuv_stream_t* s, int status) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("stream/handshake");
  char peer[HVUV_ADDR_STRLEN];

  hvuv__log(&place,
            HVUV_LOG_INFO,
            "%s: no OK: %s",
            hvuv__addr_show(&s->peer_addr, peer),
            uv_err_name(status));
}

static void settle(hvuv_stream_t* s, int status) {
  assert(s->state == HVUV__CONNECTING && s->stage != HVUV__CONNECT_SETTLED);
  assert(status <= 0);
  if (status != 0 && s->stage == HVUV__CONNECT_REPLY &&
      hvuv__log_wants(HVUV_LOG_INFO))
    log_handshake(s, status);
  if (s->alarm != NULL)
    hvuv__alarm_stop(s->alarm);
  s->stage = HVUV__CONNECT_SETTLED;
  s->connect_status = status;
  hvuv__stream_defer(s);
}

static void on_established(hvuv_stream_t* s) {
  int err;

  err = 0;
  if (s->family->request != NULL) {
    s->stage = HVUV__CONNECT_REPLY;
    err = s->family->request(s->sock, &s->peer_addr);
  }
  if (err != 0 || s->family->request == NULL)
    settle(s, err);
}

static void attempt(hvuv_stream_t* s) {
  int r;

  r = s->family->connect(s->sock, &s->peer_addr, target_of(s->connect_req));
  if (r == 0)
    on_established(s);
  else if (r == HVUV__IN_PROGRESS)
    s->stage = HVUV__CONNECT_POLLING;
  else if (r == UV_EAGAIN)
    s->stage = HVUV__CONNECT_RETRYING;
  else
    settle(s, r);
}

/* Milliseconds until the deadline; UINT64_MAX without one. */
static uint64_t time_left(const hvuv_stream_t* s) {
  uint64_t now;

  if (s->connect_deadline_ms == 0)
    return UINT64_MAX;
  now = uv_now(s->loop);
  return s->connect_deadline_ms > now ? s->connect_deadline_ms - now : 0;
}

/* Sets the alarm for whatever comes first: another try, or the deadline. */
static void set_alarm(hvuv_stream_t* s) {
  uint64_t delay;

  if (s->stage == HVUV__CONNECT_SETTLED)
    return;

  delay = time_left(s);
  if (s->stage == HVUV__CONNECT_RETRYING && delay > s->retry_ms)
    delay = s->retry_ms;
  if (delay == UINT64_MAX)
    return;

  if (hvuv__stream_need_alarm(s) != 0)
    settle(s, UV_ENOMEM);
  else
    hvuv__alarm_set(s->alarm, delay);
}

/* The socket's own error, or the poller's status where it has none. UV_EBADF
 * is no reason: libuv reports every error so. */
static int true_error(int err, int status) {
  if (err == 0 && status != 0)
    err = status == UV_EBADF ? UV_ECONNABORTED : status;
  return err;
}

/* The same of a connect. One that seems to be under way, although watching it
 * has failed for good, would be watched and fail for ever. */
static int connect_error(int err, int status) {
  return true_error(err == UV_EAGAIN && status != 0 ? 0 : err, status);
}

static int has_more(const hvuv_stream_t* s) {
  return s->family->has_more != NULL &&
         s->family->has_more(target_of(s->connect_req));
}

/* The system has finished, or seems to have. */
static void polled(hvuv_stream_t* s, int err) {
  if (err == 0) {
    on_established(s);
  } else if (err == UV_ECONNREFUSED && has_more(s)) {
    attempt(s);
    set_alarm(s);
  } else if (err != UV_EAGAIN) {
    settle(s, err);
  }
}

/* Something of the answer may have come. */
static void replied(hvuv_stream_t* s, int status) {
  int err;

  err = s->family->reply(s->sock, &s->handshake_bytes);
  if (err == UV_EAGAIN && status != 0)
    err = true_error(hvuv__sys_take_error(s->sock), status);
  if (err != UV_EAGAIN)
    settle(s, err);
}

void hvuv__connect_ready(hvuv_stream_t* s, int status) {
  assert(s->state == HVUV__CONNECTING && s->connect_req != NULL);
  if (s->stage == HVUV__CONNECT_POLLING)
    polled(s, connect_error(hvuv__sys_connect_result(s->sock), status));
  else if (s->stage == HVUV__CONNECT_REPLY)
    replied(s, status);
}

/* As hvuv__sys_connect_result() of a socket that nobody has reported as
 * writable: UV_EAGAIN if the system has not finished. */
static int result_unasked(const hvuv_stream_t* s) {
  struct sockaddr_storage name;
  size_t len;
  int err;

  err = hvuv__sys_connect_result(s->sock);
  len = sizeof(name);
  if (err == 0 &&
      hvuv__sys_getpeername(s->sock, (struct sockaddr*) &name, &len) != 0)
    err = UV_EAGAIN;
  return err;
}

/* The time has passed, but the loop may have been late: what has come until now
 * counts. */
static void time_out(hvuv_stream_t* s) {
  if (s->stage == HVUV__CONNECT_RETRYING)
    attempt(s);
  if (s->stage == HVUV__CONNECT_POLLING)
    polled(s, result_unasked(s));
  if (s->stage == HVUV__CONNECT_REPLY)
    replied(s, 0);
  if (s->stage != HVUV__CONNECT_SETTLED)
    settle(s, UV_ETIMEDOUT);
}

void hvuv__connect_alarm(hvuv_stream_t* s) {
  assert(s->state == HVUV__CONNECTING);
  if (s->stage == HVUV__CONNECT_SETTLED)
    return;

  if (time_left(s) == 0) {
    time_out(s);
    return;
  }

  if (s->stage == HVUV__CONNECT_RETRYING) {
    if (s->retry_ms < RETRY_MAX_MS)
      s->retry_ms *= 2;
    attempt(s);
  }
  set_alarm(s);
}

static int can_connect(const hvuv_stream_t* s,
                       const hvuv_addr_t* addr,
                       const hvuv__family_t** family) {
  int err;

  if (s->state == HVUV__CONNECTING)
    return UV_EALREADY;
  if (s->state == HVUV__OPEN)
    return UV_EISCONN;
  if (s->state != HVUV__IDLE && s->state != HVUV__BOUND)
    return UV_EINVAL;

  err = hvuv__family_find(addr, family);
  if (err == 0 && s->state == HVUV__BOUND &&
      (s->family != *family || s->claim != NULL || (s->flags & HVUV__ADOPTED)))
    return UV_EINVAL;
  return err;
}

static hvuv__trust_t* trust_of(const hvuv_stream_t* s) {
  hvuv__trust_t* trust = hvuv__hub_note(s->hub);

  trust->now_ms = uv_now(s->loop);
  return trust;
}

static int dial(hvuv_stream_t* s,
                const hvuv_addr_t* addr,
                const hvuv__family_t* family,
                hvuv__target_t* target) {
  hvuv_addr_t local;
  uv_os_sock_t sock;
  int err;

  sock = s->sock;
  local.family = 0;
  err = family->dial(
      addr, s->connect_timeout_ms, &sock, &local, target, trust_of(s));
  if (err != 0)
    return err;

  err = hvuv__options_apply(family, sock, s->options);
  if (err == 0 && s->sock == HVUV__NO_SOCK)
    err = hvuv__stream_attach(s, sock, HVUV__POLL_YOUNG);
  if (err != 0) {
    if (s->sock == HVUV__NO_SOCK)
      hvuv__sys_close(sock);
    return err;
  }

  if (local.family != 0)
    s->local_addr = local;
  return 0;
}

static void start_clock(hvuv_stream_t* s) {
  uint64_t timeout_ms;
  uint64_t now;

  timeout_ms = s->connect_timeout_ms;
  if (timeout_ms == 0)
    timeout_ms = s->family->connect_timeout_ms;
  s->retry_ms = RETRY_FIRST_MS;
  s->connect_deadline_ms = 0;
  if (timeout_ms == 0)
    return;

  /* The loop's clock may be a whole turn old. */
  uv_update_time(s->loop);
  now = uv_now(s->loop);
  s->connect_deadline_ms =
      timeout_ms < UINT64_MAX - now ? now + timeout_ms : UINT64_MAX;
}

int hvuv_connect(hvuv_connect_t* req,
                 hvuv_stream_t* s,
                 const hvuv_addr_t* addr,
                 hvuv_connect_cb cb) {
  const hvuv__family_t* family;
  int err;

  if (req == NULL || s == NULL || addr == NULL)
    return UV_EINVAL;
  err = can_connect(s, addr, &family);
  if (err == 0)
    err = dial(s, addr, family, target_of(req));
  if (err != 0)
    return err;

  req->handle = s;
  req->cb = cb;
  s->connect_req = req;
  s->family = family;
  s->peer_addr = *addr;
  s->handshake_bytes = 0;
  s->stage = HVUV__CONNECT_POLLING;
  s->read_end = 0;
  hvuv__stream_move(s, HVUV__CONNECTING);

  start_clock(s);
  attempt(s);
  set_alarm(s);
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return 0;
}

int hvuv_set_connect_timeout(hvuv_stream_t* s, uint64_t timeout_ms) {
  if (s == NULL || s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  if (s->state == HVUV__CONNECTING)
    return UV_EALREADY;

  s->connect_timeout_ms = timeout_ms;
  return 0;
}

void hvuv__connect_report(hvuv_stream_t* s, int status) {
  hvuv_connect_t* req;

  req = s->connect_req;
  s->connect_req = NULL;
  if (req != NULL && req->cb != NULL)
    req->cb(req, status);
}

static void fail(hvuv_stream_t* s) {
  hvuv__taken_t taken;

  assert(s->connect_status < 0);
  hvuv__stream_detach(s);
  s->reading = HVUV__READING_OFF;
  memset(&s->local_addr, 0, sizeof(s->local_addr));
  memset(&s->peer_addr, 0, sizeof(s->peer_addr));
  hvuv__report_take(s, &taken);
  hvuv__stream_move(s, HVUV__IDLE);
  hvuv__stream_update(s);

  hvuv__connect_report(s, s->connect_status);
  hvuv__report_taken(&taken);
}

void hvuv__connect_turn_end(hvuv_stream_t* s) {
  if (s->state != HVUV__CONNECTING || s->stage != HVUV__CONNECT_SETTLED)
    return;

  if (s->connect_status != 0) {
    fail(s);
    return;
  }

  assert(s->flags & HVUV__AWAKE);
  hvuv__stream_move(s, HVUV__OPEN);
  hvuv__stream_opened(s);
  hvuv__write_gather(s);
  if (s->family->connected != NULL)
    s->family->connected(s->sock, &s->local_addr);
  hvuv__stream_update(s);
  hvuv__connect_report(s, 0);
}
