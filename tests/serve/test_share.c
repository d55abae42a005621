/* Servers on several loops that serve the same callers: who gets them, and what
 * is one for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "share_rig.h"

#define BURST 100

static share_rig_t rig;

static int setup_two(void** state) {
  (void) state;
  share_rig_up(&rig, 2);
  return 0;
}

static int setup_four(void** state) {
  (void) state;
  share_rig_up(&rig, 4);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  share_rig_down(&rig);
  return 0;
}

/* --- Who gets them */

static int spread(void) {
  int least = share_rig_count(&rig, 0, opens);
  int most = least;
  int i;
  int n;

  for (i = 1; i < rig.nparties; i++) {
    n = share_rig_count(&rig, i, opens);
    least = n < least ? n : least;
    most = n > most ? n : most;
  }
  return most - least;
}

/* On a machine that has other work a thread may be late, and then its callers go
 * to others; those who come afterwards make up for it. */
static void expect_spread(int n) {
  int i;

  printf("%d callers:", n);
  for (i = 0; i < rig.nparties; i++)
    printf(" %d", share_rig_count(&rig, i, opens));
  printf("\n");
  for (i = n; spread() > 1; i++) {
    assert_true(i < 2 * n);
    share_rig_call(&rig);
    share_rig_await(&rig, opens, i + 1);
  }
}

static void a_burst_is_spread(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < BURST; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, BURST);
  expect_spread(BURST);
  for (i = 0; i < BURST; i++)
    assert_true(share_rig_ask(rig.callers[i], "hello"));
}

static void callers_one_after_the_other_are_spread(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < BURST; i++) {
    sock = share_rig_call(&rig);
    assert_true(share_rig_ask(sock, "hello"));
    share_rig_hang_up(&rig, sock);
    share_rig_await(&rig, closes, i + 1);
  }
  for (i = 0; i < rig.nparties; i++)
    assert_true(share_rig_count(&rig, i, opens) > 0);
}

static int party_that_blocks(void) {
  int i;

  share_rig_await(&rig, blocked, 1);
  for (i = 0; share_rig_count(&rig, i, blocked) == 0;)
    i++;
  return i;
}

static void do_nothing(share_party_t* party, void* arg) {
  (void) party;
  (void) arg;
}

static void a_loop_that_is_busy_gets_none(void** state) {
  uv_os_sock_t blocker;
  int busy;
  int i;

  (void) state;
  share_rig_start(&rig);
  blocker = share_rig_call(&rig);
  assert_int_equal(net_send(blocker, "B", 1), 1);
  busy = party_that_blocks();
  for (i = 0; i < BURST; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, BURST + 1);
  assert_int_equal(share_rig_count(&rig, busy, opens), 1);

  /* Twice: then its loop has turned, and looked at what it was called for. */
  share_rig_let_go(&rig, 1);
  share_rig_do(&rig, busy, do_nothing, NULL);
  share_rig_do(&rig, busy, do_nothing, NULL);
  for (i = BURST + 1; share_rig_count(&rig, busy, opens) == 1; i++) {
    assert_true(i < 2 * BURST);
    share_rig_call(&rig);
    share_rig_await(&rig, opens, i + 1);
  }
}

/* They wait in the kernel, and for the first that has time. */
static void callers_wait_while_all_are_busy(void** state) {
  uv_os_sock_t blockers[2];
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 2; i++) {
    blockers[i] = share_rig_call(&rig);
    assert_int_equal(net_send(blockers[i], "B", 1), 1);
    share_rig_await(&rig, blocked, i + 1);
  }
  for (i = 0; i < BURST; i++)
    share_rig_call(&rig);
  assert_int_equal(share_rig_count(&rig, 0, opens), 1);
  assert_int_equal(share_rig_count(&rig, 1, opens), 1);
  share_rig_let_go(&rig, 1);
  share_rig_await(&rig, opens, BURST + 2);
  share_rig_let_go(&rig, 1);
  share_rig_await(&rig, messages, 2);
}

/* --- Limits */

