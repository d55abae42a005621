/* The clock that is a loop's: the time of its turn, and a timer. */
#ifndef HVUV_SRC_CONN_CLOCK_LOOP_H
#define HVUV_SRC_CONN_CLOCK_LOOP_H

#include "conn/conn_state.h"

extern const hvuv__clock_t hvuv__loop_clock;

/* Gives the group a loop and an alarm. UV_ENOMEM. */
int hvuv__loop_clock_open(hvuv__group_t* group, uv_loop_t* loop);
void hvuv__loop_clock_close(hvuv__group_t* group);

#endif /* HVUV_SRC_CONN_CLOCK_LOOP_H */
