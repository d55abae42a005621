/* Bytes between rings and a Unix socket, and how that ends; relay.h has the design. */
#include "bus/relay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Reading goes on when a packet of Linux' own size fits, if the ring is that large. */
#define ROOM_WANTED 4088u

/* So many packets that a program has left behind still go to the guest. */
#define LEFT_BEHIND_MAX 64

#ifdef NDEBUG
#define check(relay) ((void) 0)
#else
static void check(const bus__relay_t* relay) {
  assert(relay->state >= BUS__RELAY_BOTH && relay->state <= BUS__RELAY_OVER);
  assert((relay->channel == NULL) == (relay->state == BUS__RELAY_OVER));
  assert(relay->pipe != NULL && relay->on_over != NULL);
  assert(!relay->has_fin || relay->is_writing ||
         relay->state == BUS__RELAY_TO_GUEST ||
         relay->state == BUS__RELAY_OVER);
}
#endif

static int sends_up(const bus__relay_t* relay) {
  return relay->state == BUS__RELAY_BOTH ||
         relay->state == BUS__RELAY_TO_HOST ||
         relay->state == BUS__RELAY_DRAINING;
}

static int sends_down(const bus__relay_t* relay) {
  return relay->state == BUS__RELAY_BOTH || relay->state == BUS__RELAY_TO_GUEST;
}

/* --- Ends ----------------------------------------------------------------- */

static void end(bus__relay_t* relay, int is_ours) {
  bus__channel_t* channel = relay->channel;

  assert(relay->state != BUS__RELAY_OVER);
  relay->state = BUS__RELAY_OVER;
  relay->channel = NULL;
  uv_read_stop((uv_stream_t*) relay->pipe);
  if (is_ours)
    bus__channel_rescind(channel);
  check(relay);
  relay->on_over(relay->owner);
}

void bus__relay_cut(bus__relay_t* relay) {
  end(relay, 1);
}

void bus__relay_gone(bus__relay_t* relay) {
  end(relay, 0);
}

static void broken(bus__relay_t* relay, const bus__ring_t* ring) {
  bus__refuse(relay->host, ring->broken, relay->channel->relid);
  end(relay, 1);
}

static void on_shutdown(uv_shutdown_t* req, int status) {
  (void) req;
  (void) status; /* of a program that is gone, which a write or a read shows */
}

/* Behind its FIN the guest sends nothing. */
static void look_behind_fin(bus__relay_t* relay) {
  bus__channel_t* channel = relay->channel;
  uint32_t w;
  int err;

  if (!bus__channel_enter(channel))
    return;
  err = bus__ring_index(&channel->in, BUS__RING_WRITE, &w);
  bus__channel_leave(channel);
  if (err == 0 && w != channel->in.index)
    err = bus__ring_break(&channel->in, BUS__REFUSED_FIN);
  if (err != 0)
    broken(relay, &channel->in);
}

static void on_guest_ended(bus__relay_t* relay) {
  if (relay->state != BUS__RELAY_BOTH) {
    end(relay, 1);
    return;
  }
  relay->state = BUS__RELAY_TO_GUEST;
  relay->moved_ms = uv_now(relay->host->loop);
  if (uv_shutdown(&relay->shutdown, (uv_stream_t*) relay->pipe, on_shutdown) !=
      0)
    end(relay, 1);
  else
    look_behind_fin(relay);
}

/* --- To the guest --------------------------------------------------------- */

/* Whether the packet is in the ring, which else is broken or shut. */
static int put(bus__relay_t* relay, size_t len, size_t extra) {
  bus__channel_t* channel = relay->channel;
  int signal;

  if (!bus__channel_enter(channel))
    return 0;
  signal = bus__ring_put(&channel->out, relay->down, len, extra);
  bus__channel_leave(channel);
  if (signal < 0) {
    broken(relay, &channel->out);
    return 0;
  }
  bus__count(relay->host, BUS__PACKETS_DOWN, 1);
  bus__count(relay->host, BUS__BYTES_DOWN, len);
  relay->moved_ms = uv_now(relay->host->loop);
  if (signal || relay->host->options.signals_always)
    bus__channel_signal(channel);
  return 1;
}

