/*
 * The writes of a stream, in order: first those that are done and wait for
 * their callback, then those with bytes left to send. Pure bookkeeping: makes
 * no system call and calls nobody back.
 */
#ifndef HVUV_SRC_STREAM_WQUEUE_H
#define HVUV_SRC_STREAM_WQUEUE_H

#include <assert.h>

#include "hvuv/stream.h"

/* So many buffers have room in the request itself. */
#define HVUV__SMALL_BUFS_MAX                                                   \
  (sizeof(((hvuv_write_t*) 0)->small_bufs) / sizeof(uv_buf_t))

/* Copies the buffer array into the request. UV_ENOMEM for more than four
 * buffers without memory. */
int hvuv__wqueue_prepare(hvuv_write_t* req,
                         const uv_buf_t bufs[],
                         unsigned int nbufs);

/* The same for the one buffer that is in the request already. */
static inline void hvuv__wqueue_prepare_one(hvuv_write_t* req) {
  req->bufs = req->small_bufs;
  req->nbufs = 1;
  req->index = 0;
  req->queued_bytes = req->small_bufs[0].len;
  req->status = 0;
}

/* Puts a prepared request behind those that are unsent; returns its bytes. */
static inline size_t hvuv__wqueue_push(hvuv_stream_t* stream,
                                       hvuv_write_t* req) {
  req->next = NULL;
  if (stream->unsent_head == NULL)
    stream->unsent_head = req;
  else
    stream->unsent_tail->next = req;
  stream->unsent_tail = req;
  stream->write_queue_size += req->queued_bytes;
  return req->queued_bytes;
}

/* A request whose bytes went out before it was prepared is done, behind all
 * that are. Most turns have one, and it is told before there is another; so it
 * has a place of its own, and goes to the others when one comes behind it. */
static inline void hvuv__wqueue_push_sent(hvuv_stream_t* stream,
                                          hvuv_write_t* req) {
  assert(stream->sent_first == NULL);
  stream->sent_first = req;
}

/* Puts the request of hvuv__wqueue_push_sent() with the others. */
void hvuv__wqueue_gather_done(hvuv_stream_t* stream);

/* 1 if a request waits for its callback. */
static inline int hvuv__wqueue_has_done(const hvuv_stream_t* stream) {
  return stream->done_head != NULL || stream->sent_first != NULL;
}

/* 1 if no bytes wait to be sent; a write of no bytes counts as unsent until
 * hvuv__wqueue_advance() passes it. */
static inline int hvuv__wqueue_is_sent(const hvuv_stream_t* stream) {
  return stream->unsent_head == NULL;
}

/* Copies the first requests, as many as fit whole, into room; returns how many
 * bytes, and which was the last. 0 if a buffer of theirs is so large that it
 * had better be gathered. */
size_t hvuv__wqueue_pack(const hvuv_stream_t* stream,
                         char room[],
                         size_t nroom,
                         hvuv_write_t** last);

/* Points at the next buffers to send: the head request's own array if it is
 * the only one, else gathered into `room` from as many requests as fit.
 * Returns how many buffers, and their bytes in *bytes. */
unsigned int hvuv__wqueue_gather(const hvuv_stream_t* stream,
                                 uv_buf_t room[],
                                 unsigned int nroom,
                                 const uv_buf_t** bufs,
                                 size_t* bytes);

/* Makes the first requests done, up to the last of hvuv__wqueue_pack(), whose
 * bytes have all been sent. */
void hvuv__wqueue_finish(hvuv_stream_t* stream,
                         hvuv_write_t* last,
                         size_t bytes);

/* Takes n sent bytes off the front; requests without bytes left are done. */
void hvuv__wqueue_advance(hvuv_stream_t* stream, size_t n);

/* Makes every unsent request done: the first with `first`, those behind it
 * with UV_ECANCELED. */
void hvuv__wqueue_fail(hvuv_stream_t* stream, int first);

/* Gives back the buffer array of a request that had more than four. */
void hvuv__wqueue_free_bufs(hvuv_write_t* req);

/* Takes the next done request off, its buffer array freed; NULL if none. Not
 * the one of hvuv__wqueue_push_sent(), unless it was put with the others. */
static inline hvuv_write_t* hvuv__wqueue_pop_done(hvuv_stream_t* stream) {
  hvuv_write_t* req;

  req = stream->done_head;
  if (req == NULL)
    return NULL;
  stream->done_head = req->next;
  if (req->bufs != req->small_bufs)
    hvuv__wqueue_free_bufs(req);
  return req;
}

#endif /* HVUV_SRC_STREAM_WQUEUE_H */
