/* Private folders on POSIX: the effective user owns it, its mode is 0700 or
 * less, and it is no link. */
#include "unix/folder.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static int look_at(const char* path, uid_t owner) {
  struct stat st;

  if (lstat(path, &st) != 0)
    return uv_translate_sys_error(errno);
  if (!S_ISDIR(st.st_mode) || st.st_uid != owner ||
      (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return UV_EACCES;
  return 0;
}

static int check(const char* path, uid_t owner, int create) {
  int err;

  assert(path[0] == '/');
  err = look_at(path, owner);
  assert(err <= 0);
  if (err != UV_ENOENT || !create)
    return err;

  if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
    return uv_translate_sys_error(errno);
  return look_at(path, owner);
}

int hvuv__folder_check(const char* path, int create) {
  return check(path, geteuid(), create);
}

hvuv__user_t hvuv__folder_user(void) {
  hvuv__user_t user;

  user.is_known = 1;
  user.id = geteuid();
  return user;
}

int hvuv__folder_check_both(const hvuv__user_t* user,
                            const char* outer,
                            const char* inner,
                            int create) {
  uid_t owner = (uid_t) user->id;
  int err;

  assert(user->is_known);
  assert(strncmp(outer, inner, strlen(outer)) == 0);
  err = check(outer, owner, create);
  return err == 0 ? check(inner, owner, create) : err;
}
