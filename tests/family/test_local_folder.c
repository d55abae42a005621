/* `local`: which folder, what it must be like, and how long its path may be. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/rig.h"
#include "support/endpoint.h"
#include "support/peer.h"

#define GUEST   "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define ADDRESS "local://any/5000"
#define OWN     "local://loopback/5000"

/* Room in a socket's address for a path, with the NUL (unix(7)). */
#define PATH_LIMIT 108

static int try_bind(rig_t* rig, const char* text) {
  hvuv_addr_t addr;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &addr), 0);
  return hvuv_bind(&side->stream, &addr);
}

/* hvuv_connect()'s own answer; what the callback is told is in the side. */
static int try_connect(rig_t* rig, const char* text) {
  static hvuv_connect_t req;
  hvuv_addr_t addr;
  side_t* side;
  int err;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &addr), 0);
  err = hvuv_connect(&req, &side->stream, &addr, NULL);
  side_close(side);
  rig_spin(rig, 2);
  return err;
}

/* How a connect that begins ends. */
static int outcome_of_connect(rig_t* rig, const char* text) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &rig->to), 0);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_int_equal(side->connects_told, 1);
  return side->connect_status;
}

static void expect_refused(rig_t* rig, int code) {
  assert_code(try_bind(rig, ADDRESS), code);
  assert_code(try_connect(rig, OWN), code);
}

static void expect_private(const char* name) {
  char path[ENDPOINT_ROOM];
  struct stat st;

  assert_int_equal(lstat(endpoint_path(name, path), &st), 0);
  assert_true(S_ISDIR(st.st_mode));
  assert_int_equal(st.st_mode & 07777, 0700);
}

static void make_folder(const char* name, mode_t mode) {
  char path[ENDPOINT_ROOM];

  assert_int_equal(mkdir(endpoint_path(name, path), 0700), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static void make_file(const char* name) {
  char path[ENDPOINT_ROOM];
  int fd;

  fd = open(endpoint_path(name, path), O_WRONLY | O_CREAT | O_EXCL, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "mine", 4), 4);
  close(fd);
}

static int has_kind(const char* name, mode_t kind) {
  char path[ENDPOINT_ROOM];
  struct stat st;

  return lstat(endpoint_path(name, path), &st) == 0 &&
         (st.st_mode & S_IFMT) == kind;
}

/* --- Which folder */

static void the_variable_names_the_folder(void** state) {
  rig_t* rig = *state;

  assert_code(try_bind(rig, ADDRESS), 0);
  expect_private("l");
  expect_private("l/host");
  assert_true(has_kind("l/host/5000.a", S_IFSOCK));
}

static void without_it_the_runtime_folder_has_it(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  unsetenv("HVUV_LOCAL_DIR");
  setenv("XDG_RUNTIME_DIR", endpoint_path("", path), 1);
  assert_code(try_bind(rig, ADDRESS), 0);
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
  assert_code(try_bind(rig, ADDRESS), 0);
  expect_private(name);
  restore_tmpdir(tmpdir);
}

static void an_empty_variable_counts_as_unset(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  setenv("HVUV_LOCAL_DIR", "", 1);
  setenv("XDG_RUNTIME_DIR", endpoint_path("", path), 1);
  setenv("HVUV_LOCAL_VM", "", 1);
  assert_code(try_bind(rig, ADDRESS), 0);
  expect_private("hvuv/host");
}

static void a_vm_has_a_folder_of_its_own(void** state) {
  rig_t* rig = *state;

  endpoint_play(GUEST);
  assert_code(try_bind(rig, ADDRESS), 0);
  expect_private("l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d");
  assert_false(has_kind("l/host", S_IFDIR));
}

static void a_generous_umask_opens_nothing(void** state) {
  rig_t* rig = *state;
  mode_t before;
  int err;

  before = umask(0);
  err = try_bind(rig, ADDRESS);
  umask(before);
  assert_code(err, 0);
  expect_private("l");
  expect_private("l/host");
}

static void sockets_are_named_for_service_and_caller(void** state) {
  rig_t* rig = *state;

  assert_code(
      try_bind(rig, "local://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"),
      0);
  assert_code(try_bind(rig, "local://children/0x10"), 0);
  assert_code(try_bind(rig, "local://" GUEST "/16"), 0);

  assert_true(has_kind("l/host/8ba03980174a43e7852ae5ec79a671c7.l", S_IFSOCK));
  assert_true(has_kind("l/host/16.c", S_IFSOCK));
  assert_true(
      has_kind("l/host/16.v6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d", S_IFSOCK));
}

static void closing_leaves_no_file(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* client;
  side_t* server;

  hvuv_addr_parse("local://any/5000", &rig->at);
  rig_bind(rig);
  hvuv_addr_parse(OWN, &rig->to);
  rig_listen(rig, 4);
  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 2);
  rig_connect_pair(rig, &client, &server);
  side_close(rig->listener);

  assert_int_equal(endpoint_count_files(path), 0);
  /* Who is connected already stays so. */
  assert_code(side_write(client, 10, 1), 0);
  side_read(server);
  RIG_RUN_UNTIL(rig, server->in_bytes == 10);
  assert_int_equal(server->in_bytes, 10);
}

