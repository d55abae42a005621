/* Both monotonic clocks, which libuv asks for, stand still but for a script. */
#include "clock.h"

#include <sys/time.h>
#include <time.h>
#include <uv.h>

#define BEGIN_MS 1000000

static uint64_t now_ms = BEGIN_MS;

static int is_stopped(clockid_t id) {
#if defined(CLOCK_MONOTONIC_COARSE)
  if (id == CLOCK_MONOTONIC_COARSE)
    return 1;
#endif
  return id == CLOCK_MONOTONIC;
}

/* Seen by a shared libuv too. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec* ts) {
  struct timeval tv;

  if (is_stopped(id)) {
    ts->tv_sec = (time_t) (now_ms / 1000);
    ts->tv_nsec = (long) (now_ms % 1000) * 1000000;
    return 0;
  }
  gettimeofday(&tv, NULL);
  ts->tv_sec = tv.tv_sec;
  ts->tv_nsec = tv.tv_usec * 1000;
  return 0;
}

void sim_clock_advance(uint64_t ms) {
  now_ms += ms;
}

uint64_t sim_clock_ms(void) {
  return now_ms - BEGIN_MS;
}

int sim_clock_works(void) {
  uint64_t before;

  before = uv_hrtime();
  now_ms += 1000;
  return uv_hrtime() - before == (uint64_t) 1000 * 1000 * 1000;
}
