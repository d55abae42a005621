/* The scene's verbs, and the callbacks that write the story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene_inside.h"
#include "support/trace.h"

#define BUFFER_SIZE 65536

/* A request of any kind, with what its callback needs. */
typedef struct item_s {
  const char* label;
  hvuv_stream_t* stream;
  union {
    hvuv_connect_t connect;
    hvuv_write_t write;
    hvuv_shutdown_t shutdown;
  } u;
  char* bytes;
} item_t;

static char buffer[BUFFER_SIZE];
static size_t alloc_size;
static int lent;
static char* received;
static size_t received_size;

void scene_verbs_reset(void) {
  free(received);
  received = NULL;
  received_size = 0;
  alloc_size = BUFFER_SIZE;
  lent = 0;
}

/* --- Requests ------------------------------------------------------------ */

static item_t* new_item(hvuv_stream_t* stream, const char* label) {
  item_t* item;

  item = calloc(1, sizeof(*item));
  assert_non_null(item);
  memset(&item->u, 0xa5, sizeof(item->u)); /* Requests need no preparation. */
  item->label = label;
  item->stream = stream;
  return item;
}

static void free_item(item_t* item) {
  free(item->bytes);
  free(item);
}

/* A request's callback: gives it back, then lets the test act. */
static void finish_item(item_t* item, hvuv_stream_t* stream, int status) {
  const char* label;

  label = item->label;
  trace_status(label, status);
  if (scene_pending_of(stream) != NULL)
    --*scene_pending_of(stream);
  free_item(item);
  scene_cue(label, stream);
}

static void on_connect(hvuv_connect_t* req, int status) {
  finish_item(req->data, req->handle, status);
}

static void on_write(hvuv_write_t* req, int status) {
  finish_item(req->data, req->handle, status);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  finish_item(req->data, req->handle, status);
}

/* A verb's answer; on an error nothing was taken. */
static int taken(item_t* item, int err) {
  scene_leave();
  if (err != 0)
    free_item(item);
  else if (scene_pending_of(item->stream) != NULL)
    ++*scene_pending_of(item->stream);
  return err;
}

int scene_connect(hvuv_stream_t* stream, const char* label, const char* text) {
  hvuv_addr_t addr;
  item_t* item;

  addr = scene_addr(text);
  item = new_item(stream, label);
  item->u.connect.data = item;
  scene_enter();
  return taken(item, hvuv_connect(&item->u.connect, stream, &addr, on_connect));
}

int scene_shutdown(hvuv_stream_t* stream, const char* label) {
  item_t* item;

  item = new_item(stream, label);
  item->u.shutdown.data = item;
  scene_enter();
  return taken(item, hvuv_shutdown(&item->u.shutdown, stream, on_shutdown));
}

static int write_item(hvuv_stream_t* stream,
                      item_t* item,
                      const uv_buf_t bufs[],
                      unsigned int nbufs) {
  item->u.write.data = item;
  scene_enter();
  return taken(item, hvuv_write(&item->u.write, stream, bufs, nbufs, on_write));
}

int scene_write(hvuv_stream_t* stream, const char* label, const char* bytes) {
  uv_buf_t buf;
  item_t* item;

  item = new_item(stream, label);
  item->bytes = malloc(strlen(bytes) + 1);
  assert_non_null(item->bytes);
  memcpy(item->bytes, bytes, strlen(bytes) + 1);
  buf = uv_buf_init(item->bytes, (unsigned int) strlen(bytes));
  return write_item(stream, item, &buf, 1);
}

int scene_write_bufs(hvuv_stream_t* stream,
                     const char* label,
                     const uv_buf_t bufs[],
                     unsigned int nbufs) {
  return write_item(stream, new_item(stream, label), bufs, nbufs);
}

int scene_try_write(hvuv_stream_t* stream, const char* bytes) {
  uv_buf_t buf;
  char* copy;
  int n;

  copy = malloc(strlen(bytes) + 1);
  assert_non_null(copy);
  memcpy(copy, bytes, strlen(bytes) + 1);
  buf = uv_buf_init(copy, (unsigned int) strlen(bytes));
  scene_enter();
  n = hvuv_try_write(stream, &buf, 1);
  scene_leave();
  free(copy);
  return n;
}

/* --- Reading ------------------------------------------------------------- */

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  if (lent)
    trace("LENT");
  if (alloc_size > 0) {
    *buf = uv_buf_init(buffer, (unsigned int) alloc_size);
    lent = 1;
  }
  scene_cue("alloc", stream);
}

static void keep_received(const char* bytes, size_t n) {
  char* grown;

  grown = realloc(received, received_size + n + 1);
  if (grown == NULL)
    return;
  memcpy(grown + received_size, bytes, n);
  received = grown;
  received_size += n;
  received[received_size] = '\0';
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  if (lent != (buf->base == buffer))
    trace("WRONG-BUFFER");
  lent = 0;
  if (nread > 0)
    keep_received(buf->base, (size_t) nread);

  if (nread == UV_EOF)
    trace("eof");
  else
    trace_status("read", nread);
  scene_cue(nread == UV_EOF ? "eof" : "read", stream);
}

int scene_read_start(hvuv_stream_t* stream) {
  int err;

  scene_enter();
  err = hvuv_read_start(stream, on_alloc, on_read);
  scene_leave();
  return err;
}

void scene_alloc_size(size_t size) {
  alloc_size = size;
}

const char* scene_received(void) {
  return received == NULL ? "" : received;
}

size_t scene_received_size(void) {
  return received_size;
}

/* --- Listening and closing ----------------------------------------------- */

static void on_connection(hvuv_stream_t* server, int status) {
  trace_status("connection", status);
  scene_cue("connection", server);
}

int scene_listen(hvuv_stream_t* stream) {
  int err;

  scene_enter();
  err = hvuv_listen(stream, SOMAXCONN, on_connection);
  scene_leave();
  return err;
}

hvuv_stream_t* scene_accept(hvuv_stream_t* server) {
  hvuv_stream_t* client;
  int err;

  client = scene_stream();
  scene_enter();
  err = hvuv_accept(server, client);
  scene_leave();
  if (err == 0)
    return client;
  trace_status("accept", err);
  scene_close(client);
  return NULL;
}

static void on_close(hvuv_stream_t* stream) {
  trace(*scene_pending_of(stream) == 0 ? "close" : "EARLY");
  scene_drop(stream);
  scene_cue("close", stream);
  free(stream);
}

void scene_close(hvuv_stream_t* stream) {
  scene_enter();
  hvuv_close(stream, on_close);
  scene_leave();
}
