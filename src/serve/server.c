/*
 * Servers.
 *
 *   listeners --- on_connection ---> admit --- full, wait: stays in the kernel
 *                                      |  \--- full, refuse; not allowed:
 * closed
 *                                      v
 *                                connections (conn.c), counted in `blocks`
 *
 *   hvuv_server_stop: listeners close, connections end, the grace alarm aborts
 *   what is left; when no block is left the anchor closes, and its close
 *   callback, which comes from the loop, is the server's.
 *
 * A listener whose caller cannot be taken now (the server is full, there is no
 * memory) leaves it where it is: the stream looks for no other until that one
 * has been accepted. It is tried again when a connection has gone, and for
 * want of memory ten times a second.
 */
#include "hvuv/server.h"

#include <string.h>

#include "base/alloc.h"
#include "conn/conn.h"
#include "sys/sys.h"

#define RETRY_MS 100

typedef struct hvuv__server_s server_t;

typedef struct listener_s {
  hvuv_stream_t stream;
  server_t* server;
  const hvuv_protocol_t* protocol;
  struct listener_s* next; /* in the order of hvuv_server_listen() */
  int has_caller;          /* who waits for hvuv_accept() */
  uint64_t caller_number;  /* that caller's, of all of the server's */
  int is_resting;          /* until the alarm */
} listener_t;

struct hvuv__server_s {
  hvuv__group_t group;
  hvuv_server_t* handle;
  hvuv_server_options_t options;
  hvuv_addr_t* allowed;
  listener_t* listeners;
  uint64_t callers; /* so far */
  size_t blocks;    /* listeners and connections, NEW ones too */
  int is_stopping;
  uint64_t grace_end_ms;
  hvuv__alarm_t* grace;
  hvuv_stream_t anchor; /* has no socket */
  hvuv_server_stop_cb stop_cb;
};

void hvuv_server_options_init(hvuv_server_options_t* options) {
  memset(options, 0, sizeof(*options));
  hvuv_limits_init(&options->limits);
  options->backlog = 128;
  options->max_connections = 1000;
}

/* --- The end -------------------------------------------------------------- */

