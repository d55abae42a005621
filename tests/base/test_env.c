/* The environment as hvuv reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "base/env.h"

static char value[16];

static int get(void) {
  strcpy(value, "untouched");
  return hvuv__env_get(HVUV__ENV_LOCAL_DIR, value, sizeof(value));
}

static void a_variable_is_copied(void** state) {
  (void) state;
  uv_os_setenv("HVUV_LOCAL_DIR", "/some/where");
  assert_int_equal(get(), 0);
  assert_string_equal(value, "/some/where");
}

static void one_that_is_not_set_is_enoent(void** state) {
  (void) state;
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  assert_int_equal(get(), UV_ENOENT);
}

static void one_that_is_empty_counts_as_not_set(void** state) {
  (void) state;
  uv_os_setenv("HVUV_LOCAL_DIR", "");
  assert_int_equal(get(), UV_ENOENT);
}

static void one_without_room_is_enametoolong(void** state) {
  (void) state;
  uv_os_setenv("HVUV_LOCAL_DIR", "/sixteen/bytes//");
  assert_int_equal(get(), UV_ENAMETOOLONG);
  uv_os_setenv("HVUV_LOCAL_DIR", "/fifteen/bytes/");
  assert_int_equal(get(), 0);
  assert_string_equal(value, "/fifteen/bytes/");
}

static void each_variable_is_read_by_its_own_name(void** state) {
  static const struct {
    enum hvuv__env variable;
    const char* name;
  } rows[] = {
      {HVUV__ENV_LOCAL_DIR, "HVUV_LOCAL_DIR"},
      {HVUV__ENV_LOCAL_VM, "HVUV_LOCAL_VM"},
      {HVUV__ENV_POLL, "HVUV_POLL"},
      {HVUV__ENV_XDG_RUNTIME_DIR, "XDG_RUNTIME_DIR"},
      {HVUV__ENV_LOCALAPPDATA, "LOCALAPPDATA"},
  };
  char text[64];
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    uv_os_setenv(rows[i].name, rows[i].name);
    assert_int_equal(hvuv__env_get(rows[i].variable, text, sizeof(text)), 0);
    assert_string_equal(text, rows[i].name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_variable_is_copied),
      cmocka_unit_test(one_that_is_not_set_is_enoent),
      cmocka_unit_test(one_that_is_empty_counts_as_not_set),
      cmocka_unit_test(one_without_room_is_enametoolong),
      cmocka_unit_test(each_variable_is_read_by_its_own_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
