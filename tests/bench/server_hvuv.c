/* hvuv: replies by hvuv_write with its callback, and by hvuv_try_write first.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

static uv_loop_t loop;
static hvuv_stream_t listener;
static unsigned int to_come;
static size_t piece_bytes;
static hvuv_alloc_cb alloc_cb;
static hvuv_read_cb read_cb;

static void on_closed(hvuv_stream_t* stream) {
  free(stream);
}

static void on_connection(hvuv_stream_t* server, int status) {
  hvuv_stream_t* stream;

  must("hvuv: connection", status);
  stream = malloc(sizeof(*stream));
  if (stream == NULL)
    die("hvuv: no memory");
  must("hvuv_init", hvuv_init(&loop, stream));
  must("hvuv_accept", hvuv_accept(server, stream));
  must("hvuv_read_start", hvuv_read_start(stream, alloc_cb, read_cb));
  if (--to_come == 0)
    hvuv_close(server, NULL);
}

static void prepare(const job_t* job, hvuv_alloc_cb alloc, hvuv_read_cb read) {
  to_come = job->connections;
  piece_bytes = job->bytes;
  alloc_cb = alloc;
  read_cb = read;
  must("uv_loop_init", uv_loop_init(&loop));
  must("hvuv_init", hvuv_init(&loop, &listener));
}

static void take_calls(void) {
  must("hvuv_listen", hvuv_listen(&listener, SOMAXCONN, on_connection));
}

static void run(void) {
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}

static void serve(const job_t* job, hvuv_alloc_cb alloc, hvuv_read_cb read) {
  prepare(job, alloc, read);
  must("hvuv_open", hvuv_open(&listener, job->listener));
  take_calls();
  run();
}

/* --- hvuv_write ----------------------------------------------------------- */

/* Not in the way of what every message passes. */
#define APART __attribute__((noinline))

/* Read into, and lent to the writes of what was read. The first write's request
 * is in the block itself: most reads want no other. */
typedef struct block_s {
  hvuv_write_t first;
  struct block_s* next;
  unsigned int lent;
  _Alignas(64) char bytes[READ_BYTES];
} block_t;

/* A request for each further piece of a block, `data` is the block. */
typedef struct reply_s {
  hvuv_write_t req;
  struct reply_s* next;
} reply_t;

static block_t* free_blocks;
static reply_t* free_replies;

APART static block_t* new_block(void) {
  block_t* block;

  block = aligned_alloc(_Alignof(block_t), sizeof(*block));
  if (block == NULL)
    die("hvuv: no memory");
  return block;
}

static block_t* take_block(void) {
  block_t* block;

  block = free_blocks;
  if (block == NULL)
    return new_block();
  free_blocks = block->next;
  return block;
}

static inline void give_block(block_t* block) {
  block->next = free_blocks;
  free_blocks = block;
}

static reply_t* take_reply(void) {
  reply_t* reply;

  reply = free_replies;
  if (reply != NULL) {
    free_replies = reply->next;
    return reply;
  }
  reply = malloc(sizeof(*reply));
  if (reply == NULL)
    die("hvuv: no memory");
  return reply;
}

static void lend(block_t* block, uv_buf_t* buf) {
  buf->base = block->bytes;
  buf->len = READ_BYTES;
}

APART static void lend_new(uv_buf_t* buf) {
  lend(new_block(), buf);
}

static void alloc_block(hvuv_stream_t* stream,
                        size_t suggested,
                        uv_buf_t* buf) {
  block_t* block = free_blocks;

  (void) stream;
  (void) suggested;
  if (block == NULL) {
    lend_new(buf);
    return;
  }
  free_blocks = block->next;
  lend(block, buf);
}

static void on_first_written(hvuv_write_t* req, int status) {
  block_t* block = (block_t*) req;

  must("hvuv_write", status);
  if (--block->lent == 0)
    give_block(block);
}

static void on_written(hvuv_write_t* req, int status) {
  reply_t* reply = (reply_t*) req;

  on_first_written(req->data, status);
  reply->next = free_replies;
  free_replies = reply;
}

