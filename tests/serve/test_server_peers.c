/* Who may come to a server, and how many and how often: at local:// addresses,
 * as several VMs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "local_callers.h"
#include "support/between.h"
#include "support/endpoint.h"
#include "support/peer.h"

#define X     "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y     "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"
#define Y_HEX "71d9c3a02f0d4b578a273d5ce21a9b10"

static server_rig_t* rig;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  rig = server_rig_up();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  server_rig_down(rig);
  endpoint_close();
  return 0;
}

static void only_those_allowed_get_in(void** state) {
  hvuv_addr_t allowed[2];

  (void) state;
  allowed[0] = local_addr("local://" X "/1");
  allowed[1] = local_addr("local://loopback/2");
  rig->options.allowed_peers = allowed;
  rig->options.nallowed_peers = 2;
  server_rig_init(rig);
  memset(allowed, 0, sizeof(allowed)); /* It was copied. */
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);

  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  assert_false(local_is_framed(rig, Y, "local://parent/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->counts[AT_REFUSED], 1);
  assert_int_equal(rig->refused_reason, UV_EACCES);
  assert_true(local_is_of(Y, &rig->refused_peer));
  assert_int_equal(rig->stats.connections_ever, 2);
  assert_int_equal(rig->stats.other_errors, 0);
}

static hvuv_addr_t closed_peer;

static void read_peer(server_rig_t* r, hvuv_conn_t* conn) {
  (void) r;
  memset(&closed_peer, 0, sizeof(closed_peer));
  hvuv_conn_peer(conn, &closed_peer);
}

static void who_it_was_is_known_when_it_has_gone(void** state) {
  local_caller_t caller;

  (void) state;
  rig->acts_each[AT_CLOSE] = read_peer;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  assert_true(local_is_of(X, &closed_peer));
  local_call(rig, &caller, Y, "local://parent/5000", "\377\377\377\377", 4);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 2);
  assert_true(local_is_of(Y, &closed_peer));
  local_hang_up(&caller);
}

static void one_vm_cannot_take_every_place(void** state) {
  local_caller_t first;
  local_caller_t other;

  (void) state;
  rig->options.max_per_peer = 1;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  local_call(rig, &first, X, "local://parent/5000", "\0\0\0\2hi", 6);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 1);
  assert_false(local_is_framed(rig, X, "local://parent/5000"));
  assert_int_equal(rig->refused_reason, UV_EBUSY);
  assert_true(local_is_of(X, &rig->refused_peer));
  local_call(rig, &other, Y, "local://parent/5000", "\0\0\0\2hi", 6);
  assert_true(local_is_answered(&other));

  assert_true(local_is_answered(&first));
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 2);
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_share, 1);
  assert_int_equal(rig->stats.refused_full, 0);
}

/* X has calls that stay; returns how many of them were let in. */
static int call_from_x(local_caller_t* calls, int n) {
  int before = rig->counts[AT_OPEN];
  int refused = rig->counts[AT_REFUSED];
  int i;

  for (i = 0; i < n; i++)
    local_call(rig, &calls[i], X, "local://parent/5000", "\0\0\0\2hi", 6);
  SERVER_RUN_UNTIL(
      rig,
      rig->counts[AT_OPEN] - before + rig->counts[AT_REFUSED] - refused == n);
  return rig->counts[AT_OPEN] - before;
}

static void hang_up(local_caller_t* calls, int n) {
  while (n-- > 0)
    local_hang_up(&calls[n]);
}

