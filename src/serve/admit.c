/* The rules of a server, and the verdict on a caller. */
#include "serve/admit.h"

#include <assert.h>
#include <string.h>

#include "addr/alias.h"
#include "base/alloc.h"

static void check(const hvuv__rules_t* rules) {
  assert(rules->when_full == HVUV_FULL_WAIT ||
         rules->when_full == HVUV_FULL_REFUSE);
  assert(rules->allowed_peers != NULL || rules->nallowed_peers == 0);
  assert(rules->quota.new_per_s == 0 || rules->quota.burst > 0);
  (void) rules;
}

/* Three quarters, rounded up. */
static unsigned int share_of(unsigned int places) {
  return places - places / 4;
}

static hvuv__quota_t quota_of(const hvuv_server_options_t* options) {
  hvuv__quota_t quota;

  quota.max_connections = options->max_per_peer;
  if (quota.max_connections == HVUV_SHARE_PER_PEER)
    quota.max_connections = share_of(options->max_connections);
  quota.new_per_s = options->max_new_per_peer_per_s;
  quota.burst = options->max_new_per_peer_at_once;
  if (quota.burst == 0)
    quota.burst = quota.new_per_s;
  return quota;
}

/* An empty list lets nobody in, and is a list all the same. */
static int copy_list(hvuv__rules_t* rules, const hvuv_addr_t* list) {
  size_t n = rules->nallowed_peers;

  rules->allowed_peers = hvuv__calloc(n + 1, sizeof(*list));
  if (rules->allowed_peers == NULL)
    return UV_ENOMEM;
  if (n > 0)
    memcpy(rules->allowed_peers, list, n * sizeof(*list));
  check(rules);
  return 0;
}

int hvuv__rules_init(hvuv__rules_t* rules,
                     const hvuv_server_options_t* options) {
  if (options->when_full != HVUV_FULL_WAIT &&
      options->when_full != HVUV_FULL_REFUSE)
    return UV_EINVAL;
  if (options->allowed_peers == NULL && options->nallowed_peers > 0)
    return UV_EINVAL;

  rules->max_connections = options->max_connections;
  rules->when_full = options->when_full;
  rules->quota = quota_of(options);
  rules->allowed_peers = NULL;
  rules->nallowed_peers = options->nallowed_peers;
  if (options->allowed_peers == NULL)
    return 0;

  return copy_list(rules, options->allowed_peers);
}

int hvuv__rules_copy(const hvuv__rules_t* rules, hvuv__rules_t* copy) {
  check(rules);
  *copy = *rules;
  return rules->allowed_peers == NULL ? 0
                                      : copy_list(copy, rules->allowed_peers);
}

void hvuv__rules_close(hvuv__rules_t* rules) {
  hvuv__free(rules->allowed_peers);
  rules->allowed_peers = NULL;
}

/* --- The verdict ---------------------------------------------------------- */

static int is_allowed(const hvuv__rules_t* rules, const hvuv_addr_t* peer) {
  unsigned int i;

  if (rules->allowed_peers == NULL)
    return 1;
  for (i = 0; peer != NULL && i < rules->nallowed_peers; i++)
    if (hvuv__alias_same_machine(peer, &rules->allowed_peers[i]))
      return 1;
  return 0;
}

hvuv__verdict_t hvuv__admit_room(const hvuv__rules_t* rules,
                                 uint64_t connections_now) {
  check(rules);
  if (rules->max_connections == 0 || connections_now < rules->max_connections)
    return HVUV__ADMIT;
  return rules->when_full == HVUV_FULL_WAIT ? HVUV__WAIT : HVUV__REFUSE_FULL;
}

hvuv__verdict_t hvuv__admit_caller(const hvuv__rules_t* rules,
                                   uint64_t connections_now,
                                   const hvuv_addr_t* peer) {
  hvuv__verdict_t verdict = hvuv__admit_room(rules, connections_now);

  if (verdict != HVUV__ADMIT)
    return verdict;
  return is_allowed(rules, peer) ? HVUV__ADMIT : HVUV__REFUSE_PEER;
}
