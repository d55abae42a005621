/*
 * Times of many messages in little room: how many took how long, counted in
 * steps that grow with the time. Below LATENCY_STEPS ns each ns is a step of
 * its own; above, each power of two is LATENCY_STEPS of them.
 */
#include "bench.h"

#define LAST_STEP (LATENCY_POWERS * LATENCY_STEPS - 1)

static unsigned int step_of(uint64_t ns) {
  unsigned int power;
  unsigned int step;

  for (power = 0; ns >= 2 * LATENCY_STEPS; power++)
    ns >>= 1;
  step = power * LATENCY_STEPS + (unsigned int) ns;
  return step < LAST_STEP ? step : LAST_STEP;
}

/* In the middle of a step. */
static double ns_of(unsigned int step) {
  unsigned int power;
  double width;

  if (step < LATENCY_STEPS)
    return step;
  power = step / LATENCY_STEPS - 1;
  width = (double) (1ull << power);
  return ((double) (step - power * LATENCY_STEPS) + 0.5) * width;
}

void latency_add(latency_t* latency, uint64_t ns) {
  latency->count++;
  latency->counts[step_of(ns)]++;
  if (ns > latency->most)
    latency->most = ns;
}

double latency_quantile(const latency_t* latency, double share) {
  unsigned long below;
  unsigned int step;

  below = 0;
  for (step = 0; step <= LAST_STEP; step++) {
    below += latency->counts[step];
    if ((double) below >= share * (double) latency->count)
      break;
  }
  return ns_of(step) < (double) latency->most ? ns_of(step)
                                              : (double) latency->most;
}
