/*
 * Claims by flock(): a lock that ends with the process that holds it.
 *
 * The lock file is removed with the claim, so one that is locked may no longer
 * be the one that its path leads to; it is compared after locking and, if it is
 * another, the next attempt opens the new one. Whoever holds the lock of the
 * file at the path, and nobody else, may remove or make the socket.
 */
#include "unix/claim.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "unix/path.h"
#include "unix/probe.h"

/* Each attempt beyond the first means that somebody gave the path back just
 * then. */
#define ATTEMPTS 100

#define LOCK_SUFFIX ".lock"

struct hvuv__claim_s {
  int fd;
  char lock_path[HVUV__PATH_ROOM + sizeof(LOCK_SUFFIX)];
  size_t path_len;
};

const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len) {
  assert(claim->path_len > 0 && claim->path_len < HVUV__PATH_ROOM);
  *len = claim->path_len;
  return claim->lock_path;
}

static int is_at(int fd, const char* path) {
  struct stat opened;
  struct stat found;

  return fstat(fd, &opened) == 0 && stat(path, &found) == 0 &&
         opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

/* Returns the locked file, or a UV_E* code; UV_EAGAIN if it was removed before
 * it was locked. */
static int lock_once(const char* path) {
  int err;
  int fd;

  fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd == -1)
    return uv_translate_sys_error(errno);

  err = 0;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    err = errno == EWOULDBLOCK ? UV_EADDRINUSE : uv_translate_sys_error(errno);
  else if (!is_at(fd, path))
    err = UV_EAGAIN;

  assert(err <= 0);
  if (err == 0)
    return fd;
  close(fd);
  return err;
}

static int lock(const char* path) {
  int i;
  int r;

  r = UV_EAGAIN;
  for (i = 0; i < ATTEMPTS && (r == UV_EAGAIN || r == UV_EINTR); i++)
    r = lock_once(path);

  return r == UV_EAGAIN ? UV_EADDRINUSE : r;
}

static int clear(const char* path) {
  struct stat st;

  if (lstat(path, &st) != 0)
    return errno == ENOENT ? 0 : uv_translate_sys_error(errno);
  if (!S_ISSOCK(st.st_mode))
    return UV_EEXIST;
  if (hvuv__unix_is_answered(path))
    return UV_EADDRINUSE;
  return unlink(path) == 0 ? 0 : uv_translate_sys_error(errno);
}

void hvuv__claim_abandon(hvuv__claim_t* claim) {
  assert(claim->fd >= 0);
  if (is_at(claim->fd, claim->lock_path))
    unlink(claim->lock_path);
  close(claim->fd);
  hvuv__free(claim);
}

int hvuv__claim_take(const char* path, hvuv__claim_t** out) {
  hvuv__claim_t* claim;
  size_t len;
  int r;

  len = strlen(path);
  assert(len > 0);
  if (len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;

  claim = hvuv__calloc(1, sizeof(*claim));
  if (claim == NULL)
    return UV_ENOMEM;

  memcpy(claim->lock_path, path, len);
  memcpy(claim->lock_path + len, LOCK_SUFFIX, sizeof(LOCK_SUFFIX));
  claim->path_len = len;

  r = lock(claim->lock_path);
  if (r < 0) {
    hvuv__free(claim);
    return r;
  }

  claim->fd = r;
  r = clear(path);
  if (r != 0) {
    hvuv__claim_abandon(claim);
    return r;
  }

  *out = claim;
  return 0;
}

void hvuv__claim_release(hvuv__claim_t* claim) {
  char path[HVUV__PATH_ROOM];

  memcpy(path, claim->lock_path, claim->path_len);
  path[claim->path_len] = '\0';
  if (is_at(claim->fd, claim->lock_path))
    unlink(path);
  hvuv__claim_abandon(claim);
}
