#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stdio_os.h"

#define STANDARD_STREAMS 3

static int noted_flags[STANDARD_STREAMS];
static int is_noted[STANDARD_STREAMS];

uv_file stdio_private(uv_file fd, int is_output) {
  char path[32];
  uv_file anew;

  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  anew = open(path,
              (is_output ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY |
                  O_CLOEXEC);
  if (anew >= 0)
    return anew;
  /* A socket, a pipe that nobody reads any more, or a system without /proc. */
  noted_flags[fd] = fcntl(fd, F_GETFL);
  is_noted[fd] = noted_flags[fd] != -1;
  anew = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD_STREAMS);
  return anew >= 0 ? anew : fd;
}

void stdio_restore(void) {
  int fd;

  for (fd = 0; fd < STANDARD_STREAMS; fd++)
    if (is_noted[fd])
      fcntl(fd, F_SETFL, noted_flags[fd]);
}

void stdio_end_output(void) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

  /* No shutdown() where it is a socket: it may be that of a shell, which goes
   * on writing to it. */
  if (nowhere == -1)
    return;
  if (is_noted[STDOUT_FILENO])
    fcntl(STDOUT_FILENO, F_SETFL, noted_flags[STDOUT_FILENO]);
  dup2(nowhere, STDOUT_FILENO);
  close(nowhere);
  is_noted[STDOUT_FILENO] = 0;
}

/* AF_VSOCK reports no hang-up while our own direction is open, but refuses to
 * send, nothing too (Linux, af_vsock.c). */
int stdio_takes_nothing(uv_os_sock_t sock) {
  return send(sock, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 && errno == EPIPE;
}

int stdio_spawns_sockets(void) {
  return 1;
}

int stdio_pass(uv_os_sock_t sock) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control;
  char byte = '\0';
  struct iovec iov = {.iov_base = &byte, .iov_len = 1};
  struct msghdr msg;
  struct cmsghdr* cmsg;
  ssize_t n;

  fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) & ~O_NONBLOCK); /* as a new one */
  memset(&control, 0, sizeof(control));
  memset(&msg, 0, sizeof(msg));
  msg.msg_iov = &iov;
  msg.msg_iovlen = 1;
  msg.msg_control = control.room;
  msg.msg_controllen = sizeof(control.room);
  cmsg = CMSG_FIRSTHDR(&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(cmsg), &sock, sizeof(sock));
  do
    n = sendmsg(STDOUT_FILENO, &msg, 0);
  while (n == -1 && errno == EINTR);
  return n == 1 ? 0 : uv_translate_sys_error(errno);
}

void stdio_shell(const char* command, const char* args[4]) {
  args[0] = "sh";
  args[1] = "-c";
  args[2] = command;
  args[3] = NULL;
}

int stdio_spawn(uv_loop_t* loop,
                uv_process_t* process,
                const char* command,
                uv_os_sock_t sock,
                uv_exit_cb cb) {
  uv_process_options_t options;
  uv_stdio_container_t stdio[STANDARD_STREAMS];
  const char* args[4];

  stdio_shell(command, args);
  stdio[0].flags = stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
  stdio[0].data.fd = stdio[1].data.fd = sock;
  stdio[2].data.fd = STDERR_FILENO;
  memset(&options, 0, sizeof(options));
  options.file = args[0];
  options.args = (char**) (uintptr_t) args;
  options.stdio = stdio;
  options.stdio_count = STANDARD_STREAMS;
  options.exit_cb = cb;
  return uv_spawn(loop, process, &options);
}

void stdio_close_socket(uv_os_sock_t sock) {
  close(sock);
}