/* The process may have moved by the time it closes. */
static void a_relative_folder_stays_where_it_was(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  char before[1024];
  side_t* side;

  assert_non_null(getcwd(before, sizeof(before)));
  assert_int_equal(chdir(endpoint_path("", path)), 0);
  setenv("HVUV_LOCAL_DIR", "r/", 1);
  side = side_new(rig);
  hvuv_addr_parse(ADDRESS, &rig->at);
  assert_code(hvuv_bind(&side->stream, &rig->at), 0);
  expect_private("r/host");
  assert_int_equal(endpoint_count_files(endpoint_path("r/host", path)), 2);
  assert_int_equal(chdir(before), 0);
  side_close(side);
  assert_int_equal(endpoint_count_files(path), 0);
}

static void a_vm_that_calls_leaves_no_file(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  assert_code(try_bind(rig, ADDRESS), 0);
  endpoint_play(GUEST);
  outcome_of_connect(rig, "local://host/5000");
  assert_int_equal(endpoint_count_files(endpoint_path(
                       "l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d", path)),
                   0);
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
    expect_refused(rig, UV_EACCES);
  }
  assert_int_equal(endpoint_count_files(path), 0);
}

/* In the turn in which it was found in order it may still be trusted. */
static void a_folder_opened_to_others_later_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  uint64_t before;

  hvuv_addr_parse(ADDRESS, &rig->at);
  rig_bind(rig);
  rig_listen(rig, 4);
  assert_code(outcome_of_connect(rig, OWN), 0);
  chmod(endpoint_path("l", path), 0755);
  before = uv_now(&rig->loop);
  while (uv_now(&rig->loop) == before)
    rig_spin(rig, 1);
  assert_code(try_connect(rig, OWN), UV_EACCES);
  chmod(path, 0700);
  assert_code(outcome_of_connect(rig, OWN), 0);
}

static void a_partition_open_to_others_is_refused(void** state) {
  rig_t* rig = *state;

  make_folder("l", 0700);
  make_folder("l/host", 0711);
  expect_refused(rig, UV_EACCES);
}

static void a_link_is_refused(void** state) {
  rig_t* rig = *state;
  char link[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];

  make_folder("elsewhere", 0700);
  assert_int_equal(
      symlink(endpoint_path("elsewhere", path), endpoint_path("l", link)), 0);
  expect_refused(rig, UV_EACCES);
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
  expect_refused(rig, UV_EACCES);
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
  expect_refused(rig, UV_EACCES);
}

static void a_file_is_refused(void** state) {
  rig_t* rig = *state;

  make_file("l");
  expect_refused(rig, UV_EACCES);
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
  expect_refused(rig, UV_EACCES);
  assert_int_equal(chown(path, 0, 0), 0);
  assert_int_equal(chown(endpoint_path("l", path), 65534, 65534), 0);
  expect_refused(rig, UV_EACCES);
}

static void only_the_last_folder_is_made(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  setenv("HVUV_LOCAL_DIR", endpoint_path("missing/l", path), 1);
  assert_code(try_bind(rig, ADDRESS), UV_ENOENT);
  assert_false(has_kind("missing", S_IFDIR));
}

/* --- Nobody there */

static void nobody_listens_without_a_folder(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
  assert_code(outcome_of_connect(rig, "local://" GUEST "/1"), UV_ECONNREFUSED);
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 0);

  setenv("HVUV_LOCAL_DIR", endpoint_path("missing/l", path), 1);
  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
}

