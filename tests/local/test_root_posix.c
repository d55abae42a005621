/* Where the folder of all partitions is on POSIX. test_paths_win.c has it for
 * Windows. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "local/layout.h"
#include "support/endpoint.h"
#include "unix/path.h"

static char* tmpdir; /* as it was */

static int setup(void** state) {
  (void) state;
  endpoint_open();
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  tmpdir = getenv("TMPDIR") == NULL ? NULL : strdup(getenv("TMPDIR"));
  uv_os_setenv("TMPDIR", "/t");
  return 0;
}

static int teardown(void** state) {
  (void) state;
  if (tmpdir == NULL)
    uv_os_unsetenv("TMPDIR");
  else
    uv_os_setenv("TMPDIR", tmpdir);
  free(tmpdir);
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  endpoint_close();
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

/* Where all else fails: hvuv-<uid> in TMPDIR. */
static void expect_root_in_tmp(void) {
  char expected[64];

  snprintf(
      expected, sizeof(expected), "/t/hvuv-%lu", (unsigned long) geteuid());
  expect_root(expected);
}

/* A runtime folder of this mode; what it leads to is a hvuv in it. */
static void set_runtime_dir(mode_t mode) {
  char path[ENDPOINT_ROOM];

  endpoint_path("run", path);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(chmod(path, mode), 0);
  uv_os_setenv("XDG_RUNTIME_DIR", path);
}

static void expect_root_in_runtime_dir(void) {
  char expected[ENDPOINT_ROOM];

  expect_root(endpoint_path("run/hvuv", expected));
}

static void the_root_is_the_first_that_is_set(void** state) {
  (void) state;
  set_runtime_dir(0700);
  uv_os_setenv("HVUV_LOCAL_DIR", "/here");
  expect_root("/here");
  uv_os_setenv("HVUV_LOCAL_DIR", "");
  expect_root_in_runtime_dir();
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  expect_root_in_runtime_dir();
  uv_os_setenv("XDG_RUNTIME_DIR", "");
  uv_os_setenv("HVUV_LOCAL_DIR", "/here//");
  expect_root("/here");
  uv_os_setenv("HVUV_LOCAL_DIR", "/");
  expect_root("/");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  expect_root_in_tmp();
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  expect_root_in_tmp();
  /* A relative one is to be ignored (XDG Base Directory Specification). */
  uv_os_setenv("XDG_RUNTIME_DIR", "run/me");
  expect_root_in_tmp();
}

/* As after su, in cron, under WSL. */
static void a_runtime_dir_that_is_not_there_is_passed_over(void** state) {
  char path[ENDPOINT_ROOM];
  int fd;

  (void) state;
  uv_os_setenv("XDG_RUNTIME_DIR", endpoint_path("run", path));
  expect_root_in_tmp();
  fd = open(path, O_CREAT | O_WRONLY, 0700);
  assert_true(fd >= 0);
  close(fd);
  expect_root_in_tmp();
  uv_os_setenv("XDG_RUNTIME_DIR", endpoint_path("run/below", path));
  expect_root_in_tmp();
}

static void a_runtime_dir_that_cannot_be_used_is_passed_over(void** state) {
  static const mode_t modes[] = {0500, 0600, 0400, 0, 0777, 0770, 0720, 0702};
  char path[ENDPOINT_ROOM];
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    set_runtime_dir(modes[i]);
    expect_root_in_tmp();
    assert_int_equal(rmdir(endpoint_path("run", path)), 0);
  }
  set_runtime_dir(0755);
  expect_root_in_runtime_dir();
}

/* As for root by su, who would lock its owner out of a folder in it. */
static void a_runtime_dir_of_another_user_is_passed_over(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  set_runtime_dir(0700);
  if (chown(endpoint_path("run", path), 65534, 65534) != 0) {
    print_message("Only root gives folders away\n");
    skip();
  }
  expect_root_in_tmp();
}

static void a_link_to_a_runtime_dir_is_one(void** state) {
  char expected[ENDPOINT_ROOM + 8];
  char target[ENDPOINT_ROOM];
  char link[ENDPOINT_ROOM];

  (void) state;
  set_runtime_dir(0700);
  endpoint_path("run", target);
  assert_int_equal(symlink(target, endpoint_path("link", link)), 0);
  uv_os_setenv("XDG_RUNTIME_DIR", link);
  snprintf(expected, sizeof(expected), "%s/hvuv", link);
  expect_root(expected);
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
  char name[32];

  (void) state;
  fill(path, HVUV__PATH_ROOM - 1);
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), 0);
  fill(path, HVUV__PATH_ROOM);
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);

  uv_os_unsetenv("HVUV_LOCAL_DIR");
  snprintf(name, sizeof(name), "/hvuv-%lu", (unsigned long) geteuid());
  fill(path, HVUV__PATH_ROOM - 1 - strlen(name));
  uv_os_setenv("TMPDIR", path);
  assert_int_equal(hvuv__layout_root(root), 0);
  fill(path, HVUV__PATH_ROOM - strlen(name));
  uv_os_setenv("TMPDIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);
  fill(path, sizeof(path) - 1);
  uv_os_setenv("TMPDIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);

  /* No folder has such a path, so it is none. */
  uv_os_setenv("TMPDIR", "/t");
  uv_os_setenv("XDG_RUNTIME_DIR", path);
  expect_root_in_tmp();
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_root_is_the_first_that_is_set),
      TEST(a_runtime_dir_that_is_not_there_is_passed_over),
      TEST(a_runtime_dir_that_cannot_be_used_is_passed_over),
      TEST(a_runtime_dir_of_another_user_is_passed_over),
      TEST(a_link_to_a_runtime_dir_is_one),
      TEST(a_relative_root_is_the_working_folders),
      TEST(a_root_without_room_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
