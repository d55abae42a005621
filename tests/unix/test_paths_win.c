/* Paths as Windows writes them, the folder of sockets that follows from the
 * environment there, and what Unix sockets answer where the system has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/stream.h"
#include "local/layout.h"
#include "sys/sys.h"
#include "support/endpoint.h"
#include "unix/listen.h"
#include "unix/path.h"
#include "unix/sock.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static char local_app_data[512];
static char temp[512];

static void keep(const char* name, char value[], size_t size) {
  if (uv_os_getenv(name, value, &size) != 0)
    value[0] = '\0';
}

static void give_back(const char* name, const char* value) {
  if (value[0] == '\0')
    uv_os_unsetenv(name);
  else
    uv_os_setenv(name, value);
}

static int setup(void** state) {
  (void) state;
  keep("LOCALAPPDATA", local_app_data, sizeof(local_app_data));
  keep("TMP", temp, sizeof(temp));
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  return 0;
}

static int teardown(void** state) {
  give_back("LOCALAPPDATA", local_app_data);
  give_back("TMP", temp);
  return setup(state);
}

/* --- Paths */

static void a_path_becomes_absolute_in_the_systems_spelling(void** state) {
  static const char* const rows[][2] = {
      {"C:\\x", "C:\\x"},
      {"C:/x/y", "C:\\x\\y"},
      {"C:\\x\\", "C:\\x"},
      {"C:/x//", "C:\\x"},
      {"C:\\", "C:\\"},
      {"C:\\x\\..\\y\\.", "C:\\y"},
      {"\\\\server\\share\\x", "\\\\server\\share\\x"},
      {"//server/share/x/", "\\\\server\\share\\x"},
      {"C:\\\xc3\xa9\\\xe4\xb8\xad", "C:\\\xc3\xa9\\\xe4\xb8\xad"},
  };
  char path[HVUV__PATH_ROOM];
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    strcpy(path, rows[i][0]);
    assert_int_equal(hvuv__path_absolute(path), 0);
    assert_string_equal(path, rows[i][1]);
  }
}

