/* clang-format off */
/*
 * Two streams joined: a relay is two ways (relay/way.h draws them), one from
 * each port to the other, that know nothing of each other.
 *
 *      ports[0] ---- ways[0] ---> ports[1]
 *               <--- ways[1] ----
 *
 *              both ways ENDED                the last handle has closed
 *   JOINED ------------------------> CLOSING ----------------------------> gone
 *          a failure, the timer,
 *          hvuv_relay_close()
 *
 * Both ENDED is the safe close: everything was written, both ports were shut
 * down behind it, and both peers' ends of input were read, so closing loses
 * nothing. Everything else is a failure, and closes both ports in the middle.
 *
 * The relay, its requests, its timer and both buffers are one block, which goes
 * when the last of the handles in it has closed.
 */
/* clang-format on */
#include <assert.h>

#include "base/alloc.h"
#include "relay/way.h"

#define BUFFER_BYTES     65536
#define BUFFER_BYTES_MAX ((size_t) 1 << 30)

enum state { JOINED = 1, CLOSING };

typedef struct hvuv__relay_s {
  enum state state;
  hvuv_relay_t* relay;
  hvuv_relay_cb cb;
  hvuv__port_t ports[2];
  hvuv__way_t ways[2]; /* from the port of the same number to the other */
  uv_timer_t timer;
  uint64_t idle_timeout_ms; /* 0: there is no timer */
  uint64_t moved_ms;        /* when a byte was last seen to move */
  size_t queued[2];         /* bytes that the ports had to write then */
  int status;               /* why it closes */
  unsigned int handles;     /* not yet closed */
  char buffers[];
} hvuv__relay_t;

static void check(const hvuv__relay_t* r) {
  assert(r->state == JOINED || r->state == CLOSING);
  assert(r->relay != NULL && r->relay->impl == r);
  assert(r->handles >= 1 && r->handles <= 3);
  assert(r->state == CLOSING ||
         r->handles == (r->idle_timeout_ms != 0 ? 3u : 2u));
  assert(r->state == CLOSING || r->status == 0);
  assert(r->ways[0].state != HVUV__WAY_ENDED ||
         r->ways[1].state != HVUV__WAY_ENDED || r->state == CLOSING);
}

static uv_loop_t* loop_of(const hvuv__relay_t* r) {
  return hvuv__port_loop(&r->ports[0].stream);
}

static int index_of(const hvuv__relay_t* r, const hvuv__port_t* port) {
  assert(port == &r->ports[0] || port == &r->ports[1]);
  return port == &r->ports[1];
}

/* --- Closing -------------------------------------------------------------- */

static void handle_closed(hvuv__relay_t* r) {
  hvuv_relay_t* relay = r->relay;
  hvuv_relay_cb cb = r->cb;
  int status = r->status;

  assert(r->state == CLOSING && r->handles > 0);
  if (--r->handles != 0)
    return;

  hvuv__port_give_back(&r->ports[0]);
  hvuv__port_give_back(&r->ports[1]);
  relay->impl = NULL;
  hvuv__free(r);
  cb(relay, status);
}

static void on_closed(hvuv__port_t* port) {
  handle_closed(port->owner);
}

static void on_timer_closed(uv_handle_t* handle) {
  handle_closed(handle->data);
}

/* A port that was shut down has had all that there was for it; another must
 * not look as if it had. */
static int is_cut_short(const hvuv__relay_t* r, int i) {
  return r->status != 0 && r->ways[!i].state < HVUV__WAY_SHUTTING;
}

static void finish(hvuv__relay_t* r, int status) {
  int i;

  if (r->state == CLOSING)
    return;

  r->state = CLOSING;
  r->status = status;
  check(r);
  for (i = 0; i < 2; i++)
    hvuv__port_close(&r->ports[i], is_cut_short(r, i));
  if (r->idle_timeout_ms != 0)
    uv_close((uv_handle_t*) &r->timer, on_timer_closed);
}

/* --- Idle ----------------------------------------------------------------- */

static void note_movement(hvuv__relay_t* r) {
  int i;

  r->moved_ms = uv_now(loop_of(r));
  for (i = 0; i < 2; i++)
    r->queued[i] = hvuv__port_queued(&r->ports[i]);
}

/* One buffer may take long to be written: bytes that left a queue have moved
 * too, though nothing was reported. */
static void look_at_queues(hvuv__relay_t* r) {
  if (hvuv__port_queued(&r->ports[0]) != r->queued[0] ||
      hvuv__port_queued(&r->ports[1]) != r->queued[1])
    note_movement(r);
}

/* Set anew only when it rings, not for each byte. */
static void on_timer(uv_timer_t* timer) {
  hvuv__relay_t* r = timer->data;
  uint64_t idle_ms;

  check(r);
  look_at_queues(r);
  assert(uv_now(timer->loop) >= r->moved_ms);
  idle_ms = uv_now(timer->loop) - r->moved_ms;
  if (idle_ms >= r->idle_timeout_ms)
    finish(r, UV_ETIMEDOUT);
  else
    uv_timer_start(timer, on_timer, r->idle_timeout_ms - idle_ms, 0);
}

/* The streams hold the loop, if their user lets them. */
static void start_timer(hvuv__relay_t* r, uint64_t idle_timeout_ms) {
  uv_loop_t* loop = loop_of(r);

  if (idle_timeout_ms == 0)
    return;

  r->idle_timeout_ms = idle_timeout_ms;
  r->handles++;
  uv_update_time(loop); /* It may have stood still for long. */
  note_movement(r);
  uv_timer_init(loop, &r->timer); /* Always 0 (libuv, src/timer.c). */
  uv_unref((uv_handle_t*) &r->timer);
  r->timer.data = r;
  uv_timer_start(&r->timer, on_timer, idle_timeout_ms, 0);
}

