/* Services on Windows, in a list of the test's own: what is registered is
 * found, and what a user may rely on. Runs under Wine and needs no rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "support/between.h"
#include "support/registry_win.h"

/* Port 5000, and a service that stands for none. */
#define PORT_KEY  L"00001388-facb-11e6-bd58-64006a7986d3"
#define PORT_TEXT "00001388-facb-11e6-bd58-64006a7986d3"
#define GUID_KEY  L"8ba03980-174a-43e7-852a-e5ec79a671c7"
#define GUID_TEXT "8ba03980-174a-43e7-852a-e5ec79a671c7"

#define ROOM 8

static hvuv_guid_t guid(const char* text) {
  hvuv_guid_t id;

  assert_int_equal(hvuv_guid_parse(text, &id), 0);
  return id;
}

static int add(const char* id, const char* name) {
  hvuv_guid_t service = guid(id);

  return hvuv_service_register(&service, name);
}

static int drop(const char* id, const char* name) {
  hvuv_guid_t service = guid(id);

  return hvuv_service_unregister(&service, name);
}

static void assert_found(const char* text, const char* id, const char* name) {
  hvuv_guid_t expected = guid(id);
  hvuv_service_t service;

  assert_int_equal(hvuv_service_lookup(text, &service), 0);
  assert_true(hvuv_guid_equal(&service.id, &expected));
  assert_string_equal(service.name, name);
}

static void assert_not_found(const char* text, int code) {
  hvuv_service_t service;
  hvuv_service_t before;

  memset(&service, 0x5a, sizeof(service));
  before = service;
  assert_int_equal(hvuv_service_lookup(text, &service), code);
  assert_memory_equal(&service, &before, sizeof(service));
}

/* --- Register */

static void a_service_is_registered_as_hyper_v_reads_it(void** state) {
  (void) state;
  assert_int_equal(add("{8BA03980-174A-43E7-852A-E5EC79A671C7}", "Echo"), 0);
  assert_true(registry_is_named(GUID_KEY, L"Echo"));
}

static void registering_again_needs_no_rights(void** state) {
  (void) state;
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  registry_allow(registry_list(), "D:P(A;CI;KR;;;WD)");
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
}

static void another_name_is_not_overwritten(void** state) {
  (void) state;
  registry_put_name(GUID_KEY, L"Theirs");
  assert_int_equal(add(GUID_TEXT, "Ours"), UV_EEXIST);
  assert_int_equal(add(GUID_TEXT, "theirs"), UV_EEXIST);
  assert_int_equal(add(GUID_TEXT, "Their"), UV_EEXIST);
  assert_int_equal(add(GUID_TEXT, "Theirs2"), UV_EEXIST);
  assert_true(registry_is_named(GUID_KEY, L"Theirs"));
}

static void any_name_comes_back_as_it_was(void** state) {
  static const char name[] = "\xc3\x89"
                             "cho \xe2\x82\xac \xf0\x9f\x98\x80";
  char longest[HVUV_SERVICE_NAME_SIZE];

  (void) state;
  assert_int_equal(add(GUID_TEXT, name), 0);
  assert_true(registry_is_named(GUID_KEY,
                                L"\x00c9"
                                L"cho \x20ac \xd83d\xde00"));
  assert_int_equal(add(GUID_TEXT, name), 0);
  assert_found(name, GUID_TEXT, name);
  assert_int_equal(drop(GUID_TEXT, name), 0);

  memset(longest, 'n', sizeof(longest) - 1);
  longest[sizeof(longest) - 1] = '\0';
  assert_int_equal(add(GUID_TEXT, longest), 0);
  assert_found(GUID_TEXT, GUID_TEXT, longest);
  assert_found(longest, GUID_TEXT, longest);
}

static LSTATUS not_created(HKEY list,
                           const wchar_t* name,
                           HKEY* key,
                           DWORD* made) {
  (void) list;
  (void) name;
  (void) key;
  (void) made;
  return ERROR_ACCESS_DENIED;
}

static void registering_without_rights_says_so(void** state) {
  (void) state;
  registry_allow(registry_list(), "D:P(A;CI;KR;;;WD)");
  assert_int_equal(add(GUID_TEXT, "Echo"), UV_EACCES);
  assert_false(registry_has(GUID_KEY));

  registry_allow(registry_list(), "D:P(A;CI;KA;;;WD)");
  hvuv__registry.create_key = not_created;
  assert_int_equal(add(GUID_TEXT, "Echo"), UV_EACCES);
}

