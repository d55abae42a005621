/* Partitions: who this process is, where an address leads, and by which paths.
 * No socket and no file. test_paths_win.c has the paths of Windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "local/partition.h"

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

static void play(const char* vm_id) {
  if (vm_id == NULL)
    uv_os_unsetenv("HVUV_LOCAL_VM");
  else
    uv_os_setenv("HVUV_LOCAL_VM", vm_id);
}

static int forget(void** state) {
  (void) state;
  uv_os_unsetenv("HVUV_LOCAL_VM");
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_unsetenv("XDG_RUNTIME_DIR");
  return 0;
}

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

/* --- Routes */

typedef struct row_s {
  const char* self;
  const char* vm_id;
  const char* expected; /* "FOLDER WHOM...", or the error's name */
} row_t;

static void describe(int err, const hvuv__route_t* route, char text[]) {
  char folder[HVUV__PATH_ROOM];
  int i;

  if (err != 0) {
    strcpy(text, uv_err_name(err));
    return;
  }
  assert_int_equal(hvuv__partition_folder("", &route->target, folder), 0);
  strcpy(text, folder + 1);
  for (i = 0; i < route->count; i++) {
    strcat(text, " ");
    strcat(text, route->whom[i]);
  }
}

static void expect_routes(const row_t rows[],
                          size_t count,
                          int (*find)(const hvuv_guid_t*, hvuv__route_t*)) {
  hvuv__route_t route;
  hvuv_guid_t vm_id;
  char text[512];
  size_t i;
  int err;

  for (i = 0; i < count; i++) {
    play(rows[i].self);
    vm_id = guid(rows[i].vm_id);
    err = find(&vm_id, &route);
    describe(err, &route, text);
    if (strcmp(text, rows[i].expected) != 0)
      fail_msg("from %s to %s: \"%s\", not \"%s\"",
               rows[i].self == NULL ? "host" : rows[i].self,
               rows[i].vm_id,
               text,
               rows[i].expected);
  }
}

static void a_bind_leads_to_our_own_folder(void** state) {
  static const row_t rows[] = {
      {NULL, ANY, "host a"},
      {NULL, LOOPBACK, "host l"},
      {NULL, CHILDREN, "host c"},
      {NULL, X, "host v" X_HEX},
      {NULL, Y, "host v" Y_HEX},
      {NULL, PARENT, "EADDRNOTAVAIL"},
      {NULL, SILOHOST, "EADDRNOTAVAIL"},
      {X, ANY, X_HEX " a"},
      {X, LOOPBACK, X_HEX " l"},
      {X, X, X_HEX " l"},
      {X, CHILDREN, X_HEX " c"},
      {X, PARENT, X_HEX " p"},
      {X, Y, "EADDRNOTAVAIL"},
      {X, SILOHOST, "EADDRNOTAVAIL"},
  };

  (void) state;
  expect_routes(rows, ROWS(rows), hvuv__route_to_bind);
}

static void a_connect_leads_where_it_may(void** state) {
  static const row_t rows[] = {
      {NULL, LOOPBACK, "host l a"},
      {NULL, X, X_HEX " p a"},
      {NULL, Y, Y_HEX " p a"},
      {NULL, ANY, "EADDRNOTAVAIL"},
      {NULL, CHILDREN, "EADDRNOTAVAIL"},
      {NULL, PARENT, "EADDRNOTAVAIL"},
      {NULL, SILOHOST, "EADDRNOTAVAIL"},
      {X, LOOPBACK, X_HEX " l a"},
      {X, X, X_HEX " l a"},
      {X, PARENT, "host v" X_HEX " c a"},
      {X, Y, "EADDRNOTAVAIL"},
      {X, ANY, "EADDRNOTAVAIL"},
      {X, CHILDREN, "EADDRNOTAVAIL"},
      {X, SILOHOST, "EADDRNOTAVAIL"},
  };

  (void) state;
  expect_routes(rows, ROWS(rows), hvuv__route_to_connect);
}

