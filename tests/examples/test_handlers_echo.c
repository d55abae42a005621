/* The echo handler as a newcomer runs it, and what the examples that serve have
 * in common: test_handlers_echo ECHO_HANDLER ECHO_CLIENT. */
#include "handlers.h"
#include "support/between.h"

#define SERVICE "8ba03980-174a-43e7-852a-e5ec79a671c7"
#define CLIENTS 10

static const char* client_path;
static process_t caller;
static process_t clients[CLIENTS];
static bare_t bare[3];

static int call(const char* a, const char* b, const char* c, const char* d) {
  const char* argv[] = {client_path, a, b, c, d, NULL};

  process_start(&caller, argv);
  return process_finish(&caller);
}

static void the_echo_client_gets_its_message_back(void** state) {
  (void) state;
  serve();
  assert_int_equal(call(NULL, NULL, NULL, NULL), 0);
  assert_string_equal(caller.said,
                      "Bytes Sent: 14\n"
                      "Bytes received: 14\n"
                      "Connection closed\n");
  assert_true(process_await(&server, "Connection closed after 14 bytes\n"));
  expect_silent_stop();
  assert_string_equal(server.said,
                      net_is_posix()
                          ? "Listening on local://loopback/" SERVICE "\n"
                            "Connection closed after 14 bytes\n"
                            "Stopping on signal 15\n"
                          : "Listening on local://loopback/" SERVICE "\n"
                            "Connection closed after 14 bytes\n");
}

static void large_messages_come_back_whole(void** state) {
  (void) state;
  serve();
  assert_int_equal(call("-s", "1000003", "-n", "3"), 0);
  assert_true(
      process_await(&server, "Connection closed after 3000009 bytes\n"));
  expect_silent_stop();
}

static void many_clients_are_served_at_once(void** state) {
  const char* argv[] = {client_path, "-s", "200000", "-n", "3", NULL};
  int i;

  (void) state;
  serve();
  for (i = 0; i < CLIENTS; i++)
    process_start(&clients[i], argv);
  for (i = 0; i < CLIENTS; i++)
    assert_int_equal(process_finish(&clients[i]), 0);
  expect_silent_stop();
}

static void another_address_may_be_given(void** state) {
  (void) state;
  serve_at("local://any/0x10");
  expect_in(server.said, "Listening on local://any/16\n");
  assert_int_equal(call("local://loopback/16", NULL, NULL, NULL), 0);
  expect_silent_stop();
}

static void sigint_says_goodbye_to_those_who_are_there(void** state) {
  int i;

  (void) state;
  skip_without_signals();
  serve();
  for (i = 0; i < 3; i++) {
    bare_connect(&bare[i], NULL);
    bare_say(&bare[i], "hello");
    bare_await(&bare[i], "hello");
  }
  process_signal(&server, SIGINT);
  for (i = 0; i < 3; i++) {
    bare_finish(&bare[i]);
    assert_string_equal(bare[i].text, "hello");
  }
  assert_int_equal(process_finish(&server), 0);
  expect_in(server.said, "Stopping on signal 2\n");
  assert_string_equal(server.told, "");
}

static void one_who_does_not_go_is_hung_up_on_in_time(void** state) {
  (void) state;
  skip_without_signals();
  serve();
  bare_connect(&bare[0], NULL);
  bare_say(&bare[0], "hello");
  bare_await(&bare[0], "hello");
  expect_silent_stop();
  bare_finish(&bare[0]);
}

/* What it sends is not read while it does not read: 256 KiB are queued, and the
 * rest is in the kernel's buffers. */
static void one_who_does_not_read_costs_little_and_hinders_nobody(
    void** state) {
  static char chunk[65536];
  /* TCP's buffers, which the emulation has, are larger. */
  size_t most = (net_is_posix() ? 4 : 16) * 1024 * 1024;
  size_t sent = 0;
  ssize_t n;

  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  assert_int_equal(net_unblock(bare[0].fd), 0);
  while (net_await(bare[0].fd, 0, 500) == 0 && sent < 2 * most) {
    n = net_send(bare[0].fd, chunk, sizeof(chunk));
    sent += n > 0 ? (size_t) n : 0;
  }
  assert_between(sent, 256 * 1024, most);
  assert_int_equal(call(NULL, NULL, NULL, NULL), 0);
  if (!net_is_posix()) {
    net_close(bare[0].fd);
    expect_stop(SIGTERM);
    return;
  }

  /* The second signal does not wait for it. */
  process_signal(&server, SIGTERM);
  assert_true(process_await(&server, "Stopping on signal 15\n"));
  expect_stop(SIGINT);
  net_close(bare[0].fd);
}