/* What a packet may have now; negative when the rings are shut or broken. */
static int room_of(bus__relay_t* relay) {
  bus__channel_t* channel = relay->channel;
  int room;

  if (!bus__channel_enter(channel))
    return UV_EAGAIN;
  room = bus__ring_room(&channel->out);
  bus__channel_leave(channel);
  if (room > (int) relay->host->options.packet_bytes)
    room = (int) relay->host->options.packet_bytes;
  return room;
}

static void on_host_ended(bus__relay_t* relay) {
  int is_wrong = relay->host->options.faults.has_wrong_fin;

  if (relay->state == BUS__RELAY_BOTH &&
      relay->host->options.faults.rescinds_for_fin) {
    relay->state = BUS__RELAY_DRAINING;
    bus__relay_serve(relay);
    return;
  }
  if (!put(relay, 0, is_wrong && room_of(relay) > 0 ? 8 : 0))
    return;
  if (relay->state == BUS__RELAY_BOTH)
    relay->state = BUS__RELAY_TO_HOST;
  else
    end(relay, 1);
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  bus__relay_t* relay = handle->data;
  int room = room_of(relay);

  (void) suggested;
  *buf = uv_buf_init((char*) relay->down, room > 0 ? (unsigned int) room : 0);
}

static void serve_down(bus__relay_t* relay);

static void on_read(uv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  bus__relay_t* relay = stream->data;

  (void) buf;
  check(relay);
  if (nread > 0) {
    if (put(relay, (size_t) nread, 0))
      serve_down(relay);
  } else if (nread == UV_EOF) {
    uv_read_stop(stream);
    on_host_ended(relay);
  } else if (nread == UV_ENOBUFS) {
    serve_down(relay); /* the guest took room back, or is closing */
  } else if (nread < 0) {
    end(relay, 1);
  }
}

static size_t wanted(const bus__relay_t* relay) {
  size_t room = relay->channel->out.size / 2 - BUS__FIN_BYTES * 3;
  size_t packet = relay->host->options.packet_bytes;

  if (room > ROOM_WANTED)
    room = ROOM_WANTED;
  return room < packet ? room : packet;
}

/* Whether there is room for the next read; if not, the guest has been asked for it. */
static int has_room(bus__relay_t* relay) {
  bus__ring_t* ring = &relay->channel->out;
  size_t want = wanted(relay);
  int room = bus__ring_room(ring);

  if (room >= 0 && (size_t) room < want) {
    if (!relay->is_asking)
      bus__count(relay->host, BUS__RING_FULL, 1);
    relay->is_asking = 1;
    return bus__ring_ask(ring, want);
  }
  if (room >= 0 && relay->is_asking) {
    relay->is_asking = 0;
    room = bus__ring_ask(ring, 0);
  }
  return room < 0 ? room : 1;
}

/* Reads on, or stops reading. */
static void serve_down(bus__relay_t* relay) {
  bus__channel_t* channel = relay->channel;
  int go_on;

  if (!sends_down(relay) || relay->host->is_stalled)
    return;
  if (!bus__channel_enter(channel)) {
    uv_read_stop((uv_stream_t*) relay->pipe);
    return;
  }
  go_on = has_room(relay);
  bus__channel_leave(channel);
  if (go_on < 0)
    broken(relay, &channel->out);
  else if (go_on)
    /* UV_EALREADY where libuv is reading */
    (void) uv_read_start((uv_stream_t*) relay->pipe, on_alloc, on_read);
  else
    uv_read_stop((uv_stream_t*) relay->pipe);
}

/* What a program has sent before it went; it is read past libuv, which has no read
 * that would come back at once. */
static void take_leftovers(bus__relay_t* relay) {
  uv_os_fd_t fd;
  ssize_t n;
  int room;
  int i;

  if (uv_fileno((uv_handle_t*) relay->pipe, &fd) != 0)
    return;
  for (i = 0; i < LEFT_BEHIND_MAX && sends_down(relay); i++) {
    room = room_of(relay);
    if (room <= 0)
      return;
    n = recv(fd, relay->down, (size_t) room, MSG_DONTWAIT);
    if (n <= 0 || !put(relay, (size_t) n, 0))
      return;
  }
}

/* --- From the guest ------------------------------------------------------- */

static void serve_up(bus__relay_t* relay);

