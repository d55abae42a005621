/*
 * The guest agent and its client as two processes over hyperv:// addresses, on
 * the EMULATION of AF_HYPERV (support/hyperv_emulation.h):
 * test_handlers_emulated GUEST_AGENT AGENT_CALL, with the emulation in each of
 * the three. How servers stop on a signal is not seen here: on Windows no
 * program can send one to another.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/emulation/hyperv_emulation.h"
#include "support/net.h"
#include "support/process.h"

#define VM "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"

static const char* agent_path;
static const char* call_path;
static process_t agent;
static process_t caller;
static int sockets_before;

static int setup(void** state) {
  (void) state;
  sockets_before = (int) hyperv_emulation_sockets();
  return hyperv_emulation_begin();
}

static int teardown(void** state) {
  (void) state;
  process_end_all();
  hyperv_emulation_live_in(NULL);
  hyperv_emulation_end();
  return (int) hyperv_emulation_sockets() == sockets_before ? 0 : -1;
}

static void serve(const char* address) {
  const char* argv[] = {agent_path, address, NULL};

  process_start(&agent, argv);
  if (!process_await(&agent, "Listening on ")) {
    process_finish(&agent);
    fail_msg("the agent does not listen: %s", agent.told);
  }
}

static void start_call(const char* address, const char* a, const char* b) {
  const char* argv[] = {call_path, "-t", "40", address, a, b, NULL};

  process_start(&caller, argv);
}

static void end_agent(void) {
  process_signal(&agent, SIGTERM);
  process_finish(&agent);
}

static void an_agent_answers_at_loopback(void** state) {
  (void) state;
  serve("hyperv://loopback/5001");
  start_call("hyperv://loopback/5001", "ping", "uname");
  assert_int_equal(process_finish(&caller), 0);
  assert_memory_equal(caller.said, "ping: pong", 10);
  assert_non_null(strstr(caller.said, "\nuname: "));
  assert_non_null(strstr(caller.said, "_NT"));
  assert_string_equal(caller.told, "");
  end_agent();
  assert_string_equal(agent.told, "");
}

static void a_host_asks_its_guest(void** state) {
  (void) state;
  assert_int_equal(hyperv_emulation_live_in(VM), 0);
  serve("hyperv://any/5001");
  assert_int_equal(hyperv_emulation_live_in(NULL), 0);
  start_call("hyperv://" VM "/5001", "uptime", "reboot");
  assert_int_equal(process_finish(&caller), 3);
  assert_memory_equal(caller.said, "uptime: ", 8);
  assert_non_null(strstr(caller.said, " seconds"));
  assert_non_null(
      strstr(caller.said, "reboot: error unknown request; known: "));
  end_agent();
}

static void the_client_waits_until_the_vm_listens(void** state) {
  (void) state;
  start_call("hyperv://loopback/5001", "ping", NULL);
  serve("hyperv://loopback/5001");
  assert_int_equal(process_finish(&caller), 0);
  assert_memory_equal(caller.said, "ping: pong", 10);
  end_agent();
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(an_agent_answers_at_loopback),
      TEST(a_host_asks_its_guest),
      TEST(the_client_waits_until_the_vm_listens),
  };

  if (argc != 3) {
    fprintf(stderr, "usage: test_handlers_emulated GUEST_AGENT AGENT_CALL\n");
    return 2;
  }
  agent_path = argv[1];
  call_path = argv[2];
  net_start();
  return cmocka_run_group_tests_name(
      "guest agent, emulated", tests, NULL, NULL);
}
