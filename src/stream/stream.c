/*
 * The heart of a stream: its states, what it waits for, and how it ends.
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
 *         +-----------------------> OPEN                       |
 *         |    accept, open                                    |
 *         |                                                    |
 *         +--- close, from every state ---> CLOSING --> CLOSED
 *              (at once: socket, poller,      |           |
 *               alarm, claim let go)          |           +- close callback,
 *                                             |              the last touch
 *                                             +- turn's end: connect, writes,
 *                                                shutdown called back
 *
 * What each state waits for (wanted_events, the one place that decides):
 *
 *   IDLE, BOUND  nothing; there is no request yet
 *   LISTENING    READABLE, unless a connection waits for hvuv_accept(), or
 *                descriptors ran out and the alarm will try again
 *   CONNECTING   by stage: WRITABLE (the system works on it), nothing (the
 *                alarm retries a full backlog), READABLE (the answer of a
 *                hypervisor), nothing (settled, told at the turn's end)
 *   OPEN         READABLE while reading, WRITABLE while the kernel is full
 *   CLOSING      nothing; the poller is gone
 *
 * Who owns what: the stream owns its socket, poller, alarm and claim from
 * hvuv__stream_attach() to hvuv__stream_detach(); requests are the user's and
 * on loan. Callbacks run from two places only: from on_ready() (read and
 * connection callbacks, and those of writes made meanwhile) and from
 * hvuv__stream_turn_end() (all others). The close callback is among the
 * latter, so a stream's memory is there after any callback, and looking at
 * `state` again is all that is needed.
 */
#include <assert.h>
#include <string.h>

#include "stream/state.h"

#define MAY_BECOME(state) (1u << (state))

static const unsigned int next_states[] = {
    [HVUV__IDLE] = MAY_BECOME(HVUV__BOUND) | MAY_BECOME(HVUV__CONNECTING) |
                   MAY_BECOME(HVUV__OPEN) | MAY_BECOME(HVUV__CLOSING),
    [HVUV__BOUND] = MAY_BECOME(HVUV__LISTENING) | MAY_BECOME(HVUV__CONNECTING) |
                    MAY_BECOME(HVUV__CLOSING),
    [HVUV__LISTENING] = MAY_BECOME(HVUV__CLOSING),
    [HVUV__CONNECTING] = MAY_BECOME(HVUV__OPEN) | MAY_BECOME(HVUV__IDLE) |
                         MAY_BECOME(HVUV__CLOSING),
    [HVUV__OPEN] = MAY_BECOME(HVUV__CLOSING),
    [HVUV__CLOSING] = MAY_BECOME(HVUV__CLOSED),
    [HVUV__CLOSED] = 0,
};

void hvuv__stream_move(hvuv_stream_t* s, enum hvuv__state to) {
  assert(next_states[s->state] & MAY_BECOME(to));
  (void) next_states;
  s->state = to;
  if (to == HVUV__OPEN)
    hvuv__clear_flags(s, HVUV__NOT_OPEN);
  else
    s->flags |= HVUV__NOT_OPEN;
}

static int wanted_events(const hvuv_stream_t* s) {
  int events;

  events = 0;
  switch (s->state) {
    case HVUV__LISTENING:
      if (s->accepted_sock == HVUV__NO_SOCK &&
          !(s->flags & (HVUV__ACCEPT_STARVED | HVUV__ACCEPT_DEAD)))
        events = UV_READABLE;
      break;
    case HVUV__CONNECTING:
      if (s->connect_stage == HVUV__CONNECT_POLLING)
        events = UV_WRITABLE;
      else if (s->connect_stage == HVUV__CONNECT_REPLY)
        events = UV_READABLE;
      break;
    case HVUV__OPEN:
      if (s->flags & HVUV__READING)
        events |= UV_READABLE;
      if (s->flags & HVUV__WRITE_BLOCKED)
        events |= UV_WRITABLE;
      break;
    default:
      break;
  }
  return events;
}

/* A request holds the loop whatever the user said; reading and listening do
 * unless unref'd. */
static int holds_loop(const hvuv_stream_t* s) {
  if (s->state >= HVUV__CLOSING)
    return 0;
  if (s->state == HVUV__CONNECTING || s->unsent_head != NULL)
    return 1;
  if (s->flags & HVUV__UNREF)
    return 0;
  return (s->flags & HVUV__READING) ||
         (s->state == HVUV__LISTENING && !(s->flags & HVUV__ACCEPT_DEAD));
}

static void update_hold(hvuv_stream_t* s) {
  if (holds_loop(s) == ((s->flags & HVUV__HOLDS) != 0))
    return;

  s->flags ^= HVUV__HOLDS;
  hvuv__hub_hold(s->hub, s->flags & HVUV__HOLDS ? 1 : -1);
}

void hvuv__stream_update(hvuv_stream_t* s) {
  int err;

  update_hold(s);
  if (s->poller == NULL)
    return;

  err = hvuv__poller_watch(s->poller, wanted_events(s));
  if (err != 0) {
    /* Told like an error of the socket, but not from inside this call. */
    s->poll_error = err;
    hvuv__hub_defer(s->hub, s);
  }
}

