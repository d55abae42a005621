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
  (void) rules;
}

int hvuv__rules_init(hvuv__rules_t* rules,
                     const hvuv_server_options_t* options) {
  size_t n = options->nallowed_peers;

  if (options->when_full != HVUV_FULL_WAIT &&
      options->when_full != HVUV_FULL_REFUSE)
    return UV_EINVAL;
  if (options->allowed_peers == NULL && n > 0)
    return UV_EINVAL;

  rules->max_connections = options->max_connections;
  rules->max_per_peer = options->max_per_peer;
  rules->when_full = options->when_full;
  rules->allowed_peers = NULL;
  rules->nallowed_peers = options->nallowed_peers;
  if (options->allowed_peers == NULL)
    return 0;

  /* An empty list lets nobody in, and is a list all the same. */
  rules->allowed_peers = hvuv__calloc(n + 1, sizeof(hvuv_addr_t));
  if (rules->allowed_peers == NULL)
    return UV_ENOMEM;
  if (n > 0)
    memcpy(
        rules->allowed_peers, options->allowed_peers, n * sizeof(hvuv_addr_t));
  check(rules);
  return 0;
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
                                   const hvuv_addr_t* peer,
                                   uint64_t of_peer) {
  hvuv__verdict_t verdict = hvuv__admit_room(rules, connections_now);

  assert(of_peer <= connections_now);
  if (verdict != HVUV__ADMIT)
    return verdict;
  if (!is_allowed(rules, peer))
    return HVUV__REFUSE_PEER;
  if (rules->max_per_peer != 0 && of_peer >= rules->max_per_peer)
    return HVUV__REFUSE_SHARE;
  return HVUV__ADMIT;
}
