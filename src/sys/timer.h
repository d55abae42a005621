/*
 * A timer that is a descriptor: readable once it has rung. A loop that polls it
 * waits without a time limit, which on Linux costs each wait less: there an
 * epoll_wait() with a limit has the kernel set a timer, and take it back, for
 * every one (0.15 of an echoed message, seen).
 */
#ifndef HVUV_SRC_SYS_TIMER_H
#define HVUV_SRC_SYS_TIMER_H

#include <stdint.h>

/* Zeroed before it is opened. A forked child gets a timer of its own for each
 * that its parent has, at the same number and set alike. */
typedef struct hvuv__sys_timer_s {
  int fd;
  uint64_t at_ns; /* by uv_hrtime(); 0: not set */
  struct hvuv__sys_timer_s* next;
  struct hvuv__sys_timer_s** link; /* what points at it; NULL: not open */
} hvuv__sys_timer_t;

/* UV_ENOTSUP where the system has none, or why it cannot be had. */
int hvuv__sys_timer_open(hvuv__sys_timer_t* timer);

/* Rings once at that time; replaces an earlier one. */
void hvuv__sys_timer_set(hvuv__sys_timer_t* timer, uint64_t at_ns);

/* It has rung, or has been said to: it is not readable until it rings again. */
void hvuv__sys_timer_take(hvuv__sys_timer_t* timer);

void hvuv__sys_timer_close(hvuv__sys_timer_t* timer);

#endif /* HVUV_SRC_SYS_TIMER_H */
