/* The wire that is a stream. */
#include "base/alloc.h"
#include "conn/conn.h"
#include "stream/write.h"

static void on_closed(hvuv_stream_t* stream) {
  hvuv_conn_t* conn = stream->data;

  hvuv__conn_closed(conn);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  char* room;

  (void) suggested;
  room = hvuv__hub_buffer(stream->hub);
  buf->base = room;
  buf->len = room == NULL ? 0 : HVUV__HUB_BUFFER_BYTES;
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

static int read_stream(hvuv_conn_t* conn, int on) {
  if (on)
    return hvuv_read_start(&conn->stream, on_alloc, on_read);
  return hvuv_read_stop(&conn->stream);
}

static void on_written(hvuv_write_t* req, int status) {
  hvuv__conn_sent(req->data, status);
}

static int write_stream(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv__write_gather(&conn->stream);
  chunk->req.data = chunk;
  return hvuv_write(
      &chunk->req, &conn->stream, chunk->bufs, chunk->nbufs, on_written);
}

static int try_write_stream(hvuv_conn_t* conn,
                            const uv_buf_t bufs[],
                            unsigned int nbufs) {
  return hvuv_try_write(&conn->stream, bufs, nbufs);
}

static size_t queued(const hvuv_conn_t* conn) {
  return conn->stream.write_queue_size;
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  hvuv_conn_t* conn = req->handle->data;

  hvuv__conn_shut(conn, status);
}

static int shutdown_stream(hvuv_conn_t* conn) {
  return hvuv_shutdown(&conn->shutdown_req, &conn->stream, on_shutdown);
}

static void close_stream(hvuv_conn_t* conn) {
  hvuv_close(&conn->stream, on_closed);
}

static void hold(hvuv_conn_t* conn, int change) {
  hvuv__hub_hold(conn->stream.hub, change);
}

static int peer(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return hvuv_getpeername(&conn->stream, addr);
}

static int local(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return hvuv_getsockname(&conn->stream, addr);
}

static uint64_t now(const hvuv__group_t* group) {
  return uv_now(group->loop);
}

static void set_alarm(hvuv__group_t* group, uint64_t delay_ms) {
  hvuv__alarm_set(group->alarm, delay_ms);
}

static const hvuv__wire_t wire = {
    .read = read_stream,
    .write = write_stream,
    .try_write = try_write_stream,
    .queued = queued,
    .shutdown = shutdown_stream,
    .close = close_stream,
    .hold = hold,
    .peer = peer,
    .local = local,
    .now = now,
    .set_alarm = set_alarm,
};

static void on_alarm(void* owner) {
  hvuv__group_t* group = owner;

  hvuv__group_alarm(group);
}

int hvuv__group_init(hvuv__group_t* group,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data) {
  group->wire = &wire;
  group->loop = loop;
  group->data = data;
  group->limits = *limits;
  group->alarm_at_ms = UINT64_MAX;
  group->look_at_ms = UINT64_MAX;
  return hvuv__alarm_open(loop, group, on_alarm, &group->alarm);
}

void hvuv__group_close(hvuv__group_t* group) {
  hvuv__alarm_close(group->alarm);
  group->alarm = NULL;
  hvuv__free(group->cork);
  group->cork = NULL;
}

hvuv_conn_t* hvuv__conn_new_stream(hvuv__group_t* group,
                                   const hvuv_protocol_t* protocol) {
  hvuv_conn_t* conn;

  conn = hvuv__conn_new(group, protocol);
  if (conn == NULL)
    return NULL;
  if (hvuv_init(group->loop, &conn->stream) != 0) {
    hvuv__free(conn);
    return NULL;
  }
  conn->stream.data = conn;
  return conn;
}
