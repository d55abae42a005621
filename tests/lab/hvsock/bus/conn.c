/* The life of a connection, once the call is there; conn.h draws it. */
#include "bus/conn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OFFER_LOOKS_MAX 10u

#ifdef NDEBUG
#define check(conn) ((void) 0)
#else
static void check(const bus__conn_t* conn) {
  assert(conn->state >= BUS__CONN_REQUESTED &&
         conn->state <= BUS__CONN_CLOSING);
  assert((conn->channel != NULL) ==
         (conn->state == BUS__CONN_OFFERED || conn->state == BUS__CONN_OPEN));
  assert(conn->is_from_host ? conn->state != BUS__CONN_DIALING &&
                                  conn->state != BUS__CONN_WAITING
                            : conn->state != BUS__CONN_REQUESTED);
  assert(conn->handles == 2 || conn->state == BUS__CONN_CLOSING);
}
#endif

/* --- Beginning and end ---------------------------------------------------- */

static void on_closed(bus__conn_t* conn) {
  assert(conn->handles > 0);
  if (--conn->handles > 0)
    return;
  if (conn->next != NULL)
    conn->next->previous = conn->previous;
  if (conn->previous != NULL)
    conn->previous->next = conn->next;
  else
    conn->conns->first = conn->next;
  free(conn);
}

static void on_pipe_closed(uv_handle_t* pipe) {
  on_closed(bus__conn_of_pipe(pipe));
}

static void on_timer_closed(uv_handle_t* timer) {
  on_closed(timer->data);
}

bus__conn_t* bus__conn_begin(bus__conns_t* conns, bus__conn_state_t state) {
  bus__conn_t* conn = calloc(1, sizeof(*conn));
  int err;

  if (conn == NULL)
    return NULL;
  conn->conns = conns;
  conn->state = state;
  conn->is_from_host = state == BUS__CONN_REQUESTED;
  conn->begun_ms = uv_now(conns->host->loop);
  err = uv_pipe_init(conns->host->loop, &conn->pipe, 0);
  assert(err == 0); /* takes nothing yet */
  err = uv_timer_init(conns->host->loop, &conn->timer);
  assert(err == 0);
  (void) err;
  conn->timer.data = conn;
  conn->handles = 2;

  conn->next = conns->first;
  if (conns->first != NULL)
    conns->first->previous = conn;
  conns->first = conn;
  check(conn);
  return conn;
}

/* The channel is gone already. */
static void close_both(bus__conn_t* conn) {
  assert(conn->state != BUS__CONN_CLOSING);
  conn->state = BUS__CONN_CLOSING;
  conn->channel = NULL;
  uv_close((uv_handle_t*) &conn->pipe, on_pipe_closed);
  uv_close((uv_handle_t*) &conn->timer, on_timer_closed);
  check(conn);
}

void bus__conn_refuse(bus__conn_t* conn, bus__reason_t why) {
  bus__refuse(conn->conns->host, why, 0);
  close_both(conn);
}

void bus__conn_end(bus__conn_t* conn) {
  check(conn);
  if (conn->state == BUS__CONN_OPEN) {
    bus__relay_cut(&conn->relay); /* on_over closes */
    return;
  }
  if (conn->state == BUS__CONN_OFFERED)
    bus__channel_rescind(conn->channel);
  if (conn->state != BUS__CONN_CLOSING)
    close_both(conn);
}

/* --- The guest's side ----------------------------------------------------- */

static void on_look(uv_timer_t* timer) {
  bus__conn_t* conn = timer->data;

  assert(conn->state == BUS__CONN_OPEN);
  bus__relay_look(&conn->relay);
}

static void on_over(void* user) {
  close_both(user);
}

