/* hvforward with named pipes, which are of Windows: test_hvforward_pipe HVFORWARD. */
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
#include "hvuv.h"

#define ANYWHERE "tcp://127.0.0.1:0"
#define CALLERS  8

static process_t forward;
static echoed_t talks[CALLERS];

static void name_a_pipe(char pipe[], size_t size) {
  snprintf(pipe, size, "pipe:hvforward-test-%d", (int) uv_os_getpid());
}

/* Signals end it at once here. */
static void end(void) {
  process_signal(&forward, SIGTERM);
  process_finish(&forward);
  assert_string_equal(forward.told, "");
}

static void a_pipe_carries_a_mebibyte_both_ways(void** state) {
  char pipe[60];
  const char* arguments[] = {pipe, rig_url, ANYWHERE, pipe, NULL};
  struct sockaddr_in name;
  int i;

  (void) state;
  name_a_pipe(pipe, sizeof(pipe));
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 1);
  for (i = 0; i < CALLERS; i++)
    echoed_begin(&talks[i], rig_upstream, &name, (size_t) i * 1000);
  for (i = 0; i < CALLERS; i++)
    echoed_converse(&talks[i], 1);
  end();
}

static void local_addresses_lead_to_a_pipe(void** state) {
  char pipe[60];
  const char* arguments[] = {pipe,
                             rig_url,
                             "local://any/22",
                             pipe,
                             ANYWHERE,
                             "local://loopback/22",
                             NULL};
  struct sockaddr_in name;

  (void) state;
  if (hvuv_supported(HVUV_LOCAL) != 0)
    skip(); /* Wine 8 has no Unix sockets. */
  name_a_pipe(pipe, sizeof(pipe));
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 1);
  end();
}

static void nobody_at_a_pipe_is_reported(void** state) {
  const char* arguments[] = {ANYWHERE, "pipe:hvforward-nobody", NULL};
  struct sockaddr_in name;

  (void) state;
  rig_start(&forward, arguments);
  name = rig_name(&forward, "Forwarding tcp");
  echoed_expect_hung_up(echoed_call(&name));
  assert_true(process_await_told(&forward,
                                 "connect failed on pipe:hvforward-nobody: "));
  process_signal(&forward, SIGTERM);
  process_finish(&forward);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_pipe_carries_a_mebibyte_both_ways),
      TEST(local_addresses_lead_to_a_pipe),
      TEST(nobody_at_a_pipe_is_reported),
  };

  if (argc != 2) {
    fprintf(stderr, "usage: test_hvforward_pipe HVFORWARD\n");
    return 2;
  }
  rig_path = argv[1];
  net_start();
  return cmocka_run_group_tests_name("hvforward_pipe", tests, NULL, NULL);
}
