/* The version, as macros and as the library has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hvuv/version.h"

#if HVUV_VERSION_HEX < 0x000100
#error "HVUV_VERSION_HEX is not for #if"
#endif

static void the_number_is_made_of_the_three(void** state) {
  (void) state;
  assert_int_equal(HVUV_VERSION_HEX >> 16, HVUV_VERSION_MAJOR);
  assert_int_equal((HVUV_VERSION_HEX >> 8) & 0xff, HVUV_VERSION_MINOR);
  assert_int_equal(HVUV_VERSION_HEX & 0xff, HVUV_VERSION_PATCH);
}

static void the_text_is_made_of_the_three(void** state) {
  char text[32];

  (void) state;
  snprintf(text,
           sizeof(text),
           "%d.%d.%d",
           HVUV_VERSION_MAJOR,
           HVUV_VERSION_MINOR,
           HVUV_VERSION_PATCH);
  assert_string_equal(HVUV_VERSION_STRING, text);
}

static void the_library_has_the_version_of_its_headers(void** state) {
  (void) state;
  assert_int_equal(hvuv_version(), HVUV_VERSION_HEX);
  assert_string_equal(hvuv_version_string(), HVUV_VERSION_STRING);
}

static void the_package_has_the_same_version(void** state) {
  (void) state;
  assert_string_equal(PACKAGE_VERSION, HVUV_VERSION_STRING);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_number_is_made_of_the_three),
      cmocka_unit_test(the_text_is_made_of_the_three),
      cmocka_unit_test(the_library_has_the_version_of_its_headers),
      cmocka_unit_test(the_package_has_the_same_version),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
