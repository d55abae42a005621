/* The guest agent and its client as a newcomer runs them, and peers that mean
 * no good: test_handlers_agent GUEST_AGENT AGENT_CALL. */
#include <hvuv.h>

#include "handlers.h"

#define ADDRESS "local://loopback/5001"

/* A frame as a C string has it, and its size. */
#define PING        "\0\0\0\4ping"
#define PONG        "\0\0\0\7ok pong"
#define SIZED(text) text, sizeof(text) - 1

static const char* call_path;
static process_t caller;
static bare_t bare[2];

static void start_call(
    const char* a, const char* b, const char* c, const char* d, const char* e) {
  const char* argv[] = {call_path, a, b, c, d, e, NULL};

  process_start(&caller, argv);
}

static int call(const char* a, const char* b, const char* c) {
  start_call(ADDRESS, a, b, c, NULL);
  return process_finish(&caller);
}

static void bare_await_bytes(bare_t* peer, size_t nbytes) {
  while (peer->nbytes < nbytes)
    assert_true(bare_read(peer));
}

static void expect_pong(bare_t* peer) {
  peer->nbytes = 0;
  bare_await_bytes(peer, sizeof(PONG) - 1);
  assert_int_equal(peer->nbytes, sizeof(PONG) - 1);
  assert_memory_equal(peer->text, PONG, sizeof(PONG) - 1);
}

/* --- When all is well */

static void ping_is_answered(void** state) {
  (void) state;
  serve();
  expect_in(server.said, "Listening on local://any/5001\n");
  assert_int_equal(call("ping", NULL, NULL), 0);
  assert_string_equal(caller.said, "ping: pong\n");
  assert_string_equal(caller.told, "");
  expect_silent_stop();
}

static void uname_tells_the_system(void** state) {
  char line[2048];
  uv_utsname_t name;

  (void) state;
  assert_int_equal(uv_os_uname(&name), 0);
  snprintf(line,
           sizeof(line),
           "uname: %s %s %s %s\n",
           name.sysname,
           name.release,
           name.version,
           name.machine);
  serve();
  assert_int_equal(call("uname", NULL, NULL), 0);
  assert_string_equal(caller.said, line);
  expect_silent_stop();
}

static void uptime_tells_seconds(void** state) {
  double before, after;
  char* end;
  double told;

  (void) state;
  serve();
  assert_int_equal(uv_uptime(&before), 0);
  assert_int_equal(call("uptime", NULL, NULL), 0);
  assert_int_equal(uv_uptime(&after), 0);
  assert_memory_equal(caller.said, "uptime: ", 8);
  told = strtod(caller.said + 8, &end);
  assert_true(told >= before - 1 && told <= after + 1);
  assert_string_equal(end, " seconds\n");
  expect_silent_stop();
}

static void several_requests_are_answered_in_order(void** state) {
  const char* uname;

  (void) state;
  serve();
  assert_int_equal(call("ping", "uname", "ping"), 0);
  assert_memory_equal(caller.said, "ping: pong\n", 11);
  uname = strstr(caller.said, "\nuname: ");
  assert_non_null(uname);
  expect_in(uname, "\nping: pong\n");
  expect_silent_stop();
}

static void an_unknown_request_gets_a_clear_error(void** state) {
  (void) state;
  serve();
  assert_int_equal(call("reboot", "ping", NULL), 3);
  assert_string_equal(caller.said,
                      "reboot: error unknown request; "
                      "known: ping, uname, uptime\n"
                      "ping: pong\n");
  assert_int_equal(call("pin", "pingg", ""), 3);
  assert_null(strstr(caller.said, "pong"));
  expect_silent_stop();
}

static void a_host_asks_its_guest(void** state) {
  static const char vm[] = "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d";

  (void) state;
  endpoint_play(vm);
  serve_at("local://parent/5001");
  endpoint_play(NULL);
  start_call("local://6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d/5001",
             "ping",
             NULL,
             NULL,
             NULL);
  assert_int_equal(process_finish(&caller), 0);
  expect_silent_stop();
}

static void the_client_waits_until_the_vm_has_booted(void** state) {
  (void) state;
  start_call(ADDRESS, "ping", NULL, NULL, NULL);
  assert_true(
      process_await_told(&caller, "Attempt 2: ECONNREFUSED; again in "));
  serve();
  assert_int_equal(process_finish(&caller), 0);
  assert_string_equal(caller.said, "ping: pong\n");
  expect_in(caller.told, "connect failed on " ADDRESS ": ");
  expect_silent_stop();
}

