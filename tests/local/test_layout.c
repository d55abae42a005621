/* The folder of `local`: how partitions and sockets are named in it, and how a
 * caller's name is read. No socket and no file. test_paths_win.c has the paths
 * of Windows. */
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
#include "unix/path.h"
#include "unix/sock.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define X     "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y     "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"
#define X_HEX "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"
#define Y_HEX "71d9c3a02f0d4b578a273d5ce21a9b10"

#define ANY      "00000000-0000-0000-0000-000000000000"
#define PARENT   "a42e7cda-d03f-480c-9cc2-a4de20abb878"
#define LOOPBACK "e0e16197-dd56-4a10-9195-5ee7a155a838"
#define CHILDREN "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd"
#define SILOHOST "36bd0c5c-7276-4223-88ba-7d03b654c568"

static hvuv_guid_t guid(const char* text) {
  hvuv_guid_t id;

  assert_int_equal(hvuv_guid_parse(text, &id), 0);
  return id;
}

static hvuv__partition_t partition(const char* vm_id) {
  hvuv__partition_t p;

  memset(&p, 0, sizeof(p));
  p.is_host = vm_id == NULL;
  if (vm_id != NULL)
    p.vm_id = guid(vm_id);
  return p;
}

/* --- Paths */

static void fill(char path[], size_t len) {
  memset(path, 'd', len);
  path[0] = '/';
  path[len] = '\0';
}

static void a_folder_without_room_is_told(void** state) {
  hvuv__partition_t host = partition(NULL);
  char root[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];

  (void) state;
  fill(root, HVUV__PATH_ROOM - 1 - strlen("/host"));
  assert_int_equal(hvuv__layout_folder(root, &host, path), 0);
  fill(root, HVUV__PATH_ROOM - strlen("/host"));
  assert_int_equal(hvuv__layout_folder(root, &host, path), UV_ENAMETOOLONG);
}

static void expect_socket(const char* service,
                          hvuv__audience_t whom,
                          const char* name) {
  hvuv_guid_t id = guid(service);
  char path[HVUV__PATH_ROOM];

  assert_int_equal(hvuv__layout_socket("/d", &id, &whom, path), 0);
  assert_memory_equal(path, "/d", 2);
  assert_true(hvuv__path_is_separator(path[2]));
  assert_string_equal(path + 3, name);
}

static hvuv__audience_t whom(char kind) {
  hvuv__audience_t audience = {.kind = kind};

  if (kind == 'v')
    audience.vm_id = guid(Y);
  return audience;
}

static void a_socket_is_named_for_its_service(void** state) {
  (void) state;
  expect_socket("00001388-facb-11e6-bd58-64006a7986d3", whom('a'), "5000.a");
  expect_socket("00000000-facb-11e6-bd58-64006a7986d3", whom('l'), "0.l");
  expect_socket(
      "7fffffff-facb-11e6-bd58-64006a7986d3", whom('p'), "2147483647.p");
  expect_socket("80000000-facb-11e6-bd58-64006a7986d3",
                whom('c'),
                "80000000facb11e6bd5864006a7986d3.c");
  expect_socket(X, whom('v'), X_HEX ".v" Y_HEX);
}

static void expect_read(const char* name, const char* service, const char* vm) {
  hvuv_guid_t expected_service = guid(service);
  hvuv_guid_t expected_vm = guid(vm);
  hvuv_guid_t service_id;
  hvuv_guid_t vm_id;

  assert_int_equal(hvuv__layout_parse_socket(name, &service_id, &vm_id), 0);
  assert_true(hvuv_guid_equal(&service_id, &expected_service));
  assert_true(hvuv_guid_equal(&vm_id, &expected_vm));
}

static void a_sockets_name_is_read_back(void** state) {
  (void) state;
  expect_read("5000.a", "00001388-facb-11e6-bd58-64006a7986d3", ANY);
  expect_read("0.l", "00000000-facb-11e6-bd58-64006a7986d3", LOOPBACK);
  expect_read("1.c", "00000001-facb-11e6-bd58-64006a7986d3", CHILDREN);
  expect_read("2147483647.p", "7fffffff-facb-11e6-bd58-64006a7986d3", PARENT);
  expect_read(X_HEX ".v" Y_HEX, X, Y);
}

