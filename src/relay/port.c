/* The verbs of relay/port.h: each is hvuv's or libuv's function of that name. */
#include "relay/port.h"

/* --- Callbacks of hvuv's streams */

static void hvuv_on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  hvuv__relay_on_alloc(s->data, buf);
}

static void hvuv_on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  if (nread != 0)
    hvuv__relay_on_read(s->data, nread);
}

static void hvuv_on_written(hvuv_write_t* req, int status) {
  hvuv__relay_on_written(req->data, status);
}

static void hvuv_on_shutdown(hvuv_shutdown_t* req, int status) {
  hvuv__relay_on_shutdown(req->data, status);
}

static void hvuv_on_closed(hvuv_stream_t* s) {
  hvuv__relay_end_t* end = s->data;

  hvuv__relay_on_closed(end->relay);
}

/* --- Callbacks of libuv's */

static void uv_on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  hvuv__relay_on_alloc(handle->data, buf);
}

static void uv_on_read(uv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  if (nread != 0)
    hvuv__relay_on_read(s->data, nread);
}

static void uv_on_written(uv_write_t* req, int status) {
  hvuv__relay_on_written(req->data, status);
}

static void uv_on_shutdown(uv_shutdown_t* req, int status) {
  hvuv__relay_on_shutdown(req->data, status);
}

static void uv_on_closed(uv_handle_t* handle) {
  hvuv__relay_end_t* end = handle->data;

  hvuv__relay_on_closed(end->relay);
}

/* --- Verbs */

int hvuv__relay_end_check(const hvuv_relay_end_t* e) {
  if (e == NULL || (e->hvuv == NULL) == (e->uv == NULL))
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

uv_loop_t* hvuv__relay_end_loop(const hvuv_relay_end_t* e) {
  return e->hvuv != NULL ? e->hvuv->loop : e->uv->loop;
}

static void** data_of(hvuv__relay_end_t* end) {
  return end->stream.hvuv != NULL ? &end->stream.hvuv->data
                                  : &end->stream.uv->data;
}

void hvuv__relay_end_take(hvuv__relay_end_t* end) {
  void** data = data_of(end);

  end->user_data = *data;
  *data = end;
}

void hvuv__relay_end_give_back(hvuv__relay_end_t* end) {
  *data_of(end) = end->user_data;
}

int hvuv__relay_end_read(hvuv__relay_end_t* end) {
  if (end->stream.hvuv != NULL)
    return hvuv_read_start(end->stream.hvuv, hvuv_on_alloc, hvuv_on_read);
  return uv_read_start(end->stream.uv, uv_on_alloc, uv_on_read);
}

void hvuv__relay_end_pause(hvuv__relay_end_t* end) {
  if (end->stream.hvuv != NULL)
    hvuv_read_stop(end->stream.hvuv);
  else
    uv_read_stop(end->stream.uv);
}

int hvuv__relay_end_try_write(hvuv__relay_end_t* end, char* base, size_t len) {
  uv_buf_t buf = uv_buf_init(base, (unsigned int) len);

  if (end->stream.hvuv != NULL)
    return hvuv_try_write(end->stream.hvuv, &buf, 1);
  return uv_try_write(end->stream.uv, &buf, 1);
}

int hvuv__relay_end_write(hvuv__relay_end_t* end, char* base, size_t len) {
  uv_buf_t buf = uv_buf_init(base, (unsigned int) len);

  if (end->stream.hvuv != NULL) {
    end->write.hvuv.data = end;
    return hvuv_write(
        &end->write.hvuv, end->stream.hvuv, &buf, 1, hvuv_on_written);
  }
  end->write.uv.data = end;
  return uv_write(&end->write.uv, end->stream.uv, &buf, 1, uv_on_written);
}

size_t hvuv__relay_end_queued(const hvuv__relay_end_t* end) {
  if (end->stream.hvuv != NULL)
    return hvuv_get_write_queue_size(end->stream.hvuv);
  return uv_stream_get_write_queue_size(end->stream.uv);
}

int hvuv__relay_end_shutdown(hvuv__relay_end_t* end) {
  if (end->stream.hvuv != NULL) {
    end->shutdown.hvuv.data = end;
    return hvuv_shutdown(
        &end->shutdown.hvuv, end->stream.hvuv, hvuv_on_shutdown);
  }
  end->shutdown.uv.data = end;
  return uv_shutdown(&end->shutdown.uv, end->stream.uv, uv_on_shutdown);
}

void hvuv__relay_end_close(hvuv__relay_end_t* end, int reset) {
  uv_handle_t* handle = (uv_handle_t*) end->stream.uv;

  if (handle == NULL) {
    hvuv_close(end->stream.hvuv, hvuv_on_closed);
    return;
  }

  /* It refuses a stream that is shutting down, among others. */
  if (reset && handle->type == UV_TCP &&
      uv_tcp_close_reset((uv_tcp_t*) handle, uv_on_closed) == 0)
    return;
  uv_close(handle, uv_on_closed);
}
