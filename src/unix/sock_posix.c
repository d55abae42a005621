/* What Unix sockets need besides sock.c on POSIX. */
#include "unix/sock.h"

#include <assert.h>
#include <unistd.h>

int hvuv__unix_sign(uv_os_sock_t sock, const char* path) {
  int err;

  assert(path[0] == '/'); /* the peer reads it wherever it is */
  err = hvuv__unix_bind(sock, path);
  if (err == 0)
    unlink(path);
  return err;
}

int hvuv__unix_connect(uv_os_sock_t sock, const char* path) {
  return hvuv__unix_connect_plainly(sock, path);
}
