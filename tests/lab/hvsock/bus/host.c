/* What the bus counts and refuses, in words. */
#include "bus/host.h"

#include <assert.h>
#include <inttypes.h>

/* Of one reason, so many are logged. */
#define LOGGED_MAX 16u

static const char* const counter_texts[] = {
#define X(name, text) text,
    BUS__COUNTERS(X)
#undef X
};

static const char* const reason_texts[] = {
#define X(name, text) text,
    BUS__REASONS(X)
#undef X
};

void bus__refuse(bus__host_t* host, bus__reason_t why, uint32_t relid) {
  uint64_t n = ++host->counters.refused[why];

  assert(why < BUS__REASON_END);
  if (n <= LOGGED_MAX && relid != 0)
    bus__log(host, "relid %" PRIu32 ": refused: %s", relid, reason_texts[why]);
  else if (n <= LOGGED_MAX)
    bus__log(host, "refused: %s", reason_texts[why]);
  if (n == LOGGED_MAX)
    bus__log(host, "(no more of this kind is logged)");
}

void bus__log_counters(bus__host_t* host) {
  const bus__counters_t* counters = &host->counters;
  unsigned int i;

  for (i = 0; i < BUS__COUNTER_END; i++)
    if (counters->count[i] != 0)
      bus__log(host, "%" PRIu64 " %s", counters->count[i], counter_texts[i]);
  for (i = 0; i < BUS__REASON_END; i++)
    if (counters->refused[i] != 0)
      bus__log(host,
               "%" PRIu64 " refused: %s",
               counters->refused[i],
               reason_texts[i]);
}
