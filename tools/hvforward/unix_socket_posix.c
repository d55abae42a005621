#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix_socket.h"

/* Each beyond the first means that somebody has just removed the lock. */
#define ATTEMPTS 100

struct claim_s {
  int lock;
  dev_t dev; /* of the socket */
  ino_t ino;
  struct sockaddr_un name;
  char lock_path[sizeof(((struct sockaddr_un*) 0)->sun_path) + 8];
};

static int is_at(int fd, const char* path) {
  struct stat opened;
  struct stat found;

  return fstat(fd, &opened) == 0 && lstat(path, &found) == 0 &&
         opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

/* Returns the locked file, or an error; UV_EAGAIN if it was removed just
 * then. */
static int lock_once(const char* path) {
  int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT, 0600);
  int err = 0;

  if (fd == -1)
    return uv_translate_sys_error(errno);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    err = errno == EWOULDBLOCK ? UV_EADDRINUSE : UV_ENOTSUP;
  else if (!is_at(fd, path))
    err = UV_EAGAIN;
  if (err == 0)
    return fd;
  close(fd);
  return err;
}

static int lock(const char* path) {
  int r = UV_EAGAIN;
  int i;

  for (i = 0; i < ATTEMPTS && r == UV_EAGAIN; i++)
    r = lock_once(path);
  return r == UV_EAGAIN ? UV_EADDRINUSE : r;
}

/* Removes a socket at which nobody listens. */
static int clear(const struct sockaddr_un* name) {
  struct stat st;
  int sock;
  int err;

  if (lstat(name->sun_path, &st) != 0)
    return errno == ENOENT ? 0 : uv_translate_sys_error(errno);
  if (!S_ISSOCK(st.st_mode))
    return UV_EEXIST;
  sock = socket(AF_UNIX, SOCK_STREAM, 0);
  if (sock == -1)
    return uv_translate_sys_error(errno);
  fcntl(sock, F_SETFL, O_NONBLOCK);
  err = connect(sock, (const struct sockaddr*) name, sizeof(*name)) == 0
            ? EADDRINUSE
            : errno;
  close(sock);
  if (err != ECONNREFUSED && err != ENOENT)
    return UV_EADDRINUSE;
  return unlink(name->sun_path) == 0 ? 0 : uv_translate_sys_error(errno);
}

/* The mode is the socket's from the first moment on, and no other file's. */
static int bind_with(int fd, const struct sockaddr_un* name, int mode) {
  mode_t before = mode >= 0 ? umask((mode_t) ~mode & 0777) : 0;
  int err =
      bind(fd, (const struct sockaddr*) name, sizeof(*name)) == 0 ? 0 : errno;

  if (mode >= 0)
    umask(before);
  return err;
}

static int bind_and_note(claim_t* claim, int mode, uv_os_sock_t* sock) {
  struct stat st;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  int err;

  if (fd == -1)
    return uv_translate_sys_error(errno);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  err = bind_with(fd, &claim->name, mode);
  if (err == 0 &&
      (lstat(claim->name.sun_path, &st) != 0 || listen(fd, SOMAXCONN) != 0))
    err = errno;
  if (err != 0) {
    close(fd);
    return uv_translate_sys_error(err);
  }
  claim->dev = st.st_dev;
  claim->ino = st.st_ino;
  *sock = fd;
  return 0;
}

static void give_up(claim_t* claim) {
  if (is_at(claim->lock, claim->lock_path))
    unlink(claim->lock_path);
  close(claim->lock);
  free(claim);
}

int unix_bind(const char* path, int mode, uv_os_sock_t* sock, claim_t** out) {
  claim_t* claim;
  int r;

  assert(path[0] != '\0');
  if (strlen(path) >= sizeof(claim->name.sun_path))
    return UV_ENAMETOOLONG;
  claim = calloc(1, sizeof(*claim));
  if (claim == NULL)
    abort(); /* Out of memory. */
  claim->name.sun_family = AF_UNIX;
  memcpy(claim->name.sun_path, path, strlen(path) + 1);
  snprintf(claim->lock_path, sizeof(claim->lock_path), "%s.lock", path);
  r = lock(claim->lock_path);
  if (r < 0) {
    free(claim);
    return r;
  }
  claim->lock = r;
  r = clear(&claim->name);
  if (r == 0)
    r = bind_and_note(claim, mode, sock);
  if (r != 0)
    give_up(claim);
  else
    *out = claim;
  return r;
}

void unix_release(claim_t* claim) {
  struct stat st;

  if (lstat(claim->name.sun_path, &st) == 0 && st.st_dev == claim->dev &&
      st.st_ino == claim->ino)
    unlink(claim->name.sun_path);
  give_up(claim);
}

const char* unix_unsupported(void) {
  return NULL;
}

int unix_has_modes(void) {
  return 1;
}
