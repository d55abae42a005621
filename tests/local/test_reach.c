/* Who reaches whom among the partitions of `local`, and for whom a listener is.
 * No socket and no file. */
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
#include "local/reach.h"
#include "unix/path.h"

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

/* --- Where an address leads */

typedef struct row_s {
  const char* self;
  const char* vm_id;
  const char* expected; /* "FOLDER WHOM...", or the error's name */
} row_t;

static void describe(int err, const hvuv__reach_t* reach, char text[]) {
  hvuv_guid_t service = guid(X);
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  int i;

  if (err != 0) {
    strcpy(text, uv_err_name(err));
    return;
  }
  assert_int_equal(hvuv__layout_folder("", &reach->target, folder), 0);
  strcpy(text, folder + 1);
  for (i = 0; i < reach->count; i++) {
    assert_int_equal(
        hvuv__layout_socket("", &service, &reach->audiences[i], path), 0);
    strcat(text, " ");
    strcat(text, strchr(path, '.') + 1);
  }
}

static void expect_reach(const row_t rows[],
                         size_t count,
                         int (*find)(const hvuv__partition_t*,
                                     const hvuv_guid_t*,
                                     hvuv__reach_t*)) {
  hvuv__partition_t self;
  hvuv__reach_t reach;
  hvuv_guid_t vm_id;
  char text[512];
  size_t i;
  int err;

  for (i = 0; i < count; i++) {
    play(rows[i].self);
    vm_id = guid(rows[i].vm_id);
    err = hvuv__partition_self(&self);
    if (err == 0)
      err = find(&self, &vm_id, &reach);
    describe(err, &reach, text);
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
  expect_reach(rows, ROWS(rows), hvuv__reach_to_bind);
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
  expect_reach(rows, ROWS(rows), hvuv__reach_to_connect);
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
  hvuv__partition_t self;

  (void) state;
  expect_reach(rows, ROWS(rows), hvuv__reach_to_bind);
  expect_reach(rows, ROWS(rows), hvuv__reach_to_connect);
  memset(long_text, '6', sizeof(long_text));
  long_text[sizeof(long_text) - 1] = '\0';
  play(long_text);
  assert_int_equal(hvuv__partition_self(&self), UV_EINVAL);
}

static void our_own_id_is_read_as_any_guid(void** state) {
  static const row_t rows[] = {
      {"{" X "}", LOOPBACK, X_HEX " l"},
      {"6E0B8E9C-4C6C-4C0E-9A9E-0F6F0A1B2C3D", LOOPBACK, X_HEX " l"},
      {"", LOOPBACK, "host l"},
  };

  (void) state;
  expect_reach(rows, ROWS(rows), hvuv__reach_to_bind);
}

/* --- Callers */

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
      if ((hvuv__reach_admits(&self, &vm_id, &caller) != 0) != expected)
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
      TEST(partitions_are_equal_by_their_ids),
      TEST(a_listener_is_for_those_it_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