static void by_default_a_quarter_of_the_places_is_left_to_others(void** state) {
  local_caller_t calls[10];

  (void) state;
  rig->options.max_connections = 8;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(call_from_x(calls, 10), 6);
  assert_true(local_is_framed(rig, Y, "local://parent/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
  hang_up(calls, 10);
}

static void one_vm_comes_only_so_often(void** state) {
  local_caller_t calls[10];

  (void) state;
  rig->options.max_new_per_peer_per_s = 1;
  rig->options.max_new_per_peer_at_once = 3;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_between(call_from_x(calls, 10), 3, 9); /* On a slow machine more. */
  assert_int_equal(rig->refused_reason, UV_EAGAIN);
  assert_true(local_is_of(X, &rig->refused_peer));
  assert_true(local_is_framed(rig, Y, "local://parent/5000"));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_rate, rig->counts[AT_REFUSED]);
  hang_up(calls, 10);
}

typedef struct seen_s {
  hvuv_peer_stats_t x;
  hvuv_peer_stats_t y;
  hvuv_peer_stats_t others;
  int n;
} seen_t;

static void see(const hvuv_peer_stats_t* stats, void* arg) {
  seen_t* seen = arg;

  if (local_is_of(X, &stats->peer))
    seen->x = *stats;
  else if (local_is_of(Y, &stats->peer))
    seen->y = *stats;
  else if (hvuv_addr_family(&stats->peer) == 0)
    seen->others = *stats;
  seen->n++;
}

static void what_each_peer_has_can_be_seen(void** state) {
  hvuv_addr_t allowed = local_addr("local://" X "/1");
  local_caller_t calls[3];
  seen_t seen;

  (void) state;
  rig->options.allowed_peers = &allowed;
  rig->options.nallowed_peers = 1;
  rig->options.max_per_peer = 2;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(call_from_x(calls, 3), 2);
  assert_false(local_is_framed(rig, Y, "local://parent/5000"));

  memset(&seen, 0, sizeof(seen));
  assert_int_equal(hvuv_server_each_peer(&rig->server, see, &seen), 0);
  assert_int_equal(seen.n, 3);
  assert_int_equal(seen.x.connections_now, 2);
  assert_int_equal(seen.x.connections_ever, 2);
  assert_int_equal(seen.x.refused_share, 1);
  assert_int_equal(seen.y.connections_ever, 0);
  assert_int_equal(seen.y.refused_peer, 1);
  assert_int_equal(seen.others.refused_peer, 0);

  hang_up(calls, 3);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 2);
  server_rig_turn(rig); /* on_close is called before the place is free. */
  assert_int_equal(hvuv_server_each_peer(&rig->server, see, &seen), 0);
  assert_int_equal(seen.x.connections_now, 0);
  assert_int_equal(seen.x.connections_ever, 2);
  assert_int_equal(hvuv_server_each_peer(NULL, see, &seen), UV_EINVAL);
  assert_int_equal(hvuv_server_each_peer(&rig->server, NULL, NULL), UV_EINVAL);
}

/* By its socket it is a VM, which may not come to this address. */
static void a_caller_that_its_family_turns_away_is_reported_by_name(
    void** state) {
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://loopback/5000", &rig->protocol),
                   0);
  assert_false(local_is_framed(rig, Y, "local://parent/5000"));
  sock = peer_connect(endpoint_path("l/host/5000.l", path),
                      endpoint_path("l/" Y_HEX "/.1-2-0", name));
  server_rig_track(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_REFUSED] > 0);
  assert_int_equal(rig->refused_reason, UV_EACCES);
  assert_true(local_is_of(Y, &rig->refused_peer));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->stats.connections_ever, 0);
}

/* Its socket is bound to a file where no partition has its own. */
static void a_caller_of_no_partition_is_counted_and_reported(void** state) {
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  sock = peer_connect(endpoint_path("l/host/5000.a", path),
                      endpoint_path("stranger", name));
  server_rig_track(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_REFUSED] > 0);
  assert_int_equal(server_rig_await_end(rig, sock), 0);
  assert_true(rig->refused_reason < 0);
  assert_int_equal(hvuv_addr_family(&rig->refused_peer), 0);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->stats.accept_errors, 0);
  assert_int_equal(rig->stats.connections_ever, 0);
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
}

static void without_a_list_everybody_gets_in(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  assert_true(local_is_framed(rig, Y, "local://parent/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(only_those_allowed_get_in),
      TEST(who_it_was_is_known_when_it_has_gone),
      TEST(one_vm_cannot_take_every_place),
      TEST(by_default_a_quarter_of_the_places_is_left_to_others),
      TEST(one_vm_comes_only_so_often),
      TEST(what_each_peer_has_can_be_seen),
      TEST(a_caller_that_its_family_turns_away_is_reported_by_name),
      TEST(a_caller_of_no_partition_is_counted_and_reported),
      TEST(without_a_list_everybody_gets_in),
  };
  int code = net_skip_without_unix();

  if (code != 0)
    return code;
  return cmocka_run_group_tests_name("server, peers", tests, NULL, NULL);
}
