/* A user's sockets on Windows: %LOCALAPPDATA%\hvuv, else hvuv-<user> in the
 * temporary folder. */
#include "unix/runtime_dir.h"

#include <assert.h>
#include <string.h>

#include "base/env.h"
#include "unix/file_win.h"
#include "unix/path.h"

/* The longest name of a user, and the NUL (UNLEN in lmcons.h). */
#define USER_ROOM 257

static int find_user_folder(char name[]) {
  static const char prefix[] = "hvuv-";
  const size_t prefix_len = sizeof(prefix) - 1;
  WCHAR user[USER_ROOM];
  DWORD size;

  assert(strlen(prefix) == prefix_len);
  size = USER_ROOM;
  if (!GetUserNameW(user, &size))
    return hvuv__sys_error(GetLastError());
  memcpy(name, prefix, prefix_len);
  return hvuv__file_utf8(
      user, name + prefix_len, HVUV__PATH_ROOM - (int) prefix_len);
}

int hvuv__runtime_dir(char path[]) {
  char base[HVUV__PATH_ROOM];
  char name[HVUV__PATH_ROOM];
  size_t size;
  int err;

  strcpy(name, "hvuv");
  err = hvuv__env_get(HVUV__ENV_LOCALAPPDATA, base, sizeof(base));
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
