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

/* Which file one is. Some file systems give none of it. */
typedef struct identity_s {
  int is_known;
  DWORD volume;
  DWORD index_high;
  DWORD index_low;
} identity_t;

struct hvuv__claim_s {
  HANDLE lock;
  int has_socket; /* at its path, when it was bound */
  identity_t socket;
  char path[HVUV__PATH_ROOM];
  size_t path_len;
};

static void check(const hvuv__claim_t* claim) {
  assert(claim->lock != NULL && claim->lock != INVALID_HANDLE_VALUE);
  assert(claim->path_len > 0 && claim->path_len < HVUV__PATH_ROOM);
  (void) claim;
}

const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len) {
  check(claim);
  *len = claim->path_len;
  return claim->path;
}

/* Opening a link with FILE_FLAG_OPEN_REPARSE_POINT and deleting it on close
 * would take it away from whoever made it, so it is looked for first; the
 * flag is for one that comes just then. */
static int lock(const char* path, HANDLE* handle) {
  char text[HVUV__PATH_ROOM + sizeof(HVUV__LOCK_SUFFIX)];
  WCHAR wide[HVUV__WIDE_ROOM];
  DWORD attributes;
  size_t len;
  int err;

  len = strlen(path);
  assert(len < HVUV__PATH_ROOM);
  memcpy(text, path, len);
  memcpy(text + len, HVUV__LOCK_SUFFIX, sizeof(HVUV__LOCK_SUFFIX));
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

/* 0 if there is a Unix socket, UV_ENOENT, UV_EEXIST if it is something else. A
 * directory's entry has the tag. */
static int look_for_socket(const WCHAR* path) {
  WIN32_FIND_DATAW found;
  HANDLE search;

  search = FindFirstFileW(path, &found);
  if (search == INVALID_HANDLE_VALUE)
    return hvuv__file_is_absent(GetLastError())
               ? UV_ENOENT
               : hvuv__sys_error(GetLastError());
  FindClose(search);

  return hvuv__file_is_socket(&found) ? 0 : UV_EEXIST;
}

static int clear(const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  int err;

  err = hvuv__file_wide(path, wide);
  if (err == 0)
    err = look_for_socket(wide);
  if (err != 0)
    return err == UV_ENOENT ? 0 : err;

  err = hvuv__unix_probe(path);
  if (err != 0)
    return err;
  return DeleteFileW(wide) ? 0 : hvuv__sys_error(GetLastError());
}

/* Not by its times: NTFS gives those of a file that was deleted to the next one
 * of its name ("file system tunneling"). */
static identity_t identify(const WCHAR* path) {
  BY_HANDLE_FILE_INFORMATION info;
  identity_t identity;
  HANDLE file;

  memset(&identity, 0, sizeof(identity));
  file = CreateFileW(path,
                     FILE_READ_ATTRIBUTES,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     NULL,
                     OPEN_EXISTING,
                     FILE_FLAG_OPEN_REPARSE_POINT,
                     NULL);
  if (file == INVALID_HANDLE_VALUE)
    return identity;

  if (GetFileInformationByHandle(file, &info)) {
    identity.is_known = 1;
    identity.volume = info.dwVolumeSerialNumber;
    identity.index_high = info.nFileIndexHigh;
    identity.index_low = info.nFileIndexLow;
  }
  CloseHandle(file);
  return identity;
}

/* What cannot be told apart counts as the same. */
static int may_be_same(const identity_t* a, const identity_t* b) {
  return !a->is_known || !b->is_known ||
         (a->volume == b->volume && a->index_high == b->index_high &&
          a->index_low == b->index_low);
}

static void give_up(hvuv__claim_t* claim) {
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

  check(claim);
  err = clear(path);
  if (err != 0) {
    give_up(claim);
    return err;
  }

  *out = claim;
  return 0;
}

void hvuv__claim_bound(hvuv__claim_t* claim) {
  WCHAR wide[HVUV__WIDE_ROOM];

  check(claim);
  assert(!claim->has_socket);
  if (hvuv__file_wide(claim->path, wide) != 0 || look_for_socket(wide) != 0)
    return; /* Somebody removes files here; what comes is not ours. */

  claim->has_socket = 1;
  claim->socket = identify(wide);
}

/* Access lists decide there, which the folder hands down. */
int hvuv__claim_chmod(const hvuv__claim_t* claim, int flags) {
  (void) claim;
  (void) flags;
  return UV_ENOTSUP;
}

void hvuv__claim_abandon(hvuv__claim_t* claim) {
  check(claim);
  assert(!claim->has_socket);
  give_up(claim);
}

/* Whether what is at its path may be the claim's socket. */
static int has_socket(const hvuv__claim_t* claim, WCHAR* wide) {
  identity_t found;

  if (!claim->has_socket || hvuv__file_wide(claim->path, wide) != 0 ||
      look_for_socket(wide) != 0)
    return 0;
  found = identify(wide);
  return may_be_same(&claim->socket, &found);
}

int hvuv__claim_is_bound(const hvuv__claim_t* claim) {
  WCHAR wide[HVUV__WIDE_ROOM];

  check(claim);
  return has_socket(claim, wide);
}

void hvuv__claim_release(hvuv__claim_t* claim) {
  WCHAR wide[HVUV__WIDE_ROOM];

  check(claim);
  if (has_socket(claim, wide))
    DeleteFileW(wide);
  give_up(claim);
}