static void without_hyper_v_there_is_no_list_to_be_on(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;

  (void) state;
  hvuv__registry.path = L"Software\\hvuv-test-not-there";
  assert_int_equal(add(GUID_TEXT, "Echo"), UV_ENOENT);
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_ENOENT);
  assert_not_found(GUID_TEXT, UV_ENOENT);
  assert_not_found("Echo", UV_ENOENT);
  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 0);
}

/* --- Unregister */

static void a_service_is_unregistered_once(void** state) {
  (void) state;
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_int_equal(drop(GUID_TEXT, "Echo"), 0);
  assert_false(registry_has(GUID_KEY));
  assert_true(registry_is_named(PORT_KEY, L"Echo"));
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_ENOENT);
}

static void another_name_is_not_removed(void** state) {
  (void) state;
  registry_put_name(GUID_KEY, L"Theirs");
  assert_int_equal(drop(GUID_TEXT, "Ours"), UV_EEXIST);
  assert_int_equal(drop(GUID_TEXT, "THEIRS"), UV_EEXIST);
  assert_int_equal(drop(GUID_TEXT, ""), UV_EEXIST);
  assert_true(registry_is_named(GUID_KEY, L"Theirs"));
}

static void a_key_that_others_use_too_is_not_removed(void** state) {
  DWORD number = 1;
  HKEY key;
  HKEY sub;

  (void) state;
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  key = registry_key(GUID_KEY);
  RegSetValueExW(key, L"More", 0, REG_DWORD, (BYTE*) &number, sizeof(number));
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_ENOTEMPTY);
  RegDeleteValueW(key, L"More");

  RegCreateKeyW(key, L"More", &sub);
  RegCloseKey(sub);
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_ENOTEMPTY);
  RegDeleteKeyW(key, L"More");
  registry_close(key);
  assert_true(registry_is_named(GUID_KEY, L"Echo"));
  assert_int_equal(drop(GUID_TEXT, "Echo"), 0);
}

static void a_key_without_a_name_is_removed_by_no_name(void** state) {
  DWORD number = 1;

  (void) state;
  registry_close(registry_key(GUID_KEY));
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_EEXIST);
  assert_int_equal(drop(GUID_TEXT, ""), 0);
  assert_false(registry_has(GUID_KEY));

  registry_put(GUID_KEY, REG_DWORD, &number, sizeof(number));
  assert_int_equal(drop(GUID_TEXT, ""), UV_ENOTEMPTY);
  assert_true(registry_has(GUID_KEY));
}

/* Wine 8 lets everybody delete a key that everybody may read. */
static LSTATUS not_deleted(HKEY list, const wchar_t* name) {
  (void) list;
  (void) name;
  return ERROR_ACCESS_DENIED;
}

static void unregistering_without_rights_says_so(void** state) {
  (void) state;
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  hvuv__registry.delete_key = not_deleted;
  assert_int_equal(drop(GUID_TEXT, "Echo"), UV_EACCES);
  assert_true(registry_is_named(GUID_KEY, L"Echo"));
}

/* --- Look up */

static void a_service_is_found_by_id_port_and_name(void** state) {
  (void) state;
  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_int_equal(add(GUID_TEXT, "Other"), 0);

  assert_found(PORT_TEXT, PORT_TEXT, "Echo");
  assert_found("{00001388-FACB-11E6-BD58-64006A7986D3}", PORT_TEXT, "Echo");
  assert_found("5000", PORT_TEXT, "Echo");
  assert_found("0x1388", PORT_TEXT, "Echo");
  assert_found("Echo", PORT_TEXT, "Echo");
  assert_found("Other", GUID_TEXT, "Other");

  assert_not_found("echo", UV_ENOENT);
  assert_not_found("Ech", UV_ENOENT);
  assert_not_found("5001", UV_ENOENT);
  assert_not_found("8ba03980-174a-43e7-852a-e5ec79a671c8", UV_ENOENT);
}

