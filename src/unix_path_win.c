/*
 * Unix sockets by their paths on Windows; path_win.c has how those are written,
 * folder_win.c the folders.
 *
 * sun_path is UTF-8 there, 108 bytes with the NUL (Microsoft, "AF_UNIX comes to
 * Windows"; a path in another encoding is answered WSAENETDOWN, libevent issue
 * 1340), and Windows before version 1803 of Windows 10 has no such sockets.
 *
 * Not shown yet, for want of a Windows to run on:
 * - that the name of a signed socket, whose file is gone before it connects,
 *   still comes with accept(); with its file there it does (OpenJDK's Bind.java
 *   checks it);
 * - what connect() answers where the backlog is full, and whether a socket may
 *   connect to another path after one refused it.
 */
#include "unix_path.h"

#include <stddef.h>
#include <string.h>

#include <afunix.h>

#include "file_win.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

size_t hvuv__unix_path_limit(void) {
  return sizeof(((struct sockaddr_un*) 0)->sun_path);
}

static int fill_name(const char* path, struct sockaddr_un* name) {
  size_t len;

  len = strlen(path);
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

static int bind_to(uv_os_sock_t sock, const char* path) {
  struct sockaddr_un name;
  int err;

  err = fill_name(path, &name);
  if (err != 0)
    return err;
  return hvuv__sys_bind(sock, (struct sockaddr*) &name, sizeof(name));
}

int hvuv__unix_listen_at(const char* path,
                         uv_os_sock_t* sock,
                         hvuv__claim_t** claim) {
  int err;

  if (strlen(path) >= hvuv__unix_path_limit())
    return UV_ENAMETOOLONG;

  err = hvuv__unix_socket(sock);
  if (err != 0)
    return err;

  err = hvuv__claim_take(path, claim);
  if (err != 0)
    goto close_sock;

  err = bind_to(*sock, path);
  if (err != 0)
    goto abandon_claim;
  return 0;

abandon_claim:
  hvuv__claim_abandon(*claim);
  *claim = NULL;
close_sock:
  hvuv__sys_close(*sock);
  return err;
}

int hvuv__unix_sign(uv_os_sock_t sock, const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  int err;

  err = hvuv__file_wide(path, wide);
  if (err == 0)
    err = bind_to(sock, path);
  if (err == 0)
    DeleteFileW(wide);
  return err;
}

/* Whether the file is there is asked first, because what connect() answers
 * where it is not differs by the version of Windows (.NET's tests expected
 * WSAEINVAL once, and WSAECONNREFUSED later). */
int hvuv__unix_connect(uv_os_sock_t sock, const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  struct sockaddr_un name;
  int r;

  r = fill_name(path, &name);
  if (r == 0)
    r = hvuv__file_wide(path, wide);
  if (r != 0)
    return r;
  if (GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES &&
      hvuv__file_is_absent(GetLastError()))
    return UV_ENOENT;

  r = hvuv__sys_connect(sock, (struct sockaddr*) &name, sizeof(name));
  if (r != HVUV__IN_PROGRESS)
    return r;

  /* A connect that has ended already is told at once, as elsewhere: whoever
   * was refused may try another path then. */
  r = hvuv__sys_connect_result(sock);
  return r == UV_EAGAIN ? HVUV__IN_PROGRESS : r;
}

int hvuv__unix_path_of(const struct sockaddr* name, size_t len, char room[]) {
  size_t n;

  room[0] = '\0';
  if (len == 0)
    return 0;
  if (len < PATH_OFFSET || name->sa_family != AF_UNIX)
    return UV_EINVAL;

  n = len - PATH_OFFSET;
  if (n >= HVUV__PATH_ROOM)
    return UV_EINVAL;
  memcpy(room, (const char*) name + PATH_OFFSET, n);
  room[n] = '\0';
  return 0;
}
