/*
 * What servers on several loops share that serve the same callers. acceptor.c
 * takes the callers from the kernel, in a thread of its own, because any
 * member's loop may be busy; calls.c says who gets which; member.c is how a
 * server takes part.
 *
 *   kernel ---> the leader's listening sockets ---> acceptor.c
 *                                                      |
 *                                                    calls.c
 *                                         |            |           |
 *                                         v            v           v
 *   a loop each:                        leader       member      member
 *
 *   a member:  ALONE --- leader ---> INVITED ---> SERVING ---> LEAVING ---> GONE
 *                 \------ others -----------------^
 *
 *   INVITED  by another thread, and has not noticed yet
 *   SERVING  is offered calls
 *   LEAVING  its server stops: its connections still hold their places
 *   GONE     has none any more, and what it counted stays
 *
 * All of this belongs to whoever has the lock. It is one for all shares, and is
 * taken when a caller comes and when it goes. After a fork a child has no
 * acceptor and no other members: its share is an orphan, and does nothing more.
 */
#ifndef HVUV_SRC_SERVE_SHARE_H
#define HVUV_SRC_SERVE_SHARE_H

#include "serve/calls.h"

/* --- The lock. UV_ENOMEM. */
int hvuv__share_lock_init(void);
void hvuv__share_lock(void);
void hvuv__share_unlock(void);

/* --- Under the lock */

/* In zeroed memory. */
void hvuv__share_init(hvuv__share_t* share, const hvuv__rules_t* rules);

/* 1 in a child of the process that made it. */
int hvuv__share_is_orphan(const hvuv__share_t* share);

/* A server is to lead, and then joins with so many connections; others join at
 * once. */
void hvuv__share_invite(hvuv__share_t* share, hvuv__member_t* leader);
void hvuv__share_join(hvuv__share_t* share,
                      hvuv__member_t* member,
                      uint64_t connections);

/* Takes a place for a caller that did not come by the acceptor; 0: there is
 * none. */
int hvuv__share_take_place(hvuv__member_t* member);

/* A connection, or a caller that was to become one, is no more. */
void hvuv__share_give_place(hvuv__member_t* member);

/* Is offered nothing any more. */
void hvuv__share_leave(hvuv__member_t* member, uint64_t now_ms);

/* Has no connections any more, and is forgotten. Returns whether others are
 * left. */
int hvuv__share_forget(hvuv__member_t* member);

/* What all have counted, as they published it; rings those that have not. */
void hvuv__share_sum(hvuv__member_t* member, hvuv_stats_t* sum);

#endif /* HVUV_SRC_SERVE_SHARE_H */
