/* A server's part in a share. member.h draws it. */
#include "serve/member.h"

#include <assert.h>

#include "base/alloc.h"
#include "conn/conn_group.h"
#include "serve/acceptor.h"
#include "serve/receive.h"

typedef struct hvuv__server_s server_t;

/* So many calls at most, and the loop's other work comes first. */
#define CALLS_PER_BELL 32

static uint64_t now_ms(void) {
  return uv_hrtime() / 1000000;
}

/* Under the lock, as whatever has no word on it. */
static void publish(server_t* s) {
  hvuv__group_stats(&s->owner.group, &s->member.stats);
}

/* Tries again later what failed for want of memory. */
static void rest(server_t* s) {
  if (!s->owner.waits)
    hvuv__owner_set_alarm(&s->owner, HVUV__SERVER_RETRY_MS);
}

static int is_orphan(const server_t* s) {
  int yes;

  hvuv__share_lock();
  yes = s->member.share != NULL && hvuv__share_is_orphan(s->member.share);
  hvuv__share_unlock();
  return yes;
}

/* --- Calls ---------------------------------------------------------------- */

/* *has_block: a connection was made of it, and is on its way out again. */
static int make_conn(server_t* s,
                     const hvuv__call_t* call,
                     hvuv_conn_t** conn,
                     int* has_block) {
  int err;

  *has_block = 0;
  *conn = hvuv__owner_new_conn(&s->owner, call->protocol);
  if (*conn == NULL)
    return UV_ENOMEM;
  s->nconns++;
  err = hvuv__accepted_give(&call->accepted, hvuv_conn_stream(*conn));
  if (err == 0)
    return 0;
  hvuv__conn_drop(*conn, err);
  *has_block = 1;
  return err;
}

static void take(server_t* s) {
  hvuv__share_lock();
  hvuv__calls_take(&s->member);
  hvuv__share_unlock();
}

static int serve_caller(server_t* s, const hvuv__call_t* call) {
  hvuv_conn_t* conn;
  int has_block;
  int err;

  err = make_conn(s, call, &conn, &has_block);
  if (err == 0) {
    take(s);
    hvuv__receive(s, conn);
    return 1;
  }
  hvuv__share_lock();
  hvuv__calls_put_back(&s->member, has_block, now_ms());
  hvuv__share_unlock();
  rest(s);
  hvuv__receive_error(s, err);
  return 0;
}

static void refuse_extra(server_t* s, const hvuv__call_t* call) {
  const hvuv_addr_t* peer = &call->accepted.peer_addr;

  hvuv__sys_close(call->accepted.sock);
  hvuv__receive_extra(s, peer->family == 0 ? NULL : peer);
}

/* 0: there is none, or no memory for it. */
static int serve_one(server_t* s) {
  hvuv__call_t call;
  int has_call;

  hvuv__share_lock();
  has_call = hvuv__calls_look(&s->member, &call);
  if (has_call && call.kind != HVUV__CALL_CALLER)
    hvuv__calls_take(&s->member);
  hvuv__share_unlock();
  if (!has_call)
    return 0;

  switch (call.kind) {
    case HVUV__CALL_CALLER:
      return serve_caller(s, &call);
    case HVUV__CALL_EXTRA:
      refuse_extra(s, &call);
      break;
    case HVUV__CALL_STRANGER:
      hvuv__receive_stranger(
          s,
          call.accepted.peer_addr.family != 0 ? &call.accepted.peer_addr : NULL,
          call.status);
      break;
    case HVUV__CALL_ERROR:
      hvuv__receive_error(s, call.status);
      break;
  }
  return 1;
}

/* Each handler that is called may stop the server. */
static void serve_calls(server_t* s) {
  int i;

  if (is_orphan(s))
    return;
  for (i = 0; i < CALLS_PER_BELL; i++)
    if (s->state != HVUV__SERVER_SERVING || !s->shares || s->owner.waits ||
        !serve_one(s))
      return;
  hvuv__bell_ring(s->member.bell);
}

/* --- The bell ------------------------------------------------------------- */

/* Under the lock. Whether it has joined just now. */
static int accept_invitation(server_t* s) {
  if (s->member.state != HVUV__MEMBER_INVITED)
    return 0;
  hvuv__share_join(s->member.share, &s->member, s->nconns);
  s->shares = 1;
  return 1;
}

static void on_bell(void* owner) {
  server_t* s = owner;
  hvuv_server_stop_cb stop_cb;
  uint64_t grace_ms;
  int must_stop;
  int has_joined;

  hvuv__share_lock();
  publish(s);
  has_joined = accept_invitation(s);
  must_stop = s->member.must_stop;
  grace_ms = s->member.grace_ms;
  stop_cb = s->member.stop_cb;
  s->member.must_stop = 0;
  hvuv__share_unlock();

  if (must_stop) {
    s->stop(s->handle, grace_ms, stop_cb);
    return;
  }
  if (has_joined)
    hvuv__member_lend(s);
  serve_calls(s);
}

int hvuv__member_open(server_t* s, uv_loop_t* loop) {
  int err;

  err = hvuv__share_lock_init();
  return err != 0 ? err : hvuv__bell_open(loop, s, on_bell, &s->member.bell);
}

/* --- Listeners ------------------------------------------------------------ */

static int lend_one(server_t* s, hvuv__listener_t* l) {
  int err;

  if (l->door != NULL || hvuv__lend_begin(&l->stream) != 0)
    return 0;
  err = hvuv__acceptor_open_door(
      s->member.share->thread, &l->stream, l->protocol, &l->door);
  if (err != 0)
    hvuv__lend_end(&l->stream);
  return err;
}

void hvuv__member_lend(server_t* s) {
  hvuv__listener_t* l;
  int err = 0;

  if (!s->shares || is_orphan(s))
    return;
  assert(s->state == HVUV__SERVER_SERVING && !s->follows);
  for (l = s->listeners.first; l != NULL && err == 0; l = l->next)
    err = lend_one(s, l);
  if (err != 0)
    rest(s);
}

void hvuv__member_reclaim(server_t* s, hvuv__listener_t* l) {
  if (l->door == NULL)
    return;
  assert(s->shares && !s->follows);
  if (!is_orphan(s))
    hvuv__acceptor_close_door(s->member.share->thread, l->door);
  l->door = NULL;
}

void hvuv__member_retry(server_t* s) {
  assert(!s->owner.waits);
  if (!s->follows)
    hvuv__member_lend(s);
  serve_calls(s);
}

/* --- Places --------------------------------------------------------------- */

int hvuv__member_take_place(server_t* s) {
  int has_one;

  assert(s->shares);
  hvuv__share_lock();
  has_one = hvuv__share_take_place(&s->member);
  hvuv__share_unlock();
  return has_one;
}

void hvuv__member_give_place(server_t* s) {
  if (!s->shares)
    return;
  hvuv__share_lock();
  publish(s);
  hvuv__share_give_place(&s->member);
  hvuv__share_unlock();
}
