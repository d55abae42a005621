/*
 * A user's sockets on POSIX, the first of these that will do:
 *
 *   $XDG_RUNTIME_DIR/hvuv   if that folder is there, is this user's, and nobody
 *                           else may write to it
 *   hvuv-<uid>              in the temporary folder (uv_os_tmpdir())
 *
 * su, sudo, cron and WSL leave an XDG_RUNTIME_DIR that is not there, or is that
 * of the user one was before; root would make a folder in it then that locks
 * its owner out. The XDG Base Directory Specification wants the folder to be
 * the user's own with mode 0700, and a relative path to be ignored.
 */
#include "unix/runtime_dir.h"

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/env.h"
#include "unix/path.h"

static int is_usable(const char* folder) {
  const mode_t needed = S_IWUSR | S_IXUSR;
  struct stat st;

  if (folder[0] != '/' || stat(folder, &st) != 0)
    return 0;
  return S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
         (st.st_mode & needed) == needed &&
         (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int find_in_tmp(char path[]) {
  char base[HVUV__PATH_ROOM];
  char name[32];
  size_t size;
  int err;

  size = sizeof(base);
  err = uv_os_tmpdir(base, &size);
  if (err != 0)
    return err == UV_ENOBUFS ? UV_ENAMETOOLONG : err;
  snprintf(name, sizeof(name), "hvuv-%lu", (unsigned long) geteuid());
  return hvuv__path_join(base, name, path);
}

int hvuv__runtime_dir(char path[]) {
  char base[HVUV__PATH_ROOM];
  int err;

  err = hvuv__env_get(HVUV__ENV_XDG_RUNTIME_DIR, base, sizeof(base));
  assert(err <= 0);
  if (err == 0 && is_usable(base))
    return hvuv__path_join(base, "hvuv", path);
  return find_in_tmp(path);
}