static void a_relative_path_is_the_working_folders(void** state) {
  char expected[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  size_t size;

  (void) state;
  size = sizeof(expected) - 8;
  assert_int_equal(uv_cwd(expected, &size), 0);
  strcat(expected, expected[size - 1] == '\\' ? "x\\y" : "\\x\\y");
  strcpy(path, "x/y/");
  assert_int_equal(hvuv__path_absolute(path), 0);
  assert_string_equal(path, expected);
}

static void a_path_without_a_drive_is_on_the_current_one(void** state) {
  char cwd[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  size_t size;

  (void) state;
  size = sizeof(cwd);
  assert_int_equal(uv_cwd(cwd, &size), 0);
  strcpy(path, "/x");
  assert_int_equal(hvuv__path_absolute(path), 0);
  assert_memory_equal(path, cwd, 2);
  assert_string_equal(path + 2, "\\x");
}

static void a_path_that_is_no_text_is_told(void** state) {
  char path[HVUV__PATH_ROOM] = "C:\\\xff";

  (void) state;
  assert_int_equal(hvuv__path_absolute(path), UV_ECHARSET);
}

static void a_path_without_room_is_told(void** state) {
  char name[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];

  (void) state;
  memset(name, 'x', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  strcpy(path, name);
  assert_int_equal(hvuv__path_absolute(path), UV_ENAMETOOLONG);

  name[sizeof(name) - 1 - strlen("C:\\")] = '\0';
  assert_int_equal(hvuv__path_join("C:\\", name, path), 0);
  assert_int_equal(hvuv__path_join("C:\\x", name, path), UV_ENAMETOOLONG);
}

static void a_name_is_joined_to_a_folder(void** state) {
  char path[HVUV__PATH_ROOM];

  (void) state;
  assert_int_equal(hvuv__path_join("C:\\x", "y", path), 0);
  assert_string_equal(path, "C:\\x\\y");
  assert_int_equal(hvuv__path_join("C:\\", "y", path), 0);
  assert_string_equal(path, "C:\\y");
}

static void a_partition_is_found_behind_either_separator(void** state) {
  static const char* const paths[] = {
      "C:\\d\\host\\5000.a", "C:/d/host/5000.a", "C:\\d/host\\5000.a"};
  hvuv__partition_t found;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(paths); i++) {
    assert_int_equal(
        hvuv__layout_partition_of(paths[i], strlen(paths[i]), &found), 0);
    assert_true(found.is_host);
  }
}

/* --- The folder */

static void expect_root(const char* expected) {
  char root[HVUV__PATH_ROOM];

  assert_int_equal(hvuv__layout_root(root), 0);
  assert_string_equal(root, expected);
}

static void the_root_is_the_first_that_is_set(void** state) {
  (void) state;
  uv_os_setenv("LOCALAPPDATA", "C:\\me\\AppData\\Local");
  uv_os_setenv("HVUV_LOCAL_DIR", "C:/here/");
  expect_root("C:\\here");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  expect_root("C:\\me\\AppData\\Local\\hvuv");
  uv_os_setenv("LOCALAPPDATA", "C:/me/");
  expect_root("C:\\me\\hvuv");
}

/* Shells from elsewhere set it, to what is no path on Windows. */
static void the_runtime_folder_of_elsewhere_is_not_asked(void** state) {
  (void) state;
  uv_os_setenv("LOCALAPPDATA", "C:\\me");
  uv_os_setenv("XDG_RUNTIME_DIR", "C:\\run");
  expect_root("C:\\me\\hvuv");
}

static void without_it_the_temporary_folder_has_one_for_this_user(
    void** state) {
  char expected[HVUV__PATH_ROOM];
  char root[HVUV__PATH_ROOM];
  uv_passwd_t user;
  size_t size;

  (void) state;
  uv_os_unsetenv("LOCALAPPDATA");
  size = sizeof(expected) - 64;
  assert_int_equal(uv_os_tmpdir(expected, &size), 0);
  assert_int_equal(uv_os_get_passwd(&user), 0);
  strcat(expected, "\\hvuv-");
  strcat(expected, user.username);
  uv_os_free_passwd(&user);
  assert_int_equal(hvuv__layout_root(root), 0);
  assert_string_equal(root, expected);
}

static void a_root_without_room_is_told(void** state) {
  char path[HVUV__PATH_ROOM + 8];
  char root[HVUV__PATH_ROOM];

  (void) state;
  memset(path, 'd', sizeof(path) - 1);
  memcpy(path, "C:\\", 3);
  path[sizeof(path) - 1] = '\0';
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);
  path[HVUV__PATH_ROOM - 1] = '\0';
  uv_os_setenv("HVUV_LOCAL_DIR", path);
  assert_int_equal(hvuv__layout_root(root), 0);
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_setenv("LOCALAPPDATA", path);
  assert_int_equal(hvuv__layout_root(root), UV_ENAMETOOLONG);
}

static void a_socket_must_fit_its_address(void** state) {
  const hvuv__audience_t any = {.kind = 'a'};
  hvuv_guid_t service;
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];

  (void) state;
  assert_int_equal(hvuv_service_from_port(0, &service), 0);
  assert_int_equal(hvuv__unix_path_limit(), 108);
  memset(folder, 'd', sizeof(folder));
  memcpy(folder, "C:\\", 3);
  folder[107 - strlen("\\0.a")] = '\0';
  assert_int_equal(hvuv__layout_socket(folder, &service, &any, path), 0);
  assert_int_equal(strlen(path), 107);
  strcat(folder, "d");
  assert_int_equal(hvuv__layout_socket(folder, &service, &any, path),
                   UV_ENAMETOOLONG);
}

/* --- Sockets */

static void names_of_sockets_are_read(void** state) {
  struct {
    unsigned short family;
    char path[108];
  } name;
  char path[HVUV__PATH_ROOM];

  (void) state;
  memset(&name, 0, sizeof(name));
  name.family = AF_UNIX;
  assert_int_equal(
      hvuv__unix_path_of((struct sockaddr*) &name, sizeof(name), path), 0);
  assert_string_equal(path, "");
  assert_int_equal(hvuv__unix_path_of((struct sockaddr*) &name, 2, path), 0);
  assert_string_equal(path, "");
  assert_int_equal(hvuv__unix_path_of((struct sockaddr*) &name, 0, path), 0);
  assert_string_equal(path, "");
  memset(name.path, 'p', sizeof(name.path));
  assert_int_equal(
      hvuv__unix_path_of((struct sockaddr*) &name, sizeof(name), path), 0);
  assert_int_equal(strlen(path), 108);
  assert_int_equal(hvuv__unix_path_of((struct sockaddr*) &name, 1, path),
                   UV_EINVAL);
  name.family = AF_INET;
  assert_int_equal(
      hvuv__unix_path_of((struct sockaddr*) &name, sizeof(name), path),
      UV_EINVAL);
}

