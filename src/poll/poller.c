/*
 * What to watch for, and what to tell.
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
#include "poll/engine.h"

int hvuv__poller_open(uv_loop_t* loop,
                      uv_os_sock_t sock,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller) {
  const hvuv__engine_t* engine;
  hvuv__poller_t* p;
  int err;

  p = NULL;
  err = hvuv__engine_choose(loop, sock, &engine);
  if (err == 0)
    err = engine->open(loop, sock, &p);
  if (err != 0)
    return err;

  p->engine = engine;
  p->owner = owner;
  p->cb = cb;
  *poller = p;
  return 0;
}

static int arm(hvuv__poller_t* p, int events) {
  int err;

  err = p->engine->arm(p, events);
  p->armed = err == 0 ? events : 0;
  return err;
}

int hvuv__poller_watch(hvuv__poller_t* p, int events) {
  int surplus;

  p->wanted = events;
  surplus = p->armed & ~events;
  if ((events & ~p->armed) == 0 && (surplus & UV_WRITABLE) == 0)
    return 0;

  return arm(p, events);
}

void hvuv__poller_rearm(hvuv__poller_t* p) {
  int err;

  if (p->cb == NULL)
    return;
  err = arm(p, p->wanted);
  if (err != 0)
    p->cb(p->owner, err, 0);
}

/* Where errors of watching may be the watcher's own they are told as events
 * that seem to have happened: the owner tries the socket, whose own error, if
 * it has one, is the truth. A watch that fails over and over is an error after
 * all. */
void hvuv__poller_fail(hvuv__poller_t* p, int status) {
  p->armed = 0;
  if (p->cb == NULL)
    return;
  if (p->errors++ >= hvuv__engine_errors_ignored) {
    p->cb(p->owner, status, 0);
    return;
  }

  if (p->wanted != 0)
    p->cb(p->owner, 0, p->wanted);
  hvuv__poller_rearm(p);
}

void hvuv__poller_close(hvuv__poller_t* p) {
  p->owner = NULL;
  p->cb = NULL;
  p->wanted = 0; /* so that nothing fires */
  p->engine->close(p);
}

void hvuv__poller_leave(uv_loop_t* loop) {
  hvuv__engine_leave(loop);
}
