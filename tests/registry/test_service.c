/* Services on every system: mistakes get their code before any registry is
 * asked, and leave what was there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/service.h"

#define ID "8ba03980-174a-43e7-852a-e5ec79a671c7"

static char too_long[HVUV_SERVICE_NAME_SIZE + 1];

static hvuv_guid_t id(void) {
  hvuv_guid_t guid;

  assert_int_equal(hvuv_guid_parse(ID, &guid), 0);
  return guid;
}

static int prepare(void** state) {
  (void) state;
  memset(too_long, 'n', HVUV_SERVICE_NAME_SIZE);
  return 0;
}

static void a_wrong_name_cannot_be_registered(void** state) {
  hvuv_guid_t guid = id();

  (void) state;
  assert_int_equal(hvuv_service_register(NULL, "Echo"), UV_EINVAL);
  assert_int_equal(hvuv_service_register(&guid, NULL), UV_EINVAL);
  assert_int_equal(hvuv_service_register(&guid, ""), UV_EINVAL);
  assert_int_equal(hvuv_service_register(&guid, "a\tb"), UV_EINVAL);
  assert_int_equal(hvuv_service_register(&guid, "\xff"), UV_EINVAL);
  assert_int_equal(hvuv_service_register(&guid, too_long), UV_ENAMETOOLONG);
}

static void a_wrong_name_cannot_be_unregistered(void** state) {
  hvuv_guid_t guid = id();

  (void) state;
  assert_int_equal(hvuv_service_unregister(NULL, "Echo"), UV_EINVAL);
  assert_int_equal(hvuv_service_unregister(&guid, NULL), UV_EINVAL);
  assert_int_equal(hvuv_service_unregister(&guid, "a\tb"), UV_EINVAL);
  assert_int_equal(hvuv_service_unregister(&guid, too_long), UV_ENAMETOOLONG);
}

static void a_list_needs_room_and_a_count(void** state) {
  hvuv_service_t services[1];
  size_t count = 1;

  (void) state;
  assert_int_equal(hvuv_service_list(services, NULL), UV_EINVAL);
  assert_int_equal(hvuv_service_list(NULL, &count), UV_EINVAL);
  assert_int_equal(count, 1);
}

static void a_wrong_text_cannot_be_looked_up(void** state) {
  hvuv_service_t service;
  hvuv_service_t before;

  (void) state;
  memset(&service, 0x5a, sizeof(service));
  before = service;
  assert_int_equal(hvuv_service_lookup(NULL, &service), UV_EINVAL);
  assert_int_equal(hvuv_service_lookup(ID, NULL), UV_EINVAL);
  assert_int_equal(hvuv_service_lookup("", &service), UV_EINVAL);
  assert_int_equal(hvuv_service_lookup("\xed\xa0\x80", &service), UV_EINVAL);
  assert_int_equal(hvuv_service_lookup(too_long, &service), UV_ENAMETOOLONG);
  assert_memory_equal(&service, &before, sizeof(service));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wrong_name_cannot_be_registered),
      cmocka_unit_test(a_wrong_name_cannot_be_unregistered),
      cmocka_unit_test(a_list_needs_room_and_a_count),
      cmocka_unit_test(a_wrong_text_cannot_be_looked_up),
  };

  return cmocka_run_group_tests(tests, prepare, NULL);
}
