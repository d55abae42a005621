/* The options of the tools: what is read, and what is refused with its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "options.h"

static const option_t table[] = {
    {'l', "listen", NULL, "Listens.", 'l'},
    {'k', NULL, NULL, "Keeps on.", 'k'},
    {'w', "wait", "SECONDS", "Waits.", 'w'},
    {0, "retry", "COUNT", "Tries again.", 256},
};

static const tool_t tool = {.name = "a_tool",
                            .synopsis = "[-lk] [-w SECONDS] ADDRESS",
                            .about = "Is tested.",
                            .options = table,
                            .option_count = 4};

static const tool_t counting_tool = {.name = "a_counter",
                                     .options = table,
                                     .option_count = 4,
                                     .takes_numbers = 1};

#define ARGS_MAX 8

static options_t o;
static char* args[ARGS_MAX];

static void begin(const char* const argv[]) {
  int argc;

  for (argc = 0; argv[argc] != NULL; argc++)
    args[argc] = (char*) (uintptr_t) argv[argc];
  options_begin(&o, &tool, argc, args);
}

static void expect(int id, const char* value) {
  const char* is = "unset";

  assert_int_equal(options_next(&o, &is), id);
  if (value == NULL)
    assert_null(is);
  else
    assert_string_equal(is, value);
}

static void expect_rest(int count, const char* first) {
  expect(OPTION_END, NULL);
  assert_int_equal(o.argc, count);
  if (count > 0)
    assert_string_equal(o.argv[0], first);
}

static void letters_stand_alone_or_together(void** state) {
  (void) state;
  begin((const char* const[]){"-l", "-k", "x", NULL});
  expect('l', NULL);
  expect('k', NULL);
  expect_rest(1, "x");

  begin((const char* const[]){"-lk", "x", "-l", NULL});
  expect('l', NULL);
  expect('k', NULL);
  expect_rest(2, "x");
}

static void values_stand_behind_or_beside(void** state) {
  (void) state;
  begin((const char* const[]){"-w", "5", "-w5", "-w=5", "-lw5", NULL});
  expect('w', "5");
  expect('w', "5");
  expect('w', "5");
  expect('l', NULL);
  expect('w', "5");
  expect_rest(0, NULL);

  begin((const char* const[]){"--wait", "5", "--wait=5", "--wait=", NULL});
  expect('w', "5");
  expect('w', "5");
  expect('w', "");
  expect_rest(0, NULL);
}

static void two_hyphens_end_the_options(void** state) {
  (void) state;
  begin((const char* const[]){"-l", "--", "-k", NULL});
  expect('l', NULL);
  expect_rest(1, "-k");
}

static void one_hyphen_is_no_option(void** state) {
  (void) state;
  begin((const char* const[]){"-", "-l", NULL});
  expect_rest(2, "-");
}

static void negative_numbers_are_no_options_to_who_takes_them(void** state) {
  (void) state;
  begin((const char* const[]){"-l", "-104", "-5x", NULL});
  o.tool = &counting_tool;
  expect('l', NULL);
  expect_rest(2, "-104");

  begin((const char* const[]){"-w", "-1", "-9", NULL});
  o.tool = &counting_tool;
  expect('w', "-1");
  expect_rest(1, "-9");

  begin((const char* const[]){"-104", NULL});
  expect(OPTION_ERROR, NULL);
}

static void help_and_version_are_every_tools(void** state) {
  (void) state;
  begin((const char* const[]){"-h", "--help", "-V", "--version", NULL});
  expect(OPTION_HELP, NULL);
  expect(OPTION_HELP, NULL);
  expect(OPTION_VERSION, NULL);
  expect(OPTION_VERSION, NULL);
}

static void unknown_options_are_named(void** state) {
  (void) state;
  begin((const char* const[]){"-x", NULL});
  expect(OPTION_ERROR, NULL);
  assert_string_equal(o.written, "-x");

  begin((const char* const[]){"-lx", NULL});
  expect('l', NULL);
  expect(OPTION_ERROR, NULL);
  assert_string_equal(o.written, "-x");

  begin((const char* const[]){"--lis", NULL});
  expect(OPTION_ERROR, NULL);
  assert_string_equal(o.written, "--lis");
}

static void missing_and_needless_values_are_refused(void** state) {
  (void) state;
  begin((const char* const[]){"-w", NULL});
  expect(OPTION_ERROR, NULL);
  begin((const char* const[]){"--retry", NULL});
  expect(OPTION_ERROR, NULL);
  begin((const char* const[]){"--listen=yes", NULL});
  expect(OPTION_ERROR, NULL);
}

static void long_names_are_cut_where_they_are_quoted(void** state) {
  char name[200];

  (void) state;
  memset(name, '-', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  begin((const char* const[]){name, NULL});
  expect(OPTION_ERROR, NULL);
  assert_int_equal(strlen(o.written), sizeof(o.written) - 1);
}

static void numbers_are_digits_within_their_bounds(void** state) {
  static const char* const wrong[] = {"",
                                      "x",
                                      "5x",
                                      "-5",
                                      "+5",
                                      " 5",
                                      "5 ",
                                      "0",
                                      "11",
                                      "0x5",
                                      "1e1",
                                      "18446744073709551621"};
  uint64_t n = 77;
  size_t i;

  (void) state;
  begin((const char* const[]){"-w5", NULL});
  expect('w', "5");
  assert_int_equal(options_number(&o, "1", 1, 10, &n), 0);
  assert_int_equal(n, 1);
  assert_int_equal(options_number(&o, "010", 1, 10, &n), 0);
  assert_int_equal(n, 10);
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    assert_int_equal(options_number(&o, wrong[i], 1, 10, &n), EXIT_USAGE);
  assert_int_equal(n, 10);
}

static void seconds_have_up_to_three_decimals(void** state) {
  static const char* const wrong[] = {
      "", ".5", "5.", "5.1234", "5s", "100.001", "1.x", "-1"};
  uint64_t ms = 77;
  size_t i;

  (void) state;
  begin((const char* const[]){"-w5", NULL});
  expect('w', "5");
  assert_int_equal(options_seconds_ms(&o, "5", 100, &ms), 0);
  assert_int_equal(ms, 5000);
  assert_int_equal(options_seconds_ms(&o, "0.25", 100, &ms), 0);
  assert_int_equal(ms, 250);
  assert_int_equal(options_seconds_ms(&o, "100.000", 100, &ms), 0);
  assert_int_equal(ms, 100000);
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    assert_int_equal(options_seconds_ms(&o, wrong[i], 100, &ms), EXIT_USAGE);
  assert_int_equal(ms, 100000);
}

static void bytes_have_units(void** state) {
  static const char* const wrong[] = {
      "", "k", "1K", "1kB", "2G", "1.5k", "18446744073709551615k"};
  uint64_t n = 77;
  size_t i;

  (void) state;
  begin((const char* const[]){"-w5", NULL});
  expect('w', "5");
  assert_int_equal(options_bytes(&o, "5", 1 << 30, &n), 0);
  assert_int_equal(n, 5);
  assert_int_equal(options_bytes(&o, "64k", 1 << 30, &n), 0);
  assert_int_equal(n, 65536);
  assert_int_equal(options_bytes(&o, "1G", 1 << 30, &n), 0);
  assert_int_equal(n, 1 << 30);
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    assert_int_equal(options_bytes(&o, wrong[i], 1 << 30, &n), EXIT_USAGE);
  assert_int_equal(n, 1 << 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(letters_stand_alone_or_together),
      cmocka_unit_test(values_stand_behind_or_beside),
      cmocka_unit_test(two_hyphens_end_the_options),
      cmocka_unit_test(one_hyphen_is_no_option),
      cmocka_unit_test(negative_numbers_are_no_options_to_who_takes_them),
      cmocka_unit_test(help_and_version_are_every_tools),
      cmocka_unit_test(unknown_options_are_named),
      cmocka_unit_test(missing_and_needless_values_are_refused),
      cmocka_unit_test(long_names_are_cut_where_they_are_quoted),
      cmocka_unit_test(numbers_are_digits_within_their_bounds),
      cmocka_unit_test(seconds_have_up_to_three_decimals),
      cmocka_unit_test(bytes_have_units),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
