/* Paths as POSIX writes them. */
#include "unix/path.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

int hvuv__path_is_separator(char byte) {
  return byte == '/';
}

size_t hvuv__path_last_name(const char* path, size_t len) {
  while (len > 0 && path[len - 1] != '/')
    len--;
  return len;
}

int hvuv__path_add(char path[],
                   size_t* len,
                   const char* name,
                   size_t name_len) {
  assert(memchr(name, '/', name_len) == NULL);
  if (*len + 1 + name_len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;

  path[*len] = '/';
  memcpy(path + *len + 1, name, name_len);
  *len += 1 + name_len;
  path[*len] = '\0';
  return 0;
}

int hvuv__path_join(const char* folder, const char* name, char path[]) {
  size_t len;

  assert(folder != path && name != path);
  len = strlen(folder);
  if (len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;
  memcpy(path, folder, len);
  return hvuv__path_add(path, &len, name, strlen(name));
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

  assert(strlen(path) < HVUV__PATH_ROOM);
  drop_slashes(path);
  if (path[0] == '/')
    return 0;

  memcpy(relative, path, strlen(path) + 1);
  size = sizeof(cwd);
  err = uv_cwd(cwd, &size);
  if (err == 0)
    err = hvuv__path_join(cwd, relative, path);
  assert(err != 0 || path[0] == '/');
  return err;
}
