/* Where timers are no descriptors. */
#include <assert.h>
#include <uv.h>

#include "sys/timer.h"

int hvuv__sys_timer_open(hvuv__sys_timer_t* timer) {
  (void) timer;
  return UV_ENOTSUP;
}

void hvuv__sys_timer_set(hvuv__sys_timer_t* timer, uint64_t at_ns) {
  (void) timer;
  (void) at_ns;
  assert(0 && "there is none");
}

void hvuv__sys_timer_take(hvuv__sys_timer_t* timer) {
  (void) timer;
  assert(0 && "there is none");
}

void hvuv__sys_timer_close(hvuv__sys_timer_t* timer) {
  (void) timer;
  assert(0 && "there is none");
}
