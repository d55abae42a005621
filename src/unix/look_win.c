/* What is at a path on Windows. */
#include "unix/look.h"

#include <assert.h>

#include "unix/file_win.h"

/* A socket is a reparse point, of which a directory's entry has the tag. Where
 * another leads, a link, is not known. */
static enum hvuv__at_path look_closer(const WCHAR* path) {
  WIN32_FIND_DATAW found;
  HANDLE search;

  search = FindFirstFileW(path, &found);
  if (search == INVALID_HANDLE_VALUE)
    return HVUV__AT_UNKNOWN;
  FindClose(search);
  return hvuv__file_is_socket(&found) ? HVUV__AT_SOCKET : HVUV__AT_UNKNOWN;
}

enum hvuv__at_path hvuv__unix_look(const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  DWORD attributes;

  assert(path[0] != '\0');
  if (hvuv__file_wide(path, wide) != 0)
    return HVUV__AT_UNKNOWN;
  attributes = GetFileAttributesW(wide);
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    if (GetLastError() == ERROR_PATH_NOT_FOUND)
      return HVUV__AT_NO_FOLDER;
    return GetLastError() == ERROR_FILE_NOT_FOUND ? HVUV__AT_NOTHING
                                                  : HVUV__AT_UNKNOWN;
  }
  if (attributes & FILE_ATTRIBUTE_DIRECTORY)
    return HVUV__AT_FOLDER;
  return attributes & FILE_ATTRIBUTE_REPARSE_POINT ? look_closer(wide)
                                                   : HVUV__AT_OTHER;
}
