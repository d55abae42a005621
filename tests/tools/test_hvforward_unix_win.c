/* unix: of hvforward on Windows: test_hvforward_unix_win HVFORWARD. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forward_rig.h"
#include "support/endpoint.h"

#define ANYWHERE "tcp://127.0.0.1:0"
#define CALLERS  8

static process_t forward;
static process_t other;
static echoed_t talks[CALLERS];

/* Signals end it at once here. */
static void end(process_t* process) {
  process_signal(process, SIGTERM);
  process_finish(process);
}

static void end_quietly(process_t* process) {
  end(process);
  assert_string_equal(process->told, "");
}

/* "unix:" and a path in the test's folder; `path` is that alone. */
static void name_a_socket(char path[ENDPOINT_ROOM],
                          char at[ENDPOINT_ROOM + 5]) {
  endpoint_path("socket", path);
  snprintf(at, ENDPOINT_ROOM + 5, "unix:%s", path);
}

static void unix_sockets_carry_a_mebibyte_both_ways(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  const char* arguments[] = {at, rig_url, ANYWHERE, at, NULL};
  struct sockaddr_in name;
  int i;

  (void) state;
  name_a_socket(path, at);
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 0);
  for (i = 0; i < CALLERS; i++)
    echoed_begin(&talks[i], rig_upstream, &name, (size_t) i * 1000);
  for (i = 0; i < CALLERS; i++)
    echoed_converse(&talks[i], 0);
  end_quietly(&forward);
}

static void a_killed_hvforward_leaves_its_path_for_the_next(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  char folder[ENDPOINT_ROOM];
  const char* arguments[] = {at, rig_url, NULL};

  (void) state;
  name_a_socket(path, at);
  endpoint_path("", folder);
  rig_start(&forward, arguments);
  assert_int_equal(endpoint_count_files(folder), 2);
  end_quietly(&forward);
  assert_int_equal(endpoint_count_files(folder), 1);

  rig_start(&other, arguments);
  process_start(&forward, (const char*[]){rig_path, at, rig_url, NULL});
  assert_int_equal(process_finish(&forward), 1);
  assert_non_null(strstr(forward.told, "bind failed on unix:"));
  assert_non_null(strstr(forward.told, "(EADDRINUSE)"));
  end_quietly(&other);
}

static void a_path_that_fails_in_the_second_pair_is_removed(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  char folder[ENDPOINT_ROOM];

  (void) state;
  name_a_socket(path, at);
  process_start(&forward,
                (const char*[]){rig_path, at, rig_url, at, rig_url, NULL});
  assert_int_equal(process_finish(&forward), 1);
  assert_non_null(strstr(forward.told, "(EADDRINUSE)"));
  assert_int_equal(endpoint_count_files(endpoint_path("", folder)), 0);
}

static void a_file_that_is_no_socket_is_left(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  char folder[ENDPOINT_ROOM];
  FILE* file;

  (void) state;
  name_a_socket(path, at);
  file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  process_start(&forward, (const char*[]){rig_path, at, rig_url, NULL});
  assert_int_equal(process_finish(&forward), 1);
  assert_non_null(strstr(forward.told, "(EEXIST)"));
  assert_int_equal(endpoint_count_files(endpoint_path("", folder)), 1);
}

static void nobody_at_a_path_is_reported(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  const char* arguments[] = {ANYWHERE, at, NULL};
  const char* listens[] = {at, rig_url, NULL};
  struct sockaddr_in name;

  (void) state;
  name_a_socket(path, at);
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_expect_hung_up(echoed_call(&name));
  assert_true(process_await_told(&forward, "connect failed on unix:"));
  assert_true(process_await_told(&forward, "(ENOENT)"));

  rig_start(&other, listens);
  end_quietly(&other); /* and leaves its socket */
  echoed_expect_hung_up(echoed_call(&name));
  assert_true(process_await_told(&forward, "(ECONNREFUSED)"));
  end(&forward);
}

static void a_mode_is_refused(void** state) {
  (void) state;
  process_start(
      &forward,
      (const char*[]){rig_path, "--mode", "600", "unix:x", rig_url, NULL});
  assert_int_equal(process_finish(&forward), 2);
  assert_non_null(strstr(forward.told, "access list"));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(unix_sockets_carry_a_mebibyte_both_ways),
      TEST(a_killed_hvforward_leaves_its_path_for_the_next),
      TEST(a_path_that_fails_in_the_second_pair_is_removed),
      TEST(a_file_that_is_no_socket_is_left),
      TEST(nobody_at_a_path_is_reported),
      TEST(a_mode_is_refused),
  };
  int code;

  if (argc != 2) {
    fprintf(stderr, "usage: test_hvforward_unix_win HVFORWARD\n");
    return 2;
  }
  rig_path = argv[1];
  net_start();
  code = net_skip_without_unix();
  if (code != 0)
    return code;
  return cmocka_run_group_tests_name("hvforward_unix", tests, NULL, NULL);
}
