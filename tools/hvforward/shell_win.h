/* cmd.exe with a command, on two pipes. */
#ifndef HVUV_TOOLS_SHELL_WIN_H
#define HVUV_TOOLS_SHELL_WIN_H

#include <uv.h>

/* The pipes are initialised, and become the command's input and output; its
 * standard error is this program's. As uv_spawn(). */
int shell_spawn(uv_loop_t* loop,
                uv_process_t* process,
                const char* command,
                uv_pipe_t* to,
                uv_pipe_t* from,
                uv_exit_cb cb);

#endif /* HVUV_TOOLS_SHELL_WIN_H */
