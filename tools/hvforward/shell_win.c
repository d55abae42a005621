#include "shell_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STDERR 2

/* With quotes around it, of which /s takes off these two and no others. */
static char* quote(const char* command) {
  size_t size = strlen(command) + 3;
  char* quoted = malloc(size);

  if (quoted == NULL)
    abort(); /* Out of memory. */
  snprintf(quoted, size, "\"%s\"", command);
  return quoted;
}

int shell_spawn(uv_loop_t* loop,
                uv_process_t* process,
                const char* command,
                uv_pipe_t* to,
                uv_pipe_t* from,
                uv_exit_cb cb) {
  uv_process_options_t options;
  uv_stdio_container_t stdio[3];
  char* quoted = quote(command);
  const char* args[] = {"cmd.exe", "/d/s/c", quoted, NULL};
  int err;

  memset(stdio, 0, sizeof(stdio));
  stdio[0].flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_READABLE_PIPE);
  stdio[0].data.stream = (uv_stream_t*) to;
  stdio[1].flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  stdio[1].data.stream = (uv_stream_t*) from;
  stdio[2].flags = UV_INHERIT_FD;
  stdio[2].data.fd = STDERR;
  memset(&options, 0, sizeof(options));
  options.file = args[0];
  options.args = (char**) (uintptr_t) args;
  options.stdio = stdio;
  options.stdio_count = 3;
  options.exit_cb = cb;
  options.flags = UV_PROCESS_WINDOWS_VERBATIM_ARGUMENTS;
  err = uv_spawn(loop, process, &options);
  free(quoted);
  return err;
}
