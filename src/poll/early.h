/*
 * The early look. Who calls has often said something before he is accepted. So
 * an accepted socket is not watched at once: those of a turn wait for its end,
 * and one system call asks all of them what has come. That is reported, and
 * only who then goes on is watched:
 *
 *   accepted            it is to be watched              the turn's end
 *   ---------> MAY_WAIT --------------------> a place ------------------> NONE
 *                  |                            |       what has come is     ^
 *                  |                            +- close  reported           |
 *                  +--- no place is left, or it is not worth it -------------+
 *
 * A conversation that is over with its first words is never watched, and one
 * that begins with them wakes the loop once less. But where callers wait before
 * they speak the look is for nothing. So it is a bet: after two looks in a row
 * that have shown nothing, one socket in sixteen has one.
 *
 * Whoever closes leaves his place empty, and no place is given away during the
 * look: what was seen of a socket is reported to its poller, or to nobody.
 */
#ifndef HVUV_SRC_POLL_EARLY_H
#define HVUV_SRC_POLL_EARLY_H

#include "sys/ready.h"

struct hvuv__poller_s;

/* Where a poller stands; a place is what is more than that. */
enum hvuv__early { HVUV__EARLY_NONE = 0, HVUV__EARLY_MAY_WAIT };

/* Of one loop. Zeroed. */
typedef struct hvuv__early_s {
  struct hvuv__poller_s* who[HVUV__READY_MAX];
  uv_os_sock_t socks[HVUV__READY_MAX];
  unsigned int count;  /* places that were given away */
  unsigned int left;   /* of them, because their pollers have closed */
  unsigned int lost;   /* looks in a row that have shown nothing */
  unsigned int passed; /* sockets since then without one */
  int is_looking;      /* what was seen is being reported */
} hvuv__early_t;

/* Whether one more is to have a place: there is room, and it is worth it. To be
 * asked once for each socket. */
int hvuv__early_is_open(hvuv__early_t* early);

/* The place that it has then. */
unsigned char hvuv__early_enter(hvuv__early_t* early,
                                struct hvuv__poller_s* poller,
                                uv_os_sock_t sock);

/* The poller closes. */
void hvuv__early_leave(hvuv__early_t* early, unsigned char place);

/* `events` has for each place what its poller wants, 0 for an empty one, and
 * gets what of it has come. From here to the end nobody enters. */
void hvuv__early_look(hvuv__early_t* early, unsigned char events[]);
void hvuv__early_end(hvuv__early_t* early);

#endif /* HVUV_SRC_POLL_EARLY_H */
