/* The timer of a stream, on uv_timer_t. */
#include "loop/alarm.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/handle.h"

struct hvuv__alarm_s {
  uv_timer_t timer;
  hvuv__wait_t wait;
  void* owner;
  hvuv__alarm_cb cb;
};

int hvuv__alarm_open(uv_loop_t* loop,
                     void* owner,
                     hvuv__alarm_cb cb,
                     hvuv__alarm_t** alarm) {
  hvuv__alarm_t* a;

  a = hvuv__calloc(1, sizeof(*a));
  if (a == NULL)
    return UV_ENOMEM;

  uv_timer_init(loop, &a->timer); /* Always 0 (libuv, src/timer.c). */
  hvuv__handle_mark((uv_handle_t*) &a->timer);
  uv_unref((uv_handle_t*) &a->timer);
  a->owner = owner;
  a->cb = cb;
  *alarm = a;
  return 0;
}

static void on_timer(uv_timer_t* timer) {
  hvuv__alarm_t* a = (hvuv__alarm_t*) timer;

  assert(a->owner != NULL);
  a->cb(a->owner);
}

int hvuv__alarm_rings(const hvuv__alarm_t* a) {
  return hvuv__handle_is_open((const uv_handle_t*) &a->timer);
}

void hvuv__alarm_set(hvuv__alarm_t* a, uint64_t delay_ms) {
  /* The loop's clock stands still during a turn; a delay counted from a stale
   * one would be too short. */
  assert(a->owner != NULL);
  uv_update_time(a->timer.loop);
  uv_timer_start(&a->timer, on_timer, delay_ms, 0); /* fails if it is closed */
}

void hvuv__alarm_stop(hvuv__alarm_t* a) {
  uv_timer_stop(&a->timer);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle);
}

void hvuv__alarm_close(hvuv__alarm_t* a) {
  assert(a->owner != NULL); /* closed once */
  a->owner = NULL;
  hvuv__handle_close((uv_handle_t*) &a->timer, &a->wait, on_closed);
}
