#include "dial.h"

#include <assert.h>
#include <string.h>

#include "hvforward.h"

#define PAUSE_MS 250
/* A Unix socket's backlog is full: it is tried again, as hvuv's own
 * connects. */
#define FULL_MS 10

#ifdef NDEBUG
#define check(d) ((void) 0)
#else
static void check(const dial_t* d) {
  assert(d->state >= DIAL_TRIES && d->state <= DIAL_ENDS);
  assert(d->to != NULL && d->leg != NULL && d->cb != NULL);
  assert(d->to->kind->connect != NULL);
  assert(!d->is_looking_up || d->state == DIAL_TRIES);
}
#endif

static void attempt(dial_t* d);

static void on_timer_closed(uv_handle_t* timer) {
  dial_t* d = timer->data;

  check(d);
  if (d->found != NULL)
    uv_freeaddrinfo(d->found);
  d->found = NULL;
  d->cb(d, d->status);
}

static void finish(dial_t* d, int status) {
  assert(d->state != DIAL_ENDS);
  d->state = DIAL_ENDS;
  d->status = status;
  uv_close((uv_handle_t*) &d->timer, on_timer_closed);
}

static uint64_t age_ms(const dial_t* d) {
  return uv_now(d->timer.loop) - d->began_ms;
}

/* How long until the next attempt; 0: there is none. */
static uint64_t pause_ms(const dial_t* d) {
  if (d->status == UV_EAGAIN && age_ms(d) < settings.wait_ms)
    return FULL_MS;
  if (age_ms(d) + PAUSE_MS < settings.retry_ms &&
      d->to->kind->may_pass(d->to, d->status))
    return PAUSE_MS;
  return 0;
}

static void on_pause(uv_timer_t* timer) {
  attempt(timer->data);
}

static void on_leg_closed(leg_t* leg) {
  dial_t* d = leg->data;
  uint64_t ms;

  check(d);
  assert(d->state == DIAL_CLOSES);
  if (d->is_cancelled) {
    finish(d, UV_ECANCELED);
  } else if (d->next != NULL) {
    attempt(d);
  } else if ((ms = pause_ms(d)) != 0) {
    d->state = DIAL_PAUSES;
    uv_timer_start(&d->timer, on_pause, ms, 0);
  } else {
    finish(d, d->status);
  }
}

static void close_leg(dial_t* d, int status) {
  assert(d->state == DIAL_TRIES && !d->is_looking_up);
  d->state = DIAL_CLOSES;
  d->status = status;
  uv_timer_stop(&d->timer);
  d->leg->data = d;
  leg_close(d->leg, on_leg_closed);
}

/* What a leg reports when it is closed while it connects comes too late. */
void dial_attempted(dial_t* d, int status) {
  check(d);
  if (d->state != DIAL_TRIES)
    return;
  if (status != 0 || d->is_cancelled)
    close_leg(d, status);
  else
    finish(d, 0);
}

static void on_connect(leg_t* leg, int status) {
  dial_attempted(leg->data, status);
}

/* The first time only notes it: the loop may have been late itself, and what
 * has come in time is looked at before the second. */
static void on_late(uv_timer_t* timer) {
  dial_t* d = timer->data;

  check(d);
  if (!d->is_late++)
    uv_timer_start(timer, on_late, 1, 0);
  else if (d->is_looking_up)
    d->to->kind->give_up(d);
  else
    close_leg(d, UV_ETIMEDOUT);
}

static void attempt(dial_t* d) {
  int err;

  d->state = DIAL_TRIES;
  d->is_late = 0;
  if (!d->to->kind->times_itself)
    uv_timer_start(&d->timer, on_late, settings.wait_ms, 0);
  d->leg->data = d;
  leg_init(d->leg, d->to->kind->connects_as, d->timer.loop);
  d->leg->status_cb = on_connect;
  err = d->to->kind->connect(d);
  if (err != 0)
    close_leg(d, err);
  check(d);
}

void dial_start(
    dial_t* d, uv_loop_t* loop, const place_t* to, leg_t* leg, dial_cb cb) {
  void* data = d->data;

  memset(d, 0, sizeof(*d));
  d->data = data;
  d->to = to;
  d->leg = leg;
  d->cb = cb;
  uv_timer_init(loop, &d->timer); /* Always 0. */
  d->timer.data = d;
  d->began_ms = uv_now(loop);
  attempt(d);
}

void dial_cancel(dial_t* d) {
  check(d);
  if (d->is_cancelled)
    return;
  d->is_cancelled = 1;
  if (d->state == DIAL_PAUSES)
    finish(d, UV_ECANCELED);
  else if (d->is_looking_up)
    d->to->kind->give_up(d);
  else if (d->state == DIAL_TRIES)
    close_leg(d, UV_ECANCELED);
}
