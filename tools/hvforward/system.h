/* What systems do in their own way. */
#ifndef HVUV_TOOLS_SYSTEM_H
#define HVUV_TOOLS_SYSTEM_H

#include <stddef.h>
#include <uv.h>

/* The name of a pipe, from "NAME" or a whole one. Returns 0, or UV_ENOTSUP
 * where systems have none. */
int system_pipe_name(const char* text, char* name, size_t size);

/* Whether a descriptor is a socket that listens: 0, UV_EBADF (there is none),
 * UV_ENOTSOCK, UV_ENOTCONN (it does not listen), or UV_ENOTSUP. */
int system_listens(int fd);

/* Descriptors that a service manager passed, named `name`, or all for "".
 * Returns how many there are, and sets *fd to the one with this index, if it is
 * there. (systemd's sd_listen_fds(3): LISTEN_PID, LISTEN_FDS,
 * LISTEN_FDNAMES) */
int system_passed(const char* name, int index, int* fd);

/* The user and the process at the other end of a Unix socket: 0, or
 * UV_ENOTSUP. */
int system_peer_user(uv_os_sock_t sock, unsigned int* user, int* pid);

/* Two connected sockets, *ours for a stream, *theirs for a child: 0, or an
 * error. */
int system_pair(uv_os_sock_t* ours, uv_os_sock_t* theirs);
void system_close_socket(uv_os_sock_t sock);

/* How many calls, of two descriptors each, this process can have at once. */
uint64_t system_most_calls(void);

#endif /* HVUV_TOOLS_SYSTEM_H */
