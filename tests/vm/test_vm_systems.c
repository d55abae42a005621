/* The list of compute systems: what is read of it, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "vm/systems.h"

#define A "11111111-2222-3333-4444-555555555555"
#define B "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"

static hvuv__shelf_t shelf;

/* In a block of its own length, so that a byte behind it is noticed. */
static int parse_bytes(const char* name, const char* json, size_t len) {
  char* text = malloc(len > 0 ? len : 1);
  int err;

  assert_non_null(text);
  memcpy(text, json, len);
  assert_int_equal(hvuv__shelf_init(&shelf, name), 0);
  err = hvuv__systems_parse(text, len, &shelf);
  free(text);
  return err;
}

static int parse(const char* name, const char* json) {
  return parse_bytes(name, json, strlen(json));
}

static int teardown(void** state) {
  (void) state;
  hvuv__shelf_free(&shelf);
  return 0;
}

static void assert_id(const char* text) {
  hvuv_guid_t id;

  assert_int_equal(hvuv_guid_parse(text, &id), 0);
  assert_true(hvuv_guid_equal(&id, &shelf.vms[0].id));
}

static void test_a_vm_has_its_runtime_id_name_state_and_owner(void** state) {
  (void) state;
  assert_int_equal(parse(NULL,
                         "[{\"Id\":\"" A
                         "\",\"SystemType\":\"VirtualMachine\",\"Name\":"
                         "\"debian\",\"Owner\":\"VMMS\",\"RuntimeId\":\"" B
                         "\",\"State\":\"Running\"}]"),
                   0);
  assert_int_equal(shelf.count, 1);
  assert_id(B);
  assert_string_equal(shelf.vms[0].name, "debian");
  assert_string_equal(shelf.vms[0].owner, "VMMS");
  assert_int_equal(shelf.vms[0].state, HVUV_VM_STATE_RUNNING);
}

static void test_an_unknown_state_is_unknown(void** state) {
  (void) state;
  assert_int_equal(parse(NULL, "[{\"Id\":\"" A "\",\"State\":\"Dreaming\"}]"),
                   0);
  assert_int_equal(shelf.vms[0].state, HVUV_VM_STATE_UNKNOWN);
}

static void test_the_id_stands_in_where_there_is_no_runtime_id(void** state) {
  (void) state;
  assert_int_equal(parse(NULL, "[{\"Id\":\"" A "\"}]"), 0);
  assert_id(A);
  assert_string_equal(shelf.vms[0].name, "");
}

static void test_what_is_no_vm_with_an_id_is_passed_over(void** state) {
  (void) state;
  assert_int_equal(
      parse(NULL,
            "[{\"Id\":\"web\",\"SystemType\":\"Container\",\"RuntimeId\":\"" A
            "\"},{\"Id\":\"web\",\"Name\":\"x\"},"
            "{\"RuntimeId\":\"00000000-0000-0000-0000-000000000000\"},{}]"),
      0);
  assert_int_equal(shelf.count, 0);
}

static void test_members_of_later_versions_are_passed_over(void** state) {
  (void) state;
  assert_int_equal(
      parse(NULL,
            " [ { \"New\" : {\"a\":[1,-2.5e+3,true,false,null,{\"b\":[]}]} , "
            "\"Name\" : {\"not\":\"a string\"}, \"Id\":\"" A "\",\"Id2\":0 "
            "} ]\r\n"),
      0);
  assert_int_equal(shelf.count, 1);
  assert_string_equal(shelf.vms[0].name, "");
}

static void test_names_are_shown_in_utf_8_without_control_characters(
    void** state) {
  (void) state;
  assert_int_equal(parse(NULL,
                         "[{\"Id\":\"" A
                         "\",\"Name\":\"\\u00e4\\ud83d\\ude00\\ud83d\\n\\/"
                         "\\\"\xff\"}]"),
                   0);
  assert_string_equal(shelf.vms[0].name,
                      "\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd/\""
                      "\xef\xbf\xbd");
}

static void test_a_long_name_is_cut_between_characters(void** state) {
  char json[1024] = "[{\"Id\":\"" A "\",\"Name\":\"x";
  size_t i;

  (void) state;
  for (i = 0; i < 300; i++)
    strcat(json, "\xc3\xa4");
  strcat(json, "\"}]");
  assert_int_equal(parse(NULL, json), 0);
  assert_int_equal(strlen(shelf.vms[0].name), HVUV_VM_NAME_SIZE - 1);
  assert_memory_equal(shelf.vms[0].name + 253, "\xc3\xa4", 3);
}

