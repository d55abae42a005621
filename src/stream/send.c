/*
 * From the queue of writes into the kernel, one system call at a time.
 *
 * A send that takes less than it was given has filled the kernel; no other is
 * made just to see UV_EAGAIN. When one fails, the write it failed in ends with
 * that error and those behind it with UV_ECANCELED, because they were never
 * tried.
 */
#include "stream/send.h"

#include "stream/wqueue.h"

int hvuv__send_error(const hvuv_stream_t* s, int err) {
  assert(err < 0);
  return s->family->write_error == NULL ? err : s->family->write_error(err);
}

void hvuv__send_fail(hvuv_stream_t* s, int err) {
  hvuv__wqueue_advance(s, 0); /* Nothing can fail in a write of no bytes. */
  hvuv__wqueue_fail(s, err);
}

int hvuv__send_book(hvuv_stream_t* s, ssize_t sent, size_t bytes) {
  int err;

  if (sent >= 0) {
    hvuv__wqueue_advance(s, (size_t) sent);
    return (size_t) sent == bytes;
  }

  err = hvuv__send_is_full(sent) ? hvuv__stream_error(s) : (int) sent;
  if (err != 0)
    hvuv__send_fail(s, hvuv__send_error(s, err));
  return 0;
}

/* Small writes are copied together: one buffer instead of many saves the kernel
 * more than the copy costs us. Returns 1 if it may take more. */
static int send_packed(hvuv_stream_t* s,
                       char* bytes,
                       size_t nbytes,
                       hvuv_write_t* last) {
  uv_buf_t buf;
  ssize_t sent;

  buf.base = bytes;
  buf.len = (unsigned int) nbytes;
  sent = hvuv__sys_send(s->sock, &buf, 1);
  if (sent != (ssize_t) nbytes)
    return hvuv__send_book(s, sent, nbytes);
  hvuv__wqueue_finish(s, last, nbytes);
  return 1;
}

int hvuv__send_queued(hvuv_stream_t* s) {
  union {
    uv_buf_t bufs[HVUV__SEND_BUFS_MAX];
    char bytes[HVUV__SEND_BUFS_MAX * sizeof(uv_buf_t)];
  } room;
  const uv_buf_t* bufs;
  hvuv_write_t* last;
  unsigned int nbufs;
  size_t bytes;

  if (s->unsent_head->next != NULL) {
    bytes = hvuv__wqueue_pack(s, room.bytes, sizeof(room.bytes), &last);
    if (bytes > 0)
      return send_packed(s, room.bytes, bytes, last);
  }

  nbufs = hvuv__wqueue_gather(s, room.bufs, HVUV__SEND_BUFS_MAX, &bufs, &bytes);
  return hvuv__send_book(
      s, bytes == 0 ? 0 : hvuv__sys_send(s->sock, bufs, nbufs), bytes);
}
