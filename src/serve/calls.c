/* Who gets which caller. calls.h draws it. */
#include "serve/calls.h"

#include <assert.h>
#include <string.h>

/* --- Members -------------------------------------------------------------- */

#ifndef NDEBUG
void hvuv__calls_check(const hvuv__share_t* share) {
  const hvuv__member_t* m;
  uint64_t places = share->arriving;
  unsigned int i;

  assert(share->ncalls <= HVUV__CALLS_MAX && share->arriving <= 1);
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
        hvuv__member_has_room(m) && is_better(m, best))
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

void hvuv__calls_wake_acceptor(hvuv__share_t* share) {
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

  assert(share->ncalls < HVUV__CALLS_MAX);
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
  hvuv__calls_wake_acceptor(share);
}

/* Besides the rules for all, each member may have a limit of its own. */
static int is_full(const hvuv__share_t* share) {
  const hvuv__member_t* m;

  for (m = share->members; m != NULL; m = m->next)
    if (m->state < HVUV__MEMBER_LEAVING && hvuv__member_has_room(m))
      return 0;
  return 1;
}

static hvuv__verdict_t judge(const hvuv__share_t* share) {
  hvuv__verdict_t verdict;

  if (share->ncalls == HVUV__CALLS_MAX)
    return HVUV__WAIT;
  verdict = hvuv__admit_room(&share->rules, share->connections);
  if (verdict != HVUV__ADMIT)
    return verdict;
  if (is_full(share))
    return share->rules.when_full == HVUV_FULL_WAIT ? HVUV__WAIT
                                                    : HVUV__REFUSE_FULL;
  return choose(share, NULL) != NULL ? HVUV__ADMIT : HVUV__WAIT;
}

hvuv__verdict_t hvuv__calls_admit(hvuv__share_t* share) {
  hvuv__verdict_t verdict = judge(share);

  assert(share->arriving == 0);
  share->acceptor_waits = verdict == HVUV__WAIT;
  if (verdict == HVUV__ADMIT) {
    share->arriving = 1;
    share->connections++;
  }
  hvuv__calls_check(share);
  return verdict;
}

static void count_note(hvuv__share_t* share, const hvuv__call_t* call) {
  if (call->kind == HVUV__CALL_ERROR)
    share->gone.accept_errors++;
  else
    share->gone.refused_peer++;
}

void hvuv__calls_offer(hvuv__share_t* share,
                       const hvuv__call_t* call,
                       uint64_t now_ms) {
  assert((call->kind == HVUV__CALL_CALLER) == (share->arriving == 1));
  share->arriving = 0;
  if (share->ncalls == HVUV__CALLS_MAX)
    count_note(share, call);
  else
    add(share, call, choose_for(share, call, NULL), now_ms);
  hvuv__calls_check(share);
}

int hvuv__calls_review(hvuv__share_t* share, uint64_t now_ms) {
  hvuv__call_t* call;
  unsigned int i;

  hvuv__calls_check(share);
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    if (call->to != NULL && !call->in_hand &&
        now_ms >= call->since_ms + HVUV__CALLS_PATIENCE_MS)
      call->to->is_busy = 1;
  }
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    if (call->to != NULL && !call->in_hand && call->to->is_busy)
      address(share, call, choose_for(share, call, NULL), now_ms);
  }
  hvuv__calls_check(share);
  return share->ncalls > 0;
}

static int is_for(const hvuv__call_t* call, const hvuv__member_t* m) {
  if (call->to != NULL)
    return call->to == m;
  return call->kind != HVUV__CALL_CALLER || hvuv__member_has_room(m);
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
int hvuv__calls_look(hvuv__member_t* m, hvuv__call_t* out) {
  hvuv__share_t* share = m->share;
  hvuv__call_t* call;
  unsigned int i;

  hvuv__calls_check(share);
  assert(m->state == HVUV__MEMBER_SERVING && find_in_hand(m) == NULL);
  if (m->is_busy) {
    m->is_busy = 0;
    hvuv__calls_wake_acceptor(share);
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
  hvuv__calls_check(share);
  return 1;
}

void hvuv__calls_take(hvuv__member_t* m) {
  remove_call(m->share, find_in_hand(m));
}

void hvuv__calls_put_back(hvuv__member_t* m, int keeps_place, uint64_t now_ms) {
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
  hvuv__calls_check(share);
}

void hvuv__calls_pass_on(hvuv__member_t* m, uint64_t now_ms) {
  hvuv__share_t* share = m->share;
  hvuv__call_t* call;
  unsigned int i;

  assert(m->state == HVUV__MEMBER_LEAVING);
  for (i = 0; i < share->ncalls; i++) {
    call = &share->calls[i];
    assert(call->to != m || !call->in_hand);
    if (call->to == m)
      address(share, call, choose_for(share, call, m), now_ms);
  }
  hvuv__calls_wake_acceptor(share);
}

int hvuv__calls_take_lost(hvuv__share_t* share, hvuv__call_t* call) {
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
  hvuv__calls_check(share);
  return 1;
}
