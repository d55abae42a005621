/* GUIDs, ports, and the line of a host's program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/request.h"
#include "bus/wire.h"

static void a_port_is_a_guid_of_the_template(void** state) {
  bus__guid_t guid = bus__guid_of_port(5000);
  char text[BUS__GUID_TEXT];
  uint32_t port;

  (void) state;
  bus__guid_print(&guid, text);
  assert_string_equal(text, "00001388-facb-11e6-bd58-64006a7986d3");
  assert_true(bus__guid_is_port(&guid, &port));
  assert_int_equal(port, 5000);
  guid.bytes[15] ^= 1;
  assert_false(bus__guid_is_port(&guid, &port));
}

static void text_and_guid_go_both_ways(void** state) {
  static const char text[] = "00112233-4455-6677-8899-AabbccddeeFf";
  char lower[BUS__GUID_TEXT];
  bus__guid_t guid;

  (void) state;
  assert_int_equal(bus__guid_parse(text, 36, &guid), 0);
  assert_int_equal(bus__guid_data1(&guid), 0x00112233);
  assert_int_equal(guid.bytes[4], 0x55);
  assert_int_equal(guid.bytes[6], 0x77);
  assert_int_equal(guid.bytes[8], 0x88);
  bus__guid_print(&guid, lower);
  assert_string_equal(lower, "00112233-4455-6677-8899-aabbccddeeff");
}

static void what_is_no_guid_is_refused(void** state) {
  char text[] = "00112233-4455-6677-8899-aabbccddeeff";
  bus__guid_t guid;
  size_t i;
  char was;

  (void) state;
  assert_int_not_equal(bus__guid_parse(text, 35, &guid), 0);
  for (i = 0; i < 36; i++) {
    was = text[i];
    text[i] = was == '-' ? '0' : '-';
    assert_int_not_equal(bus__guid_parse(text, 36, &guid), 0);
    text[i] = was;
  }
  assert_int_equal(bus__guid_parse(text, 36, &guid), 0);
}

static int feed(const char* text, bus__request_t* request) {
  int whole = 0;

  memset(request, 0, sizeof(*request));
  for (; *text != '\0' && whole == 0; text++)
    whole = bus__request_feed(request, *text);
  return whole;
}

static void requests_of_both_forms_are_read(void** state) {
  bus__request_t request;
  uint32_t port;

  (void) state;
  assert_int_equal(feed("CONNECT 4294967295\n", &request), 1);
  assert_true(bus__guid_is_port(&request.service, &port));
  assert_int_equal(port, UINT32_MAX);
  assert_false(request.is_by_guid);
  assert_int_equal(feed("connect 0\n", &request), 1);
  assert_int_equal(
      feed("Connect 00112233-4455-6677-8899-aabbccddeeff\n", &request), 1);
  assert_true(request.is_by_guid);
  assert_int_equal(request.service.bytes[15], 0xff);
  assert_int_equal(feed("CONNECT 5000", &request), 0);
}

static void other_lines_are_refused(void** state) {
  static const char* const lines[] = {
      "\n",
      "CONNECT \n",
      "CONNECT5\n",
      "CONNECT +5\n",
      "CONNECT 5\r\n",
      "CONNECT 42949672960\n",
      "OK 5000\n",
      "CONNECT 000000000000000000000000000000000000000000000001\n"};
  bus__request_t request;
  size_t i;

  (void) state;
  for (i = 0; i < 8; i++)
    assert_true(feed(lines[i], &request) < 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_is_a_guid_of_the_template),
      cmocka_unit_test(text_and_guid_go_both_ways),
      cmocka_unit_test(what_is_no_guid_is_refused),
      cmocka_unit_test(requests_of_both_forms_are_read),
      cmocka_unit_test(other_lines_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
