/* Paths as Windows writes them. */
#include "unix/path.h"

#include <assert.h>
#include <string.h>

#include "unix/file_win.h"

_Static_assert(HVUV__WIDE_ROOM >= HVUV__PATH_ROOM + sizeof(".lock"),
               "every path has room, and its lock");

int hvuv__path_is_separator(char byte) {
  return byte == '\\' || byte == '/';
}

size_t hvuv__path_last_name(const char* path, size_t len) {
  while (len > 0 && !hvuv__path_is_separator(path[len - 1]))
    len--;
  return len;
}

static size_t root_len(const char* path) {
  return path[0] != '\0' && path[1] == ':' ? 3 : 1;
}

static void drop_separators(char path[]) {
  size_t len;

  for (len = strlen(path);
       len > root_len(path) && hvuv__path_is_separator(path[len - 1]);
       len--)
    path[len - 1] = '\0';
}

/* The system knows drives, shares and both separators, and writes them all its
 * own way. */
int hvuv__path_absolute(char path[]) {
  WCHAR full[HVUV__WIDE_ROOM];
  WCHAR wide[HVUV__WIDE_ROOM];
  DWORD len;
  int err;

  err = hvuv__file_wide(path, wide);
  if (err != 0)
    return err;

  len = GetFullPathNameW(wide, HVUV__WIDE_ROOM, full, NULL);
  if (len == 0)
    return hvuv__sys_error(GetLastError());
  if (len >= HVUV__WIDE_ROOM)
    return UV_ENAMETOOLONG;

  err = hvuv__file_utf8(full, path, HVUV__PATH_ROOM);
  if (err == 0)
    drop_separators(path);
  return err;
}

int hvuv__path_add(char path[],
                   size_t* len,
                   const char* name,
                   size_t name_len) {
  size_t at = *len;

  if (at == 0 || !hvuv__path_is_separator(path[at - 1]))
    at++;
  if (at + name_len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;

  if (at > *len)
    path[*len] = '\\';
  memcpy(path + at, name, name_len);
  *len = at + name_len;
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
