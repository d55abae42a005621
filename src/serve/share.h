/*
 * Servers on several loops that serve the same callers: what they share, and
 * who gets which caller. acceptor.c takes the callers from the kernel, in a
 * thread of its own, because any member's loop may be busy; member.c is how a
 * server takes part.
 *
 *   kernel ---> the leader's listening sockets ---> acceptor.c
 *                                                      | admit, offer
 *                                                      v
 *                                        calls, HVUV__SHARE_CALLS at most
 *                                         | take       | take       | take
 *                                         v            v            v
 *   a loop each:                        leader       member       member
 *
 * A caller is offered to the member that has the fewest connections, of several
 * to the one that has waited longest for one; so members that keep up are never
 * more than one apart, however fast callers come. It holds a place of its member
 * and one of all from then on.
 *
 *   offer ---> offered to one member ---> taken: a connection, or refused
 *                ^   |
 *                |   |  the member takes nothing for HVUV__SHARE_PATIENCE_MS: its
 *                |   |  loop is busy, and is offered nothing until it takes again
 *                |   |  the member has no memory, or leaves
 *                |   v
 *              offered to another, or, when all are busy, to whoever takes first
 *
 * Where there is no room for a call, it stays in the kernel. When no member is
 * left, calls are dropped, and counted.
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

#include "hvuv/server.h"
#include "loop/bell.h"
#include "serve/admit.h"
#include "stream/lend.h"

#define HVUV__SHARE_CALLS 64

/* Long enough for what handlers usually do, and for a scheduler's slice. */
#define HVUV__SHARE_PATIENCE_MS 10

typedef struct hvuv__share_s hvuv__share_t;
typedef struct hvuv__member_s hvuv__member_t;

enum hvuv__call_kind {
  HVUV__CALL_CALLER = 0, /* has a place */
  HVUV__CALL_EXTRA,      /* has none, and is to be refused */
  HVUV__CALL_STRANGER,   /* a note: one was refused by the family */
  HVUV__CALL_ERROR       /* a note: one could not be accepted */
};

typedef struct hvuv__call_s {
  enum hvuv__call_kind kind;
  int status; /* of a note */
  const hvuv_protocol_t* protocol;
  hvuv__accepted_t accepted; /* of a caller; of a stranger its address */
  hvuv__member_t* to;        /* NULL: whoever takes first */
  int in_hand;               /* it looks at it, and will say */
  uint64_t since_ms;         /* it was offered there */
} hvuv__call_t;

enum hvuv__member_state {
  HVUV__MEMBER_ALONE = 0,
  HVUV__MEMBER_INVITED,
  HVUV__MEMBER_SERVING,
  HVUV__MEMBER_LEAVING,
  HVUV__MEMBER_GONE
};

struct hvuv__member_s {
  hvuv__share_t* share;
  hvuv__bell_t* bell; /* its loop's */
  hvuv__member_t* next;
  enum hvuv__member_state state;
  unsigned int max_connections; /* of its own; 0: no limit */
  uint64_t connections;         /* with those that are offered to it */
  uint64_t last;                /* when it last was offered one, by number */
  int is_busy;
  hvuv_stats_t stats; /* as last published */

  /* What another member asks of it. */
  int must_stop;
  uint64_t grace_ms;
  hvuv_server_stop_cb stop_cb;
};

struct hvuv__share_s {
  hvuv__rules_t rules; /* the leader's, as to how many */
  hvuv__member_t* leader;
  hvuv__member_t* members; /* in the order in which they came */
  struct hvuv__acceptor_s* thread;
  hvuv__bell_t* acceptor; /* its; rung when it waits, and there may be room */
  int acceptor_waits;
  unsigned int forks;   /* of the process, before this share */
  uint64_t connections; /* places that are taken */
  uint64_t arriving;    /* of these, between admit and offer */
  uint64_t offers;      /* so far */
  unsigned int ncalls;
  hvuv__call_t calls[HVUV__SHARE_CALLS]; /* in the order in which they came */
  hvuv_stats_t gone;                     /* what nobody's server counts */
};

/* --- The lock. UV_ENOMEM. */
int hvuv__share_lock_init(void);
void hvuv__share_lock(void);
void hvuv__share_unlock(void);

/* --- Under the lock */

/* In zeroed memory. */
void hvuv__share_init(hvuv__share_t* share, const hvuv__rules_t* rules);

/* 1 in a child of the process that made it. */
int hvuv__share_is_orphan(const hvuv__share_t* share);

/* For the acceptor: whether a caller can be taken from the kernel. ADMIT: it has
 * a place, and hvuv__share_offer() must follow. WAIT: the acceptor's bell will
 * ring. Else hvuv__share_offer() as an extra one. */
hvuv__verdict_t hvuv__share_admit(hvuv__share_t* share);

/* Hands a call, or a note, to a member. A note for which there is no room is
 * only counted. */
void hvuv__share_offer(hvuv__share_t* share,
                       const hvuv__call_t* call,
                       uint64_t now_ms);

/* Gives calls that have waited too long to others. Returns whether it is to be
 * called again. */
int hvuv__share_review(hvuv__share_t* share, uint64_t now_ms);

/* For a member: joins with so many connections. */
void hvuv__share_invite(hvuv__share_t* share, hvuv__member_t* leader);
void hvuv__share_join(hvuv__share_t* share,
                      hvuv__member_t* member,
                      uint64_t connections);

/* A copy of a call that is offered to it; 0: there is none. It stays in its
 * place until the member has taken it, or puts it back because it cannot serve
 * it now; one of the two follows at once. keeps_place: what was made of it is
 * still there, and keeps the place, so that the call gets another. */
int hvuv__share_look(hvuv__member_t* member, hvuv__call_t* call);
void hvuv__share_take(hvuv__member_t* member);
void hvuv__share_put_back(hvuv__member_t* member,
                          int keeps_place,
                          uint64_t now_ms);

/* Takes a place for a caller that did not come by the acceptor; 0: there is
 * none. */
int hvuv__share_take_place(hvuv__member_t* member);

/* A connection, or a caller that was to become one, is no more. */
void hvuv__share_give_place(hvuv__member_t* member);

/* Is offered nothing any more. */
void hvuv__share_leave(hvuv__member_t* member, uint64_t now_ms);

/* Takes a call that nobody is left to take; 0: there is none. */
int hvuv__share_take_lost(hvuv__share_t* share, hvuv__call_t* call);

/* Has no connections any more, and is forgotten. Returns whether others are
 * left. */
int hvuv__share_forget(hvuv__member_t* member);

/* What all have counted, as they published it; rings those that have not. */
void hvuv__share_sum(hvuv__member_t* member, hvuv_stats_t* sum);

#endif /* HVUV_SRC_SERVE_SHARE_H */
