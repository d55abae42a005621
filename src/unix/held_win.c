/* Whether a path is claimed: its lock file's handle shares nothing. */
#include "unix/held.h"

#include <assert.h>
#include <string.h>

#include "unix/claim.h"
#include "unix/file_win.h"
#include "unix/path.h"

int hvuv__claim_is_held(const char* path) {
  char text[HVUV__PATH_ROOM + sizeof(HVUV__LOCK_SUFFIX)];
  WCHAR wide[HVUV__WIDE_ROOM];
  size_t len = strlen(path);
  HANDLE file;

  assert(len > 0 && len < HVUV__PATH_ROOM);
  memcpy(text, path, len);
  memcpy(text + len, HVUV__LOCK_SUFFIX, sizeof(HVUV__LOCK_SUFFIX));
  if (hvuv__file_wide(text, wide) != 0)
    return 1;

  file = CreateFileW(wide,
                     GENERIC_READ,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     NULL,
                     OPEN_EXISTING,
                     FILE_FLAG_OPEN_REPARSE_POINT,
                     NULL);
  if (file == INVALID_HANDLE_VALUE)
    return !hvuv__file_is_absent(GetLastError());
  CloseHandle(file);
  return 0;
}
