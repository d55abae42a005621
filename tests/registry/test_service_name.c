/* The names of services between UTF-8 and UTF-16: strictly from programs, with
 * patience from the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "registry/service_name.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* U+FFFD in UTF-8. */
#define NO_CHARACTER "\xef\xbf\xbd"

#define UNITS_MAX 8

typedef struct pair_s {
  const char* text;
  size_t count;
  uint16_t units[UNITS_MAX];
} pair_t;

/* The first and the last character of each length, and those beside the
 * surrogates. */
static const pair_t pairs[] = {
    {"", 0, {0}},
    {"Echo", 4, {'E', 'c', 'h', 'o'}},
    {" ~", 2, {0x20, 0x7e}},
    {"\xc2\xa0", 1, {0xa0}},
    {"\xdf\xbf", 1, {0x7ff}},
    {"\xe0\xa0\x80", 1, {0x800}},
    {"\xed\x9f\xbf", 1, {0xd7ff}},
    {"\xee\x80\x80", 1, {0xe000}},
    {"\xef\xbf\xbf", 1, {0xffff}},
    {"\xf0\x90\x80\x80", 2, {0xd800, 0xdc00}},
    {"\xf4\x8f\xbf\xbf", 2, {0xdbff, 0xdfff}},
    {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z",
     6,
     {'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 'z'}},
};

static void every_character_goes_there_and_back(void** state) {
  char text[HVUV_SERVICE_NAME_SIZE];
  hvuv__service_name_t name;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(pairs); i++) {
    assert_int_equal(hvuv__service_name_parse(pairs[i].text, &name), 0);
    assert_int_equal(name.count, pairs[i].count);
    assert_memory_equal(
        name.units, pairs[i].units, name.count * sizeof(name.units[0]));
    assert_int_equal(name.units[name.count], 0);

    hvuv__service_name_format(name.units, name.count, text);
    assert_string_equal(text, pairs[i].text);
  }
}

static void what_is_no_name_is_refused(void** state) {
  static const char* const texts[] = {
      "a\nb",             /* control characters */
      "\x1b[2J",          /* ... of a terminal */
      "\x7f",             /* DEL */
      "\xc2\x80",         /* C1, the first */
      "\xc2\x9f",         /* ... and the last */
      "\x80",             /* a continuation of nothing */
      "a\xbfz",           /* the same in the middle */
      "\xc3",             /* cut short by the end */
      "\xe2\x82",         /* ... */
      "\xf0\x9f\x98",     /* ... */
      "\xc3z",            /* cut short by a character */
      "\xe2\x82z",        /* ... */
      "\xf0\x9f\x98z",    /* ... */
      "\xc0\xaf",         /* '/' in two bytes */
      "\xc1\xbf",         /* the longest character of one byte in two */
      "\xe0\x9f\xbf",     /* ... of two in three */
      "\xf0\x8f\xbf\xbf", /* ... of three in four */
      "\xed\xa0\x80",     /* the first surrogate */
      "\xed\xbf\xbf",     /* the last */
      "\xf4\x90\x80\x80", /* behind the last character */
      "\xf5\x80\x80\x80", /* a lead that no character has */
      "\xf8\x88\x80\x80\x80",
      "\xff",
  };
  hvuv__service_name_t name;
  size_t i;

  (void) state;
  name.count = 77;
  for (i = 0; i < ROWS(texts); i++) {
    if (hvuv__service_name_parse(texts[i], &name) != UV_EINVAL)
      fail_msg("row %u is taken", (unsigned int) i);
  }
  assert_int_equal(name.count, 77);
}

/* In a block of just that size, for a sanitizer to see. */
static int parse_of_length(size_t len, hvuv__service_name_t* name) {
  char* text = malloc(len + 1);
  int err;

  assert_non_null(text);
  memset(text, 'n', len);
  text[len] = '\0';
  err = hvuv__service_name_parse(text, name);
  free(text);
  return err;
}

static void the_longest_name_fits_and_no_longer_one(void** state) {
  char text[HVUV_SERVICE_NAME_SIZE];
  hvuv__service_name_t name;

  (void) state;
  assert_int_equal(parse_of_length(HVUV_SERVICE_NAME_SIZE - 1, &name), 0);
  hvuv__service_name_format(name.units, name.count, text);
  assert_int_equal(strlen(text), HVUV_SERVICE_NAME_SIZE - 1);

  assert_int_equal(parse_of_length(HVUV_SERVICE_NAME_SIZE, &name),
                   UV_ENAMETOOLONG);
  assert_int_equal(parse_of_length(10000, &name), UV_ENAMETOOLONG);
}

static void what_the_registry_holds_has_a_reading(void** state) {
  static const pair_t rows[] = {
      {"a" NO_CHARACTER, 2, {'a', 0xd800}},
      {NO_CHARACTER "z", 2, {0xdbff, 'z'}},
      {NO_CHARACTER "z", 2, {0xdc00, 'z'}},
      {NO_CHARACTER NO_CHARACTER, 2, {0xdc00, 0xd800}},
      {NO_CHARACTER "\xf0\x90\x80\x80", 3, {0xd800, 0xd800, 0xdc00}},
      {"a" NO_CHARACTER "b", 3, {'a', '\n', 'b'}},
      {NO_CHARACTER NO_CHARACTER, 2, {0x1b, 0x85}},
  };
  char text[HVUV_SERVICE_NAME_SIZE];
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    hvuv__service_name_format(rows[i].units, rows[i].count, text);
    assert_string_equal(text, rows[i].text);
  }
}

/* For each character length, so that it does not fit in each possible way. */
static void a_name_that_is_too_long_ends_with_a_whole_character(void** state) {
  static const pair_t characters[] = {
      {"n", 1, {'n'}},
      {"\xc3\xa9", 1, {0xe9}},
      {"\xe2\x82\xac", 1, {0x20ac}},
      {"\xf0\x9f\x98\x80", 2, {0xd83d, 0xde00}},
  };
  char text[HVUV_SERVICE_NAME_SIZE];
  uint16_t units[600];
  const pair_t* c;
  size_t bytes;
  size_t whole;
  size_t i;
  size_t at;

  (void) state;
  for (i = 0; i < ROWS(characters); i++) {
    c = &characters[i];
    for (at = 0; at < 600; at++)
      units[at] = c->units[at % c->count];
    hvuv__service_name_format(units, 600, text);

    bytes = strlen(c->text);
    whole = (HVUV_SERVICE_NAME_SIZE - 1) / bytes;
    assert_int_equal(strlen(text), whole * bytes);
    for (at = 0; at < whole; at++)
      assert_memory_equal(text + at * bytes, c->text, bytes);
  }
}

static void every_unit_and_pair_gives_a_name_that_can_be_parsed(void** state) {
  char text[HVUV_SERVICE_NAME_SIZE];
  hvuv__service_name_t name;
  uint16_t units[2];
  uint32_t unit;

  (void) state;
  for (unit = 0; unit <= 0xffff; unit++) {
    units[0] = (uint16_t) unit;
    units[1] = (uint16_t) (unit * 40503u); /* anything, surrogates too */
    hvuv__service_name_format(units, 2, text);
    assert_int_equal(hvuv__service_name_parse(text, &name), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_character_goes_there_and_back),
      cmocka_unit_test(what_is_no_name_is_refused),
      cmocka_unit_test(the_longest_name_fits_and_no_longer_one),
      cmocka_unit_test(what_the_registry_holds_has_a_reading),
      cmocka_unit_test(a_name_that_is_too_long_ends_with_a_whole_character),
      cmocka_unit_test(every_unit_and_pair_gives_a_name_that_can_be_parsed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
