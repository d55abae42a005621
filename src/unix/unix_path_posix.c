/*
 * Unix socket paths and private folders on POSIX. A folder is this user's alone
 * if the effective user owns it, its mode is 0700 or less, and it is no link.
 */
#include "unix/unix_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local/partition.h"

int hvuv__unix_sign(uv_os_sock_t sock, const char* path) {
  int err;

  err = hvuv__unix_bind_to(sock, path);
  if (err == 0)
    unlink(path);
  return err;
}

int hvuv__unix_connect(uv_os_sock_t sock, const char* path) {
  return hvuv__unix_connect_to(sock, path);
}

int hvuv__path_is_separator(char byte) {
  return byte == '/';
}

/* Whether snprintf() could print all of a path. */
static int check_path(int printed) {
  return printed < 0 || printed >= HVUV__PATH_ROOM ? UV_ENAMETOOLONG : 0;
}

int hvuv__path_join(const char* folder, const char* name, char path[]) {
  return check_path(snprintf(path, HVUV__PATH_ROOM, "%s/%s", folder, name));
}

/* A slash at the end would hide that the folder is a link. */
static void drop_slashes(char path[]) {
  size_t len;

  for (len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
    path[len - 1] = '\0';
}

int hvuv__path_absolute(char path[]) {
  char relative[HVUV__PATH_ROOM];
  char cwd[HVUV__PATH_ROOM];
  size_t size;
  int err;

  drop_slashes(path);
  if (path[0] == '/')
    return 0;

  memcpy(relative, path, strlen(path) + 1);
  size = sizeof(cwd);
  err = uv_cwd(cwd, &size);
  return err == 0 ? hvuv__path_join(cwd, relative, path) : err;
}

int hvuv__folder_default(char path[]) {
  char base[HVUV__PATH_ROOM];
  size_t size;
  int err;

  /* A relative one is to be ignored (XDG Base Directory Specification). */
  err = hvuv__partition_env("XDG_RUNTIME_DIR", base, sizeof(base));
  if (err == 0 && base[0] != '/')
    err = UV_ENOENT;
  if (err == 0)
    return hvuv__path_join(base, "hvuv", path);
  if (err != UV_ENOENT)
    return err;

  size = sizeof(base);
  err = uv_os_tmpdir(base, &size);
  if (err != 0)
    return err;
  return check_path(snprintf(
      path, HVUV__PATH_ROOM, "%s/hvuv-%lu", base, (unsigned long) geteuid()));
}

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

  err = look_at(path);
  if (err != UV_ENOENT || !create)
    return err;

  if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
    return uv_translate_sys_error(errno);
  return look_at(path);
}
