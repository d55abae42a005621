/* The text of a file with secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/secrets.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "an older one with blanks, and more"

static hvuv__secrets_t secrets;

static int parse(const char* text) {
  return hvuv__secrets_parse(&secrets, text, strlen(text));
}

static void assert_secret(unsigned int i, const char* expected) {
  assert_true(i < secrets.count);
  assert_int_equal(secrets.at[i].nbytes, strlen(expected));
  assert_memory_equal(secrets.at[i].bytes, expected, strlen(expected));
}

static void one_line_is_the_current_secret(void** state) {
  static const char* const texts[] = {A, A "\n", A "\r\n"};
  size_t i;

  (void) state;
  for (i = 0; i < 3; i++) {
    assert_int_equal(parse(texts[i]), 0);
    assert_int_equal(secrets.count, 1);
    assert_secret(0, A);
  }
}

static void the_second_line_is_the_previous_one(void** state) {
  static const char* const texts[] = {
      A "\n" B, A "\n" B "\n", A "\r\n" B "\r\n"};
  size_t i;

  (void) state;
  for (i = 0; i < 3; i++) {
    assert_int_equal(parse(texts[i]), 0);
    assert_int_equal(secrets.count, 2);
    assert_secret(0, A);
    assert_secret(1, B);
  }
}

static void blanks_belong_to_a_secret(void** state) {
  (void) state;
  assert_int_equal(parse(" " A " \n"), 0);
  assert_secret(0, " " A " ");
}

static void all_other_texts_are_refused(void** state) {
  static const char* const texts[] = {"",
                                      "\n",
                                      "\n" A,
                                      A "\n\n",
                                      A "\n" B "\n" A,
                                      A "\n" B "\n\n",
                                      "short",
                                      A "\nshort",
                                      A "\t",
                                      A "\r\r\n",
                                      "\r" A,
                                      A "\x7f"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    assert_int_equal(parse(texts[i]), UV_EINVAL);
  assert_int_equal(hvuv__secrets_parse(&secrets, A "\0", sizeof(A)), UV_EINVAL);
}

static void the_size_has_its_limits(void** state) {
  char text[HVUV_AUTH_SECRET_MAX + 2];
  size_t n;

  (void) state;
  memset(text, 'x', sizeof(text));
  for (n = 0; n < sizeof(text); n++) {
    int fits = n >= HVUV_AUTH_SECRET_MIN && n <= HVUV_AUTH_SECRET_MAX;

    assert_int_equal(hvuv__secrets_parse(&secrets, text, n),
                     fits ? 0 : UV_EINVAL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_line_is_the_current_secret),
      cmocka_unit_test(the_second_line_is_the_previous_one),
      cmocka_unit_test(blanks_belong_to_a_secret),
      cmocka_unit_test(all_other_texts_are_refused),
      cmocka_unit_test(the_size_has_its_limits),
  };

  return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