static void a_client_that_aborts_is_told_and_survived(void** state) {
  (void) state;
  skip_without_resets();
  serve();
  bare_connect(&bare[0], NULL);
  bare_say(&bare[0], "hello");
  assert_int_equal(peer_await(bare[0].fd), 0);
  net_close(bare[0].fd); /* with the answer unread */
  assert_true(process_await(&server, "Connection closed after 5 bytes\n"));
  assert_int_equal(call(NULL, NULL, NULL, NULL), 0);
  expect_stop(SIGTERM);
  expect_in(server.told,
            "conversation failed on local://loopback/" SERVICE ": ");
  expect_in(server.told, "(ECONNRESET)");
}

/* --- What it shows */

static const char* ask_for_metrics(const char* request) {
  char path[ENDPOINT_ROOM];

  memset(&bare[1], 0, sizeof(bare[1]));
  bare[1].fd = peer_connect(endpoint_path("l/host/9101.a", path), NULL);
  assert_true(bare[1].fd != NET_NONE);
  bare_say(&bare[1], request);
  bare_finish(&bare[1]);
  return bare[1].text;
}

static void what_it_does_is_shown_at_another_address(void** state) {
  const char* argv[] = {server_path, "--metrics", "local://any/9101", NULL};
  const char* said;

  (void) state;
  process_start(&server, argv);
  assert_true(process_await(&server, "Listening on "));
  assert_int_equal(call(NULL, NULL, NULL, NULL), 0);
  said = ask_for_metrics("GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
  expect_in(said, "HTTP/1.0 200 OK\r\n");
  expect_in(said, "\r\n\r\n# TYPE hvuv_connections gauge\n");
  expect_in(said, "hvuv_received_bytes_total{server=\"echo\"} 14\n");
  expect_in(said, "\n# EOF\n");
  expect_in(ask_for_metrics("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.0 404 ");
  expect_in(ask_for_metrics("GET /metricsx\n\n"), "HTTP/1.0 404 ");
  expect_in(ask_for_metrics("POST /metrics HTTP/1.0\n\n"), "HTTP/1.0 405 ");
  expect_in(ask_for_metrics("\n\n"), "HTTP/1.0 405 ");
  expect_silent_stop();
}

static void metrics_that_cannot_be_shown_are_an_error(void** state) {
  const char* argv[] = {server_path, "--metrics", "nonsense", NULL};
  const char* taken[] = {
      server_path, "--metrics", "local://any/9101", "local://any/9101", NULL};

  (void) state;
  process_start(&caller, argv);
  assert_int_equal(process_finish(&caller), 2);
  expect_in(caller.told, "--metrics: ");
  process_start(&caller, taken);
  assert_int_equal(process_finish(&caller), 1);
  expect_in(caller.told, "listen failed on local://any/9101: ");
}

/* --- When something is wrong */

static int fail_to_serve(const char* a, const char* b) {
  const char* argv[] = {server_path, a, b, NULL};

  process_start(&caller, argv);
  return process_finish(&caller);
}

static void a_second_server_is_explained(void** state) {
  (void) state;
  serve();
  assert_int_equal(fail_to_serve(NULL, NULL), 1);
  expect_in(caller.told, "listen failed on local://loopback/" SERVICE ": ");
  expect_in(caller.told, "(EADDRINUSE)");
  expect_in(caller.told, "A live server listens");
  assert_string_equal(caller.said, "");
  expect_silent_stop();
}

static void bad_arguments_exit_with_2_and_the_usage(void** state) {
  static const char* const rows[][2] = {
      {"", NULL},
      {"nonsense", NULL},
      {"--help", "more"},
      {"local://any/1", "local://any/2"},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(fail_to_serve(rows[i][0], rows[i][1]), 2);
    expect_in(caller.told, "usage: ");
    expect_in(caller.told, " [ADDRESS]\n");
    assert_string_equal(caller.said, "");
  }
  assert_int_equal(fail_to_serve("--help", NULL), 0);
  expect_in(caller.said, " [ADDRESS]\n");
  assert_string_equal(caller.told, "");
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(the_echo_client_gets_its_message_back),
      TEST(large_messages_come_back_whole),
      TEST(many_clients_are_served_at_once),
      TEST(another_address_may_be_given),
      TEST(sigint_says_goodbye_to_those_who_are_there),
      TEST(one_who_does_not_go_is_hung_up_on_in_time),
      TEST(one_who_does_not_read_costs_little_and_hinders_nobody),
      TEST(a_client_that_aborts_is_told_and_survived),
      TEST(what_it_does_is_shown_at_another_address),
      TEST(metrics_that_cannot_be_shown_are_an_error),
      TEST(a_second_server_is_explained),
      TEST(bad_arguments_exit_with_2_and_the_usage),
  };
  int code;

  if (argc != 3) {
    fprintf(stderr, "usage: test_handlers_echo ECHO_HANDLER ECHO_CLIENT\n");
    return 2;
  }
  net_start();
  code = net_skip_without_unix();
  if (code != 0)
    return code;
  server_path = argv[1];
  client_path = argv[2];
  socket_name = "l/host/8ba03980174a43e7852ae5ec79a671c7.l";
  return cmocka_run_group_tests_name("echo handler", tests, NULL, NULL);
}
