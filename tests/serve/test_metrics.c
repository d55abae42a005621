/* A server's statistics as OpenMetrics. `test_metrics --print` prints those of a
 * server with some traffic and names that need escapes, for openmetrics.sh, which
 * reads them with a parser that others wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "local_callers.h"
#include "serve/server_state.h"
#include "support/alloc.h"
#include "support/endpoint.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"

#define ROOM 65536

static server_rig_t* rig;
static hvuv_metrics_source_t source;
static char text[ROOM];

static void open_server(void) {
  hvuv_addr_t allowed[2];

  allowed[0] = local_addr("local://" X "/1");
  allowed[1] = local_addr("local://loopback/1");
  rig->options.allowed_peers = allowed;
  rig->options.nallowed_peers = 2;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  source.name = "echo";
  source.server = &rig->server;
}

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

static void talk(void) {
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  assert_false(local_is_framed(rig, Y, "local://parent/5000"));
  assert_true(local_is_framed(rig, NULL, "local://loopback/5000"));
}

static void format(const hvuv_metrics_source_t* sources, unsigned int n) {
  size_t size = sizeof(text);

  assert_int_equal(hvuv_stats_format(sources, n, text, &size), 0);
  assert_int_equal(strlen(text), size);
}

static void expect(const char* line) {
  if (strstr(text, line) == NULL)
    fail_msg("\"%s\" is not in:\n%s", line, text);
}

static int count(const char* part) {
  const char* at = text;
  int n = 0;

  while ((at = strstr(at, part)) != NULL) {
    n++;
    at += strlen(part);
  }
  return n;
}

static void what_has_happened_is_written(void** state) {
  (void) state;
  open_server();
  talk();
  format(&source, 1);
  expect("# TYPE hvuv_connections gauge\n"
         "# HELP hvuv_connections Open connections.\n"
         "hvuv_connections{server=\"echo\"} 0\n");
  expect("hvuv_connections_opened_total{server=\"echo\"} 3\n");
  expect("# TYPE hvuv_received_bytes counter\n"
         "# UNIT hvuv_received_bytes bytes\n"
         "# HELP hvuv_received_bytes Bytes that peers have sent.\n"
         "hvuv_received_bytes_total{server=\"echo\"} 18\n");
  expect("hvuv_sent_messages_total{server=\"echo\"} 3\n");
  expect("hvuv_refused_total{server=\"echo\",reason=\"peer\"} 1\n");
  expect("hvuv_peer_connections_opened_total{server=\"echo\","
         "peer=\"local://" X "\"} 2\n");
  expect("hvuv_peer_refused_total{server=\"echo\",peer=\"local://" Y "\","
         "reason=\"peer\"} 1\n");
  expect("hvuv_peer_received_messages_total{server=\"echo\","
         "peer=\"local://loopback\"} 1\n");
  assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
}

/* Each number of the statistics is somewhere, by its own. */
static void every_number_is_there_once(void** state) {
  (void) state;
  open_server();
  format(&source, 1);
  assert_int_equal(count("{server=\"echo\"}"), 8);
  assert_int_equal(count("{server=\"echo\",reason="), 8);
  assert_int_equal(sizeof(hvuv_stats_t) / sizeof(uint64_t), 16);
  assert_int_equal(count("{server=\"echo\",peer=\"\""), 11);
  assert_int_equal(
      (sizeof(hvuv_peer_stats_t) - sizeof(hvuv_addr_t)) / sizeof(uint64_t), 11);
}

/* Numbers of which no two are the same, each where it is called what it is. */
static void every_number_has_its_name(void** state) {
  static const char* const lines[] = {
      "hvuv_connections_opened_total{server=\"echo\"} 1001\n",
      "hvuv_received_bytes_total{server=\"echo\"} 1002\n",
      "hvuv_sent_bytes_total{server=\"echo\"} 1003\n",
      "hvuv_received_messages_total{server=\"echo\"} 1004\n",
      "hvuv_sent_messages_total{server=\"echo\"} 1005\n",
      "hvuv_refused_total{server=\"echo\",reason=\"full\"} 1006\n",
      "hvuv_refused_total{server=\"echo\",reason=\"peer\"} 1007\n",
      "hvuv_refused_total{server=\"echo\",reason=\"share\"} 1008\n",
      "hvuv_refused_total{server=\"echo\",reason=\"rate\"} 1009\n",
      "hvuv_accept_errors_total{server=\"echo\"} 1010\n",
      "hvuv_broken_total{server=\"echo\",reason=\"timeout\"} 1011\n",
      "hvuv_broken_total{server=\"echo\",reason=\"protocol\"} 1012\n",
      "hvuv_broken_total{server=\"echo\",reason=\"memory\"} 1013\n",
      "hvuv_broken_total{server=\"echo\",reason=\"other\"} 1014\n"};
  hvuv_stats_t stats = {.connections_ever = 1001,
                        .bytes_received = 1002,
                        .bytes_sent = 1003,
                        .messages_received = 1004,
                        .messages_sent = 1005,
                        .refused_full = 1006,
                        .refused_peer = 1007,
                        .refused_share = 1008,
                        .refused_rate = 1009,
                        .accept_errors = 1010,
                        .timed_out = 1011,
                        .protocol_errors = 1012,
                        .over_memory = 1013,
                        .other_errors = 1014};
  size_t i;

  (void) state;
  open_server();
  rig->server.impl->owner.group.stats = stats;
  format(&source, 1);
  for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
    expect(lines[i]);
}

