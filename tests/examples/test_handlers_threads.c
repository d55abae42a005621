/* The echo handler in several threads: test_handlers_threads ECHO_THREADS. */
#include "handlers.h"

#define CALLERS 10

static bare_t bare[CALLERS];

/* What the threads counted, as they print it at the end. */
static void expect_counts(int threads, int connections, int nbytes) {
  const char* line = server.said;
  int number;
  int conns;
  int bytes;
  int i;

  for (i = 0; i < threads; i++) {
    line = strstr(line + (i > 0), "Thread ");
    assert_non_null(line);
    assert_int_equal(sscanf(line,
                            "Thread %d: %d connections, %d bytes",
                            &number,
                            &conns,
                            &bytes),
                     3);
    assert_int_equal(number, i);
    connections -= conns;
    nbytes -= bytes;
  }
  assert_null(strstr(line + 1, "Thread "));
  assert_int_equal(connections, 0);
  assert_int_equal(nbytes, 0);
}

static void converse(int n) {
  int i;

  for (i = 0; i < n; i++)
    bare_connect(&bare[i], NULL);
  for (i = 0; i < n; i++) {
    bare_say(&bare[i], "hello");
    bare_await(&bare[i], "hello");
  }
}

static void all_threads_together_serve_all(void** state) {
  int i;

  (void) state;
  serve();
  converse(CALLERS);
  if (!net_is_posix()) { /* No signal asks it to count. */
    for (i = 0; i < CALLERS; i++)
      net_close(bare[i].fd);
    expect_silent_stop();
    return;
  }
  process_signal(&server, SIGINT);
  for (i = 0; i < CALLERS; i++)
    bare_finish(&bare[i]);
  assert_int_equal(process_finish(&server), 0);
  assert_string_equal(server.told, "");
  expect_counts(2, CALLERS, 5 * CALLERS);
}

static void one_who_does_not_go_is_hung_up_on_in_time(void** state) {
  (void) state;
  skip_without_signals();
  serve();
  converse(2);
  expect_silent_stop();
  bare_finish(&bare[0]);
  bare_finish(&bare[1]);
}

static void nobody_has_called(void** state) {
  (void) state;
  skip_without_signals();
  serve();
  expect_silent_stop();
  expect_counts(2, 0, 0);
}

static void an_address_that_is_taken_is_explained(void** state) {
  process_t second;
  const char* argv[] = {server_path, "-t", "3", NULL};

  (void) state;
  serve();
  process_start(&second, argv);
  assert_int_equal(process_finish(&second), 1);
  expect_in(second.told, "(EADDRINUSE)");
  expect_silent_stop();
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(all_threads_together_serve_all),
      TEST(one_who_does_not_go_is_hung_up_on_in_time),
      TEST(nobody_has_called),
      TEST(an_address_that_is_taken_is_explained),
  };
  int code;

  if (argc != 2) {
    fprintf(stderr, "usage: test_handlers_threads ECHO_THREADS\n");
    return 2;
  }
  net_start();
  code = net_skip_without_unix();
  if (code != 0)
    return code;
  server_path = argv[1];
  socket_name = "l/host/8ba03980174a43e7852ae5ec79a671c7.l";
  return cmocka_run_group_tests_name("echo threads", tests, NULL, NULL);
}
