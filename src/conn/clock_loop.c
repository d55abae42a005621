#include "conn/clock_loop.h"

#include <assert.h>

#include "conn/conn_group.h"

static uint64_t now(const hvuv__group_t* group) {
  return uv_now(group->loop);
}

static uint64_t exact_now(const hvuv__group_t* group) {
  uv_update_time(group->loop);
  return uv_now(group->loop);
}

static void set_alarm(hvuv__group_t* group, uint64_t delay_ms) {
  assert(group->alarm != NULL);
  hvuv__far_alarm_set(group->alarm, delay_ms);
}

const hvuv__clock_t hvuv__loop_clock = {
    .now = now,
    .exact_now = exact_now,
    .set_alarm = set_alarm,
};

static void on_alarm(void* owner) {
  hvuv__group_alarm(owner);
}

int hvuv__loop_clock_open(hvuv__group_t* group, uv_loop_t* loop) {
  assert(group->alarm == NULL);
  group->loop = loop;
  return hvuv__far_alarm_open(
      loop, group->is_large, group, on_alarm, &group->alarm);
}

void hvuv__loop_clock_close(hvuv__group_t* group) {
  hvuv__far_alarm_close(group->alarm);
  group->alarm = NULL;
}
