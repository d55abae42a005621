/*
 * A command for each call, which has a socket as its standard input and output.
 *
 *   leg --- socket pair --- sh -c COMMAND
 *
 * The call is over when its streams are; the process may outlive it, and is
 * then waited for until the program ends, which asks it to end too.
 */
#include "kind_exec.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "hvforward.h"
#include "report.h"
#include "system.h"

#define STDERR 2

typedef struct child_s {
  uv_process_t process;
  const place_t* place;
  struct child_s* next;
} child_t;

static child_t* children;

static int exec_parse(place_t* place, char* why, size_t size) {
  uv_os_sock_t pair[2];
  int err = system_pair(&pair[0], &pair[1]);

  if (err == 0) {
    system_close_socket(pair[0]);
    system_close_socket(pair[1]);
  }
  if (place->rest[0] != '\0' && err != UV_ENOTSUP)
    return 0;
  snprintf(why,
           size,
           "\"%.80s\": %s",
           place->text,
           err == UV_ENOTSUP
               ? "a socket cannot be a program's input on Windows; there is "
                 "hvcat -l -k -e COMMAND."
               : "has no command: exec:COMMAND is needed.");
  return UV_EINVAL;
}

static void on_process_closed(uv_handle_t* handle) {
  child_t* child = handle->data;
  child_t** link = &children;

  while (*link != child)
    link = &(*link)->next;
  *link = child->next;
  free(child);
}

static void on_ended(uv_process_t* process, int64_t status, int signal) {
  child_t* child = process->data;

  (void) signal;
  if (status == 126 || status == 127)
    report_meaning(&hvforward,
                   "run",
                   child->place->text,
                   UV_ENOENT,
                   "The shell did not find it, or may not run it.");
  uv_close((uv_handle_t*) process, on_process_closed);
}

static int spawn(child_t* child, uv_loop_t* loop, uv_os_sock_t sock) {
  uv_process_options_t options;
  uv_stdio_container_t stdio[3];
  const char* args[4];

  system_shell(child->place->rest, args);
  stdio[0].flags = stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
  stdio[0].data.fd = stdio[1].data.fd = (int) sock;
  stdio[2].data.fd = STDERR;
  memset(&options, 0, sizeof(options));
  options.file = args[0];
  options.args = (char**) (uintptr_t) args;
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = on_ended;
  return uv_spawn(loop, &child->process, &options);
}

static int start_child(dial_t* dial, uv_os_sock_t sock) {
  child_t* child = calloc(1, sizeof(*child));
  int err;

  if (child == NULL)
    abort(); /* Out of memory. */
  child->place = dial->to;
  child->process.data = child;
  child->next = children;
  children = child;
  err = spawn(child, dial->timer.loop, sock);
  if (err == 0)
    uv_unref((uv_handle_t*) &child->process);
  else
    uv_close((uv_handle_t*) &child->process, on_process_closed);
  return err;
}

static void on_next_turn(uv_timer_t* timer) {
  dial_attempted(timer->data, 0);
}

static int exec_connect(dial_t* dial) {
  uv_os_sock_t ours;
  uv_os_sock_t theirs;
  int err = system_pair(&ours, &theirs);

  if (err != 0)
    return err;
  err = hvuv_open(&dial->leg->u.hvuv, ours);
  if (err != 0)
    system_close_socket(ours);
  else
    err = start_child(dial, theirs);
  system_close_socket(theirs);
  if (err == 0)
    uv_timer_start(&dial->timer, on_next_turn, 0, 0);
  return err;
}

static void exec_explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  (void) place;
  (void) step;
  if (err == UV_EMFILE || err == UV_ENFILE)
    snprintf(text,
             size,
             "There are no descriptors left: lower --max-calls, or raise the "
             "limit (ulimit -n).");
  else if (err == UV_EAGAIN || err == UV_ENOMEM)
    snprintf(text,
             size,
             "No process can be made: lower --max-calls, or raise the limit "
             "(ulimit -u).");
  else
    snprintf(text, size, "See what the command reports on standard error.");
}

static int exec_may_pass(const place_t* place, int err) {
  (void) place;
  return err == UV_EAGAIN || err == UV_ENOMEM || err == UV_EMFILE;
}

void exec_end(void) {
  child_t* child;

  for (child = children; child != NULL; child = child->next)
    if (!uv_is_closing((uv_handle_t*) &child->process)) {
      uv_process_kill(&child->process, SIGTERM);
      uv_close((uv_handle_t*) &child->process, on_process_closed);
    }
}

const kind_t kind_exec = {.scheme = "exec:",
                          .form = "exec:COMMAND",
                          .connects_as = LEG_HVUV,
                          .times_itself = 1,
                          .parse = exec_parse,
                          .connect = exec_connect,
                          .print = place_print_text,
                          .explain = exec_explain,
                          .may_pass = exec_may_pass};
