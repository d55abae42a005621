/*
 * Servers.
 *
 *   listeners.c --- a caller ---> admit.c --- WAIT: stays in the kernel
 *                                 peers.c
 *                                   |    \--- REFUSE: accepted and closed
 *                                   v ADMIT
 *                             a connection (conn.c), tagged with its peer
 *
 *   SERVING --- hvuv_server_stop ---> STOPPING --- the owner is empty ---> gone
 *
 *   state     its owner's alarm        a connection has gone
 *   SERVING   tries those again for    whoever waits may come in
 *             whom there was no memory
 *   STOPPING  is not set               the last one ends the owner (owner.c)
 *
 * Stopping closes the listeners and ends the connections. How long those may
 * take is the group's to know (conn_group.c), because it is counted from the
 * last byte that a peer took.
 */
#include "hvuv/server.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/budget.h"
#include "conn/conn_group.h"
#include "conn/prove.h"
#include "serve/journal.h"
#include "serve/member.h"
#include "serve/receive.h"
#include "serve/sharing.h"

typedef struct hvuv__server_s server_t;

static void check(const server_t* s) {
  assert(s->handle->impl == s && s->listeners.owner == &s->owner);
  if (s->state == HVUV__SERVER_SERVING) {
    assert(s->owner.state == HVUV__OWNER_OPEN);
    assert(s->stop_cb == NULL && !s->owner.group.is_stopping);
  } else {
    assert(s->owner.state != HVUV__OWNER_OPEN);
    assert(s->listeners.first == NULL);
  }
  (void) s;
}

/* --- Callers -------------------------------------------------------------- */

static void on_refused_by_family(hvuv__owner_t* owner,
                                 const hvuv_addr_t* peer,
                                 int status) {
  server_t* s = (server_t*) owner;

  check(s);
  hvuv__receive_stranger(s, peer, status);
}

/* Takes the caller that waits. On an error, mostly UV_ENOMEM, it goes on
 * waiting. */
static int accept_caller(server_t* s, hvuv__listener_t* l) {
  hvuv_conn_t* conn;
  int err;

  conn = hvuv__owner_new_conn(&s->owner, l->protocol);
  if (conn == NULL) {
    hvuv__member_give_place(s);
    return UV_ENOMEM;
  }
  s->nconns++;
  err = hvuv__listener_accept(l, conn);
  if (err != 0) {
    hvuv__conn_drop(conn, err);
    return err;
  }
  hvuv__receive(s, conn);
  return 0;
}

static int has_room(const server_t* s) {
  return hvuv__admit_room(&s->rules, s->owner.group.stats.connections_now) !=
         HVUV__WAIT;
}

/* Leaves the caller alone until the alarm rings. */
static void rest(server_t* s, hvuv__listener_t* l) {
  hvuv__listener_rest(l);
  if (!s->owner.waits)
    hvuv__owner_set_alarm(&s->owner, HVUV__SERVER_RETRY_MS);
}

static void on_caller(hvuv__owner_t* owner, hvuv__listener_t* l) {
  server_t* s = (server_t*) owner;
  int err;

  check(s);
  if (!has_room(s))
    return; /* Until a connection has gone. */
  if (s->shares && !hvuv__member_take_place(s)) {
    rest(s, l); /* One of another server's must go, who does not say so here. */
    return;
  }
  err = accept_caller(s, l);
  if (err == 0)
    return;
  rest(s, l);
  hvuv__receive_error(s, err); /* Last: the user may stop the server there. */
}

static void on_listener_error(hvuv__owner_t* owner, int status) {
  hvuv__receive_error((server_t*) owner, status);
}

static void on_listener_closing(hvuv__owner_t* owner, hvuv__listener_t* l) {
  hvuv__member_reclaim((server_t*) owner, l);
}

/* Those who had to wait, in the order in which they came, or a busy listener
 * would keep out the callers of others. Each handler that is called may stop
 * the server. */
static void admit_waiting(server_t* s) {
  hvuv__listener_t* l;

  while (s->state == HVUV__SERVER_SERVING && has_room(s) &&
         (l = hvuv__listeners_longest(&s->listeners)) != NULL)
    on_caller(&s->owner, l);
}

/* --- Events of the owner -------------------------------------------------- */

static void on_alarm(hvuv__owner_t* owner) {
  server_t* s = (server_t*) owner;

  check(s);
  assert(s->state == HVUV__SERVER_SERVING);
  hvuv__listeners_wake(&s->listeners);
  hvuv__member_retry(s);
  admit_waiting(s);
}

static void on_gone(hvuv__owner_t* owner, hvuv_conn_t* conn, int reason) {
  server_t* s = (server_t*) owner;

  assert(s->nconns > 0);
  s->nconns--;
  if (conn->tag != NULL)
    hvuv__peers_leave(s->peers, conn->tag, &conn->counts, reason);
  hvuv__member_give_place(s);
  admit_waiting(s);
}

