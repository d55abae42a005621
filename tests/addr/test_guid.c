/* GUIDs: text there and back, layout, and the ids that stand for ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/guid.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define GUID_TEXT "8ba03980-174a-43e7-852a-e5ec79a671c7"
#define UPPER     "8BA03980-174A-43E7-852A-E5EC79A671C7"
#define MIXED     "8Ba03980-174A-43e7-852a-e5eC79a671C7"

static const hvuv_guid_t sample = {
    0x8ba03980u,
    0x174a,
    0x43e7,
    {0x85, 0x2a, 0xe5, 0xec, 0x79, 0xa6, 0x71, 0xc7}};

/* What a result holds before a call that must not write it. */
static const hvuv_guid_t mark = {
    0xa5a5a5a5u,
    0xa5a5,
    0xa5a5,
    {0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5}};

static void expect_parsed(const char* text, const hvuv_guid_t* expected) {
  hvuv_guid_t guid = mark;
  int err;

  err = hvuv_guid_parse(text, &guid);

  if (err != 0)
    fail_msg("\"%s\": refused with %s", text, uv_err_name(err));
  if (memcmp(&guid, expected, sizeof(guid)) != 0)
    fail_msg("\"%s\": read as another GUID", text);
}

static void expect_refused(const char* text) {
  hvuv_guid_t guid = mark;
  int err;

  err = hvuv_guid_parse(text, &guid);

  if (err != UV_EINVAL)
    fail_msg("\"%s\": answered %d, not UV_EINVAL", text, err);
  if (memcmp(&guid, &mark, sizeof(guid)) != 0)
    fail_msg("\"%s\": refused, but the GUID was written", text);
}

/* The same text by the C library, as a second opinion. */
static void format_by_printf(const hvuv_guid_t* g,
                             char text[HVUV_GUID_STRLEN]) {
  snprintf(text,
           HVUV_GUID_STRLEN,
           "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           (unsigned long) g->data1,
           (unsigned int) g->data2,
           (unsigned int) g->data3,
           (unsigned int) g->data4[0],
           (unsigned int) g->data4[1],
           (unsigned int) g->data4[2],
           (unsigned int) g->data4[3],
           (unsigned int) g->data4[4],
           (unsigned int) g->data4[5],
           (unsigned int) g->data4[6],
           (unsigned int) g->data4[7]);
}

static void expect_round_trip(const hvuv_guid_t* guid) {
  char expected[HVUV_GUID_STRLEN];
  char text[HVUV_GUID_STRLEN];

  format_by_printf(guid, expected);

  hvuv_guid_format(guid, text);

  assert_string_equal(text, expected);
  expect_parsed(text, guid);
}

