/* Bookkeeping of pending writes. Knows neither sockets nor states. */
#include "wqueue.h"

#include "alloc.h"

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

size_t hvuv__wqueue_push(hvuv_stream_t* s, hvuv_write_t* req) {
  req->next = NULL;
  if (s->unsent_head == NULL)
    s->unsent_head = req;
  else
    s->unsent_tail->next = req;
  s->unsent_tail = req;
  s->write_queue_size += req->queued_bytes;
  return req->queued_bytes;
}

static void append_done(hvuv_stream_t* s, hvuv_write_t* req) {
  req->next = NULL;
  if (s->done_head == NULL)
    s->done_head = req;
  else
    s->done_tail->next = req;
  s->done_tail = req;
}

void hvuv__wqueue_gather_done(hvuv_stream_t* s) {
  hvuv_write_t* req;

  req = s->sent_first;
  if (req == NULL)
    return;

  s->sent_first = NULL;
  req->bufs = NULL;
  req->queued_bytes = 0;
  req->status = 0;
  append_done(s, req);
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

/* Takes up to n bytes off one request; returns how many. */
static size_t advance_one(hvuv_write_t* req, size_t n) {
  uv_buf_t* buf;
  size_t taken;
  size_t step;

  taken = 0;
  while (req->index < req->nbufs) {
    buf = &req->bufs[req->index];
    step = n - taken < buf->len ? n - taken : buf->len;
    if (step > 0) {
      buf->base += step;
      buf->len -= (unsigned long) step; /* Its type, or wider, everywhere. */
    }
    taken += step;
    if (buf->len > 0)
      break;
    req->index++;
  }
  req->queued_bytes -= taken;
  return taken;
}

static void finish_head(hvuv_stream_t* s, int status) {
  hvuv_write_t* req;

  req = s->unsent_head;
  s->unsent_head = req->next;
  s->write_queue_size -= req->queued_bytes;
  req->queued_bytes = 0;
  req->status = status;
  hvuv__wqueue_gather_done(s);
  append_done(s, req);
}

void hvuv__wqueue_advance(hvuv_stream_t* s, size_t n) {
  size_t taken;

  while (s->unsent_head != NULL) {
    taken = advance_one(s->unsent_head, n);
    s->write_queue_size -= taken;
    n -= taken;
    if (s->unsent_head->index < s->unsent_head->nbufs)
      break;
    finish_head(s, 0);
  }
  assert(n == 0);
}

void hvuv__wqueue_fail(hvuv_stream_t* s, int first) {
  int status;

  for (status = first; s->unsent_head != NULL; status = UV_ECANCELED)
    finish_head(s, status);
}

hvuv_write_t* hvuv__wqueue_pop_done(hvuv_stream_t* s) {
  hvuv_write_t* req;

  req = s->done_head;
  if (req == NULL)
    return NULL;

  s->done_head = req->next;
  req->next = NULL;
  if (req->bufs != req->small_bufs)
    hvuv__free(req->bufs);
  req->bufs = NULL;
  return req;
}
