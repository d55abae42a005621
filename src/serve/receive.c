/* What becomes of a caller that has been accepted. */
#include "serve/receive.h"

#include <assert.h>

#include "conn/conn.h"
#include "serve/journal.h"

typedef struct hvuv__server_s server_t;

void hvuv__receive_error(server_t* s, int status) {
  s->owner.group.stats.accept_errors++;
  hvuv__journal_accept_error(status);
  if (s->on_accept_error != NULL)
    s->on_accept_error(s->handle, status);
}

/* Last in each function, like hvuv__receive_error(): the user may stop the
 * server. */
static void report_refused(server_t* s, const hvuv_addr_t* peer, int reason) {
  if (s->on_refused != NULL)
    s->on_refused(s->handle, peer, reason);
}

void hvuv__receive_stranger(server_t* s, const hvuv_addr_t* peer, int status) {
  assert(status < 0);
  s->owner.group.stats.refused_peer++;
  hvuv__peers_refuse(s->peers, peer, HVUV__REFUSE_PEER);
  report_refused(s, peer, status);
}

/* Who may come in by the rules, and then by what its machine has already. */
static hvuv__verdict_t judge(server_t* s,
                             hvuv_conn_t* conn,
                             const hvuv_addr_t* peer) {
  hvuv__group_t* group = &s->owner.group;
  hvuv__peer_t* entry = NULL;
  hvuv__verdict_t verdict;

  verdict = hvuv__admit_caller(&s->rules, group->stats.connections_now, peer);
  if (verdict != HVUV__ADMIT) {
    hvuv__peers_refuse(s->peers, peer, verdict);
    return verdict;
  }
  verdict = hvuv__peers_enter(s->peers, peer, uv_now(group->loop), &entry);
  conn->tag = entry;
  return verdict;
}

/* Counts one that was refused, and returns the reason to report. */
static int count_refused(hvuv_stats_t* stats, hvuv__verdict_t verdict) {
  switch (verdict) {
    case HVUV__REFUSE_FULL:
      stats->refused_full++;
      return UV_EBUSY;
    case HVUV__REFUSE_PEER:
      stats->refused_peer++;
      return UV_EACCES;
    case HVUV__REFUSE_SHARE:
      stats->refused_share++;
      return UV_EBUSY;
    case HVUV__REFUSE_RATE:
      stats->refused_rate++;
      return UV_EAGAIN;
    case HVUV__ADMIT:
    case HVUV__WAIT:
    case HVUV__NO_MEMORY:
      break;
  }
  assert(verdict == HVUV__NO_MEMORY);
  return UV_ENOMEM;
}

void hvuv__receive(server_t* s, hvuv_conn_t* conn) {
  const hvuv_addr_t* peer;
  hvuv__verdict_t verdict;
  hvuv_addr_t name;
  int reason;

  peer = hvuv_conn_peer(conn, &name) == 0 ? &name : NULL;
  verdict = judge(s, conn, peer);
  if (verdict == HVUV__ADMIT) {
    hvuv__conn_open(conn);
    return;
  }

  hvuv__journal_refused(peer, verdict);
  reason = count_refused(&s->owner.group.stats, verdict);
  hvuv__conn_drop(conn, reason);
  if (verdict == HVUV__NO_MEMORY)
    hvuv__receive_error(s, reason);
  else
    report_refused(s, peer, reason);
}

void hvuv__receive_extra(server_t* s, const hvuv_addr_t* peer) {
  s->owner.group.stats.refused_full++;
  hvuv__journal_refused(peer, HVUV__REFUSE_FULL);
  hvuv__peers_refuse(s->peers, peer, HVUV__REFUSE_FULL);
  report_refused(s, peer, UV_EBUSY);
}
