/*
 * Who may come in. Pure: a verdict follows from the rules of a server, the
 * number of its connections and the name of the caller.
 *
 *                   room?          may this peer?
 *   caller ---+--- yes ----------+--- yes ---> ADMIT, as far as is known here
 *             |                  '--- no ----> REFUSE_PEER
 *             '--- no, wait -----------------> WAIT
 *             '--- no, refuse ---------------> REFUSE_FULL
 *
 * How many connections its machine has and how often it comes is known to
 * peers.c, which then judges by the quota:
 *
 *                   has it its share?   does it come too often?
 *   ADMIT ----+--- no ----------------+--- no ----> ADMIT
 *             |                       '--- yes ---> REFUSE_RATE
 *             '--- yes ---------------------------> REFUSE_SHARE
 *
 * A peer that has its share does not wait: behind it others would.
 */
#ifndef HVUV_SRC_SERVE_ADMIT_H
#define HVUV_SRC_SERVE_ADMIT_H

#include "hvuv/server.h"

typedef enum hvuv__verdict_e {
  HVUV__ADMIT = 0,
  HVUV__WAIT, /* until a connection has gone */
  HVUV__REFUSE_FULL,
  HVUV__REFUSE_PEER,
  HVUV__REFUSE_SHARE,
  HVUV__REFUSE_RATE,
  HVUV__NO_MEMORY /* to judge it */
} hvuv__verdict_t;

/* Of each peer. */
typedef struct hvuv__quota_s {
  unsigned int max_connections; /* 0: no limit */
  unsigned int new_per_s;       /* the same */
  unsigned int burst;           /* at once; above 0 if that has a limit */
} hvuv__quota_t;

typedef struct hvuv__rules_s {
  unsigned int max_connections; /* 0: no limit */
  hvuv_full_policy_t when_full;
  hvuv__quota_t quota;
  hvuv_addr_t* allowed_peers; /* a copy; NULL: everybody */
  unsigned int nallowed_peers;
} hvuv__rules_t;

/* The rules in a server's options. UV_EINVAL, if they make no sense, or
 * UV_ENOMEM. */
int hvuv__rules_init(hvuv__rules_t* rules,
                     const hvuv_server_options_t* options);
void hvuv__rules_close(hvuv__rules_t* rules);

/* The same rules for another server. UV_ENOMEM. */
int hvuv__rules_copy(const hvuv__rules_t* rules, hvuv__rules_t* copy);

/* Whether there is room for one more: ADMIT, WAIT or REFUSE_FULL. */
hvuv__verdict_t hvuv__admit_room(const hvuv__rules_t* rules,
                                 uint64_t connections_now);

/* Whether this caller may have it. One without a name (NULL) is nobody that a
 * list could allow. */
hvuv__verdict_t hvuv__admit_caller(const hvuv__rules_t* rules,
                                   uint64_t connections_now,
                                   const hvuv_addr_t* peer);

#endif /* HVUV_SRC_SERVE_ADMIT_H */
