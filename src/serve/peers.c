/* The table of peers: a hash table with lists, and a list of the idle ones by
 * how long they are. peers.h has the states of an entry. */
#include "serve/peers.h"

#include <assert.h>
#include <string.h>

#include "addr/alias.h"
#include "base/alloc.h"

/* A power of two. Lists are short even when somebody chooses names that meet in
 * one: as long as the table is. */
#define BUCKETS 128

/* A place in a bucket costs so much. */
#define TOKEN 1000

struct hvuv__peer_s {
  hvuv_peer_stats_t stats; /* connections_now is the state: 0 is IDLE */
  hvuv__peer_t* next;      /* in its bucket */
  hvuv__peer_t* newer;     /* while it is idle */
  hvuv__peer_t* older;
  uint32_t hash;
  uint64_t tokens; /* of TOKEN each, at ... */
  uint64_t filled_ms;
  size_t at; /* in a copy that is being made */
};

struct hvuv__peers_s {
  uv_mutex_t lock;
  unsigned int holders;
  hvuv__quota_t quota;
  hvuv__peer_t* buckets[BUCKETS];
  hvuv__peer_t others; /* on no list */
  hvuv__peer_t* newest;
  hvuv__peer_t* oldest;
  size_t idle;
  size_t entries; /* without the others */
};

#ifdef NDEBUG
#define check(peers) ((void) 0)
#else
static void check(const hvuv__peers_t* peers) {
  assert(peers->holders > 0);
  assert(peers->idle <= peers->entries && peers->idle <= HVUV__PEERS_IDLE_MAX);
  assert((peers->newest == NULL) == (peers->idle == 0));
  assert((peers->oldest == NULL) == (peers->idle == 0));
  assert(peers->oldest == NULL || peers->oldest->stats.connections_now == 0);
  assert(hvuv_addr_family(&peers->others.stats.peer) == (hvuv_family_t) 0);
}
#endif

/* --- Idle ones ------------------------------------------------------------ */

static void push_idle(hvuv__peers_t* peers, hvuv__peer_t* peer) {
  assert(peer->stats.connections_now == 0);
  peer->newer = NULL;
  peer->older = peers->newest;
  if (peers->newest != NULL)
    peers->newest->newer = peer;
  else
    peers->oldest = peer;
  peers->newest = peer;
  peers->idle++;
}

static void remove_idle(hvuv__peers_t* peers, hvuv__peer_t* peer) {
  assert(peers->idle > 0);
  if (peer->newer != NULL)
    peer->newer->older = peer->older;
  else
    peers->newest = peer->older;
  if (peer->older != NULL)
    peer->older->newer = peer->newer;
  else
    peers->oldest = peer->newer;
  peers->idle--;
}

static hvuv__peer_t** bucket_of(hvuv__peers_t* peers, uint32_t hash) {
  return &peers->buckets[hash & (BUCKETS - 1)];
}

static void add_up(hvuv_peer_stats_t* to, const hvuv_peer_stats_t* from) {
  to->connections_ever += from->connections_ever;
  to->refused_full += from->refused_full;
  to->refused_peer += from->refused_peer;
  to->refused_share += from->refused_share;
  to->refused_rate += from->refused_rate;
  to->over_memory += from->over_memory;
  to->bytes_received += from->bytes_received;
  to->bytes_sent += from->bytes_sent;
  to->messages_received += from->messages_received;
  to->messages_sent += from->messages_sent;
}

static void add_counts(hvuv_peer_stats_t* to, const hvuv__counts_t* counts) {
  to->bytes_received += counts->bytes_in;
  to->bytes_sent += counts->bytes_out;
  to->messages_received += counts->messages_in;
  to->messages_sent += counts->messages_out;
}

static void forget(hvuv__peers_t* peers, hvuv__peer_t* peer) {
  hvuv__peer_t** link;

  assert(peer->stats.connections_now == 0);
  remove_idle(peers, peer);
  for (link = bucket_of(peers, peer->hash); *link != peer;)
    link = &(*link)->next;
  *link = peer->next;
  add_up(&peers->others.stats, &peer->stats);
  hvuv__free(peer);
  peers->entries--;
}

static void be_idle(hvuv__peers_t* peers, hvuv__peer_t* peer) {
  if (peers->idle == HVUV__PEERS_IDLE_MAX)
    forget(peers, peers->oldest);
  push_idle(peers, peer);
}

/* --- Entries -------------------------------------------------------------- */

