#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNING_MAX 32
#define PATIENCE_S  50

extern char** environ;

static process_t* running[RUNNING_MAX];

static void die(const char* what) {
  perror(what);
  abort();
}

static void on_alarm(int signum) {
  static const char text[] = "The test took too long\n";
  int i;

  (void) signum;
  if (write(2, text, sizeof(text) - 1) > 0)
    for (i = 0; i < RUNNING_MAX; i++)
      if (running[i] != NULL)
        kill(running[i]->pid, SIGKILL);
  _exit(1);
}

static void remember(process_t* p) {
  int i;

  for (i = 0; i < RUNNING_MAX; i++) {
    if (running[i] == NULL) {
      running[i] = p;
      return;
    }
  }
  die("process: too many");
}

static void forget(const process_t* p) {
  int i;

  for (i = 0; i < RUNNING_MAX; i++)
    if (running[i] == p)
      running[i] = NULL;
}

void process_start(process_t* p, const char* const argv[]) {
  posix_spawn_file_actions_t actions;
  char* copy[PROCESS_ARGS_MAX + 1];
  pid_t pid;
  int out[2];
  int err[2];
  int i;

  memset(p, 0, sizeof(*p));
  for (i = 0; i < PROCESS_ARGS_MAX && argv[i] != NULL; i++)
    copy[i] = strdup(argv[i]);
  copy[i] = NULL;

  signal(SIGALRM, on_alarm);
  alarm(PATIENCE_S);
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
    die("process: pipe");
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  if (posix_spawn(&pid, copy[0], &actions, NULL, copy, environ) != 0)
    die("process: posix_spawn");
  posix_spawn_file_actions_destroy(&actions);
  p->pid = pid;
  remember(p);

  close(out[1]);
  close(err[1]);
  p->out = out[0];
  p->err = err[0];
  while (i > 0)
    free(copy[--i]);
}

/* Returns 0 at the end. What does not fit is read and forgotten. */
static int read_more(int fd, char text[], size_t size) {
  char rest[4096];
  size_t len;
  ssize_t n;

  len = strlen(text);
  if (len + 1 < size)
    n = read(fd, text + len, size - 1 - len);
  else
    n = read(fd, rest, sizeof(rest));
  return n > 0;
}

int process_await(process_t* p, const char* text) {
  while (strstr(p->said, text) == NULL)
    if (!read_more(p->out, p->said, sizeof(p->said)))
      return 0;
  return 1;
}

int process_await_told(process_t* p, const char* text) {
  while (strstr(p->told, text) == NULL)
    if (!read_more(p->err, p->told, sizeof(p->told)))
      return 0;
  return 1;
}

int process_finish(process_t* p) {
  int status;

  while (read_more(p->out, p->said, sizeof(p->said))) {
  }
  while (read_more(p->err, p->told, sizeof(p->told))) {
  }
  if (waitpid(p->pid, &status, 0) != p->pid)
    die("process: waitpid");
  forget(p);
  p->pid = 0;
  close(p->out);
  close(p->err);
  alarm(0);
  p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return p->code;
}

void process_signal(const process_t* p, int signum) {
  kill(p->pid, signum);
}

void process_end_all(void) {
  process_t* p;
  int i;

  for (i = 0; i < RUNNING_MAX; i++) {
    p = running[i];
    if (p != NULL) {
      kill(p->pid, SIGKILL);
      process_finish(p);
    }
  }
}
