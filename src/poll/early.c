#include "poll/early.h"

#include <assert.h>
#include <stddef.h>

/* So many looks in a row may show nothing before it is one socket in so
 * many. */
#define LOSSES_MAX    2
#define SOCKETS_A_BET 16

/* The first place, as a poller knows it. */
#define FIRST (HVUV__EARLY_MAY_WAIT + 1)

#ifdef NDEBUG
#define check_early(early) ((void) 0)
#else
static void check_early(const hvuv__early_t* e) {
  assert(e->left <= e->count && e->count <= hvuv__ready_max);
  assert(e->lost <= LOSSES_MAX && e->passed < SOCKETS_A_BET);
  assert(e->passed == 0 || e->lost == LOSSES_MAX);
}
#endif

static int is_bet(hvuv__early_t* e) {
  if (e->lost < LOSSES_MAX)
    return 1;
  e->passed = (e->passed + 1) % SOCKETS_A_BET;
  return e->passed == 0;
}

int hvuv__early_is_open(hvuv__early_t* e) {
  check_early(e);
  return !e->is_looking && e->count < hvuv__ready_max && is_bet(e);
}

unsigned char hvuv__early_enter(hvuv__early_t* e,
                                struct hvuv__poller_s* poller,
                                uv_os_sock_t sock) {
  unsigned int i = e->count;

  assert(poller != NULL && sock != HVUV__NO_SOCK);
  assert(!e->is_looking && i < hvuv__ready_max);
  e->who[i] = poller;
  e->socks[i] = sock;
  e->count++;
  check_early(e);
  return (unsigned char) (FIRST + i);
}

void hvuv__early_leave(hvuv__early_t* e, unsigned char place) {
  unsigned int i = place - FIRST;

  assert(place >= FIRST && i < e->count && e->who[i] != NULL);
  e->who[i] = NULL;
  e->socks[i] = HVUV__NO_SOCK;
  e->left++;
  check_early(e);
}

void hvuv__early_look(hvuv__early_t* e, unsigned char events[]) {
  assert(!e->is_looking && e->count > 0);
  e->is_looking = 1;
  if (e->left == e->count)
    return;
  if (hvuv__ready_now(e->socks, events, e->count) > 0)
    e->lost = e->passed = 0;
  else if (e->lost < LOSSES_MAX)
    e->lost++;
}

void hvuv__early_end(hvuv__early_t* e) {
  assert(e->is_looking);
  e->is_looking = 0;
  e->count = 0;
  e->left = 0;
  check_early(e);
}
