/* What `wsl -- wslinfo --vm-id` prints, in its forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "vm/wslinfo.h"

#define A "11111111-2222-3333-4444-555555555555"

static int parse(const char* output, size_t len) {
  hvuv_guid_t expected;
  hvuv_guid_t id;
  char* text = malloc(len > 0 ? len : 1);
  int err;

  assert_non_null(text);
  memcpy(text, output, len);
  memset(&id, 0, sizeof(id));
  err = hvuv__wslinfo_parse(text, len, &id);
  free(text);
  if (err != 0)
    memset(&expected, 0, sizeof(expected));
  else
    assert_int_equal(hvuv_guid_parse(A, &expected), 0);
  assert_true(hvuv_guid_equal(&id, &expected));
  return err;
}

static int parse_utf16(const char* ascii, int has_mark) {
  char text[256];
  size_t len = 0;

  if (has_mark) {
    text[len++] = '\xff';
    text[len++] = '\xfe';
  }
  for (; *ascii != '\0'; ascii++) {
    text[len++] = *ascii;
    text[len++] = '\0';
  }
  return parse(text, len);
}

static void test_an_id_is_read_in_utf_8_and_utf_16(void** state) {
  static const char* const right[] = {
      A, A "\n", A "\r\n", "{" A "}\n", " \r\n" A " \t\r\n"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
    assert_int_equal(parse(right[i], strlen(right[i])), 0);
    assert_int_equal(parse_utf16(right[i], 0), 0);
    assert_int_equal(parse_utf16(right[i], 1), 0);
  }
  assert_int_equal(parse("\xef\xbb\xbf" A "\n", sizeof(A) + 3), 0);
}

static void test_wsl_1_has_no_vm(void** state) {
  (void) state;
  assert_int_equal(parse("wsl1\n", 5), UV_ENOTSUP);
  assert_int_equal(parse_utf16("wsl1\r\n", 1), UV_ENOTSUP);
}

static void test_anything_else_is_not_understood(void** state) {
  static const char* const wrong[] = {"",
                                      "\n",
                                      "wsl2\n",
                                      A "\n" A "\n",
                                      A " x\n",
                                      "wslinfo: unrecognized option --vm-id",
                                      "\xff\xfe",
                                      "\xff"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    assert_int_equal(parse(wrong[i], strlen(wrong[i])), UV_EPROTO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_id_is_read_in_utf_8_and_utf_16),
      cmocka_unit_test(test_wsl_1_has_no_vm),
      cmocka_unit_test(test_anything_else_is_not_understood),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
