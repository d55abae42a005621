#include "worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hvuv.h>

#include "endpoint.h"

#define PATIENCE_MS 30000
#define ALARM_S     60

extern char** environ;

/* --- In the worker */

static hvuv_stream_t listener;
static int listening;
static hvuv_stream_t guest;
static int outcome;
static int is_done;

static void answer(const char* text) {
  printf("%s\n", text);
  fflush(stdout);
}

static void answer_code(int err) {
  answer(err == 0 ? "ok" : uv_err_name(err));
}

/* The loop only has to turn; do_accept() looks for itself. */
static void on_connection(hvuv_stream_t* server, int status) {
  (void) server;
  (void) status;
}

static void on_connect(hvuv_connect_t* req, int status) {
  (void) req;
  outcome = status;
  is_done = 1;
}

/* What closes holds the loop until it has; a listener would hold it longer. */
static void close_and_run(uv_loop_t* loop, hvuv_stream_t* stream) {
  int held;

  held = listening && stream != &listener;
  if (held)
    hvuv_unref(&listener);
  hvuv_close(stream, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  if (held)
    hvuv_ref(&listener);
}

static void do_bind(uv_loop_t* loop, const char* text) {
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_parse(text, &addr);
  if (err == 0)
    err = hvuv_init(loop, &listener);
  if (err == 0) {
    err = hvuv_bind(&listener, &addr);
    if (err == 0)
      err = hvuv_listen(&listener, SOMAXCONN, on_connection);
    listening = err == 0;
    if (err != 0)
      close_and_run(loop, &listener);
  }
  answer_code(err);
}

static int accept_one(uv_loop_t* loop) {
  int err;

  err = hvuv_init(loop, &guest);
  if (err != 0)
    return err;
  while ((err = hvuv_accept(&listener, &guest)) == UV_EAGAIN)
    uv_run(loop, UV_RUN_ONCE);
  return err;
}

static void do_accept(uv_loop_t* loop) {
  char text[HVUV_ADDR_STRLEN];
  size_t size;
  hvuv_addr_t peer;
  int err;

  err = accept_one(loop);
  if (err == 0)
    err = hvuv_getpeername(&guest, &peer);
  size = sizeof(text);
  if (err == 0)
    err = hvuv_addr_format(&peer, text, &size);
  answer(err == 0 ? text : uv_err_name(err));
  close_and_run(loop, &guest);
}

static void do_call(uv_loop_t* loop, const char* text) {
  hvuv_stream_t stream;
  hvuv_connect_t req;
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_parse(text, &addr);
  if (err == 0)
    err = hvuv_init(loop, &stream);
  if (err != 0) {
    answer_code(err);
    return;
  }

  outcome = hvuv_connect(&req, &stream, &addr, on_connect);
  is_done = outcome != 0;
  while (!is_done)
    uv_run(loop, UV_RUN_ONCE);
  answer_code(outcome);
  close_and_run(loop, &stream);
}

static void do_close(uv_loop_t* loop) {
  if (listening)
    close_and_run(loop, &listener);
  listening = 0;
  answer("ok");
}

static void obey(uv_loop_t* loop, char* line) {
  unsigned long long when;

  line[strcspn(line, "\n")] = '\0';
  when = strtoull(line, &line, 10);
  while (uv_hrtime() < when)
    sched_yield();

  line += *line == ' ';
  if (strncmp(line, "bind ", 5) == 0)
    do_bind(loop, line + 5);
  else if (strncmp(line, "call ", 5) == 0)
    do_call(loop, line + 5);
  else if (strcmp(line, "accept") == 0)
    do_accept(loop);
  else if (strcmp(line, "close") == 0)
    do_close(loop);
  else
    answer("what?");
}

void worker_main(int argc, char** argv) {
  uv_loop_t loop;
  char line[512];
  int err;

  if (argc != 2 || strcmp(argv[1], WORKER_ARGUMENT) != 0)
    return;

  if (uv_loop_init(&loop) != 0)
    abort();
  while (fgets(line, sizeof(line), stdin) != NULL) {
    alarm(ALARM_S); /* Nobody would end it if its test were gone. */
    obey(&loop, line);
    alarm(0);
  }
  if (listening)
    close_and_run(&loop, &listener);
  err = uv_loop_close(&loop);
  exit(err == 0 ? 0 : 1);
}

/* --- In the test */

static void die(const char* what) {
  perror(what);
  abort();
}

void worker_start(worker_t* w, const char* vm_id) {
  posix_spawn_file_actions_t actions;
  char path[1024];
  char argument[] = WORKER_ARGUMENT;
  char* argv[3];
  size_t size;
  int to[2];
  int from[2];

  size = sizeof(path);
  if (uv_exepath(path, &size) != 0 || pipe2(to, O_CLOEXEC) != 0 ||
      pipe2(from, O_CLOEXEC) != 0)
    die("worker: pipe");
  argv[0] = path;
  argv[1] = argument;
  argv[2] = NULL;

  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  endpoint_play(vm_id);
  if (posix_spawn(&w->pid, path, &actions, NULL, argv, environ) != 0)
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
