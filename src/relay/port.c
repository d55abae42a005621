/* The verbs of relay/port.h: each is hvuv's or libuv's function of that
 * name. */
#include "relay/port.h"

#include <assert.h>

#include "stream/info.h"
#include "sys/sys.h"

#ifdef NDEBUG
#define check(port) ((void) 0)
#else
static void check(const hvuv__port_t* port) {
  assert(port != NULL);
  assert((port->stream.hvuv == NULL) != (port->stream.uv == NULL));
  assert(port->events != NULL && port->owner != NULL);
}
#endif

/* --- What both kinds report */

static void report_alloc(hvuv__port_t* port, uv_buf_t* buf) {
  check(port);
  port->events->on_alloc(port, buf);
  assert(buf->base != NULL && buf->len > 0);
}

static void report_read(hvuv__port_t* port, ssize_t nread) {
  check(port);
  if (nread != 0)
    port->events->on_read(port, nread);
}

static void report_written(hvuv__port_t* port, int status) {
  check(port);
  assert(status <= 0);
  port->events->on_written(port, status);
}

static void report_shutdown(hvuv__port_t* port, int status) {
  check(port);
  assert(status <= 0);
  port->events->on_shutdown(port, status);
}

static void report_closed(hvuv__port_t* port) {
  check(port);
  port->events->on_closed(port);
}

/* --- Callbacks of hvuv's streams */

static void hvuv_on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  report_alloc(s->data, buf);
}

static void hvuv_on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  report_read(s->data, nread);
}

static void hvuv_on_written(hvuv_write_t* req, int status) {
  report_written(req->data, status);
}

static void hvuv_on_shutdown(hvuv_shutdown_t* req, int status) {
  report_shutdown(req->data, status);
}

static void hvuv_on_closed(hvuv_stream_t* s) {
  report_closed(s->data);
}

/* --- Callbacks of libuv's */

static void uv_on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  report_alloc(handle->data, buf);
}

static void uv_on_read(uv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  report_read(s->data, nread);
}

static void uv_on_written(uv_write_t* req, int status) {
  report_written(req->data, status);
}

static void uv_on_shutdown(uv_shutdown_t* req, int status) {
  report_shutdown(req->data, status);
}

static void uv_on_closed(uv_handle_t* handle) {
  report_closed(handle->data);
}

/* --- Life */

static int is_half_close(hvuv_half_close_t value) {
  return value == HVUV_HALF_CLOSE_AUTO || value == HVUV_HALF_CLOSE_YES ||
         value == HVUV_HALF_CLOSE_NO || value == HVUV_HALF_CLOSE_NOT_PASSED;
}

int hvuv__port_accepts(const hvuv_relay_end_t* e) {
  if (e == NULL || (e->hvuv == NULL) == (e->uv == NULL) ||
      !is_half_close(e->half_close))
    return UV_EINVAL;

  if (e->hvuv != NULL) {
    if (hvuv_is_closing(e->hvuv))
      return UV_EINVAL;
    return hvuv_is_readable(e->hvuv) && hvuv_is_writable(e->hvuv) ? 0
                                                                  : UV_ENOTCONN;
  }

  if (uv_is_closing((uv_handle_t*) e->uv))
    return UV_EINVAL;
  return uv_is_readable(e->uv) && uv_is_writable(e->uv) ? 0 : UV_ENOTCONN;
}

uv_loop_t* hvuv__port_loop(const hvuv_relay_end_t* e) {
  return e->hvuv != NULL ? e->hvuv->loop : e->uv->loop;
}

int hvuv__port_has_ref(const hvuv__port_t* port) {
  check(port);
  return port->stream.hvuv != NULL
             ? hvuv_has_ref(port->stream.hvuv)
             : uv_has_ref((const uv_handle_t*) port->stream.uv);
}

static void** data_of(hvuv__port_t* port) {
  return port->stream.hvuv != NULL ? &port->stream.hvuv->data
                                   : &port->stream.uv->data;
}

void hvuv__port_take(hvuv__port_t* port,
                     const hvuv_relay_end_t* stream,
                     const hvuv__port_events_t* events,
                     void* owner) {
  void** data;

  assert(hvuv__port_accepts(stream) == 0);
  port->stream = *stream;
  port->events = events;
  port->owner = owner;
  data = data_of(port);
  port->user_data = *data;
  *data = port;
  check(port);
}

void hvuv__port_give_back(hvuv__port_t* port) {
  void** data = data_of(port);

  check(port);
  assert(*data == port);
  *data = port->user_data;
}

/* --- Reading and writing */

int hvuv__port_read_start(hvuv__port_t* port) {
  check(port);
  if (port->stream.hvuv != NULL)
    return hvuv_read_start(port->stream.hvuv, hvuv_on_alloc, hvuv_on_read);
  return uv_read_start(port->stream.uv, uv_on_alloc, uv_on_read);
}

void hvuv__port_read_stop(hvuv__port_t* port) {
  check(port);
  if (port->stream.hvuv != NULL)
    hvuv_read_stop(port->stream.hvuv);
  else
    uv_read_stop(port->stream.uv);
}

