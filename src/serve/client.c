/*
 * Clients: connections (conn.h) one after the other, and the pauses between.
 *
 *             connect
 *   IDLE -----------------> DIALLING <----------------+
 *    ^                       |    |                   | alarm
 *    |  on_done              |    | failed:           |
 *    +-----------------------|----+ on_attempt -----> WAITING
 *    |   it was the last     |                        ^
 *    |                       | on_attempt(0)          |
 *    |  on_done              v                        |
 *    +--------------------- OPEN ---------------------+
 *      closed, not again          closed, reconnects (retry.c)
 *
 *   With a guide (client.h) IDLE and WAITING become ASKING first, which becomes
 *   DIALLING when the guide has given the address, or WAITING when it goes.
 *
 *   any --- hvuv_client_close ---> CLOSING --- connection gone, the owner
 *                                              empty ---> freed, cb
 *
 *   state      connection   alarm   who moves it on
 *   IDLE       none         no      the user
 *   ASKING     none         no      the guide
 *   DIALLING   NEW, or none when there was no memory for one
 *                           no      on_connected, on_gone
 *   OPEN       opened       no      on_gone
 *   WAITING    none         yes     on_alarm
 *   CLOSING    on its way out, or none
 *                           no      on_gone, the owner
 *
 * There is one connection at a time at most: a failed attempt is reported when
 * its connection is gone, from the loop, whether it failed at once or later.
 * The client's own callbacks are called in four places (on_connected, on_gone,
 * on_alarm, hvuv__client_guided), and last there, because the user may do anything meanwhile except
 * free the client.
 */
#include "serve/client.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/conn_group.h"
#include "conn/prove.h"
#include "serve/journal.h"

typedef struct hvuv__client_s client_t;

#define MAY_BECOME(state) (1u << (state))

static const unsigned int next_states[] = {
    [HVUV__CLIENT_IDLE] = MAY_BECOME(HVUV__CLIENT_ASKING) |
                          MAY_BECOME(HVUV__CLIENT_DIALLING) |
                          MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_ASKING] = MAY_BECOME(HVUV__CLIENT_DIALLING) |
                            MAY_BECOME(HVUV__CLIENT_WAITING) |
                            MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_DIALLING] =
        MAY_BECOME(HVUV__CLIENT_OPEN) | MAY_BECOME(HVUV__CLIENT_WAITING) |
        MAY_BECOME(HVUV__CLIENT_IDLE) | MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_OPEN] = MAY_BECOME(HVUV__CLIENT_WAITING) |
                          MAY_BECOME(HVUV__CLIENT_IDLE) |
                          MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_WAITING] = MAY_BECOME(HVUV__CLIENT_ASKING) |
                             MAY_BECOME(HVUV__CLIENT_DIALLING) |
                             MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_CLOSING] = 0,
};

static void move(client_t* c, enum hvuv__client_state to) {
  assert(next_states[c->state] & MAY_BECOME(to));
  (void) next_states;
  c->state = to;
}

static void check(const client_t* c) {
  assert(c->handle->impl == c);
  assert(c->owner.blocks == (c->conn != NULL ? 1u : 0u));
  assert((c->state == HVUV__CLIENT_CLOSING) ==
         (c->owner.state != HVUV__OWNER_OPEN));
  assert(c->owner.waits == (c->state == HVUV__CLIENT_WAITING));
  if (c->state == HVUV__CLIENT_IDLE || c->state == HVUV__CLIENT_WAITING ||
      c->state == HVUV__CLIENT_ASKING)
    assert(c->conn == NULL);
  assert(c->state != HVUV__CLIENT_ASKING || c->guide != NULL);
  if (c->state == HVUV__CLIENT_OPEN)
    assert(c->conn != NULL && (c->conn->flags & HVUV__CONN_WAS_OPEN));
  (void) c;
}

/* --- Reporting ------------------------------------------------------------ */

static void report_attempt(client_t* c, const hvuv_attempt_t* attempt) {
  hvuv__journal_attempt(&c->addr, attempt);
  if (c->options.on_attempt != NULL)
    c->options.on_attempt(c->handle, attempt);
}

static void finish(client_t* c, int status) {
  move(c, HVUV__CLIENT_IDLE);
  check(c);
  if (c->options.on_done != NULL)
    c->options.on_done(c->handle, status);
}

/* --- Dialling ------------------------------------------------------------- */

static void wait_for(client_t* c, uint64_t delay_ms) {
  move(c, HVUV__CLIENT_WAITING);
  hvuv__owner_set_alarm(&c->owner, delay_ms);
  check(c);
}

static void attempt_failed(client_t* c,
                           hvuv_error_class_t error_class,
                           int status) {
  hvuv_attempt_t attempt;

  assert(c->state == HVUV__CLIENT_DIALLING && c->conn == NULL);
  attempt = hvuv__retry_failed(&c->retry, error_class, status);
  if (!attempt.is_last)
    wait_for(c, attempt.next_delay_ms);
  report_attempt(c, &attempt);
  if (attempt.is_last && c->state != HVUV__CLIENT_CLOSING)
    finish(c, status);
}

static void on_connected(hvuv_connect_t* req, int status) {
  client_t* c = req->data;
  hvuv_attempt_t attempt = {.status = 0};

  check(c);
  /* The cancelled connect of a client that closes is reported here, too; its
   * connection closes already. */
  if (status != 0) {
    hvuv__conn_drop(c->conn, status);
    return;
  }

  attempt.number = c->retry.attempts;
  report_attempt(c, &attempt);
  if (c->state == HVUV__CLIENT_CLOSING)
    return;

  move(c, HVUV__CLIENT_OPEN);
  c->opened_ms = uv_now(c->handle->loop);
  hvuv__conn_open(c->conn);
}

