/* SIGPIPE, which must reach nobody. */
#include <signal.h>
#include <string.h>

#include "suite.h"

static volatile sig_atomic_t sigpipes;

static void on_sigpipe(int signum) {
  (void) signum;
  sigpipes = 1;
}

static void use_sigpipe(void (*handler)(int)) {
  struct sigaction action;

  memset(&action, 0, sizeof(action));
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGPIPE, &action, NULL);
}

static void sigpipe_at_its_default_kills_nobody(void** state) {
  use_sigpipe(SIG_DFL);
  suite_write_to_the_dead(*state);
}

static void a_handler_of_sigpipe_never_runs(void** state) {
  sigpipes = 0;
  use_sigpipe(on_sigpipe);
  suite_write_to_the_dead(*state);
  use_sigpipe(SIG_DFL);
  assert_int_equal(sigpipes, 0);
}

int suite_sigpipe(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, sigpipe_at_its_default_kills_nobody),
      RIG_TEST(t, a_handler_of_sigpipe_never_runs),
  };

  return cmocka_run_group_tests_name("sigpipe", tests, NULL, NULL);
}
