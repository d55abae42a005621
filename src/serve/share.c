/* Who gets which caller. share.h draws it. */
#include "serve/share.h"

#include <assert.h>
#include <stdlib.h>
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

/* --- Members -------------------------------------------------------------- */

#ifdef NDEBUG
#define check(share) ((void) 0)
#else
static void check(const hvuv__share_t* share) {
  const hvuv__member_t* m;
  uint64_t places = share->arriving;
  unsigned int i;

  assert(share->ncalls <= HVUV__SHARE_CALLS && share->arriving <= 1);
  for (m = share->members; m != NULL; m = m->next) {
    assert(m->share == share && m->bell != NULL);
    assert(m->state != HVUV__MEMBER_ALONE && m->state != HVUV__MEMBER_GONE);
    assert(m->state != HVUV__MEMBER_INVITED || m->connections == 0);
    places += m->connections;
  }
  for (i = 0; i < share->ncalls; i++) {
    m = share->calls[i].to;
    assert(m == NULL || m->state == HVUV__MEMBER_SERVING);
    places += share->calls[i].kind == HVUV__CALL_CALLER && m == NULL;
  }
  assert(places == share->connections);
}
#endif

static int has_room(const hvuv__member_t* m) {
  return m->max_connections == 0 || m->connections < m->max_connections;
}

static int is_better(const hvuv__member_t* m, const hvuv__member_t* best) {
  if (best == NULL || m->connections != best->connections)
    return best == NULL || m->connections < best->connections;
  return m->last < best->last;
}

/* The member that a caller is offered to; NULL: whoever takes first. */
static hvuv__member_t* choose(const hvuv__share_t* share,
                              const hvuv__member_t* not_this) {
  hvuv__member_t* best = NULL;
  hvuv__member_t* m;

  for (m = share->members; m != NULL; m = m->next)
    if (m->state == HVUV__MEMBER_SERVING && !m->is_busy && m != not_this &&
        has_room(m) && is_better(m, best))
      best = m;
  return best;
}

/* Notes concern the leader first. */
static hvuv__member_t* choose_for(const hvuv__share_t* share,
                                  const hvuv__call_t* call,
                                  const hvuv__member_t* not_this) {
  hvuv__member_t* leader = share->leader;

  if (call->kind != HVUV__CALL_CALLER && leader != NULL &&
      leader->state == HVUV__MEMBER_SERVING && !leader->is_busy &&
      leader != not_this)
    return leader;
  return choose(share, not_this);
}

static void ring_all(const hvuv__share_t* share) {
  hvuv__member_t* m;

  for (m = share->members; m != NULL; m = m->next)
    hvuv__bell_ring(m->bell);
}

static void wake_acceptor(hvuv__share_t* share) {
  if (!share->acceptor_waits)
    return;
  share->acceptor_waits = 0;
  hvuv__bell_ring(share->acceptor);
}

/* --- Calls ---------------------------------------------------------------- */

static void address(hvuv__share_t* share,
                    hvuv__call_t* call,
                    hvuv__member_t* to,
                    uint64_t now_ms) {
  if (call->kind == HVUV__CALL_CALLER && call->to != NULL)
    call->to->connections--;
  call->to = to;
  call->since_ms = now_ms;
  if (to == NULL) {
    ring_all(share);
    return;
  }
  to->last = ++share->offers;
  if (call->kind == HVUV__CALL_CALLER)
    to->connections++;
  hvuv__bell_ring(to->bell);
}

static void add(hvuv__share_t* share,
                const hvuv__call_t* call,
                hvuv__member_t* to,
                uint64_t now_ms) {
  hvuv__call_t* slot;

  assert(share->ncalls < HVUV__SHARE_CALLS);
  slot = &share->calls[share->ncalls++];
  *slot = *call;
  slot->to = NULL;
  slot->in_hand = 0;
  address(share, slot, to, now_ms);
}

static void remove_call(hvuv__share_t* share, hvuv__call_t* call) {
  size_t i = (size_t) (call - share->calls);

  assert(i < share->ncalls);
  share->ncalls--;
  memmove(&share->calls[i],
          &share->calls[i + 1],
          (share->ncalls - i) * sizeof(*call));
  wake_acceptor(share);
}

/* Besides the rules for all, each member may have a limit of its own. */
static int is_full(const hvuv__share_t* share) {
  const hvuv__member_t* m;

  for (m = share->members; m != NULL; m = m->next)
    if (m->state < HVUV__MEMBER_LEAVING && has_room(m))
      return 0;
  return 1;
}

static hvuv__verdict_t judge(const hvuv__share_t* share) {
  hvuv__verdict_t verdict;

  if (share->ncalls == HVUV__SHARE_CALLS)
    return HVUV__WAIT;
  verdict = hvuv__admit_room(&share->rules, share->connections);
  if (verdict != HVUV__ADMIT)
    return verdict;
  if (is_full(share))
    return share->rules.when_full == HVUV_FULL_WAIT ? HVUV__WAIT
                                                    : HVUV__REFUSE_FULL;
  return choose(share, NULL) != NULL ? HVUV__ADMIT : HVUV__WAIT;
}

hvuv__verdict_t hvuv__share_admit(hvuv__share_t* share) {
  hvuv__verdict_t verdict = judge(share);

  assert(share->arriving == 0);
  share->acceptor_waits = verdict == HVUV__WAIT;
  if (verdict == HVUV__ADMIT) {
    share->arriving = 1;
    share->connections++;
  }
  check(share);
  return verdict;
}

static void count_note(hvuv__share_t* share, const hvuv__call_t* call) {
  if (call->kind == HVUV__CALL_ERROR)
    share->gone.accept_errors++;
  else
    share->gone.refused_peer++;
}

