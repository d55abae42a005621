/*
 * What is watched for, and what is reported.
 *
 *                     watch: more, or WRITABLE less
 *        +--- armed = wanted <-------------------------- fires in vain
 *        |          | an error                                 ^
 *        v          v                                          |
 *      closed <- armed = 0     watch: READABLE less  -> armed > wanted
 *
 * `armed` is what the engine watches for, `wanted` what the owner asked for.
 * Arming anew is what costs: on Linux two system calls (uv_poll_start() removes
 * the descriptor from epoll and adds it again), on Windows' slow path a thread.
 * So armed may hold UV_READABLE that is no longer wanted until that event fires
 * in vain. UV_WRITABLE is dropped at once: it would fire on every turn.
 *
 * A socket that was accepted just now is not armed before the turn's end, when
 * early.h's look has shown what has come to it; so most of them are armed after
 * they have been reported once, or never.
 *
 * UV_DISCONNECT is never armed: Windows' slow path never reports it and fails
 * when it is alone, and elsewhere a hang-up arrives as the armed events.
 */
#include "poll/poller.h"

#include <assert.h>

#include "base/apart.h"

#define EVENTS (UV_READABLE | UV_WRITABLE)

static void check(const hvuv__poller_t* p) {
  assert(p->engine != NULL);
  assert((p->wanted & ~EVENTS) == 0 && (p->armed & ~EVENTS) == 0);
  assert(p->cb != NULL || p->wanted == 0); /* a closed poller wants nothing */
  assert(p->early == HVUV__EARLY_NONE || p->armed == 0);
  (void) p;
}

void hvuv__poller_start(hvuv__poller_t* p,
                        const hvuv__engine_t* engine,
                        hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        void* owner,
                        hvuv__ready_cb cb) {
  assert(p->engine == NULL && p->cb == NULL && cb != NULL);
  p->engine = engine;
  p->shared = shared;
  p->sock = sock;
  p->owner = owner;
  p->cb = cb;
  check(p);
}

static int arm(hvuv__poller_t* p, int events) {
  int err;

  err = p->engine->arm(p, events);
  assert(err <= 0);
  p->armed = err == 0 ? (unsigned char) events : 0;
  return err;
}

/* Whether the turn's end sees to it. */
HVUV__APART static int waits_for_turn_end(hvuv__poller_t* p) {
  if (p->early != HVUV__EARLY_MAY_WAIT)
    return 1;
  if (p->wanted == 0)
    return 0;
  p->early = HVUV__EARLY_NONE;
  if (!hvuv__early_is_open(&p->shared->early))
    return 0;
  if (!hvuv__poll_is_due(p->shared) && !p->shared->defer(p->shared))
    return 0;
  p->early = hvuv__early_enter(&p->shared->early, p, p->sock);
  return 1;
}

int hvuv__poller_watch(hvuv__poller_t* p, int events) {
  int surplus;

  assert(p->cb != NULL);
  p->wanted = (unsigned char) events;
  check(p);
  if (p->early != HVUV__EARLY_NONE && waits_for_turn_end(p))
    return 0;
  surplus = p->armed & ~events;
  if ((events & ~p->armed) == 0 && (surplus & UV_WRITABLE) == 0)
    return 0;

  return arm(p, events);
}

void hvuv__poller_rearm(hvuv__poller_t* p) {
  int err;

  check(p);
  if (p->cb == NULL)
    return;
  err = arm(p, p->wanted);
  if (err != 0)
    p->cb(p->owner, err, 0);
}

/* Where errors of watching may be the watcher's own they are reported as events
 * that seem to have happened: the owner tries the socket, whose own error, if
 * it has one, is the truth. A watch that fails over and over is an error after
 * all. */
void hvuv__poller_fail(hvuv__poller_t* p, int status) {
  assert(status < 0);
  check(p);
  p->armed = 0;
  if (p->cb == NULL)
    return;
  if (p->errors++ >= p->errors_ignored) {
    p->cb(p->owner, status, 0);
    return;
  }

  if (p->wanted != 0)
    p->cb(p->owner, 0, p->wanted);
  hvuv__poller_rearm(p);
}

/* It keeps its place while it calls back, so that it is seen if it closes. */
static void end_early(hvuv__early_t* early, unsigned int i, int events) {
  hvuv__poller_t* p = early->who[i];

  events &= p->wanted;
  if (events != 0)
    p->cb(p->owner, 0, events);
  if (early->who[i] == NULL)
    return;
  early->who[i] = NULL;
  p->early = HVUV__EARLY_NONE;
  if (p->wanted != 0)
    hvuv__poller_rearm(p);
}

void hvuv__poll_turn_end(hvuv__poll_shared_t* shared) {
  unsigned char events[HVUV__READY_MAX];
  hvuv__early_t* early = &shared->early;
  unsigned int i;

  for (i = 0; i < early->count; i++)
    events[i] = early->who[i] == NULL ? 0 : early->who[i]->wanted;
  hvuv__early_look(early, events);
  for (i = 0; i < early->count; i++)
    if (early->who[i] != NULL)
      end_early(early, i, events[i]);
  hvuv__early_end(early);
}

void hvuv__poller_close(hvuv__poller_t* p) {
  assert(p->cb != NULL); /* closed once */
  if (p->early > HVUV__EARLY_MAY_WAIT)
    hvuv__early_leave(&p->shared->early, p->early);
  p->early = HVUV__EARLY_NONE;
  p->owner = NULL;
  p->cb = NULL;
  p->wanted = 0; /* so that nothing fires */
  check(p);
  p->engine->close(p);
}
