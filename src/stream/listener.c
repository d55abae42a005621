/*
 * Being called: bind, listen, accept.
 *
 * A connection taken from the kernel waits in accepted_sock until the user
 * takes it with hvuv_accept(); only then is the next one looked for. How many
 * are taken in one wake-up is what accepts.c learns, and always one where
 * accept() sleeps.
 *
 *           error, reported               alarm
 *   WATCHING --------------------> STARVED -----> RETRYING
 *    ^  |                             ^             |  |
 *    |  |                             +--- error ---+  |
 *    +--|------- a connection was taken ---------------+
 *       +-- a final error, from each stage, reported --> DEAD
 *
 * When descriptors or memory have run out, or the network is down, the kernel
 * goes on reporting READABLE, so the listener stops watching and lets its alarm
 * try again; the connections wait in the kernel meanwhile. So it does after an
 * error that is not known: a server that pauses can be helped, one that has
 * stopped by itself is missed. Final are the errors that say that this socket
 * will not listen again.
 */
#include "stream/listener.h"

#include "addr/show.h"
#include "base/log.h"
#include "stream/accepts.h"
#include "stream/hyperv_options.h"

/* Ten times a second: often enough for a person, rarely enough for a CPU. */
#define STARVED_RETRY_MS 100

int hvuv_bind(hvuv_stream_t* s, const hvuv_addr_t* addr) {
  const hvuv__family_t* family;
  hvuv__claim_t* claim;
  hvuv_addr_t bound;
  uv_os_sock_t sock;
  int err;

  if (s == NULL || addr == NULL || s->state != HVUV__IDLE)
    return UV_EINVAL;
  err = hvuv__family_find(addr, &family);
  if (err != 0)
    return err;

  bound = *addr;
  claim = NULL;
  err = family->bind(&bound, &sock, &claim);
  if (err != 0)
    return err;

  err = hvuv__options_apply(family, sock, s->options & HVUV__CONNECTED_SUSPEND);
  if (err == 0)
    err = hvuv__stream_attach(s, sock, HVUV__POLL_LASTING);
  if (err != 0) {
    if (claim != NULL)
      hvuv__family_release(claim);
    hvuv__sys_close(sock);
    return err;
  }

  s->family = family;
  s->claim = claim;
  s->local_addr = bound;
  hvuv__stream_move(s, HVUV__BOUND);
  return 0;
}

