/*
 * Who calls: a table of machines, with the share of the places that each has,
 * how often it comes, and what became of its callers.
 *
 *            its first connection           its last one leaves
 *   unknown ---------------------> PRESENT ---------------------> IDLE
 *    |   ^                          ^                             |  |
 *    |   |                          +----- another connection ----+  |
 *    |   +-- forgotten: more than HVUV__PEERS_IDLE_MAX are idle, ----+
 *    |       and none of the others for longer                       ^
 *    +------ a caller that is refused -------------------------------+
 *
 * So there are at most as many entries as connections and that many idle ones,
 * whatever names a stranger goes by. What was counted for a forgotten one goes
 * on to count for the others; these are also the callers without a name, who
 * have no share and no rate.
 *
 * Servers on several loops may have one table: it has a lock, and each function
 * may be called in any thread.
 */
#ifndef HVUV_SRC_SERVE_PEERS_H
#define HVUV_SRC_SERVE_PEERS_H

#include "conn/conn_state.h"
#include "hvuv/server.h"
#include "serve/admit.h"

#define HVUV__PEERS_IDLE_MAX 256

typedef struct hvuv__peers_s hvuv__peers_t;
typedef struct hvuv__peer_s hvuv__peer_t;

/* A table for one holder. NULL: no memory. */
hvuv__peers_t* hvuv__peers_new(const hvuv__quota_t* quota);

/* One holder more or less; the last one frees it, when all connections have
 * left. */
void hvuv__peers_hold(hvuv__peers_t* peers);
void hvuv__peers_release(hvuv__peers_t* peers);

/* A caller (NULL: without a name) comes at this time. ADMIT: it is counted as a
 * connection of *peer until hvuv__peers_leave(). Else it is counted as refused,
 * with REFUSE_SHARE or REFUSE_RATE, or NO_MEMORY, which is not counted. Times
 * of several loops need not be in order. */
hvuv__verdict_t hvuv__peers_enter(hvuv__peers_t* peers,
                                  const hvuv_addr_t* caller,
                                  uint64_t now_ms,
                                  hvuv__peer_t** peer);

/* It has gone, for this reason, and had done that much. */
void hvuv__peers_leave(hvuv__peers_t* peers,
                       hvuv__peer_t* peer,
                       const hvuv__counts_t* counts,
                       int reason);

/* A caller (NULL: without a name) is refused for another reason. */
void hvuv__peers_refuse(hvuv__peers_t* peers,
                        const hvuv_addr_t* caller,
                        hvuv__verdict_t verdict);

/* A copy of what was counted, the others first, with what the connections of
 * this group, which are tagged with their peers, have done so far. UV_ENOMEM;
 * *all is freed by hvuv__free(). */
int hvuv__peers_copy(hvuv__peers_t* peers,
                     const hvuv__group_t* group,
                     hvuv_peer_stats_t** all,
                     size_t* n);

#endif /* HVUV_SRC_SERVE_PEERS_H */
