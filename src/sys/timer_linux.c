/*
 * Timers on timerfd. A forked child would share its parent's, and what one of
 * the two sets or takes the other would miss, so all of the process are in a
 * list, and the child makes them anew.
 */
#include "sys/timer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/mutex.h"
#include "sys/sys.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static hvuv__sys_timer_t* timers;

static int create(void) {
  return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

/* Cannot fail: the descriptor is a timer and the time is valid. */
static void arm(int fd, uint64_t at_ns) {
  struct itimerspec spec = {0};

  spec.it_value.tv_sec = (time_t) (at_ns / 1000000000u);
  spec.it_value.tv_nsec = (long) (at_ns % 1000000000u);
  timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void take_lock(void) {
  uv_mutex_lock(&lock);
}

static void give_lock(void) {
  uv_mutex_unlock(&lock);
}

/* Where none can be had, the timer stays shared, and rings in one of the two.
 */
static void renew(const hvuv__sys_timer_t* timer) {
  int fd;

  fd = create();
  if (fd < 0)
    return;
  if (timer->at_ns != 0)
    arm(fd, timer->at_ns);
  dup3(fd, timer->fd, O_CLOEXEC);
  close(fd);
}

static void in_child(void) {
  const hvuv__sys_timer_t* timer;

  for (timer = timers; timer != NULL; timer = timer->next)
    renew(timer);
  hvuv__mutex_renew(&lock);
}

static void init_lock(void) {
  if (uv_mutex_init(&lock) != 0 ||
      hvuv__sys_watch_forks(take_lock, give_lock, in_child) != 0)
    abort();
}

int hvuv__sys_timer_open(hvuv__sys_timer_t* timer) {
  assert(timer->link == NULL);
  uv_once(&once, init_lock);
  timer->fd = create();
  if (timer->fd < 0)
    return uv_translate_sys_error(errno);

  timer->at_ns = 0;
  take_lock();
  timer->next = timers;
  timer->link = &timers;
  if (timer->next != NULL)
    timer->next->link = &timer->next;
  timers = timer;
  give_lock();
  return 0;
}

void hvuv__sys_timer_set(hvuv__sys_timer_t* timer, uint64_t at_ns) {
  assert(at_ns != 0);
  take_lock();
  assert(timer->link != NULL); /* which others write, under the lock */
  timer->at_ns = at_ns;
  arm(timer->fd, at_ns);
  give_lock();
}

void hvuv__sys_timer_take(hvuv__sys_timer_t* timer) {
  uint64_t times;

  take_lock();
  assert(timer->link != NULL);
  timer->at_ns = 0;
  give_lock();
  while (read(timer->fd, &times, sizeof(times)) < 0 && errno == EINTR)
    continue;
}

void hvuv__sys_timer_close(hvuv__sys_timer_t* timer) {
  take_lock();
  assert(timer->link != NULL && *timer->link == timer);
  *timer->link = timer->next;
  if (timer->next != NULL)
    timer->next->link = timer->link;
  give_lock();
  timer->link = NULL;
  close(timer->fd);
}