static void the_client_gives_up_in_time(void** state) {
  (void) state;
  start_call("-t", "1", ADDRESS, "ping", NULL);
  assert_int_equal(process_finish(&caller), 1);
  expect_in(caller.told, "connect failed on " ADDRESS ": ");
  expect_in(caller.told, "(ECONNREFUSED)");
  expect_in(caller.told, "Gave up after 1 s ");
  assert_null(strstr(caller.told, "ETIMEDOUT"));
  assert_string_equal(caller.said, "");
}

/* --- Peers that mean no good */

static void a_message_too_large_ends_the_conversation(void** state) {
  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], SIZED("\xff\xff\xff\xff"));
  bare_finish(&bare[0]);
  assert_int_equal(bare[0].nbytes, 0);

  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], SIZED("\0\0\4\1"));
  bare_finish(&bare[0]);
  assert_int_equal(bare[0].nbytes, 0);
  assert_int_equal(call("ping", NULL, NULL), 0);
  assert_true(process_await_told(&server, "(EMSGSIZE)"));
  expect_stop(SIGTERM);
  expect_in(server.told, "conversation failed on local://any/5001: ");
}

static void a_message_of_the_largest_size_is_answered(void** state) {
  static char frame[4 + 1024] = {0, 0, 4, 0};

  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], frame, sizeof(frame));
  bare_await_bytes(&bare[0], 4 + 20);
  assert_memory_equal(bare[0].text + 4, "error unknown request", 20);
  net_close(bare[0].fd);
  expect_stop(SIGTERM);
}

static void half_a_frame_and_the_end_is_told(void** state) {
  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], SIZED("\0\0\0\4pi"));
  shutdown(bare[0].fd, 1);
  bare_finish(&bare[0]);
  assert_int_equal(bare[0].nbytes, 0);
  assert_true(process_await_told(&server, "(EOF)"));
  expect_stop(SIGTERM);
}

static void half_a_frame_and_silence_hinders_nobody(void** state) {
  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], SIZED("\0\0\0\4pi"));
  assert_int_equal(call("ping", NULL, NULL), 0);
  bare_send(&bare[0], SIZED("ng"));
  expect_pong(&bare[0]);
  process_signal(&server, SIGTERM);
  bare_finish(&bare[0]);
  process_finish(&server);
  if (net_is_posix())
    assert_int_equal(server.code, 0);
}

static void bytes_one_by_one_make_a_request(void** state) {
  size_t i;

  (void) state;
  serve();
  bare_connect(&bare[0], NULL);
  for (i = 0; i < sizeof(PING) - 1; i++)
    bare_send(&bare[0], &PING[i], 1);
  expect_pong(&bare[0]);
  net_close(bare[0].fd);
  expect_stop(SIGTERM);
}

static void many_requests_at_once_are_all_answered(void** state) {
  enum { COUNT = 3000 };
  static char frames[COUNT * (sizeof(PING) - 1)];
  size_t i;

  (void) state;
  for (i = 0; i < COUNT; i++)
    memcpy(frames + i * (sizeof(PING) - 1), PING, sizeof(PING) - 1);
  serve();
  bare_connect(&bare[0], NULL);
  bare_send(&bare[0], frames, sizeof(frames));
  shutdown(bare[0].fd, 1);
  bare_finish(&bare[0]);
  assert_int_equal(bare[0].nbytes, COUNT * (sizeof(PONG) - 1));
  assert_memory_equal(bare[0].text + bare[0].nbytes - (sizeof(PONG) - 1),
                      PONG,
                      sizeof(PONG) - 1);
  expect_silent_stop();
}

/* --- Agents that mean no good */