static void on_write(uv_write_t* req, int status) {
  bus__relay_t* relay = req->data;

  relay->is_writing = 0;
  if (relay->state == BUS__RELAY_OVER)
    return;
  if (status != 0) {
    relay->has_fin = 0;
    if (!relay->host->is_stalled)
      take_leftovers(relay);
    if (relay->state != BUS__RELAY_OVER)
      end(relay, 1);
    return;
  }
  if (relay->has_fin)
    on_guest_ended(relay);
  else
    serve_up(relay);
}

static void write_up(bus__relay_t* relay, size_t len) {
  uv_buf_t buf = uv_buf_init((char*) relay->up, (unsigned int) len);
  int err;

  relay->write.data = relay;
  relay->is_writing = 1;
  err = uv_write(&relay->write, (uv_stream_t*) relay->pipe, &buf, 1, on_write);
  if (err != 0)
    on_write(&relay->write, err);
}

/* Fills the buffer from the ring, up to a FIN, and gives the room back: whether that is
 * to be signalled, or UV_EPROTO. */
static int take_packets(bus__relay_t* relay, size_t* filled) {
  bus__ring_t* ring = &relay->channel->in;
  size_t len;
  int err;

  *filled = 0;
  for (;;) {
    err = bus__ring_take(
        ring, relay->up + *filled, sizeof(relay->up) - *filled, &len);
    if (err != 0)
      break;
    bus__count(relay->host, BUS__PACKETS_UP, 1);
    *filled += len;
    if (len == 0) {
      relay->has_fin = 1;
      break;
    }
  }
  if (err == UV_EPROTO)
    return err;
  assert(err != UV_ENOBUFS || *filled > 0);
  return ring->index == ring->stored ? 0 : bus__ring_give_back(ring);
}

static void serve_up(bus__relay_t* relay) {
  bus__channel_t* channel = relay->channel;
  size_t filled;
  int signal;

  if (!sends_up(relay) || relay->is_writing || relay->host->is_stalled ||
      !bus__channel_enter(channel))
    return;
  signal = take_packets(relay, &filled);
  bus__channel_leave(channel);
  if (signal < 0) {
    relay->has_fin = 0;
    broken(relay, &channel->in);
    return;
  }
  bus__count(relay->host, BUS__BYTES_UP, filled);
  if (signal)
    bus__channel_signal(channel);
  if (filled > 0)
    write_up(relay, filled);
  else if (relay->has_fin)
    on_guest_ended(relay);
  else if (relay->state == BUS__RELAY_DRAINING)
    end(relay, 1);
}

/* --- Together ------------------------------------------------------------- */

void bus__relay_start(bus__relay_t* relay,
                      bus__host_t* host,
                      bus__channel_t* channel,
                      uv_pipe_t* pipe,
                      void* owner,
                      void (*on_over)(void* owner)) {
  assert(channel->state == BUS__CHANNEL_OPEN);
  relay->state = BUS__RELAY_BOTH;
  relay->host = host;
  relay->channel = channel;
  relay->pipe = pipe;
  relay->pipe->data = relay;
  relay->owner = owner;
  relay->on_over = on_over;
  relay->is_writing = 0;
  relay->has_fin = 0;
  relay->is_asking = 0;
  relay->moved_ms = uv_now(host->loop);
  check(relay);
  bus__relay_serve(relay);
}

void bus__relay_serve(bus__relay_t* relay) {
  check(relay);
  if (relay->host->is_stalled)
    return;
  if (relay->state == BUS__RELAY_TO_GUEST)
    look_behind_fin(relay);
  else
    serve_up(relay);
  if (relay->state != BUS__RELAY_OVER)
    serve_down(relay);
}

void bus__relay_stall(bus__relay_t* relay) {
  check(relay);
  uv_read_stop((uv_stream_t*) relay->pipe);
}

/* Behind our own shutdown() a program that has only ended its sending looks like one that
 * is gone; it will not say more either. */
static int has_hung_up(const bus__relay_t* relay) {
  struct pollfd poller = {0};

  if (uv_fileno((const uv_handle_t*) relay->pipe, &poller.fd) != 0)
    return 1;
  return poll(&poller, 1, 0) == 1 &&
         (poller.revents & (POLLHUP | POLLERR)) != 0;
}

void bus__relay_look(bus__relay_t* relay) {
  check(relay);
  if (relay->state == BUS__RELAY_TO_GUEST && !relay->host->is_stalled &&
      uv_now(relay->host->loop) - relay->moved_ms >=
          relay->host->limits.idle_ms &&
      has_hung_up(relay))
    end(relay, 1);
}
