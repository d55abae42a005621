/*
 * The reading side: from the kernel into buffers that the user lends, in
 * bounded turns, until the kernel is empty.
 *
 * A read that fills less than its buffer has emptied the kernel, so no further
 * one is made just to see UV_EAGAIN; polling is level-triggered and loses
 * nothing. After every callback the user may have stopped, restarted or closed
 * the stream.
 */
#include "state.h"

/* At most so many reads for one wake-up, so that a busy stream does not starve
 * the others of its loop (libuv, src/unix/stream.c, has the same number). */
#define READS_PER_WAKE 32

/* What libuv suggests on every platform. */
#define SUGGESTED_BYTES 65536

static int is_reading_with(const hvuv_stream_t* s,
                           hvuv_alloc_cb alloc_cb,
                           hvuv_read_cb read_cb) {
  return (s->flags & HVUV__READING) && s->alloc_cb == alloc_cb &&
         s->read_cb == read_cb;
}

/* What a result of recv() that is neither bytes nor UV_EAGAIN means. */
static int end_of(const hvuv_stream_t* s, ssize_t n) {
  if (s->pending_error != 0 && (n == 0 || n == UV_EAGAIN || n == UV_ENOTCONN))
    return s->pending_error;
  if (n == 0)
    return UV_EOF;

  /* AF_VSOCK may say so after our own shutdown when the peer has closed too
   * (Linux, af_vsock.c). */
  if (n == UV_ENOTCONN && (s->flags & HVUV__SHUT_SENT))
    return UV_EOF;

  if (s->family->read_error != NULL)
    return s->family->read_error((int) n);
  return (int) n;
}

static void end_reading(hvuv_stream_t* s,
                        int code,
                        hvuv_read_cb read_cb,
                        const uv_buf_t* buf) {
  hvuv__clear_flags(s, HVUV__READING);
  s->read_end = code;
  read_cb(s, code, buf);
  /* Not before: it has nothing to say of a stream that was closed there. */
  hvuv__stream_update(s);
}

/* One buffer from alloc_cb to read_cb. Returns 1 if another read may follow. */
static int read_once(hvuv_stream_t* s) {
  hvuv_alloc_cb alloc_cb;
  hvuv_read_cb read_cb;
  uv_buf_t buf;
  ssize_t n;

  alloc_cb = s->alloc_cb;
  read_cb = s->read_cb;
  buf.base = NULL;
  buf.len = 0;
  alloc_cb(s, SUGGESTED_BYTES, &buf);

  if (!is_reading_with(s, alloc_cb, read_cb)) {
    /* Stopped, restarted or closed in alloc_cb: the buffer goes back. */
    if (buf.base != NULL && buf.len > 0)
      read_cb(s, 0, &buf);
    return 0;
  }

  if (buf.base == NULL || buf.len == 0) {
    read_cb(s, UV_ENOBUFS, &buf);
    return 0;
  }

  n = hvuv__sys_recv(s->sock, buf.base, buf.len);
  if (n == UV_EAGAIN && s->pending_error == 0) {
    read_cb(s, 0, &buf);
    return 0;
  }
  if (n <= 0) {
    end_reading(s, end_of(s, n), read_cb, &buf);
    return 0;
  }

  read_cb(s, n, &buf);
  return (size_t) n == buf.len && (s->flags & HVUV__READING);
}

void hvuv__read_ready(hvuv_stream_t* s) {
  int i;

  for (i = 0; i < READS_PER_WAKE; i++)
    if (!read_once(s))
      break;
}

int hvuv_read_start(hvuv_stream_t* s,
                    hvuv_alloc_cb alloc_cb,
                    hvuv_read_cb read_cb) {
  if (s->state >= HVUV__CLOSING || alloc_cb == NULL || read_cb == NULL)
    return UV_EINVAL;
  if (s->state != HVUV__CONNECTING && s->state != HVUV__OPEN)
    return UV_ENOTCONN;
  if (s->flags & (HVUV__READING | HVUV__TELL_END))
    return UV_EALREADY;

  s->alloc_cb = alloc_cb;
  s->read_cb = read_cb;
  if (s->read_end != 0) {
    s->flags |= HVUV__TELL_END;
    hvuv__hub_defer(s->hub, s);
    return 0;
  }

  s->flags |= HVUV__READING;
  hvuv__stream_update(s);
  return 0;
}

int hvuv_read_stop(hvuv_stream_t* s) {
  hvuv__clear_flags(s, HVUV__READING | HVUV__TELL_END);
  hvuv__stream_update(s);
  return 0;
}

void hvuv__read_turn_end(hvuv_stream_t* s) {
  uv_buf_t none;

  if (!(s->flags & HVUV__TELL_END))
    return;

  none = uv_buf_init(NULL, 0);
  hvuv__clear_flags(s, HVUV__TELL_END);
  s->read_cb(s, s->read_end, &none);
}
