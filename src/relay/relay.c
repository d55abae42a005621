/* A relay's beginning, its end, and its timer. relay/way.c draws the rest. */
#include "relay/relay.h"

#include "base/alloc.h"

#define BUFFER_BYTES     65536
#define BUFFER_BYTES_MAX ((size_t) 1 << 30)

/* --- The end -------------------------------------------------------------- */

void hvuv__relay_on_closed(hvuv__relay_t* r) {
  hvuv_relay_t* relay = r->relay;
  hvuv_relay_cb cb = r->cb;
  int status = r->status;

  if (--r->handles != 0)
    return;

  hvuv__relay_end_give_back(&r->ends[0]);
  hvuv__relay_end_give_back(&r->ends[1]);
  relay->impl = NULL;
  hvuv__free(r);
  cb(relay, status);
}

static void on_timer_closed(uv_handle_t* handle) {
  hvuv__relay_on_closed(handle->data);
}

/* An end that was shut down has had all that there was for it; the other is
 * told that it has not. */
static int is_cut_short(const hvuv__relay_t* r, int i) {
  return r->status != 0 && r->ways[!i].state < HVUV__WAY_SHUTTING;
}

void hvuv__relay_finish(hvuv__relay_t* r, int status) {
  int i;

  if (r->closing)
    return;

  r->closing = 1;
  r->status = status;
  for (i = 0; i < 2; i++)
    hvuv__relay_end_close(&r->ends[i], is_cut_short(r, i));
  if (r->idle_timeout_ms != 0)
    uv_close((uv_handle_t*) &r->timer, on_timer_closed);
}

/* --- Idle ----------------------------------------------------------------- */

void hvuv__relay_moved(hvuv__relay_t* r) {
  int i;

  r->moved_ms = uv_now(hvuv__relay_end_loop(&r->ends[0].stream));
  for (i = 0; i < 2; i++)
    r->queued[i] = hvuv__relay_end_queued(&r->ends[i]);
}

/* One buffer may take long to be written: bytes that left a queue have moved
 * too, though nobody was told. */
static void look_at_queues(hvuv__relay_t* r) {
  if (hvuv__relay_end_queued(&r->ends[0]) != r->queued[0] ||
      hvuv__relay_end_queued(&r->ends[1]) != r->queued[1])
    hvuv__relay_moved(r);
}

/* Set anew only when it rings, not for each byte. */
static void on_timer(uv_timer_t* timer) {
  hvuv__relay_t* r = timer->data;
  uint64_t idle_ms;

  look_at_queues(r);
  idle_ms = uv_now(timer->loop) - r->moved_ms;
  if (idle_ms >= r->idle_timeout_ms)
    hvuv__relay_finish(r, UV_ETIMEDOUT);
  else
    uv_timer_start(timer, on_timer, r->idle_timeout_ms - idle_ms, 0);
}

/* The streams hold the loop, if their user lets them. */
static void start_timer(hvuv__relay_t* r, uint64_t idle_timeout_ms) {
  uv_loop_t* loop = hvuv__relay_end_loop(&r->ends[0].stream);

  if (idle_timeout_ms == 0)
    return;

  r->idle_timeout_ms = idle_timeout_ms;
  r->handles++;
  uv_update_time(loop); /* It may have stood still for long. */
  hvuv__relay_moved(r);
  uv_timer_init(loop, &r->timer); /* Always 0 (libuv, src/timer.c). */
  uv_unref((uv_handle_t*) &r->timer);
  r->timer.data = r;
  uv_timer_start(&r->timer, on_timer, idle_timeout_ms, 0);
}

/* --- The beginning -------------------------------------------------------- */

static int check(const hvuv_relay_end_t* first,
                 const hvuv_relay_end_t* second,
                 size_t buffer_bytes,
                 hvuv_relay_cb cb) {
  int err[2];

  err[0] = hvuv__relay_end_check(first);
  err[1] = hvuv__relay_end_check(second);
  if (err[0] == UV_EINVAL || err[1] == UV_EINVAL || cb == NULL ||
      buffer_bytes > BUFFER_BYTES_MAX)
    return UV_EINVAL;
  if ((first->hvuv == second->hvuv && first->uv == second->uv) ||
      hvuv__relay_end_loop(first) != hvuv__relay_end_loop(second))
    return UV_EINVAL;
  return err[0] != 0 ? err[0] : err[1];
}

static int read_both(hvuv__relay_t* r) {
  int err;

  hvuv__relay_end_take(&r->ends[0]);
  hvuv__relay_end_take(&r->ends[1]);
  err = hvuv__relay_end_read(&r->ends[0]);
  if (err == 0) {
    err = hvuv__relay_end_read(&r->ends[1]);
    if (err == 0)
      return 0;
    hvuv__relay_end_pause(&r->ends[0]);
  }
  hvuv__relay_end_give_back(&r->ends[0]);
  hvuv__relay_end_give_back(&r->ends[1]);
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
  int i;

  if (relay == NULL)
    return UV_EINVAL;
  relay->impl = NULL;
  err = check(first, second, buffer_bytes, cb);
  if (err != 0)
    return err;

  if (buffer_bytes == 0)
    buffer_bytes = BUFFER_BYTES;
  r = hvuv__calloc(1, sizeof(*r) + 2 * buffer_bytes);
  if (r == NULL)
    return UV_ENOMEM;

  r->relay = relay;
  r->cb = cb;
  r->buffer_bytes = buffer_bytes;
  r->handles = 2;
  r->ends[0].stream = *first;
  r->ends[1].stream = *second;
  for (i = 0; i < 2; i++) {
    r->ends[i].relay = r;
    r->ways[i].base = r->buffers + (size_t) i * buffer_bytes;
  }
  err = read_both(r);
  if (err != 0) {
    hvuv__free(r);
    return err;
  }

  relay->bytes[0] = relay->bytes[1] = 0;
  relay->impl = r;
  start_timer(r, idle_timeout_ms);
  return 0;
}

void hvuv_relay_close(hvuv_relay_t* relay) {
  if (relay->impl != NULL)
    hvuv__relay_finish(relay->impl, UV_ECANCELED);
}
