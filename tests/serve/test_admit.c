/* The verdict on a caller, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "serve/admit.h"
#include "support/alloc.h"

typedef struct row_s {
  const char* peer; /* NULL: it has no name */
  unsigned int max_connections;
  hvuv_full_policy_t when_full;
  uint64_t connections_now;
  int has_list;
  const char* allowed[2];
  hvuv__verdict_t verdict;
} row_t;

#define GUEST "11111111-2222-3333-4444-555555555555"
#define OTHER "99999999-2222-3333-4444-555555555555"
#define NO_LIST                                                                \
  0, {                                                                         \
    NULL                                                                       \
  }
#define LIST(a)                                                                \
  1, {                                                                         \
    a                                                                          \
  }
#define LISTS(a, b)                                                            \
  1, {                                                                         \
    a, b                                                                       \
  }

static const row_t rows[] = {
    /* Room. */
    {"vsock://3:7", 0, HVUV_FULL_WAIT, 1000000, NO_LIST, HVUV__ADMIT},
    {"vsock://3:7", 2, HVUV_FULL_WAIT, 0, NO_LIST, HVUV__ADMIT},
    {"vsock://3:7", 2, HVUV_FULL_WAIT, 1, NO_LIST, HVUV__ADMIT},
    {"vsock://3:7", 2, HVUV_FULL_WAIT, 2, NO_LIST, HVUV__WAIT},
    {"vsock://3:7", 2, HVUV_FULL_WAIT, 3, NO_LIST, HVUV__WAIT},
    {"vsock://3:7", 2, HVUV_FULL_REFUSE, 1, NO_LIST, HVUV__ADMIT},
    {"vsock://3:7", 2, HVUV_FULL_REFUSE, 2, NO_LIST, HVUV__REFUSE_FULL},
    {NULL, 2, HVUV_FULL_REFUSE, 1, NO_LIST, HVUV__ADMIT},

    /* Peers. */
    {"vsock://3:7", 0, HVUV_FULL_WAIT, 0, LIST("vsock://3:1"), HVUV__ADMIT},
    {"vsock://3:7",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("vsock://4:7"),
     HVUV__REFUSE_PEER},
    {"vsock://3:7",
     0,
     HVUV_FULL_WAIT,
     0,
     LISTS("vsock://4:7", "vsock://3:0"),
     HVUV__ADMIT},
    {"vsock://3:7", 0, HVUV_FULL_WAIT, 0, LIST(NULL), HVUV__REFUSE_PEER},
    {NULL, 0, HVUV_FULL_WAIT, 0, LIST("vsock://3:7"), HVUV__REFUSE_PEER},
    {"local://" GUEST "/1",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("local://" GUEST "/2"),
     HVUV__ADMIT},
    {"local://" OTHER "/1",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("local://" GUEST "/1"),
     HVUV__REFUSE_PEER},
    {"hyperv://" GUEST "/1",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("local://" GUEST "/1"),
     HVUV__REFUSE_PEER},
    {"hybrid:///run/a:1",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("hybrid:///run/a:2"),
     HVUV__ADMIT},
    {"hybrid:///run/a:1",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("hybrid:///run/b:1"),
     HVUV__REFUSE_PEER},

    /* What one system calls vsock://, another calls hyperv://. */
    {"vsock://host:7",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("hyperv://parent/1"),
     HVUV__ADMIT},
    {"hyperv://loopback/7",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("vsock://local:1"),
     HVUV__ADMIT},
    {"vsock://3:7",
     0,
     HVUV_FULL_WAIT,
     0,
     LIST("hyperv://parent/1"),
     HVUV__REFUSE_PEER},

    /* A full server does not look at the peer. */
    {"vsock://3:7", 2, HVUV_FULL_WAIT, 2, LIST("vsock://4:7"), HVUV__WAIT},
    {"vsock://3:7",
     2,
     HVUV_FULL_REFUSE,
     2,
     LIST("vsock://4:7"),
     HVUV__REFUSE_FULL},
};

