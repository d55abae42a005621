/* Private folders on POSIX: the effective user owns it, its mode is 0700 or
 * less, and it is no link. */
#include "unix/folder.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static int look_at(const char* path) {
  struct stat st;

  if (lstat(path, &st) != 0)
    return uv_translate_sys_error(errno);
  if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
      (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return UV_EACCES;
  return 0;
}

int hvuv__folder_check(const char* path, int create) {
  int err;

  assert(path[0] == '/');
  err = look_at(path);
  assert(err <= 0);
  if (err != UV_ENOENT || !create)
    return err;

  if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
    return uv_translate_sys_error(errno);
  return look_at(path);
}