static void several_servers_stand_together(void** state) {
  hvuv_metrics_source_t both[2];

  (void) state;
  open_server();
  talk();
  both[0] = source;
  both[1] = source;
  both[1].name = "other";
  format(both, 2);
  assert_int_equal(count("# TYPE "), 18);
  assert_int_equal(count("# EOF"), 1);
  expect("hvuv_connections{server=\"echo\"} 0\n"
         "hvuv_connections{server=\"other\"} 0\n");
  format(NULL, 0);
  assert_int_equal(count("# TYPE "), 18);
  assert_int_equal(count("{"), 0);
}

static void a_name_may_have_any_bytes(void** state) {
  (void) state;
  open_server();
  source.name = "a\"b\\c\nd\xc3\xa4{}";
  format(&source, 1);
  expect("hvuv_connections{server=\"a\\\"b\\\\c%0Ad%C3%A4{}\"} 0\n");
}

static void the_size_needed_is_exact(void** state) {
  char* exact;
  size_t size = 0;
  size_t needed;

  (void) state;
  open_server();
  talk();
  assert_int_equal(hvuv_stats_format(&source, 1, NULL, &size), UV_ENOBUFS);
  needed = size;
  format(&source, 1);
  assert_int_equal(strlen(text) + 1, needed);

  exact = malloc(needed);
  assert_non_null(exact);
  size = needed - 1;
  assert_int_equal(hvuv_stats_format(&source, 1, exact, &size), UV_ENOBUFS);
  assert_int_equal(size, needed);
  assert_int_equal(hvuv_stats_format(&source, 1, exact, &size), 0);
  assert_int_equal(size, needed - 1);
  assert_string_equal(exact, text);
  free(exact);
}

static void mistakes_are_reported_by_a_code(void** state) {
  hvuv_metrics_source_t none = {NULL, NULL};
  size_t size = sizeof(text);

  (void) state;
  open_server();
  assert_int_equal(hvuv_stats_format(&source, 1, text, NULL), UV_EINVAL);
  assert_int_equal(hvuv_stats_format(&source, 1, NULL, &size), UV_EINVAL);
  assert_int_equal(hvuv_stats_format(NULL, 1, text, &size), UV_EINVAL);
  none.server = source.server;
  assert_int_equal(hvuv_stats_format(&none, 1, text, &size), UV_EINVAL);
  none.name = "x";
  none.server = NULL;
  assert_int_equal(hvuv_stats_format(&none, 1, text, &size), UV_EINVAL);
}

static void each_allocation_may_fail(void** state) {
  hvuv_metrics_source_t both[2];
  size_t size;
  long n;
  int err = UV_ENOMEM;

  (void) state;
  open_server();
  both[0] = both[1] = source;
  for (n = 1; err != 0 && n < 20; n++) {
    size = sizeof(text);
    alloc_fail_nth(n);
    err = hvuv_stats_format(both, 2, text, &size);
    assert_true(err == 0 || err == UV_ENOMEM);
    assert_int_equal(alloc_has_failed(), err != 0);
    alloc_fail_nth(0);
  }
  assert_int_equal(n, 5); /* the views, and the peers of two */
}

/* Of all that are called _total. */
static uint64_t sum_of_counters(void) {
  const char* at = text;
  uint64_t sum = 0;

  while ((at = strstr(at, "_total{")) != NULL) {
    at = strstr(at, "} ");
    sum += strtoull(at + 2, NULL, 10);
  }
  return sum;
}

static void counters_only_grow(void** state) {
  uint64_t before = 0;
  uint64_t sum;
  int i;

  (void) state;
  open_server();
  for (i = 0; i < 3; i++) {
    talk();
    format(&source, 1);
    sum = sum_of_counters();
    assert_true(sum > before);
    before = sum;
    format(&source, 1);
    assert_true(sum_of_counters() == before);
  }
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

static void print_it(void** state) {
  hvuv_metrics_source_t both[2];

  (void) state;
  open_server();
  talk();
  both[0] = source;
  both[1] = source;
  both[1].name = "a \"name\" with \\, a\nline and \xc3\xa4";
  format(both, 2);
  fputs(text, stderr);
}

int main(int argc, char** argv) {
  const struct CMUnitTest printing[] = {TEST(print_it)};
  const struct CMUnitTest tests[] = {
      TEST(what_has_happened_is_written),
      TEST(every_number_is_there_once),
      TEST(every_number_has_its_name),
      TEST(several_servers_stand_together),
      TEST(a_name_may_have_any_bytes),
      TEST(the_size_needed_is_exact),
      TEST(mistakes_are_reported_by_a_code),
      TEST(each_allocation_may_fail),
      TEST(counters_only_grow),
  };

  int code = net_skip_without_unix();

  if (code != 0)
    return code;
  if (argc == 2 && strcmp(argv[1], "--print") == 0)
    return cmocka_run_group_tests_name("metrics", printing, NULL, NULL);
  return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
