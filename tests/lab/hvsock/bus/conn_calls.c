/* How a connection is asked for, by the host and by the guest; conn.h draws it. */
#include "bus/conn.h"

#include <assert.h>

#include "bus/dial.h"

/* Between two calls to a program whose backlog is full. */
#define AGAIN_MS 20u

/* --- The host calls ------------------------------------------------------- */

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
  *buf = uv_buf_init(&bus__conn_of_pipe(pipe)->byte, 1);
}

static void on_byte(uv_stream_t* pipe, ssize_t nread, const uv_buf_t* buf) {
  bus__conn_t* conn = bus__conn_of_pipe(pipe);
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
    bus__conn_refuse(conn, BUS__REFUSED_REQUEST);
  } else if (!conn->conns->host->is_ready) {
    bus__conn_refuse(conn,
                     BUS__REFUSED_CONTACT); /* there is no guest, or not yet */
  } else if (choose_instance(conn) != 0) {
    bus__conn_refuse(conn, BUS__REFUSED_BUSY);
  } else {
    conn->service = conn->request.service;
    bus__conn_offer(conn);
  }
}

static void on_no_request(uv_timer_t* timer) {
  bus__conn_refuse(timer->data, BUS__REFUSED_REQUEST);
}

int bus__conn_accept(bus__conns_t* conns, uv_stream_t* listener) {
  bus__conn_t* conn = bus__conn_begin(conns, BUS__CONN_REQUESTED);
  int err;

  if (conn == NULL)
    return UV_ENOMEM;
  bus__count(conns->host, BUS__HOST_CALLS, 1);
  err = uv_accept(listener, (uv_stream_t*) &conn->pipe);
  if (err == 0)
    err = uv_read_start((uv_stream_t*) &conn->pipe, on_byte_alloc, on_byte);
  if (err != 0)
    bus__conn_refuse(conn, BUS__REFUSED_BUSY);
  else
    uv_timer_start(
        &conn->timer, on_no_request, conns->host->limits.request_ms, 0);
  return 0;
}

/* --- The guest calls ------------------------------------------------------ */

static void refuse_call(bus__conn_t* conn) {
  uint8_t result[44] = {0};

  bus__put_u32(result, 0, BUS__TL_CONNECT_RESULT);
  memcpy(result + 8, conn->instance.bytes, 16);
  memcpy(result + 24, conn->service.bytes, 16);
  bus__put_u32(result, 40, BUS__STATUS_REFUSED);
  bus__messages_send(conn->conns->messages, result, sizeof(result));
  bus__conn_refuse(conn, BUS__REFUSED_NOBODY);
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
    bus__conn_offer(conn);
    return;
  }
  conn->state = BUS__CONN_WAITING;
  uv_timer_start(&conn->timer, on_waited, conn->conns->host->limits.wait_ms, 0);
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
  bus__conn_t* conn = bus__conn_begin(conns, BUS__CONN_DIALING);

  bus__count(conns->host, BUS__GUEST_CALLS, 1);
  if (conn == NULL) {
    bus__refuse(conns->host, BUS__REFUSED_BUSY, 0);
    return;
  }
  conn->service = *service;
  conn->instance = *endpoint;
  dial(conn);
}
