/* `local`: which folder, what it must be like, and how long its path may be. */
#include <string.h>

#include "local_rig.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "unix/path.h"

#define GUEST "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"

/* Room in a socket's address for a path, with the NUL (unix(7)). */
#define PATH_LIMIT 108

static void expect_private(const char* name) {
  char path[ENDPOINT_ROOM];

  assert_true(files_is_private(endpoint_path(name, path)));
}

static void make_folder(const char* name) {
  char path[ENDPOINT_ROOM];

  files_make_folder(endpoint_path(name, path));
}

static void make_file(const char* name) {
  char path[ENDPOINT_ROOM];

  files_make(endpoint_path(name, path));
}

static int has_kind(const char* name, enum files_kind kind) {
  char path[ENDPOINT_ROOM];

  return files_kind_of(endpoint_path(name, path)) == kind;
}

/* A socket that nobody listens at any more. */
static void make_dead_socket(const char* name) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock = peer_bind(endpoint_path(name, path), 1);

  assert_true(sock != NET_NONE);
  net_close(sock);
}

/* --- Which folder */

static void the_variable_names_the_folder(void** state) {
  rig_t* rig = *state;

  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private("l");
  expect_private("l/host");
  assert_true(has_kind("l/host/5000.a", FILES_SOCKET));
}

static void a_vm_has_a_folder_of_its_own(void** state) {
  rig_t* rig = *state;

  endpoint_play(GUEST);
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private("l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d");
  assert_false(has_kind("l/host", FILES_FOLDER));
}

static void sockets_are_named_for_service_and_caller(void** state) {
  rig_t* rig = *state;

  assert_code(
      local_bind(rig, "local://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"),
      0);
  assert_code(local_bind(rig, "local://children/0x10"), 0);
  assert_code(local_bind(rig, "local://" GUEST "/16"), 0);

  assert_true(
      has_kind("l/host/8ba03980174a43e7852ae5ec79a671c7.l", FILES_SOCKET));
  assert_true(has_kind("l/host/16.c", FILES_SOCKET));
  assert_true(
      has_kind("l/host/16.v6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d", FILES_SOCKET));
}

static void closing_leaves_no_file(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* client;
  side_t* server;

  hvuv_addr_parse("local://any/5000", &rig->at);
  rig_bind(rig);
  hvuv_addr_parse(LOCAL_OWN, &rig->to);
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
  size_t size = sizeof(before);
  side_t* side;

  assert_int_equal(uv_cwd(before, &size), 0);
  assert_int_equal(uv_chdir(endpoint_path("", path)), 0);
  uv_os_setenv("HVUV_LOCAL_DIR", "r/");
  side = side_new(rig);
  hvuv_addr_parse(LOCAL_ADDRESS, &rig->at);
  assert_code(hvuv_bind(&side->stream, &rig->at), 0);
  expect_private("r/host");
  assert_int_equal(endpoint_count_files(endpoint_path("r/host", path)), 2);
  assert_int_equal(uv_chdir(before), 0);
  side_close(side);
  assert_int_equal(endpoint_count_files(path), 0);
}

static void a_vm_that_calls_leaves_no_file(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  endpoint_play(GUEST);
  local_outcome(rig, "local://host/5000");
  assert_int_equal(endpoint_count_files(endpoint_path(
                       "l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d", path)),
                   0);
}

/* --- What it must be like */

static void a_file_is_refused(void** state) {
  rig_t* rig = *state;

  make_file("l");
  local_expect_refused(rig, UV_EACCES);
}

static void only_the_last_folder_is_made(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  uv_os_setenv("HVUV_LOCAL_DIR", endpoint_path("missing/l", path));
  assert_code(local_bind(rig, LOCAL_ADDRESS), UV_ENOENT);
  assert_false(has_kind("missing", FILES_FOLDER));
}

/* --- Nobody there */

static void nobody_listens_without_a_folder(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
  assert_code(local_outcome(rig, "local://" GUEST "/1"), UV_ECONNREFUSED);
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 0);

  uv_os_setenv("HVUV_LOCAL_DIR", endpoint_path("missing/l", path));
  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
}

static void nobody_listens_on_an_empty_folder(void** state) {
  rig_t* rig = *state;

  make_folder("l");
  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
  make_folder("l/host");
  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
}

static void nobody_listens_when_a_vm_calls(void** state) {
  rig_t* rig = *state;

  endpoint_play(GUEST);
  assert_code(local_outcome(rig, "local://parent/5000"), UV_ECONNREFUSED);
  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
}

static void nobody_listens_at_a_dead_socket(void** state) {
  rig_t* rig = *state;

  make_folder("l");
  make_folder("l/host");
  make_dead_socket("l/host/5000.a");
  assert_code(local_outcome(rig, LOCAL_OWN), UV_ECONNREFUSED);
}

/* A socket for our own partition alone comes before one for anybody; a dead
 * one does not hide the other. */