static int is_dash_place(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

static int is_hex_digit(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/* Layout */

static void memory_is_that_of_a_windows_guid(void** state) {
  (void) state;

  assert_int_equal(sizeof(hvuv_guid_t), 16);
  assert_int_equal(offsetof(hvuv_guid_t, data1), 0);
  assert_int_equal(offsetof(hvuv_guid_t, data2), 4);
  assert_int_equal(offsetof(hvuv_guid_t, data3), 6);
  assert_int_equal(offsetof(hvuv_guid_t, data4), 8);
}

static void fields_are_in_host_byte_order(void** state) {
  hvuv_guid_t guid = mark;
  uint32_t data1;
  uint16_t data2;
  uint16_t data3;
  uint8_t data4[8];

  (void) state;

  assert_int_equal(hvuv_guid_parse(GUID_TEXT, &guid), 0);

  memcpy(&data1, (const char*) &guid, sizeof(data1));
  memcpy(&data2, (const char*) &guid + 4, sizeof(data2));
  memcpy(&data3, (const char*) &guid + 6, sizeof(data3));
  memcpy(data4, (const char*) &guid + 8, sizeof(data4));
  assert_int_equal(data1, 0x8ba03980u);
  assert_int_equal(data2, 0x174a);
  assert_int_equal(data3, 0x43e7);
  assert_memory_equal(data4, "\x85\x2a\xe5\xec\x79\xa6\x71\xc7", 8);
}

static void well_known_ids_are_those_of_the_windows_sdk(void** state) {
  const struct {
    const hvuv_guid_t* id;
    const char* text;
  } rows[] = {
      {&HVUV_VM_ANY, "00000000-0000-0000-0000-000000000000"},
      {&HVUV_VM_PARENT, "a42e7cda-d03f-480c-9cc2-a4de20abb878"},
      {&HVUV_VM_LOOPBACK, "e0e16197-dd56-4a10-9195-5ee7a155a838"},
      {&HVUV_VM_CHILDREN, "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd"},
      {&HVUV_VM_SILOHOST, "36bd0c5c-7276-4223-88ba-7d03b654c568"},
  };
  char text[HVUV_GUID_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    hvuv_guid_format(rows[i].id, text);
    assert_string_equal(text, rows[i].text);
    expect_parsed(rows[i].text, rows[i].id);
  }
}

/* Parsing */

static void any_case_is_read(void** state) {
  (void) state;

  expect_parsed(GUID_TEXT, &sample);
  expect_parsed(UPPER, &sample);
  expect_parsed(MIXED, &sample);
}

static void one_pair_of_braces_is_read(void** state) {
  (void) state;

  expect_parsed("{" GUID_TEXT "}", &sample);
  expect_parsed("{" UPPER "}", &sample);
}

static void braces_must_match(void** state) {
  static const char* const rows[] = {
      "{" GUID_TEXT,
      GUID_TEXT "}",
      "{{" GUID_TEXT "}}",
      "{" GUID_TEXT "}}",
      "{{" GUID_TEXT "}",
      "}" GUID_TEXT "{",
      "}" GUID_TEXT "}",
      "{" GUID_TEXT "{",
      "(" GUID_TEXT ")",
      "[" GUID_TEXT "]",
      "{" GUID_TEXT ")",
      "{}",
      "{",
      "}",
  };
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++)
    expect_refused(rows[i]);
}

static void every_truncation_is_refused(void** state) {
  static const char braced[] = "{" GUID_TEXT "}";
  char text[sizeof(braced)];
  size_t len;

  (void) state;

  for (len = 0; len < sizeof(GUID_TEXT) - 1; len++) {
    memcpy(text, GUID_TEXT, len);
    text[len] = '\0';
    expect_refused(text);
  }
  for (len = 0; len < sizeof(braced) - 1; len++) {
    memcpy(text, braced, len);
    text[len] = '\0';
    expect_refused(text);
  }
}

static void one_byte_too_many_is_refused_at_every_place(void** state) {
  char text[sizeof(GUID_TEXT) + 1];
  size_t at;
  int c;

  (void) state;

  for (at = 0; at < sizeof(GUID_TEXT); at++) {
    for (c = 1; c < 256; c++) {
      memcpy(text, GUID_TEXT, at);
      text[at] = (char) c;
      memcpy(text + at + 1, &GUID_TEXT[at], sizeof(GUID_TEXT) - at);
      expect_refused(text);
    }
  }
}

static void one_byte_too_few_is_refused_at_every_place(void** state) {
  char text[sizeof(GUID_TEXT)];
  size_t at;

  (void) state;

  for (at = 0; at < sizeof(GUID_TEXT) - 1; at++) {
    memcpy(text, GUID_TEXT, at);
    memcpy(text + at, &GUID_TEXT[at + 1], sizeof(GUID_TEXT) - at - 1);
    expect_refused(text);
  }
}

static void only_digits_and_dashes_stand_in_their_places(void** state) {
  char text[sizeof(GUID_TEXT)];
  hvuv_guid_t guid;
  size_t at;
  int c;

  (void) state;

  for (at = 0; at < sizeof(GUID_TEXT) - 1; at++) {
    for (c = 1; c < 256; c++) {
      memcpy(text, GUID_TEXT, sizeof(GUID_TEXT));
      text[at] = (char) c;
      if (!(is_dash_place(at) ? c == '-' : is_hex_digit(c)))
        expect_refused(text);
      else if (hvuv_guid_parse(text, &guid) != 0)
        fail_msg("\"%s\": refused", text);
    }
  }
}

static void other_spellings_of_guids_are_refused(void** state) {
  static const char* const rows[] = {
      "",
      " ",
      "-",
      "----",
      "{----}",
      "--------",
      "8ba03980----",
      "8ba03980-174a-43e7-852a-",
      "8ba03980174a43e7852ae5ec79a671c7",
      "8ba03980-174a43e7-852a-e5ec79a671c7",
      "8ba0398-0174a-43e7-852a-e5ec79a671c7",
      "urn:uuid:" GUID_TEXT,
      "uuid:" GUID_TEXT,
      "0x8ba03980-174a-43e7-852a-e5ec79a671c7",
      "0x8ba039-174a-43e7-852a-e5ec79a671c7",
      "+ba03980-174a-43e7-852a-e5ec79a671c7",
      "8ba03980-174a-43e7--52a-e5ec79a671c7",
      "8ba03980\xe2\x80\x90"
      "174a-43e7-852a-e5ec79a671c7",
      "\xef\xbb\xbf" GUID_TEXT,
      "\xef\xbc\x98"
      "ba03980-174a-43e7-852a-e5ec79a671c7",
      GUID_TEXT "\n",
      GUID_TEXT "\r\n",
      GUID_TEXT " ",
      " " GUID_TEXT,
      "{ " GUID_TEXT " }",
      "{" GUID_TEXT "} ",
      GUID_TEXT GUID_TEXT,
      GUID_TEXT "," GUID_TEXT,
      "{0x8ba03980,0x174a,0x43e7,{0x85,0x2a,0xe5,0xec,0x79,0xa6,0x71,0xc7}}",
  };
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++)
    expect_refused(rows[i]);
}