/* --- What the ports report ------------------------------------------------ */

/* The one place where a relay ends by itself. */
static void settle(hvuv__relay_t* r, int err) {
  if (err != 0)
    finish(r, err);
  else if (r->ways[0].state == HVUV__WAY_ENDED &&
           r->ways[1].state == HVUV__WAY_ENDED)
    finish(r, 0);
  check(r);
}

static void on_alloc(hvuv__port_t* port, uv_buf_t* buf) {
  hvuv__relay_t* r = port->owner;
  hvuv__way_t* way = &r->ways[index_of(r, port)];

  *buf = uv_buf_init(way->base, (unsigned int) way->capacity);
}

static void on_read(hvuv__port_t* port, ssize_t nread) {
  hvuv__relay_t* r = port->owner;
  int from = index_of(r, port);
  hvuv__way_t* way = &r->ways[from];
  int err;

  if (r->state == CLOSING)
    return;

  check(r);
  /* Some systems say so in place of the end of input to one who has ended his
   * own direction. */
  if (nread == UV_ENOTCONN && r->ways[!from].state == HVUV__WAY_ENDED)
    nread = UV_EOF;

  if (nread > 0) {
    err = hvuv__way_on_bytes(way, (size_t) nread);
    if (err == 0)
      note_movement(r);
  } else {
    err = nread == UV_EOF ? hvuv__way_on_eof(way) : (int) nread;
  }
  settle(r, err);
}

static void on_written(hvuv__port_t* to, int status) {
  hvuv__relay_t* r = to->owner;

  if (r->state == CLOSING)
    return;

  check(r);
  if (status == 0) {
    note_movement(r);
    status = hvuv__way_on_written(&r->ways[!index_of(r, to)]);
  }
  settle(r, status);
}

static void on_shutdown(hvuv__port_t* to, int status) {
  hvuv__relay_t* r = to->owner;

  if (r->state == CLOSING)
    return;

  check(r);
  settle(r, hvuv__way_on_shutdown(&r->ways[!index_of(r, to)], status));
}

static const hvuv__port_events_t events = {
    on_alloc, on_read, on_written, on_shutdown, on_closed};

/* --- Starting ------------------------------------------------------------- */

static int validate(const hvuv_relay_end_t* first,
                    const hvuv_relay_end_t* second,
                    size_t buffer_bytes,
                    hvuv_relay_cb cb) {
  int err[2];

  err[0] = hvuv__port_accepts(first);
  err[1] = hvuv__port_accepts(second);
  if (err[0] == UV_EINVAL || err[1] == UV_EINVAL || cb == NULL ||
      buffer_bytes > BUFFER_BYTES_MAX)
    return UV_EINVAL;
  if ((first->hvuv == second->hvuv && first->uv == second->uv) ||
      hvuv__port_loop(first) != hvuv__port_loop(second))
    return UV_EINVAL;
  return err[0] != 0 ? err[0] : err[1];
}

static void make_way(hvuv__relay_t* r, int from, size_t buffer_bytes) {
  hvuv__way_t* way = &r->ways[from];

  way->from = &r->ports[from];
  way->to = &r->ports[!from];
  way->base = r->buffers + (size_t) from * buffer_bytes;
  way->capacity = buffer_bytes;
  way->bytes = &r->relay->bytes[from];
}

static int start_both(hvuv__relay_t* r) {
  int err = hvuv__way_start(&r->ways[0]);

  if (err != 0)
    return err;
  err = hvuv__way_start(&r->ways[1]);
  if (err != 0)
    hvuv__port_read_stop(&r->ports[0]);
  return err;
}

int hvuv_relay_start(hvuv_relay_t* relay,
                     const hvuv_relay_end_t* first,
                     const hvuv_relay_end_t* second,
                     size_t buffer_bytes,
                     uint64_t idle_timeout_ms,
                     hvuv_relay_cb cb) {
  hvuv__relay_t* r;
  int err;

  if (relay == NULL)
    return UV_EINVAL;
  relay->impl = NULL;
  err = validate(first, second, buffer_bytes, cb);
  if (err != 0)
    return err;

  if (buffer_bytes == 0)
    buffer_bytes = BUFFER_BYTES;
  r = hvuv__calloc(1, sizeof(*r) + 2 * buffer_bytes);
  if (r == NULL)
    return UV_ENOMEM;

  r->state = JOINED;
  r->relay = relay;
  r->cb = cb;
  r->handles = 2;
  make_way(r, 0, buffer_bytes);
  make_way(r, 1, buffer_bytes);
  hvuv__port_take(&r->ports[0], first, &events, r);
  hvuv__port_take(&r->ports[1], second, &events, r);
  err = start_both(r);
  if (err != 0) {
    hvuv__port_give_back(&r->ports[0]);
    hvuv__port_give_back(&r->ports[1]);
    hvuv__free(r);
    return err;
  }

  relay->bytes[0] = relay->bytes[1] = 0;
  relay->impl = r;
  start_timer(r, idle_timeout_ms);
  check(r);
  return 0;
}

void hvuv_relay_close(hvuv_relay_t* relay) {
  assert(relay != NULL);
  if (relay->impl != NULL)
    finish(relay->impl, UV_ECANCELED);
}
