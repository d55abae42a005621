/* The table of peers: shares, rates, what is counted, and what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "serve/peers.h"
#include "support/alloc.h"

static hvuv__peers_t* peers;
static hvuv__group_t group; /* without connections */

static int setup(void** state) {
  (void) state;
  alloc_install();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  hvuv__peers_release(peers);
  alloc_check();
  return 0;
}

static void open_table(unsigned int most,
                       unsigned int per_s,
                       unsigned int burst) {
  hvuv__quota_t quota = {most, per_s, burst};

  peers = hvuv__peers_new(&quota);
  assert_non_null(peers);
}

static hvuv__verdict_t enter(const char* text,
                             uint64_t now_ms,
                             hvuv__peer_t** peer) {
  hvuv_addr_t addr;

  if (text == NULL)
    return hvuv__peers_enter(peers, NULL, now_ms, peer);
  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return hvuv__peers_enter(peers, &addr, now_ms, peer);
}

static void leave(hvuv__peer_t* peer) {
  static const hvuv__counts_t counts = {
      .bytes_in = 1, .bytes_out = 2, .messages_in = 3, .messages_out = 4};

  hvuv__peers_leave(peers, peer, &counts, 0);
}

static int is_of_cid(const hvuv_peer_stats_t* stats, uint32_t cid) {
  if (cid == 0)
    return stats->peer.family == (hvuv_family_t) 0;
  return stats->peer.family == HVUV_VSOCK && stats->peer.u.vsock.cid == cid;
}

/* Of a CID; 0 for the others. All zero if the table does not know it. */
static hvuv_peer_stats_t stats_of(uint32_t cid) {
  hvuv_peer_stats_t found;
  hvuv_peer_stats_t* all;
  size_t n;
  size_t i;

  memset(&found, 0, sizeof(found));
  assert_int_equal(hvuv__peers_copy(peers, &group, &all, &n), 0);
  for (i = 0; i < n; i++)
    if (is_of_cid(&all[i], cid))
      found = all[i];
  hvuv__free(all);
  return found;
}

static size_t count_entries(void) {
  hvuv_peer_stats_t* all;
  size_t n;

  assert_int_equal(hvuv__peers_copy(peers, &group, &all, &n), 0);
  hvuv__free(all);
  return n - 1;
}

/* --- Shares --------------------------------------------------------------- */

static void a_machine_has_its_share_under_each_of_its_ports(void** state) {
  hvuv__peer_t* first;
  hvuv__peer_t* second;
  hvuv__peer_t* other;

  (void) state;
  open_table(2, 0, 0);
  assert_int_equal(enter("vsock://3:1", 0, &first), HVUV__ADMIT);
  assert_int_equal(enter("vsock://3:2", 0, &second), HVUV__ADMIT);
  assert_ptr_equal(first, second);
  assert_int_equal(enter("vsock://3:3", 0, &other), HVUV__REFUSE_SHARE);
  assert_int_equal(enter("vsock://4:3", 0, &other), HVUV__ADMIT);

  leave(first);
  assert_int_equal(enter("vsock://3:4", 0, &first), HVUV__ADMIT);
  assert_int_equal(stats_of(3).connections_now, 2);
  assert_int_equal(stats_of(3).connections_ever, 3);
  assert_int_equal(stats_of(3).refused_share, 1);
  assert_int_equal(stats_of(3).peer.u.vsock.port, 0);
  assert_int_equal(stats_of(4).connections_now, 1);
  leave(first);
  leave(second);
  leave(other);
}

static void a_machine_is_one_under_both_of_its_names(void** state) {
  hvuv__peer_t* first;
  hvuv__peer_t* second;

  (void) state;
  open_table(1, 0, 0);
  assert_int_equal(enter("vsock://host:1", 0, &first), HVUV__ADMIT);
  assert_int_equal(enter("hyperv://parent/2", 0, &second), HVUV__REFUSE_SHARE);
  assert_int_equal(enter("local://parent/2", 0, &second), HVUV__ADMIT);
  leave(first);
  leave(second);
}

static void callers_without_a_name_have_no_share(void** state) {
  hvuv__peer_t* peer = NULL;
  int i;

  (void) state;
  open_table(1, 1, 1);
  for (i = 0; i < 10; i++)
    assert_int_equal(enter(NULL, 0, &peer), HVUV__ADMIT);
  assert_int_equal(stats_of(0).connections_now, 10);
  while (i-- > 0)
    leave(peer);
  assert_int_equal(stats_of(0).connections_now, 0);
  assert_int_equal(stats_of(0).connections_ever, 10);
}

