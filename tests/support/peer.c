#include "peer.h"

#include <string.h>

#define PATIENCE_MS 30000

static socklen_t fill(const char* path, struct sockaddr_un* name) {
  size_t len;

  len = strlen(path);
  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path, len);
  if (path[0] != '@')
    return sizeof(*name);
  name->sun_path[0] = '\0';
  return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len);
}

static uv_os_sock_t fail(uv_os_sock_t sock) {
  net_close(sock);
  return NET_NONE;
}

uv_os_sock_t peer_bind(const char* path, int backlog) {
  struct sockaddr_un name;
  uv_os_sock_t sock;
  socklen_t len;

  if (net_socket(AF_UNIX, SOCK_STREAM, &sock) != 0)
    return NET_NONE;
  len = fill(path, &name);
  if (bind(sock, (struct sockaddr*) &name, len) != 0)
    return fail(sock);
  if (backlog >= 0 && listen(sock, backlog) != 0)
    return fail(sock);
  return sock;
}

uv_os_sock_t peer_connect(const char* path, const char* own) {
  struct sockaddr_un name;
  uv_os_sock_t sock;
  socklen_t len;

  if (own != NULL)
    sock = peer_bind(own, -1);
  else if (net_socket(AF_UNIX, SOCK_STREAM, &sock) != 0)
    sock = NET_NONE;
  if (sock == NET_NONE)
    return NET_NONE;
  len = fill(path, &name);
  if (connect(sock, (struct sockaddr*) &name, len) != 0)
    return fail(sock);
  return sock;
}

int peer_await(uv_os_sock_t sock) {
  return net_await(sock, 1, PATIENCE_MS);
}

long peer_read_to_end(uv_os_sock_t sock, char* room, size_t size) {
  size_t total;
  ssize_t n;

  total = 0;
  while (total < size) {
    if (peer_await(sock) != 0)
      return UV_ETIMEDOUT;
    n = net_recv(sock, room + total, size - total);
    if (n < 0)
      return (long) n;
    if (n == 0)
      break;
    total += (size_t) n;
  }
  return (long) total;
}