static void the_limit_is_one_for_all(void** state) {
  uv_os_sock_t first;
  int i;

  (void) state;
  rig.options.max_connections = 4;
  share_rig_start(&rig);
  first = share_rig_call(&rig);
  for (i = 0; i < 5; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, 4);
  assert_true(share_rig_ask(first, "served"));
  assert_int_equal(net_await(rig.callers[4], 1, 20), UV_ETIMEDOUT);

  share_rig_hang_up(&rig, first);
  share_rig_await(&rig, opens, 5);
  share_rig_await(&rig, closes, 1);
}

static void who_finds_no_place_may_be_refused(void** state) {
  int i;

  (void) state;
  rig.options.max_connections = 4;
  rig.options.when_full = HVUV_FULL_REFUSE;
  share_rig_start(&rig);
  for (i = 0; i < 6; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, 4);
  share_rig_await(&rig, refused, 2);
  share_rig_await_end(rig.callers[4]);
  share_rig_await_end(rig.callers[5]);
}

/* A loop gets none while it is busy, so some are called until it has its two. */
static void each_may_have_a_limit_of_its_own(void** state) {
  int i;
  int n;

  (void) state;
  rig.parties[1].options = rig.options;
  rig.parties[1].options.max_connections = 2;
  share_rig_start(&rig);
  for (n = 0; n < 50 && share_rig_count(&rig, 1, opens) < 2; n++) {
    share_rig_call(&rig);
    share_rig_await(&rig, opens, n + 1);
  }
  for (i = 0; i < 20; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, n + 20);
  assert_int_equal(share_rig_count(&rig, 1, opens), 2);
}

/* --- Statistics */

static void get_stats(share_party_t* party, void* stats) {
  hvuv_server_stats(&party->server, stats);
}

static void get_stats_of_all(share_party_t* party, void* stats) {
  hvuv_server_stats_all(&party->server, stats);
}

static void statistics_are_for_one_and_for_all(void** state) {
  hvuv_stats_t stats[2];
  hvuv_stats_t all;
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(share_rig_call(&rig), "12345"));
  share_rig_do(&rig, 0, get_stats, &stats[0]);
  share_rig_do(&rig, 1, get_stats, &stats[1]);
  assert_int_equal(stats[0].connections_now + stats[1].connections_now, 10);
  assert_true(stats[0].connections_now > 0 && stats[1].connections_now > 0);

  /* The first call has the other publish, and its next act is behind that. */
  share_rig_do(&rig, 0, get_stats_of_all, &all);
  share_rig_do(&rig, 1, get_stats, &stats[1]);
  share_rig_do(&rig, 1, get_stats, &stats[1]);
  share_rig_do(&rig, 0, get_stats_of_all, &all);
  assert_int_equal(all.connections_now, 10);
  assert_int_equal(all.messages_received, 10);
  assert_int_equal(all.bytes_sent, 50);
  assert_int_equal(all.bytes_held_now,
                   stats[0].bytes_held_now + stats[1].bytes_held_now);
  assert_true(stats[0].bytes_held_now > 0);
}

/* --- Stopping */

static const uint64_t at_once = 0;
static const uint64_t some_time = 10000;

static void one_stops_and_the_others_go_on(void** state) {
  uv_os_sock_t socks[4];
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 4; i++)
    socks[i] = share_rig_call(&rig);
  share_rig_await(&rig, opens, 4);
  share_rig_do(&rig, 1, share_act_stop, (void*) (uintptr_t) &at_once);
  share_rig_await(&rig, stops, 1);
  share_rig_await(&rig, closes, share_rig_count(&rig, 1, opens));

  for (i = 0; i < 20; i++)
    assert_true(share_rig_ask(share_rig_call(&rig), "still here"));
  assert_int_equal(share_rig_count(&rig, 1, closes),
                   share_rig_count(&rig, 1, opens));
  (void) socks;
}

