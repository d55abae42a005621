/* The echo pair as a newcomer runs it: test_echo_pair SERVER CLIENT. What it
 * prints, what it exits with, and what it says when something is wrong. On Windows
 * no program can send another a signal, so there servers are killed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "support/process.h"

#define SERVICE "8ba03980-174a-43e7-852a-e5ec79a671c7"
#define DEFAULT "local://loopback/" SERVICE
#define SOCKET  "l/host/8ba03980174a43e7852ae5ec79a671c7.l"
#define CLIENTS 10

static const char* server_path;
static const char* client_path;

static process_t server;
static process_t client;
static process_t clients[CLIENTS];
static int descriptors;

static int setup(void** state) {
  (void) state;
  descriptors = endpoint_count_descriptors();
  endpoint_open();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  process_end_all();
  endpoint_close();
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}

static void start_server(const char* a, const char* b) {
  const char* argv[] = {server_path, a, b, NULL};

  process_start(&server, argv);
}

/* Started, and told that it listens. */
static void serve(const char* a, const char* b) {
  start_server(a, b);
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

static int run_server(const char* a, const char* b, const char* c) {
  const char* argv[] = {server_path, a, b, c, NULL};

  process_start(&server, argv);
  return process_finish(&server);
}

/* The sum of the numbers behind a word, a line each. */
static long sum_of(const char* text, const char* word) {
  const char* at;
  long sum;

  sum = 0;
  for (at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
    sum += strtol(at + strlen(word), NULL, 10);
  return sum;
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

static void expect_one_line(const process_t* p) {
  assert_int_equal(count_of(p->told, "\n"), 1);
}

static void expect_no_files(void) {
  char path[ENDPOINT_ROOM];

  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 0);
}

static void skip_elsewhere(const char* why) {
  if (!net_is_posix()) {
    print_message("Skipped on Windows: %s\n", why);
    skip();
  }
}

#define NO_RESETS                                                              \
  "what a close with bytes unread does to a Unix socket's peer there this "    \
  "project has not seen"

/* --- When all is well */

static void they_print_what_the_seeds_pair_prints(void** state) {
  (void) state;
  serve("-1", NULL);
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 0);
  assert_int_equal(process_finish(&server), 0);

  assert_string_equal(client.said,
                      "Bytes Sent: 14\n"
                      "Bytes received: 14\n"
                      "Connection closed\n");
  assert_string_equal(client.told, "");
  assert_string_equal(server.said,
                      "Listening on " DEFAULT "\n"
                      "Bytes received: 14\n"
                      "Bytes sent: 14\n"
                      "Connection closing...\n");
  assert_string_equal(server.told, "");
  expect_no_files();
}

static void an_address_and_a_message_may_be_given(void** state) {
  (void) state;
  serve("-1", "local://any/0x10");
  assert_non_null(strstr(server.said, "Listening on local://any/16\n"));
  assert_int_equal(
      run_client("local://loopback/16", "Hyper-V", NULL, NULL, NULL), 0);
  assert_int_equal(process_finish(&server), 0);
  assert_string_equal(client.said,
                      "Bytes Sent: 7\n"
                      "Bytes received: 7\n"
                      "Connection closed\n");
}

static void a_count_sends_the_message_so_often(void** state) {
  (void) state;
  serve("-1", NULL);
  assert_int_equal(run_client("-n", "5", NULL, NULL, NULL), 0);
  assert_int_equal(process_finish(&server), 0);
  assert_int_equal(count_of(client.said, "Bytes Sent: 14\n"), 5);
  assert_int_equal(sum_of(client.said, "Bytes received: "), 70);
  assert_int_equal(sum_of(server.said, "Bytes received: "), 70);
  assert_int_equal(sum_of(server.said, "Bytes sent: "), 70);
  assert_int_equal(count_of(client.said, "Connection closed\n"), 1);
}

static void a_size_makes_a_message_of_so_many_bytes(void** state) {
  (void) state;
  serve("-1", NULL);
  assert_int_equal(run_client("-s", "1000003", "-n", "3", NULL), 0);
  assert_int_equal(process_finish(&server), 0);
  assert_int_equal(count_of(client.said, "Bytes Sent: 1000003\n"), 3);
  assert_int_equal(sum_of(client.said, "Bytes received: "), 3000009);
  assert_int_equal(sum_of(server.said, "Bytes sent: "), 3000009);
}

static void a_guest_and_its_host_meet(void** state) {
  (void) state;
  serve("-1", "local://children/5000");
  endpoint_play("6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d");
  assert_int_equal(run_client("local://host/5000", NULL, NULL, NULL, NULL), 0);
  endpoint_play(NULL);
  assert_int_equal(process_finish(&server), 0);
}

static void start_clients(void) {
  const char* argv[] = {client_path, "-s", "200000", "-n", "3", NULL};
  int i;

  for (i = 0; i < CLIENTS; i++)
    process_start(&clients[i], argv);
}

static void expect_stopped(int signum) {
  char line[64];

  process_signal(&server, signum);
  if (!net_is_posix()) {
    process_finish(&server);
    assert_string_equal(server.told, "");
    return;
  }
  assert_int_equal(process_finish(&server), 0);
  snprintf(line, sizeof(line), "Stopping on signal %d\n", signum);
  assert_non_null(strstr(server.said, line));
  assert_string_equal(server.told, "");
  expect_no_files();
}

static void many_clients_are_served_at_once_until_sigterm(void** state) {
  int i;

  (void) state;
  serve(NULL, NULL);
  start_clients();
  for (i = 0; i < CLIENTS; i++) {
    assert_int_equal(process_finish(&clients[i]), 0);
    assert_int_equal(sum_of(clients[i].said, "Bytes received: "), 600000);
  }
  expect_stopped(SIGTERM);
  if (net_is_posix())
    assert_int_equal(count_of(server.said, "Connection closing...\n"), CLIENTS);
}

static void sigint_hangs_up_on_those_who_are_there(void** state) {
  char path[ENDPOINT_ROOM];
  char room[64];
  uv_os_sock_t fds[3];
  int i;

  (void) state;
  skip_elsewhere("no program can send another a signal there");
  serve(NULL, NULL);
  for (i = 0; i < 3; i++) {
    fds[i] = peer_connect(endpoint_path(SOCKET, path), NULL);
    assert_true(fds[i] != NET_NONE);
    assert_int_equal(net_send(fds[i], "hello", 5), 5);
    assert_int_equal(peer_await(fds[i]), 0);
  }
  expect_stopped(SIGINT);
  for (i = 0; i < 3; i++) {
    assert_int_equal(peer_read_to_end(fds[i], room, sizeof(room)), 5);
    net_close(fds[i]);
  }
  assert_int_equal(count_of(server.said, "Connection closing...\n"), 3);
}

/* It costs one buffer, and nobody else waits for it. */
static void a_client_that_does_not_read_hinders_nobody(void** state) {
  static char chunk[65536];
  char path[ENDPOINT_ROOM];
  size_t sent = 0;
  ssize_t n;
  uv_os_sock_t fd;

  (void) state;
  serve(NULL, NULL);
  fd = peer_connect(endpoint_path(SOCKET, path), NULL);
  assert_true(fd != NET_NONE);
  assert_int_equal(net_unblock(fd), 0);
  while (net_await(fd, 0, 500) == 0 && sent < UINT64_C(64) * 1024 * 1024) {
    n = net_send(fd, chunk, sizeof(chunk));
    sent += n > 0 ? (size_t) n : 0;
  }
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 0);
  expect_stopped(SIGTERM);
  net_close(fd);
}