static void on_anchor_closed(hvuv_stream_t* anchor) {
  server_t* s = anchor->data;
  hvuv_server_t* handle = s->handle;
  hvuv_server_stop_cb cb = s->stop_cb;

  hvuv__group_close(&s->group);
  hvuv__alarm_close(s->grace);
  hvuv__free(s->allowed);
  hvuv__free(s);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

static void finish_if_empty(server_t* s) {
  if (s->is_stopping && s->blocks == 0 && !hvuv_is_closing(&s->anchor))
    hvuv_close(&s->anchor, on_anchor_closed);
}

static void on_grace_over(void* owner) {
  server_t* s = owner;
  hvuv_conn_t* conn;

  for (conn = s->group.conns; conn != NULL; conn = conn->next)
    hvuv__conn_close(conn, UV_ECANCELED);
}

static void on_listener_closed(hvuv_stream_t* stream) {
  listener_t* l = stream->data;
  server_t* s = l->server;

  hvuv__free(l);
  s->blocks--;
  finish_if_empty(s);
}

static void close_listeners(server_t* s) {
  listener_t* next = s->listeners;
  listener_t* l;

  s->listeners = NULL;
  while ((l = next) != NULL) {
    next = l->next;
    hvuv_close(&l->stream, on_listener_closed);
  }
}

static void set_grace(server_t* s, uint64_t grace_ms) {
  uint64_t now = uv_now(s->group.loop);
  uint64_t end = grace_ms < UINT64_MAX - now ? now + grace_ms : UINT64_MAX;

  if (end >= s->grace_end_ms)
    return;
  s->grace_end_ms = end;
  if (grace_ms == 0)
    on_grace_over(s);
  else
    hvuv__alarm_set(s->grace, grace_ms);
}

void hvuv_server_stop(hvuv_server_t* handle,
                      uint64_t grace_ms,
                      hvuv_server_stop_cb cb) {
  server_t* s = handle->impl;
  hvuv_conn_t* conn;

  if (!s->is_stopping) {
    s->is_stopping = 1;
    s->stop_cb = cb;
    close_listeners(s);
    for (conn = s->group.conns; conn != NULL; conn = conn->next)
      hvuv_conn_end(conn);
  }
  set_grace(s, grace_ms);
  finish_if_empty(s);
}

/* --- Callers -------------------------------------------------------------- */

/* One system says vsock:// what another says hyperv://, and so do listeners. */
static hvuv_addr_t as_hyperv(const hvuv_addr_t* addr) {
  hvuv_addr_t hyperv = *addr;

  if (addr->family == HVUV_VSOCK && addr->u.vsock.cid == HVUV_CID_HOST)
    hvuv_addr_hyperv(&hyperv, &HVUV_VM_PARENT, &HVUV_VM_ANY);
  if (addr->family == HVUV_VSOCK && addr->u.vsock.cid == HVUV_CID_LOCAL)
    hvuv_addr_hyperv(&hyperv, &HVUV_VM_LOOPBACK, &HVUV_VM_ANY);
  return hyperv;
}

static int is_same_machine(const hvuv_addr_t* left, const hvuv_addr_t* right) {
  hvuv_addr_t one = as_hyperv(left);
  hvuv_addr_t other = as_hyperv(right);
  const hvuv_addr_t* a = &one;
  const hvuv_addr_t* b = &other;

  if (a->family != b->family)
    return 0;
  switch (a->family) {
    case HVUV_VSOCK:
      return a->u.vsock.cid == b->u.vsock.cid;
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return hvuv_guid_equal(&a->u.hyperv.vm_id, &b->u.hyperv.vm_id);
    case HVUV_HYBRID:
      return strcmp(a->u.hybrid.path, b->u.hybrid.path) == 0;
    default:
      return 0;
  }
}

static int is_allowed(const server_t* s, const hvuv_conn_t* conn) {
  hvuv_addr_t peer;
  unsigned int i;

  if (s->allowed == NULL)
    return 1;
  if (hvuv_conn_peer(conn, &peer) != 0)
    return 0;
  for (i = 0; i < s->options.nallowed_peers; i++)
    if (is_same_machine(&peer, &s->allowed[i]))
      return 1;
  return 0;
}

static int is_full(const server_t* s) {
  return s->options.max_connections != 0 &&
         s->group.stats.connections_now >= s->options.max_connections;
}

static int must_wait(const server_t* s) {
  return is_full(s) && s->options.when_full == HVUV_FULL_WAIT;
}

static void count_error(server_t* s, int status) {
  s->group.stats.accept_errors++;
  if (s->options.on_accept_error != NULL)
    s->options.on_accept_error(s->handle, status);
}

/* Takes the caller that waits. UV_ENOMEM: it goes on waiting. */
static int admit(listener_t* l) {
  server_t* s = l->server;
  hvuv_conn_t* conn;
  int err;

  conn = hvuv__conn_new_stream(&s->group, l->protocol);
  if (conn == NULL)
    return UV_ENOMEM;

  s->blocks++;
  err = hvuv_accept(&l->stream, &conn->stream);
  if (err != 0) {
    hvuv__conn_drop(conn, err);
    return err;
  }

  l->has_caller = 0;
  if (is_full(s)) {
    s->group.stats.refused_full++;
    hvuv__conn_drop(conn, UV_ECANCELED);
  } else if (!is_allowed(s, conn)) {
    s->group.stats.refused_peer++;
    hvuv__conn_drop(conn, UV_EACCES);
  } else {
    hvuv__conn_open(conn);
  }
  return 0;
}

static void try_admit(listener_t* l) {
  server_t* s = l->server;
  int err;

  if (must_wait(s))
    return; /* Until a connection has gone. */

  err = admit(l);
  if (err == 0)
    return;
  l->is_resting = 1;
  hvuv__group_wake(&s->group, RETRY_MS);
  count_error(s, err); /* Last: the user may stop the server there. */
}

static void on_connection(hvuv_stream_t* stream, int status) {
  listener_t* l = stream->data;

  if (status != 0) {
    count_error(l->server, status);
    return;
  }
  l->has_caller = 1;
  l->caller_number = l->server->callers++;
  try_admit(l);
}

static listener_t* longest_waiting(const server_t* s) {
  listener_t* first = NULL;
  listener_t* l;

  for (l = s->listeners; l != NULL; l = l->next)
    if (l->has_caller && !l->is_resting &&
        (first == NULL || l->caller_number < first->caller_number))
      first = l;
  return first;
}

/* Those who had to wait, in the order in which they came, or a busy listener
 * would keep out the callers of others. Each handler that is called may stop
 * the server. */
static void admit_waiting(server_t* s) {
  listener_t* l;

  while (!s->is_stopping && !must_wait(s) && (l = longest_waiting(s)) != NULL)
    try_admit(l);
}

static void on_alarm(hvuv__group_t* group) {
  server_t* s = (server_t*) group;
  listener_t* l;

  for (l = s->listeners; l != NULL; l = l->next)
    l->is_resting = 0;
  admit_waiting(s);
}

static void on_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  server_t* s = (server_t*) group;

  (void) conn;
  (void) reason;
  s->blocks--;
  admit_waiting(s);
  finish_if_empty(s);
}

/* --- Beginning ------------------------------------------------------------ */

static int check_options(const hvuv_server_options_t* options) {
  if (options->backlog < 0 || (options->when_full != HVUV_FULL_WAIT &&
                               options->when_full != HVUV_FULL_REFUSE))
    return UV_EINVAL;
  if (options->allowed_peers == NULL && options->nallowed_peers > 0)
    return UV_EINVAL;
  return hvuv__limits_check(&options->limits);
}

