#include "quota.h"

#include <stdio.h>

#include "hvforward.h"

#define PER_SECOND 20

static uint64_t began_ms; /* the second that is counted */
static unsigned int reported;
static unsigned int left_out;

void quota_end(void) {
  if (left_out != 0)
    fprintf(stderr,
            "%s: %u more of such were not reported\n",
            hvforward.name,
            left_out);
  left_out = 0;
}

int quota_take(uint64_t now_ms) {
  if (now_ms - began_ms >= 1000) {
    quota_end();
    began_ms = now_ms;
    reported = 0;
  }
  if (reported == PER_SECOND) {
    left_out++;
    return 0;
  }
  reported++;
  return 1;
}
