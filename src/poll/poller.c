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
 * UV_DISCONNECT is never armed: Windows' slow path never reports it and fails
 * when it is alone, and elsewhere a hang-up arrives as the armed events.
 */
#include "poll/poller.h"

#include <assert.h>

#define EVENTS (UV_READABLE | UV_WRITABLE)

static void check(const hvuv__poller_t* p) {
  assert(p->engine != NULL);
  assert((p->wanted & ~EVENTS) == 0 && (p->armed & ~EVENTS) == 0);
  assert(p->cb != NULL || p->wanted == 0); /* a closed poller wants nothing */
  (void) p;
}

void hvuv__poller_start(hvuv__poller_t* p,
                        const hvuv__engine_t* engine,
                        unsigned int errors_ignored,
                        void* owner,
                        hvuv__ready_cb cb) {
  assert(p->engine == NULL && p->cb == NULL && cb != NULL);
  p->engine = engine;
  p->errors_ignored = errors_ignored;
  p->owner = owner;
  p->cb = cb;
  check(p);
}

static int arm(hvuv__poller_t* p, int events) {
  int err;

  err = p->engine->arm(p, events);
  assert(err <= 0);
  p->armed = err == 0 ? events : 0;
  return err;
}

int hvuv__poller_watch(hvuv__poller_t* p, int events) {
  int surplus;

  assert(p->cb != NULL);
  p->wanted = events;
  check(p);
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

void hvuv__poller_close(hvuv__poller_t* p) {
  assert(p->cb != NULL); /* closed once */
  p->owner = NULL;
  p->cb = NULL;
  p->wanted = 0; /* so that nothing fires */
  check(p);
  p->engine->close(p);
}
