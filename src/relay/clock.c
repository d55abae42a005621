/* A timer that rings after a poll; clock.h draws it. */
#include "relay/clock.h"

#include <assert.h>
#include <stddef.h>

static void check(const hvuv__clock_t* clock) {
  assert(clock->owner != NULL && clock->on_ring != NULL);
  assert(clock->open_handles == 2);
}

static void on_polled(uv_check_t* handle) {
  hvuv__clock_t* clock = handle->data;

  check(clock);
  uv_check_stop(handle);
  uv_timer_stop(&clock->timer);
  clock->due_ms = HVUV__NEVER;
  clock->on_ring(clock->owner);
}

/* Starts the timer again so that the poll does not wait for long. */
static void on_timer(uv_timer_t* timer) {
  hvuv__clock_t* clock = timer->data;

  check(clock);
  assert(clock->due_ms != HVUV__NEVER);
  uv_check_start(&clock->check, on_polled);
  uv_timer_start(timer, on_timer, 1, 0);
}

/* Neither init fails (libuv, src/timer.c, src/unix/loop-watcher.c). */
void hvuv__clock_open(hvuv__clock_t* clock,
                      uv_loop_t* loop,
                      void* owner,
                      hvuv__clock_cb on_ring) {
  uv_timer_init(loop, &clock->timer);
  uv_check_init(loop, &clock->check);
  uv_unref((uv_handle_t*) &clock->timer);
  uv_unref((uv_handle_t*) &clock->check);
  clock->timer.data = clock;
  clock->check.data = clock;
  clock->owner = owner;
  clock->on_ring = on_ring;
  clock->due_ms = HVUV__NEVER;
  clock->open_handles = 2;
  check(clock);
}

void hvuv__clock_set(hvuv__clock_t* clock, uint64_t due_ms) {
  uint64_t now_ms;

  if (due_ms >= clock->due_ms)
    return;

  check(clock);
  assert(due_ms != HVUV__NEVER);
  clock->due_ms = due_ms;
  if (uv_is_active((uv_handle_t*) &clock->check))
    return; /* It is about to ring. */
  now_ms = uv_now(clock->timer.loop);
  uv_timer_start(
      &clock->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void hvuv__clock_hold_loop(hvuv__clock_t* clock) {
  check(clock);
  uv_ref((uv_handle_t*) &clock->timer);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__clock_t* clock = handle->data;

  assert(clock->open_handles > 0);
  if (--clock->open_handles == 0)
    clock->on_closed(clock->owner);
}

void hvuv__clock_close(hvuv__clock_t* clock, hvuv__clock_cb cb) {
  check(clock);
  assert(cb != NULL);
  clock->on_closed = cb;
  uv_close((uv_handle_t*) &clock->timer, on_closed);
  uv_close((uv_handle_t*) &clock->check, on_closed);
}
