/*
 * exec: of hvforward on Windows: test_hvforward_exec_win HVFORWARD.
 *
 * The commands are this program again: test_hvforward_exec_win as count | curt |
 * tell PORT.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <io.h>

#include "forward_rig.h"

#define ANYWHERE "tcp://127.0.0.1:0"
#define CALLERS  8

static process_t forward;
static char bytes[MIB];

/* Signals end it at once here. */
static void end(void) {
  process_signal(&forward, SIGTERM);
  process_finish(&forward);
}

static void end_quietly(void) {
  end();
  assert_string_equal(forward.told, "");
}

/* This program again, by its whole path, which may have spaces. */
static void name_a_command(const char* as, char command[], size_t size) {
  char self[1024];
  size_t len = sizeof(self);

  assert_int_equal(uv_exepath(self, &len), 0);
  snprintf(command, size, "exec:\"%s\" \"as\" %s", self, as);
}

static struct sockaddr_in start_command(const char* as) {
  char command[1100];

  name_a_command(as, command, sizeof(command));
  process_start(&forward, (const char*[]){rig_path, ANYWHERE, command, NULL});
  assert_true(process_await(&forward, " to exec:"));
  assert_true(process_await(&forward, "\n"));
  return rig_name(&forward, "Forwarding tcp");
}

static void send_all(uv_os_sock_t sock, size_t size) {
  size_t sent = 0;
  ssize_t n;

  while (sent < size) {
    assert_int_equal(net_await(sock, 0, TIMEOUT_MS), 0);
    n = net_send(sock, bytes + sent, size - sent);
    assert_true(n > 0 || n == UV_EAGAIN);
    sent += n > 0 ? (size_t) n : 0;
  }
}

/* Reads to the end of what comes. */
static void expect_answer(uv_os_sock_t sock, const char* text) {
  char answer[200] = "";
  size_t len = 0;
  ssize_t n;

  do {
    assert_int_equal(net_await(sock, 1, TIMEOUT_MS), 0);
    n = net_recv(sock, answer + len, sizeof(answer) - 1 - len);
    assert_true(n >= 0 || n == UV_EAGAIN);
    len += n > 0 ? (size_t) n : 0;
  } while (n != 0);
  answer[len] = '\0';
  assert_string_equal(answer, text);
}

static void a_command_answers_behind_the_end_of_its_input(void** state) {
  struct sockaddr_in name = start_command("count");
  uv_os_sock_t callers[CALLERS];
  char text[40];
  int i;

  (void) state;
  for (i = 0; i < CALLERS; i++)
    callers[i] = echoed_call(&name);
  for (i = 0; i < CALLERS; i++) {
    send_all(callers[i], i == 0 ? MIB : (size_t) i * 1000);
    shutdown(callers[i], SD_SEND);
  }
  for (i = 0; i < CALLERS; i++) {
    snprintf(text, sizeof(text), "%d done\n", i == 0 ? (int) MIB : i * 1000);
    expect_answer(callers[i], text);
    net_close(callers[i]);
  }
  end_quietly();
}

/* Whoever only sends would else believe that all went well. */
static void a_command_that_does_not_read_is_heard_then_the_caller_is_reset(
    void** state) {
  struct sockaddr_in name = start_command("curt");
  uv_os_sock_t caller = echoed_call(&name);
  uint64_t since = uv_hrtime();
  ssize_t n;

  (void) state;
  expect_answer(caller, "curt\n");
  do {
    net_await(caller, 0, 100);
    n = net_send(caller, bytes, 1000);
    assert_true(uv_hrtime() - since < UINT64_C(40000000000));
  } while (n > 0 || n == UV_EAGAIN);
  net_close(caller);
  assert_true(process_await_told(&forward, "exec:"));
  end();
}

static void a_caller_that_resets_ends_the_input_of_its_command(void** state) {
  char as[40];
  struct sockaddr_in name;
  uv_os_sock_t caller;
  uv_os_sock_t told;
  char byte;

  (void) state;
  snprintf(as, sizeof(as), "tell %s", strrchr(rig_url, ':') + 1);
  name = start_command(as);
  caller = echoed_call(&name);
  assert_int_equal(net_await(caller, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_recv(caller, &byte, 1), 1); /* It runs. */
  net_abort(caller);
  assert_int_equal(net_await(rig_upstream, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_accept(rig_upstream, &told), 0);
  net_close(told);
  end();
}

static void a_command_that_is_not_there_hangs_up(void** state) {
  const char* arguments[] = {ANYWHERE, "exec:no-such-command-at-all", NULL};
  struct sockaddr_in name;

  (void) state;
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_expect_hung_up(echoed_call(&name));
  echoed_expect_hung_up(echoed_call(&name));
  end();
}

/* --- As a command */

static int be_a_command(const char* as, const char* port) {
  struct sockaddr_in name;
  uv_os_sock_t sock;
  int size = 0;
  int n;

  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
  if (strcmp(as, "curt") == 0)
    return printf("curt\n") != 5;
  if (strcmp(as, "tell") == 0) {
    printf("x");
    fflush(stdout);
  }
  while ((n = _read(0, bytes, sizeof(bytes))) > 0)
    size += n;
  if (strcmp(as, "count") == 0)
    return printf("%d done\n", size) < 0;
  uv_ip4_addr("127.0.0.1", atoi(port), &name);
  return net_tcp_connect(&sock, &name) != 0;
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_command_answers_behind_the_end_of_its_input),
      TEST(a_command_that_does_not_read_is_heard_then_the_caller_is_reset),
      TEST(a_caller_that_resets_ends_the_input_of_its_command),
      TEST(a_command_that_is_not_there_hangs_up),
  };

  net_start();
  if (argc >= 3 && strcmp(argv[1], "as") == 0)
    return be_a_command(argv[2], argc > 3 ? argv[3] : "0");
  if (argc != 2) {
    fprintf(stderr, "usage: test_hvforward_exec_win HVFORWARD\n");
    return 2;
  }
  rig_path = argv[1];
  return cmocka_run_group_tests_name("hvforward_exec", tests, NULL, NULL);
}
