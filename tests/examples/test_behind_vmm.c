/* The echo pair and agent_call behind a hypervisor's Unix socket, with the
 * manners that real ones have, and with peers that take a call and say nothing:
 * test_behind_vmm ECHO_SERVER ECHO_CLIENT AGENT_CALL. No program may wait
 * without end, or lose bytes in silence. */
#include "handlers.h"
#include "support/fakes/fake_vmm.h"

#define CLIENTS 20
#define LOCAL   "local://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"

static const char* client_path;
static const char* call_path;
static fake_vmm_t* vmm;
static process_t caller;
static process_t clients[CLIENTS];
static char address[ENDPOINT_ROOM + 32];

/* A guest behind a hypervisor with such manners, and what it is called by. */
static void boot(unsigned int manners) {
  char path[ENDPOINT_ROOM];

  vmm = fake_vmm_start(endpoint_path("v.sock", path), manners);
  snprintf(address, sizeof(address), "hybrid://%s:5000", path);
}

static int teardown_vmm(void** state) {
  process_end_all();
  if (vmm != NULL)
    fake_vmm_stop(vmm);
  vmm = NULL;
  return teardown(state);
}

static int call(const char* const argv[]) {
  process_start(&caller, argv);
  return process_finish(&caller);
}

static int echo_briefly(const char* to) {
  const char* argv[] = {client_path, "-w", "1", to, NULL};

  return call(argv);
}

static int ask_briefly(const char* to) {
  const char* argv[] = {call_path, "-t", "1", to, "ping", NULL};

  return call(argv);
}

/* --- All comes back, whatever the hypervisor's manners */

static void expect_the_seeds_lines(unsigned int manners) {
  const char* argv[] = {client_path, address, NULL};

  boot(manners);
  serve_at(address);
  if (call(argv) != 0)
    fail_msg("it exits with %d: %s", caller.code, caller.told);
  assert_string_equal(caller.said,
                      "Bytes Sent: 14\n"
                      "Bytes received: 14\n"
                      "Connection closed\n");
  assert_string_equal(caller.told, "");
  expect_silent_stop();
}

/* No more than the server's lines about it fit in a pipe, which is read late. */
static void expect_large_messages(unsigned int manners) {
  const char* argv[] = {client_path, "-s", "100000", "-n", "3", address, NULL};
  int i;

  boot(manners);
  serve_at(address);
  for (i = 0; i < CLIENTS; i++)
    process_start(&clients[i], argv);
  for (i = 0; i < CLIENTS; i++)
    if (process_finish(&clients[i]) != 0)
      fail_msg("it exits with %d: %s", clients[i].code, clients[i].told);
  expect_silent_stop();
}

static void a_message_comes_back(void** state) {
  (void) state;
  expect_the_seeds_lines(FAKE_VMM_GENEROUS);
}

static void large_messages_of_many_at_once_come_back(void** state) {
  (void) state;
  expect_large_messages(FAKE_VMM_GENEROUS);
}

static void a_message_comes_back_from_a_stingy_vmm(void** state) {
  (void) state;
  expect_the_seeds_lines(FAKE_VMM_STINGY);
}

static void large_messages_come_back_from_a_stingy_vmm(void** state) {
  (void) state;
  expect_large_messages(FAKE_VMM_STINGY);
}

/* --- Nobody is there */

static void nobody_listens_in_the_guest(void** state) {
  (void) state;
  boot(FAKE_VMM_STINGY);
  assert_int_equal(echo_briefly(address), 1);
  expect_in(caller.told, "connect failed on hybrid://");
  expect_in(caller.told, "(ECONNREFUSED)");
}

static void a_vmm_that_never_answers_is_given_up_on(void** state) {
  (void) state;
  boot(FAKE_VMM_SILENT);
  assert_int_equal(echo_briefly(address), 1);
  expect_in(caller.told, "connect failed on hybrid://");
  expect_in(caller.told, "(ETIMEDOUT)");
  assert_int_equal(ask_briefly(address), 1);
  expect_in(caller.told, "connect failed on hybrid://");
  expect_in(caller.told, "(ETIMEDOUT)");
  expect_in(caller.told, "Gave up after 1 s ");
}