/* --- When something is wrong */

static void nobody_listens_is_explained(void** state) {
  (void) state;
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 1);
  expect_told(&client, "connect failed on " DEFAULT ": ");
  expect_told(&client, "connection refused");
  expect_told(&client, "(ECONNREFUSED)");
  expect_told(&client, "Start the server first");
  assert_string_equal(client.said, "");
}

static void a_second_server_is_explained(void** state) {
  (void) state;
  serve(NULL, NULL);
  {
    const char* argv[] = {server_path, NULL};

    process_start(&clients[0], argv);
  }
  assert_int_equal(process_finish(&clients[0]), 1);
  expect_told(&clients[0], "bind failed on " DEFAULT ": ");
  expect_told(&clients[0], "(EADDRINUSE)");
  expect_told(&clients[0], "A live server listens");
  expect_one_line(&clients[0]);
  expect_stopped(SIGTERM);
}

static void an_address_that_leads_nowhere_is_explained(void** state) {
  (void) state;
  assert_int_equal(run_client("local://parent/1", NULL, NULL, NULL, NULL), 1);
  expect_told(&client, "connect failed on local://parent/1: ");
  expect_told(&client, "(EADDRNOTAVAIL)");
  expect_told(&client, "the host, which has no parent");
  expect_one_line(&client);
}

