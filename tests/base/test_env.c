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

/* Each as hvuv__env_get() has it alone. */
static void several_are_read_as_each_alone(void** state) {
  static const char* const values[] = {
      NULL, "", "/d", "/fifteen/bytes/", "/sixteen/bytes//"};
  char dir[16];
  char vm[16];
  hvuv__env_slot_t slots[] = {
      {HVUV__ENV_LOCAL_DIR, dir, sizeof(dir), 1},
      {HVUV__ENV_LOCAL_VM, vm, sizeof(vm), 1},
  };
  size_t i;
  size_t k;

  (void) state;
  uv_os_setenv("HVUV_LOCAL_DIR2", "/another");
  uv_os_setenv("HVUV_LOCAL", "/another");
  for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
    for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
      uv_os_unsetenv("HVUV_LOCAL_DIR");
      uv_os_unsetenv("HVUV_LOCAL_VM");
      if (values[i] != NULL)
        uv_os_setenv("HVUV_LOCAL_DIR", values[i]);
      if (values[k] != NULL)
        uv_os_setenv("HVUV_LOCAL_VM", values[k]);
      hvuv__env_get_all(slots, 2);
      assert_int_equal(slots[0].err, get());
      if (slots[0].err == 0)
        assert_string_equal(dir, value);
      assert_int_equal(slots[1].err,
                       hvuv__env_get(HVUV__ENV_LOCAL_VM, value, sizeof(value)));
      if (slots[1].err == 0)
        assert_string_equal(vm, value);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_variable_is_copied),
      cmocka_unit_test(one_that_is_not_set_is_enoent),
      cmocka_unit_test(one_that_is_empty_counts_as_not_set),
      cmocka_unit_test(one_without_room_is_enametoolong),
      cmocka_unit_test(each_variable_is_read_by_its_own_name),
      cmocka_unit_test(several_are_read_as_each_alone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
