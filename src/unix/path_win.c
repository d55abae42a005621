/*
 * How Windows writes paths, and where a user's sockets are by default:
 * %LOCALAPPDATA%\hvuv, else hvuv-<user> in the temporary folder.
 */
#include "unix/unix_path.h"

#include <stdio.h>
#include <string.h>

#include "unix/file_win.h"
#include "local/partition.h"

/* The longest name of a user, and the NUL (UNLEN in lmcons.h). */
#define USER_ROOM 257

int hvuv__path_is_separator(char byte) {
  return byte == '\\' || byte == '/';
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

static int to_utf8(const WCHAR* wide, char text[], int size) {
  DWORD err;

  if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0)
    return 0;
  err = GetLastError();
  return err == ERROR_INSUFFICIENT_BUFFER ? UV_ENAMETOOLONG
                                          : hvuv__sys_error(err);
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

  err = to_utf8(full, path, HVUV__PATH_ROOM);
  if (err == 0)
    drop_separators(path);
  return err;
}

int hvuv__path_join(const char* folder, const char* name, char path[]) {
  const char* between;
  size_t len;
  int printed;

  len = strlen(folder);
  between = len > 0 && hvuv__path_is_separator(folder[len - 1]) ? "" : "\\";
  printed = snprintf(path, HVUV__PATH_ROOM, "%s%s%s", folder, between, name);
  return printed < 0 || printed >= HVUV__PATH_ROOM ? UV_ENAMETOOLONG : 0;
}

static int find_user_folder(char name[]) {
  static const char prefix[] = "hvuv-";
  const size_t prefix_len = sizeof(prefix) - 1;
  WCHAR user[USER_ROOM];
  DWORD size;

  size = USER_ROOM;
  if (!GetUserNameW(user, &size))
    return hvuv__sys_error(GetLastError());
  memcpy(name, prefix, prefix_len);
  return to_utf8(user, name + prefix_len, HVUV__PATH_ROOM - (int) prefix_len);
}

int hvuv__folder_default(char path[]) {
  char base[HVUV__PATH_ROOM];
  char name[HVUV__PATH_ROOM];
  size_t size;
  int err;

  strcpy(name, "hvuv");
  err = hvuv__partition_env("LOCALAPPDATA", base, sizeof(base));
  if (err == UV_ENOENT) {
    size = sizeof(base);
    err = uv_os_tmpdir(base, &size);
    if (err == 0)
      err = find_user_folder(name);
  }
  if (err == 0)
    err = hvuv__path_join(base, name, path);
  return err == 0 ? hvuv__path_absolute(path) : err;
}
