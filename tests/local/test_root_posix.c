/* Where the folder of all partitions is on POSIX. test_paths_win.c has it for
 * Windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "local/layout.h"
#include "unix/path.h"

static int forget(void** state) {
  (void) state;
  uv_os_unsetenv("HVUV_LOCAL_VM");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  return 0;
}

static void fill(char path[], size_t len) {
  memset(path, 'd', len);
  path[0] = '/';
  path[len] = '\0';
}

static void expect_root(const char* expected) {
  char root[HVUV__PATH_ROOM];

  assert_int_equal(hvuv__layout_root(root), 0);
  assert_string_equal(root, expected);
}

static void the_root_is_the_first_that_is_set(void** state) {
  char expected[64];
  char* tmpdir;

  (void) state;
  tmpdir = getenv("TMPDIR") == NULL ? NULL : strdup(getenv("TMPDIR"));
  uv_os_setenv("TMPDIR", "/t");
  uv_os_setenv("XDG_RUNTIME_DIR", "/run/me");
  uv_os_setenv("HVUV_LOCAL_DIR", "/here");
  expect_root("/here");
  uv_os_setenv("HVUV_LOCAL_DIR", "");
  expect_root("/run/me/hvuv");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  expect_root("/run/me/hvuv");
  uv_os_setenv("XDG_RUNTIME_DIR", "");
  uv_os_setenv("HVUV_LOCAL_DIR", "/here//");
  expect_root("/here");
  uv_os_setenv("HVUV_LOCAL_DIR", "/");
  expect_root("/");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  snprintf(
      expected, sizeof(expected), "/t/hvuv-%lu", (unsigned long) geteuid());
  expect_root(expected);
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  expect_root(expected);
  /* A relative one is to be ignored (XDG Base Directory Specification). */
  uv_os_setenv("XDG_RUNTIME_DIR", "run/me");
  expect_root(expected);

  if (tmpdir == NULL)
    uv_os_unsetenv("TMPDIR");
  else
    uv_os_setenv("TMPDIR", tmpdir);
  free(tmpdir);
}

static void a_relative_root_is_the_working_folders(void** state) {
  char expected[HVUV__PATH_ROOM];
  size_t size;

  (void) state;
  size = sizeof(expected) - 8;
  assert_int_equal(uv_cwd(expected, &size), 0);
  strcat(expected, "/here");
  uv_os_setenv("HVUV_LOCAL_DIR", "here/");
  expect_root(expected);
}

static void a_root_without_room_is_told(void** state) {
  char path[2 * HVUV__PATH_ROOM];
  char root[HVUV__PATH_ROOM];

  (void) state;
  fill(path, HVUV__PATH_ROOM - 1);
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), 0);
  fill(path, HVUV__PATH_ROOM);
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);

  uv_os_unsetenv("HVUV_LOCAL_DIR");
  fill(path, HVUV__PATH_ROOM - 1 - strlen("/hvuv"));
  uv_os_setenv("XDG_RUNTIME_DIR", path);
  assert_int_equal(hvuv__layout_root(root), 0);
  fill(path, HVUV__PATH_ROOM - strlen("/hvuv"));
  uv_os_setenv("XDG_RUNTIME_DIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);
  fill(path, sizeof(path) - 1);
  uv_os_setenv("XDG_RUNTIME_DIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, forget, forget)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_root_is_the_first_that_is_set),
      TEST(a_relative_root_is_the_working_folders),
      TEST(a_root_without_room_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
