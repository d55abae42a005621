/*
 * A wake-up of a listener is proof of one connection, and of no more. To ask
 * for another that is not there costs a system call, which a caller who comes
 * alone would pay for nothing; to ask for one each time costs a turn of the
 * loop for each of many callers. So a listener learns how many come:
 *
 *      least ---- it wakes in `patience` turns in a row ----+
 *       ^  ^                                                |  then with each
 *       |  +-- a turn without a wake-up --+                 v  turn twice as many
 *       |                                 +---- 2 -> 4 -> 8 -> 16 -> 32
 *       |                                 |                          |
 *       +-- it has asked in vain: --------+                  all 32 were there:
 *           patience doubles                                 patience is 1 again
 */
#include "stream/accepts.h"

#include <assert.h>

#define PATIENCE_MAX 8

#ifdef NDEBUG
#define check(accepts) ((void) 0)
#else
static void check(const hvuv__accepts_t* a) {
  assert(a->most >= 1 && a->most <= HVUV__ACCEPTS_MAX);
  assert(a->patience >= 1 && a->patience <= PATIENCE_MAX);
  assert(a->streak <= a->patience + 1);
}
#endif

static unsigned short twice(unsigned short n, unsigned short most) {
  return n <= most / 2 ? (unsigned short) (n * 2) : most;
}

unsigned int hvuv__accepts_begin(hvuv__accepts_t* a,
                                 unsigned int turn,
                                 unsigned int least) {
  assert(least >= 1 && least <= HVUV__ACCEPTS_MAX);
  if (a->patience == 0)
    a->patience = 1;
  if (a->streak == 0 || turn != a->turn + 1) {
    a->streak = 1;
    a->most = (unsigned short) least;
  } else if (a->streak <= a->patience) {
    a->streak++;
  }

  if (a->streak > a->patience)
    a->most = twice(a->most, HVUV__ACCEPTS_MAX);
  a->turn = turn;
  check(a);
  return a->most;
}

void hvuv__accepts_end(hvuv__accepts_t* a, unsigned int asked, int in_vain) {
  assert(asked <= a->most);
  if (in_vain) {
    a->streak = 0;
    a->patience = twice(a->patience, PATIENCE_MAX);
  } else if (asked == HVUV__ACCEPTS_MAX) {
    a->patience = 1;
    a->streak = 2;
  }
  check(a);
}
