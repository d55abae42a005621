/* Children by fork(); what they leave is in memory that both have. */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of many that are played one after the other, and of one that is cut down. */
#define SECONDS_MAX       20
#define SECONDS_MAX_QUIET 4

trial_report_t* trial_report;

static unsigned int seconds_most;

static void share(void) {
  void* memory;

  if (trial_report != NULL)
    return;
  memory = mmap(NULL,
                sizeof(*trial_report),
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS,
                -1,
                0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    exit(2);
  }
  trial_report = memory;
}

void trial_goes_on(void) {
  alarm(seconds_most);
}

void trial_fail(void) {
  fflush(NULL);
  _exit(1);
}

static void be_child(void (*play)(void* arg), void* arg, int loud) {
  if (!loud && (freopen("/dev/null", "w", stderr) == NULL ||
                freopen("/dev/null", "w", stdout) == NULL))
    _exit(2);
  seconds_most = loud ? SECONDS_MAX : SECONDS_MAX_QUIET;
  trial_goes_on();
  play(arg);
  fflush(NULL);
  _exit(0);
}

int trial_run(void (*play)(void* arg),
              void* arg,
              int loud,
              trial_report_t* report) {
  int status;
  pid_t pid;

  share();
  memset(trial_report, 0, sizeof(*trial_report));
  fflush(NULL);
  pid = fork();
  if (pid == 0)
    be_child(play, arg, loud);
  if (pid < 0 || waitpid(pid, &status, 0) != pid) {
    perror("fork");
    exit(2);
  }

  *report = *trial_report;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return 0;
  if (report->promise[0] == '\0')
    strcpy(report->promise,
           WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "it hangs"
                                                              : "it dies");
  return 1;
}
