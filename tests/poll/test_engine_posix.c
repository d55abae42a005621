/* The choice of an engine where there is none to choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hvuv.h"

static void only_libuv_can_be_chosen(void** state) {
  (void) state;
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_UV), 0);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AFD), UV_ENOTSUP);
}

static void what_is_no_engine_is_einval(void** state) {
  (void) state;
  assert_int_equal(hvuv_set_engine((hvuv_engine_t) 3), UV_EINVAL);
  assert_int_equal(hvuv_set_engine((hvuv_engine_t) -1), UV_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_libuv_can_be_chosen),
      cmocka_unit_test(what_is_no_engine_is_einval),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
