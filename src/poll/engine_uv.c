/*
 * The engine on uv_poll_t.
 *
 * On Windows libuv polls address families that it does not know by its slow
 * path: a thread that waits in select(), for each of at most two requests, and
 * that only the socket's end or three minutes wake (libuv, src/win/poll.c). So
 * uv_close() may call back late, the block is the handle's until then, and the
 * stream does not wait for it. The socket must be closed right after, never in
 * on_closed(): closing it is what ends the select().
 */
#include "poll/engine_uv.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"

static hvuv__uv_poller_t* of(hvuv__poller_t* base) {
  return (hvuv__uv_poller_t*) (void*) ((char*) base -
                                       offsetof(hvuv__uv_poller_t, base));
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle); /* It begins with it. */
}

static int init(uv_loop_t* loop, hvuv__uv_poller_t* p, uv_os_sock_t sock) {
  int err;

  err = uv_poll_init_socket(loop, &p->poll, sock);
  if (err != 0)
    return err;
  hvuv__handle_mark((uv_handle_t*) &p->poll);
  uv_unref((uv_handle_t*) &p->poll);
  return 0;
}

static int open_uv(hvuv__poll_shared_t* shared,
                   uv_os_sock_t sock,
                   hvuv__poller_t** poller) {
  hvuv__uv_poller_t* p;
  int err;

  p = hvuv__calloc(1, sizeof(*p));
  if (p == NULL)
    return UV_ENOMEM;

  err = init(shared->loop, p, sock);
  if (err == 0) {
    *poller = &p->base;
    return 0;
  }

  /* On Windows the handle may be the loop's already when it fails (libuv,
   * src/win/poll.c); one that is not has no type yet. */
  if (p->poll.type == UV_POLL)
    uv_close((uv_handle_t*) &p->poll, on_closed);
  else
    hvuv__free(p);
  return err;
}

int hvuv__engine_uv_adopt(uv_loop_t* loop,
                          hvuv__uv_poller_t* p,
                          uv_os_sock_t sock) {
  int err;

  assert(p->base.engine != NULL && p->base.engine != &hvuv__engine_uv);
  err = init(loop, p, sock);
  if (err != 0)
    return err;
  memset(&p->wait, 0, sizeof(p->wait));
  p->base.engine = &hvuv__engine_uv;
  return 0;
}

static void on_poll(uv_poll_t* poll, int status, int events) {
  hvuv__uv_poller_t* p = (hvuv__uv_poller_t*) poll;

  assert(p->base.cb != NULL); /* uv_close() ends the callbacks */
  if (status != 0)
    hvuv__poller_fail(&p->base, status);
  else
    hvuv__poller_fire(&p->base, events);
}

static int arm_uv(hvuv__poller_t* poller, int events) {
  hvuv__uv_poller_t* p = of(poller);

  /* By whoever walked the loop. */
  if (!hvuv__handle_is_open((uv_handle_t*) &p->poll))
    return UV_ECANCELED;
  if (events == 0)
    return uv_poll_stop(&p->poll);
  return uv_poll_start(&p->poll, events, on_poll);
}

static void close_uv(hvuv__poller_t* poller) {
  hvuv__uv_poller_t* p = of(poller);

  hvuv__handle_close((uv_handle_t*) &p->poll, &p->wait, on_closed);
}

const hvuv__engine_t hvuv__engine_uv = {
    .open = open_uv,
    .arm = arm_uv,
    .close = close_uv,
};
