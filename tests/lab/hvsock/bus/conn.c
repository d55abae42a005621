/* The life of a connection; conn.h draws it. */
#include "bus/conn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/dial.h"

/* Between two calls to a program whose backlog is full. */
#define AGAIN_MS 20u

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

/* --- Beginning and end ------------------------------------------------------------- */

static bus__conn_t* of_pipe(void* pipe) {
  return (bus__conn_t*) ((char*) pipe - offsetof(bus__conn_t, pipe));
}

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
  on_closed(of_pipe(pipe));
}

static void on_timer_closed(uv_handle_t* timer) {
  on_closed(timer->data);
}

static bus__conn_t* begin(bus__conns_t* conns, bus__conn_state_t state) {
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

static void refuse(bus__conn_t* conn, bus__reason_t why) {
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

/* --- The guest's side ---------------------------------------------------------------- */

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

static void on_not_opened(uv_timer_t* timer) {
  bus__conn_t* conn = timer->data;

  bus__refuse(conn->conns->host, BUS__REFUSED_UNANSWERED, conn->channel->relid);
  bus__conn_end(conn);
}

static void offer(bus__conn_t* conn) {
  const bus__limits_t* limits = &conn->conns->host->limits;

  conn->channel = bus__channels_offer(conn->conns->channels,
                                      &conn->service,
                                      &conn->instance,
                                      conn->is_from_host,
                                      &channel_calls,
                                      conn);
  if (conn->channel == NULL) {
    refuse(conn, BUS__REFUSED_BUSY);
    return;
  }
  conn->state = BUS__CONN_OFFERED;
  uv_timer_start(&conn->timer,
                 on_not_opened,
                 conn->is_from_host ? limits->host_offer_ms
                                    : limits->guest_offer_ms,
                 0);
  check(conn);
}

void bus__conn_offer(bus__conn_t* conn) {
  assert(conn->state == BUS__CONN_WAITING);
  offer(conn);
}

/* --- The host calls ------------------------------------------------------------------- */

/* A version 4 GUID that no live channel has. Its first field is what the guest takes for
 * the peer's port, of which all ones would be any. */
static int choose_instance(bus__conn_t* conn) {
  uint8_t* bytes = conn->instance.bytes;
  int err;

  do {
    err = uv_random(NULL, NULL, bytes, 16, 0, NULL);
    if (err != 0)
      return err;
    bytes[7] = (uint8_t) ((bytes[7] & 0x0f) | 0x40);
    bytes[8] = (uint8_t) ((bytes[8] & 0x3f) | 0x80);
  } while (bus__guid_data1(&conn->instance) == UINT32_MAX ||
           bus__channels_find(conn->conns->channels, &conn->instance) != NULL);
  return 0;
}

static void on_byte_alloc(uv_handle_t* pipe, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  *buf = uv_buf_init(&of_pipe(pipe)->byte, 1);
}

static void on_byte(uv_stream_t* pipe, ssize_t nread, const uv_buf_t* buf) {
  bus__conn_t* conn = of_pipe(pipe);
  int whole;

  (void) buf;
  assert(conn->state == BUS__CONN_REQUESTED);
  if (nread == 0)
    return;
  whole = nread < 0 ? UV_EPROTO : bus__request_feed(&conn->request, conn->byte);
  if (whole == 0)
    return;
  uv_read_stop(pipe);
  if (whole < 0) {
    refuse(conn, BUS__REFUSED_REQUEST);
  } else if (!conn->conns->host->is_ready) {
    refuse(conn, BUS__REFUSED_CONTACT); /* there is no guest, or not yet */
  } else if (choose_instance(conn) != 0) {
    refuse(conn, BUS__REFUSED_BUSY);
  } else {
    conn->service = conn->request.service;
    offer(conn);
  }
}

static void on_no_request(uv_timer_t* timer) {
  refuse(timer->data, BUS__REFUSED_REQUEST);
}

int bus__conn_accept(bus__conns_t* conns, uv_stream_t* listener) {
  bus__conn_t* conn = begin(conns, BUS__CONN_REQUESTED);
  int err;

  if (conn == NULL)
    return UV_ENOMEM;
  bus__count(conns->host, BUS__HOST_CALLS, 1);
  err = uv_accept(listener, (uv_stream_t*) &conn->pipe);
  if (err == 0)
    err = uv_read_start((uv_stream_t*) &conn->pipe, on_byte_alloc, on_byte);
  if (err != 0)
    refuse(conn, BUS__REFUSED_BUSY);
  else
    uv_timer_start(
        &conn->timer, on_no_request, conns->host->limits.request_ms, 0);
  return 0;
}

/* --- The guest calls -------------------------------------------------------------------- */

static void refuse_call(bus__conn_t* conn) {
  uint8_t result[44] = {0};

  bus__put_u32(result, 0, BUS__TL_CONNECT_RESULT);
  memcpy(result + 8, conn->instance.bytes, 16);
  memcpy(result + 24, conn->service.bytes, 16);
  bus__put_u32(result, 40, BUS__STATUS_REFUSED);
  bus__messages_send(conn->conns->messages, result, sizeof(result));
  refuse(conn, BUS__REFUSED_NOBODY);
}

static void on_waited(uv_timer_t* timer) {
  refuse_call(timer->data);
}

/* The socket is connected; who else has the endpoint? Whoever it is, in the guest it is
 * gone, or the endpoint would not be free for this call. */
static void on_dialed(bus__conn_t* conn) {
  bus__conn_t* other;
  bus__conn_t* next;

  for (other = conn->conns->first; other != NULL; other = next) {
    next = other->next;
    if (other != conn && other->state > BUS__CONN_DIALING &&
        bus__guid_equal(&other->instance, &conn->instance))
      bus__conn_end(other);
  }
  if (bus__channels_find(conn->conns->channels, &conn->instance) == NULL) {
    offer(conn);
    return;
  }
  conn->state = BUS__CONN_WAITING;
  uv_timer_start(&conn->timer, on_waited, conn->conns->host->limits.wait_ms, 0);
  check(conn);
}

static void dial(bus__conn_t* conn);

static void on_again(uv_timer_t* timer) {
  dial(timer->data);
}

static void dial(bus__conn_t* conn) {
  bus__host_t* host = conn->conns->host;
  uv_os_fd_t fd;
  int err = bus__dial(host->options.path, &conn->service, &fd);

  if (err == UV_EAGAIN &&
      uv_now(host->loop) - conn->begun_ms < host->limits.dial_ms) {
    uv_timer_start(&conn->timer, on_again, AGAIN_MS, 0);
    return;
  }
  if (err == 0)
    err = uv_pipe_open(&conn->pipe, fd);
  if (err != 0)
    refuse_call(conn);
  else
    on_dialed(conn);
}

void bus__conn_call(bus__conns_t* conns,
                    const bus__guid_t* service,
                    const bus__guid_t* endpoint) {
  bus__conn_t* conn = begin(conns, BUS__CONN_DIALING);

  bus__count(conns->host, BUS__GUEST_CALLS, 1);
  if (conn == NULL) {
    bus__refuse(conns->host, BUS__REFUSED_BUSY, 0);
    return;
  }
  conn->service = *service;
  conn->instance = *endpoint;
  dial(conn);
}

/* --- ------------------------------------------------------------------------------------ */

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
