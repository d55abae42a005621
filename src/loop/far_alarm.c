#include "loop/far_alarm.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/handle.h"
#include "sys/timer.h"

/* What rings sooner burdens few waits. */
#define NEAR_MS 1000

/* A year: later than anything is set for that rings at all. */
#define MOST_MS ((uint64_t) 365 * 24 * 3600 * 1000)

#define NS_PER_MS 1000000u

/* A timer that is set for little later stays as it is: the same time, counted
 * from another now. */
#define SLACK_NS ((uint64_t) NEAR_MS / 64 * NS_PER_MS)

enum timer_state { TIMER_NEVER = 0, TIMER_WANTED, TIMER_OPEN };

struct hvuv__far_alarm_s {
  uv_poll_t poll; /* first: it is found by it */
  hvuv__wait_t wait;
  hvuv__sys_timer_t timer;
  enum timer_state state;
  uv_loop_t* loop;
  hvuv__alarm_t* plain; /* for what is near */
  void* owner;
  hvuv__alarm_cb cb;
};

int hvuv__far_alarm_open(uv_loop_t* loop,
                         int uses_descriptor,
                         void* owner,
                         hvuv__alarm_cb cb,
                         hvuv__far_alarm_t** alarm) {
  hvuv__far_alarm_t* a;

  a = hvuv__calloc(1, sizeof(*a));
  if (a == NULL)
    return UV_ENOMEM;
  if (hvuv__alarm_open(loop, owner, cb, &a->plain) != 0) {
    hvuv__free(a);
    return UV_ENOMEM;
  }
  a->state = uses_descriptor ? TIMER_WANTED : TIMER_NEVER;
  a->loop = loop;
  a->owner = owner;
  a->cb = cb;
  *alarm = a;
  return 0;
}

static void on_timer(uv_poll_t* poll, int status, int events) {
  hvuv__far_alarm_t* a = (hvuv__far_alarm_t*) poll;

  (void) status;
  (void) events;
  assert(a->state == TIMER_OPEN);
  hvuv__sys_timer_take(&a->timer);
  a->cb(a->owner);
}

/* Opened when it is first wanted, since many a server never has a connection.
 * What cannot be had now is asked for again the next time. */
static int has_timer(hvuv__far_alarm_t* a) {
  if (a->state == TIMER_OPEN)
    return hvuv__handle_is_open((const uv_handle_t*) &a->poll);
  if (a->state == TIMER_NEVER || !hvuv__alarm_rings(a->plain) ||
      hvuv__sys_timer_open(&a->timer) != 0)
    return 0;
  if (uv_poll_init(a->loop, &a->poll, a->timer.fd) != 0) {
    hvuv__sys_timer_close(&a->timer);
    return 0;
  }

  hvuv__handle_mark((uv_handle_t*) &a->poll);
  uv_unref((uv_handle_t*) &a->poll);
  uv_poll_start(&a->poll, UV_READABLE, on_timer);
  a->state = TIMER_OPEN;
  return 1;
}

void hvuv__far_alarm_set(hvuv__far_alarm_t* a, uint64_t delay_ms) {
  uint64_t at_ns;

  if (delay_ms < NEAR_MS || !has_timer(a)) {
    hvuv__alarm_set(a->plain, delay_ms);
    return;
  }
  if (delay_ms > MOST_MS)
    delay_ms = MOST_MS;
  at_ns = uv_hrtime() + delay_ms * NS_PER_MS;
  if (a->timer.at_ns == 0 || a->timer.at_ns > at_ns + SLACK_NS)
    hvuv__sys_timer_set(&a->timer, at_ns);
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle); /* It begins with it. */
}

void hvuv__far_alarm_close(hvuv__far_alarm_t* a) {
  hvuv__alarm_close(a->plain);
  a->plain = NULL;
  if (a->state != TIMER_OPEN) {
    hvuv__free(a);
    return;
  }
  hvuv__handle_close((uv_handle_t*) &a->poll, &a->wait, on_closed);
  hvuv__sys_timer_close(&a->timer);
}