static void parse_refuses_null(void** state) {
  hvuv_guid_t guid = mark;

  (void) state;

  assert_int_equal(hvuv_guid_parse(NULL, &guid), UV_EINVAL);
  assert_int_equal(hvuv_guid_parse(GUID_TEXT, NULL), UV_EINVAL);
  assert_int_equal(hvuv_guid_parse(NULL, NULL), UV_EINVAL);
  assert_memory_equal(&guid, &mark, sizeof(guid));
}

/* Printing */

static void text_is_lower_case_without_braces(void** state) {
  char text[HVUV_GUID_STRLEN];

  (void) state;

  hvuv_guid_format(&sample, text);

  assert_string_equal(text, GUID_TEXT);
}

static void text_fills_its_buffer_and_no_more(void** state) {
  char room[HVUV_GUID_STRLEN + 2];

  (void) state;
  memset(room, '#', sizeof(room));

  hvuv_guid_format(&sample, room + 1);

  assert_int_equal(room[0], '#');
  assert_memory_equal(room + 1, GUID_TEXT, HVUV_GUID_STRLEN);
  assert_int_equal(room[HVUV_GUID_STRLEN + 1], '#');
}

static void every_bit_survives_the_round_trip(void** state) {
  uint8_t bytes[16];
  hvuv_guid_t guid;
  size_t bit;

  (void) state;

  for (bit = 0; bit < 128; bit++) {
    memset(bytes, 0, sizeof(bytes));
    bytes[bit / 8] = (uint8_t) (1u << bit % 8);
    memcpy(&guid, bytes, sizeof(guid));
    expect_round_trip(&guid);

    memset(bytes, 0xff, sizeof(bytes));
    bytes[bit / 8] = (uint8_t) ~(1u << bit % 8);
    memcpy(&guid, bytes, sizeof(guid));
    expect_round_trip(&guid);
  }
}

static void the_smallest_and_the_largest_make_the_round_trip(void** state) {
  hvuv_guid_t guid;

  (void) state;

  memset(&guid, 0, sizeof(guid));
  expect_round_trip(&guid);
  memset(&guid, 0xff, sizeof(guid));
  expect_round_trip(&guid);
}

/* Equality */

static void a_guid_equals_its_copy(void** state) {
  hvuv_guid_t copy = sample;

  (void) state;

  assert_int_equal(hvuv_guid_equal(&sample, &sample), 1);
  assert_int_equal(hvuv_guid_equal(&sample, &copy), 1);
}

static void one_bit_makes_another_guid(void** state) {
  uint8_t bytes[16];
  hvuv_guid_t other;
  size_t bit;

  (void) state;

  for (bit = 0; bit < 128; bit++) {
    memcpy(bytes, &sample, sizeof(bytes));
    bytes[bit / 8] = (uint8_t) (bytes[bit / 8] ^ 1u << bit % 8);
    memcpy(&other, bytes, sizeof(other));
    assert_int_equal(hvuv_guid_equal(&sample, &other), 0);
    assert_int_equal(hvuv_guid_equal(&other, &sample), 0);
  }
}

static void null_equals_nothing(void** state) {
  (void) state;

  assert_int_equal(hvuv_guid_equal(NULL, &sample), 0);
  assert_int_equal(hvuv_guid_equal(&sample, NULL), 0);
  assert_int_equal(hvuv_guid_equal(NULL, NULL), 0);
}

/* Service ids */

static void a_port_has_its_service_id_and_back(void** state) {
  static const struct {
    uint32_t port;
    const char* text;
  } rows[] = {
      {0, "00000000-facb-11e6-bd58-64006a7986d3"},
      {1, "00000001-facb-11e6-bd58-64006a7986d3"},
      {2761, "00000ac9-facb-11e6-bd58-64006a7986d3"},
      {0xffff, "0000ffff-facb-11e6-bd58-64006a7986d3"},
      {0x12345678, "12345678-facb-11e6-bd58-64006a7986d3"},
      {0x7fffffff, "7fffffff-facb-11e6-bd58-64006a7986d3"},
  };
  char text[HVUV_GUID_STRLEN];
  hvuv_guid_t service_id;
  uint32_t port;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    assert_int_equal(hvuv_service_from_port(rows[i].port, &service_id), 0);
    hvuv_guid_format(&service_id, text);
    assert_string_equal(text, rows[i].text);
    assert_int_equal(hvuv_service_to_port(&service_id, &port), 0);
    assert_int_equal(port, rows[i].port);
  }
}

