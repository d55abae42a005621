/*
 * What each state of a stream is and waits for.
 *
 *   IDLE, BOUND  nothing; there is no request yet
 *   LISTENING    READABLE, unless a connection waits for hvuv_accept(), or
 *                descriptors ran out and the alarm will try again
 *   CONNECTING   by stage: WRITABLE (the system works on it), nothing (the
 *                alarm retries a full backlog), READABLE (the answer of a
 *                hypervisor), nothing (settled, reported at the turn's end)
 *   OPEN         READABLE while reading, WRITABLE while the kernel is full;
 *                the alarm while it has no memory
 *   DETACHED     nothing; the socket is somebody else's, the poller is gone
 *   CLOSING      nothing; the poller is gone
 *
 * Who owns what: the stream owns its socket, poller, alarm and claim from
 * hvuv__stream_attach() to hvuv__stream_detach(), or hvuv__stream_release().
 */
#include "stream/stream_state.h"

#include <stddef.h>
#include <string.h>

#define MAY_BECOME(state) (1u << (state))

typedef struct state_row_s {
  unsigned int next; /* the states that it may become */
  enum hvuv__writing writing;
} state_row_t;

static const state_row_t states[] = {
    [HVUV__IDLE] = {MAY_BECOME(HVUV__BOUND) | MAY_BECOME(HVUV__CONNECTING) |
                        MAY_BECOME(HVUV__OPEN) | MAY_BECOME(HVUV__DETACHED) |
                        MAY_BECOME(HVUV__CLOSING),
                    HVUV__WRITING_NONE},
    [HVUV__BOUND] = {MAY_BECOME(HVUV__LISTENING) |
                         MAY_BECOME(HVUV__CONNECTING) |
                         MAY_BECOME(HVUV__DETACHED) | MAY_BECOME(HVUV__CLOSING),
                     HVUV__WRITING_NONE},
    [HVUV__LISTENING] = {MAY_BECOME(HVUV__CLOSING), HVUV__WRITING_NONE},
    [HVUV__CONNECTING] = {MAY_BECOME(HVUV__OPEN) | MAY_BECOME(HVUV__IDLE) |
                              MAY_BECOME(HVUV__CLOSING),
                          HVUV__WRITING_HELD},
    [HVUV__OPEN] = {MAY_BECOME(HVUV__DETACHED) | MAY_BECOME(HVUV__CLOSING),
                    HVUV__WRITING_STRAIGHT},
    [HVUV__DETACHED] = {MAY_BECOME(HVUV__CLOSING), HVUV__WRITING_NONE},
    [HVUV__CLOSING] = {MAY_BECOME(HVUV__CLOSED), HVUV__WRITING_NONE},
    [HVUV__CLOSED] = {0, HVUV__WRITING_NONE},
};

#ifndef NDEBUG
static void check_requests(const hvuv_stream_t* s) {
  assert((s->connect_req != NULL) <=
         (s->state == HVUV__CONNECTING || s->state == HVUV__CLOSING));
  assert((s->shutdown_req != NULL) <=
         (s->shut != HVUV__SHUT_NOT || s->state == HVUV__CLOSING));
  assert(s->unsent_head != NULL || s->write_queue_size == 0);
}

static void check_socket(const hvuv_stream_t* s) {
  assert((s->poller != NULL) <= (s->sock != HVUV__NO_SOCK));
  assert((s->accepted_sock != HVUV__NO_SOCK) <= (s->state == HVUV__LISTENING));
  assert((s->stage >= HVUV__LISTEN_WATCHING) <=
         (s->state == HVUV__LISTENING || s->state >= HVUV__CLOSING));
  if (s->state == HVUV__IDLE || s->state >= HVUV__DETACHED)
    assert(s->sock == HVUV__NO_SOCK && s->alarm == NULL && s->claim == NULL);
  else
    assert(s->family != NULL);
}

void hvuv__stream_check(const hvuv_stream_t* s) {
  assert(s->state <= HVUV__CLOSED);
  check_socket(s);
  check_requests(s);

  assert((s->writing == HVUV__WRITING_HELD) <= (s->state == HVUV__CONNECTING));
  assert((s->writing >= HVUV__WRITING_STRAIGHT) <= (s->state == HVUV__OPEN));
  assert((s->reading >= HVUV__READING_ON) <=
         (s->state == HVUV__OPEN || s->state == HVUV__CONNECTING));
  assert((s->reading >= HVUV__READING_ON) <= (s->read_end == 0));
  assert((s->shut == HVUV__SHUT_BROKEN) <= (s->writing == HVUV__WRITING_NONE));
  assert(s->reading == HVUV__READING_OFF ||
         (s->alloc_cb != NULL && s->read_cb != NULL));
}
#endif

int hvuv__stream_init(hvuv_stream_t* s,
                      uv_loop_t* loop,
                      const hvuv__wakes_t* wakes) {
  void* data;
  int err;

  /* The addresses are the half of it, and nothing while they have no family. */
  data = s->data;
  memset(s, 0, offsetof(hvuv_stream_t, local_addr));
  s->local_addr.family = 0;
  s->peer_addr.family = 0;
  s->data = data;
  s->loop = loop;
  s->sock = HVUV__NO_SOCK;
  s->accepted_sock = HVUV__NO_SOCK;

  err = hvuv__hub_enter(loop, wakes, &s->hub);
  if (err != 0)
    s->state = HVUV__CLOSED;
  hvuv__stream_check(s);
  return err;
}