static void a_number_is_a_port_and_never_a_name(void** state) {
  (void) state;
  assert_int_equal(add(GUID_TEXT, "5000"), 0);
  assert_not_found("5000", UV_ENOENT);
  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_found("5000", PORT_TEXT, "Echo");

  /* No port is so large, so this one can only be a name. */
  assert_int_equal(drop(GUID_TEXT, "5000"), 0);
  assert_int_equal(add(GUID_TEXT, "2147483648"), 0);
  assert_found("2147483648", GUID_TEXT, "2147483648");
}

static void a_name_of_several_services_is_ambiguous(void** state) {
  (void) state;
  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  assert_not_found("Echo", UV_EMLINK);
  assert_found("5000", PORT_TEXT, "Echo");
}

/* --- List */

static void the_list_holds_each_service_once(void** state) {
  hvuv_guid_t port = guid(PORT_TEXT);
  hvuv_service_t services[ROOM];
  size_t count = ROOM;
  size_t first;

  (void) state;
  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_int_equal(add(GUID_TEXT, "Other"), 0);

  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 2);
  first = hvuv_guid_equal(&services[0].id, &port) ? 0 : 1;
  assert_string_equal(services[first].name, "Echo");
  assert_string_equal(services[1 - first].name, "Other");
}

static void a_list_that_does_not_fit_tells_how_many_there_are(void** state) {
  hvuv_service_t services[3];
  size_t count = 0;

  (void) state;
  assert_int_equal(hvuv_service_list(NULL, &count), 0);
  assert_int_equal(count, 0);

  assert_int_equal(add(PORT_TEXT, "Echo"), 0);
  assert_int_equal(add(GUID_TEXT, "Echo"), 0);
  assert_int_equal(hvuv_service_list(NULL, &count), UV_ENOBUFS);
  assert_int_equal(count, 2);

  memset(services, 0x5a, sizeof(services));
  count = 1;
  assert_int_equal(hvuv_service_list(services, &count), UV_ENOBUFS);
  assert_int_equal(count, 2);
  assert_string_equal(services[0].name, "Echo");
  assert_int_equal(services[1].name[0], 0x5a);

  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 2);
  assert_int_equal(services[2].name[0], 0x5a);
}

static void a_thousand_services_are_listed_and_found(void** state) {
  static hvuv_service_t services[1000];
  static char seen[1000];
  hvuv_guid_t id;
  char name[16];
  size_t count = 1000;
  uint32_t port;
  uint32_t i;

  (void) state;
  for (i = 0; i < 1000; i++) {
    assert_int_equal(hvuv_service_from_port(i, &id), 0);
    snprintf(name, sizeof(name), "Service %u", (unsigned int) i);
    assert_int_equal(hvuv_service_register(&id, name), 0);
  }

  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 1000);
  for (i = 0; i < 1000; i++) {
    assert_int_equal(hvuv_service_to_port(&services[i].id, &port), 0);
    assert_between(port, 0, 999);
    snprintf(name, sizeof(name), "Service %u", (unsigned int) port);
    assert_string_equal(services[i].name, name);
    seen[port] = 1;
  }
  assert_null(memchr(seen, 0, sizeof(seen)));
  assert_found(
      "Service 613", "00000265-facb-11e6-bd58-64006a7986d3", "Service 613");
}

#define CASE(f)                                                                \
  cmocka_unit_test_setup_teardown(f, registry_setup, registry_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_service_is_registered_as_hyper_v_reads_it),
      CASE(registering_again_needs_no_rights),
      CASE(another_name_is_not_overwritten),
      CASE(any_name_comes_back_as_it_was),
      CASE(registering_without_rights_says_so),
      CASE(without_hyper_v_there_is_no_list_to_be_on),
      CASE(a_service_is_unregistered_once),
      CASE(another_name_is_not_removed),
      CASE(a_key_that_others_use_too_is_not_removed),
      CASE(a_key_without_a_name_is_removed_by_no_name),
      CASE(unregistering_without_rights_says_so),
      CASE(a_service_is_found_by_id_port_and_name),
      CASE(a_number_is_a_port_and_never_a_name),
      CASE(a_name_of_several_services_is_ambiguous),
      CASE(the_list_holds_each_service_once),
      CASE(a_list_that_does_not_fit_tells_how_many_there_are),
      CASE(a_thousand_services_are_listed_and_found),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