static void test_one_name_is_found_and_two_are_ambiguous(void** state) {
  static const char json[] =
      "[{\"Id\":\"" A "\",\"Name\":\"a\"},{\"Id\":\"" B
      "\",\"Name\":\"b\"},{\"Id\":\"" B "\",\"Name\":\"a\"}]";

  (void) state;
  assert_int_equal(parse("b", json), 0);
  assert_int_equal(hvuv__shelf_result(&shelf), 0);
  assert_id(B);
  hvuv__shelf_free(&shelf);
  assert_int_equal(parse("a", json), 0);
  assert_int_equal(hvuv__shelf_result(&shelf), UV_EMLINK);
  hvuv__shelf_free(&shelf);
  assert_int_equal(parse("A", json), 0);
  assert_int_equal(hvuv__shelf_result(&shelf), UV_ENOENT);
}

static void test_what_is_an_id_is_no_name(void** state) {
  (void) state;
  assert_int_equal(parse("{" A "}",
                         "[{\"Id\":\"" B "\",\"Name\":\"" A "\"},{\"Id\":\"" A
                         "\",\"Name\":\"b\"}]"),
                   0);
  assert_int_equal(hvuv__shelf_result(&shelf), 0);
  assert_string_equal(shelf.vms[0].name, "b");
}

static void test_what_is_not_json_is_refused(void** state) {
  static const char* const wrong[] = {"",
                                      "{}",
                                      "[",
                                      "[}",
                                      "[{]",
                                      "[1]",
                                      "[\"a\"]",
                                      "[{}] x",
                                      "[{},]",
                                      "[,{}]",
                                      "[{\"a\"}]",
                                      "[{\"a\":}]",
                                      "[{\"a\":1,}]",
                                      "[{\"a\":01}]",
                                      "[{a:1}]",
                                      "[{\"a\":tru}]",
                                      "[{\"a\":\"\\x\"}]",
                                      "[{\"a\":\"\\u12g4\"}]",
                                      "[{\"a\":\"\n\"}]",
                                      "[{\"a\":[1 2]}]",
                                      "[{\"a\":1.}]",
                                      "[{\"a\":-}]",
                                      "[{\"a\":\"",
                                      "[{\"a\":\"\\",
                                      "[{} {}]",
                                      "null",
                                      "[{\"a\":{\"b\":]}}]",
                                      "[{\"a\":1e}]",
                                      "[{\"a\":\"\\u123"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    int err = parse(NULL, wrong[i]);

    if (err != UV_EPROTO)
      print_error("%s is taken\n", wrong[i]);
    assert_int_equal(err, UV_EPROTO);
    hvuv__shelf_free(&shelf);
  }
  assert_int_equal(parse_bytes(NULL, "[{}\0]", 5), UV_EPROTO);
}

static void test_depth_is_bounded(void** state) {
  char json[256] = "[{\"a\":";
  size_t len = strlen(json);

  (void) state;
  memset(json + len, '[', 100);
  assert_int_equal(parse_bytes(NULL, json, len + 100), UV_EPROTO);
}

static void test_more_vms_than_are_kept_are_an_error(void** state) {
  static const char one[] = "{\"Id\":\"" A "\"},";
  size_t count = HVUV__VMS_MAX + 1;
  char* json = malloc(count * sizeof(one) + 2);
  size_t len = 1;
  size_t i;

  (void) state;
  assert_non_null(json);
  json[0] = '[';
  for (i = 0; i < count; i++, len += sizeof(one) - 1)
    memcpy(json + len, one, sizeof(one) - 1);
  json[len - 1] = ']';
  assert_int_equal(parse_bytes(NULL, json, len), 0);
  assert_int_equal(hvuv__shelf_result(&shelf), UV_EMSGSIZE);
  free(json);
}

static void test_a_list_that_is_too_long_is_not_read(void** state) {
  (void) state;
  assert_int_equal(hvuv__shelf_init(&shelf, NULL), 0);
  assert_int_equal(
      hvuv__systems_parse("[]", HVUV__SYSTEMS_MAX_BYTES + 1, &shelf),
      UV_EMSGSIZE);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_vm_has_its_runtime_id_name_state_and_owner),
      TEST(test_an_unknown_state_is_unknown),
      TEST(test_the_id_stands_in_where_there_is_no_runtime_id),
      TEST(test_what_is_no_vm_with_an_id_is_passed_over),
      TEST(test_members_of_later_versions_are_passed_over),
      TEST(test_names_are_shown_in_utf_8_without_control_characters),
      TEST(test_a_long_name_is_cut_between_characters),
      TEST(test_one_name_is_found_and_two_are_ambiguous),
      TEST(test_what_is_an_id_is_no_name),
      TEST(test_what_is_not_json_is_refused),
      TEST(test_depth_is_bounded),
      TEST(test_more_vms_than_are_kept_are_an_error),
      TEST(test_a_list_that_is_too_long_is_not_read),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
