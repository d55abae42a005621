/*
 * Clients, as their users and guides know them. client_state.c draws what they
 * are in; client_course.c takes them from attempt to attempt.
 */
#include "serve/client.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/conn_group.h"
#include "conn/prove.h"
#include "serve/client_course.h"

typedef hvuv__client_t client_t;

static void on_closed(hvuv__owner_t* owner) {
  client_t* c = (client_t*) owner;
  hvuv_client_t* handle = c->handle;
  hvuv_client_close_cb cb = c->close_cb;

  hvuv__client_check(c);
  hvuv__free(c);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

static const hvuv__owner_events_t events = {
    .on_alarm = hvuv__course_on_alarm,
    .on_gone = hvuv__course_on_gone,
    .on_closed = on_closed,
};

/* --- For the user --------------------------------------------------------- */

void hvuv_client_options_init(hvuv_client_options_t* options) {
  memset(options, 0, sizeof(*options));
  hvuv_limits_init(&options->limits);
  options->limits.first_message_timeout_ms = 0;
  options->limits.idle_timeout_ms = 0;
  options->connect_timeout_ms = 10000;
  options->retry =
      HVUV_ERROR_VM_OFF | HVUV_ERROR_NOT_LISTENING | HVUV_ERROR_TRANSIENT;
  options->first_delay_ms = 200;
  options->max_delay_ms = 30000;
  options->jitter_percent = 20;
  options->success_after_ms = 10000;
}

/* Differs between clients, processes and machines; it is no secret. */
static uint64_t make_seed(const client_t* c) {
  return uv_hrtime() ^ (uint64_t) (uintptr_t) c ^
         (uint64_t) uv_os_getpid() << 32;
}

static int set_up(client_t* c,
                  uv_loop_t* loop,
                  const hvuv_client_options_t* options) {
  int err;

  err = hvuv__limits_check(&options->limits);
  if (err == 0)
    err = hvuv__retry_init(&c->retry, options, make_seed(c));
  if (err != 0)
    return err;
  c->options = *options;
  return hvuv__owner_init(
      &c->owner, loop, &options->limits, &c->handle->data, &events);
}

int hvuv_client_init(uv_loop_t* loop,
                     hvuv_client_t* handle,
                     const hvuv_client_options_t* options) {
  hvuv_client_options_t defaults;
  client_t* c;
  int err;

  if (loop == NULL || handle == NULL)
    return UV_EINVAL;
  hvuv_client_options_init(&defaults);

  c = hvuv__calloc(1, sizeof(*c));
  if (c == NULL)
    return UV_ENOMEM;
  c->handle = handle;
  err = set_up(c, loop, options != NULL ? options : &defaults);
  if (err != 0) {
    hvuv__free(c);
    return err;
  }

  handle->loop = loop;
  handle->impl = c;
  hvuv__client_check(c);
  return 0;
}

static int may_connect(const hvuv_client_t* handle,
                       const hvuv_protocol_t* protocol) {
  if (handle == NULL || handle->impl == NULL ||
      handle->impl->state == HVUV__CLIENT_CLOSING ||
      hvuv__protocol_check(protocol) != 0)
    return UV_EINVAL;
  hvuv__client_check(handle->impl);
  return handle->impl->state == HVUV__CLIENT_IDLE ? 0 : UV_EALREADY;
}

static void set_target(client_t* c,
                       const hvuv_addr_t* addr,
                       const hvuv_protocol_t* protocol) {
  c->addr = *addr;
  c->protocol = protocol;
  hvuv__retry_reset(&c->retry);
}

/* The user knows better. */
static void dismiss_guide(client_t* c) {
  hvuv__guide_t* guide = c->guide;

  assert(c->state == HVUV__CLIENT_DIALLING);
  if (guide == NULL)
    return;
  c->guide = NULL;
  hvuv__owner_remove_guest(&c->owner, &guide->guest);
  guide->guest.on_owner_ended(&guide->guest);
}

int hvuv_client_connect(hvuv_client_t* handle,
                        const hvuv_addr_t* addr,
                        const hvuv_protocol_t* protocol) {
  int err;

  err = hvuv_addr_family(addr) == 0 ? UV_EINVAL : may_connect(handle, protocol);
  if (err != 0)
    return err;
  set_target(handle->impl, addr, protocol);
  err = hvuv__course_dial(handle->impl);
  if (err == 0)
    dismiss_guide(handle->impl);
  return err;
}

/* hvuv_connect() has copied what it needs of the address of an attempt under
 * way, so only reports of its failure mention the new one. */
int hvuv_client_set_addr(hvuv_client_t* handle, const hvuv_addr_t* addr) {
  client_t* c;

  if (handle == NULL || handle->impl == NULL || hvuv_addr_family(addr) == 0)
    return UV_EINVAL;
  c = handle->impl;
  hvuv__client_check(c);
  if (c->state == HVUV__CLIENT_IDLE || c->state == HVUV__CLIENT_CLOSING)
    return UV_EINVAL;
  c->addr = *addr;
  return 0;
}

hvuv_conn_t* hvuv_client_conn(const hvuv_client_t* handle) {
  hvuv_conn_t* conn = handle->impl == NULL ? NULL : handle->impl->conn;

  if (conn == NULL || !(conn->flags & HVUV__CONN_WAS_OPEN) ||
      hvuv__conn_proves(conn))
    return NULL;
  return conn;
}

void hvuv_client_stats(const hvuv_client_t* handle, hvuv_stats_t* stats) {
  if (handle->impl == NULL)
    memset(stats, 0, sizeof(*stats));
  else
    hvuv__group_stats(&handle->impl->owner.group, stats);
}

void hvuv_client_close(hvuv_client_t* handle, hvuv_client_close_cb cb) {
  client_t* c = handle->impl;

  assert(c != NULL && c->state != HVUV__CLIENT_CLOSING &&
         "hvuv_client_close() called twice");
  if (c == NULL || c->state == HVUV__CLIENT_CLOSING)
    return;

  hvuv__client_check(c);
  hvuv__client_move(c, HVUV__CLIENT_CLOSING);
  c->close_cb = cb;
  c->guide = NULL;
  hvuv__owner_stop_alarm(&c->owner);
  if (c->conn != NULL)
    hvuv__conn_close(c->conn, UV_ECANCELED);
  hvuv__owner_end(&c->owner);
  hvuv__client_check(c);
}

/* --- For a guide ---------------------------------------------------------- */

int hvuv__client_begin(hvuv_client_t* handle,
                       hvuv__guide_t* guide,
                       const hvuv_addr_t* addr,
                       const hvuv_protocol_t* protocol) {
  client_t* c;
  int err;

  err = may_connect(handle, protocol);
  if (err != 0)
    return err;
  c = handle->impl;
  if (c->guide != NULL && c->guide != guide)
    return UV_EALREADY;
  if (c->guide == NULL)
    hvuv__owner_add_guest(&c->owner, &guide->guest);
  c->guide = guide;
  set_target(c, addr, protocol);
  hvuv__course_ask(c);
  return 0;
}

void hvuv__client_guided(hvuv_client_t* handle,
                         const hvuv_addr_t* addr,
                         int status) {
  hvuv__course_guided(handle->impl, addr, status);
}

void hvuv__client_unguide(hvuv_client_t* handle) {
  client_t* c = handle->impl;

  hvuv__client_check(c);
  assert(c->guide != NULL && c->state != HVUV__CLIENT_CLOSING);
  hvuv__owner_remove_guest(&c->owner, &c->guide->guest);
  c->guide = NULL;
  hvuv__course_alone(c);
}

/* --- For bindings --------------------------------------------------------- */

size_t hvuv_client_size(void) {
  return sizeof(hvuv_client_t);
}

void* hvuv_client_get_data(const hvuv_client_t* handle) {
  return handle->data;
}

void hvuv_client_set_data(hvuv_client_t* handle, void* data) {
  handle->data = data;
}

uv_loop_t* hvuv_client_get_loop(const hvuv_client_t* handle) {
  return handle->loop;
}
