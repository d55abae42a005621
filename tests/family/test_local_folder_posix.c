/* `local`: which folder, and what it must be like, where there are modes, links
 * and owners. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local_rig.h"
#include "support/endpoint.h"
#include "support/files.h"

static void expect_private(const char* name) {
  char path[ENDPOINT_ROOM];

  assert_true(files_is_private(endpoint_path(name, path)));
}

static void make_folder(const char* name, mode_t mode) {
  char path[ENDPOINT_ROOM];

  assert_int_equal(mkdir(endpoint_path(name, path), 0700), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static int has_kind(const char* name, mode_t kind) {
  char path[ENDPOINT_ROOM];
  struct stat st;

  return lstat(endpoint_path(name, path), &st) == 0 &&
         (st.st_mode & S_IFMT) == kind;
}

/* --- Which folder */

static void without_it_the_runtime_folder_has_it(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  unsetenv("HVUV_LOCAL_DIR");
  setenv("XDG_RUNTIME_DIR", endpoint_path("", path), 1);
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private("hvuv");
  expect_private("hvuv/host");
}

/* Returns what it was. */
static char* set_tmpdir(const char* path) {
  char* before = getenv("TMPDIR");

  before = before == NULL ? NULL : strdup(before);
  setenv("TMPDIR", path, 1);
  return before;
}

static void restore_tmpdir(char* before) {
  if (before != NULL)
    setenv("TMPDIR", before, 1);
  else
    unsetenv("TMPDIR");
  free(before);
}

static void without_both_the_temporary_folder_has_it(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  char name[32];
  char* tmpdir;

  unsetenv("HVUV_LOCAL_DIR");
  tmpdir = set_tmpdir(endpoint_path("", path));
  snprintf(name, sizeof(name), "hvuv-%lu", (unsigned long) geteuid());
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private(name);
  restore_tmpdir(tmpdir);
}

static void an_empty_variable_counts_as_unset(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  setenv("HVUV_LOCAL_DIR", "", 1);
  setenv("XDG_RUNTIME_DIR", endpoint_path("", path), 1);
  setenv("HVUV_LOCAL_VM", "", 1);
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private("hvuv/host");
}

static void a_generous_umask_opens_nothing(void** state) {
  rig_t* rig = *state;
  mode_t before;
  int err;

  before = umask(0);
  err = local_bind(rig, LOCAL_ADDRESS);
  umask(before);
  assert_code(err, 0);
  expect_private("l");
  expect_private("l/host");
}

static void a_path_of_any_length_is_told(void** state) {
  rig_t* rig = *state;
  static char path[8000];
  char* tmpdir;

  memset(path, 'x', sizeof(path) - 1);
  path[0] = '/';
  setenv("HVUV_LOCAL_DIR", path, 1);
  local_expect_refused(rig, UV_ENAMETOOLONG);
  path[1020] = '\0';
  setenv("HVUV_LOCAL_DIR", path, 1);
  local_expect_refused(rig, UV_ENAMETOOLONG);
  path[1000] = '\0';
  setenv("HVUV_LOCAL_DIR", path, 1);
  local_expect_refused(rig, UV_ENAMETOOLONG);

  unsetenv("HVUV_LOCAL_DIR");
  tmpdir = set_tmpdir(path);
  local_expect_refused(rig, UV_ENAMETOOLONG);
  restore_tmpdir(tmpdir);
}

/* --- What it must be like */

static void a_folder_open_to_others_is_refused(void** state) {
  static const mode_t modes[] = {0755, 0750, 0710, 0701, 0704, 0770, 0777};
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  size_t i;

  make_folder("l", 0700);
  endpoint_path("l", path);
  for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    chmod(path, modes[i]);
    local_expect_refused(rig, UV_EACCES);
  }
  assert_int_equal(endpoint_count_files(path), 0);
}

/* In the turn in which it was found in order it may still be trusted. */
static void a_folder_opened_to_others_later_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  uint64_t before;

  hvuv_addr_parse(LOCAL_ADDRESS, &rig->at);
  rig_bind(rig);
  rig_listen(rig, 4);
  assert_code(local_outcome(rig, LOCAL_OWN), 0);
  chmod(endpoint_path("l", path), 0755);
  before = uv_now(&rig->loop);
  while (uv_now(&rig->loop) == before)
    rig_spin(rig, 1);
  assert_code(local_connect(rig, LOCAL_OWN), UV_EACCES);
  chmod(path, 0700);
  assert_code(local_outcome(rig, LOCAL_OWN), 0);
}