/* Not that its own time has passed. */
static void agent_call_says_why_the_last_attempt_failed(void** state) {
  const char* last;

  (void) state;
  boot(FAKE_VMM_STINGY);
  assert_int_equal(ask_briefly(address), 1);
  assert_null(strstr(caller.told, "ETIMEDOUT"));
  last = strstr(caller.told + 1, "\nconnect failed on hybrid://");
  assert_non_null(last);
  expect_in(last, "(ECONNREFUSED)");
  expect_in(last, "; 0 of 1 requests were answered\n");
}

/* The hypervisor has said its OK: it is not to blame. */
static void agent_call_at_another_server_says_that_it_is_no_agent(
    void** state) {
  (void) state;
  boot(FAKE_VMM_STINGY);
  serve_at(address);
  assert_int_equal(ask_briefly(address), 1);
  expect_in(caller.told, "asking failed on hybrid://");
  expect_in(caller.told, "(EPROTO)");
  expect_in(caller.told, "not as an agent does");
  assert_null(strstr(caller.told, "hypervisor"));
}

/* --- Servers of our own, which do not do as they should */

static int listen_as_server(void) {
  char path[ENDPOINT_ROOM];
  int fd;

  assert_int_equal(mkdir(endpoint_path("l", path), 0700), 0);
  assert_int_equal(mkdir(endpoint_path("l/host", path), 0700), 0);
  fd = peer_bind(endpoint_path(socket_name, path), 4);
  assert_true(fd >= 0);
  return fd;
}

/* Sends so many of the 14 bytes back, and then nothing, nor an end. */
static void send_back_and_stay(size_t nbytes) {
  const char* argv[] = {client_path, "-w", "1", LOCAL, NULL};
  char room[64];
  int listener;
  int fd;

  listener = listen_as_server();
  process_start(&caller, argv);
  assert_int_equal(peer_await(listener), 0);
  assert_int_equal(net_accept(listener, &fd), 0);
  assert_int_equal(peer_read_to_end(fd, room, sizeof(room)), 14);
  if (nbytes > 0)
    assert_int_equal(net_send(fd, room, nbytes), nbytes);
  process_finish(&caller);
  net_close(fd);
  net_close(listener);
}

static void a_server_that_says_nothing_is_given_up_on(void** state) {
  (void) state;
  send_back_and_stay(0);
  assert_int_equal(caller.code, 1);
  expect_in(caller.told,
            "0 of 14 bytes came back from " LOCAL ": nothing moved for 1 s.");
}

static void a_server_that_stops_midway_is_given_up_on(void** state) {
  (void) state;
  send_back_and_stay(5);
  assert_int_equal(caller.code, 1);
  expect_in(caller.told,
            "5 of 14 bytes came back from " LOCAL ": nothing moved for 1 s.");
  expect_in(caller.said, "Bytes received: 5\n");
}

/* As in a guest whose hypervisor passes on no end of its direction. */
static void an_end_that_never_comes_is_no_failure(void** state) {
  (void) state;
  send_back_and_stay(14);
  assert_int_equal(caller.code, 0);
  expect_in(caller.told, "All came back, but the server's end did not");
}

#define VMM_TEST(function)                                                     \
  cmocka_unit_test_setup_teardown(function, setup, teardown_vmm)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      VMM_TEST(a_message_comes_back),
      VMM_TEST(large_messages_of_many_at_once_come_back),
      VMM_TEST(a_message_comes_back_from_a_stingy_vmm),
      VMM_TEST(large_messages_come_back_from_a_stingy_vmm),
      VMM_TEST(nobody_listens_in_the_guest),
      VMM_TEST(a_vmm_that_never_answers_is_given_up_on),
      VMM_TEST(agent_call_says_why_the_last_attempt_failed),
      VMM_TEST(agent_call_at_another_server_says_that_it_is_no_agent),
      VMM_TEST(a_server_that_says_nothing_is_given_up_on),
      VMM_TEST(a_server_that_stops_midway_is_given_up_on),
      VMM_TEST(an_end_that_never_comes_is_no_failure),
  };

  if (argc != 4) {
    fprintf(stderr,
            "usage: test_behind_vmm ECHO_SERVER ECHO_CLIENT AGENT_CALL\n");
    return 2;
  }
  server_path = argv[1];
  client_path = argv[2];
  call_path = argv[3];
  socket_name = "l/host/8ba03980174a43e7852ae5ec79a671c7.l";
  return cmocka_run_group_tests_name("behind a VMM", tests, NULL, NULL);
}
