/*
 * A relay's life: two streams joined (relay/pair.h says how they end), and the
 * timer for its limits.
 *
 *      ports[0] ---- ways[0] ---> ports[1]
 *               <--- ways[1] ----
 *
 *             the pair is done: both ways are over,      the last handle
 *             or a limit, or hvuv_relay_close()          has closed
 *   JOINED ------------------------------------> CLOSING ---------------> gone
 *
 * The relay, its requests, its timer and both buffers, until these grow, are
 * one block, which goes when the last of the handles in it has closed.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "relay/pair.h"
#include "relay/timer.h"

#define BUFFER_BYTES       262144
#define BUFFER_BYTES_MAX   ((size_t) 1 << 30)
#define SINK_TIMEOUT_MS    120000
#define HALF_CLOSE_REST_MS 1000

enum state { JOINED = 1, CLOSING };

typedef struct hvuv__relay_s {
  enum state state;
  hvuv_relay_t* relay;
  hvuv_relay_cb cb;
  hvuv__pair_t pair;
  hvuv__timer_t timer;
  unsigned int open;  /* the two ports and the timer, until each has closed */
  char first_bytes[]; /* of both buffers */
} hvuv__relay_t;

#ifdef NDEBUG
#define check(r) ((void) 0)
#else
static void check(const hvuv__relay_t* r) {
  assert(r->state == JOINED || r->state == CLOSING);
  assert(r->relay != NULL && r->relay->impl == r && r->cb != NULL);
  assert(r->open >= 1 && r->open <= 3);
  assert(r->state == CLOSING || r->open == 3);
}
#endif

static int index_of(const hvuv__relay_t* r, const hvuv__port_t* port) {
  assert(port == &r->pair.ports[0] || port == &r->pair.ports[1]);
  return port == &r->pair.ports[1];
}

/* --- Closing -------------------------------------------------------------- */

/* What may be read of a relay when it has ended, too. */
static void publish(hvuv__relay_t* r) {
  int i;

  for (i = 0; i < 2; i++) {
    r->relay->read_status[i] = r->pair.ways[i].read_status;
    r->relay->write_status[i] = r->pair.ways[!i].write_status;
  }
}

static void free_relay(hvuv__relay_t* r) {
  hvuv__buffer_free(&r->pair.ways[0].buffer);
  hvuv__buffer_free(&r->pair.ways[1].buffer);
  hvuv__free(r);
}

static void one_closed(void* arg) {
  hvuv__relay_t* r = arg;
  hvuv_relay_t* relay = r->relay;
  hvuv_relay_cb cb = r->cb;
  int status = r->pair.status;

  assert(r->state == CLOSING);
  check(r);
  if (--r->open != 0)
    return;

  hvuv__port_give_back(&r->pair.ports[0]);
  hvuv__port_give_back(&r->pair.ports[1]);
  relay->impl = NULL;
  free_relay(r);
  cb(relay, status);
}

static void on_closed(hvuv__port_t* port) {
  one_closed(port->owner);
}

static void finish(hvuv__relay_t* r) {
  r->state = CLOSING;
  publish(r);
  hvuv__pair_close(&r->pair);
  hvuv__timer_close(&r->timer, one_closed);
  check(r);
}

/* After anything that may have changed how far a way has come. While it parts
 * its streams neither read nor write, so they do not hold the loop. */
static void go_on(hvuv__relay_t* r) {
  check(r);
  if (hvuv__pair_is_done(&r->pair)) {
    finish(r);
    return;
  }
  hvuv__timer_set(&r->timer, hvuv__pair_due(&r->pair));
  if (r->pair.has_parted && (hvuv__port_has_ref(&r->pair.ports[0]) ||
                             hvuv__port_has_ref(&r->pair.ports[1])))
    hvuv__timer_hold_loop(&r->timer);
}

/* --- What the ports and the timer report ---------------------------------- */

static void on_alloc(hvuv__port_t* port, uv_buf_t* buf) {
  hvuv__relay_t* r = port->owner;

  hvuv__way_lend(&r->pair.ways[index_of(r, port)], buf);
}

static void on_read(hvuv__port_t* port, ssize_t nread) {
  hvuv__relay_t* r = port->owner;
  int from = index_of(r, port);

  if (r->state == CLOSING)
    return;
  hvuv__pair_on_read(&r->pair, from, nread);
  if (r->pair.ways[from].state != HVUV__WAY_READING)
    go_on(r);
}

static void on_written(hvuv__port_t* port, int status) {
  hvuv__relay_t* r = port->owner;

  if (r->state == CLOSING)
    return;
  hvuv__pair_on_written(&r->pair, index_of(r, port), status);
  go_on(r);
}

static void on_shutdown(hvuv__port_t* port, int status) {
  hvuv__relay_t* r = port->owner;

  if (r->state == CLOSING)
    return;
  hvuv__pair_on_shutdown(&r->pair, index_of(r, port), status);
  go_on(r);
}

static void on_ring(void* arg) {
  hvuv__relay_t* r = arg;

  assert(r->state == JOINED);
  hvuv__pair_judge(&r->pair);
  go_on(r);
}

static const hvuv__port_events_t events = {
    on_alloc, on_read, on_written, on_shutdown, on_closed};

/* --- Starting ------------------------------------------------------------- */

void hvuv_relay_options_init(hvuv_relay_options_t* options) {
  assert(options != NULL);
  memset(options, 0, sizeof(*options));
  options->buffer_bytes = BUFFER_BYTES;
  options->sink_timeout_ms = SINK_TIMEOUT_MS;
  options->half_close_rest_ms = HALF_CLOSE_REST_MS;
}