static void port_above_31_bits_is_refused(void** state) {
  static const uint32_t rows[] = {0x80000000u, 0x80000001u, 0xffffffffu};
  hvuv_guid_t service_id = mark;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    assert_int_equal(hvuv_service_from_port(rows[i], &service_id), UV_EINVAL);
    assert_memory_equal(&service_id, &mark, sizeof(mark));
  }
}

static void service_id_above_31_bits_stands_for_no_port(void** state) {
  static const uint32_t rows[] = {0x80000000u, 0x80000001u, 0xffffffffu};
  hvuv_guid_t service_id;
  uint32_t port = 77;
  size_t i;

  (void) state;
  assert_int_equal(hvuv_service_from_port(0, &service_id), 0);

  for (i = 0; i < ROWS(rows); i++) {
    service_id.data1 = rows[i];
    assert_int_equal(hvuv_service_to_port(&service_id, &port), UV_EINVAL);
    assert_int_equal(port, 77);
  }
}

static void one_bit_off_the_template_stands_for_no_port(void** state) {
  uint8_t bytes[16];
  hvuv_guid_t service_id;
  uint32_t port = 77;
  size_t bit;

  (void) state;

  for (bit = 32; bit < 128; bit++) {
    assert_int_equal(hvuv_service_from_port(5000, &service_id), 0);
    memcpy(bytes, &service_id, sizeof(bytes));
    bytes[bit / 8] = (uint8_t) (bytes[bit / 8] ^ 1u << bit % 8);
    memcpy(&service_id, bytes, sizeof(service_id));

    assert_int_equal(hvuv_service_to_port(&service_id, &port), UV_EINVAL);
    assert_int_equal(port, 77);
  }
}

static void well_known_vm_ids_stand_for_no_port(void** state) {
  const hvuv_guid_t* const rows[] = {&HVUV_VM_ANY,
                                     &HVUV_VM_PARENT,
                                     &HVUV_VM_LOOPBACK,
                                     &HVUV_VM_CHILDREN,
                                     &HVUV_VM_SILOHOST};
  uint32_t port = 77;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++)
    assert_int_equal(hvuv_service_to_port(rows[i], &port), UV_EINVAL);
  assert_int_equal(port, 77);
}

static void services_refuse_null(void** state) {
  uint32_t port = 77;

  (void) state;

  assert_int_equal(hvuv_service_from_port(1, NULL), UV_EINVAL);
  assert_int_equal(hvuv_service_to_port(NULL, &port), UV_EINVAL);
  assert_int_equal(hvuv_service_to_port(&sample, NULL), UV_EINVAL);
  assert_int_equal(port, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_that_of_a_windows_guid),
      cmocka_unit_test(fields_are_in_host_byte_order),
      cmocka_unit_test(well_known_ids_are_those_of_the_windows_sdk),
      cmocka_unit_test(any_case_is_read),
      cmocka_unit_test(one_pair_of_braces_is_read),
      cmocka_unit_test(braces_must_match),
      cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(one_byte_too_many_is_refused_at_every_place),
      cmocka_unit_test(one_byte_too_few_is_refused_at_every_place),
      cmocka_unit_test(only_digits_and_dashes_stand_in_their_places),
      cmocka_unit_test(other_spellings_of_guids_are_refused),
      cmocka_unit_test(parse_refuses_null),
      cmocka_unit_test(text_is_lower_case_without_braces),
      cmocka_unit_test(text_fills_its_buffer_and_no_more),
      cmocka_unit_test(every_bit_survives_the_round_trip),
      cmocka_unit_test(the_smallest_and_the_largest_make_the_round_trip),
      cmocka_unit_test(a_guid_equals_its_copy),
      cmocka_unit_test(one_bit_makes_another_guid),
      cmocka_unit_test(null_equals_nothing),
      cmocka_unit_test(a_port_has_its_service_id_and_back),
      cmocka_unit_test(port_above_31_bits_is_refused),
      cmocka_unit_test(service_id_above_31_bits_stands_for_no_port),
      cmocka_unit_test(one_bit_off_the_template_stands_for_no_port),
      cmocka_unit_test(well_known_vm_ids_stand_for_no_port),
      cmocka_unit_test(services_refuse_null),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