static void a_path_is_looked_at_before_a_socket_is_made(void** state) {
  char path[128];
  uv_os_sock_t sock;
  hvuv__claim_t* claim = NULL;

  (void) state;
  memset(path, 'x', sizeof(path) - 1);
  path[sizeof(path) - 1] = '\0';
  assert_int_equal(hvuv__unix_listen_at(path, &sock, &claim), UV_ENAMETOOLONG);
  assert_int_equal(hvuv__unix_connect(HVUV__NO_SOCK, path), UV_ENAMETOOLONG);
  assert_int_equal(hvuv__unix_connect(HVUV__NO_SOCK, "C:\\\xff"), UV_ECHARSET);
  assert_int_equal(hvuv__unix_connect(HVUV__NO_SOCK, "C:\\no\\such"),
                   UV_ENOENT);
  assert_int_equal(hvuv__unix_sign(HVUV__NO_SOCK, path), UV_ENAMETOOLONG);
}

/* What needs a Unix socket, where there are none: Wine without the emulation,
 * and Windows before version 1803. */
static void without_unix_sockets_all_answer_so_and_make_nothing(void** state) {
  char folder[ENDPOINT_ROOM];
  hvuv__claim_t* claim = NULL;
  hvuv_stream_t stream;
  hvuv_connect_t req;
  hvuv_addr_t addr;
  uv_os_sock_t sock;
  uv_loop_t loop;

  (void) state;
  uv_os_setenv("HVUV_EMULATION_UNIX", "none");
  if (hvuv__unix_supported() == 0) {
    print_message("This system has Unix sockets; the transport tests of local "
                  "use them\n");
    skip();
  }
  endpoint_open();
  endpoint_path("", folder);
  assert_int_equal(hvuv_supported(HVUV_LOCAL), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv_supported(HVUV_HYBRID), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv__unix_listen_at("C:\\x", &sock, &claim),
                   UV_EAFNOSUPPORT);

  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(hvuv_init(&loop, &stream), 0);
  assert_int_equal(hvuv_addr_parse("local://loopback/5000", &addr), 0);
  assert_int_equal(hvuv_bind(&stream, &addr), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv_connect(&req, &stream, &addr, NULL), UV_EAFNOSUPPORT);
  endpoint_play("6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d");
  assert_int_equal(hvuv_addr_parse("local://parent/5000", &addr), 0);
  assert_int_equal(hvuv_bind(&stream, &addr), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv_connect(&req, &stream, &addr, NULL), UV_EAFNOSUPPORT);
  endpoint_play(NULL);
  assert_int_equal(hvuv_addr_parse("hybrid://C:\\vm.sock:5000", &addr), 0);
  assert_int_equal(hvuv_bind(&stream, &addr), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv_connect(&req, &stream, &addr, NULL), UV_EAFNOSUPPORT);
  hvuv_close(&stream, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);

  assert_int_equal(endpoint_count_files(folder), 0);
  endpoint_close();
  uv_os_unsetenv("HVUV_EMULATION_UNIX");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_path_becomes_absolute_in_the_systems_spelling),
      TEST(a_relative_path_is_the_working_folders),
      TEST(a_path_without_a_drive_is_on_the_current_one),
      TEST(a_path_that_is_no_text_is_told),
      TEST(a_path_without_room_is_told),
      TEST(a_name_is_joined_to_a_folder),
      TEST(a_partition_is_found_behind_either_separator),
      TEST(the_root_is_the_first_that_is_set),
      TEST(the_runtime_folder_of_elsewhere_is_not_asked),
      TEST(without_it_the_temporary_folder_has_one_for_this_user),
      TEST(a_root_without_room_is_told),
      TEST(a_socket_must_fit_its_address),
      TEST(names_of_sockets_are_read),
      TEST(a_path_is_looked_at_before_a_socket_is_made),
      TEST(without_unix_sockets_all_answer_so_and_make_nothing),
  };

  return cmocka_run_group_tests_name("paths on Windows", tests, NULL, NULL);
}
