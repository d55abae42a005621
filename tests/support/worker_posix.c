/* Workers on POSIX: posix_spawn(), and a pipe each way. */
#include "worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "endpoint.h"

#define PATIENCE_MS 30000

extern char** environ;

void worker_yield(void) {
  sched_yield();
}

void worker_alarm(unsigned int seconds) {
  alarm(seconds);
}

int worker_runs(const worker_t* w) {
  return w->pid != 0;
}

static void die(const char* what) {
  perror(what);
  abort();
}

/* This program anew. Where an emulator runs it, that runs the other one too: the
 * kernel cannot. */
static int spawn(worker_t* w, posix_spawn_file_actions_t* actions) {
  char* emulator = getenv("HVUV_TEST_EMULATOR");
  char argument[] = WORKER_ARGUMENT;
  char path[1024];
  char* argv[] = {emulator, path, argument, NULL};
  char** first = emulator == NULL ? argv + 1 : argv;
  size_t size = sizeof(path);

  if (uv_exepath(path, &size) != 0)
    return UV_ENOENT;
  return posix_spawnp(&w->pid, first[0], actions, NULL, first, environ);
}

void worker_start(worker_t* w, const char* vm_id) {
  posix_spawn_file_actions_t actions;
  int to[2];
  int from[2];

  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
    die("worker: pipe");

  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  endpoint_play(vm_id);
  if (spawn(w, &actions) != 0)
    die("worker: posix_spawn");
  endpoint_play(NULL);
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  w->to = fdopen(to[1], "w");
  w->from = fdopen(from[0], "r");
}

void worker_say(worker_t* w, const char* format, ...) {
  va_list args;

  va_start(args, format);
  vfprintf(w->to, format, args);
  va_end(args);
  fputc('\n', w->to);
  fflush(w->to);
}

const char* worker_hear(worker_t* w) {
  struct pollfd fd;

  /* It answers one line at a time, so none waits in the stream's buffer. */
  fd.fd = fileno(w->from);
  fd.events = POLLIN;
  w->answer[0] = '\0';
  if (poll(&fd, 1, PATIENCE_MS) == 1 &&
      fgets(w->answer, sizeof(w->answer), w->from) != NULL)
    w->answer[strcspn(w->answer, "\n")] = '\0';
  return w->answer;
}

static int end(worker_t* w) {
  int status;

  fclose(w->to);
  if (waitpid(w->pid, &status, 0) != w->pid)
    die("worker: waitpid");
  fclose(w->from);
  w->pid = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int worker_stop(worker_t* w) {
  return end(w);
}

void worker_kill(worker_t* w) {
  kill(w->pid, SIGKILL);
  end(w);
}