static void nobody_listens_on_an_empty_folder(void** state) {
  rig_t* rig = *state;

  make_folder("l", 0700);
  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
  make_folder("l/host", 0700);
  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
}

static void nobody_listens_when_a_vm_calls(void** state) {
  rig_t* rig = *state;

  endpoint_play(GUEST);
  assert_code(outcome_of_connect(rig, "local://parent/5000"), UV_ECONNREFUSED);
  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
}

static void nobody_listens_at_a_dead_socket(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fd;

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  fd = peer_bind(endpoint_path("l/host/5000.a", path), 1);
  assert_true(fd >= 0);
  close(fd);
  assert_code(outcome_of_connect(rig, OWN), UV_ECONNREFUSED);
}

/* A socket for our own partition alone comes before one for anybody; a dead
 * one does not hide the other. */
static void a_dead_socket_does_not_hide_a_live_one(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fd;

  hvuv_addr_parse(ADDRESS, &rig->at);
  rig->listener = side_new(rig);
  assert_code(hvuv_bind(&rig->listener->stream, &rig->at), 0);
  rig_listen(rig, 4);
  fd = peer_bind(endpoint_path("l/host/5000.l", path), 1);
  assert_true(fd >= 0);
  close(fd);
  assert_code(outcome_of_connect(rig, OWN), 0);
}

/* --- In the way */

static void a_file_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  make_file("l/host/5000.a");
  assert_code(try_bind(rig, ADDRESS), UV_EEXIST);
  assert_true(has_kind("l/host/5000.a", S_IFREG));
  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 1);
}

static void a_folder_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  make_folder("l/host/5000.a", 0700);
  assert_code(try_bind(rig, ADDRESS), UV_EEXIST);
  assert_true(has_kind("l/host/5000.a", S_IFDIR));
}

static void a_link_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  make_folder("l", 0700);
  make_folder("l/host", 0700);
  assert_int_equal(symlink("nowhere", endpoint_path("l/host/5000.a", path)), 0);
  assert_code(try_bind(rig, ADDRESS), UV_EEXIST);
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
  assert_true(try_bind(rig, ADDRESS) < 0);
  assert_false(has_kind("made", S_IFREG));
}

/* --- Who am I */

static void a_bad_vm_id_is_told(void** state) {
  static const char* const bad[] = {
      "x",
      "host",
      "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3",
      "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d ",
      "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d",
      "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2",
      "00000000-0000-0000-0000-000000000000",
      "a42e7cda-d03f-480c-9cc2-a4de20abb878",
      "e0e16197-dd56-4a10-9195-5ee7a155a838",
      "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd",
      "36bd0c5c-7276-4223-88ba-7d03b654c568",
  };
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    endpoint_play(bad[i]);
    expect_refused(rig, UV_EINVAL);
    assert_code(try_connect(rig, "local://parent/1"), UV_EINVAL);
  }
  assert_false(has_kind("l", S_IFDIR));
}

static void a_vm_id_is_read_in_any_case(void** state) {
  rig_t* rig = *state;

  endpoint_play("6E0B8E9C-4C6C-4C0E-9A9E-0F6F0A1B2C3D");
  assert_code(try_bind(rig, ADDRESS), 0);
  expect_private("l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d");
}

/* --- How long */

/* Makes HVUV_LOCAL_DIR so long that a path in it of `behind` bytes, with its
 * slash, is as long as wanted. The folder itself exists. */
static void use_folder_for(size_t behind, size_t length) {
  char path[ENDPOINT_ROOM];
  size_t have;

  endpoint_path("", path);
  have = strlen(path);
  assert_true(have + behind < length);
  memset(path + have, 'd', length - behind - have);
  path[length - behind] = '\0';
  assert_int_equal(mkdir(path, 0700), 0);
  setenv("HVUV_LOCAL_DIR", path, 1);
}

static void the_longest_path_that_fits_is_used(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT - 1);
  assert_code(try_bind(rig, ADDRESS), 0);
  assert_code(try_connect(rig, OWN), 0);
}

static void a_path_one_byte_longer_is_told(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT);
  expect_refused(rig, UV_ENAMETOOLONG);
}

