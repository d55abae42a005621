/* A stream's data is its connection. */
#include "conn/wire_stream.h"

#include <assert.h>

#include "base/alloc.h"
#include "conn/clock_loop.h"
#include "conn/conn_group.h"
#include "stream/info.h"
#include "stream/stream.h"
#include "stream/write.h"

/* What stands in front of a connection. */
typedef struct front_s {
  hvuv_stream_t stream;
  hvuv_shutdown_t shutdown_req;
} front_t;

static front_t* front_of(const hvuv_conn_t* conn) {
  return (front_t*) (void*) ((char*) (uintptr_t) conn -
                             HVUV__ALIGNED(sizeof(front_t)));
}

static hvuv_stream_t* stream_of(hvuv_conn_t* conn) {
  return &front_of(conn)->stream;
}

/* In front of a chunk stands the request. */
static hvuv_write_t* req_of(hvuv__chunk_t* chunk) {
  return (hvuv_write_t*) (void*) ((char*) chunk -
                                  HVUV__ALIGNED(sizeof(hvuv_write_t)));
}

/* --- What it reports ------------------------------------------------------ */

static void on_closed(hvuv_stream_t* stream) {
  hvuv__conn_closed(stream->data);
}

/* Not the group's: a stream that was made after somebody has walked the loop is
 * of another hub. */
static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  buf->base = hvuv__hub_buffer(stream->hub); /* NULL: there is no memory */
  buf->len = HVUV__SLICE_BYTES;
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  hvuv_conn_t* conn = stream->data;

  if (nread > 0)
    hvuv__conn_received(conn, buf->base, (size_t) nread);
  else if (nread == UV_EOF)
    hvuv__conn_received_end(conn);
  else if (nread == UV_ENOBUFS)
    hvuv__conn_failed(conn, UV_ENOMEM); /* There was no buffer. */
  else if (nread < 0)
    hvuv__conn_failed(conn, (int) nread);
}

static void on_written(hvuv_write_t* req, int status) {
  hvuv__conn_sent(req->data, status);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  hvuv__conn_shut(req->handle->data, status);
}

/* --- Its verbs ------------------------------------------------------------ */

static int has_unread(const hvuv_conn_t* conn) {
  return hvuv__stream_has_unread(&front_of(conn)->stream);
}

static int read_stream(hvuv_conn_t* conn, int on) {
  if (on)
    return hvuv_read_start(stream_of(conn), on_alloc, on_read);
  return hvuv_read_stop(stream_of(conn));
}

static int write_stream(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv_write_t* req = req_of(chunk);

  hvuv__write_gather(stream_of(conn));
  req->data = chunk;
  return hvuv_write(
      req, stream_of(conn), chunk->bufs, chunk->nbufs, on_written);
}

static int try_write_stream(hvuv_conn_t* conn,
                            const uv_buf_t bufs[],
                            unsigned int nbufs) {
  return hvuv_try_write(stream_of(conn), bufs, nbufs);
}

static size_t queued(const hvuv_conn_t* conn) {
  return front_of(conn)->stream.write_queue_size;
}

static size_t outstanding(const hvuv_conn_t* conn) {
  return hvuv__stream_outstanding(&front_of(conn)->stream);
}

static int shutdown_stream(hvuv_conn_t* conn) {
  front_t* front = front_of(conn);

  return hvuv_shutdown(&front->shutdown_req, &front->stream, on_shutdown);
}

static int close_ends(const hvuv_conn_t* conn) {
  return hvuv__stream_close_ends(&front_of(conn)->stream);
}

static void close_stream(hvuv_conn_t* conn, int resets) {
  hvuv_stream_t* stream = stream_of(conn);

  if (!resets) {
    hvuv_close(stream, on_closed);
    return;
  }

  /* A last word, as to why. It would have gone by now, had it not been gathered
   * with others. */
  assert(stream->state == HVUV__OPEN);
  hvuv__write_flush(stream);
  hvuv_close_reset(stream, on_closed);
}

static void look_at_stream(hvuv_conn_t* conn) {
  hvuv__stream_look(stream_of(conn));
}

static void hold(hvuv_conn_t* conn, int change) {
  hvuv__hub_hold(stream_of(conn)->hub, change);
}

static int peer(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return hvuv_getpeername(&front_of(conn)->stream, addr);
}

static int local(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return hvuv_getsockname(&front_of(conn)->stream, addr);
}

static const hvuv__wire_t wire = {
    .conn_bytes = sizeof(front_t),
    .chunk_bytes = sizeof(hvuv_write_t),
    .has_unread = has_unread,
    .read = read_stream,
    .write = write_stream,
    .try_write = try_write_stream,
    .queued = queued,
    .outstanding = outstanding,
    .shutdown = shutdown_stream,
    .close_ends = close_ends,
    .close = close_stream,
    .look = look_at_stream,
    .hold = hold,
    .peer = peer,
    .local = local,
    .stream = stream_of,
};

/* --- For owners ----------------------------------------------------------- */

int hvuv__group_init(hvuv__group_t* group,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data) {
  hvuv__group_prepare(group, &wire, &hvuv__loop_clock, limits, data);
  return hvuv__loop_clock_open(group, loop);
}

void hvuv__group_close(hvuv__group_t* group) {
  hvuv__loop_clock_close(group);
  hvuv__group_release(group);
}

hvuv_conn_t* hvuv__conn_new_stream(hvuv__group_t* group,
                                   const hvuv_protocol_t* protocol) {
  hvuv_conn_t* conn;

  assert(group->wire == &wire);
  conn = hvuv__conn_new(group, protocol);
  if (conn == NULL)
    return NULL;
  stream_of(conn)->data = conn;
  if (hvuv_init(group->loop, stream_of(conn)) != 0) {
    hvuv__conn_free(conn);
    return NULL;
  }
  return conn;
}
