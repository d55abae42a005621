/* Unix sockets by their paths, as far as all systems have them alike. */
#include "unix/sock.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "sys/sys.h"
#include "unix/sockaddr_un.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

size_t hvuv__unix_path_limit(void) {
  return sizeof(((struct sockaddr_un*) 0)->sun_path);
}

static int fill_name(const char* path, struct sockaddr_un* name) {
  size_t len;

  len = strlen(path);
  assert(len > 0); /* an empty one would bind to a name of Linux' choice */
  if (len >= sizeof(name->sun_path))
    return UV_ENAMETOOLONG;

  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path, len);
  return 0;
}

int hvuv__unix_socket(uv_os_sock_t* sock) {
  return hvuv__sys_socket(AF_UNIX, 0, sock);
}

int hvuv__unix_supported(void) {
  uv_os_sock_t sock;
  int err;

  err = hvuv__unix_socket(&sock);
  if (err == 0)
    hvuv__sys_close(sock);
  return err;
}

int hvuv__unix_bind(uv_os_sock_t sock, const char* path) {
  struct sockaddr_un name;
  int err;

  err = fill_name(path, &name);
  if (err != 0)
    return err;
  return hvuv__sys_bind(sock, (struct sockaddr*) &name, sizeof(name));
}

int hvuv__unix_connect_plainly(uv_os_sock_t sock, const char* path) {
  struct sockaddr_un name;
  int err;

  err = fill_name(path, &name);
  if (err != 0)
    return err;
  return hvuv__sys_connect(sock, (struct sockaddr*) &name, sizeof(name));
}

int hvuv__unix_path_of(const struct sockaddr* name, size_t len, char room[]) {
  size_t n;

  room[0] = '\0';
  if (len == 0)
    return 0; /* How some systems name a socket without a path. */
  if (len < PATH_OFFSET || name->sa_family != AF_UNIX)
    return UV_EINVAL;

  n = len - PATH_OFFSET;
  if (n >= HVUV__PATH_ROOM)
    return UV_EINVAL;
  memcpy(room, (const char*) name + PATH_OFFSET, n);
  room[n] = '\0';
  assert(strlen(room) < HVUV__PATH_ROOM);
  return 0;
}
