/* Services where there is no registry: each function has the one clear code,
 * and gives nothing back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/service.h"

#define ID "8ba03980-174a-43e7-852a-e5ec79a671c7"

static void nothing_can_be_registered(void** state) {
  hvuv_guid_t id;

  (void) state;
  assert_int_equal(hvuv_service_from_port(5000, &id), 0);
  assert_int_equal(hvuv_service_register(&id, "Echo"), UV_ENOTSUP);
  assert_int_equal(hvuv_service_unregister(&id, "Echo"), UV_ENOTSUP);
  assert_int_equal(hvuv_service_unregister(&id, ""), UV_ENOTSUP);
}

static void there_is_no_list_rather_than_an_empty_one(void** state) {
  hvuv_service_t services[2];
  size_t count = 2;

  (void) state;
  assert_int_equal(hvuv_service_list(services, &count), UV_ENOTSUP);
  assert_int_equal(count, 2);
  count = 0;
  assert_int_equal(hvuv_service_list(NULL, &count), UV_ENOTSUP);
}

static void nothing_is_found_by_id_port_or_name(void** state) {
  hvuv_service_t service;
  hvuv_service_t before;

  (void) state;
  memset(&service, 0x5a, sizeof(service));
  before = service;
  assert_int_equal(hvuv_service_lookup(ID, &service), UV_ENOTSUP);
  assert_int_equal(hvuv_service_lookup("5000", &service), UV_ENOTSUP);
  assert_int_equal(hvuv_service_lookup("Echo", &service), UV_ENOTSUP);
  assert_memory_equal(&service, &before, sizeof(service));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_can_be_registered),
      cmocka_unit_test(there_is_no_list_rather_than_an_empty_one),
      cmocka_unit_test(nothing_is_found_by_id_port_or_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
