/* A client's options, birth and death; client.h has its states. */
#include "serve/client.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define EVERY_CLASS                                                            \
  (HVUV_ERROR_PERMANENT | HVUV_ERROR_VM_OFF | HVUV_ERROR_NOT_LISTENING |       \
   HVUV_ERROR_TRANSIENT)

/* --- Options -------------------------------------------------------------- */

void hvuv_client_options_init(hvuv_client_options_t* options) {
  memset(options, 0, sizeof(*options));
  hvuv_limits_init(&options->limits);
  options->limits.first_message_timeout_ms = 0;
  options->limits.idle_timeout_ms = 0;
  options->connect_timeout_ms = 10000;
  options->retry = EVERY_CLASS & ~(unsigned int) HVUV_ERROR_PERMANENT;
  options->first_delay_ms = 200;
  options->max_delay_ms = 30000;
  options->jitter_percent = 20;
}

static int check_options(const hvuv_client_options_t* options) {
  if ((options->retry & ~(unsigned int) EVERY_CLASS) != 0 ||
      options->first_delay_ms == 0 ||
      options->first_delay_ms > options->max_delay_ms ||
      options->jitter_percent > 100)
    return UV_EINVAL;
  return hvuv__limits_check(&options->limits);
}

/* --- Life ----------------------------------------------------------------- */

/* Differs between clients, processes and machines; it is no secret. */
static uint64_t make_seed(const hvuv__client_t* c) {
  return uv_hrtime() ^ (uint64_t) (uintptr_t) c ^
         (uint64_t) uv_os_getpid() << 32;
}

/* The anchor last: it could not be undone at once. */
static int open_parts(hvuv__client_t* c, uv_loop_t* loop) {
  int err;

  err = hvuv__group_init(&c->group, loop, &c->options.limits, &c->client->data);
  if (err != 0)
    return err;
  err = hvuv__alarm_open(loop, c, hvuv__client_alarm, &c->alarm);
  if (err != 0)
    goto close_group;
  err = hvuv_init(loop, &c->anchor);
  if (err != 0)
    goto close_alarm;
  return 0;

close_alarm:
  hvuv__alarm_close(c->alarm);
close_group:
  hvuv__group_close(&c->group);
  return err;
}

int hvuv_client_init(uv_loop_t* loop,
                     hvuv_client_t* client,
                     const hvuv_client_options_t* options) {
  hvuv_client_options_t defaults;
  hvuv__client_t* c;
  int err;

  if (loop == NULL || client == NULL)
    return UV_EINVAL;
  if (options == NULL) {
    hvuv_client_options_init(&defaults);
    options = &defaults;
  }
  err = check_options(options);
  if (err != 0)
    return err;

  c = hvuv__calloc(1, sizeof(*c));
  if (c == NULL)
    return UV_ENOMEM;
  c->client = client;
  c->options = *options;
  err = open_parts(c, loop);
  if (err != 0) {
    hvuv__free(c);
    return err;
  }

  c->group.on_gone = hvuv__client_gone;
  c->anchor.data = c;
  hvuv__backoff_init(&c->backoff,
                     options->first_delay_ms,
                     options->max_delay_ms,
                     options->jitter_percent,
                     make_seed(c));
  client->loop = loop;
  client->impl = c;
  return 0;
}

int hvuv_client_connect(hvuv_client_t* client,
                        const hvuv_addr_t* addr,
                        const hvuv_protocol_t* protocol) {
  hvuv__client_t* c;

  if (client == NULL || client->impl == NULL ||
      client->impl->state == HVUV__CLIENT_CLOSING ||
      hvuv_addr_family(addr) == 0)
    return UV_EINVAL;
  if (hvuv__protocol_check(protocol) != 0)
    return UV_EINVAL;

  c = client->impl;
  if (c->state != HVUV__CLIENT_IDLE)
    return UV_EALREADY;

  c->addr = *addr;
  c->protocol = protocol;
  c->attempts = 0;
  hvuv__backoff_reset(&c->backoff);
  return hvuv__client_dial(c);
}

hvuv_conn_t* hvuv_client_conn(const hvuv_client_t* client) {
  hvuv_conn_t* conn = client->impl == NULL ? NULL : client->impl->conn;

  if (conn == NULL || !(conn->flags & HVUV__CONN_WAS_OPEN))
    return NULL;
  return conn;
}

void hvuv_client_stats(const hvuv_client_t* client, hvuv_stats_t* stats) {
  if (client->impl == NULL)
    memset(stats, 0, sizeof(*stats));
  else
    *stats = client->impl->group.stats;
}

static void on_anchor_closed(hvuv_stream_t* anchor) {
  hvuv__client_t* c = anchor->data;
  hvuv_client_t* client = c->client;
  hvuv_client_close_cb cb = c->close_cb;

  hvuv__alarm_close(c->alarm);
  hvuv__group_close(&c->group);
  hvuv__free(c);
  client->impl = NULL;
  if (cb != NULL)
    cb(client);
}

void hvuv__client_close_anchor(hvuv__client_t* c) {
  hvuv_close(&c->anchor, on_anchor_closed);
}

void hvuv_client_close(hvuv_client_t* client, hvuv_client_close_cb cb) {
  hvuv__client_t* c = client->impl;

  assert(c != NULL && c->state != HVUV__CLIENT_CLOSING &&
         "hvuv_client_close() called twice");
  if (c == NULL || c->state == HVUV__CLIENT_CLOSING)
    return;

  if (c->state == HVUV__CLIENT_WAITING)
    hvuv__client_stop_waiting(c);
  c->state = HVUV__CLIENT_CLOSING;
  c->close_cb = cb;
  if (c->conn != NULL)
    hvuv__conn_close(c->conn, UV_ECANCELED);
  else
    hvuv__client_close_anchor(c);
}
