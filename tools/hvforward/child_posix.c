#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
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
  const char* args[] = {"sh", "-c", child->place->rest, NULL};

  stdio[0].flags = stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
  stdio[0].data.fd = stdio[1].data.fd = sock;
  stdio[2].data.fd = STDERR;
  memset(&options, 0, sizeof(options));
  options.file = args[0];
  options.args = (char**) (uintptr_t) args;
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = on_ended;
  return uv_spawn(loop, &child->process, &options);
}

int child_start(uv_loop_t* loop, const place_t* place, uv_os_sock_t sock) {
  child_t* child = calloc(1, sizeof(*child));
  int err;

  if (child == NULL)
    abort(); /* Out of memory. */
  child->place = place;
  child->process.data = child;
  child->next = children;
  children = child;
  err = spawn(child, loop, sock);
  system_close_socket(sock);
  if (err == 0)
    uv_unref((uv_handle_t*) &child->process);
  else
    uv_close((uv_handle_t*) &child->process, on_process_closed);
  return err;
}

void children_end(void) {
  child_t* child;

  for (child = children; child != NULL; child = child->next)
    if (!uv_is_closing((uv_handle_t*) &child->process)) {
      uv_process_kill(&child->process, SIGTERM);
      uv_close((uv_handle_t*) &child->process, on_process_closed);
    }
}
