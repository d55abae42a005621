/*
 * A command for a connection.
 *
 *   where sockets can be a program's input and output:
 *     stream --hvuv_detach()--> socket --> the command has it, and nobody else
 *
 *   elsewhere (Windows):
 *     stream <-- talk.c --> two pipes --> the command
 *
 * A child is over when its process has ended and everything of it has closed.
 */
#include <stdlib.h>
#include <string.h>

#include "hvcat.h"
#include "report.h"
#include "stdio_os.h"

#define STDERR 2

struct child_s {
  uv_process_t process;
  exec_cb cb;
  int code;
  int open;             /* the process, the stream or its talk, the two pipes */
  hvuv_stream_t stream; /* to accept a caller into */
  /* Where the bytes are passed on. */
  uv_pipe_t to;
  uv_pipe_t from;
  talk_t talk;
  input_t in;
  output_t out;
};

static void on_part_closed(child_t* child) {
  exec_cb cb = child->cb;
  int code = child->code;

  if (--child->open != 0)
    return;
  free(child);
  cb(code);
}

static void on_process_closed(uv_handle_t* process) {
  on_part_closed(process->data);
}

/* As a shell has it. */
static void on_ended(uv_process_t* process, int64_t status, int signal) {
  child_t* child = process->data;

  child->code = signal != 0 ? 128 + signal : (int) status;
  if (cat.settings.is_verbose)
    fprintf(stderr,
            "hvcat: process %d ended with %d\n",
            uv_process_get_pid(process),
            child->code);
  uv_close((uv_handle_t*) process, on_process_closed);
}

static int report_spawn(int err) {
  return report_meaning(&hvcat,
                        "run",
                        cat.settings.command,
                        err,
                        "The shell, or a descriptor for it, cannot be had.");
}

/* --- The command has the socket */

static void on_stream_closed(hvuv_stream_t* stream) {
  on_part_closed(stream->data);
}

static int spawn_on_socket(child_t* child, hvuv_stream_t* connected) {
  uv_os_sock_t sock;
  int err = hvuv_detach(connected, &sock);

  if (err == 0) {
    err = stdio_spawn(
        cat.loop, &child->process, cat.settings.command, sock, on_ended);
    stdio_close_socket(sock);
  }
  child->open++;
  connected->data = child;
  hvuv_close(connected, on_stream_closed);
  return err;
}

/* --- The command has pipes */

static void on_pipe_closed(void* owner) {
  on_part_closed(owner);
}

static void on_talk_over(talk_t* talk, int status) {
  child_t* child = talk->data;

  (void) status;
  input_close(&child->in, on_pipe_closed, child);
  output_close(&child->out, on_pipe_closed, child);
  on_part_closed(child);
}

static int spawn_on_pipes(child_t* child) {
  uv_process_options_t options;
  uv_stdio_container_t stdio[3];
  const char* args[4];

  uv_pipe_init(cat.loop, &child->to, 0); /* Always 0. */
  uv_pipe_init(cat.loop, &child->from, 0);
  memset(stdio, 0, sizeof(stdio));
  stdio[0].flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_READABLE_PIPE);
  stdio[0].data.stream = (uv_stream_t*) &child->to;
  stdio[1].flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  stdio[1].data.stream = (uv_stream_t*) &child->from;
  stdio[2].flags = UV_INHERIT_FD;
  stdio[2].data.fd = STDERR;
  stdio_shell(cat.settings.command, args);
  memset(&options, 0, sizeof(options));
  options.file = args[0];
  options.args = (char**) (uintptr_t) args;
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = on_ended;
  options.flags = UV_PROCESS_WINDOWS_VERBATIM_ARGUMENTS;
  return uv_spawn(cat.loop, &child->process, &options);
}

static void talk_with(child_t* child, hvuv_stream_t* stream) {
  input_of((uv_stream_t*) &child->from, &child->in);
  output_of((uv_stream_t*) &child->to, &child->out);
  child->open += 3;
  talk_start(&child->talk,
             &cat.settings,
             stream,
             &child->in,
             &child->out,
             on_talk_over);
  child->talk.data = child;
}

child_t* exec_new(exec_cb cb) {
  child_t* child = calloc(1, sizeof(*child));

  if (child == NULL)
    abort(); /* Out of memory. */
  child->cb = cb;
  child->process.data = child;
  return child;
}

hvuv_stream_t* exec_stream(child_t* child) {
  return &child->stream;
}

void exec_start(child_t* child, hvuv_stream_t* connected) {
  int err;

  child->open = 1;
  if (stdio_spawns_sockets()) {
    err = spawn_on_socket(child, connected);
  } else {
    err = spawn_on_pipes(child);
    talk_with(child, connected);
  }
  if (report_spawn(err) != 0) {
    child->code = 1;
    uv_close((uv_handle_t*) &child->process, on_process_closed);
  }
}

static void on_dropped(hvuv_stream_t* stream) {
  free(stream->data);
}

void exec_drop(child_t* child) {
  child->stream.data = child;
  hvuv_close(&child->stream, on_dropped);
}