static void write_first(hvuv_stream_t* stream, block_t* block, size_t len) {
  uv_buf_t piece;

  block->lent = 1;
  piece.base = block->bytes;
  piece.len = len;
  must("hvuv_write",
       hvuv_write(&block->first, stream, &piece, 1, on_first_written));
}

APART static void write_pieces(hvuv_stream_t* stream,
                               block_t* block,
                               size_t len) {
  reply_t* reply;
  uv_buf_t piece;
  size_t at;

  write_first(stream, block, piece_bytes);
  for (at = piece_bytes; at < len; at += piece.len) {
    piece.base = block->bytes + at;
    piece.len = len - at < piece_bytes ? len - at : piece_bytes;
    reply = take_reply();
    reply->req.data = block;
    block->lent++;
    must("hvuv_write", hvuv_write(&reply->req, stream, &piece, 1, on_written));
  }
}

APART static void read_ended(hvuv_stream_t* stream, block_t* block, int end) {
  give_block(block);
  if (end != 0)
    hvuv_close(stream, on_closed);
}

static void on_read_write(hvuv_stream_t* stream,
                          ssize_t nread,
                          const uv_buf_t* buf) {
  block_t* block;

  block = (block_t*) (void*) (buf->base - offsetof(block_t, bytes));
  if (nread <= 0)
    read_ended(stream, block, nread < 0);
  else if ((size_t) nread > piece_bytes)
    write_pieces(stream, block, (size_t) nread);
  else
    write_first(stream, block, (size_t) nread);
}

static void free_pools(void) {
  block_t* block;
  reply_t* reply;

  while ((block = free_blocks) != NULL) {
    free_blocks = block->next;
    free(block);
  }
  while ((reply = free_replies) != NULL) {
    free_replies = reply->next;
    free(reply);
  }
}

void serve_hvuv_write(const job_t* job) {
  serve(job, alloc_block, on_read_write);
  free_pools();
}

/* The same at an address of `local`. */
void serve_hvuv_local(const job_t* job) {
  hvuv_addr_t address;

  prepare(job, alloc_block, on_read_write);
  must("hvuv_addr_parse", hvuv_addr_parse(LOCAL_ADDRESS, &address));
  must("hvuv_bind", hvuv_bind(&listener, &address));
  take_calls();
  close(job->listener); /* Whoever waits for that may call now. */
  run();
  free_pools();
}

/* --- hvuv_try_write ------------------------------------------------------- */

static char the_buffer[READ_BYTES];

static void alloc_same(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) stream;
  (void) suggested;
  buf->base = the_buffer;
  buf->len = sizeof(the_buffer);
}

static void try_first(hvuv_stream_t* stream, char* bytes, size_t len) {
  block_t* block;
  uv_buf_t buf;
  int n;

  buf = uv_buf_init(bytes, (unsigned int) len);
  n = hvuv_try_write(stream, &buf, 1);
  if (n == UV_EAGAIN)
    n = 0;
  must("hvuv_try_write", n);
  if ((size_t) n == len)
    return;

  block = take_block();
  len -= (size_t) n;
  memcpy(block->bytes, bytes + n, len);
  block->lent = 1;
  buf = uv_buf_init(block->bytes, (unsigned int) len);
  must("hvuv_write",
       hvuv_write(&block->first, stream, &buf, 1, on_first_written));
}

static void on_read_try(hvuv_stream_t* stream,
                        ssize_t nread,
                        const uv_buf_t* buf) {
  size_t left;
  size_t len;
  char* at;

  if (nread < 0) {
    hvuv_close(stream, on_closed);
    return;
  }
  at = buf->base;
  for (left = (size_t) nread; left > 0; left -= len) {
    len = left < piece_bytes ? left : piece_bytes;
    try_first(stream, at, len);
    at += len;
  }
}

void serve_hvuv_try_write(const job_t* job) {
  serve(job, alloc_same, on_read_try);
  free_pools();
}