/* The answer fits into any socket's buffer. */
static int send_ok(bus__conn_t* conn) {
  char text[BUS__GUID_TEXT];
  char line[BUS__GUID_TEXT + 8];
  uv_buf_t buf;
  int n;

  bus__guid_print(&conn->instance, text);
  if (conn->request.is_by_guid)
    n = snprintf(line, sizeof(line), "OK %s\n", text);
  else
    n = snprintf(line,
                 sizeof(line),
                 "OK %" PRIu32 "\n",
                 bus__guid_data1(&conn->instance));
  assert(n > 0 && (size_t) n < sizeof(line));
  buf = uv_buf_init(line, (unsigned int) n);
  return uv_try_write((uv_stream_t*) &conn->pipe, &buf, 1) == n;
}

static void on_channel_open(void* user) {
  bus__conn_t* conn = user;

  assert(conn->state == BUS__CONN_OFFERED);
  if (conn->is_from_host && !send_ok(conn)) {
    bus__conn_end(conn);
    return;
  }
  conn->state = BUS__CONN_OPEN;
  uv_timer_start(&conn->timer,
                 on_look,
                 conn->conns->host->limits.look_ms,
                 conn->conns->host->limits.look_ms);
  check(conn);
  bus__relay_start(&conn->relay,
                   conn->conns->host,
                   conn->channel,
                   &conn->pipe,
                   conn,
                   on_over);
}

static void on_channel_signal(void* user) {
  bus__conn_t* conn = user;

  bus__relay_serve(&conn->relay);
}

static void on_channel_gone(void* user) {
  bus__conn_t* conn = user;

  if (conn->state == BUS__CONN_OPEN)
    bus__relay_gone(&conn->relay);
  else
    close_both(conn);
}

static const bus__channel_user_t channel_calls = {
    on_channel_open, on_channel_signal, on_channel_gone};

static unsigned int offer_limit(const bus__conn_t* conn) {
  const bus__limits_t* limits = &conn->conns->host->limits;

  return conn->is_from_host ? limits->host_offer_ms : limits->guest_offer_ms;
}

/* Linux takes one offer after another. So that in a crowd of calls the last ones are
 * not refused for what the first ones took, time counts from the last open; it is
 * looked at each time that a limit has passed, ten times at most. */
static void on_not_opened(uv_timer_t* timer) {
  bus__conn_t* conn = timer->data;
  bus__host_t* host = conn->conns->host;
  unsigned int limit = offer_limit(conn);

  assert(conn->state == BUS__CONN_OFFERED);
  if (++conn->looks < OFFER_LOOKS_MAX &&
      uv_now(host->loop) - host->opened_ms < limit) {
    uv_timer_start(timer, on_not_opened, limit, 0);
    return;
  }
  bus__refuse(host, BUS__REFUSED_UNANSWERED, conn->channel->relid);
  bus__conn_end(conn);
}

void bus__conn_offer(bus__conn_t* conn) {
  assert(conn->state == BUS__CONN_REQUESTED ||
         conn->state == BUS__CONN_DIALING || conn->state == BUS__CONN_WAITING);
  conn->channel = bus__channels_offer(conn->conns->channels,
                                      &conn->service,
                                      &conn->instance,
                                      conn->is_from_host,
                                      &channel_calls,
                                      conn);
  if (conn->channel == NULL) {
    bus__conn_refuse(conn, BUS__REFUSED_BUSY);
    return;
  }
  conn->state = BUS__CONN_OFFERED;
  uv_timer_start(&conn->timer, on_not_opened, offer_limit(conn), 0);
  check(conn);
}

/* --- What it says of itself ------------------------------------------------ */

static const char* const states[] = {
    "", "requested", "dialing", "waiting", "offered", "open", "closing"};

void bus__conn_log(const bus__conn_t* conn) {
  char service[BUS__GUID_TEXT];

  check(conn);
  bus__guid_print(&conn->service, service);
  bus__log(conn->conns->host,
           "%s: %s %s, relid %" PRIu32 ", relay %d, %s, %s",
           conn->is_from_host ? "call of the host" : "call of the guest",
           service,
           states[conn->state],
           conn->channel == NULL ? 0 : conn->channel->relid,
           (int) conn->relay.state,
           conn->relay.is_writing ? "writing" : "not writing",
           conn->relay.is_asking ? "full" : "not full");
}
