/*
 * For how long it is trusted that the folders of a target are this user's
 * alone: until the loop's clock moves, that is for what is left of its turn, or
 * of the millisecond where turns are shorter.
 *
 *   nothing <--- the clock moves, or another user ---+
 *      | looked at, and in order                     |
 *      +------------------------------------> one pair of folders, one user
 *
 * Whoever calls a hundred times in a turn so looks once. What a look protects
 * against is there before it: a folder of this name that somebody else has
 * made, a link, a mode that lets others in. Behind a look that has found
 * nothing of that, only this user and root can bring it about, for nobody else
 * can make, rename or link anything in such a folder, nor take its own place
 * where it lies in one that is private or sticky. Where it lies in one that
 * others may write to, they can take its place between a look and the connect
 * right behind it as well, which no look prevents.
 *
 * So a look may be a turn old. It may not be kept for longer: what cleans a
 * temporary folder removes ours in time, and then anybody may make one there.
 * A turn is as long as its callbacks: a program that stands in one for days, or
 * connects without running its loop, trusts for as long. uv_update_time() ends
 * it. A folder that was not in order, or not there, is looked at each time.
 *
 * A value that looks at no file and at no clock. A loop has one, zeroed at
 * first, for all its streams.
 */
#ifndef HVUV_SRC_LOCAL_TRUST_H
#define HVUV_SRC_LOCAL_TRUST_H

#include <stdint.h>

#include "local/target.h"

typedef struct hvuv__trust_s {
  uint64_t now_ms;   /* the loop's clock, set by whoever lends this */
  uint64_t since_ms; /* the same when the folders were looked at */
  unsigned long user;
  unsigned char root_len;
  unsigned char folder_len; /* 0: nothing is trusted */
  char folder[HVUV_PATH_SIZE];
} hvuv__trust_t;

/* Whether the folders of the target need no look by this user. */
int hvuv__trust_has(const hvuv__trust_t* trust,
                    const hvuv__target_t* target,
                    unsigned long user);

/* They were looked at just now, and are in order. */
void hvuv__trust_keep(hvuv__trust_t* trust,
                      const hvuv__target_t* target,
                      unsigned long user);

#endif /* HVUV_SRC_LOCAL_TRUST_H */