/* What a grace is for will not come. */
static void on_walked(hvuv__owner_t* owner) {
  server_t* s = (server_t*) owner;

  check(s);
  assert(s->state == HVUV__SERVER_STOPPING);
  hvuv__group_stop(&s->owner.group, 0);
}

static void on_closing(hvuv__owner_t* owner) {
  hvuv__sharing_close((server_t*) owner);
}

static void on_closed(hvuv__owner_t* owner) {
  server_t* s = (server_t*) owner;
  hvuv_server_t* handle = s->handle;
  hvuv_server_stop_cb cb = s->stop_cb;

  check(s);
  hvuv__journal_stop("stopped", &s->owner.group.stats);
  hvuv__peers_release(s->peers);
  hvuv__rules_close(&s->rules);
  hvuv__free(s);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

static const hvuv__owner_events_t events = {
    .on_alarm = on_alarm,
    .on_gone = on_gone,
    .on_walked = on_walked,
    .on_closing = on_closing,
    .on_closed = on_closed,
};

/* --- Beginning ------------------------------------------------------------ */

void hvuv_server_options_init(hvuv_server_options_t* options) {
  memset(options, 0, sizeof(*options));
  hvuv_limits_init(&options->limits);
  options->backlog = SOMAXCONN;
  options->max_connections = 1000;
  options->max_per_peer = HVUV_SHARE_PER_PEER;
  options->max_total_bytes = (size_t) 256 * 1024 * 1024;
}

static int set_up(server_t* s,
                  uv_loop_t* loop,
                  const hvuv_server_options_t* options) {
  int err;

  s->listeners.owner = &s->owner;
  s->listeners.backlog = options->backlog;
  s->listeners.send_buffer_bytes = options->send_buffer_bytes;
  s->listeners.recv_buffer_bytes = options->recv_buffer_bytes;
  s->listeners.on_caller = on_caller;
  s->listeners.on_refused = on_refused_by_family;
  s->listeners.on_error = on_listener_error;
  s->listeners.on_closing = on_listener_closing;
  s->stop = hvuv_server_stop;
  s->on_accept_error = options->on_accept_error;
  s->on_refused = options->on_refused;

  err = hvuv__rules_init(&s->rules, options);
  if (err != 0)
    return err;
  err = UV_ENOMEM;
  s->peers = hvuv__peers_new(&s->rules.quota);
  if (s->peers == NULL)
    goto close_rules;
  err = hvuv__member_open(s, loop);
  if (err != 0)
    goto release_peers;
  s->owner.group.is_large = 1;
  err = hvuv__owner_init(
      &s->owner, loop, &options->limits, &s->handle->data, &events);
  if (err == 0) {
    hvuv__budget_set(&s->owner.group, options->max_total_bytes);
    return 0;
  }

  hvuv__bell_close(s->member.bell);
release_peers:
  hvuv__peers_release(s->peers);
close_rules:
  hvuv__rules_close(&s->rules);
  return err;
}

int hvuv_server_init(uv_loop_t* loop,
                     hvuv_server_t* handle,
                     const hvuv_server_options_t* options) {
  hvuv_server_options_t defaults;
  server_t* s;
  int err;

  if (loop == NULL || handle == NULL)
    return UV_EINVAL;
  hvuv_server_options_init(&defaults);
  if (options == NULL)
    options = &defaults;
  if (options->backlog < 0 || options->send_buffer_bytes < 0 ||
      options->recv_buffer_bytes < 0)
    return UV_EINVAL;
  err = hvuv__limits_check(&options->limits);
  if (err != 0)
    return err;

  s = hvuv__calloc(1, sizeof(*s));
  if (s == NULL)
    return UV_ENOMEM;
  s->handle = handle;
  err = set_up(s, loop, options);
  if (err != 0) {
    hvuv__free(s);
    return err;
  }

  handle->loop = loop;
  handle->impl = s;
  check(s);
  return 0;
}

int hvuv__server_check_listen(const hvuv_server_t* handle,
                              const hvuv_protocol_t* protocol) {
  if (handle == NULL || handle->impl->state == HVUV__SERVER_STOPPING ||
      handle->impl->follows)
    return UV_EINVAL;
  return hvuv__protocol_check(protocol);
}

int hvuv_server_listen(hvuv_server_t* handle,
                       const hvuv_addr_t* addr,
                       const hvuv_protocol_t* protocol) {
  int err;

  err = addr == NULL ? UV_EINVAL : hvuv__server_check_listen(handle, protocol);
  if (err == 0)
    err = hvuv__listeners_add(&handle->impl->listeners, addr, protocol);
  if (err == 0)
    hvuv__member_lend(handle->impl);
  return err;
}

int hvuv_server_listen_socket(hvuv_server_t* handle,
                              uv_os_sock_t sock,
                              const hvuv_protocol_t* protocol) {
  int err;

  err = hvuv__server_check_listen(handle, protocol);
  if (err == 0)
    err = hvuv__listeners_add_socket(&handle->impl->listeners, sock, protocol);
  if (err == 0)
    hvuv__member_lend(handle->impl);
  return err;
}

int hvuv_server_unlisten(hvuv_server_t* handle, const hvuv_addr_t* addr) {
  hvuv__listener_t* l;

  if (handle == NULL || addr == NULL)
    return UV_EINVAL;
  check(handle->impl);
  l = hvuv__listeners_find(&handle->impl->listeners, addr);
  if (l == NULL)
    return UV_ENOENT;
  hvuv__listener_close(l);
  return 0;
}

int hvuv_server_chmod(hvuv_server_t* handle,
                      const hvuv_addr_t* addr,
                      int flags) {
  hvuv__listener_t* l;

  if (handle == NULL || addr == NULL)
    return UV_EINVAL;
  check(handle->impl);
  l = hvuv__listeners_find(&handle->impl->listeners, addr);
  return l == NULL ? UV_ENOENT : hvuv_chmod(&l->stream, flags);
}

/* --- Stopping ------------------------------------------------------------- */

void hvuv_server_stop(hvuv_server_t* handle,
                      uint64_t grace_ms,
                      hvuv_server_stop_cb cb) {
  server_t* s = handle->impl;

  check(s);
  if (!hvuv__owner_can_wait(&s->owner))
    grace_ms = 0;
  if (s->state == HVUV__SERVER_SERVING) {
    s->state = HVUV__SERVER_STOPPING;
    s->stop_cb = cb;
    hvuv__journal_stop("stopping", &s->owner.group.stats);
    hvuv__owner_stop_alarm(&s->owner);
    hvuv__sharing_leave(s);
    hvuv__listeners_close(&s->listeners);
    hvuv__sharing_drop_lost(s);
    hvuv__owner_end(&s->owner);
  }
  hvuv__group_stop(&s->owner.group, grace_ms);
  if (grace_ms > 0)
    hvuv__owner_watch_walks(&s->owner);
  check(s);
}

/* --- On several loops ----------------------------------------------------- */

int hvuv_server_share(hvuv_server_t* other, hvuv_server_t* server) {
  if (other == NULL || server == NULL)
    return UV_EINVAL;
  check(other->impl);
  return hvuv__sharing_begin(other->impl, server->impl);
}

void hvuv_server_stop_all(hvuv_server_t* handle,
                          uint64_t grace_ms,
                          hvuv_server_stop_cb cb) {
  check(handle->impl);
  hvuv__sharing_stop_others(handle->impl, grace_ms, cb);
  hvuv_server_stop(handle, grace_ms, cb);
}

void hvuv_server_stats_all(hvuv_server_t* handle, hvuv_stats_t* stats) {
  hvuv__sharing_sum(handle->impl, stats);
}

/* --- Looking at it -------------------------------------------------------- */

int hvuv_server_address(const hvuv_server_t* handle,
                        unsigned int index,
                        hvuv_addr_t* addr) {
  const hvuv__listener_t* l;

  l = hvuv__listeners_at(&handle->impl->listeners, index);
  return l == NULL ? UV_ENOENT : hvuv_getsockname(&l->stream, addr);
}

void hvuv_server_each(hvuv_server_t* handle,
                      void (*visit)(hvuv_conn_t* conn, void* arg),
                      void* arg) {
  hvuv_conn_t* conn;

  /* None is freed or added meanwhile: that happens from the loop. */
  for (conn = handle->impl->owner.group.conns; conn != NULL; conn = conn->next)
    if (hvuv__conn_is(conn, HVUV__CONN_SENDS) && !hvuv__conn_proves(conn))
      visit(conn, arg);
}

void hvuv_server_stats(const hvuv_server_t* handle, hvuv_stats_t* stats) {
  hvuv__group_stats(&handle->impl->owner.group, stats);
}

int hvuv_server_each_peer(hvuv_server_t* handle,
                          void (*visit)(const hvuv_peer_stats_t* stats,
                                        void* arg),
                          void* arg) {
  hvuv_peer_stats_t* all;
  size_t n;
  size_t i;
  int err;

  if (handle == NULL || visit == NULL)
    return UV_EINVAL;
  err = hvuv__peers_copy(
      handle->impl->peers, &handle->impl->owner.group, &all, &n);
  if (err != 0)
    return err;
  for (i = 0; i < n; i++)
    visit(&all[i], arg);
  hvuv__free(all);
  return 0;
}

/* --- For bindings --------------------------------------------------------- */

size_t hvuv_server_size(void) {
  return sizeof(hvuv_server_t);
}

void* hvuv_server_get_data(const hvuv_server_t* handle) {
  return handle->data;
}

void hvuv_server_set_data(hvuv_server_t* handle, void* data) {
  handle->data = data;
}

uv_loop_t* hvuv_server_get_loop(const hvuv_server_t* handle) {
  return handle->loop;
}