static void a_path_of_any_length_is_told(void** state) {
  rig_t* rig = *state;
  static char path[8000];
  char* tmpdir;

  memset(path, 'x', sizeof(path) - 1);
  path[0] = '/';
  setenv("HVUV_LOCAL_DIR", path, 1);
  expect_refused(rig, UV_ENAMETOOLONG);
  path[1020] = '\0';
  setenv("HVUV_LOCAL_DIR", path, 1);
  expect_refused(rig, UV_ENAMETOOLONG);
  path[1000] = '\0';
  setenv("HVUV_LOCAL_DIR", path, 1);
  expect_refused(rig, UV_ENAMETOOLONG);

  unsetenv("HVUV_LOCAL_DIR");
  tmpdir = set_tmpdir(path);
  expect_refused(rig, UV_ENAMETOOLONG);
  restore_tmpdir(tmpdir);
}

/* A VM's own folder has a longer name than the host's; it must sign there. */
static void a_vm_without_room_for_its_name_is_told(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT - 1);
  endpoint_play(GUEST);
  assert_code(try_bind(rig, ADDRESS), UV_ENAMETOOLONG);
  assert_code(try_connect(rig, "local://host/5000"), UV_ENAMETOOLONG);
}

/* 5000.v<32 digits> does not fit, 5000.a does: nobody can be at the first. */
static void a_name_that_does_not_fit_does_not_hide_one_that_does(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d/.1234567-123-1"),
                 PATH_LIMIT - 1);
  assert_code(try_bind(rig, ADDRESS), 0);
  endpoint_play(GUEST);
  assert_code(outcome_of_connect(rig, "local://host/5000"), UV_ECONNREFUSED);
  endpoint_play(NULL);
  assert_code(
      try_bind(rig, "local://" GUEST "/6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"),
      UV_ENAMETOOLONG);
}

static void no_target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  (void) bound;
  (void) to;
}

static void no_start(rig_t* rig) {
  (void) rig;
}

static const transport_t local = {
    .name = "local", .start = no_start, .target = no_target};

int main(void) {
  const transport_t* t = &local;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, the_variable_names_the_folder),
      RIG_TEST(t, without_it_the_runtime_folder_has_it),
      RIG_TEST(t, without_both_the_temporary_folder_has_it),
      RIG_TEST(t, an_empty_variable_counts_as_unset),
      RIG_TEST(t, a_vm_has_a_folder_of_its_own),
      RIG_TEST(t, a_generous_umask_opens_nothing),
      RIG_TEST(t, sockets_are_named_for_service_and_caller),
      RIG_TEST(t, closing_leaves_no_file),
      RIG_TEST(t, a_relative_folder_stays_where_it_was),
      RIG_TEST(t, a_vm_that_calls_leaves_no_file),
      RIG_TEST(t, a_folder_open_to_others_is_refused),
      RIG_TEST(t, a_folder_opened_to_others_later_is_refused),
      RIG_TEST(t, a_partition_open_to_others_is_refused),
      RIG_TEST(t, a_link_is_refused),
      RIG_TEST(t, a_link_with_a_slash_behind_it_is_refused),
      RIG_TEST(t, a_link_for_a_partition_is_refused),
      RIG_TEST(t, a_file_is_refused),
      RIG_TEST(t, a_folder_of_somebody_else_is_refused),
      RIG_TEST(t, only_the_last_folder_is_made),
      RIG_TEST(t, nobody_listens_without_a_folder),
      RIG_TEST(t, nobody_listens_on_an_empty_folder),
      RIG_TEST(t, nobody_listens_when_a_vm_calls),
      RIG_TEST(t, nobody_listens_at_a_dead_socket),
      RIG_TEST(t, a_dead_socket_does_not_hide_a_live_one),
      RIG_TEST(t, a_file_in_the_way_is_kept),
      RIG_TEST(t, a_folder_in_the_way_is_kept),
      RIG_TEST(t, a_link_in_the_way_is_kept),
      RIG_TEST(t, a_link_for_the_lock_is_not_followed),
      RIG_TEST(t, a_bad_vm_id_is_told),
      RIG_TEST(t, a_vm_id_is_read_in_any_case),
      RIG_TEST(t, the_longest_path_that_fits_is_used),
      RIG_TEST(t, a_path_one_byte_longer_is_told),
      RIG_TEST(t, a_path_of_any_length_is_told),
      RIG_TEST(t, a_vm_without_room_for_its_name_is_told),
      RIG_TEST(t, a_name_that_does_not_fit_does_not_hide_one_that_does),
  };

  return cmocka_run_group_tests_name("local: the folder", tests, NULL, NULL);
}