/* An agent of our own, which answers whatever it is asked with these bytes. */
static int answer_with(const char* bytes, size_t nbytes) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t listener;

  files_make_folder(endpoint_path("l", path));
  files_make_folder(endpoint_path("l/host", path));
  listener = peer_bind(endpoint_path(socket_name, path), 4);
  assert_true(listener != NET_NONE);
  start_call("-t", "20", ADDRESS, "ping", NULL);
  assert_int_equal(peer_await(listener), 0);
  memset(&bare[0], 0, sizeof(bare[0]));
  assert_int_equal(net_accept(listener, &bare[0].fd), 0);
  bare_await_bytes(&bare[0], sizeof(PING) - 1);
  assert_memory_equal(bare[0].text, PING, sizeof(PING) - 1);
  bare_send(&bare[0], bytes, nbytes);
  shutdown(bare[0].fd, 1);
  bare_finish(&bare[0]);
  net_close(listener);
  return process_finish(&caller);
}

static void an_answer_does_not_command_the_terminal(void** state) {
  (void) state;
  assert_int_equal(answer_with(SIZED("\0\0\0\10ok \33[2J\n")), 0);
  assert_string_equal(caller.said, "ping: ?[2J?\n");
}

static void an_answer_of_no_agent_is_refused(void** state) {
  (void) state;
  assert_int_equal(answer_with(SIZED("\0\0\0\4what")), 1);
  expect_in(caller.told, "(EPROTO)");
  expect_in(caller.told, "not as an agent does");
  assert_string_equal(caller.said, "");
}

static void an_agent_that_does_not_answer_is_given_up_on(void** state) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t listener;

  (void) state;
  files_make_folder(endpoint_path("l", path));
  files_make_folder(endpoint_path("l/host", path));
  listener = peer_bind(endpoint_path(socket_name, path), 4);
  start_call("-t", "1", ADDRESS, "ping", NULL);
  assert_int_equal(process_finish(&caller), 1);
  expect_in(caller.told, "asking failed on " ADDRESS ": ");
  expect_in(caller.told, "(ETIMEDOUT). The call was taken");
  net_close(listener);
}

static void an_agent_that_hangs_up_makes_the_client_fail(void** state) {
  (void) state;
  assert_int_equal(answer_with("", 0), 1);
  expect_in(caller.told, "asking failed on " ADDRESS ": ");
  expect_in(caller.told, "(EOF)");
}

static void bad_arguments_exit_with_2_and_the_usage(void** state) {
  static const char* const rows[][4] = {
      {NULL, NULL, NULL, NULL},
      {ADDRESS, NULL, NULL, NULL},
      {"ping", ADDRESS, NULL, NULL},
      {"-t", "5", ADDRESS, NULL},
      {"-t", "0", ADDRESS, "ping"},
      {"-t", "x", ADDRESS, "ping"},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    start_call(rows[i][0], rows[i][1], rows[i][2], rows[i][3], NULL);
    assert_int_equal(process_finish(&caller), 2);
    expect_in(caller.told, "usage: agent_call ");
  }
}

/* --- With a secret */

static int no_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static char secrets[2][ENDPOINT_ROOM];

static void set_mode(const char* path, int mode) {
  uv_fs_t req;

  assert_int_equal(uv_fs_chmod(NULL, &req, path, mode, NULL), 0);
  uv_fs_req_cleanup(&req);
}

