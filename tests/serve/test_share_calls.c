/* Which member of a share gets which call, without threads and sockets: bells
 * count how often they are rung. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "serve/share.h"
#include "support/alloc.h"
#include "support/loop.h"

#define MEMBERS 3

static uv_loop_t* loop;
static hvuv__share_t share;
static hvuv__member_t members[MEMBERS];
static hvuv__rules_t rules;
static int rings[MEMBERS];
static int acceptor_rings;
static uint64_t now;

static void on_bell(void* count) {
  ++*(int*) count;
}

static int rings_of(int i) {
  loop_run_turns(loop, 2);
  return rings[i];
}

static int wakes_of_acceptor(void) {
  loop_run_turns(loop, 2);
  return acceptor_rings;
}

static int setup(void** state) {
  int i;

  (void) state;
  alloc_install();
  loop = loop_open();
  memset(&share, 0, sizeof(share));
  memset(members, 0, sizeof(members));
  memset(&rules, 0, sizeof(rules));
  memset(rings, 0, sizeof(rings));
  acceptor_rings = 0;
  now = 1000;
  for (i = 0; i < MEMBERS; i++)
    assert_int_equal(
        hvuv__bell_open(loop, &rings[i], on_bell, &members[i].bell), 0);
  assert_int_equal(
      hvuv__bell_open(loop, &acceptor_rings, on_bell, &share.acceptor), 0);
  hvuv__bell_hold(share.acceptor);
  return 0;
}

static int teardown(void** state) {
  int i;

  (void) state;
  for (i = 0; i < MEMBERS; i++)
    hvuv__bell_close(members[i].bell);
  hvuv__bell_close(share.acceptor);
  loop_run_out(loop);
  loop_close(loop);
  alloc_check();
  return 0;
}

static void join_all(int n) {
  int i;

  hvuv__share_init(&share, &rules);
  hvuv__share_invite(&share, &members[0]);
  for (i = 0; i < n; i++)
    hvuv__share_join(&share, &members[i], 0);
}

static void offer(enum hvuv__call_kind kind) {
  hvuv__call_t call;

  memset(&call, 0, sizeof(call));
  call.kind = kind;
  hvuv__calls_offer(&share, &call, now);
}

/* One comes, if it may. */
static hvuv__verdict_t come(void) {
  hvuv__verdict_t verdict = hvuv__calls_admit(&share);

  if (verdict == HVUV__ADMIT)
    offer(HVUV__CALL_CALLER);
  return verdict;
}

static void come_all(int n) {
  while (n-- > 0)
    assert_int_equal(come(), HVUV__ADMIT);
}

/* All that it may take; how many. */
static int take_all(int i) {
  hvuv__call_t call;
  int n = 0;

  for (; hvuv__calls_look(&members[i], &call); n++)
    hvuv__calls_take(&members[i]);
  return n;
}

static void wait_too_long(void) {
  now += HVUV__CALLS_PATIENCE_MS;
  hvuv__calls_review(&share, now);
}

/* --- Who gets it */

static void callers_go_to_the_member_with_the_fewest(void** state) {
  (void) state;
  join_all(3);
  come_all(10);
  assert_int_equal(take_all(0), 4);
  assert_int_equal(take_all(1) + take_all(2), 6);
  assert_int_equal(members[1].connections, 3);
  assert_true(rings_of(0) && rings_of(1) && rings_of(2));

  hvuv__share_give_place(&members[2]);
  hvuv__share_give_place(&members[2]);
  come_all(2);
  assert_int_equal(take_all(2), 2);
}

static void of_equals_the_one_that_waited_longest(void** state) {
  int i;

  (void) state;
  join_all(3);
  for (i = 0; i < 9; i++) {
    come_all(1);
    assert_int_equal(take_all(i % 3), 1);
    hvuv__share_give_place(&members[i % 3]);
  }
}

static void a_leader_joins_with_what_it_has(void** state) {
  (void) state;
  rules.max_connections = 10;
  hvuv__share_init(&share, &rules);
  hvuv__share_invite(&share, &members[0]);
  hvuv__share_join(&share, &members[1], 0);
  hvuv__share_join(&share, &members[0], 6);
  come_all(4);
  assert_int_equal(take_all(0), 0);
  assert_int_equal(take_all(1), 4);
  assert_int_equal(come(), HVUV__WAIT);
}

static void one_that_was_only_invited_gets_none(void** state) {
  (void) state;
  hvuv__share_init(&share, &rules);
  hvuv__share_invite(&share, &members[0]);
  hvuv__share_join(&share, &members[1], 0);
  assert_int_equal(rings_of(0), 1);
  come_all(3);
  assert_int_equal(take_all(1), 3);
}