int hvuv_chmod(hvuv_stream_t* s, int flags) {
  const int known = UV_READABLE | UV_WRITABLE;

  if (s == NULL || flags == 0 || (flags & ~known) != 0 ||
      s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  if (s->state != HVUV__BOUND && s->state != HVUV__LISTENING)
    return UV_EBADF;
  if (s->claim == NULL || s->family->chmod == NULL)
    return UV_ENOTSUP;
  return s->family->chmod(s->claim, flags);
}

int hvuv__listener_is_there(const hvuv_stream_t* s) {
  assert(s->state == HVUV__BOUND || s->state == HVUV__LISTENING);
  return hvuv__family_is_there(s->claim);
}

int hvuv_listen(hvuv_stream_t* s, int backlog, hvuv_connection_cb cb) {
  int err;

  if (s == NULL || cb == NULL ||
      (s->state != HVUV__BOUND && s->state != HVUV__LISTENING) ||
      s->stage == HVUV__LISTEN_DEAD)
    return UV_EINVAL;

  /* Had now, because when it is needed there may be no memory. */
  err = hvuv__stream_need_alarm(s);
  if (err == 0)
    err = hvuv__sys_listen(s->sock, backlog);
  if (err != 0)
    return err;

  s->connection_cb = cb;
  if (s->state == HVUV__BOUND) {
    hvuv__stream_move(s, HVUV__LISTENING);
    s->stage = HVUV__LISTEN_WATCHING;
  }
  hvuv__stream_update(s);
  hvuv__stream_check(s);
  return 0;
}

/* The socket is none, or listens no more, or cannot be watched since another
 * stream of the loop watches it (accept(2); Winsock, accept()). What passes by
 * itself is among all others, such as AF_HYPERV's UV_ENETDOWN while a VM
 * restarts or Hyper-V is out of order (docker/for-win 1792): an error of the
 * listener's, not of one connection, so to try the next one at once would
 * spin. */
static int is_final(int err) {
  return err == UV_EBADF || err == UV_ENOTSOCK || err == UV_EINVAL ||
         err == UV_ENOTSUP || err == UV_EFAULT || err == UV_EEXIST;
}

/* The connection is gone before it could be taken; the next one may be fine.
 * Linux passes pending network errors of the new socket on (accept(2)). */
static int is_lost(int err) {
  switch (err) {
    case UV_ECONNABORTED:
    case UV_ECONNRESET:
    case UV_EPROTO:
    case UV_EPERM:
    case UV_ENETUNREACH:
    case UV_EHOSTDOWN:
    case UV_EHOSTUNREACH:
    case UV_ENOPROTOOPT:
      return 1;
    default:
      return 0;
  }
}

/* What has happened to a listener, or to a caller of it. */
static void log_at(const hvuv_stream_t* s,
                   hvuv_log_level_t level,
                   const char* what,
                   const hvuv_addr_t* peer,
                   int err) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("stream/listen");
  char listener[HVUV_ADDR_STRLEN];
  char caller[HVUV_ADDR_STRLEN];

  hvuv__log(&place,
            level,
            "%s: %s%s%s: %s",
            hvuv__addr_show(&s->local_addr, listener),
            what,
            peer != NULL ? " " : "",
            peer != NULL ? hvuv__addr_show(peer, caller) : "",
            uv_err_name(err));
}

static void starve(hvuv_stream_t* s, int err) {
  int is_reported;

  is_reported = s->stage != HVUV__LISTEN_WATCHING;
  s->stage = HVUV__LISTEN_STARVED;
  hvuv__alarm_set(s->alarm, STARVED_RETRY_MS);
  if (is_reported)
    return;
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    log_at(s, HVUV_LOG_WARNING, "callers wait", NULL, err);
  s->connection_cb(s, err);
}

static void die(hvuv_stream_t* s, int err) {
  s->stage = HVUV__LISTEN_DEAD;
  if (hvuv__log_wants(HVUV_LOG_ERROR))
    log_at(s, HVUV_LOG_ERROR, "listens no more", NULL, err);
  s->connection_cb(s, err);
}

/* The family has refused a caller. It may have set who that is. */
static void turn_away(hvuv_stream_t* s, int err) {
  hvuv_addr_t caller = s->peer_addr;
  const hvuv_addr_t* peer = caller.family != 0 ? &caller : NULL;

  s->peer_addr.family = 0;
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    log_at(s, HVUV_LOG_WARNING, "turned away", peer, err);
  if (s->refused_cb != NULL)
    s->refused_cb(s, peer, err);
}

/* Takes one connection. Returns 0 if it was, or if it is gone or may
 * not come in, none of which concerns the next. */
static int take_one(hvuv_stream_t* s) {
  struct sockaddr_storage storage;
  struct sockaddr* name;
  uv_os_sock_t sock;
  size_t len;
  int err;

  name = s->family->no_names ? NULL : (struct sockaddr*) &storage;
  len = sizeof(storage);
  err = hvuv__sys_accept(s->sock, &sock, name, &len);
  if (err != 0)
    return is_lost(err) ? 0 : err;

  s->stage = HVUV__LISTEN_WATCHING;
  s->peer_addr.family = 0;
  err = s->family->accepted(name, len, &s->local_addr, s->claim, &s->peer_addr);
  if (err != 0) {
    hvuv__sys_close(sock);
    turn_away(s, err);
    return 0;
  }

  s->accepted_sock = sock;
  s->connection_cb(s, 0);
  return 0;
}

