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
  assert(req->nbufs > 0 && req->bufs != NULL);
  req->next = NULL;
  if (stream->unsent_head == NULL)
    stream->unsent_head = req;
  else
    stream->unsent_tail->next = req;
  stream->unsent_tail = req;
  stream->write_queue_size += req->queued_bytes;
  return req->queued_bytes;
}

/* A request whose bytes have all gone out, in its own buffers, is done, behind
 * all that are. */
static inline void hvuv__wqueue_push_done(hvuv_stream_t* stream,
                                          hvuv_write_t* req) {
  req->next = NULL;
  req->bufs = req->small_bufs;
  req->status = 0;
  if (stream->done_head == NULL)
    stream->done_head = req;
  else
    stream->done_tail->next = req;
  stream->done_tail = req;
}

/* 1 if a request waits for its callback. */
static inline int hvuv__wqueue_has_done(const hvuv_stream_t* stream) {
  return stream->done_head != NULL;
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
 * with UV_ECANCELED. Where a send has failed, writes of no bytes in front of
 * the one it failed in are to be passed before. */
void hvuv__wqueue_fail(hvuv_stream_t* stream, int first);

/* Gives back the buffer array of a request that had more than four. */
void hvuv__wqueue_free_bufs(hvuv_write_t* req);

/* Takes the first request off a list of those that are done, its buffer array
 * freed; NULL if it is empty. */
static inline hvuv_write_t* hvuv__wqueue_pop(hvuv_write_t** list) {
  hvuv_write_t* req;

  req = *list;
  if (req == NULL)
    return NULL;
  *list = req->next;
  if (req->bufs != req->small_bufs)
    hvuv__wqueue_free_bufs(req);
  return req;
}

/* The next done request of a stream; NULL if none. */
static inline hvuv_write_t* hvuv__wqueue_pop_done(hvuv_stream_t* stream) {
  return hvuv__wqueue_pop(&stream->done_head);
}

/* Takes all done requests off the stream, as a list. */
hvuv_write_t* hvuv__wqueue_take_done(hvuv_stream_t* stream);

/* Whether heads, tails and counts fit together. */
#ifdef NDEBUG
#define hvuv__wqueue_check(stream) ((void) 0)
#else
void hvuv__wqueue_check(const hvuv_stream_t* stream);
#endif

#endif /* HVUV_SRC_STREAM_WQUEUE_H */