static void our_own_id_must_be_a_vms(void** state) {
  static const row_t rows[] = {
      {"x", LOOPBACK, "EINVAL"},
      {"host", LOOPBACK, "EINVAL"},
      {X " ", LOOPBACK, "EINVAL"},
      {" " X, LOOPBACK, "EINVAL"},
      {X_HEX, LOOPBACK, "EINVAL"},
      {X X, LOOPBACK, "EINVAL"},
      {ANY, LOOPBACK, "EINVAL"},
      {PARENT, LOOPBACK, "EINVAL"},
      {LOOPBACK, LOOPBACK, "EINVAL"},
      {CHILDREN, LOOPBACK, "EINVAL"},
      {SILOHOST, LOOPBACK, "EINVAL"},
  };
  char long_text[4096];
  hvuv__route_t route;

  (void) state;
  expect_routes(rows, ROWS(rows), hvuv__route_to_bind);
  expect_routes(rows, ROWS(rows), hvuv__route_to_connect);
  memset(long_text, '6', sizeof(long_text));
  long_text[sizeof(long_text) - 1] = '\0';
  play(long_text);
  assert_int_equal(hvuv__route_to_bind(&HVUV_VM_ANY, &route), UV_EINVAL);
}

static void our_own_id_is_read_as_any_guid(void** state) {
  static const row_t rows[] = {
      {"{" X "}", LOOPBACK, X_HEX " l"},
      {"6E0B8E9C-4C6C-4C0E-9A9E-0F6F0A1B2C3D", LOOPBACK, X_HEX " l"},
      {"", LOOPBACK, "host l"},
  };

  (void) state;
  expect_routes(rows, ROWS(rows), hvuv__route_to_bind);
}

/* --- Paths */

static void fill(char path[], size_t len) {
  memset(path, 'd', len);
  path[0] = '/';
  path[len] = '\0';
}

/* _WIN32 */

static void a_folder_without_room_is_told(void** state) {
  hvuv__partition_t host = partition(NULL);
  char root[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];

  (void) state;
  fill(root, HVUV__PATH_ROOM - 1 - strlen("/host"));
  assert_int_equal(hvuv__partition_folder(root, &host, path), 0);
  fill(root, HVUV__PATH_ROOM - strlen("/host"));
  assert_int_equal(hvuv__partition_folder(root, &host, path), UV_ENAMETOOLONG);
}

static void expect_socket(const char* service,
                          const char* whom,
                          const char* name) {
  hvuv_guid_t id = guid(service);
  char path[HVUV__PATH_ROOM];

  assert_int_equal(hvuv__partition_socket("/d", &id, whom, path), 0);
  assert_memory_equal(path, "/d", 2);
  assert_true(hvuv__path_is_separator(path[2]));
  assert_string_equal(path + 3, name);
}

static void a_socket_is_named_for_its_service(void** state) {
  (void) state;
  expect_socket("00001388-facb-11e6-bd58-64006a7986d3", "a", "5000.a");
  expect_socket("00000000-facb-11e6-bd58-64006a7986d3", "l", "0.l");
  expect_socket("7fffffff-facb-11e6-bd58-64006a7986d3", "p", "2147483647.p");
  expect_socket("80000000-facb-11e6-bd58-64006a7986d3",
                "c",
                "80000000facb11e6bd5864006a7986d3.c");
  expect_socket(X, "v" Y_HEX, X_HEX ".v" Y_HEX);
}

static void a_socket_must_fit_its_address(void** state) {
  hvuv_guid_t service = guid("00001388-facb-11e6-bd58-64006a7986d3");
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  size_t limit;

  (void) state;
  limit = hvuv__unix_path_limit();
  fill(folder, limit - 1 - strlen("/5000.a"));
  assert_int_equal(hvuv__partition_socket(folder, &service, "a", path), 0);
  assert_int_equal(strlen(path), limit - 1);
  fill(folder, limit - strlen("/5000.a"));
  assert_int_equal(hvuv__partition_socket(folder, &service, "a", path),
                   UV_ENAMETOOLONG);
  fill(folder, HVUV__PATH_ROOM - 1);
  assert_int_equal(hvuv__partition_socket(folder, &service, "a", path),
                   UV_ENAMETOOLONG);
}