/* --- Busy loops */

static void what_waits_too_long_goes_to_another(void** state) {
  (void) state;
  join_all(2);
  come_all(6);
  assert_int_equal(take_all(1), 3);
  wait_too_long();
  assert_int_equal(take_all(1), 3);
  come_all(4);
  assert_int_equal(take_all(1), 4);

  /* It is back, and makes up for it. */
  assert_int_equal(take_all(0), 0);
  come_all(4);
  assert_int_equal(take_all(0), 4);
}

static void what_has_come_just_now_stays(void** state) {
  (void) state;
  join_all(2);
  come_all(2);
  now += HVUV__CALLS_PATIENCE_MS - 1;
  assert_true(hvuv__calls_review(&share, now));
  assert_int_equal(take_all(0), 1);
  assert_int_equal(take_all(1), 1);
  assert_false(hvuv__calls_review(&share, now));
}

static void when_all_are_busy_the_first_that_looks_takes(void** state) {
  (void) state;
  join_all(2);
  come_all(4);
  wait_too_long();
  assert_int_equal(come(), HVUV__WAIT);
  assert_int_equal(wakes_of_acceptor(), 0);

  assert_int_equal(take_all(1), 4);
  assert_int_equal(wakes_of_acceptor(), 1);
  assert_int_equal(come(), HVUV__ADMIT);
  assert_int_equal(take_all(0), 0);
  assert_int_equal(take_all(1), 1);
}

static void what_it_looks_at_is_its_own(void** state) {
  hvuv__call_t call;

  (void) state;
  join_all(2);
  come_all(2);
  assert_int_equal(take_all(1), 1);
  assert_true(hvuv__calls_look(&members[0], &call));
  wait_too_long();
  hvuv__calls_take(&members[0]);
  assert_int_equal(take_all(1), 0);
  assert_false(members[0].is_busy);
}

/* --- Those that cannot, and those that leave */

static void one_without_memory_puts_it_back(void** state) {
  hvuv__call_t call;

  (void) state;
  join_all(2);
  come_all(1);
  assert_true(hvuv__calls_look(&members[0], &call));
  hvuv__calls_put_back(&members[0], 0, now);
  assert_int_equal(members[0].connections, 0);
  assert_int_equal(take_all(0), 0);
  assert_int_equal(take_all(1), 1);

  /* What was made of it is still on its way out. */
  come_all(1);
  assert_true(hvuv__calls_look(&members[0], &call));
  hvuv__calls_put_back(&members[0], 1, now);
  assert_int_equal(share.connections, 3);
  assert_int_equal(take_all(1), 1);
  hvuv__share_give_place(&members[0]);
  assert_int_equal(share.connections, 2);
}

static void a_lone_one_without_memory_may_try_again(void** state) {
  hvuv__call_t call;

  (void) state;
  join_all(1);
  come_all(1);
  assert_true(hvuv__calls_look(&members[0], &call));
  hvuv__calls_put_back(&members[0], 0, now);
  assert_int_equal(take_all(0), 1);
  assert_int_equal(share.connections, 1);
}

static void what_was_offered_to_one_that_leaves_goes_to_others(void** state) {
  hvuv__call_t call;

  (void) state;
  join_all(2);
  come_all(4);
  hvuv__share_leave(&members[0], now);
  assert_false(hvuv__calls_take_lost(&share, &call));
  assert_int_equal(take_all(1), 4);
  assert_true(hvuv__share_forget(&members[0]));
  come_all(1);

  hvuv__share_leave(&members[1], now);
  assert_true(hvuv__calls_take_lost(&share, &call));
  assert_false(hvuv__calls_take_lost(&share, &call));
  assert_int_equal(share.gone.accept_errors, 1);
  assert_int_equal(share.connections, 4);
  while (members[1].connections > 0)
    hvuv__share_give_place(&members[1]);
  assert_false(hvuv__share_forget(&members[1]));
}

/* --- Room */

static void a_full_share_lets_callers_wait(void** state) {
  (void) state;
  rules.max_connections = 3;
  join_all(2);
  come_all(3);
  assert_int_equal(come(), HVUV__WAIT);
  assert_int_equal(take_all(0) + take_all(1), 3);
  wakes_of_acceptor();
  acceptor_rings = 0;
  assert_int_equal(come(), HVUV__WAIT);
  hvuv__share_give_place(&members[0]);
  assert_int_equal(wakes_of_acceptor(), 1);
  assert_int_equal(come(), HVUV__ADMIT);
}

