/* A timer that rings after a poll; timer.h draws it. */
#include "relay/timer.h"

#include <assert.h>
#include <stddef.h>

static hvuv__timer_t* of_timer(void* uv_timer) {
  return (hvuv__timer_t*) ((char*) uv_timer -
                           offsetof(hvuv__timer_t, uv_timer));
}

static hvuv__timer_t* of_check(void* uv_check) {
  return (hvuv__timer_t*) ((char*) uv_check -
                           offsetof(hvuv__timer_t, uv_check));
}

#ifdef NDEBUG
#define check(timer) ((void) 0)
#else
static void check(const hvuv__timer_t* timer) {
  assert(timer->owner != NULL && timer->on_ring != NULL);
  assert(timer->open_handles == 2);
}
#endif

static void on_polled(uv_check_t* handle) {
  hvuv__timer_t* timer = of_check(handle);

  check(timer);
  uv_check_stop(handle);
  uv_timer_stop(&timer->uv_timer);
  timer->due_ms = HVUV__TIMER_NEVER;
  timer->on_ring(timer->owner);
}

/* Starts the timer again so that the poll does not wait for long. Whoever walks
 * the loop may have closed the other handle. */
static void on_timer(uv_timer_t* handle) {
  hvuv__timer_t* timer = of_timer(handle);

  check(timer);
  assert(timer->due_ms != HVUV__TIMER_NEVER);
  if (!hvuv__handle_is_open((uv_handle_t*) &timer->uv_check))
    return;
  uv_check_start(&timer->uv_check, on_polled);
  uv_timer_start(handle, on_timer, 1, 0);
}

/* Neither init fails (libuv, src/timer.c, src/unix/loop-watcher.c). */
void hvuv__timer_open(hvuv__timer_t* timer,
                      uv_loop_t* loop,
                      void* owner,
                      hvuv__timer_cb on_ring) {
  uv_timer_init(loop, &timer->uv_timer);
  uv_check_init(loop, &timer->uv_check);
  uv_unref((uv_handle_t*) &timer->uv_timer);
  uv_unref((uv_handle_t*) &timer->uv_check);
  hvuv__handle_mark((uv_handle_t*) &timer->uv_timer);
  hvuv__handle_mark((uv_handle_t*) &timer->uv_check);
  timer->owner = owner;
  timer->on_ring = on_ring;
  timer->due_ms = HVUV__TIMER_NEVER;
  timer->open_handles = 2;
  check(timer);
}

void hvuv__timer_set(hvuv__timer_t* timer, uint64_t due_ms) {
  uint64_t now_ms;

  if (due_ms >= timer->due_ms)
    return;

  check(timer);
  assert(due_ms != HVUV__TIMER_NEVER);
  timer->due_ms = due_ms;
  if (uv_is_active((uv_handle_t*) &timer->uv_check))
    return; /* It is about to ring. */
  now_ms = uv_now(timer->uv_timer.loop);
  uv_timer_start(
      &timer->uv_timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void hvuv__timer_hold_loop(hvuv__timer_t* timer) {
  check(timer);
  uv_ref((uv_handle_t*) &timer->uv_timer);
}

static void one_closed(hvuv__timer_t* timer) {
  assert(timer->open_handles > 0);
  if (--timer->open_handles == 0)
    timer->on_closed(timer->owner);
}

static void on_timer_closed(uv_handle_t* handle) {
  one_closed(of_timer(handle));
}

static void on_check_closed(uv_handle_t* handle) {
  one_closed(of_check(handle));
}

void hvuv__timer_close(hvuv__timer_t* timer, hvuv__timer_cb cb) {
  check(timer);
  assert(cb != NULL);
  timer->on_closed = cb;
  hvuv__handle_close(
      (uv_handle_t*) &timer->uv_timer, &timer->timer_wait, on_timer_closed);
  hvuv__handle_close(
      (uv_handle_t*) &timer->uv_check, &timer->check_wait, on_check_closed);
}