hvuv_stream_t* hvuv__stream_of(hvuv__turn_t* turn) {
  return (hvuv_stream_t*) (void*) ((char*) turn -
                                   offsetof(hvuv_stream_t, turn));
}

void hvuv__stream_move(hvuv_stream_t* s, enum hvuv__state to) {
  assert(states[s->state].next & MAY_BECOME(to));
  s->state = to;
  s->writing = states[to].writing;
}

void hvuv__stream_opened(hvuv_stream_t* s) {
  assert(s->state == HVUV__OPEN && s->family != NULL);
  if (s->family->gives_packets != NULL &&
      s->family->gives_packets(&s->peer_addr)) {
    s->flags |= HVUV__PACKETS;
    s->short_reads = 1;
  }
}

/* --- What it waits for ---------------------------------------------------- */

static int wanted_of_listener(const hvuv_stream_t* s) {
  if (s->accepted_sock != HVUV__NO_SOCK)
    return 0;
  return s->stage == HVUV__LISTEN_WATCHING || s->stage == HVUV__LISTEN_RETRYING
             ? UV_READABLE
             : 0;
}

static int wanted_of_connect(const hvuv_stream_t* s) {
  if (s->stage == HVUV__CONNECT_POLLING)
    return UV_WRITABLE;
  return s->stage == HVUV__CONNECT_REPLY ? UV_READABLE : 0;
}

/* Where memory was refused, WRITABLE would fire at once, over and over: the
 * alarm alone has that tried again. */
static int wanted_by_writing(const hvuv_stream_t* s) {
  if (s->writing != HVUV__WRITING_BLOCKED)
    return 0;
  return s->refusals > 0 && (s->flags & HVUV__PROBING) ? 0 : UV_WRITABLE;
}

static int wanted_events(const hvuv_stream_t* s) {
  switch (s->state) {
    case HVUV__LISTENING:
      return wanted_of_listener(s);
    case HVUV__CONNECTING:
      return wanted_of_connect(s);
    case HVUV__OPEN:
      return (s->reading >= HVUV__READING_ON ? UV_READABLE : 0) |
             wanted_by_writing(s);
    default:
      return 0;
  }
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
  if (s->state == HVUV__LISTENING)
    return s->stage != HVUV__LISTEN_DEAD;
  return s->reading >= HVUV__READING_ON;
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
    /* Reported like an error of the socket, but not from inside this call. */
    s->poll_error = err;
    hvuv__stream_defer(s);
  }
}

/* --- What it owns --------------------------------------------------------- */

int hvuv__stream_need_alarm(hvuv_stream_t* s) {
  assert(s->state < HVUV__CLOSING);
  if (s->alarm != NULL)
    return 0;
  return hvuv__alarm_open(
      s->loop, s, hvuv__hub_wakes(s->hub)->alarm, &s->alarm);
}

int hvuv__stream_attach(hvuv_stream_t* s,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age) {
  int err;

  assert(sock != HVUV__NO_SOCK && s->sock == HVUV__NO_SOCK);
  assert(s->state == HVUV__IDLE && s->poller == NULL);
  err = hvuv__poller_open(hvuv__hub_poll(s->hub),
                          sock,
                          age,
                          s,
                          hvuv__hub_wakes(s->hub)->ready,
                          &s->poller);
  if (err != 0)
    return err;

  s->sock = sock;
  return 0;
}

int hvuv__stream_error(hvuv_stream_t* s) {
  int err;

  assert(s->state == HVUV__OPEN);
  if (s->poll_status != 0) {
    err = hvuv__sys_take_error(s->sock);
    if (err == 0 && s->poll_status != UV_EBADF)
      err = s->poll_status; /* UV_EBADF is what libuv reports for any error. */
    if (s->socket_error == 0)
      s->socket_error = err;
    s->poll_status = 0;
  }
  return s->socket_error;
}

uv_os_sock_t hvuv__stream_release(hvuv_stream_t* s) {
  uv_os_sock_t sock;

  assert(s->unsent_head == NULL && s->done_head == NULL);
  assert(s->shutdown_req == NULL && s->claim == NULL);
  sock = s->sock;
  s->sock = HVUV__NO_SOCK; /* so that it is not closed */
  hvuv__stream_move(s, HVUV__DETACHED);
  hvuv__stream_detach(s);
  s->reading = HVUV__READING_OFF;
  s->poll_error = 0;
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return sock;
}

void hvuv__stream_detach(hvuv_stream_t* s) {
  if (s->alarm != NULL)
    hvuv__alarm_close(s->alarm);
  if (s->poller != NULL)
    hvuv__poller_close(s->poller);
  if (s->claim != NULL)
    hvuv__family_release(s->claim);
  if (s->accepted_sock != HVUV__NO_SOCK) {
    hvuv__sys_close(s->accepted_sock);
    memset(&s->peer_addr, 0, sizeof(s->peer_addr));
  }

  /* At once, not when the poller has ended: on Windows closing the socket is
   * what makes the poller end (libuv docs, poll.rst). */
  if (s->sock != HVUV__NO_SOCK && (s->flags & HVUV__RESET))
    hvuv__sys_close_reset(s->sock);
  else if (s->sock != HVUV__NO_SOCK)
    hvuv__sys_close(s->sock);

  s->alarm = NULL;
  s->poller = NULL;
  s->claim = NULL;
  s->accepted_sock = HVUV__NO_SOCK;
  s->sock = HVUV__NO_SOCK;
}
