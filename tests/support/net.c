/* What both systems spell alike. */
#include "net.h"

#include <stdio.h>
#include <string.h>

int net_tcp_listen(uv_os_sock_t* sock, struct sockaddr_in* name) {
  socklen_t len;
  int err;

  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  err = net_socket(AF_INET, SOCK_STREAM, sock);
  if (err != 0)
    return err;

  len = sizeof(*name);
  if (bind(*sock, (struct sockaddr*) name, len) != 0 ||
      listen(*sock, SOMAXCONN) != 0 ||
      getsockname(*sock, (struct sockaddr*) name, &len) != 0) {
    err = net_error();
    net_close(*sock);
  }
  return err;
}

int net_tcp_connect(uv_os_sock_t* sock, const struct sockaddr_in* name) {
  int err;

  err = net_socket(AF_INET, SOCK_STREAM, sock);
  if (err != 0)
    return err;
  if (connect(*sock, (const struct sockaddr*) name, sizeof(*name)) != 0) {
    err = net_error();
    net_close(*sock);
  }
  return err;
}

int net_tcp_pair(uv_os_sock_t socks[2]) {
  struct sockaddr_in name;
  uv_os_sock_t listener;
  int err;

  err = net_tcp_listen(&listener, &name);
  if (err != 0)
    return err;
  err = net_tcp_connect(&socks[0], &name);
  if (err == 0) {
    err = net_accept(listener, &socks[1]);
    if (err != 0)
      net_close(socks[0]);
  }
  net_close(listener);
  return err;
}

int net_await(uv_os_sock_t sock, int readable, int timeout_ms) {
  net_poll_t poll;

  memset(&poll, 0, sizeof(poll));
  poll.fd = sock;
  poll.events = readable ? POLLIN : POLLOUT;
  return net_poll(&poll, 1, timeout_ms) == 1 ? 0 : UV_ETIMEDOUT;
}

int net_skip_without_unix(void) {
  uv_os_sock_t sock;
  int err;

  net_start();
  err = net_socket(AF_UNIX, SOCK_STREAM, &sock);
  if (err == 0) {
    net_close(sock);
    return 0;
  }
  printf("Skipped: this system has no Unix sockets (%s). Remedy: Windows 10 "
         "1803 or later, "
         "not Wine\n",
         uv_err_name(err));
  return 77;
}
