/* What servers share that serve the same callers, from its beginning to its
 * end. share.h draws it. */
#include "serve/share.h"

#include <assert.h>
#include <string.h>

#include "base/mutex.h"
#include "sys/sys.h"

/* --- The lock ------------------------------------------------------------- */

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static int lock_err;
static unsigned int forks; /* from which this process has come since */

static void in_child(void) {
  forks++;
  hvuv__mutex_renew(&lock);
}

static void init_lock(void) {
  lock_err = uv_mutex_init(&lock);
  if (lock_err == 0)
    lock_err =
        hvuv__sys_watch_forks(hvuv__share_lock, hvuv__share_unlock, in_child);
}

int hvuv__share_lock_init(void) {
  uv_once(&once, init_lock);
  return lock_err;
}

void hvuv__share_lock(void) {
  uv_mutex_lock(&lock);
}

void hvuv__share_unlock(void) {
  uv_mutex_unlock(&lock);
}

int hvuv__share_is_orphan(const hvuv__share_t* share) {
  return share->forks != forks;
}

/* --- Places --------------------------------------------------------------- */

int hvuv__share_take_place(hvuv__member_t* m) {
  hvuv__share_t* share = m->share;

  hvuv__calls_check(share);
  if (!hvuv__member_has_room(m) ||
      hvuv__admit_room(&share->rules, share->connections) != HVUV__ADMIT)
    return 0;
  share->connections++;
  m->connections++;
  return 1;
}

void hvuv__share_give_place(hvuv__member_t* m) {
  hvuv__share_t* share = m->share;

  assert(m->connections > 0 && share->connections > 0);
  m->connections--;
  share->connections--;
  hvuv__calls_wake_acceptor(share);
  if (share->ncalls > 0)
    hvuv__bell_ring(m->bell); /* There may be one for whoever has room. */
  hvuv__calls_check(share);
}

/* --- Life ----------------------------------------------------------------- */

void hvuv__share_init(hvuv__share_t* share, const hvuv__rules_t* rules) {
  assert(share->members == NULL && share->ncalls == 0);
  share->rules = *rules;
  share->rules.allowed_peers = NULL; /* Who may come, each member judges. */
  share->rules.nallowed_peers = 0;
  share->forks = forks;
  hvuv__calls_check(share);
}

static void enlist(hvuv__share_t* share, hvuv__member_t* m) {
  hvuv__member_t** link;

  assert(m->state == HVUV__MEMBER_ALONE && m->share == NULL);
  for (link = &share->members; *link != NULL;)
    link = &(*link)->next;
  m->share = share;
  m->next = NULL;
  *link = m;
}

void hvuv__share_invite(hvuv__share_t* share, hvuv__member_t* leader) {
  assert(share->leader == NULL);
  enlist(share, leader);
  leader->state = HVUV__MEMBER_INVITED;
  share->leader = leader;
  hvuv__bell_ring(leader->bell);
  hvuv__calls_check(share);
}

void hvuv__share_join(hvuv__share_t* share,
                      hvuv__member_t* m,
                      uint64_t connections) {
  if (m->state == HVUV__MEMBER_ALONE)
    enlist(share, m);
  assert(m->connections == 0);
  m->state = HVUV__MEMBER_SERVING;
  m->connections = connections;
  share->connections += connections;
  hvuv__calls_wake_acceptor(share);
  hvuv__calls_check(share);
}

void hvuv__share_leave(hvuv__member_t* m, uint64_t now_ms) {
  assert(m->state == HVUV__MEMBER_INVITED || m->state == HVUV__MEMBER_SERVING);
  m->state = HVUV__MEMBER_LEAVING;
  hvuv__calls_pass_on(m, now_ms);
  hvuv__calls_check(m->share);
}

/* All fields are numbers of one kind. */
static_assert(sizeof(hvuv_stats_t) % sizeof(uint64_t) == 0, "a field is not");

static void add_stats(hvuv_stats_t* to, const hvuv_stats_t* from) {
  uint64_t* sums = (uint64_t*) (void*) to;
  const uint64_t* terms = (const uint64_t*) (const void*) from;
  size_t i;

  for (i = 0; i < sizeof(*to) / sizeof(uint64_t); i++)
    sums[i] += terms[i];
}

int hvuv__share_forget(hvuv__member_t* m) {
  hvuv__share_t* share = m->share;
  hvuv__member_t** link;

  assert(m->state == HVUV__MEMBER_LEAVING && m->connections == 0);
  for (link = &share->members; *link != m; link = &(*link)->next)
    assert(*link != NULL);
  *link = m->next;
  if (share->leader == m)
    share->leader = NULL;
  add_stats(&share->gone, &m->stats);
  m->state = HVUV__MEMBER_GONE;
  m->share = NULL;
  hvuv__calls_check(share);
  return share->members != NULL;
}

void hvuv__share_sum(hvuv__member_t* me, hvuv_stats_t* sum) {
  hvuv__share_t* share = me->share;
  hvuv__member_t* m;

  hvuv__calls_check(share);
  *sum = share->gone;
  for (m = share->members; m != NULL; m = m->next) {
    add_stats(sum, &m->stats);
    if (m != me)
      hvuv__bell_ring(m->bell);
  }
}
