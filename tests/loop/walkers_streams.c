/* Streams that walk. */
#include <stdlib.h>
#include <string.h>

#include "support/net.h"
#include "walkers_inside.h"

static char much[MUCH];
static char room[65536];

static void on_connect(hvuv_connect_t* req, int status) {
  (void) status;
  told(req->data);
}

static void on_write(hvuv_write_t* req, int status) {
  (void) status;
  told(req->data);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  (void) status;
  told(req->data);
}

static void on_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  thing_t* thing = s->data;

  (void) size;
  heard(thing);
  if (thing->allocs++ != thing->reads)
    blame(thing, "asked for a second buffer");
  *buf = uv_buf_init(room, 1 + below(below(2) == 0 ? 64 : sizeof(room)));
  act_in_callback(thing);
}

/* Without a buffer when none was asked for. */
static void on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  thing_t* thing = s->data;

  (void) nread;
  heard(thing);
  thing->reads += buf->base != NULL;
  act_in_callback(thing);
}

static void on_stream_closed(hvuv_stream_t* s) {
  thing_t* thing = s->data;

  gone(thing);
  free(thing->stream);
  thing->stream = NULL;
  act_in_callback(thing);
}

static thing_t* new_stream(int home) {
  thing_t* thing = record(STREAM, home);

  thing->stream = block(sizeof(*thing->stream));
  if (hvuv_init(&walk.loops[home], thing->stream) != 0)
    abort();
  thing->stream->data = thing;
  return thing;
}

static void accept_one(thing_t* listener) {
  thing_t* thing = new_stream(listener->home);
  int err;

  listener->is_waiting = 0;
  CALL(err = hvuv_accept(listener->stream, thing->stream));
  if (err != 0 && err != UV_EAGAIN)
    blame(listener, "does not accept");
}

static void on_connection(hvuv_stream_t* s, int status) {
  thing_t* thing = s->data;

  heard(thing);
  if (!is_open(thing))
    blame(thing, "has a connection when it is closed");
  if (status == 0 && below(4) != 0)
    accept_one(thing);
  else
    thing->is_waiting = status == 0;
  act_in_callback(thing);
}

/* --- Making --------------------------------------------------------------- */

static void connect_to(thing_t* thing, const hvuv_addr_t* addr) {
  order_t* it = order(thing);
  int err;

  it->req.connect.data = it;
  CALL(err = hvuv_connect(&it->req.connect, thing->stream, addr, on_connect));
  take_back(it, err);
}

static void connect_it(thing_t* thing) {
  hvuv_addr_t addr;

  any_address(walk_call_at, &addr);
  connect_to(thing, &addr);
}

thing_t* make_hopeless_caller(int home) {
  thing_t* thing = new_stream(home);
  hvuv_addr_t addr;

  note("stream %d at %d calls nobody", thing->number, home);
  address(walk_call_at, 4999, &addr);
  connect_to(thing, &addr);
  return thing;
}

void make_caller(int home) {
  thing_t* thing = new_stream(home);

  note("stream %d at %d connects", thing->number, home);
  connect_it(thing);
}

void make_listener(int home) {
  thing_t* thing = new_stream(home);
  hvuv_addr_t addr;
  int err;

  any_address(walk_listen_at, &addr);
  CALL(err = hvuv_bind(thing->stream, &addr));
  note("stream %d at %d listens: %d", thing->number, home, err);
  if (err != 0)
    return;
  thing->claims = 1;
  thing->is_listener = 1;
  CALL(err = hvuv_listen(thing->stream, 4, on_connection));
  if (err != 0)
    blame(thing, "does not listen");
}

void adopt(int home, uv_os_sock_t sock) {
  thing_t* thing = new_stream(home);
  int err;

  CALL(err = hvuv_open(thing->stream, sock));
  if (err != 0)
    blame(thing, "does not open");
}

void make_pair(int home) {
  uv_os_sock_t socks[2];

  note("streams %d and %d at %d, a pair", walk.nthings, walk.nthings + 1, home);
  if (net_pair(socks) != 0)
    abort();
  adopt(home, socks[0]);
  adopt(home, socks[1]);
}

/* --- Use ------------------------------------------------------------------ */

static void write_some(thing_t* thing) {
  size_t len = below(below(4) == 0 ? MUCH : 500);
  order_t* it = order(thing);
  uv_buf_t buf = uv_buf_init(much, (unsigned int) len);
  int err;

  it->req.write.data = it;
  CALL(err = hvuv_write(&it->req.write, thing->stream, &buf, 1, on_write));
  take_back(it, err);
}

static void try_some(thing_t* thing) {
  uv_buf_t buf = uv_buf_init(much, 1 + below(500));

  CALL(hvuv_try_write(thing->stream, &buf, 1));
}

static void shut_it(thing_t* thing) {
  order_t* it = order(thing);
  int err;

  it->req.shutdown.data = it;
  CALL(err = hvuv_shutdown(&it->req.shutdown, thing->stream, on_shutdown));
  take_back(it, err);
}

/* Its socket goes on with another stream, unless the peer has gone, or ends. */
static void detach_it(thing_t* thing) {
  uv_os_sock_t sock;
  thing_t* heir;
  int err;

  CALL(err = hvuv_detach(thing->stream, &sock));
  if (err != 0)
    return;
  if (below(2) == 0) {
    heir = new_stream(thing->home);
    CALL(err = hvuv_open(heir->stream, sock));
    if (err == 0)
      return;
    if (err != UV_ENOTCONN)
      blame(heir, "does not take what another has given back");
  }
  net_close(sock);
}

void use_stream(thing_t* thing) {
  unsigned int kind = below(17);

  note("stream %d: use %u", thing->number, kind);
  if (thing->is_waiting && kind < 8)
    accept_one(thing);
  else if (kind < 6)
    write_some(thing);
  else if (kind < 7)
    try_some(thing);
  else if (kind < 11)
    CALL(hvuv_read_start(thing->stream, on_alloc, on_read));
  else if (kind < 13)
    CALL(hvuv_read_stop(thing->stream));
  else if (kind < 14)
    shut_it(thing);
  else if (kind < 15)
    connect_it(thing);
  else if (kind < 16)
    detach_it(thing);
  else if (hvuv_has_ref(thing->stream))
    hvuv_unref(thing->stream);
  else
    hvuv_ref(thing->stream);
}

void close_stream(thing_t* thing) {
  int err = 0;

  note("stream %d closes", thing->number);
  if (below(3) == 0)
    CALL(err = hvuv_close_reset(thing->stream, on_stream_closed));
  else
    CALL(hvuv_close(thing->stream, on_stream_closed));
  if (err != 0)
    blame(thing, "does not close");
}
