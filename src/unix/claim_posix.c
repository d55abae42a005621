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

struct hvuv__claim_s {
  int fd;
  pid_t owner;
  int has_socket; /* at its path, when it was bound: */
  dev_t dev;
  ino_t ino;
  size_t path_len;
  char path[HVUV__PATH_ROOM];
  char lock_path[HVUV__PATH_ROOM + sizeof(HVUV__LOCK_SUFFIX)];
};

static void check(const hvuv__claim_t* claim) {
  assert(claim->fd >= 0 && claim->owner > 0);
  assert(claim->path_len > 0 && claim->path_len < HVUV__PATH_ROOM);
  assert(strlen(claim->path) == claim->path_len);
  (void) claim;
}

const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len) {
  check(claim);
  *len = claim->path_len;
  return claim->path;
}

static int is_at(int fd, const char* path) {
  struct stat opened;
  struct stat found;

  return fstat(fd, &opened) == 0 && lstat(path, &found) == 0 &&
         opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

/* --- The lock */

/* Returns a descriptor, or a UV_E* code; UV_EAGAIN if the file was removed just
 * then. */
static int open_lock(const char* path, int* is_new) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  int fd;

  fd = open(path, flags | O_CREAT | O_EXCL, 0600);
  *is_new = fd != -1;
  if (fd == -1 && errno != EEXIST)
    return uv_translate_sys_error(errno);

  if (fd == -1)
    fd = open(path, flags);
  if (fd == -1)
    return errno == ENOENT ? UV_EAGAIN : uv_translate_sys_error(errno);
  return fd;
}

/* What flock() says where there are no locks differs by file system, and some
 * of it has no name outside the kernel (9p: ENOTSUPP, 524). */
static int lock_error(void) {
  switch (errno) {
    case EWOULDBLOCK:
      return UV_EADDRINUSE;
    case EINTR:
    case ENOMEM:
    case EIO:
      return uv_translate_sys_error(errno);
    default:
      return UV_ENOTSUP;
  }
}

/* Returns the locked file, or a UV_E* code; UV_EAGAIN if it was removed before
 * it was locked. */
static int lock_once(const char* path) {
  int is_new;
  int err;
  int fd;

  fd = open_lock(path, &is_new);
  if (fd < 0)
    return fd;

  err = 0;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    err = lock_error();
  else if (!is_at(fd, path))
    err = UV_EAGAIN;
  if (err == 0)
    return fd;

  /* Nobody can have locked it. */
  if (err == UV_ENOTSUP && is_new)
    unlink(path);
  close(fd);
  assert(err < 0);
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

/* --- What is there */

static int clear(const char* path) {
  struct stat st;
  int err;

  if (lstat(path, &st) != 0)
    return errno == ENOENT ? 0 : uv_translate_sys_error(errno);
  if (!S_ISSOCK(st.st_mode))
    return UV_EEXIST;
  err = hvuv__unix_probe(path);
  if (err != 0)
    return err;
  return unlink(path) == 0 ? 0 : uv_translate_sys_error(errno);
}

/* Whether the claim's own socket is still at its path. */
static int has_socket(const hvuv__claim_t* claim, struct stat* st) {
  return claim->has_socket && lstat(claim->path, st) == 0 &&
         S_ISSOCK(st->st_mode) && st->st_dev == claim->dev &&
         st->st_ino == claim->ino;
}

int hvuv__claim_is_bound(const hvuv__claim_t* claim) {
  struct stat st;

  check(claim);
  return has_socket(claim, &st);
}

/* --- The claim */

static void give_up(hvuv__claim_t* claim) {
  if (claim->owner == getpid() && is_at(claim->fd, claim->lock_path))
    unlink(claim->lock_path);
  close(claim->fd); /* which unlocks, unless a child has a copy */
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

  claim->owner = getpid();
  claim->path_len = len;
  memcpy(claim->path, path, len);
  memcpy(claim->lock_path, path, len);
  memcpy(claim->lock_path + len, HVUV__LOCK_SUFFIX, sizeof(HVUV__LOCK_SUFFIX));

  r = lock(claim->lock_path);
  if (r < 0) {
    hvuv__free(claim);
    return r;
  }

  claim->fd = r;
  check(claim);
  r = clear(path);
  if (r != 0) {
    give_up(claim);
    return r;
  }

  *out = claim;
  return 0;
}

void hvuv__claim_bound(hvuv__claim_t* claim) {
  struct stat st;

  check(claim);
  assert(!claim->has_socket && claim->owner == getpid());
  if (lstat(claim->path, &st) != 0 || !S_ISSOCK(st.st_mode))
    return; /* Somebody removes files here; what comes is not ours. */

  claim->has_socket = 1;
  claim->dev = st.st_dev;
  claim->ino = st.st_ino;
}

static mode_t bits_of(int flags) {
  mode_t bits = 0;

  if (flags & UV_READABLE)
    bits |= S_IRUSR | S_IRGRP | S_IROTH;
  if (flags & UV_WRITABLE)
    bits |= S_IWUSR | S_IWGRP | S_IWOTH;
  assert(bits != 0);
  return bits;
}

/* Never through a link: whoever may write to the folder could put one to any
 * file of ours in the socket's place just then. */
int hvuv__claim_chmod(const hvuv__claim_t* claim, int flags) {
  struct stat st;
  mode_t mode;

  check(claim);
  if (!has_socket(claim, &st))
    return UV_ENOENT;

  mode = (st.st_mode | bits_of(flags)) & (S_IRWXU | S_IRWXG | S_IRWXO);
  if (fchmodat(AT_FDCWD, claim->path, mode, AT_SYMLINK_NOFOLLOW) != 0)
    return uv_translate_sys_error(errno);
  return 0;
}

void hvuv__claim_abandon(hvuv__claim_t* claim) {
  check(claim);
  assert(!claim->has_socket);
  give_up(claim);
}

void hvuv__claim_release(hvuv__claim_t* claim) {
  struct stat st;

  check(claim);
  if (claim->owner == getpid() && has_socket(claim, &st))
    unlink(claim->path);
  give_up(claim);
}
