/* Private is what has mode 0700. */
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

void files_make_folder(const char* path) {
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(chmod(path, 0700), 0);
}

void files_open_folder(const char* path) {
  assert_int_equal(chmod(path, 0755), 0);
}

int files_is_private(const char* path) {
  struct stat st;

  return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
         (st.st_mode & 07777) == 0700;
}

enum files_kind files_kind_of(const char* path) {
  struct stat st;

  if (lstat(path, &st) != 0)
    return FILES_NONE;
  if (S_ISREG(st.st_mode))
    return FILES_FILE;
  if (S_ISDIR(st.st_mode))
    return FILES_FOLDER;
  return S_ISSOCK(st.st_mode) ? FILES_SOCKET : FILES_OTHER;
}