static void a_bad_vm_id_is_explained(void** state) {
  (void) state;
  endpoint_play("me");
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 1);
  expect_told(&client, "(EINVAL)");
  expect_told(&client, "HVUV_LOCAL_VM");
  assert_int_equal(run_server(NULL, NULL, NULL), 1);
  expect_told(&server, "bind failed on " DEFAULT ": ");
  expect_told(&server, "HVUV_LOCAL_VM");
  endpoint_play(NULL);
}

static void an_open_folder_is_explained(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  files_make_folder(endpoint_path("l", path));
  files_open_folder(path);
  assert_int_equal(run_server(NULL, NULL, NULL), 1);
  expect_told(&server, "(EACCES)");
  if (net_is_posix())
    expect_told(&server, "chmod 700");
}

static void a_long_folder_is_explained(void** state) {
  static char path[200];

  (void) state;
  memset(path, 'x', sizeof(path) - 1);
  path[0] = '/';
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 1);
  expect_told(&client, "(ENAMETOOLONG)");
  expect_told(&client, "HVUV_LOCAL_DIR");
}

/* A server of our own, which sends what it is told to whoever connects. */
static uv_os_sock_t listen_as_server(void) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t fd;

  files_make_folder(endpoint_path("l", path));
  files_make_folder(endpoint_path("l/host", path));
  fd = peer_bind(endpoint_path(SOCKET, path), 4);
  assert_true(fd != NET_NONE);
  return fd;
}

static int answer_with(const char* reply, int read_first) {
  const char* argv[] = {client_path, NULL};
  char room[64];
  uv_os_sock_t listener;
  uv_os_sock_t fd;

  listener = listen_as_server();
  process_start(&client, argv);
  assert_int_equal(peer_await(listener), 0);
  assert_int_equal(net_accept(listener, &fd), 0);
  if (read_first) {
    assert_int_equal(peer_read_to_end(fd, room, sizeof(room)), 14);
    assert_memory_equal(room, "this is a test", 14);
  } else {
    assert_int_equal(peer_await(fd), 0);
  }
  assert_int_equal(net_send(fd, reply, strlen(reply)), strlen(reply));
  net_close(fd);
  net_close(listener);
  return process_finish(&client);
}

static void the_same_bytes_are_right(void** state) {
  (void) state;
  assert_int_equal(answer_with("this is a test", 1), 0);
}

static void another_byte_makes_the_client_fail(void** state) {
  (void) state;
  assert_int_equal(answer_with("this is a tesT", 1), 1);
  expect_told(&client, "not as they were sent");
}

static void a_byte_too_few_makes_the_client_fail(void** state) {
  (void) state;
  assert_int_equal(answer_with("this is a tes", 1), 1);
  expect_told(&client, "13 of 14 bytes came back from " DEFAULT ": ");
}

static void a_byte_too_many_makes_the_client_fail(void** state) {
  (void) state;
  assert_int_equal(answer_with("this is a testt", 1), 1);
}

static void no_answer_makes_the_client_fail(void** state) {
  (void) state;
  assert_int_equal(answer_with("", 1), 1);
  expect_told(&client, "0 of 14");
}

static void an_abort_makes_the_client_fail(void** state) {
  (void) state;
  skip_elsewhere(NO_RESETS);
  assert_int_equal(answer_with("this is a test", 0), 1);
  expect_told(&client, "receive failed on " DEFAULT ": ");
  expect_told(&client, "(ECONNRESET)");
}

/* Aborts a conversation with the server in the middle. */
static void abort_midway(void) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t fd;

  fd = peer_connect(endpoint_path(SOCKET, path), NULL);
  assert_true(fd != NET_NONE);
  assert_int_equal(net_send(fd, "hello", 5), 5);
  assert_int_equal(peer_await(fd), 0);
  net_close(fd); /* with the answer unread */
}

static void a_server_survives_a_client_that_aborts(void** state) {
  (void) state;
  skip_elsewhere(NO_RESETS);
  serve(NULL, NULL);
  abort_midway();
  assert_int_equal(run_client(NULL, NULL, NULL, NULL, NULL), 0);
  process_signal(&server, SIGTERM);
  assert_int_equal(process_finish(&server), 0);
  expect_told(&server, "receive failed on " DEFAULT ": ");
  expect_told(&server, "(ECONNRESET)");
  expect_no_files();
}

static void a_server_for_one_fails_with_it(void** state) {
  (void) state;
  skip_elsewhere(NO_RESETS);
  serve("-1", NULL);
  abort_midway();
  assert_int_equal(process_finish(&server), 1);
}

