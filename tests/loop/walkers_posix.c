/* What of a walk is POSIX's. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/endpoint.h"
#include "walkers.h"

#define CHILD_SECONDS 20

const char* const walk_listen_at = "local://any/";
const char* const walk_call_at = "local://loopback/";

const int walk_leaves_loops = 1;

void walk_open(void) {
  endpoint_open();
}

void walk_close(void) {
  endpoint_close();
}

static void (*say)(void);

static void on_alarm(int signum) {
  static const char words[] = "The loop does not end.\n";

  (void) signum;
  if (write(2, words, sizeof(words) - 1) > 0 && say != NULL)
    say();
  _exit(1);
}

void walk_alarm(unsigned int seconds, void (*say_where)(void)) {
  say = say_where;
  signal(SIGALRM, on_alarm);
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
  alarm(seconds);
}

int walk_fork(int (*act)(void)) {
  int status;
  pid_t pid;

  pid = fork();
  if (pid == 0) {
    alarm(CHILD_SECONDS);
    _exit(act());
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid)
    abort();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
