/*
 * The poller on uv_poll_t.
 *
 * `armed` is what uv_poll watches for, `wanted` what the owner asked for.
 * Arming anew costs two system calls on Linux (uv_poll_start() removes the
 * descriptor from epoll and adds it again), so armed may hold UV_READABLE that
 * is no longer wanted until that event fires in vain. UV_WRITABLE is dropped
 * at once: it would fire on every turn. On Windows' slow path the same rule
 * keeps the read interest steady, which libuv's src/win/poll.c wants there.
 *
 * UV_DISCONNECT is never armed: Windows' slow path never reports it and fails
 * when it is alone, and elsewhere a hang-up arrives as the armed events.
 */
#include "poller.h"

#include "alloc.h"

struct hvuv__poller_s {
  uv_poll_t poll;
  void* owner;
  hvuv__ready_cb cb;
  int wanted;
  int armed;
};

static void on_poll(uv_poll_t* poll, int status, int events);

int hvuv__poller_open(uv_loop_t* loop,
                      uv_os_sock_t sock,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller) {
  hvuv__poller_t* p;
  int err;

  p = hvuv__calloc(1, sizeof(*p));
  if (p == NULL)
    return UV_ENOMEM;

  err = uv_poll_init_socket(loop, &p->poll, sock);
  if (err != 0) {
    hvuv__free(p);
    return err;
  }

  p->owner = owner;
  p->cb = cb;
  uv_unref((uv_handle_t*) &p->poll);
  *poller = p;
  return 0;
}

static int arm(hvuv__poller_t* p, int events) {
  int err;

  if (events == 0)
    err = uv_poll_stop(&p->poll);
  else
    err = uv_poll_start(&p->poll, events, on_poll);

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

static void on_poll(uv_poll_t* poll, int status, int events) {
  hvuv__poller_t* p = (hvuv__poller_t*) poll;

  if (status != 0) {
    /* libuv has stopped watching. */
    p->armed = 0;
    p->cb(p->owner, status, 0);
    return;
  }

  if ((events & p->wanted) == 0) {
    status = arm(p, p->wanted);
    if (status != 0)
      p->cb(p->owner, status, 0);
    return;
  }

  p->cb(p->owner, 0, events & p->wanted);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle);
}

void hvuv__poller_close(hvuv__poller_t* p) {
  p->owner = NULL;
  p->cb = NULL;
  uv_close((uv_handle_t*) &p->poll, on_closed);
}
