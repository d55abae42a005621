#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <hvuv.h>

#include <afunix.h>

#include "unix_socket.h"

#ifndef IO_REPARSE_TAG_AF_UNIX
#define IO_REPARSE_TAG_AF_UNIX 0x80000023L
#endif

#define LOCK_SUFFIX L".lock"

/* Room for a path of UNIX_PATH_MAX bytes, which never has more units as UTF-16
 * than as UTF-8, and for the suffix. */
#define WIDE_ROOM (UNIX_PATH_MAX + 8)

/* How long a connect under way is waited for, before somebody is taken to be
 * there. */
#define ANSWER_LOOKS   50
#define ANSWER_STEP_MS 2

struct claim_s {
  HANDLE lock;
  HANDLE file; /* the socket's, open, so that its number is nobody else's */
  WCHAR path[WIDE_ROOM];
};

static int last_error(void) {
  return uv_translate_sys_error((int) GetLastError());
}

static int is_absent(DWORD err) {
  return err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND;
}

static int widen(const char* path, WCHAR wide[WIDE_ROOM]) {
  if (strlen(path) >= UNIX_PATH_MAX)
    return UV_ENAMETOOLONG;
  return MultiByteToWideChar(
             CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, UNIX_PATH_MAX) > 0
             ? 0
             : last_error();
}

/* --- Calling */

static int new_socket(uv_os_sock_t* sock) {
  u_long on = 1;

  *sock = WSASocketW(AF_UNIX,
                     SOCK_STREAM,
                     0,
                     NULL,
                     0,
                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (*sock == INVALID_SOCKET)
    return uv_translate_sys_error(WSAGetLastError());
  ioctlsocket(*sock, (long) FIONBIO, &on);
  return 0;
}

static void name_of(const char* path, struct sockaddr_un* name) {
  assert(strlen(path) < sizeof(name->sun_path));
  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path, strlen(path));
}

/* What connect() reports where there is no file differs by the version of
 * Windows, so that is looked at before. */
int unix_call(const char* path, uv_os_sock_t* sock) {
  struct sockaddr_un name;
  WCHAR wide[WIDE_ROOM];
  int err = widen(path, wide);

  if (err == 0 && GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES &&
      is_absent(GetLastError()))
    err = UV_ENOENT;
  if (err == 0)
    err = new_socket(sock);
  if (err != 0)
    return err;
  name_of(path, &name);
  if (connect(*sock, (struct sockaddr*) &name, sizeof(name)) == 0 ||
      WSAGetLastError() == WSAEWOULDBLOCK)
    return 0;
  err = uv_translate_sys_error(WSAGetLastError());
  closesocket(*sock);
  return err;
}

static int take_error(uv_os_sock_t sock) {
  int code = 0;
  int len = sizeof(code);

  if (getsockopt(sock, SOL_SOCKET, SO_ERROR, (char*) &code, &len) != 0)
    code = WSAGetLastError();
  return code == 0 ? 0 : uv_translate_sys_error(code);
}

int unix_connected(uv_os_sock_t sock) {
  struct timeval at_once = {0, 0};
  fd_set may_write;
  fd_set failed;
  int err;

  FD_ZERO(&may_write);
  FD_ZERO(&failed);
  FD_SET(sock, &may_write);
  FD_SET(sock, &failed);
  if (select(0, NULL, &may_write, &failed, &at_once) == 0)
    return UV_EALREADY;
  err = take_error(sock);
  if (err != 0)
    return err;
  return FD_ISSET(sock, &failed) ? UV_ECONNREFUSED : 0;
}

/* --- Listening */

/* The lock shares nothing and is deleted when its handle closes, which the
 * system does when the process ends. A link would be taken away from whoever
 * made it, so it is looked for first. */
