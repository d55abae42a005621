/*
 * The list of all hubs: by it a hub is found by its loop, because uv_loop_t has
 * no room for libraries.
 *
 * A loop is known by its address and by a block that uv_loop_init() allocates
 * for it, because another loop may be made at the address of one whose streams
 * were not all closed.
 *
 * The list has a lock, and a hub is used by the thread of its loop only. So a
 * thread may keep in mind which one it has found last: that one is on the list
 * for as long as nobody takes any hub off, and most streams enter without the
 * lock.
 *
 * A fork copies the list. The lock is held meanwhile, so a child finds it
 * whole; of loops that it makes anew it knows none, by the rule above. What its
 * loops poll by is made the child's own there and then.
 */
#ifndef HVUV_SRC_LOOP_HUBS_H
#define HVUV_SRC_LOOP_HUBS_H

#include "poll/poll.h"

/* A hub's place in the list, a part of it. Zeroed before it is added. */
typedef struct hvuv__listed_s {
  uv_loop_t* loop;
  const void* life; /* of the loop: what no other one has */
  hvuv__poll_shared_t* poll;
  struct hvuv__listed_s* next;
  int is_listed;
} hvuv__listed_t;

/* NULL if the loop has none. */
hvuv__listed_t* hvuv__hubs_find(const uv_loop_t* loop);

/* Of a loop for which none was found just now. */
void hvuv__hubs_add(hvuv__listed_t* hub,
                    uv_loop_t* loop,
                    hvuv__poll_shared_t* poll);

/* It is found no more. Legal again. */
void hvuv__hubs_remove(hvuv__listed_t* hub);

#endif /* HVUV_SRC_LOOP_HUBS_H */
