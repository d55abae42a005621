/* Bookkeeping of pending writes. Knows neither sockets nor states. */
#include "stream/wqueue.h"

#include <string.h>

#include "base/alloc.h"

/* To copy so many bytes costs about as much as to have the kernel look at one
 * buffer more (`./dev bench queue`). */
#define PACKED_BYTES_MAX 1024

/* More than a kernel's buffer has room for where nobody asked for more, so to
 * walk on along a queue of megabytes at each send would be in vain. */
#define ENOUGH_BYTES 262144

int hvuv__wqueue_prepare(hvuv_write_t* req,
                         const uv_buf_t bufs[],
                         unsigned int nbufs) {
  unsigned int i;

  req->bufs = req->small_bufs;
  if (nbufs > HVUV__SMALL_BUFS_MAX) {
    req->bufs = hvuv__calloc(nbufs, sizeof(bufs[0]));
    if (req->bufs == NULL)
      return UV_ENOMEM;
  }

  req->nbufs = nbufs;
  req->index = 0;
  req->queued_bytes = 0;
  req->status = 0;
  for (i = 0; i < nbufs; i++) {
    req->bufs[i] = bufs[i];
    req->queued_bytes += bufs[i].len;
  }
  return 0;
}

#ifndef NDEBUG
void hvuv__wqueue_check(const hvuv_stream_t* s) {
  if (s->unsent_head == NULL) {
    assert(s->write_queue_size == 0);
  } else {
    assert(s->unsent_tail->next == NULL);
    assert(s->unsent_head->queued_bytes <= s->write_queue_size);
    assert(s->unsent_head->index < s->unsent_head->nbufs);
  }
  assert(s->done_head == NULL || s->done_tail->next == NULL);
  assert(s->done_head == NULL || s->done_head->status <= 0);
}
#endif

/* An empty buffer may have no base, and memcpy() must not be given that. */
static void copy(char* to, const uv_buf_t* buf) {
  if (buf->len > 0)
    memcpy(to, buf->base, buf->len);
}

/* Copies a request's bytes; 0 if a buffer is better left where it is. */
static int pack_one(const hvuv_write_t* req, char* to) {
  unsigned int i;

  for (i = req->index; i < req->nbufs; i++) {
    if (req->bufs[i].len > PACKED_BYTES_MAX)
      return 0;
    copy(to, &req->bufs[i]);
    to += req->bufs[i].len;
  }
  return 1;
}

static int has_large(const hvuv_write_t* req) {
  unsigned int i;

  for (i = req->index; i < req->nbufs; i++)
    if (req->bufs[i].len > PACKED_BYTES_MAX)
      return 1;
  return 0;
}

size_t hvuv__wqueue_pack(const hvuv_stream_t* s,
                         char room[],
                         size_t nroom,
                         hvuv_write_t** last) {
  hvuv_write_t* req;
  size_t total;
  size_t n;

  total = 0;
  for (req = s->unsent_head; req != NULL; req = req->next) {
    n = req->queued_bytes;
    if (n > nroom - total)
      return has_large(req) ? 0 : total;
    if (req->nbufs == 1 && n <= PACKED_BYTES_MAX)
      copy(room + total, &req->bufs[0]);
    else if (!pack_one(req, room + total))
      return 0;
    total += n;
    *last = req;
  }
  return total;
}

unsigned int hvuv__wqueue_gather(const hvuv_stream_t* s,
                                 uv_buf_t room[],
                                 unsigned int nroom,
                                 const uv_buf_t** bufs,
                                 size_t* bytes) {
  const hvuv_write_t* req;
  unsigned int n;
  unsigned int i;

  req = s->unsent_head;
  assert(req != NULL);
  n = req->nbufs - req->index;
  if (req->next == NULL && n <= nroom) {
    *bufs = req->bufs + req->index;
    *bytes = req->queued_bytes;
    return n;
  }

  n = 0;
  *bytes = 0;
  for (; req != NULL && n < nroom && *bytes < ENOUGH_BYTES; req = req->next) {
    for (i = req->index; i < req->nbufs && n < nroom; i++) {
      room[n++] = req->bufs[i];
      *bytes += req->bufs[i].len;
    }
  }
  *bufs = room;
  return n;
}

/* Takes n bytes, fewer than it has, off one request. */
static void advance_into(hvuv_write_t* req, size_t n) {
  uv_buf_t* buf;

  assert(n < req->queued_bytes);
  req->queued_bytes -= n;
  for (; n >= req->bufs[req->index].len; req->index++)
    n -= req->bufs[req->index].len;
  buf = &req->bufs[req->index];
  buf->base += n;
  buf->len -= (unsigned long) n; /* Its type, or wider, everywhere. */
}

void hvuv__wqueue_finish(hvuv_stream_t* s, hvuv_write_t* last, size_t bytes) {
  assert(s->unsent_head != NULL && bytes <= s->write_queue_size);
  if (s->done_head == NULL)
    s->done_head = s->unsent_head;
  else
    s->done_tail->next = s->unsent_head;
  s->done_tail = last;
  s->unsent_head = last->next;
  last->next = NULL;
  s->write_queue_size -= bytes;
}

void hvuv__wqueue_advance(hvuv_stream_t* s, size_t n) {
  hvuv_write_t* last;
  hvuv_write_t* req;
  size_t finished;

  last = NULL;
  finished = 0;
  for (req = s->unsent_head; req != NULL && req->queued_bytes <= n - finished;
       req = req->next) {
    finished += req->queued_bytes;
    last = req;
  }

  if (last != NULL)
    hvuv__wqueue_finish(s, last, finished);
  n -= finished;
  assert(n == 0 || req != NULL);
  if (req != NULL) {
    advance_into(req, n); /* Past empty buffers, too, when there is no more. */
    s->write_queue_size -= n;
  }
  hvuv__wqueue_check(s);
}

void hvuv__wqueue_fail(hvuv_stream_t* s, int first) {
  hvuv_write_t* last;
  hvuv_write_t* req;
  int status;

  assert(first < 0);
  last = NULL;
  status = first;
  for (req = s->unsent_head; req != NULL; req = req->next) {
    req->status = status;
    status = UV_ECANCELED;
    last = req;
  }
  if (last != NULL)
    hvuv__wqueue_finish(s, last, s->write_queue_size);
  hvuv__wqueue_check(s);
}

hvuv_write_t* hvuv__wqueue_take_done(hvuv_stream_t* s) {
  hvuv_write_t* list;

  list = s->done_head;
  s->done_head = NULL;
  return list;
}

void hvuv__wqueue_free_bufs(hvuv_write_t* req) {
  hvuv__free(req->bufs);
  req->bufs = NULL;
}