static int copy_allowed(server_t* s) {
  size_t n = s->options.nallowed_peers;

  if (s->options.allowed_peers == NULL)
    return 0;

  /* An empty list lets nobody in, and is a list all the same. */
  s->allowed = hvuv__calloc(n + 1, sizeof(hvuv_addr_t));
  if (s->allowed == NULL)
    return UV_ENOMEM;
  if (n > 0)
    memcpy(s->allowed, s->options.allowed_peers, n * sizeof(hvuv_addr_t));
  return 0;
}

static int open_parts(server_t* s, uv_loop_t* loop) {
  int err;

  err = copy_allowed(s);
  if (err != 0)
    return err;
  err = hvuv__alarm_open(loop, s, on_grace_over, &s->grace);
  if (err != 0)
    goto free_allowed;
  err = hvuv__group_init(&s->group, loop, &s->options.limits, &s->handle->data);
  if (err != 0)
    goto close_grace;
  err = hvuv_init(loop, &s->anchor);
  if (err == 0)
    return 0;

  hvuv__group_close(&s->group);
close_grace:
  hvuv__alarm_close(s->grace);
free_allowed:
  hvuv__free(s->allowed);
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
  err = check_options(options);
  if (err != 0)
    return err;

  s = hvuv__calloc(1, sizeof(*s));
  if (s == NULL)
    return UV_ENOMEM;
  s->handle = handle;
  s->options = *options;
  s->grace_end_ms = UINT64_MAX;
  err = open_parts(s, loop);
  if (err != 0) {
    hvuv__free(s);
    return err;
  }

  s->group.on_gone = on_gone;
  s->group.on_alarm = on_alarm;
  s->anchor.data = s;
  handle->loop = loop;
  handle->impl = s;
  return 0;
}

/* A listener that is not on the list yet. */
static int new_listener(server_t* s,
                        const hvuv_protocol_t* protocol,
                        listener_t** out) {
  listener_t* l;
  int err;

  err = s->is_stopping ? UV_EINVAL : hvuv__protocol_check(protocol);
  if (err != 0)
    return err;

  l = hvuv__calloc(1, sizeof(*l));
  if (l == NULL)
    return UV_ENOMEM;
  err = hvuv_init(s->group.loop, &l->stream);
  if (err != 0) {
    hvuv__free(l);
    return err;
  }

  l->stream.data = l;
  l->server = s;
  l->protocol = protocol;
  s->blocks++;
  *out = l;
  return 0;
}

static int start_listener(listener_t* l) {
  listener_t** link;
  int err;

  err = hvuv_listen(&l->stream, l->server->options.backlog, on_connection);
  if (err != 0)
    return err;
  for (link = &l->server->listeners; *link != NULL;)
    link = &(*link)->next;
  *link = l;
  return 0;
}

int hvuv_server_listen(hvuv_server_t* handle,
                       const hvuv_addr_t* addr,
                       const hvuv_protocol_t* protocol) {
  listener_t* l;
  int err;

  if (handle == NULL || addr == NULL)
    return UV_EINVAL;
  err = new_listener(handle->impl, protocol, &l);
  if (err != 0)
    return err;

  err = hvuv_bind(&l->stream, addr);
  if (err == 0)
    err = start_listener(l);
  if (err != 0)
    hvuv_close(&l->stream, on_listener_closed);
  return err;
}

int hvuv_server_listen_socket(hvuv_server_t* handle,
                              uv_os_sock_t sock,
                              const hvuv_protocol_t* protocol) {
  listener_t* l;
  int err;

  if (handle == NULL)
    return UV_EINVAL;
  err = new_listener(handle->impl, protocol, &l);
  if (err != 0)
    return err;

  err = hvuv_open(&l->stream, sock);
  if (err == 0)
    err = start_listener(l);
  if (err != 0) {
    l->stream.sock = HVUV__NO_SOCK; /* Still the caller's. */
    hvuv_close(&l->stream, on_listener_closed);
  }
  return err;
}

/* --- Looking at it -------------------------------------------------------- */

int hvuv_server_address(const hvuv_server_t* handle,
                        unsigned int index,
                        hvuv_addr_t* addr) {
  const listener_t* l;

  for (l = handle->impl->listeners; l != NULL && index > 0; index--)
    l = l->next;
  return l == NULL ? UV_ENOENT : hvuv_getsockname(&l->stream, addr);
}

void hvuv_server_each(hvuv_server_t* handle,
                      void (*visit)(hvuv_conn_t* conn, void* arg),
                      void* arg) {
  hvuv_conn_t* conn;

  /* None is freed or added meanwhile: that happens from the loop. */
  for (conn = handle->impl->group.conns; conn != NULL; conn = conn->next)
    if (conn->state == HVUV__CONN_OPEN)
      visit(conn, arg);
}

void hvuv_server_stats(const hvuv_server_t* handle, hvuv_stats_t* stats) {
  *stats = handle->impl->group.stats;
}
