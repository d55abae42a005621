/* Whether a path is claimed, by flock(). */
#include "unix/held.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "unix/claim.h"
#include "unix/path.h"

/* A claim's lock file is there for as long as the claim; without one, or with
 * one that nobody has locked, there is none. */
int hvuv__claim_is_held(const char* path) {
  char lock_path[HVUV__PATH_ROOM + sizeof(HVUV__LOCK_SUFFIX)];
  size_t len = strlen(path);
  int is_held;
  int fd;

  assert(len > 0 && len < HVUV__PATH_ROOM);
  memcpy(lock_path, path, len);
  memcpy(lock_path + len, HVUV__LOCK_SUFFIX, sizeof(HVUV__LOCK_SUFFIX));
  fd = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd == -1)
    return errno != ENOENT;

  is_held = flock(fd, LOCK_SH | LOCK_NB) != 0;
  close(fd); /* which unlocks */
  return is_held;
}