static void other_names_are_no_sockets(void** state) {
  static const char* const names[] = {
      "",
      ".",
      "5000",
      "5000.",
      ".a",
      "5000.x",
      "5000.aa",
      "5000.v",
      "-1.a",
      "x.a",
      "5000 .a",
      "2147483648.a",
      "5000.v12",
      ".12-3-0",
      "5000.a.a",
      X_HEX "0.a",
      "5000.a.lock",
      "5000.v" Y_HEX ".lock",
  };
  hvuv_guid_t service_id;
  hvuv_guid_t vm_id;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(names); i++)
    if (hvuv__layout_parse_socket(names[i], &service_id, &vm_id) != UV_EINVAL)
      fail_msg("\"%s\" is taken for a socket's", names[i]);
}

static void a_socket_must_fit_its_address(void** state) {
  hvuv__audience_t any = whom('a');
  hvuv_guid_t service = guid("00001388-facb-11e6-bd58-64006a7986d3");
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  size_t limit;

  (void) state;
  limit = hvuv__unix_path_limit();
  fill(folder, limit - 1 - strlen("/5000.a"));
  assert_int_equal(hvuv__layout_socket(folder, &service, &any, path), 0);
  assert_int_equal(strlen(path), limit - 1);
  fill(folder, limit - strlen("/5000.a"));
  assert_int_equal(hvuv__layout_socket(folder, &service, &any, path),
                   UV_ENAMETOOLONG);
  fill(folder, HVUV__PATH_ROOM - 1);
  assert_int_equal(hvuv__layout_socket(folder, &service, &any, path),
                   UV_ENAMETOOLONG);
}

/* --- Callers */

static void expect_of_path(const char* path, const char* vm_id) {
  hvuv__partition_t expected = partition(vm_id);
  hvuv__partition_t found;

  memset(&found, 0xa5, sizeof(found));
  assert_int_equal(hvuv__layout_partition_of(path, strlen(path), &found), 0);
  assert_true(hvuv__partition_equal(&found, &expected));
}

static void the_folder_of_a_path_is_its_partition(void** state) {
  (void) state;
  expect_of_path("/d/host/5000.a", NULL);
  expect_of_path("host/5000.a", NULL);
  expect_of_path("/host/", NULL);
  expect_of_path("/d/" X_HEX "/.12-3-0", X);
  expect_of_path("/host/" X_HEX "/host", X);
  expect_of_path("/" X_HEX "/host/" X_HEX, NULL);
}

static void the_length_of_a_path_is_what_counts(void** state) {
  static const char path[] = "/d/host/5000.a/and/more";
  hvuv__partition_t found;

  (void) state;
  assert_int_equal(
      hvuv__layout_partition_of(path, strlen("/d/host/5000.a"), &found), 0);
  assert_true(found.is_host);
}

static void other_paths_are_no_partitions(void** state) {
  static const char* const paths[] = {
      "",
      "/",
      "//",
      "x",
      "host",
      X_HEX,
      "/host",
      "/d/5000.a",
      "/d/hos/x",
      "/d/hosts/x",
      "/d/Host/x",
      "/d/host/d/x",
      "/d/" X "/x",
      "/d/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3/x",
      "/d/" X_HEX "0/x",
      "/d/6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3g/x",
      "/d/-6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3/x",
      "/d/{6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c}/x",
  };
  hvuv__partition_t found;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(paths); i++)
    if (hvuv__layout_partition_of(paths[i], strlen(paths[i]), &found) !=
        UV_EINVAL)
      fail_msg("\"%s\" is taken for a partition's", paths[i]);
}

/* No VM has one of the ids that stand for others: see our_own_id_must_be_a_vms.
 */
static void a_well_known_id_is_no_partition(void** state) {
  static const char* const paths[] = {
      "/d/00000000000000000000000000000000/x",
      "/d/a42e7cdad03f480c9cc2a4de20abb878/x",
      "/d/e0e16197dd564a1091955ee7a155a838/x",
      "/d/90db8b890d354f798ce949ea0ac8b7cd/x",
      "/d/36bd0c5c7276422388ba7d03b654c568/x",
  };
  hvuv__partition_t found;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(paths); i++)
    if (hvuv__layout_partition_of(paths[i], strlen(paths[i]), &found) !=
        UV_EINVAL)
      fail_msg("\"%s\" is taken for a partition's", paths[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_folder_without_room_is_told),
      cmocka_unit_test(a_socket_is_named_for_its_service),
      cmocka_unit_test(a_sockets_name_is_read_back),
      cmocka_unit_test(other_names_are_no_sockets),
      cmocka_unit_test(a_socket_must_fit_its_address),
      cmocka_unit_test(the_folder_of_a_path_is_its_partition),
      cmocka_unit_test(the_length_of_a_path_is_what_counts),
      cmocka_unit_test(other_paths_are_no_partitions),
      cmocka_unit_test(a_well_known_id_is_no_partition),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