int hvuv__port_try_write(hvuv__port_t* port, char* base, size_t len) {
  uv_buf_t buf = uv_buf_init(base, (unsigned int) len);

  assert(len > 0);
  if (port->stream.hvuv != NULL)
    return hvuv_try_write(port->stream.hvuv, &buf, 1);
  return uv_try_write(port->stream.uv, &buf, 1);
}

int hvuv__port_write(hvuv__port_t* port, char* base, size_t len) {
  uv_buf_t buf = uv_buf_init(base, (unsigned int) len);

  check(port);
  assert(len > 0);
  if (port->stream.hvuv != NULL) {
    port->write.hvuv.data = port;
    return hvuv_write(
        &port->write.hvuv, port->stream.hvuv, &buf, 1, hvuv_on_written);
  }
  port->write.uv.data = port;
  return uv_write(&port->write.uv, port->stream.uv, &buf, 1, uv_on_written);
}

/* --- Looking */

/* Pipes need not be sockets; then what is asked of it is an error. */
static int socket_of(const hvuv_relay_end_t* stream, uv_os_sock_t* sock) {
  uv_os_fd_t fd;
  int err;

  if (stream->hvuv != NULL)
    return hvuv_fileno(stream->hvuv, sock);
  err = uv_fileno((const uv_handle_t*) stream->uv, &fd);
  if (err == 0)
    *sock = (uv_os_sock_t) fd;
  return err;
}

size_t hvuv__port_outstanding(const hvuv__port_t* port) {
  uv_os_sock_t sock;
  size_t queued;
  size_t sent;

  check(port);
  if (port->stream.hvuv != NULL)
    return hvuv__stream_outstanding(port->stream.hvuv);
  queued = uv_stream_get_write_queue_size(port->stream.uv);
  if (socket_of(&port->stream, &sock) != 0 ||
      hvuv__sys_outstanding(sock, &sent) != 0)
    return queued;
  return queued + sent;
}

int hvuv__port_take_error(const hvuv__port_t* port) {
  uv_os_sock_t sock;
  int err;

  check(port);
  if (socket_of(&port->stream, &sock) != 0)
    return 0;
  err = hvuv__sys_take_error(sock);
  return err == UV_ENOTSOCK ? 0 : err;
}

int hvuv__port_look(const hvuv_relay_end_t* stream) {
  uv_os_sock_t sock;
  int err;

  assert((stream->hvuv == NULL) != (stream->uv == NULL));
  err = socket_of(stream, &sock);
  return err != 0 ? err : hvuv__sys_peer_state(sock);
}

static int is_hybrid(hvuv_stream_t* stream) {
  hvuv_addr_t addr;

  if (hvuv_getpeername(stream, &addr) == 0 &&
      hvuv_addr_family(&addr) == HVUV_HYBRID)
    return 1;
  return hvuv_getsockname(stream, &addr) == 0 &&
         hvuv_addr_family(&addr) == HVUV_HYBRID;
}

int hvuv__port_half_closes(const hvuv__port_t* port) {
  check(port);
  if (port->stream.half_close != HVUV_HALF_CLOSE_AUTO)
    return port->stream.half_close == HVUV_HALF_CLOSE_YES;
  if (port->stream.hvuv != NULL)
    return !is_hybrid(port->stream.hvuv);
  return port->stream.uv->type != UV_NAMED_PIPE || hvuv__sys_pipes_half_close;
}

int hvuv__port_passes_end(const hvuv__port_t* port) {
  check(port);
  return port->stream.half_close != HVUV_HALF_CLOSE_NOT_PASSED;
}

/* --- Ending */

int hvuv__port_shutdown(hvuv__port_t* port) {
  check(port);
  if (port->stream.hvuv != NULL) {
    port->shutdown.hvuv.data = port;
    return hvuv_shutdown(
        &port->shutdown.hvuv, port->stream.hvuv, hvuv_on_shutdown);
  }
  port->shutdown.uv.data = port;
  return uv_shutdown(&port->shutdown.uv, port->stream.uv, uv_on_shutdown);
}

int hvuv__port_resets(const hvuv__port_t* port) {
  return port->stream.hvuv != NULL || port->stream.uv->type == UV_TCP;
}

void hvuv__port_close(hvuv__port_t* port, int reset) {
  uv_handle_t* handle = (uv_handle_t*) port->stream.uv;

  check(port);
  if (handle == NULL) {
    if (!reset || hvuv_close_reset(port->stream.hvuv, hvuv_on_closed) != 0)
      hvuv_close(port->stream.hvuv, hvuv_on_closed);
    return;
  }

  /* It refuses a stream that is shutting down, among others. */
  if (reset && handle->type == UV_TCP && hvuv__handle_is_open(handle) &&
      uv_tcp_close_reset((uv_tcp_t*) handle, uv_on_closed) == 0)
    return;
  hvuv__handle_close_any(handle, &port->wait, uv_on_closed);
}
