/*
 * What Unix sockets need besides sock.c on Windows.
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
 *   connect to another path after one refused it, as Winsock's connect() has it
 *   of WSAECONNREFUSED;
 * - whether a refusal is there when connect() returns, or comes later.
 */
#include "unix/sock.h"

#include <assert.h>
#include <string.h>

#include "sys/sys.h"
#include "unix/file_win.h"

int hvuv__unix_sign(uv_os_sock_t sock, const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  int err;

  err = hvuv__file_wide(path, wide);
  if (err == 0)
    err = hvuv__unix_bind(sock, path);
  if (err == 0)
    DeleteFileW(wide);
  return err;
}

/* Whether the file is there is asked first, because what connect() answers
 * where it is not differs by the version of Windows (.NET's tests expected
 * WSAEINVAL once, and WSAECONNREFUSED later). */
int hvuv__unix_connect(uv_os_sock_t sock, const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  int r;

  if (strlen(path) >= hvuv__unix_path_limit())
    return UV_ENAMETOOLONG;
  r = hvuv__file_wide(path, wide);
  if (r != 0)
    return r;
  if (GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES &&
      hvuv__file_is_absent(GetLastError()))
    return UV_ENOENT;

  assert(r == 0);
  r = hvuv__unix_connect_plainly(sock, path);
  if (r != HVUV__IN_PROGRESS)
    return r;

  /* A connect that has ended already is told at once, as elsewhere: whoever
   * was refused may try another path then. */
  r = hvuv__sys_connect_result(sock);
  return r == UV_EAGAIN ? HVUV__IN_PROGRESS : r;
}
