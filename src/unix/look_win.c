/* What is at a path on Windows. */
#include "unix/look.h"

#include <assert.h>

#include "unix/file_win.h"

/* Of what is there only a folder is told from a socket, which has no way to be
 * opened. */
enum hvuv__at_path hvuv__unix_look(const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  DWORD attributes;

  assert(path[0] != '\0');
  if (hvuv__file_wide(path, wide) != 0)
    return HVUV__AT_UNKNOWN;
  attributes = GetFileAttributesW(wide);
  if (attributes != INVALID_FILE_ATTRIBUTES)
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? HVUV__AT_FOLDER
                                                 : HVUV__AT_UNKNOWN;
  if (GetLastError() == ERROR_PATH_NOT_FOUND)
    return HVUV__AT_NO_FOLDER;
  return GetLastError() == ERROR_FILE_NOT_FOUND ? HVUV__AT_NOTHING
                                                : HVUV__AT_UNKNOWN;
}