static void a_partition_open_to_others_is_refused(void** state) {
  rig_t* rig = *state;

  make_folder("l", 0700);
  make_folder("l/host", 0711);
  local_expect_refused(rig, UV_EACCES);
}

static void a_link_is_refused(void** state) {
  rig_t* rig = *state;
  char link[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];

  make_folder("elsewhere", 0700);
  assert_int_equal(
      symlink(endpoint_path("elsewhere", path), endpoint_path("l", link)), 0);
  local_expect_refused(rig, UV_EACCES);
  assert_int_equal(endpoint_count_files(path), 0);
}

/* lstat() follows a link that is written with a slash behind it. */
static void a_link_with_a_slash_behind_it_is_refused(void** state) {
  rig_t* rig = *state;
  char link[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];

  make_folder("elsewhere", 0700);
  assert_int_equal(
      symlink(endpoint_path("elsewhere", path), endpoint_path("l", link)), 0);
  setenv("HVUV_LOCAL_DIR", endpoint_path("l/", link), 1);
  local_expect_refused(rig, UV_EACCES);
  assert_int_equal(endpoint_count_files(path), 0);
}

static void a_link_for_a_partition_is_refused(void** state) {
  rig_t* rig = *state;
  char link[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];

  make_folder("l", 0700);
  make_folder("elsewhere", 0700);
  assert_int_equal(
      symlink(endpoint_path("elsewhere", path), endpoint_path("l/host", link)),
      0);
  local_expect_refused(rig, UV_EACCES);
}

static void a_folder_of_somebody_else_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  if (geteuid() != 0) {
    print_message("Needs root: only root gives folders away\n");
    skip();
  }
  make_folder("l", 0700);
  make_folder("l/host", 0700);
  assert_int_equal(chown(endpoint_path("l/host", path), 65534, 65534), 0);
  local_expect_refused(rig, UV_EACCES);
  assert_int_equal(chown(path, 0, 0), 0);
  assert_int_equal(chown(endpoint_path("l", path), 65534, 65534), 0);
  local_expect_refused(rig, UV_EACCES);
}

/* --- In the way */

static void a_link_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  assert_int_equal(symlink("nowhere", endpoint_path("l/host/5000.a", path)), 0);
  assert_code(local_bind(rig, LOCAL_ADDRESS), UV_EEXIST);
  assert_true(has_kind("l/host/5000.a", S_IFLNK));
}

/* The lock is opened where it is, not where a link leads. */
static void a_link_for_the_lock_is_not_followed(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  assert_int_equal(
      symlink("../../made", endpoint_path("l/host/5000.a.lock", path)), 0);
  assert_true(local_bind(rig, LOCAL_ADDRESS) < 0);
  assert_false(has_kind("made", S_IFREG));
}

int main(void) {
  const transport_t* t = &local_transport;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, without_it_the_runtime_folder_has_it),
      RIG_TEST(t, without_both_the_temporary_folder_has_it),
      RIG_TEST(t, an_empty_variable_counts_as_unset),
      RIG_TEST(t, a_generous_umask_opens_nothing),
      RIG_TEST(t, a_path_of_any_length_is_told),
      RIG_TEST(t, a_folder_open_to_others_is_refused),
      RIG_TEST(t, a_folder_opened_to_others_later_is_refused),
      RIG_TEST(t, a_partition_open_to_others_is_refused),
      RIG_TEST(t, a_link_is_refused),
      RIG_TEST(t, a_link_with_a_slash_behind_it_is_refused),
      RIG_TEST(t, a_link_for_a_partition_is_refused),
      RIG_TEST(t, a_folder_of_somebody_else_is_refused),
      RIG_TEST(t, a_link_in_the_way_is_kept),
      RIG_TEST(t, a_link_for_the_lock_is_not_followed),
  };

  return cmocka_run_group_tests_name(
      "local: the folder, POSIX", tests, NULL, NULL);
}