void hvuv__share_offer(hvuv__share_t* share,
                       const hvuv__call_t* call,
                       uint64_t now_ms) {
  assert((call->kind == HVUV__CALL_CALLER) == (share->arriving == 1));
  share->arriving = 0;
  if (share->ncalls == HVUV__SHARE_CALLS)
    count_note(share, call);
  else
    add(share, call, choose_for(share, call, NULL), now_ms);
  check(share);
}

int hvuv__share_review(hvuv__share_t* share, uint64_t now_ms) {
  hvuv__call_t* call;
  unsigned int i;

  check(share);
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    if (call->to != NULL && !call->in_hand &&
        now_ms >= call->since_ms + HVUV__SHARE_PATIENCE_MS)
      call->to->is_busy = 1;
  }
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    if (call->to != NULL && !call->in_hand && call->to->is_busy)
      address(share, call, choose_for(share, call, NULL), now_ms);
  }
  check(share);
  return share->ncalls > 0;
}

static int is_for(const hvuv__call_t* call, const hvuv__member_t* m) {
  if (call->to != NULL)
    return call->to == m;
  return call->kind != HVUV__CALL_CALLER || has_room(m);
}

static hvuv__call_t* find_in_hand(const hvuv__member_t* m) {
  hvuv__share_t* share = m->share;
  unsigned int i;

  for (i = 0; i < share->ncalls; i++)
    if (share->calls[i].to == m && share->calls[i].in_hand)
      return &share->calls[i];
  return NULL;
}

/* A member that looks is not busy. If the acceptor had seen no other, it goes
 * on. */
int hvuv__share_look(hvuv__member_t* m, hvuv__call_t* out) {
  hvuv__share_t* share = m->share;
  hvuv__call_t* call;
  unsigned int i;

  check(share);
  assert(m->state == HVUV__MEMBER_SERVING && find_in_hand(m) == NULL);
  if (m->is_busy) {
    m->is_busy = 0;
    wake_acceptor(share);
  }
  for (i = 0; i < share->ncalls && !is_for(&share->calls[i], m);)
    i++;
  if (i == share->ncalls)
    return 0;

  call = &share->calls[i];
  if (call->kind == HVUV__CALL_CALLER && call->to == NULL)
    m->connections++;
  call->to = m;
  call->in_hand = 1;
  *out = *call;
  check(share);
  return 1;
}

void hvuv__share_take(hvuv__member_t* m) {
  remove_call(m->share, find_in_hand(m));
}

void hvuv__share_put_back(hvuv__member_t* m, int keeps_place, uint64_t now_ms) {
  hvuv__share_t* share = m->share;
  hvuv__call_t* call = find_in_hand(m);

  assert(call != NULL && call->kind == HVUV__CALL_CALLER);
  if (keeps_place) {
    share->connections++;
    m->connections++;
  }
  m->is_busy = 1;
  call->in_hand = 0;
  address(share, call, choose_for(share, call, m), now_ms);
  check(share);
}

int hvuv__share_take_lost(hvuv__share_t* share, hvuv__call_t* call) {
  hvuv__member_t* m;

  for (m = share->members; m != NULL; m = m->next)
    if (m->state < HVUV__MEMBER_LEAVING)
      return 0;
  if (share->ncalls == 0)
    return 0;
  *call = share->calls[0];
  remove_call(share, &share->calls[0]);
  if (call->kind == HVUV__CALL_CALLER)
    share->connections--;
  if (call->kind <= HVUV__CALL_EXTRA)
    share->gone.accept_errors++;
  else
    count_note(share, call);
  check(share);
  return 1;
}

/* --- Places --------------------------------------------------------------- */

int hvuv__share_take_place(hvuv__member_t* m) {
  hvuv__share_t* share = m->share;

  check(share);
  if (!has_room(m) ||
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
  wake_acceptor(share);
  if (share->ncalls > 0)
    hvuv__bell_ring(m->bell); /* There may be one for whoever has room. */
  check(share);
}

/* --- Life ----------------------------------------------------------------- */

void hvuv__share_init(hvuv__share_t* share, const hvuv__rules_t* rules) {
  assert(share->members == NULL && share->ncalls == 0);
  share->rules = *rules;
  share->rules.allowed_peers = NULL; /* Who may come, each member judges. */
  share->rules.nallowed_peers = 0;
  share->forks = forks;
  check(share);
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
  check(share);
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
  wake_acceptor(share);
  check(share);
}

void hvuv__share_leave(hvuv__member_t* m, uint64_t now_ms) {
  hvuv__share_t* share = m->share;
  hvuv__call_t* call;
  unsigned int i;

  assert(m->state == HVUV__MEMBER_INVITED || m->state == HVUV__MEMBER_SERVING);
  m->state = HVUV__MEMBER_LEAVING;
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    assert(call->to != m || !call->in_hand);
    if (call->to == m)
      address(share, call, choose_for(share, call, m), now_ms);
  }
  wake_acceptor(share);
  check(share);
}

/* All fields are numbers of one kind. */
static void add_stats(hvuv_stats_t* to, const hvuv_stats_t* from) {
  uint64_t* sums = (uint64_t*) (void*) to;
  const uint64_t* terms = (const uint64_t*) (const void*) from;
  size_t i;

  assert(sizeof(*to) % sizeof(uint64_t) == 0);
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
  check(share);
  return share->members != NULL;
}

void hvuv__share_sum(hvuv__member_t* me, hvuv_stats_t* sum) {
  hvuv__share_t* share = me->share;
  hvuv__member_t* m;

  check(share);
  *sum = share->gone;
  for (m = share->members; m != NULL; m = m->next) {
    add_stats(sum, &m->stats);
    if (m != me)
      hvuv__bell_ring(m->bell);
  }
}