/* One attempt, whose outcome is reported later. UV_ENOMEM: nothing follows, and
 * the state is as it was. */
static int dial(client_t* c) {
  hvuv_stream_t* stream;
  int err;

  assert(c->conn == NULL);
  c->conn = hvuv__owner_new_conn(&c->owner, c->protocol);
  if (c->conn == NULL)
    return UV_ENOMEM;

  move(c, HVUV__CLIENT_DIALLING);
  hvuv__retry_begin(&c->retry);
  c->connect_req.data = c;
  stream = hvuv_conn_stream(c->conn);
  hvuv_set_connect_timeout(stream, c->options.connect_timeout_ms);
  err = hvuv_connect(&c->connect_req, stream, &c->addr, on_connected);
  if (err != 0)
    hvuv__conn_drop(c->conn, err);
  check(c);
  return 0;
}

/* An attempt that came to nothing before there was a connection. */
static void fail_at_once(client_t* c,
                         hvuv_error_class_t error_class,
                         int status) {
  move(c, HVUV__CLIENT_DIALLING);
  hvuv__retry_begin(&c->retry);
  attempt_failed(c, error_class, status);
}

static void dial_or_fail(client_t* c) {
  if (dial(c) != 0)
    fail_at_once(c, hvuv_error_class(&c->addr, UV_ENOMEM), UV_ENOMEM);
}

/* --- The guide ------------------------------------------------------------ */

static void ask_guide(client_t* c) {
  move(c, HVUV__CLIENT_ASKING);
  c->guide->ask(c->guide);
  check(c);
}

/* What no VM has is no mistake: it may start. */
void hvuv__client_guided(hvuv_client_t* handle,
                         const hvuv_addr_t* addr,
                         int status) {
  client_t* c = handle->impl;

  check(c);
  assert(c->state == HVUV__CLIENT_ASKING && status <= 0);
  if (status == 0) {
    c->addr = *addr;
    dial_or_fail(c);
    return;
  }
  fail_at_once(c,
               status == UV_ENOENT ? HVUV_ERROR_VM_OFF
                                   : hvuv_error_class(&c->addr, status),
               status);
}

void hvuv__client_unguide(hvuv_client_t* handle) {
  client_t* c = handle->impl;

  check(c);
  assert(c->guide != NULL && c->state != HVUV__CLIENT_CLOSING);
  hvuv__owner_remove_guest(&c->owner, &c->guide->guest);
  c->guide = NULL;
  if (c->state == HVUV__CLIENT_ASKING)
    wait_for(c, 0);
}

/* --- Events of the owner -------------------------------------------------- */

static void on_alarm(hvuv__owner_t* owner) {
  client_t* c = (client_t*) owner;

  assert(c->state == HVUV__CLIENT_WAITING);
  if (c->guide != NULL)
    ask_guide(c);
  else
    dial_or_fail(c);
}

static void connection_closed(client_t* c, int has_message, int reason) {
  uint64_t lived_ms = uv_now(c->handle->loop) - c->opened_ms;
  uint64_t delay_ms;

  if (c->options.reconnects &&
      hvuv__retry_closed(&c->retry, has_message, lived_ms, &delay_ms))
    wait_for(c, delay_ms);
  else
    finish(c, reason);
}

static void on_gone(hvuv__owner_t* owner, hvuv_conn_t* conn, int reason) {
  client_t* c = (client_t*) owner;
  int has_message = hvuv__conn_has_greeted(conn);

  assert(c->conn == conn);
  c->conn = NULL;
  if (c->state == HVUV__CLIENT_DIALLING)
    attempt_failed(c, hvuv_error_class(&c->addr, reason), reason);
  else if (c->state == HVUV__CLIENT_OPEN)
    connection_closed(c, has_message, reason);
}

static void on_closed(hvuv__owner_t* owner) {
  client_t* c = (client_t*) owner;
  hvuv_client_t* handle = c->handle;
  hvuv_client_close_cb cb = c->close_cb;

  check(c);
  hvuv__free(c);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

static const hvuv__owner_events_t events = {
    .on_alarm = on_alarm,
    .on_gone = on_gone,
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
  check(c);
  return 0;
}

static int may_connect(const hvuv_client_t* handle,
                       const hvuv_protocol_t* protocol) {
  if (handle == NULL || handle->impl == NULL ||
      handle->impl->state == HVUV__CLIENT_CLOSING ||
      hvuv__protocol_check(protocol) != 0)
    return UV_EINVAL;
  check(handle->impl);
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
  err = dial(handle->impl);
  if (err == 0)
    dismiss_guide(handle->impl);
  return err;
}

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
  ask_guide(c);
  return 0;
}

/* hvuv_connect() has copied what it needs of the address of an attempt under
 * way, so only reports of its failure mention the new one. */
int hvuv_client_set_addr(hvuv_client_t* handle, const hvuv_addr_t* addr) {
  client_t* c;

  if (handle == NULL || handle->impl == NULL || hvuv_addr_family(addr) == 0)
    return UV_EINVAL;
  c = handle->impl;
  check(c);
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

  check(c);
  move(c, HVUV__CLIENT_CLOSING);
  c->close_cb = cb;
  c->guide = NULL;
  hvuv__owner_stop_alarm(&c->owner);
  if (c->conn != NULL)
    hvuv__conn_close(c->conn, UV_ECANCELED);
  hvuv__owner_end(&c->owner);
  check(c);
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