static void a_dead_socket_does_not_hide_a_live_one(void** state) {
  rig_t* rig = *state;

  hvuv_addr_parse(LOCAL_ADDRESS, &rig->at);
  rig->listener = side_new(rig);
  assert_code(hvuv_bind(&rig->listener->stream, &rig->at), 0);
  rig_listen(rig, 4);
  make_dead_socket("l/host/5000.l");
  assert_code(local_outcome(rig, LOCAL_OWN), 0);
}

/* --- In the way */

static void a_file_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  make_folder("l");
  make_folder("l/host");
  make_file("l/host/5000.a");
  assert_code(local_bind(rig, LOCAL_ADDRESS), UV_EEXIST);
  assert_true(has_kind("l/host/5000.a", FILES_FILE));
  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 1);
}

static void a_folder_in_the_way_is_kept(void** state) {
  rig_t* rig = *state;

  make_folder("l");
  make_folder("l/host");
  make_folder("l/host/5000.a");
  assert_code(local_bind(rig, LOCAL_ADDRESS), UV_EEXIST);
  assert_true(has_kind("l/host/5000.a", FILES_FOLDER));
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
    local_expect_refused(rig, UV_EINVAL);
    assert_code(local_connect(rig, "local://parent/1"), UV_EINVAL);
  }
  assert_false(has_kind("l", FILES_FOLDER));
}

static void a_vm_id_is_read_in_any_case(void** state) {
  rig_t* rig = *state;

  endpoint_play("6E0B8E9C-4C6C-4C0E-9A9E-0F6F0A1B2C3D");
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  expect_private("l/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d");
}

/* --- How long */

/* Makes HVUV_LOCAL_DIR so long that a path in it of `behind` bytes, with its
 * slash, is as long as wanted. The folder itself exists. */
static void use_folder_for(size_t behind, size_t length) {
  char path[HVUV__PATH_ROOM];
  size_t have;

  endpoint_path(".", path);
  assert_int_equal(hvuv__path_absolute(path), 0);
  strcat(path, "/");
  have = strlen(path);
  assert_true(have + behind < length);
  memset(path + have, 'd', length - behind - have);
  path[length - behind] = '\0';
  files_make_folder(path);
  uv_os_setenv("HVUV_LOCAL_DIR", path);
}

static void the_longest_path_that_fits_is_used(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT - 1);
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  assert_code(local_connect(rig, LOCAL_OWN), 0);
}

static void a_path_one_byte_longer_is_told(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT);
  local_expect_refused(rig, UV_ENAMETOOLONG);
}

/* A VM's own folder has a longer name than the host's; it must sign there. */
static void a_vm_without_room_for_its_name_is_told(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/host/5000.a"), PATH_LIMIT - 1);
  endpoint_play(GUEST);
  assert_code(local_bind(rig, LOCAL_ADDRESS), UV_ENAMETOOLONG);
  assert_code(local_connect(rig, "local://host/5000"), UV_ENAMETOOLONG);
}

/* 5000.v<32 digits> does not fit, 5000.a does: nobody can be at the first. */
static void a_name_that_does_not_fit_does_not_hide_one_that_does(void** state) {
  rig_t* rig = *state;

  use_folder_for(strlen("/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d/.1234567-123-1"),
                 PATH_LIMIT - 1);
  assert_code(local_bind(rig, LOCAL_ADDRESS), 0);
  endpoint_play(GUEST);
  assert_code(local_outcome(rig, "local://host/5000"), UV_ECONNREFUSED);
  endpoint_play(NULL);
  assert_code(
      local_bind(rig, "local://" GUEST "/6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"),
      UV_ENAMETOOLONG);
}

int main(void) {
  const transport_t* t = &local_transport;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, the_variable_names_the_folder),
      RIG_TEST(t, a_vm_has_a_folder_of_its_own),
      RIG_TEST(t, sockets_are_named_for_service_and_caller),
      RIG_TEST(t, closing_leaves_no_file),
      RIG_TEST(t, a_relative_folder_stays_where_it_was),
      RIG_TEST(t, a_vm_that_calls_leaves_no_file),
      RIG_TEST(t, a_file_is_refused),
      RIG_TEST(t, only_the_last_folder_is_made),
      RIG_TEST(t, nobody_listens_without_a_folder),
      RIG_TEST(t, nobody_listens_on_an_empty_folder),
      RIG_TEST(t, nobody_listens_when_a_vm_calls),
      RIG_TEST(t, nobody_listens_at_a_dead_socket),
      RIG_TEST(t, a_dead_socket_does_not_hide_a_live_one),
      RIG_TEST(t, a_file_in_the_way_is_kept),
      RIG_TEST(t, a_folder_in_the_way_is_kept),
      RIG_TEST(t, a_bad_vm_id_is_told),
      RIG_TEST(t, a_vm_id_is_read_in_any_case),
      RIG_TEST(t, the_longest_path_that_fits_is_used),
      RIG_TEST(t, a_path_one_byte_longer_is_told),
      RIG_TEST(t, a_vm_without_room_for_its_name_is_told),
      RIG_TEST(t, a_name_that_does_not_fit_does_not_hide_one_that_does),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("local: the folder", tests, NULL, NULL);
}
