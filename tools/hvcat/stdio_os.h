/* What systems do in their own way with the descriptors 0 to 2. */
#ifndef HVUV_TOOLS_STDIO_OS_H
#define HVUV_TOOLS_STDIO_OS_H

#include <uv.h>

/* A descriptor for the pipe or socket at fd that may be made non-blocking.
 * Where the system opens a pipe anew this is another one, and the shell's stays
 * as it was; else its flags are noted, for stdio_restore(). */
uv_file stdio_private(uv_file fd, int is_output);

/* Puts the flags back that were noted. To be called last; legal always. */
void stdio_restore(void);

/* Whoever reads standard output sees its end, though the program goes on. To be
 * called when what wrote it has closed; legal again. */
void stdio_end_output(void);

/* Whether the peer of a socket, which has ended its own direction, has closed
 * the other one too. 0 where that cannot be found out. */
int stdio_takes_nothing(uv_os_sock_t sock);

/* Whether a socket can be a command's standard input and output; else its bytes
 * are passed on by pipes. */
int stdio_spawns_sockets(void);

/* Passes a connected socket over standard output, as OpenSSH's ProxyUseFdpass
 * has it. Returns 0, or why not: UV_ENOTSUP where systems do not know it. */
int stdio_pass(uv_os_sock_t sock);

/* Gives a socket to a command, as its standard input and output. The socket
 * remains the caller's, who closes it. */
int stdio_spawn(uv_loop_t* loop,
                uv_process_t* process,
                const char* command,
                uv_os_sock_t sock,
                uv_exit_cb cb);

/* The arguments that have a shell run the command; until the next call. */
void stdio_shell(const char* command, const char* args[4]);

/* Closes a socket that hvuv_detach() gave. */
void stdio_close_socket(uv_os_sock_t sock);

#endif /* HVUV_TOOLS_STDIO_OS_H */
