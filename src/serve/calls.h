/*
 * Who gets which caller of servers on several loops. Pure but for the bells:
 * all of it belongs to whoever has the lock of share.h.
 *
 *   acceptor.c ---- admit, offer ----> calls, HVUV__CALLS_MAX at most
 *                                        | look, take
 *                                        v
 *                                      the member to whom it was offered
 *
 * A caller is offered to the member that has the fewest connections, of several
 * to the one that has waited longest for one; so members that keep up are never
 * more than one apart, however fast callers come. It holds a place of its
 * member and one of all from then on.
 *
 *   offer ---> offered to one member ---> taken: a connection, or refused
 *                ^   |
 *                |   |  the member takes nothing for HVUV__CALLS_PATIENCE_MS: its
 *                |   |  loop is busy, and is offered nothing until it looks again
 *                |   |  the member has no memory, or leaves
 *                |   v
 *              offered to another, or, when all are busy, to whoever looks first
 *
 * Where there is no room for a call, it stays in the kernel. When no member is
 * left, calls are dropped, and counted.
 */
#ifndef HVUV_SRC_SERVE_CALLS_H
#define HVUV_SRC_SERVE_CALLS_H

#include "hvuv/server.h"
#include "loop/bell.h"
#include "serve/admit.h"
#include "stream/lend.h"

#define HVUV__CALLS_MAX 64

/* Long enough for what handlers usually do, and for a scheduler's slice. */
#define HVUV__CALLS_PATIENCE_MS 10

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
  hvuv__call_t calls[HVUV__CALLS_MAX]; /* in the order in which they came */
  hvuv_stats_t gone;                   /* what nobody's server counts */
};

/* Asserts what holds whenever no function here or of share.h is at work. */
#ifdef NDEBUG
#define hvuv__calls_check(share) ((void) 0)
#else
void hvuv__calls_check(const hvuv__share_t* share);
#endif

static inline int hvuv__member_has_room(const hvuv__member_t* member) {
  return member->max_connections == 0 ||
         member->connections < member->max_connections;
}

/* --- For the acceptor ----------------------------------------------------- */

/* Whether a caller can be taken from the kernel. ADMIT: it has
 * a place, and hvuv__calls_offer() must follow. WAIT: the acceptor's bell will
 * ring. Else hvuv__calls_offer() as an extra one. */
hvuv__verdict_t hvuv__calls_admit(hvuv__share_t* share);

/* Hands a call, or a note, to a member. A note for which there is no room is
 * only counted. */
void hvuv__calls_offer(hvuv__share_t* share,
                       const hvuv__call_t* call,
                       uint64_t now_ms);

/* Gives calls that have waited too long to others. Returns whether it is to be
 * called again. */
int hvuv__calls_review(hvuv__share_t* share, uint64_t now_ms);

/* There may be room now: rings the acceptor if it waits for that. */
void hvuv__calls_wake_acceptor(hvuv__share_t* share);

/* --- For a member --------------------------------------------------------- */

/* A copy of a call that is offered to it; 0: there is none. It stays in its
 * place until the member has taken it, or puts it back because it cannot serve
 * it now; one of the two follows at once. keeps_place: what was made of it is
 * still there, and keeps the place, so that the call gets another. */
int hvuv__calls_look(hvuv__member_t* member, hvuv__call_t* call);
void hvuv__calls_take(hvuv__member_t* member);
void hvuv__calls_put_back(hvuv__member_t* member,
                          int keeps_place,
                          uint64_t now_ms);

/* It leaves: what is offered to it goes to others. */
void hvuv__calls_pass_on(hvuv__member_t* member, uint64_t now_ms);

/* Takes a call that nobody is left to take; 0: there is none. */
int hvuv__calls_take_lost(hvuv__share_t* share, hvuv__call_t* call);

#endif /* HVUV_SRC_SERVE_CALLS_H */
