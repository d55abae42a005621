/* The timer of a stream, on uv_timer_t. */
#include "loop/alarm.h"

#include "base/alloc.h"

struct hvuv__alarm_s {
  uv_timer_t timer;
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
  uv_unref((uv_handle_t*) &a->timer);
  a->owner = owner;
  a->cb = cb;
  *alarm = a;
  return 0;
}

static void on_timer(uv_timer_t* timer) {
  hvuv__alarm_t* a = (hvuv__alarm_t*) timer;

  a->cb(a->owner);
}

void hvuv__alarm_set(hvuv__alarm_t* a, uint64_t delay_ms) {
  /* The loop's clock stands still during a turn; a delay counted from a stale
   * one would be too short. */
  uv_update_time(a->timer.loop);
  uv_timer_start(&a->timer, on_timer, delay_ms, 0);
}

void hvuv__alarm_stop(hvuv__alarm_t* a) {
  uv_timer_stop(&a->timer);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle);
}

void hvuv__alarm_close(hvuv__alarm_t* a) {
  a->owner = NULL;
  uv_close((uv_handle_t*) &a->timer, on_closed);
}
