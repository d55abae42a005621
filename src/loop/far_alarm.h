/*
 * An alarm for what is nearly always far away, such as the limits of a server's
 * connections. With a uv_timer_t that is set, each time that the loop waits it
 * waits with a time limit, and that costs (sys/timer.h). So where timers can be
 * descriptors, what is far away is such a timer, polled like a socket; what is
 * near is an alarm (loop/alarm.h), which costs no system call to set.
 *
 *                   set ---> near? --- yes, or no descriptor ---> alarm
 *                                \--- no ---> descriptor, unless it is set for
 *                                             an earlier time already
 *
 * So it may ring earlier than it was set for. It never keeps its loop alive.
 */
#ifndef HVUV_SRC_LOOP_FAR_ALARM_H
#define HVUV_SRC_LOOP_FAR_ALARM_H

#include "loop/alarm.h"

typedef struct hvuv__far_alarm_s hvuv__far_alarm_t;

/* With uses_descriptor it may keep one. UV_ENOMEM. When whoever walks the loop
 * has closed its handles, it never rings. */
int hvuv__far_alarm_open(uv_loop_t* loop,
                         int uses_descriptor,
                         void* owner,
                         hvuv__alarm_cb cb,
                         hvuv__far_alarm_t** alarm);

/* Rings delay_ms from now, and perhaps earlier too. */
void hvuv__far_alarm_set(hvuv__far_alarm_t* alarm, uint64_t delay_ms);

/* No callback follows. */
void hvuv__far_alarm_close(hvuv__far_alarm_t* alarm);

#endif /* HVUV_SRC_LOOP_FAR_ALARM_H */