static int may_take(const hvuv_stream_t* s) {
  return s->state == HVUV__LISTENING && s->accepted_sock == HVUV__NO_SOCK &&
         s->stage != HVUV__LISTEN_DEAD && s->stage != HVUV__LISTEN_LENT;
}

/* Takes as many as may be taken in this wake-up; why there are no more, or
 * 0. */
static int take_some(hvuv_stream_t* s) {
  hvuv__accepts_t* accepts;
  unsigned int most;
  unsigned int n;
  int err;

  accepts = s->family->accept_sleeps ? NULL : &s->accepts;
  most = accepts == NULL ? 1
                         : hvuv__accepts_begin(accepts,
                                               hvuv__hub_turn(s->hub),
                                               hvuv__sys_accepts_per_wake);
  err = 0;
  s->flags |= HVUV__TAKING;
  for (n = 0; n < most && err == 0 && may_take(s); n++)
    err = take_one(s);
  hvuv__clear_flags(s, HVUV__TAKING);
  if (accepts != NULL)
    hvuv__accepts_end(accepts, n, err == UV_EAGAIN);
  return err;
}

void hvuv__listener_ready(hvuv_stream_t* s, int status) {
  int err;

  assert(s->state == HVUV__LISTENING && s->alarm != NULL);
  if (!may_take(s))
    return;

  err = status == 0 ? 0 : hvuv__sys_take_error(s->sock);
  if (err == 0 && status != UV_EBADF)
    err = status; /* The socket is well, but it cannot be watched. */
  if (err == 0)
    err = take_some(s);
  if (err == 0 || err == UV_EAGAIN)
    return;
  if (is_final(err))
    die(s, err);
  else
    starve(s, err);
}

void hvuv__listener_alarm(hvuv_stream_t* s) {
  if (s->stage == HVUV__LISTEN_STARVED)
    s->stage = HVUV__LISTEN_RETRYING;
  hvuv__listener_ready(s, 0);
}

int hvuv_set_refused_cb(hvuv_stream_t* s, hvuv_refused_cb cb) {
  if (s == NULL || s->state >= HVUV__CLOSING)
    return UV_EINVAL;
  s->refused_cb = cb;
  return 0;
}

int hvuv__listener_adopt(hvuv_stream_t* client,
                         uv_os_sock_t sock,
                         const hvuv__family_t* family,
                         unsigned int options,
                         const hvuv_addr_t* local,
                         const hvuv_addr_t* peer) {
  int err;

  err = hvuv__stream_attach(client, sock, HVUV__POLL_ACCEPTED);
  if (err != 0)
    return err;

  /* Whether Windows has done so by itself is not documented. */
  client->options |= options & HVUV__CONNECTED_SUSPEND;
  hvuv__options_apply(family, sock, client->options & HVUV__CONNECTED_SUSPEND);
  client->family = family;
  client->local_addr = *local;
  client->peer_addr = *peer;
  hvuv__stream_move(client, HVUV__OPEN);
  hvuv__stream_opened(client);
  hvuv__stream_check(client);
  return 0;
}

void hvuv__listener_forget(hvuv_stream_t* server) {
  server->accepted_sock = HVUV__NO_SOCK;
  server->peer_addr.family = 0;
  if (!(server->flags & HVUV__TAKING))
    hvuv__stream_update(server);
  hvuv__stream_check(server);
}

int hvuv_accept(hvuv_stream_t* server, hvuv_stream_t* client) {
  int err;

  if (server == NULL || client == NULL)
    return UV_EINVAL;
  if (server->state != HVUV__LISTENING || client->state >= HVUV__CLOSING ||
      server->loop != client->loop)
    return UV_EINVAL;
  if (client->state != HVUV__IDLE)
    return UV_EBUSY;
  if (server->accepted_sock == HVUV__NO_SOCK)
    return UV_EAGAIN;

  err = hvuv__listener_adopt(client,
                             server->accepted_sock,
                             server->family,
                             server->options,
                             &server->local_addr,
                             &server->peer_addr);
  if (err == 0)
    hvuv__listener_forget(server);
  return err;
}
