/* Listeners, one a stream. listeners.h has their states. */
#include "serve/listeners.h"

#include <assert.h>

#include "base/alloc.h"
#include "hvuv/socket.h"
#include "serve/journal.h"
#include "stream/listener.h"
#include "sys/sys.h"

static void check(const hvuv__listener_t* l) {
  assert(l->list != NULL && l->protocol != NULL);
  assert((l->state == HVUV__LISTENER_CLOSING) == hvuv_is_closing(&l->stream));
  assert(l->caller_number <= l->list->callers);
  (void) l;
}

/* --- Callers -------------------------------------------------------------- */

static void on_connection(hvuv_stream_t* stream, int status) {
  hvuv__listener_t* l = stream->data;
  hvuv__listeners_t* list = l->list;

  check(l);
  if (status != 0) {
    list->on_error(list->owner, status);
    return;
  }
  assert(l->state == HVUV__LISTENER_QUIET);
  l->state = HVUV__LISTENER_CALLED;
  l->caller_number = list->callers++;
  list->on_caller(list->owner, l);
}

static void on_refused(hvuv_stream_t* stream,
                       const hvuv_addr_t* peer,
                       int status) {
  hvuv__listener_t* l = stream->data;

  check(l);
  l->list->on_refused(l->list->owner, peer, status);
}

int hvuv__listener_accept(hvuv__listener_t* l, hvuv_conn_t* conn) {
  int err;

  check(l);
  assert(l->state == HVUV__LISTENER_CALLED);
  err = hvuv_accept(&l->stream, hvuv_conn_stream(conn));
  if (err == 0)
    l->state = HVUV__LISTENER_QUIET;
  return err;
}

hvuv__listener_t* hvuv__listeners_longest(const hvuv__listeners_t* list) {
  hvuv__listener_t* longest = NULL;
  hvuv__listener_t* l;

  for (l = list->first; l != NULL; l = l->next)
    if (l->state == HVUV__LISTENER_CALLED &&
        (longest == NULL || l->caller_number < longest->caller_number))
      longest = l;
  return longest;
}

void hvuv__listener_rest(hvuv__listener_t* l) {
  check(l);
  assert(l->state == HVUV__LISTENER_CALLED);
  l->state = HVUV__LISTENER_RESTING;
}

void hvuv__listeners_wake(hvuv__listeners_t* list) {
  hvuv__listener_t* l;

  for (l = list->first; l != NULL; l = l->next)
    if (l->state == HVUV__LISTENER_RESTING)
      l->state = HVUV__LISTENER_CALLED;
}

/* --- Life ----------------------------------------------------------------- */

static void on_closed(hvuv_stream_t* stream) {
  hvuv__listener_t* l = stream->data;
  hvuv__owner_t* owner = l->list->owner;

  check(l);
  hvuv__free(l);
  hvuv__owner_remove_block(owner);
}

static void close_one(hvuv__listener_t* l) {
  check(l);
  l->state = HVUV__LISTENER_CLOSING;
  hvuv_close(&l->stream, on_closed);
}

void hvuv__listener_close(hvuv__listener_t* l) {
  hvuv__listener_t** link;

  hvuv__journal_listener("down", &l->stream);

  for (link = &l->list->first; *link != l;)
    link = &(*link)->next;
  *link = l->next;
  l->list->on_closing(l->list->owner, l);
  close_one(l);
}

void hvuv__listeners_close(hvuv__listeners_t* list) {
  while (list->first != NULL)
    hvuv__listener_close(list->first);
}

static int new_listener(hvuv__listeners_t* list,
                        const hvuv_protocol_t* protocol,
                        hvuv__listener_t** out) {
  hvuv__listener_t* l;
  int err;

  l = hvuv__calloc(1, sizeof(*l));
  if (l == NULL)
    return UV_ENOMEM;
  err = hvuv_init(list->owner->group.loop, &l->stream);
  if (err != 0) {
    hvuv__free(l);
    return err;
  }

  hvuv_set_refused_cb(&l->stream, on_refused);
  l->stream.data = l;
  l->list = list;
  l->protocol = protocol;
  hvuv__owner_add_block(list->owner);
  *out = l;
  return 0;
}

/* Before it listens: its connections may have theirs from it. */
static int set_sizes(hvuv__listener_t* l) {
  int send_bytes = l->list->send_buffer_bytes;
  int recv_bytes = l->list->recv_buffer_bytes;
  int err = 0;

  assert(send_bytes >= 0 && recv_bytes >= 0);
  if (send_bytes != 0)
    err = hvuv_send_buffer_size(&l->stream, &send_bytes);
  if (err == 0 && recv_bytes != 0)
    err = hvuv_recv_buffer_size(&l->stream, &recv_bytes);
  return err;
}

static int start(hvuv__listener_t* l) {
  hvuv__listener_t** link;
  int err;

  assert(l->state == HVUV__LISTENER_NEW && l->next == NULL);
  err = hvuv_listen(&l->stream, l->list->backlog, on_connection);
  if (err != 0)
    return err;

  l->state = HVUV__LISTENER_QUIET;
  for (link = &l->list->first; *link != NULL;)
    link = &(*link)->next;
  *link = l;
  check(l);
  hvuv__journal_listener("up", &l->stream);
  return 0;
}

int hvuv__listeners_add(hvuv__listeners_t* list,
                        const hvuv_addr_t* addr,
                        const hvuv_protocol_t* protocol) {
  hvuv__listener_t* l;
  int err;

  err = new_listener(list, protocol, &l);
  if (err != 0)
    return err;
  err = hvuv_bind(&l->stream, addr);
  if (err == 0)
    err = set_sizes(l);
  if (err == 0)
    err = start(l);
  if (err == 0)
    return 0;
  hvuv__journal_no_listener(addr, err);
  close_one(l);
  return err;
}

int hvuv__listeners_add_socket(hvuv__listeners_t* list,
                               uv_os_sock_t sock,
                               const hvuv_protocol_t* protocol) {
  enum hvuv__sock_kind kind;
  hvuv__listener_t* l = NULL;
  int err;

  /* What may fail goes first, because hvuv_open() changes the socket. */
  err = hvuv__sys_inspect(sock, &kind);
  if (err == 0 && kind != HVUV__SOCK_LISTENING)
    err = UV_EINVAL;
  if (err == 0)
    err = new_listener(list, protocol, &l);
  if (err != 0)
    return err;

  err = hvuv__stream_need_alarm(&l->stream);
  if (err == 0)
    err = hvuv_open(&l->stream, sock);
  if (err == 0)
    err = start(l);
  if (err != 0) {
    hvuv__stream_release(&l->stream);
    close_one(l);
  }
  return err;
}

hvuv__listener_t* hvuv__listeners_at(const hvuv__listeners_t* list,
                                     unsigned int index) {
  hvuv__listener_t* l;

  for (l = list->first; l != NULL && index > 0; index--)
    l = l->next;
  return l;
}

hvuv__listener_t* hvuv__listeners_find(const hvuv__listeners_t* list,
                                       const hvuv_addr_t* addr) {
  hvuv__listener_t* l;
  hvuv_addr_t bound;

  for (l = list->first; l != NULL; l = l->next)
    if (hvuv_getsockname(&l->stream, &bound) == 0 &&
        hvuv_addr_equal(&bound, addr))
      return l;
  return NULL;
}

int hvuv__listeners_reach(const hvuv__listeners_t* list,
                          const hvuv_addr_t* addr) {
  const hvuv__listener_t* l = hvuv__listeners_find(list, addr);

  return l != NULL && hvuv__listener_is_there(&l->stream);
}