/* --- Usage */

static void bad_arguments_exit_with_2_and_the_usage(void** state) {
  static const char* const rows[][5] = {
      {"-n", NULL, NULL, NULL, NULL},
      {"-n", "0", NULL, NULL, NULL},
      {"-n", "x", NULL, NULL, NULL},
      {"-n", "-1", NULL, NULL, NULL},
      {"-n", "+1", NULL, NULL, NULL},
      {"-n", " 1", NULL, NULL, NULL},
      {"-n", "1x", NULL, NULL, NULL},
      {"-n", "99999999999999999999", NULL, NULL, NULL},
      {"-s", "0", NULL, NULL, NULL},
      {"-s", "4294967297", NULL, NULL, NULL},
      {"-z", "1", NULL, NULL, NULL},
      {"-w", "0", NULL, NULL, NULL},
      {"-w", "86401", NULL, NULL, NULL},
      {"-h", "-n", "1", NULL, NULL},
      {"", NULL, NULL, NULL, NULL},
      {"nonsense", NULL, NULL, NULL, NULL},
      {"local://loopback/5000 ", NULL, NULL, NULL, NULL},
      {DEFAULT, "", NULL, NULL, NULL},
      {DEFAULT, "message", "more", NULL, NULL},
      {"-s", "5", DEFAULT, "message", NULL},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (run_client(
            rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4]) != 2)
      fail_msg("row %lu exits with %d", (unsigned long) i, client.code);
    expect_told(&client, "usage: echo_client ");
    assert_string_equal(client.said, "");
  }
}

static void bad_arguments_of_the_server_do_too(void** state) {
  static const char* const rows[][3] = {
      {"-2", NULL, NULL},
      {"--help", "more", NULL},
      {"", NULL, NULL},
      {"nonsense", NULL, NULL},
      {"-1", "nonsense", NULL},
      {DEFAULT, "-1", NULL},
      {"-1", DEFAULT, "more"},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (run_server(rows[i][0], rows[i][1], rows[i][2]) != 2)
      fail_msg("row %lu exits with %d", (unsigned long) i, server.code);
    expect_told(&server, "usage: echo_server ");
    assert_string_equal(server.said, "");
  }
}

static void help_is_on_standard_output_and_names_the_defaults(void** state) {
  (void) state;
  assert_int_equal(run_client("--help", NULL, NULL, NULL, NULL), 0);
  assert_non_null(strstr(client.said, "usage: echo_client "));
  assert_non_null(strstr(client.said, "nothing has moved for so long (5)"));
  assert_string_equal(client.told, "");
  assert_int_equal(run_server("-h", NULL, NULL), 0);
  assert_non_null(strstr(server.said, "usage: echo_server "));
  assert_string_equal(server.told, "");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(they_print_what_the_seeds_pair_prints),
      TEST(an_address_and_a_message_may_be_given),
      TEST(a_count_sends_the_message_so_often),
      TEST(a_size_makes_a_message_of_so_many_bytes),
      TEST(a_guest_and_its_host_meet),
      TEST(many_clients_are_served_at_once_until_sigterm),
      TEST(sigint_hangs_up_on_those_who_are_there),
      TEST(a_client_that_does_not_read_hinders_nobody),
      TEST(nobody_listens_is_explained),
      TEST(a_second_server_is_explained),
      TEST(an_address_that_leads_nowhere_is_explained),
      TEST(a_bad_vm_id_is_explained),
      TEST(an_open_folder_is_explained),
      TEST(a_long_folder_is_explained),
      TEST(the_same_bytes_are_right),
      TEST(another_byte_makes_the_client_fail),
      TEST(a_byte_too_few_makes_the_client_fail),
      TEST(a_byte_too_many_makes_the_client_fail),
      TEST(no_answer_makes_the_client_fail),
      TEST(an_abort_makes_the_client_fail),
      TEST(a_server_survives_a_client_that_aborts),
      TEST(a_server_for_one_fails_with_it),
      TEST(bad_arguments_exit_with_2_and_the_usage),
      TEST(bad_arguments_of_the_server_do_too),
      TEST(help_is_on_standard_output_and_names_the_defaults),
  };
  int code;

  if (argc != 3) {
    fprintf(stderr, "usage: test_echo_pair SERVER CLIENT\n");
    return 2;
  }
  net_start();
  code = net_skip_without_unix();
  if (code != 0)
    return code;
  server_path = argv[1];
  client_path = argv[2];
  return cmocka_run_group_tests_name("echo pair", tests, NULL, NULL);
}