static void or_refuses_them(void** state) {
  hvuv__call_t call;

  (void) state;
  rules.max_connections = 1;
  rules.when_full = HVUV_FULL_REFUSE;
  join_all(2);
  come_all(1);
  assert_int_equal(take_all(0), 1);
  assert_int_equal(come(), HVUV__REFUSE_FULL);
  offer(HVUV__CALL_EXTRA);
  assert_int_equal(share.connections, 1);
  assert_true(hvuv__calls_look(&members[0], &call));
  assert_int_equal(call.kind, HVUV__CALL_EXTRA);
  hvuv__calls_take(&members[0]);
}

static void a_member_may_have_a_limit_of_its_own(void** state) {
  (void) state;
  join_all(2);
  members[0].max_connections = 1;
  members[1].max_connections = 2;
  come_all(3);
  assert_int_equal(come(), HVUV__WAIT);
  assert_int_equal(take_all(0), 1);
  assert_int_equal(take_all(1), 2);
  assert_int_equal(come(), HVUV__WAIT);
  share.rules.when_full = HVUV_FULL_REFUSE;
  assert_int_equal(come(), HVUV__REFUSE_FULL);
}

static void a_place_may_be_taken_without_a_call(void** state) {
  (void) state;
  rules.max_connections = 2;
  join_all(2);
  assert_true(hvuv__share_take_place(&members[0]));
  come_all(1);
  assert_int_equal(take_all(1), 1);
  assert_false(hvuv__share_take_place(&members[0]));
  hvuv__share_give_place(&members[1]);
  assert_true(hvuv__share_take_place(&members[0]));
}

static void so_many_are_on_their_way_at_most(void** state) {
  (void) state;
  join_all(2);
  come_all(HVUV__CALLS_MAX);
  assert_int_equal(come(), HVUV__WAIT);
  offer(HVUV__CALL_ERROR);
  offer(HVUV__CALL_STRANGER);
  assert_int_equal(share.gone.accept_errors, 1);
  assert_int_equal(share.gone.refused_peer, 1);
  assert_int_equal(take_all(0), HVUV__CALLS_MAX / 2);
  assert_int_equal(wakes_of_acceptor(), 1);
}

static void notes_are_for_the_leader(void** state) {
  hvuv__call_t call;

  (void) state;
  join_all(3);
  come_all(1);
  assert_int_equal(take_all(0), 1);
  offer(HVUV__CALL_ERROR);
  assert_true(hvuv__calls_look(&members[0], &call));
  hvuv__calls_take(&members[0]);

  offer(HVUV__CALL_ERROR);
  wait_too_long();
  assert_int_equal(take_all(1) + take_all(2), 1);
  assert_int_equal(share.connections, 1);
}

/* --- Statistics */

static void what_one_counted_stays_when_it_is_gone(void** state) {
  hvuv_stats_t sum;

  (void) state;
  join_all(2);
  members[0].stats.messages_sent = 7;
  members[1].stats.messages_sent = 5;
  members[1].stats.timed_out = 1;
  hvuv__share_sum(&members[0], &sum);
  assert_int_equal(sum.messages_sent, 12);
  assert_int_equal(rings_of(1), 1);

  hvuv__share_leave(&members[1], now);
  assert_true(hvuv__share_forget(&members[1]));
  hvuv__share_sum(&members[0], &sum);
  assert_int_equal(sum.messages_sent, 12);
  assert_int_equal(sum.timed_out, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(callers_go_to_the_member_with_the_fewest),
      CASE(of_equals_the_one_that_waited_longest),
      CASE(a_leader_joins_with_what_it_has),
      CASE(one_that_was_only_invited_gets_none),
      CASE(what_waits_too_long_goes_to_another),
      CASE(what_has_come_just_now_stays),
      CASE(when_all_are_busy_the_first_that_looks_takes),
      CASE(what_it_looks_at_is_its_own),
      CASE(one_without_memory_puts_it_back),
      CASE(a_lone_one_without_memory_may_try_again),
      CASE(what_was_offered_to_one_that_leaves_goes_to_others),
      CASE(a_full_share_lets_callers_wait),
      CASE(or_refuses_them),
      CASE(a_member_may_have_a_limit_of_its_own),
      CASE(a_place_may_be_taken_without_a_call),
      CASE(so_many_are_on_their_way_at_most),
      CASE(notes_are_for_the_leader),
      CASE(what_one_counted_stays_when_it_is_gone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