static void write_secret(int i, const char* text) {
  FILE* file;

  endpoint_path(i == 0 ? "agent.secret" : "caller.secret", secrets[i]);
  file = fopen(secrets[i], "w");
  assert_non_null(file);
  set_mode(secrets[i], 0600);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static int has_secrets(void) {
  hvuv_protocol_t protocol;
  hvuv_auth_t auth;

  hvuv_protocol_init(&protocol, no_message);
  if (hvuv_auth_init(&auth, HVUV_AUTH_SERVER, &protocol, NULL) != 0)
    return 0;
  hvuv_auth_close(&auth);
  return 1;
}

static void skip_without_secrets(void) {
  if (!has_secrets()) {
    print_message("hvuv was built without libsodium: install it, and build "
                  "again\n");
    skip();
  }
}

static void guard(const char* text) {
  const char* argv[] = {server_path, "--secret", secrets[0], NULL};

  skip_without_secrets();
  write_secret(0, text);
  process_start(&server, argv);
  assert_true(process_await(&server, "Listening on "));
}

static int call_with(const char* text) {
  const char* argv[] = {
      call_path, "--secret", secrets[1], "-t", "20", ADDRESS, "ping", NULL};

  write_secret(1, text);
  process_start(&caller, argv);
  return process_finish(&caller);
}

#define SECRET_A "0123456789abcdef0123456789abcdef\n"
#define SECRET_B "fedcba9876543210fedcba9876543210\n"

static void who_has_the_secret_is_answered(void** state) {
  (void) state;
  guard(SECRET_A);
  assert_int_equal(call_with(SECRET_A), 0);
  assert_string_equal(caller.said, "ping: pong\n");
  expect_silent_stop();
}

static void who_has_another_is_told_so_on_both_sides(void** state) {
  (void) state;
  guard(SECRET_A);
  assert_int_equal(call_with(SECRET_B), 1);
  expect_in(caller.told, "(EACCES). The agent has another secret");
  assert_string_equal(caller.said, "");
  assert_true(process_await_told(&server, "(EACCES). It has another secret"));
  expect_stop(SIGTERM);
  expect_in(server.told, "proof of a caller failed on local://");
}

static void who_has_none_is_told_what_may_be_wrong(void** state) {
  (void) state;
  guard(SECRET_A);
  assert_int_equal(call("ping", NULL, NULL), 1);
  expect_in(caller.told, "asks for a secret first (--secret)");
  expect_stop(SIGTERM);
  expect_in(server.told, "proof of a caller failed on local://");
}

static void a_secret_changes_while_the_agent_runs(void** state) {
  (void) state;
  skip_without_signals();
  guard(SECRET_A);
  write_secret(0, SECRET_B SECRET_A);
  process_signal(&server, SIGHUP);
  assert_true(process_await(&server, "Read the secret again\n"));
  assert_int_equal(call_with(SECRET_A), 0);
  assert_int_equal(call_with(SECRET_B), 0);

  write_secret(0, "too short\n");
  process_signal(&server, SIGHUP);
  assert_true(
      process_await_told(&server, "(EINVAL). It must have a line of 32"));
  assert_int_equal(call_with(SECRET_B), 0);
  expect_stop(SIGTERM);
}

static void a_secret_for_all_to_read_is_refused(void** state) {
  (void) state;
  skip_without_secrets();
  if (!net_is_posix()) {
    print_message("Windows has access lists and no modes\n");
    skip();
  }
  write_secret(1, SECRET_A);
  set_mode(secrets[1], 0644);
  start_call("--secret", secrets[1], ADDRESS, "ping", NULL);
  assert_int_equal(process_finish(&caller), 1);
  expect_in(caller.told, "(EPERM). It must be yours alone: chmod 600.");

  start_call("--secret", "/nowhere", ADDRESS, "ping", NULL);
  assert_int_equal(process_finish(&caller), 1);
  expect_in(caller.told, "reading /nowhere failed: ");
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(ping_is_answered),
      TEST(uname_tells_the_system),
      TEST(uptime_tells_seconds),
      TEST(several_requests_are_answered_in_order),
      TEST(an_unknown_request_gets_a_clear_error),
      TEST(a_host_asks_its_guest),
      TEST(the_client_waits_until_the_vm_has_booted),
      TEST(the_client_gives_up_in_time),
      TEST(a_message_too_large_ends_the_conversation),
      TEST(a_message_of_the_largest_size_is_answered),
      TEST(half_a_frame_and_the_end_is_told),
      TEST(half_a_frame_and_silence_hinders_nobody),
      TEST(bytes_one_by_one_make_a_request),
      TEST(many_requests_at_once_are_all_answered),
      TEST(an_answer_does_not_command_the_terminal),
      TEST(an_answer_of_no_agent_is_refused),
      TEST(an_agent_that_does_not_answer_is_given_up_on),
      TEST(an_agent_that_hangs_up_makes_the_client_fail),
      TEST(bad_arguments_exit_with_2_and_the_usage),
      TEST(who_has_the_secret_is_answered),
      TEST(who_has_another_is_told_so_on_both_sides),
      TEST(who_has_none_is_told_what_may_be_wrong),
      TEST(a_secret_changes_while_the_agent_runs),
      TEST(a_secret_for_all_to_read_is_refused),
  };
  int code;

  if (argc != 3) {
    fprintf(stderr, "usage: test_handlers_agent GUEST_AGENT AGENT_CALL\n");
    return 2;
  }
  net_start();
  code = net_skip_without_unix();
  if (code != 0)
    return code;
  server_path = argv[1];
  call_path = argv[2];
  socket_name = "l/host/5001.a";
  return cmocka_run_group_tests_name("guest agent", tests, NULL, NULL);
}
