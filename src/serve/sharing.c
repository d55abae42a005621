/* Servers come to share, and leave. sharing.h has the contract. */
#include "serve/sharing.h"

#include <assert.h>

#include "base/alloc.h"
#include "conn/conn_group.h"
#include "loop/hub.h"
#include "serve/acceptor.h"

typedef struct hvuv__server_s server_t;

static uint64_t now_ms(void) {
  return uv_hrtime() / 1000000;
}

/* Under the lock. */
static void publish(server_t* s) {
  hvuv__group_stats(&s->owner.group, &s->member.stats);
}

/* --- Joining -------------------------------------------------------------- */

/* Under the lock: whether it may have others serve its callers. */
static int can_lead(const server_t* leader) {
  const hvuv__member_t* m = &leader->member;

  if (m->state == HVUV__MEMBER_ALONE)
    return 1;
  return m->state <= HVUV__MEMBER_SERVING && m->share->leader == m &&
         !hvuv__share_is_orphan(m->share);
}

/* Under the lock. */
static int begin_share(server_t* leader) {
  hvuv__share_t* share;
  int err;

  share = hvuv__calloc(1, sizeof(*share));
  if (share == NULL)
    return UV_ENOMEM;
  hvuv__share_init(share, &leader->rules);
  err = hvuv__acceptor_open(share, &share->thread);
  if (err != 0) {
    hvuv__free(share);
    return err;
  }
  hvuv__share_invite(share, &leader->member);
  return 0;
}

/* Under the lock. Its own limit goes on to count for it. */
static void follow(server_t* s, server_t* leader, const hvuv__rules_t* rules) {
  s->member.max_connections = s->rules.max_connections;
  hvuv__rules_close(&s->rules);
  s->rules = *rules;
  hvuv__peers_hold(leader->peers);
  hvuv__peers_release(s->peers);
  s->peers = leader->peers;
  hvuv__share_join(leader->member.share, &s->member, 0);
  s->shares = 1;
  s->follows = 1;
}

/* Under the lock. */
static int share_with(server_t* s, server_t* leader) {
  hvuv__rules_t rules;
  int err;

  if (s->member.state != HVUV__MEMBER_ALONE || !can_lead(leader))
    return UV_EINVAL;
  err = hvuv__rules_copy(&leader->rules, &rules);
  if (err != 0)
    return err;
  if (leader->member.state == HVUV__MEMBER_ALONE)
    err = begin_share(leader);
  if (err == 0)
    follow(s, leader, &rules);
  else
    hvuv__rules_close(&rules);
  return err;
}

int hvuv__sharing_begin(server_t* s, server_t* leader) {
  int err;

  if (s == leader || s->owner.group.loop == leader->owner.group.loop ||
      s->state != HVUV__SERVER_SERVING || s->listeners.first != NULL ||
      s->nconns > 0)
    return UV_EINVAL;
  hvuv__share_lock();
  err = share_with(s, leader);
  hvuv__share_unlock();
  if (err == 0)
    hvuv__hub_hold(s->owner.anchor.hub, 1);
  return err;
}

/* --- Leaving -------------------------------------------------------------- */

void hvuv__sharing_leave(server_t* s) {
  hvuv__share_lock();
  if (s->member.share != NULL)
    hvuv__share_leave(&s->member, now_ms());
  else
    s->member.state = HVUV__MEMBER_LEAVING; /* Nobody can share any more. */
  hvuv__share_unlock();
  if (s->follows)
    hvuv__hub_hold(s->owner.anchor.hub, -1);
}

void hvuv__sharing_drop_lost(server_t* s) {
  hvuv__call_t call;
  int has_call;

  do {
    hvuv__share_lock();
    has_call = s->member.share != NULL &&
               hvuv__calls_take_lost(s->member.share, &call);
    hvuv__share_unlock();
    if (has_call && call.kind <= HVUV__CALL_EXTRA)
      hvuv__sys_close(call.accepted.sock);
  } while (has_call);
}

static void end_share(hvuv__share_t* share) {
  hvuv__acceptor_close(share->thread);
  hvuv__free(share);
}

void hvuv__sharing_close(server_t* s) {
  hvuv__share_t* share;
  int was_last = 0;

  assert(s->state == HVUV__SERVER_STOPPING && s->nconns == 0);
  hvuv__share_lock();
  share = s->member.share;
  if (share != NULL) {
    publish(s);
    was_last = !hvuv__share_forget(&s->member) && !hvuv__share_is_orphan(share);
  }
  hvuv__share_unlock();
  hvuv__bell_close(s->member.bell);
  if (was_last)
    end_share(share);
}

/* --- All of them ---------------------------------------------------------- */

static void ask_to_stop(hvuv__member_t* m,
                        uint64_t grace_ms,
                        hvuv_server_stop_cb cb) {
  if (!m->must_stop || grace_ms < m->grace_ms)
    m->grace_ms = grace_ms;
  if (!m->must_stop)
    m->stop_cb = cb;
  m->must_stop = 1;
  hvuv__bell_ring(m->bell);
}

void hvuv__sharing_stop_others(server_t* s,
                               uint64_t grace_ms,
                               hvuv_server_stop_cb cb) {
  hvuv__member_t* m;

  hvuv__share_lock();
  if (s->member.share != NULL && !hvuv__share_is_orphan(s->member.share))
    for (m = s->member.share->members; m != NULL; m = m->next)
      if (m != &s->member)
        ask_to_stop(m, grace_ms, cb);
  hvuv__share_unlock();
}

void hvuv__sharing_sum(server_t* s, hvuv_stats_t* stats) {
  hvuv__share_lock();
  publish(s);
  if (s->member.share != NULL)
    hvuv__share_sum(&s->member, stats);
  else
    *stats = s->member.stats;
  hvuv__share_unlock();
}
