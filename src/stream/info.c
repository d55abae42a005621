/* What can be asked of a stream, and whether it keeps its loop alive. */
#include "stream/info.h"

#include "hvuv/socket.h"
#include "stream/stream_state.h"
#include "stream/wqueue.h"

int hvuv_is_readable(const hvuv_stream_t* s) {
  return s->state == HVUV__OPEN && (s->read_end == 0 || s->read_end == UV_EOF);
}

int hvuv_is_writable(const hvuv_stream_t* s) {
  return s->state == HVUV__OPEN && s->shut == HVUV__SHUT_NOT;
}

int hvuv_is_active(const hvuv_stream_t* s) {
  if (s->state >= HVUV__CLOSING)
    return 0;
  if (s->state == HVUV__LISTENING)
    return s->stage != HVUV__LISTEN_DEAD;
  return s->state == HVUV__CONNECTING || s->unsent_head != NULL ||
         hvuv__wqueue_has_done(s) || s->shutdown_req != NULL ||
         s->reading != HVUV__READING_OFF;
}

int hvuv_is_closing(const hvuv_stream_t* s) {
  return s->state >= HVUV__CLOSING;
}

void hvuv_ref(hvuv_stream_t* s) {
  hvuv__clear_flags(s, HVUV__UNREF);
  hvuv__stream_update(s);
}

void hvuv_unref(hvuv_stream_t* s) {
  s->flags |= HVUV__UNREF;
  hvuv__stream_update(s);
}

int hvuv_has_ref(const hvuv_stream_t* s) {
  return !(s->flags & HVUV__UNREF);
}

size_t hvuv__stream_outstanding(const hvuv_stream_t* s) {
  size_t bytes;

  if (s->sock == HVUV__NO_SOCK || hvuv__sys_outstanding(s->sock, &bytes) != 0)
    bytes = 0;
  return s->write_queue_size + bytes;
}

int hvuv__stream_close_ends(const hvuv_stream_t* s) {
  return hvuv__sys_close_ends && s->family->close_ends &&
         s->state == HVUV__OPEN && s->read_end == UV_EOF &&
         s->shut == HVUV__SHUT_NOT && hvuv__wqueue_is_sent(s) &&
         !hvuv__wqueue_has_done(s);
}

size_t hvuv_get_write_queue_size(const hvuv_stream_t* s) {
  return s->write_queue_size;
}

int hvuv_fileno(const hvuv_stream_t* s, uv_os_sock_t* sock) {
  if (s->sock == HVUV__NO_SOCK)
    return UV_EBADF;

  *sock = s->sock;
  return 0;
}

/* A name that was learned outlives the socket, until the close callback. */
static int get_name(const hvuv_stream_t* s,
                    const hvuv_addr_t* name,
                    hvuv_addr_t* addr) {
  if (name->family != 0) {
    *addr = *name;
    return 0;
  }
  return s->sock == HVUV__NO_SOCK ? UV_EBADF : UV_ENOTSUP;
}

int hvuv_getsockname(const hvuv_stream_t* s, hvuv_addr_t* addr) {
  return get_name(s, &s->local_addr, addr);
}

int hvuv_getpeername(const hvuv_stream_t* s, hvuv_addr_t* addr) {
  if (s->state == HVUV__BOUND || s->state == HVUV__LISTENING ||
      s->state == HVUV__CONNECTING)
    return UV_ENOTCONN;
  return get_name(s, &s->peer_addr, addr);
}

static int buffer_size(uv_os_sock_t sock, int option, int* value) {
  if (*value == 0)
    return hvuv__sys_getsockopt(
        sock, SOL_SOCKET, option, value, sizeof(*value));
  return hvuv__sys_setsockopt(sock, SOL_SOCKET, option, value, sizeof(*value));
}

int hvuv_send_buffer_size(hvuv_stream_t* s, int* value) {
  if (value == NULL || *value < 0)
    return UV_EINVAL;
  if (s->sock == HVUV__NO_SOCK)
    return UV_EBADF;
  return buffer_size(s->sock, SO_SNDBUF, value);
}

int hvuv_recv_buffer_size(hvuv_stream_t* s, int* value) {
  if (value == NULL || *value < 0)
    return UV_EINVAL;
  if (s->sock == HVUV__NO_SOCK)
    return UV_EBADF;
  if (s->family->recv_buffer_size != NULL)
    return s->family->recv_buffer_size(s->sock, value);
  return buffer_size(s->sock, SO_RCVBUF, value);
}
