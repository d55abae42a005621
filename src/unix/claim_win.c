/*
 * Claims by a file that is open: its handle shares nothing, so that nobody else
 * opens it, and it is deleted when the handle closes, which the system does
 * when the process ends, however it ends. Nobody can move or delete it before,
 * so whoever has it open has the path; a lock file without an owner (the power
 * failed) is taken over by whoever opens it next.
 *
 * The socket itself stays behind when its process is killed: a reparse point
 * with a tag of its own, which only DeleteFile() removes, also while it is
 * bound (OpenJDK's test of UnixDomainSocketAddress, Bind.java, does that on
 * Windows). Not shown on a Windows with AF_UNIX yet: all that needs a socket.
 */
#include "unix/claim.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "base/alloc.h"
#include "unix/file_win.h"
#include "unix/path.h"
#include "unix/probe.h"

#ifndef IO_REPARSE_TAG_AF_UNIX
#define IO_REPARSE_TAG_AF_UNIX 0x80000023L
#endif

#define LOCK_SUFFIX ".lock"

struct hvuv__claim_s {
  HANDLE lock;
  char path[HVUV__PATH_ROOM];
  size_t path_len;
};

const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len) {
  assert(claim->path_len > 0 && claim->path_len < HVUV__PATH_ROOM);
  *len = claim->path_len;
  return claim->path;
}

/* Opening a link with FILE_FLAG_OPEN_REPARSE_POINT and deleting it on close
 * would take it away from whoever made it, so it is looked for first; the
 * flag is for one that comes just then. */
static int lock(const char* path, HANDLE* handle) {
  char text[HVUV__PATH_ROOM + sizeof(LOCK_SUFFIX)];
  WCHAR wide[HVUV__WIDE_ROOM];
  DWORD attributes;
  size_t len;
  int err;

  len = strlen(path);
  assert(len < HVUV__PATH_ROOM);
  memcpy(text, path, len);
  memcpy(text + len, LOCK_SUFFIX, sizeof(LOCK_SUFFIX));
  err = hvuv__file_wide(text, wide);
  if (err != 0)
    return err;

  attributes = GetFileAttributesW(wide);
  if (attributes != INVALID_FILE_ATTRIBUTES &&
      (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return UV_ELOOP;

  *handle = CreateFileW(wide,
                        GENERIC_READ | DELETE,
                        0,
                        NULL,
                        OPEN_ALWAYS,
                        FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE |
                            FILE_FLAG_OPEN_REPARSE_POINT,
                        NULL);
  if (*handle != INVALID_HANDLE_VALUE)
    return 0;
  if (GetLastError() == ERROR_SHARING_VIOLATION)
    return UV_EADDRINUSE;
  return hvuv__sys_error(GetLastError());
}

/* A directory's entry tells the tag without opening the file, which has no way
 * to be opened. */
static int clear(const char* path) {
  WIN32_FIND_DATAW found;
  WCHAR wide[HVUV__WIDE_ROOM];
  HANDLE search;
  int err;

  err = hvuv__file_wide(path, wide);
  if (err != 0)
    return err;

  search = FindFirstFileW(wide, &found);
  if (search == INVALID_HANDLE_VALUE)
    return hvuv__file_is_absent(GetLastError())
               ? 0
               : hvuv__sys_error(GetLastError());
  FindClose(search);

  if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0 ||
      found.dwReserved0 != (DWORD) IO_REPARSE_TAG_AF_UNIX)
    return UV_EEXIST;
  if (hvuv__unix_is_answered(path))
    return UV_EADDRINUSE;
  return DeleteFileW(wide) ? 0 : hvuv__sys_error(GetLastError());
}

void hvuv__claim_abandon(hvuv__claim_t* claim) {
  assert(claim->lock != INVALID_HANDLE_VALUE);
  CloseHandle(claim->lock);
  hvuv__free(claim);
}

int hvuv__claim_take(const char* path, hvuv__claim_t** out) {
  hvuv__claim_t* claim;
  int err;

  if (strlen(path) >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;

  claim = hvuv__calloc(1, sizeof(*claim));
  if (claim == NULL)
    return UV_ENOMEM;

  claim->path_len = strlen(path);
  memcpy(claim->path, path, claim->path_len + 1);
  err = lock(path, &claim->lock);
  if (err != 0) {
    hvuv__free(claim);
    return err;
  }

  err = clear(path);
  if (err != 0) {
    hvuv__claim_abandon(claim);
    return err;
  }

  *out = claim;
  return 0;
}

void hvuv__claim_release(hvuv__claim_t* claim) {
  WCHAR wide[HVUV__WIDE_ROOM];

  if (hvuv__file_wide(claim->path, wide) == 0)
    DeleteFileW(wide);
  hvuv__claim_abandon(claim);
}
