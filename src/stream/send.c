/*
 * From the queue of writes into the kernel, one system call at a time.
 *
 * A send that takes less than it was given has filled the kernel; no other is
 * made just to see UV_EAGAIN. When one fails, the write it failed in ends with
 * that error and those behind it with UV_ECANCELED, because they were never
 * tried.
 *
 * UV_ENOBUFS is not a full kernel, though it may pass: the system has no memory
 * for these bytes, and a socket that polls as writable says nothing of it. So
 * it is counted, the alarm and not WRITABLE has it tried again, and after ten
 * seconds it is an error.
 */
#include "stream/send.h"

#include "stream/wqueue.h"

/* At the alarm's pace, twice a second (write.c). */
#define REFUSALS_MAX 20

int hvuv__send_error(const hvuv_stream_t* s, int err) {
  assert(err < 0);
  return s->family->write_error == NULL ? err : s->family->write_error(err);
}

void hvuv__send_fail(hvuv_stream_t* s, int err) {
  hvuv__wqueue_advance(s, 0); /* Nothing can fail in a write of no bytes. */
  hvuv__wqueue_fail(s, err);
}

/* Why what waits cannot be sent; 0 if it may be later. */
static int reason(hvuv_stream_t* s, ssize_t sent) {
  int err;

  if (!hvuv__send_is_full(sent))
    return (int) sent;
  err = hvuv__stream_error(s);
  if (err != 0)
    return err;
  s->refusals = sent == UV_ENOBUFS ? s->refusals + 1 : 0;
  return s->refusals > REFUSALS_MAX ? UV_ENOBUFS : 0;
}

int hvuv__send_book(hvuv_stream_t* s, ssize_t sent, size_t bytes) {
  int err;

  if (sent >= 0) {
    s->refusals = 0;
    hvuv__wqueue_advance(s, (size_t) sent);
    return (size_t) sent == bytes;
  }

  err = reason(s, sent);
  if (err != 0) {
    s->refusals = 0;
    hvuv__send_fail(s, hvuv__send_error(s, err));
  }
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
  s->refusals = 0;
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
