/* Calls to Unix sockets. */
#include "bus/dial.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial_name(const struct sockaddr_un* name, uv_os_fd_t* out) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int err;

  if (fd < 0)
    return uv_translate_sys_error(errno);
  if (connect(fd, (const struct sockaddr*) name, sizeof(*name)) == 0) {
    *out = fd;
    return 0;
  }
  err = uv_translate_sys_error(errno);
  close(fd);
  return err;
}

int bus__dial(const char* path, const bus__guid_t* service, uv_os_fd_t* fd) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  char text[BUS__GUID_TEXT];
  uint32_t port;
  int n;
  int err = UV_ENOENT;

  if (bus__guid_is_port(service, &port)) {
    n = snprintf(
        name.sun_path, sizeof(name.sun_path), "%s_%" PRIu32, path, port);
    assert(n > 0 && (size_t) n < sizeof(name.sun_path));
    err = dial_name(&name, fd);
  }
  if (err == UV_ENOENT || err == UV_ECONNREFUSED) {
    bus__guid_print(service, text);
    n = snprintf(name.sun_path, sizeof(name.sun_path), "%s_%s", path, text);
    assert(n > 0 && (size_t) n < sizeof(name.sun_path));
    err = dial_name(&name, fd);
  }
  (void) n;
  return err;
}