static void play(const row_t* row) {
  hvuv_addr_t allowed[2];
  hvuv_server_options_t options;
  hvuv__rules_t rules;
  hvuv_addr_t peer;
  unsigned int n = 0;

  hvuv_server_options_init(&options);
  options.max_connections = row->max_connections;
  options.when_full = row->when_full;
  for (n = 0; n < 2 && row->allowed[n] != NULL; n++)
    assert_int_equal(hvuv_addr_parse(row->allowed[n], &allowed[n]), 0);
  options.allowed_peers = row->has_list ? allowed : NULL;
  options.nallowed_peers = n;
  if (row->peer != NULL)
    assert_int_equal(hvuv_addr_parse(row->peer, &peer), 0);

  assert_int_equal(hvuv__rules_init(&rules, &options), 0);
  memset(allowed, 0xa5, sizeof(allowed)); /* They were copied. */
  assert_int_equal(hvuv__admit_caller(&rules,
                                      row->connections_now,
                                      row->peer != NULL ? &peer : NULL),
                   row->verdict);
  hvuv__rules_close(&rules);
}

static void each_caller_gets_its_verdict(void** state) {
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    play(&rows[i]);
}

static void room_is_known_before_the_caller_is(void** state) {
  hvuv_server_options_t options;
  hvuv__rules_t rules;

  (void) state;
  hvuv_server_options_init(&options);
  options.max_connections = 1;
  assert_int_equal(hvuv__rules_init(&rules, &options), 0);
  assert_int_equal(hvuv__admit_room(&rules, 0), HVUV__ADMIT);
  assert_int_equal(hvuv__admit_room(&rules, 1), HVUV__WAIT);
  rules.when_full = HVUV_FULL_REFUSE;
  assert_int_equal(hvuv__admit_room(&rules, 1), HVUV__REFUSE_FULL);
  hvuv__rules_close(&rules);
}

static hvuv__quota_t quota_of(unsigned int max_connections,
                              unsigned int max_per_peer,
                              unsigned int per_s,
                              unsigned int at_once) {
  hvuv_server_options_t options;
  hvuv__rules_t rules;

  hvuv_server_options_init(&options);
  options.max_connections = max_connections;
  options.max_per_peer = max_per_peer;
  options.max_new_per_peer_per_s = per_s;
  options.max_new_per_peer_at_once = at_once;
  assert_int_equal(hvuv__rules_init(&rules, &options), 0);
  hvuv__rules_close(&rules);
  return rules.quota;
}

static void a_share_is_three_quarters_rounded_up(void** state) {
  static const unsigned int shares[][2] = {
      {0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {16, 12}, {1000, 750}};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
    assert_int_equal(
        quota_of(shares[i][0], HVUV_SHARE_PER_PEER, 0, 0).max_connections,
        shares[i][1]);
  assert_int_equal(quota_of(1000, 0, 0, 0).max_connections, 0);
  assert_int_equal(quota_of(1000, 7, 0, 0).max_connections, 7);
}

static void a_burst_is_what_a_second_allows_if_nothing_else_is_said(
    void** state) {
  (void) state;
  assert_int_equal(quota_of(10, 0, 0, 0).new_per_s, 0);
  assert_int_equal(quota_of(10, 0, 5, 0).new_per_s, 5);
  assert_int_equal(quota_of(10, 0, 5, 0).burst, 5);
  assert_int_equal(quota_of(10, 0, 5, 20).burst, 20);
}

static void rules_that_make_no_sense_are_refused(void** state) {
  hvuv_server_options_t options;
  hvuv__rules_t rules;

  (void) state;
  hvuv_server_options_init(&options);
  options.nallowed_peers = 1;
  assert_int_equal(hvuv__rules_init(&rules, &options), UV_EINVAL);
  hvuv_server_options_init(&options);
  options.when_full = (hvuv_full_policy_t) 2;
  assert_int_equal(hvuv__rules_init(&rules, &options), UV_EINVAL);
}

static int setup(void** state) {
  (void) state;
  alloc_install();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  alloc_check();
  return 0;
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_caller_gets_its_verdict),
      TEST(room_is_known_before_the_caller_is),
      TEST(a_share_is_three_quarters_rounded_up),
      TEST(a_burst_is_what_a_second_allows_if_nothing_else_is_said),
      TEST(rules_that_make_no_sense_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
