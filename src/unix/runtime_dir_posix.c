/* A user's sockets on POSIX: $XDG_RUNTIME_DIR/hvuv, else hvuv-<uid> in the
 * temporary folder. */
#include "unix/runtime_dir.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "base/env.h"
#include "unix/path.h"

int hvuv__runtime_dir(char path[]) {
  char base[HVUV__PATH_ROOM];
  char name[32];
  size_t size;
  int err;

  /* A relative one is to be ignored (XDG Base Directory Specification). */
  err = hvuv__env_get(HVUV__ENV_XDG_RUNTIME_DIR, base, sizeof(base));
  if (err == 0 && base[0] != '/')
    err = UV_ENOENT;
  assert(err <= 0 && path != NULL);
  if (err == 0)
    return hvuv__path_join(base, "hvuv", path);
  if (err != UV_ENOENT)
    return err;

  size = sizeof(base);
  err = uv_os_tmpdir(base, &size);
  if (err != 0)
    return err;
  snprintf(name, sizeof(name), "hvuv-%lu", (unsigned long) geteuid());
  return hvuv__path_join(base, name, path);
}