static hvuv__peer_t* find(hvuv__peers_t* peers,
                          const hvuv_addr_t* caller,
                          uint32_t hash) {
  hvuv__peer_t* peer;

  for (peer = *bucket_of(peers, hash); peer != NULL; peer = peer->next)
    if (peer->hash == hash &&
        hvuv__alias_same_machine(&peer->stats.peer, caller))
      break;
  return peer;
}

/* Idle at first, with all that it may spend. */
static hvuv__peer_t* add(hvuv__peers_t* peers,
                         const hvuv_addr_t* caller,
                         uint32_t hash) {
  hvuv__peer_t** bucket = bucket_of(peers, hash);
  hvuv__peer_t* peer;

  peer = hvuv__calloc(1, sizeof(*peer));
  if (peer == NULL)
    return NULL;
  hvuv__alias_machine_of(caller, &peer->stats.peer);
  peer->hash = hash;
  peer->tokens = (uint64_t) peers->quota.burst * TOKEN;
  peer->next = *bucket;
  *bucket = peer;
  peers->entries++;
  be_idle(peers, peer);
  return peer;
}

/* The entry of a caller; NULL: no memory. */
static hvuv__peer_t* look_up(hvuv__peers_t* peers, const hvuv_addr_t* caller) {
  hvuv__peer_t* peer;
  uint32_t hash;

  if (caller == NULL)
    return &peers->others;
  hash = hvuv__alias_machine_hash(caller);
  peer = find(peers, caller, hash);
  return peer != NULL ? peer : add(peers, caller, hash);
}

/* --- Verdicts ------------------------------------------------------------- */

static void fill(const hvuv__quota_t* quota,
                 hvuv__peer_t* peer,
                 uint64_t now_ms) {
  uint64_t most = (uint64_t) quota->burst * TOKEN;
  uint64_t passed_ms;

  if (now_ms <= peer->filled_ms)
    return; /* Another loop's time is ahead. */
  passed_ms = now_ms - peer->filled_ms;
  peer->filled_ms = now_ms;
  if (passed_ms >= (most - peer->tokens) / quota->new_per_s + 1)
    peer->tokens = most;
  else
    peer->tokens += passed_ms * quota->new_per_s;
  assert(peer->tokens <= most);
}

/* Whether it comes too often. Whoever is refused for that spends nothing. */
static int is_too_fast(const hvuv__quota_t* quota,
                       hvuv__peer_t* peer,
                       uint64_t now_ms) {
  if (quota->new_per_s == 0)
    return 0;
  fill(quota, peer, now_ms);
  if (peer->tokens < TOKEN)
    return 1;
  peer->tokens -= TOKEN;
  return 0;
}

static hvuv__verdict_t judge(const hvuv__quota_t* quota,
                             hvuv__peer_t* peer,
                             uint64_t now_ms) {
  if (quota->max_connections != 0 &&
      peer->stats.connections_now >= quota->max_connections)
    return HVUV__REFUSE_SHARE;
  return is_too_fast(quota, peer, now_ms) ? HVUV__REFUSE_RATE : HVUV__ADMIT;
}

static void count(hvuv_peer_stats_t* stats, hvuv__verdict_t verdict) {
  assert(stats != NULL);
  switch (verdict) {
    case HVUV__ADMIT:
      stats->connections_now++;
      stats->connections_ever++;
      break;
    case HVUV__REFUSE_FULL:
      stats->refused_full++;
      break;
    case HVUV__REFUSE_PEER:
      stats->refused_peer++;
      break;
    case HVUV__REFUSE_SHARE:
      stats->refused_share++;
      break;
    case HVUV__REFUSE_RATE:
      stats->refused_rate++;
      break;
    case HVUV__WAIT:
    case HVUV__NO_MEMORY:
      break;
  }
}

static hvuv__verdict_t enter(hvuv__peers_t* peers,
                             const hvuv_addr_t* caller,
                             uint64_t now_ms,
                             hvuv__peer_t** out) {
  hvuv__peer_t* peer;
  hvuv__verdict_t verdict;

  peer = look_up(peers, caller);
  if (peer == NULL)
    return HVUV__NO_MEMORY;
  verdict = caller == NULL ? HVUV__ADMIT : judge(&peers->quota, peer, now_ms);
  if (verdict == HVUV__ADMIT && caller != NULL &&
      peer->stats.connections_now == 0)
    remove_idle(peers, peer);
  count(&peer->stats, verdict);
  if (verdict == HVUV__ADMIT)
    *out = peer;
  return verdict;
}

/* --- For servers ---------------------------------------------------------- */

