/* Private is what unix/folder_win.c makes, and finds in order; tests/unix looks at
 * that by itself. */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include <sddl.h>

#include "unix/file_win.h"
#include "unix/folder.h"

#define TAG_AF_UNIX 0x80000023u

void files_make_folder(const char* path) {
  assert_int_equal(files_kind_of(path), FILES_NONE);
  assert_int_equal(hvuv__folder_check(path, 1), 0);
}

void files_open_folder(const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  PSECURITY_DESCRIPTOR security;

  assert_int_equal(hvuv__file_wide(path, wide), 0);
  assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
      "D:P(A;OICI;FA;;;WD)", SDDL_REVISION_1, &security, NULL));
  assert_true(SetFileSecurityW(wide, DACL_SECURITY_INFORMATION, security));
  LocalFree(security);
}

int files_is_private(const char* path) {
  return hvuv__folder_check(path, 0) == 0;
}

enum files_kind files_kind_of(const char* path) {
  WCHAR wide[HVUV__WIDE_ROOM];
  WIN32_FIND_DATAW found;
  HANDLE search;

  assert_int_equal(hvuv__file_wide(path, wide), 0);
  search = FindFirstFileW(wide, &found);
  if (search == INVALID_HANDLE_VALUE)
    return FILES_NONE;
  FindClose(search);
  if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return found.dwReserved0 == TAG_AF_UNIX ? FILES_SOCKET : FILES_OTHER;
  return (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FILES_FOLDER
                                                                  : FILES_FILE;
}