/* --- Rates ---------------------------------------------------------------- */

static int count_admitted(const char* text, uint64_t now_ms, int calls) {
  hvuv__peer_t* peer;
  int admitted = 0;

  while (calls-- > 0) {
    if (enter(text, now_ms, &peer) != HVUV__ADMIT)
      continue;
    leave(peer);
    admitted++;
  }
  return admitted;
}

static void a_burst_is_let_in_and_then_as_many_as_the_rate_allows(
    void** state) {
  (void) state;
  open_table(0, 10, 25);
  assert_int_equal(count_admitted("vsock://3:1", 1000, 100), 25);
  assert_int_equal(count_admitted("vsock://3:1", 1099, 100), 0);
  assert_int_equal(count_admitted("vsock://3:1", 1100, 100), 1);
  assert_int_equal(count_admitted("vsock://3:1", 2100, 100), 10);
  assert_int_equal(stats_of(3).refused_rate, 75 + 100 + 99 + 90);

  /* Another machine has a rate of its own. */
  assert_int_equal(count_admitted("vsock://4:1", 2100, 100), 25);

  /* However long the pause was. */
  assert_int_equal(count_admitted("vsock://3:1", UINT64_MAX, 100), 25);
}

static void time_that_goes_back_costs_nothing_and_gives_nothing(void** state) {
  (void) state;
  open_table(0, 10, 10);
  assert_int_equal(count_admitted("vsock://3:1", 5000, 100), 10);
  assert_int_equal(count_admitted("vsock://3:1", 4000, 100), 0);
  assert_int_equal(count_admitted("vsock://3:1", 5100, 100), 1);
}

static void whoever_is_refused_for_its_share_spends_no_rate(void** state) {
  hvuv__peer_t* peer;

  (void) state;
  open_table(1, 1, 2);
  assert_int_equal(enter("vsock://3:1", 0, &peer), HVUV__ADMIT);
  assert_int_equal(count_admitted("vsock://3:1", 0, 10), 0);
  leave(peer);
  assert_int_equal(count_admitted("vsock://3:1", 0, 10), 1);
  assert_int_equal(stats_of(3).refused_share, 10);
  assert_int_equal(stats_of(3).refused_rate, 9);
}

/* --- What is remembered --------------------------------------------------- */

static const char* name_of(uint32_t cid) {
  static char text[64];

  snprintf(text, sizeof(text), "vsock://%lu:1", (unsigned long) cid);
  return text;
}

static void strangers_who_change_their_names_do_not_make_the_table_grow(
    void** state) {
  hvuv__peer_t* stays;
  hvuv__peer_t* peer;
  hvuv_addr_t addr;
  uint32_t cid;

  (void) state;
  open_table(5, 0, 0);
  assert_int_equal(enter("vsock://3:1", 0, &stays), HVUV__ADMIT);
  for (cid = 1000; cid < 3000; cid++) {
    assert_int_equal(enter(name_of(cid), 0, &peer), HVUV__ADMIT);
    leave(peer);
  }
  for (cid = 3000; cid < 5000; cid++) {
    assert_int_equal(hvuv_addr_parse(name_of(cid), &addr), 0);
    hvuv__peers_refuse(peers, &addr, HVUV__REFUSE_PEER);
  }
  assert_int_equal(count_entries(), HVUV__PEERS_IDLE_MAX + 1);
  assert_int_equal(stats_of(3).connections_now, 1);

  /* Of those who called last all is known, of the others the sum. */
  assert_int_equal(stats_of(4999).refused_peer, 1);
  assert_int_equal(stats_of(3000).refused_peer, 0);
  assert_int_equal(stats_of(0).connections_ever, 2000);
  assert_int_equal(stats_of(0).refused_peer, 2000 - HVUV__PEERS_IDLE_MAX);
  leave(stays);
}

static void whoever_comes_back_is_idle_for_less_long(void** state) {
  uint32_t cid;

  (void) state;
  open_table(0, 0, 0);
  for (cid = 1000; cid < 1000 + HVUV__PEERS_IDLE_MAX; cid++)
    count_admitted(name_of(cid), 0, 1);
  count_admitted(name_of(1000), 0, 1);
  count_admitted(name_of(5000), 0, 1);
  assert_int_equal(stats_of(1000).connections_ever, 2);
  assert_int_equal(stats_of(1001).connections_ever, 0);
  assert_int_equal(stats_of(0).connections_ever, 1);
}