static int validate(const hvuv_relay_end_t* first,
                    const hvuv_relay_end_t* second,
                    const hvuv_relay_options_t* options) {
  int err[2];

  err[0] = hvuv__port_accepts(first);
  err[1] = hvuv__port_accepts(second);
  if (err[0] == UV_EINVAL || err[1] == UV_EINVAL ||
      options->buffer_bytes == 0 || options->buffer_bytes > BUFFER_BYTES_MAX)
    return UV_EINVAL;
  if ((first->hvuv == second->hvuv && first->uv == second->uv) ||
      hvuv__port_loop(first) != hvuv__port_loop(second))
    return UV_EINVAL;
  return err[0] != 0 ? err[0] : err[1];
}

static void make_way(hvuv__relay_t* r, int from, size_t buffer_bytes) {
  hvuv__way_t* way = &r->pair.ways[from];

  way->from = &r->pair.ports[from];
  way->to = &r->pair.ports[!from];
  way->loop = hvuv__port_loop(&way->from->stream);
  way->bytes = &r->relay->bytes[from];
  hvuv__buffer_init(&way->buffer,
                    r->first_bytes +
                        (size_t) from * hvuv__buffer_first_bytes(buffer_bytes),
                    buffer_bytes);
}

static int start(hvuv__relay_t* r,
                 const hvuv_relay_end_t* first,
                 const hvuv_relay_end_t* second,
                 const hvuv_relay_options_t* options) {
  hvuv__pair_t* pair = &r->pair;
  uv_loop_t* loop = hvuv__port_loop(first);
  int err;

  pair->idle_timeout_ms = options->idle_timeout_ms;
  pair->sink_timeout_ms = options->sink_timeout_ms;
  pair->half_close_rest_ms = options->half_close_rest_ms;
  hvuv__port_take(&pair->ports[0], first, &events, r);
  hvuv__port_take(&pair->ports[1], second, &events, r);
  make_way(r, 0, options->buffer_bytes);
  make_way(r, 1, options->buffer_bytes);
  uv_update_time(loop); /* It may have stood still for long. */
  err = hvuv__pair_start(pair);
  if (err != 0) {
    hvuv__port_give_back(&pair->ports[0]);
    hvuv__port_give_back(&pair->ports[1]);
    return err;
  }
  hvuv__timer_open(&r->timer, loop, r, on_ring);
  hvuv__timer_set(&r->timer, hvuv__pair_due(pair));
  return 0;
}

int hvuv_relay_start_ex(hvuv_relay_t* relay,
                        const hvuv_relay_end_t* first,
                        const hvuv_relay_end_t* second,
                        const hvuv_relay_options_t* options,
                        hvuv_relay_cb cb) {
  hvuv_relay_options_t defaults;
  hvuv__relay_t* r;
  int err;

  if (relay == NULL)
    return UV_EINVAL;
  relay->impl = NULL;
  if (options == NULL) {
    hvuv_relay_options_init(&defaults);
    options = &defaults;
  }
  err = cb == NULL ? UV_EINVAL : validate(first, second, options);
  if (err != 0)
    return err;

  r = hvuv__malloc(sizeof(*r) +
                   2 * hvuv__buffer_first_bytes(options->buffer_bytes));
  if (r == NULL)
    return UV_ENOMEM;
  memset(r, 0, sizeof(*r)); /* The buffers need not be. */
  r->state = JOINED;
  r->relay = relay;
  r->cb = cb;
  r->open = 3;
  err = start(r, first, second, options);
  if (err != 0) {
    free_relay(r);
    return err;
  }

  memset(relay->bytes, 0, sizeof(relay->bytes));
  memset(relay->read_status, 0, sizeof(relay->read_status));
  memset(relay->write_status, 0, sizeof(relay->write_status));
  relay->impl = r;
  check(r);
  return 0;
}

int hvuv_relay_start(hvuv_relay_t* relay,
                     const hvuv_relay_end_t* first,
                     const hvuv_relay_end_t* second,
                     size_t buffer_bytes,
                     uint64_t idle_timeout_ms,
                     hvuv_relay_cb cb) {
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  if (buffer_bytes != 0)
    options.buffer_bytes = buffer_bytes;
  options.idle_timeout_ms = idle_timeout_ms;
  return hvuv_relay_start_ex(relay, first, second, &options, cb);
}

/* --- Afterwards ----------------------------------------------------------- */

void hvuv_relay_close(hvuv_relay_t* relay) {
  hvuv__relay_t* r;

  assert(relay != NULL);
  r = relay->impl;
  if (r == NULL || r->state == CLOSING)
    return;
  hvuv__pair_stop(&r->pair, UV_ECANCELED);
  finish(r);
}

void hvuv_relay_stats(const hvuv_relay_t* relay, hvuv_relay_stats_t* stats) {
  const hvuv__relay_t* r = relay->impl;

  assert(stats != NULL);
  memset(stats, 0, sizeof(*stats));
  memcpy(stats->bytes, relay->bytes, sizeof(stats->bytes));
  memcpy(stats->read_status, relay->read_status, sizeof(stats->read_status));
  memcpy(stats->write_status, relay->write_status, sizeof(stats->write_status));
  if (r != NULL)
    hvuv__pair_stats(&r->pair, stats);
}

int hvuv_relay_look(const hvuv_relay_end_t* end) {
  if (end == NULL || (end->hvuv == NULL) == (end->uv == NULL))
    return UV_EINVAL;
  return hvuv__port_look(end);
}

/* --- For bindings --------------------------------------------------------- */

size_t hvuv_relay_size(void) {
  return sizeof(hvuv_relay_t);
}

void* hvuv_relay_get_data(const hvuv_relay_t* relay) {
  return relay->data;
}

void hvuv_relay_set_data(hvuv_relay_t* relay, void* data) {
  relay->data = data;
}
