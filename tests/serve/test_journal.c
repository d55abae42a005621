/* What a server's life is to a log: at local:// addresses, as several VMs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "local_callers.h"
#include "support/between.h"
#include "support/endpoint.h"
#include "support/peer.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"

static server_rig_t* rig;
static char said[65536];
static size_t used;

static void write_down(hvuv_log_level_t level,
                       const char* where,
                       const char* text,
                       void* arg) {
  int n;

  (void) arg;
  n = snprintf(said + used,
               sizeof(said) - used,
               "%s %s: %s\n",
               hvuv_log_level_name(level),
               where,
               text);
  used += n > 0 && (size_t) n < sizeof(said) - used ? (size_t) n : 0;
}

static void expect(const char* line) {
  if (strstr(said, line) == NULL)
    fail_msg("\"%s\" is not in:\n%s", line, said);
}

static void expect_not(const char* line) {
  if (strstr(said, line) != NULL)
    fail_msg("\"%s\" is in:\n%s", line, said);
}

static int setup(void** state) {
  (void) state;
  used = 0;
  said[0] = '\0';
  endpoint_open();
  rig = server_rig_up();
  hvuv_set_log(HVUV_LOG_DEBUG, write_down, NULL);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_ERROR, NULL, NULL);
  server_rig_down(rig);
  endpoint_close();
  return 0;
}

static void a_conversation_has_a_beginning_and_an_end(void** state) {
  hvuv_addr_t addr = local_addr("local://any/5000");

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  expect("info serve/listen: local://any/5000: up\n");
  assert_true(local_is_framed(rig, X, "local://parent/5000"));
  expect("debug conn/open: local://" X "/");
  expect("debug conn/end: local://" X "/");
  expect(": finished after ");
  expect(" ms, 6 bytes in, 6 out\n");
  expect_not("hi"); /* What they said is theirs. */
  assert_int_equal(hvuv_server_unlisten(&rig->server, &addr), 0);
  expect("info serve/listen: local://any/5000: down\n");
  server_rig_stop(rig, 1000);
  SERVER_RUN_UNTIL(rig, rig->stops == 1);
  expect("info serve/stop: stopping, 0 of 1 connections are left\n");
  expect("info serve/stop: stopped, 0 of 1 connections are left\n");
}

static void what_goes_wrong_has_its_reason(void** state) {
  local_caller_t caller;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  local_call(rig, &caller, Y, "local://parent/5000", "\377\377\377\377", 4);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  local_hang_up(&caller);
  expect("info conn/end: local://" Y "/");
  expect(": EMSGSIZE after ");
}

static void one_that_made_room_for_others_is_a_warning(void** state) {
  local_caller_t caller;

  (void) state;
  rig->message_answer = UV_ENOSPC;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  local_call(rig, &caller, X, "local://parent/5000", "\0\0\0\2hi", 6);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  local_hang_up(&caller); /* Whether it has its answer is the reset's matter. */
  expect("warning conn/end: local://" X "/");
  expect(": ENOSPC after ");
}

static void who_is_refused_is_named_with_the_rule(void** state) {
  hvuv_addr_t allowed = local_addr("local://" X "/1");
  local_caller_t caller;

  (void) state;
  rig->options.allowed_peers = &allowed;
  rig->options.nallowed_peers = 1;
  rig->options.max_per_peer = 1;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_false(local_is_framed(rig, Y, "local://parent/5000"));
  expect("warning serve/refuse: local://" Y "/");
  expect(": allowed_peers\n");
  local_call(rig, &caller, X, "local://parent/5000", "\0\0\0\2hi", 6);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 1);
  assert_false(local_is_framed(rig, X, "local://parent/5000"));
  expect("warning serve/refuse: local://" X "/");
  expect(": max_per_peer\n");
  local_hang_up(&caller);
}

/* The family of the address turns it away before the server hears of it. */
static void who_is_refused_by_the_family_is_named(void** state) {
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://loopback/5000", &rig->protocol),
                   0);
  sock = peer_connect(endpoint_path("l/host/5000.l", path),
                      endpoint_path("stranger", name));
  server_rig_track(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_REFUSED] > 0);
  expect("warning stream/listen: local://loopback/5000: turned away: EINVAL\n");
}

static void a_listener_that_cannot_be_is_an_error(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol),
                   UV_EADDRINUSE);
  expect("error serve/listen: local://any/5000: EADDRINUSE\n");
  expect("warning unix/claim: ");
  expect(" is not to be had: EADDRINUSE\n");
}

/* 40 at once, and 20 a second, however long the callers took. */
static void a_flood_of_callers_makes_few_lines(void** state) {
  uint64_t begin_ns = uv_hrtime();
  uint64_t seconds;
  size_t lines = 0;
  const char* at;
  int i;

  (void) state;
  rig->options.nallowed_peers = 0;
  rig->options.allowed_peers = &(hvuv_addr_t){0};
  server_rig_init(rig);
  assert_int_equal(local_listen(rig, "local://any/5000", &rig->protocol), 0);
  hvuv_set_log(HVUV_LOG_WARNING, write_down, NULL);
  for (i = 0; i < 200; i++)
    assert_false(local_is_framed(rig, X, "local://parent/5000"));
  seconds = (uv_hrtime() - begin_ns) / 1000000000 + 1;
  for (at = said; (at = strstr(at, "serve/refuse: local")) != NULL; at++)
    lines++;
  assert_between(lines, 40, 40 + 20 * seconds);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_conversation_has_a_beginning_and_an_end),
      TEST(what_goes_wrong_has_its_reason),
      TEST(one_that_made_room_for_others_is_a_warning),
      TEST(who_is_refused_is_named_with_the_rule),
      TEST(who_is_refused_by_the_family_is_named),
      TEST(a_listener_that_cannot_be_is_an_error),
      TEST(a_flood_of_callers_makes_few_lines),
  };

  int code = net_skip_without_unix();

  if (code != 0)
    return code;
  return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
