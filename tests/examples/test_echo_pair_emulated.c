/*
 * The echo pair as two processes over hyperv:// addresses, on the EMULATION of
 * AF_HYPERV (support/hyperv_emulation.h): test_echo_pair_emulated SERVER
 * CLIENT. Each of the three programs has the emulation in it; a table in a file
 * is what they share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/endpoint.h"
#include "support/emulation/hyperv_emulation.h"
#include "support/net.h"
#include "support/process.h"

#define SERVICE   "8ba03980-174a-43e7-852a-e5ec79a671c7"
#define LOOPBACK  "hyperv://loopback/" SERVICE
#define VM        "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define PORT_5000 "00001388-facb-11e6-bd58-64006a7986d3"
#define CLIENTS   5

static const char* server_path;
static const char* client_path;

static process_t server;
static process_t client;
static process_t clients[CLIENTS];
static int sockets_before;

static int setup(void** state) {
  (void) state;
  sockets_before = (int) hyperv_emulation_sockets();
  return hyperv_emulation_begin();
}

static int teardown(void** state) {
  (void) state;
  process_end_all();
  uv_os_unsetenv("HVUV_POLL");
  hyperv_emulation_live_in(NULL);
  hyperv_emulation_end();
  return (int) hyperv_emulation_sockets() == sockets_before ? 0 : -1;
}

/* Started, and told that it listens. */
static void serve(const char* a, const char* b) {
  const char* argv[] = {server_path, a, b, NULL};

  process_start(&server, argv);
  if (!process_await(&server, "Listening on ")) {
    process_finish(&server);
    fail_msg("the server does not listen: %s", server.told);
  }
}

static int run_client(
    const char* a, const char* b, const char* c, const char* d, const char* e) {
  const char* argv[] = {client_path, a, b, c, d, e, NULL};

  process_start(&client, argv);
  return process_finish(&client);
}

static void play(const char* vm) {
  assert_int_equal(hyperv_emulation_live_in(vm), 0);
}

static int count_of(const char* text, const char* word) {
  const char* at;
  int n;

  n = 0;
  for (at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
    n++;
  return n;
}

static void expect_told(const process_t* p, const char* text) {
  if (strstr(p->told, text) == NULL)
    fail_msg("\"%s\" is not in: %s", text, p->told);
}

/* The conversation of a server and a client, whole. */
static void expect_conversation(const char* heading) {
  assert_string_equal(client.told, "");
  assert_string_equal(client.said,
                      "Bytes Sent: 14\n"
                      "Bytes received: 14\n"
                      "Connection closed\n");
  assert_string_equal(server.told, "");
  assert_memory_equal(server.said, heading, strlen(heading));
  assert_string_equal(server.said + strlen(heading),
                      "Bytes received: 14\n"
                      "Bytes sent: 14\n"
                      "Connection closing...\n");
}

static void two_processes_meet_at_loopback(void** state) {
  (void) state;
  serve("-1", LOOPBACK);
  assert_int_equal(run_client(LOOPBACK, NULL, NULL, NULL, NULL), 0);
  assert_int_equal(process_finish(&server), 0);
  expect_conversation("Listening on " LOOPBACK "\n");
}

static void they_meet_with_either_engine(void** state) {
  static const char* const engines[] = {"uv", "afd"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
    uv_os_setenv("HVUV_POLL", engines[i]);
    serve("-1", LOOPBACK);
    assert_int_equal(run_client(LOOPBACK, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(process_finish(&server), 0);
    expect_conversation("Listening on " LOOPBACK "\n");
  }
}

static void vsock_addresses_do_as_well(void** state) {
  (void) state;
  serve("-1", "vsock://local:5000");
  assert_int_equal(run_client("vsock://local:5000", NULL, NULL, NULL, NULL), 0);
  assert_int_equal(process_finish(&server), 0);
  expect_conversation("Listening on vsock://local:5000\n");
}

static void much_comes_back_whole(void** state) {
  (void) state;
  serve("-1", LOOPBACK);
  assert_int_equal(run_client("-s", "1000003", "-n", "3", LOOPBACK), 0);
  assert_int_equal(process_finish(&server), 0);
  assert_int_equal(count_of(client.said, "Bytes Sent: 1000003\n"), 3);
}

static void many_clients_are_served_at_once(void** state) {
  const char* argv[] = {client_path, "-s", "100000", LOOPBACK, NULL};
  int i;

  (void) state;
  serve(LOOPBACK, NULL);
  for (i = 0; i < CLIENTS; i++)
    process_start(&clients[i], argv);
  for (i = 0; i < CLIENTS; i++)
    assert_int_equal(process_finish(&clients[i]), 0);
}

/* --- A host and its guest */

static void a_guest_calls_its_host(void** state) {
  (void) state;
  assert_int_equal(hyperv_emulation_service_register(PORT_5000), 0);
  serve("-1", "hyperv://children/5000");
  play(VM);
  assert_int_equal(run_client("hyperv://parent/5000", NULL, NULL, NULL, NULL),
                   0);
  play(NULL);
  assert_int_equal(process_finish(&server), 0);
  expect_conversation("Listening on hyperv://children/5000\n");
}

static void a_host_calls_its_guest(void** state) {
  (void) state;
  play(VM);
  serve("-1", "hyperv://parent/5000");
  play(NULL);
  assert_int_equal(run_client("hyperv://" VM "/5000", NULL, NULL, NULL, NULL),
                   0);
  assert_int_equal(process_finish(&server), 0);
  expect_conversation("Listening on hyperv://parent/5000\n");
}

/* --- When something is wrong */

static void nobody_listens_is_explained(void** state) {
  (void) state;
  assert_int_equal(run_client(LOOPBACK, NULL, NULL, NULL, NULL), 1);
  expect_told(&client, "connect failed on " LOOPBACK ": ");
  expect_told(&client, "(ECONNREFUSED)");
  assert_string_equal(client.said, "");
}

static void a_service_that_is_not_registered_is_explained(void** state) {
  const char* argv[] = {server_path, "hyperv://any/5000", NULL};

  (void) state;
  process_start(&server, argv);
  assert_int_equal(process_finish(&server), 1);
  expect_told(&server, "bind failed on hyperv://any/5000: ");
  expect_told(&server, "(EACCES)");
}

static void a_vm_that_is_off_is_explained(void** state) {
  (void) state;
  assert_int_equal(run_client("hyperv://" VM "/5000", NULL, NULL, NULL, NULL),
                   1);
  expect_told(&client, "connect failed on hyperv://" VM "/5000: ");
  expect_told(&client, "(EADDRNOTAVAIL)");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(two_processes_meet_at_loopback),
      TEST(they_meet_with_either_engine),
      TEST(vsock_addresses_do_as_well),
      TEST(much_comes_back_whole),
      TEST(many_clients_are_served_at_once),
      TEST(a_guest_calls_its_host),
      TEST(a_host_calls_its_guest),
      TEST(nobody_listens_is_explained),
      TEST(a_service_that_is_not_registered_is_explained),
      TEST(a_vm_that_is_off_is_explained),
  };

  if (argc != 3) {
    fprintf(stderr, "usage: test_echo_pair_emulated SERVER CLIENT\n");
    return 2;
  }
  server_path = argv[1];
  client_path = argv[2];
  net_start();
  return cmocka_run_group_tests_name("echo pair, emulated", tests, NULL, NULL);
}
