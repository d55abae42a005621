#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

static int fail(int fd) {
  int err;

  err = -errno;
  if (fd != -1)
    close(fd);
  return err;
}

int peer_bind(const char* path, int backlog) {
  struct sockaddr_un name;
  socklen_t len;
  int fd;

  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1)
    return fail(fd);
  len = fill(path, &name);
  if (bind(fd, (struct sockaddr*) &name, len) != 0)
    return fail(fd);
  if (backlog >= 0 && listen(fd, backlog) != 0)
    return fail(fd);
  return fd;
}

int peer_connect(const char* path, const char* own) {
  struct sockaddr_un name;
  socklen_t len;
  int fd;

  if (own != NULL)
    fd = peer_bind(own, -1);
  else
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return own != NULL ? fd : fail(fd);
  len = fill(path, &name);
  if (connect(fd, (struct sockaddr*) &name, len) != 0)
    return fail(fd);
  return fd;
}

int peer_await(int fd) {
  struct pollfd p;

  p.fd = fd;
  p.events = POLLIN;
  return poll(&p, 1, PATIENCE_MS) == 1 ? 0 : -ETIMEDOUT;
}

long peer_read_to_end(int fd, char* room, size_t size) {
  size_t total;
  ssize_t n;

  total = 0;
  while (total < size) {
    if (peer_await(fd) != 0)
      return -ETIMEDOUT;
    n = read(fd, room + total, size - total);
    if (n == -1)
      return -errno;
    if (n == 0)
      break;
    total += (size_t) n;
  }
  return (long) total;
}