hvuv__verdict_t hvuv__peers_enter(hvuv__peers_t* peers,
                                  const hvuv_addr_t* caller,
                                  uint64_t now_ms,
                                  hvuv__peer_t** peer) {
  hvuv__verdict_t verdict;

  uv_mutex_lock(&peers->lock);
  check(peers);
  verdict = enter(peers, caller, now_ms, peer);
  check(peers);
  uv_mutex_unlock(&peers->lock);
  return verdict;
}

void hvuv__peers_leave(hvuv__peers_t* peers,
                       hvuv__peer_t* peer,
                       const hvuv__counts_t* counts,
                       int reason) {
  uv_mutex_lock(&peers->lock);
  assert(peer->stats.connections_now > 0);
  peer->stats.connections_now--;
  peer->stats.over_memory += reason == UV_ENOSPC;
  add_counts(&peer->stats, counts);
  if (peer->stats.connections_now == 0 && peer != &peers->others)
    be_idle(peers, peer);
  check(peers);
  uv_mutex_unlock(&peers->lock);
}

void hvuv__peers_refuse(hvuv__peers_t* peers,
                        const hvuv_addr_t* caller,
                        hvuv__verdict_t verdict) {
  hvuv__peer_t* peer;

  assert(verdict == HVUV__REFUSE_FULL || verdict == HVUV__REFUSE_PEER);
  uv_mutex_lock(&peers->lock);
  peer = look_up(peers, caller);
  if (peer == NULL)
    peer = &peers->others;
  count(&peer->stats, verdict);
  check(peers);
  uv_mutex_unlock(&peers->lock);
}

/* --- Life ----------------------------------------------------------------- */

hvuv__peers_t* hvuv__peers_new(const hvuv__quota_t* quota) {
  hvuv__peers_t* peers;

  assert(quota->new_per_s == 0 || quota->burst > 0);
  peers = hvuv__calloc(1, sizeof(*peers));
  if (peers == NULL)
    return NULL;
  if (uv_mutex_init(&peers->lock) != 0) {
    hvuv__free(peers);
    return NULL;
  }
  peers->quota = *quota;
  peers->holders = 1;
  check(peers);
  return peers;
}

void hvuv__peers_hold(hvuv__peers_t* peers) {
  uv_mutex_lock(&peers->lock);
  check(peers);
  peers->holders++;
  uv_mutex_unlock(&peers->lock);
}

static void free_all(hvuv__peers_t* peers) {
  while (peers->oldest != NULL)
    forget(peers, peers->oldest);
  assert(peers->entries == 0 && peers->others.stats.connections_now == 0);
  uv_mutex_destroy(&peers->lock);
  hvuv__free(peers);
}

void hvuv__peers_release(hvuv__peers_t* peers) {
  unsigned int left;

  uv_mutex_lock(&peers->lock);
  check(peers);
  left = --peers->holders;
  uv_mutex_unlock(&peers->lock);
  if (left == 0)
    free_all(peers);
}

static void copy_one(hvuv__peer_t* peer, hvuv_peer_stats_t* all, size_t* n) {
  peer->at = *n;
  all[(*n)++] = peer->stats;
}

static void copy_all(hvuv__peers_t* peers, hvuv_peer_stats_t* all) {
  hvuv__peer_t* peer;
  size_t n = 0;
  size_t i;

  copy_one(&peers->others, all, &n);
  for (i = 0; i < BUCKETS; i++)
    for (peer = peers->buckets[i]; peer != NULL; peer = peer->next)
      copy_one(peer, all, &n);
  assert(n == peers->entries + 1);
}

static void add_open(const hvuv__group_t* group, hvuv_peer_stats_t* all) {
  const hvuv_conn_t* conn;
  const hvuv__peer_t* peer;

  for (conn = group->conns; conn != NULL; conn = conn->next) {
    peer = conn->tag;
    if (peer != NULL)
      add_counts(&all[peer->at], &conn->counts);
  }
}

int hvuv__peers_copy(hvuv__peers_t* peers,
                     const hvuv__group_t* group,
                     hvuv_peer_stats_t** all,
                     size_t* n) {
  int err = UV_ENOMEM;

  uv_mutex_lock(&peers->lock);
  check(peers);
  *n = peers->entries + 1;
  *all = hvuv__malloc(*n * sizeof(**all));
  if (*all != NULL) {
    copy_all(peers, *all);
    add_open(group, *all);
    err = 0;
  }
  uv_mutex_unlock(&peers->lock);
  return err;
}