static int lock(claim_t* claim) {
  WCHAR path[WIDE_ROOM];
  DWORD attributes;

  wcscpy(path, claim->path);
  wcscat(path, LOCK_SUFFIX);
  attributes = GetFileAttributesW(path);
  if (attributes != INVALID_FILE_ATTRIBUTES &&
      (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return UV_ELOOP;
  claim->lock = CreateFileW(path,
                            GENERIC_READ | DELETE,
                            0,
                            NULL,
                            OPEN_ALWAYS,
                            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE |
                                FILE_FLAG_OPEN_REPARSE_POINT,
                            NULL);
  if (claim->lock != INVALID_HANDLE_VALUE)
    return 0;
  return GetLastError() == ERROR_SHARING_VIOLATION ? UV_EADDRINUSE
                                                   : last_error();
}

/* Whether somebody listens there: 0 if nobody does. */
static int probe(const char* path) {
  uv_os_sock_t sock;
  int err = unix_call(path, &sock);
  int i;

  if (err == 0) {
    err = unix_connected(sock);
    for (i = 0; i < ANSWER_LOOKS && err == UV_EALREADY; i++) {
      uv_sleep(ANSWER_STEP_MS);
      err = unix_connected(sock);
    }
    closesocket(sock);
  }
  return err == UV_ECONNREFUSED || err == UV_ENOENT ? 0 : UV_EADDRINUSE;
}

/* 0: there is a Unix socket; UV_ENOENT; UV_EEXIST: it is something else. */
static int look(const WCHAR* path) {
  WIN32_FIND_DATAW found;
  HANDLE search = FindFirstFileW(path, &found);

  if (search == INVALID_HANDLE_VALUE)
    return is_absent(GetLastError()) ? UV_ENOENT : last_error();
  FindClose(search);
  return (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
                 found.dwReserved0 == (DWORD) IO_REPARSE_TAG_AF_UNIX
             ? 0
             : UV_EEXIST;
}

/* Removes a socket at which nobody listens. */
static int clear(const claim_t* claim, const char* path) {
  int err = look(claim->path);

  if (err == UV_ENOENT)
    return 0;
  if (err == 0)
    err = probe(path);
  if (err != 0)
    return err;
  return DeleteFileW(claim->path) ? 0 : last_error();
}

static HANDLE open_file(const WCHAR* path) {
  return CreateFileW(path,
                     FILE_READ_ATTRIBUTES,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     NULL,
                     OPEN_EXISTING,
                     FILE_FLAG_OPEN_REPARSE_POINT,
                     NULL);
}

static int bind_to(claim_t* claim, const char* path, uv_os_sock_t* sock) {
  struct sockaddr_un name;
  int err = new_socket(sock);

  if (err != 0)
    return err;
  name_of(path, &name);
  if (bind(*sock, (struct sockaddr*) &name, sizeof(name)) != 0) {
    err = uv_translate_sys_error(WSAGetLastError());
    closesocket(*sock);
    return err;
  }
  claim->file = open_file(claim->path);
  if (listen(*sock, SOMAXCONN) == 0)
    return 0;
  err = uv_translate_sys_error(WSAGetLastError());
  DeleteFileW(claim->path);
  closesocket(*sock);
  return err;
}

static void give_up(claim_t* claim) {
  if (claim->file != INVALID_HANDLE_VALUE)
    CloseHandle(claim->file);
  if (claim->lock != INVALID_HANDLE_VALUE)
    CloseHandle(claim->lock);
  free(claim);
}

int unix_bind(const char* path, int mode, uv_os_sock_t* sock, claim_t** out) {
  claim_t* claim = calloc(1, sizeof(*claim));
  int err;

  assert(mode == -1);
  (void) mode;
  if (claim == NULL)
    abort(); /* Out of memory. */
  claim->lock = claim->file = INVALID_HANDLE_VALUE;
  err = widen(path, claim->path);
  if (err == 0)
    err = lock(claim);
  if (err == 0)
    err = clear(claim, path);
  if (err == 0)
    err = bind_to(claim, path, sock);
  if (err != 0)
    give_up(claim);
  else
    *out = claim;
  return err;
}

/* What cannot be told apart counts as the same. */
static int is_same(HANDLE a, HANDLE b) {
  BY_HANDLE_FILE_INFORMATION x;
  BY_HANDLE_FILE_INFORMATION y;

  return !GetFileInformationByHandle(a, &x) ||
         !GetFileInformationByHandle(b, &y) ||
         (x.dwVolumeSerialNumber == y.dwVolumeSerialNumber &&
          x.nFileIndexHigh == y.nFileIndexHigh &&
          x.nFileIndexLow == y.nFileIndexLow);
}

void unix_release(claim_t* claim) {
  HANDLE found;
  int is_ours;

  if (look(claim->path) == 0) {
    found = open_file(claim->path);
    is_ours = is_same(claim->file, found);
    if (found != INVALID_HANDLE_VALUE)
      CloseHandle(found);
    if (is_ours)
      DeleteFileW(claim->path);
  }
  give_up(claim);
}

const char* unix_unsupported(void) {
  return hvuv_supported(HVUV_LOCAL) == 0
             ? NULL
             : "this Windows has no Unix sockets, which came with version 1803 "
               "of Windows 10; there is pipe:NAME.";
}

int unix_has_modes(void) {
  return 0;
}