HVUV__APART static void ready_otherwise(hvuv_stream_t* s, int status) {
  switch (s->state) {
    case HVUV__LISTENING:
      hvuv__listener_ready(s, status);
      hvuv__stream_update(s);
      break;
    case HVUV__CONNECTING:
      hvuv__connect_ready(s, status);
      hvuv__stream_update(s);
      break;
    default:
      /* Nothing is watched in the other states, but Windows' slow path may
       * still deliver what it found before. */
      break;
  }
}

static void on_ready(void* owner, int status, int events) {
  hvuv_stream_t* s = owner;

  if (s->state == HVUV__OPEN)
    hvuv__open_ready(s, status, events);
  else
    ready_otherwise(s, status);
}

static void on_alarm(void* owner) {
  hvuv_stream_t* s = owner;

  if (s->state == HVUV__LISTENING)
    hvuv__listener_alarm(s);
  else if (s->state == HVUV__CONNECTING)
    hvuv__connect_alarm(s);
  hvuv__stream_update(s);
}

int hvuv__stream_need_alarm(hvuv_stream_t* s) {
  if (s->alarm != NULL)
    return 0;
  return hvuv__alarm_open(s->loop, s, on_alarm, &s->alarm);
}

int hvuv__stream_attach(hvuv_stream_t* s, uv_os_sock_t sock) {
  int err;

  assert(s->sock == HVUV__NO_SOCK);
  err =
      hvuv__poller_open(hvuv__hub_poll(s->hub), sock, s, on_ready, &s->poller);
  if (err != 0)
    return err;

  s->sock = sock;
  return 0;
}

void hvuv__stream_detach(hvuv_stream_t* s) {
  if (s->alarm != NULL)
    hvuv__alarm_close(s->alarm);
  if (s->poller != NULL)
    hvuv__poller_close(s->poller);
  if (s->claim != NULL)
    hvuv__claim_release(s->claim);
  if (s->accepted_sock != HVUV__NO_SOCK) {
    hvuv__sys_close(s->accepted_sock);
    memset(&s->peer_addr, 0, sizeof(s->peer_addr));
  }

  /* At once, not when the poller has ended: on Windows closing the socket is
   * what makes the poller end (libuv docs, poll.rst). */
  if (s->sock != HVUV__NO_SOCK)
    hvuv__sys_close(s->sock);

  s->alarm = NULL;
  s->poller = NULL;
  s->claim = NULL;
  s->accepted_sock = HVUV__NO_SOCK;
  s->sock = HVUV__NO_SOCK;
}

uv_os_sock_t hvuv__stream_release(hvuv_stream_t* s) {
  uv_os_sock_t sock;

  assert(s->state < HVUV__CLOSING);
  if (s->poller != NULL)
    hvuv__poller_close(s->poller);
  s->poller = NULL;
  sock = s->sock;
  s->sock = HVUV__NO_SOCK;
  return sock;
}

int hvuv_init(uv_loop_t* loop, hvuv_stream_t* s) {
  void* data;
  int err;

  if (loop == NULL || s == NULL)
    return UV_EINVAL;

  data = s->data;
  memset(s, 0, sizeof(*s));
  s->data = data;
  s->loop = loop;
  s->flags = HVUV__NOT_OPEN;
  s->sock = HVUV__NO_SOCK;
  s->accepted_sock = HVUV__NO_SOCK;

  err = hvuv__hub_enter(loop, &s->hub);
  if (err != 0)
    s->state = HVUV__CLOSED;
  return err;
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

  if (s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  if (s->state != HVUV__IDLE)
    return UV_EBUSY;

  err = hvuv__sys_inspect(sock, &kind);
  if (err == 0)
    err = hvuv__stream_attach(s, sock);
  if (err != 0)
    return err;

  hvuv__sys_own(sock);
  s->flags |= HVUV__ADOPTED;
  hvuv__stream_move(s, kind == HVUV__SOCK_LISTENING ? HVUV__BOUND : HVUV__OPEN);
  learn_names(s);
  return 0;
}

void hvuv_close(hvuv_stream_t* s, hvuv_close_cb cb) {
  assert(s->state < HVUV__CLOSING && "hvuv_close() called twice");
  if (s->state >= HVUV__CLOSING)
    return;

  /* What only waited for the turn's end would have gone out by now, had it
   * been written alone. */
  if (s->state == HVUV__OPEN)
    hvuv__write_flush_gathered(s);

  if (s->state == HVUV__CONNECTING)
    memset(&s->peer_addr, 0, sizeof(s->peer_addr));

  hvuv__stream_move(s, HVUV__CLOSING);
  hvuv__stream_detach(s);
  hvuv__clear_flags(s, HVUV__READING | HVUV__READ_STEADY | HVUV__TELL_END);
  s->close_cb = cb;
  hvuv__stream_update(s);
  hvuv__hub_defer(s->hub, s);
}

static void finish_close(hvuv_stream_t* s) {
  hvuv__connect_tell(s, UV_ECANCELED);
  hvuv__write_cancel(s);
  hvuv__stream_move(s, HVUV__CLOSED);
  hvuv__hub_leave(s->hub);
  if (s->close_cb != NULL)
    s->close_cb(s);
}

void hvuv__stream_turn_end(hvuv_stream_t* s) {
  int err;

  if (s->state == HVUV__CLOSING) {
    finish_close(s);
    return;
  }

  err = s->poll_error;
  s->poll_error = 0;
  if (err != 0)
    on_ready(s, err, 0);
  hvuv__connect_turn_end(s);
  hvuv__write_end(s);
  hvuv__read_turn_end(s);
}