static void all_that_are_connected_are_remembered(void** state) {
  static hvuv__peer_t* entered[2000];
  uint32_t i;

  (void) state;
  open_table(1, 0, 0);
  for (i = 0; i < 2000; i++)
    assert_int_equal(enter(name_of(1000 + i), 0, &entered[i]), HVUV__ADMIT);
  assert_int_equal(count_entries(), 2000);
  for (i = 0; i < 2000; i++)
    assert_int_equal(count_admitted(name_of(1000 + i), 0, 1), 0);
  for (i = 0; i < 2000; i++)
    leave(entered[i]);
  assert_int_equal(count_entries(), HVUV__PEERS_IDLE_MAX);
  assert_int_equal(stats_of(0).refused_share, 2000 - HVUV__PEERS_IDLE_MAX);
}

static void what_a_peer_has_done_is_added_up(void** state) {
  static const hvuv__counts_t counts = {.bytes_in = 100};
  hvuv__peer_t* peers_of_3[3];
  hvuv_conn_t open;
  int i;

  (void) state;
  open_table(0, 0, 0);
  for (i = 0; i < 3; i++)
    assert_int_equal(enter("vsock://3:1", 0, &peers_of_3[i]), HVUV__ADMIT);
  leave(peers_of_3[0]);
  hvuv__peers_leave(peers, peers_of_3[1], &counts, UV_ENOSPC);

  memset(&open, 0, sizeof(open));
  open.tag = peers_of_3[2];
  open.counts.bytes_in = 1000;
  group.conns = &open;
  assert_int_equal(stats_of(3).bytes_received, 1101);
  assert_int_equal(stats_of(3).bytes_sent, 2);
  assert_int_equal(stats_of(3).messages_received, 3);
  assert_int_equal(stats_of(3).messages_sent, 4);
  assert_int_equal(stats_of(3).over_memory, 1);
  group.conns = NULL;
  leave(peers_of_3[2]);
}

static void a_table_with_two_holders_is_there_until_the_second_lets_go(
    void** state) {
  (void) state;
  open_table(0, 0, 0);
  hvuv__peers_hold(peers);
  assert_int_equal(count_admitted("vsock://3:1", 0, 1), 1);
  hvuv__peers_release(peers);
  assert_int_equal(stats_of(3).connections_ever, 1);
}

static void without_memory_nobody_is_let_in_unseen(void** state) {
  hvuv__peer_t* peer = NULL;
  hvuv_peer_stats_t* all;
  hvuv_addr_t addr;
  size_t n;

  (void) state;
  open_table(0, 0, 0);
  assert_int_equal(hvuv_addr_parse("vsock://3:1", &addr), 0);
  alloc_fail_nth(1);
  assert_int_equal(enter("vsock://3:1", 0, &peer), HVUV__NO_MEMORY);
  assert_null(peer);
  alloc_fail_nth(1);
  hvuv__peers_refuse(peers, &addr, HVUV__REFUSE_FULL);
  assert_int_equal(stats_of(0).refused_full, 1);
  alloc_fail_nth(1);
  assert_int_equal(hvuv__peers_copy(peers, &group, &all, &n), UV_ENOMEM);
  assert_int_equal(count_admitted("vsock://3:1", 0, 1), 1);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_machine_has_its_share_under_each_of_its_ports),
      TEST(a_machine_is_one_under_both_of_its_names),
      TEST(callers_without_a_name_have_no_share),
      TEST(a_burst_is_let_in_and_then_as_many_as_the_rate_allows),
      TEST(time_that_goes_back_costs_nothing_and_gives_nothing),
      TEST(whoever_is_refused_for_its_share_spends_no_rate),
      TEST(strangers_who_change_their_names_do_not_make_the_table_grow),
      TEST(whoever_comes_back_is_idle_for_less_long),
      TEST(all_that_are_connected_are_remembered),
      TEST(what_a_peer_has_done_is_added_up),
      TEST(a_table_with_two_holders_is_there_until_the_second_lets_go),
      TEST(without_memory_nobody_is_let_in_unseen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