static void the_one_that_listens_stops(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(share_rig_call(&rig), "hello"));
  share_rig_do(&rig, 0, share_act_stop, (void*) (uintptr_t) &at_once);
  share_rig_await(&rig, stops, 1);
  assert_int_equal(share_rig_count(&rig, 1, closes), 0);
  assert_int_not_equal(net_tcp_connect(&sock, &rig.at), 0);
}

static void all_stop(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 10; i++)
    assert_true(share_rig_ask(share_rig_call(&rig), "hello"));
  share_rig_do(&rig, 1, share_act_stop_all, (void*) (uintptr_t) &some_time);
  for (i = 0; i < 10; i++) {
    share_rig_await_end(rig.callers[i]);
    net_close(rig.callers[i]);
  }
  rig.ncallers = 0;
  share_rig_await(&rig, stops, rig.nparties);
}

/* Each caller is served by one that goes on, or dropped; nothing is left. */
static void one_stops_while_a_burst_arrives(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < BURST; i++) {
    share_rig_call(&rig);
    if (i == BURST / 2)
      share_rig_do(&rig, 1, share_act_stop, (void*) (uintptr_t) &at_once);
  }
  share_rig_await(&rig, stops, 1);
  for (i = BURST / 2 + 1; i < BURST; i++)
    assert_true(share_rig_ask(rig.callers[i], "hello"));
}

static void all_stop_while_a_burst_arrives(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < BURST; i++)
    share_rig_call(&rig);
  share_rig_do(&rig, 0, share_act_stop_all, (void*) (uintptr_t) &at_once);
  share_rig_await(&rig, stops, rig.nparties);
  for (i = 0; i < BURST; i++)
    share_rig_await_end(rig.callers[i]);
}

/* With more callers offered to it. */
static void a_handler_may_stop_its_server(void** state) {
  int i;

  (void) state;
  rig.parties[1].stops_at_open = 1;
  share_rig_start(&rig);
  for (i = 0; i < BURST; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, stops, 1);
  share_rig_await(&rig, opens, BURST);
  assert_int_equal(share_rig_count(&rig, 1, opens), 1);
}

static void a_handler_may_stop_all(void** state) {
  int i;

  (void) state;
  share_rig_start(&rig);
  for (i = 0; i < 10; i++)
    share_rig_call(&rig);
  share_rig_await(&rig, opens, 10);
  assert_int_equal(net_send(rig.callers[5], "S", 1), 1);
  share_rig_await(&rig, stops, rig.nparties);
}

/* With nothing of its own it holds its loop until then. */
static void one_that_nobody_calls_stops(void** state) {
  (void) state;
  share_rig_start(&rig);
  share_rig_do(&rig, 1, share_act_stop, (void*) (uintptr_t) &some_time);
  share_rig_await(&rig, stops, 1);
}

#define TWO(f)  cmocka_unit_test_setup_teardown(f, setup_two, teardown)
#define FOUR(f) cmocka_unit_test_setup_teardown(f, setup_four, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TWO(a_burst_is_spread),
      FOUR(a_burst_is_spread),
      TWO(callers_one_after_the_other_are_spread),
      FOUR(callers_one_after_the_other_are_spread),
      TWO(a_loop_that_is_busy_gets_none),
      FOUR(a_loop_that_is_busy_gets_none),
      TWO(callers_wait_while_all_are_busy),
      TWO(the_limit_is_one_for_all),
      FOUR(the_limit_is_one_for_all),
      TWO(who_finds_no_place_may_be_refused),
      TWO(each_may_have_a_limit_of_its_own),
      TWO(statistics_are_for_one_and_for_all),
      TWO(one_stops_and_the_others_go_on),
      FOUR(one_stops_and_the_others_go_on),
      TWO(the_one_that_listens_stops),
      TWO(all_stop),
      FOUR(all_stop),
      FOUR(one_stops_while_a_burst_arrives),
      TWO(a_handler_may_stop_its_server),
      FOUR(a_handler_may_stop_its_server),
      TWO(a_handler_may_stop_all),
      FOUR(a_handler_may_stop_all),
      TWO(one_that_nobody_calls_stops),
      FOUR(all_stop_while_a_burst_arrives),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
