/* The paths of a connect: composed once, for all that it tries. No socket and
 * no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "local/layout.h"
#include "local/target.h"
#include "unix/path.h"
#include "unix/sock.h"

#define X     "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define X_HEX "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"

static int setup(void** state) {
  (void) state;
  uv_os_setenv("HVUV_LOCAL_DIR", "/d");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  return 0;
}

static int teardown(void** state) {
  (void) state;
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  return 0;
}

static int find(const char* text, hvuv__target_t* target) {
  hvuv__partition_t self;
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return hvuv__target_find(&addr, &self, target);
}

/* Behind the drive and with the separators that Windows has. */
static void expect_path(const char* path, const char* expected) {
  const char* at = strchr(path, ':') == NULL ? path : strchr(path, ':') + 1;
  size_t i;

  assert_int_equal(strlen(at), strlen(expected));
  for (i = 0; at[i] != '\0'; i++)
    if (expected[i] != (hvuv__path_is_separator(at[i]) ? '/' : at[i]))
      fail_msg("%s instead of %s", path, expected);
}

static void expect_folders(const hvuv__target_t* target,
                           const char* expected_root,
                           const char* expected_folder) {
  char folder[HVUV_PATH_SIZE];
  char root[HVUV_PATH_SIZE];

  hvuv__target_folders(target, root, folder);
  expect_path(root, expected_root);
  expect_path(folder, expected_folder);
}

static void a_connect_has_its_folders_and_its_sockets(void** state) {
  hvuv__target_t target;

  (void) state;
  assert_int_equal(find("local://loopback/5000", &target), 0);
  expect_folders(&target, "/d", "/d/host");
  assert_int_equal(target.count, 2);
  expect_path(hvuv__target_socket(&target, 0), "/d/host/5000.l");
  expect_path(hvuv__target_socket(&target, 1), "/d/host/5000.a");

  assert_int_equal(find("local://" X "/" X, &target), 0);
  expect_folders(&target, "/d", "/d/" X_HEX);
  assert_int_equal(target.count, 2);
  expect_path(hvuv__target_socket(&target, 0), "/d/" X_HEX "/" X_HEX ".p");
  expect_path(hvuv__target_socket(&target, 1), "/d/" X_HEX "/" X_HEX ".a");
}

/* On each retry all are tried again, and the longest comes first. */
static void the_sockets_may_be_asked_for_again_in_any_order(void** state) {
  hvuv__target_t target;
  int i;

  (void) state;
  uv_os_setenv("HVUV_LOCAL_VM", X);
  assert_int_equal(find("local://parent/5000", &target), 0);
  assert_int_equal(target.count, 3);
  for (i = 0; i < 2; i++) {
    expect_path(hvuv__target_socket(&target, 0), "/d/host/5000.v" X_HEX);
    expect_path(hvuv__target_socket(&target, 1), "/d/host/5000.c");
    expect_path(hvuv__target_socket(&target, 2), "/d/host/5000.a");
  }
  expect_path(hvuv__target_socket(&target, 0), "/d/host/5000.v" X_HEX);
  expect_folders(&target, "/d", "/d/host");
}

static void what_becomes_of_the_environment_does_not_matter(void** state) {
  hvuv__target_t target;

  (void) state;
  assert_int_equal(find("local://loopback/5000", &target), 0);
  uv_os_setenv("HVUV_LOCAL_DIR", "/elsewhere");
  uv_os_setenv("HVUV_LOCAL_VM", X);
  expect_folders(&target, "/d", "/d/host");
  expect_path(hvuv__target_socket(&target, 1), "/d/host/5000.a");
}

/* What the system writes before a path that is given without a drive. */
static size_t drive_len(void) {
  char root[HVUV__PATH_ROOM];

  uv_os_setenv("HVUV_LOCAL_DIR", "/d");
  assert_int_equal(hvuv__layout_root(root), 0);
  return strlen(root) - strlen("/d");
}

/* A root of so many bytes. */
static void set_root(size_t len) {
  char path[HVUV__PATH_ROOM];

  len -= drive_len();
  memset(path, 'd', len);
  path[0] = '/';
  path[len] = '\0';
  uv_os_setenv("HVUV_LOCAL_DIR", path);
}

static void a_name_that_does_not_fit_is_nobodys(void** state) {
  const size_t limit = hvuv__unix_path_limit();
  hvuv__target_t target;

  (void) state;
  uv_os_setenv("HVUV_LOCAL_VM", X);
  set_root(limit - 1 - strlen("/host/5000.v" X_HEX));
  assert_int_equal(find("local://parent/5000", &target), 0);
  assert_int_equal(target.count, 3);
  set_root(limit - strlen("/host/5000.v" X_HEX));
  assert_int_equal(find("local://parent/5000", &target), 0);
  assert_int_equal(target.count, 2);
  assert_int_equal(target.kinds[0], 'c');
  set_root(limit - 1 - strlen("/host/5000.c"));
  assert_int_equal(find("local://parent/5000", &target), 0);
  assert_int_equal(strlen(hvuv__target_socket(&target, 1)), limit - 1);
}

static void a_folder_without_room_for_any_is_told(void** state) {
  const size_t limit = hvuv__unix_path_limit();
  hvuv__target_t target;

  (void) state;
  set_root(limit - strlen("/host/5000.a"));
  assert_int_equal(find("local://loopback/5000", &target), UV_ENAMETOOLONG);
  set_root(limit - strlen("/host/5000."));
  assert_int_equal(find("local://loopback/5000", &target), UV_ENAMETOOLONG);
  set_root(HVUV__PATH_ROOM - 1);
  assert_int_equal(find("local://loopback/5000", &target), UV_ENAMETOOLONG);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_connect_has_its_folders_and_its_sockets),
      TEST(the_sockets_may_be_asked_for_again_in_any_order),
      TEST(what_becomes_of_the_environment_does_not_matter),
      TEST(a_name_that_does_not_fit_is_nobodys),
      TEST(a_folder_without_room_for_any_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