/* --- Callers */

static void expect_of_path(const char* path, const char* vm_id) {
  hvuv__partition_t expected = partition(vm_id);
  hvuv__partition_t found;

  memset(&found, 0xa5, sizeof(found));
  assert_int_equal(hvuv__partition_of_path(path, strlen(path), &found), 0);
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
      hvuv__partition_of_path(path, strlen("/d/host/5000.a"), &found), 0);
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
    if (hvuv__partition_of_path(paths[i], strlen(paths[i]), &found) !=
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
    if (hvuv__partition_of_path(paths[i], strlen(paths[i]), &found) !=
        UV_EINVAL)
      fail_msg("\"%s\" is taken for a partition's", paths[i]);
}

static void partitions_are_equal_by_their_ids(void** state) {
  hvuv__partition_t host = partition(NULL);
  hvuv__partition_t x = partition(X);
  hvuv__partition_t y = partition(Y);
  hvuv__partition_t odd = partition(NULL);

  (void) state;
  odd.vm_id = x.vm_id; /* which a host has not */
  assert_true(hvuv__partition_equal(&host, &host));
  assert_true(hvuv__partition_equal(&host, &odd));
  assert_true(hvuv__partition_equal(&x, &x));
  assert_false(hvuv__partition_equal(&x, &y));
  assert_false(hvuv__partition_equal(&x, &host));
  assert_false(hvuv__partition_equal(&odd, &x));
}

/* Who may enter: a row for each listener, and the callers "hxy" that may. */
static void a_listener_is_for_those_it_names(void** state) {
  static const struct {
    const char* self;
    const char* vm_id;
    const char* callers;
  } rows[] = {
      {NULL, ANY, "hxy"},
      {NULL, LOOPBACK, "h"},
      {NULL, CHILDREN, "xy"},
      {NULL, X, "x"},
      {NULL, Y, "y"},
      {X, ANY, "hx"},
      {X, LOOPBACK, "x"},
      {X, X, "x"},
      {X, PARENT, "h"},
      {X, CHILDREN, ""},
      {Y, ANY, "hy"},
      {Y, Y, "y"},
  };
  static const char* const callers[] = {NULL, X, Y};
  hvuv__partition_t caller;
  hvuv__partition_t self;
  hvuv_guid_t vm_id;
  size_t i;
  size_t k;
  int expected;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    for (k = 0; k < 3; k++) {
      self = partition(rows[i].self);
      caller = partition(callers[k]);
      vm_id = guid(rows[i].vm_id);
      expected = strchr(rows[i].callers, "hxy"[k]) != NULL;
      if ((hvuv__partition_may_enter(&self, &vm_id, &caller) != 0) != expected)
        fail_msg("row %lu, caller %c: it should be %d",
                 (unsigned long) i,
                 "hxy"[k],
                 expected);
    }
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, forget, forget)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_bind_leads_to_our_own_folder),
      TEST(a_connect_leads_where_it_may),
      TEST(our_own_id_must_be_a_vms),
      TEST(our_own_id_is_read_as_any_guid),
      TEST(a_folder_without_room_is_told),
      TEST(a_socket_is_named_for_its_service),
      TEST(a_socket_must_fit_its_address),
      TEST(the_folder_of_a_path_is_its_partition),
      TEST(the_length_of_a_path_is_what_counts),
      TEST(other_paths_are_no_partitions),
      TEST(a_well_known_id_is_no_partition),
      TEST(partitions_are_equal_by_their_ids),
      TEST(a_listener_is_for_those_it_names),
  };

  return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}
