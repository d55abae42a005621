#include "conn/limits.h"

void hvuv_limits_init(hvuv_limits_t* limits) {
  limits->high_water_bytes = (size_t) 256 * 1024;
  limits->low_water_bytes = (size_t) 64 * 1024;
  limits->max_queued_bytes = (size_t) 4 * 1024 * 1024;
  limits->first_message_timeout_ms = 10000;
  limits->message_timeout_ms = 30000;
  limits->idle_timeout_ms = 300000;
  limits->end_timeout_ms = 5000;
}

int hvuv__limits_check(const hvuv_limits_t* limits) {
  if (limits->low_water_bytes > limits->high_water_bytes ||
      (limits->max_queued_bytes != 0 &&
       limits->high_water_bytes > limits->max_queued_bytes))
    return UV_EINVAL;
  return 0;
}

static uint64_t shorter(uint64_t shortest, uint64_t limit_ms) {
  return limit_ms != 0 && limit_ms < shortest ? limit_ms : shortest;
}

uint64_t hvuv__limits_spacing(const hvuv_limits_t* limits) {
  uint64_t shortest = UINT64_MAX;

  shortest = shorter(shortest, limits->first_message_timeout_ms);
  shortest = shorter(shortest, limits->message_timeout_ms);
  shortest = shorter(shortest, limits->idle_timeout_ms);
  shortest = shorter(shortest, limits->end_timeout_ms);
  return shortest / 16;
}
