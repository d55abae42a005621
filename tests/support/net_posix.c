#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int net_is_posix(void) {
  return 1;
}

int net_error(void) {
  return uv_translate_sys_error(errno);
}

void net_start(void) {
}

static void keep_from_others(int fd) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void net_ignore_sigpipe(void) {
  signal(SIGPIPE, SIG_IGN);
}

int net_socket(int domain, int type, uv_os_sock_t* sock) {
  int fd;

  fd = socket(domain, type, 0);
  if (fd == -1)
    return net_error();
  keep_from_others(fd);
  *sock = fd;
  return 0;
}

int net_accept(uv_os_sock_t listener, uv_os_sock_t* sock) {
  int fd;

  fd = accept(listener, NULL, NULL);
  if (fd == -1)
    return net_error();
  keep_from_others(fd);
  *sock = fd;
  return 0;
}

int net_pair(uv_os_sock_t socks[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks) != 0)
    return net_error();
  keep_from_others(socks[0]);
  keep_from_others(socks[1]);
  return 0;
}

void net_close(uv_os_sock_t sock) {
  close(sock);
}

int net_abort(uv_os_sock_t sock) {
  struct linger linger = {1, 0};

  setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
  close(sock);
  return UV_ECONNRESET;
}

int net_reads_before_reset(void) {
  return 1;
}

int net_unblock(uv_os_sock_t sock) {
  return fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK) == 0
             ? 0
             : net_error();
}

ssize_t net_recv(uv_os_sock_t sock, void* base, size_t len) {
  ssize_t n;

  n = recv(sock, base, len, 0);
  return n == -1 ? net_error() : n;
}

ssize_t net_send(uv_os_sock_t sock, const void* base, size_t len) {
  ssize_t n;

  n = send(sock, base, len, MSG_NOSIGNAL);
  return n == -1 ? net_error() : n;
}

int net_poll(net_poll_t* polls, size_t count, int timeout_ms) {
  return poll(polls, (nfds_t) count, timeout_ms);
}

int net_is_inherited(uv_os_sock_t sock) {
  return !(fcntl(sock, F_GETFD) & FD_CLOEXEC);
}

void net_share(uv_os_sock_t sock) {
  fcntl(sock, F_SETFD, 0);
}

int net_blocks(uv_os_sock_t sock) {
  return !(fcntl(sock, F_GETFL) & O_NONBLOCK);
}
