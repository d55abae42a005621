/* Services on Windows when others write to the registry too: what they have
 * left there, and what they do while we are at it. Each comes between by a call
 * that the test puts in place of the registry's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "support/between.h"
#include "support/registry_win.h"

#define KEY L"8ba03980-174a-43e7-852a-e5ec79a671c7"
#define ID  "8ba03980-174a-43e7-852a-e5ec79a671c7"

#define ROOM 8

/* U+FFFD in UTF-8. */
#define NO_CHARACTER "\xef\xbf\xbd"

static hvuv_guid_t id;
static hvuv__registry_t real; /* the calls as they were */
static int calls;
static int calls_max; /* the trick is played so often */

static int setup(void** state) {
  int err;

  uv_thread_self(); /* opens an event for good when it is first called */
  err = registry_setup(state);
  real = hvuv__registry;
  calls = 0;
  calls_max = 1;
  return err != 0 ? err : hvuv_guid_parse(ID, &id);
}

/* The name that the list and the look-up both show; NULL if there is none. */
static const char* shown_name(void) {
  static hvuv_service_t service;
  hvuv_service_t listed[1];
  size_t count = 1;

  assert_int_equal(hvuv_service_list(listed, &count), 0);
  if (count == 0) {
    assert_int_equal(hvuv_service_lookup(ID, &service), UV_ENOENT);
    return NULL;
  }
  assert_int_equal(hvuv_service_lookup(ID, &service), 0);
  assert_true(hvuv_guid_equal(&service.id, &id));
  assert_memory_equal(&service, &listed[0], sizeof(service));
  return service.name;
}

/* --- What others have left */

static void a_key_in_any_case_is_the_service(void** state) {
  (void) state;
  registry_put_name(L"8BA03980-174a-43E7-852A-E5ec79a671C7", L"Theirs");
  assert_string_equal(shown_name(), "Theirs");
  assert_int_equal(hvuv_service_register(&id, "Theirs"), 0);
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EEXIST);
  assert_int_equal(hvuv_service_unregister(&id, "Theirs"), 0);
  assert_null(shown_name());
}

static void keys_that_are_no_services_are_left_out(void** state) {
  static const wchar_t* const keys[] = {
      L"{8ba03980-174a-43e7-852a-e5ec79a671c7}",
      L"8ba03980-174a-43e7-852a-e5ec79a671c",
      L"8ba03980-174a-43e7-852a-e5ec79a671c7x",
      L"8ba03980-174a-43e7-852a-e5ec79a671cg",
      L"8ba03980-174a-43e7-852a-e5ec79a671\x0163\x0137",
      L"Echo",
  };
  wchar_t longest[256];
  hvuv_service_t service;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
    registry_put_name(keys[i], L"Name");
  for (i = 0; i < 255; i++)
    longest[i] = L'8';
  longest[255] = L'\0';
  registry_put_name(longest, L"Name");

  assert_null(shown_name());
  assert_int_equal(hvuv_service_lookup("Name", &service), UV_ENOENT);

  /* Nor is one of them taken for the service that it is nearly named after. */
  registry_put_name(KEY, L"Name");
  assert_string_equal(shown_name(), "Name");
  assert_int_equal(hvuv_service_lookup("Name", &service), 0);
}

static void a_value_that_is_no_string_is_no_name(void** state) {
  DWORD number = 0x41004100;

  (void) state;
  registry_close(registry_key(KEY));
  assert_string_equal(shown_name(), "");
  registry_put(KEY, REG_DWORD, &number, sizeof(number));
  assert_string_equal(shown_name(), "");
  registry_put(KEY, REG_EXPAND_SZ, L"%A%", sizeof(L"%A%"));
  assert_string_equal(shown_name(), "");
  registry_put(KEY, REG_MULTI_SZ, L"A\0B\0", sizeof(L"A\0B\0"));
  assert_string_equal(shown_name(), "");
  registry_put(KEY, REG_SZ, NULL, 0);
  assert_string_equal(shown_name(), "");
  registry_put_name(KEY, L"");
  assert_string_equal(shown_name(), "");
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EEXIST);
}

static void a_string_may_end_in_any_way(void** state) {
  (void) state;
  registry_put(KEY, REG_SZ, L"Name", 4 * sizeof(wchar_t)); /* no NUL */
  assert_string_equal(shown_name(), "Name");
  assert_int_equal(hvuv_service_register(&id, "Name"), 0);
  registry_put(KEY, REG_SZ, L"Name", 4 * sizeof(wchar_t) - 1); /* half a unit */
  assert_string_equal(shown_name(), "Nam");
  registry_put(KEY, REG_SZ, L"N\0me", sizeof(L"N\0me"));
  assert_string_equal(shown_name(), "N");
  registry_put(KEY, REG_SZ, L"N", 1);
  assert_string_equal(shown_name(), "");
}

static void a_string_that_is_no_name_is_shown_as_one(void** state) {
  (void) state;
  registry_put_name(KEY,
                    L"a\xd800"
                    L"b");
  assert_string_equal(shown_name(), "a" NO_CHARACTER "b");
  registry_put_name(KEY, L"a\tb");
  assert_string_equal(shown_name(), "a" NO_CHARACTER "b");

  /* What is shown for it is not its name. */
  assert_int_equal(hvuv_service_unregister(&id, "a" NO_CHARACTER "b"),
                   UV_EEXIST);
}

static void a_string_that_is_too_long_is_cut_or_no_name(void** state) {
  static wchar_t string[4096];
  hvuv_service_t service;
  char cut[HVUV_SERVICE_NAME_SIZE];
  size_t i;

  (void) state;
  memset(cut, 'n', sizeof(cut) - 1);
  cut[sizeof(cut) - 1] = '\0';
  for (i = 0; i < 4096; i++)
    string[i] = L'n';

  string[HVUV_SERVICE_NAME_SIZE] = L'\0';
  registry_put_name(KEY, string);
  assert_string_equal(shown_name(), cut);
  assert_int_equal(hvuv_service_lookup(cut, &service), UV_ENOENT);
  assert_int_equal(hvuv_service_register(&id, cut), UV_EEXIST);
  assert_int_equal(hvuv_service_unregister(&id, cut), UV_EEXIST);

  string[HVUV_SERVICE_NAME_SIZE] = L'n';
  string[HVUV__ELEMENT_NAME_ROOM - 1] = L'\0';
  registry_put_name(KEY, string);
  assert_string_equal(shown_name(), cut);

  string[HVUV__ELEMENT_NAME_ROOM - 1] = L'n';
  string[HVUV__ELEMENT_NAME_ROOM] = L'\0';
  registry_put_name(KEY, string);
  assert_string_equal(shown_name(), "");
}

static void a_key_that_may_not_be_read_is_a_service_all_the_same(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;
  HKEY key;

  (void) state;
  registry_put_name(KEY, L"Secret");
  key = registry_key(KEY);
  registry_allow(key, "D:P(D;;KR;;;WD)(A;;KA;;;WD)");

  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 1);
  assert_true(hvuv_guid_equal(&services[0].id, &id));
  assert_string_equal(services[0].name, "");
  assert_int_equal(hvuv_service_lookup(ID, &services[0]), UV_EACCES);
  assert_int_equal(hvuv_service_lookup("Secret", &services[0]), UV_ENOENT);
  assert_int_equal(hvuv_service_register(&id, "Secret"), UV_EACCES);
  assert_int_equal(hvuv_service_unregister(&id, "Secret"), UV_EACCES);

  registry_allow(key, "D:P(A;;KA;;;WD)");
  registry_close(key);
}

static void a_list_that_may_not_be_read_is_no_empty_one(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;

  (void) state;
  registry_put_name(KEY, L"Secret");
  registry_allow(registry_list(), "D:P(D;;KR;;;WD)(A;;KA;;;WD)");
  assert_int_equal(hvuv_service_list(services, &count), UV_EACCES);
  assert_int_equal(count, ROOM);
  assert_int_equal(hvuv_service_lookup("Secret", &services[0]), UV_EACCES);
  assert_int_equal(hvuv_service_lookup(ID, &services[0]), UV_EACCES);
}

/* --- Registering, with others at it */

static LSTATUS fail_to_name(HKEY key, const void* units, DWORD bytes) {
  (void) key;
  (void) units;
  (void) bytes;
  calls++;
  return ERROR_DISK_FULL;
}

static void a_key_that_gets_no_name_is_removed(void** state) {
  (void) state;
  hvuv__registry.set_name = fail_to_name;
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_ENOSPC);
  assert_int_equal(calls, 1);
  assert_false(registry_has(KEY));
}

static const wchar_t* theirs;

/* Between our look and our creating. */
static LSTATUS create_behind_them(HKEY list,
                                  const wchar_t* name,
                                  HKEY* key,
                                  DWORD* disposition) {
  if (calls++ < calls_max)
    registry_put_name(name, theirs);
  return real.create_key(list, name, key, disposition);
}

static void the_first_of_two_gets_its_name(void** state) {
  (void) state;
  hvuv__registry.create_key = create_behind_them;
  theirs = L"Theirs";
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EEXIST);
  assert_true(registry_is_named(KEY, L"Theirs"));
  assert_int_equal(calls, 1);
}

static void two_that_want_the_same_are_both_content(void** state) {
  (void) state;
  hvuv__registry.create_key = create_behind_them;
  theirs = L"Echo";
  assert_int_equal(hvuv_service_register(&id, "Echo"), 0);
  assert_true(registry_is_named(KEY, L"Echo"));
  assert_int_equal(calls, 1);
}

/* Between another process's creating and its naming. */
static void name_it(void) {
  if (++calls == 3)
    registry_put_name(KEY, theirs);
}

static void an_empty_key_is_given_time_to_get_its_name(void** state) {
  (void) state;
  hvuv__registry.wait = name_it;
  theirs = L"Echo";
  registry_close(registry_key(KEY));
  assert_int_equal(hvuv_service_register(&id, "Echo"), 0);
  assert_int_equal(calls, 3);

  calls = 0;
  theirs = L"Theirs";
  registry_delete(KEY);
  registry_close(registry_key(KEY));
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EEXIST);
  assert_true(registry_is_named(KEY, L"Theirs"));
  assert_int_equal(calls, 3);
}

static void wait_for_nothing(void) {
  calls++;
}

static void an_empty_key_is_somebody_s_in_the_end(void** state) {
  (void) state;
  hvuv__registry.wait = wait_for_nothing;
  registry_close(registry_key(KEY));
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EEXIST);
  assert_between(calls, 10, 1000);
  assert_true(registry_has(KEY));
  assert_int_equal(hvuv_service_unregister(&id, ""), 0);
}

/* Between our creating and our naming. */
static LSTATUS name_behind_a_delete(HKEY key, const void* units, DWORD bytes) {
  if (calls++ < calls_max)
    registry_delete(KEY);
  return real.set_name(key, units, bytes);
}

static void a_key_deleted_before_it_is_named_is_made_again(void** state) {
  (void) state;
  hvuv__registry.set_name = name_behind_a_delete;
  assert_int_equal(hvuv_service_register(&id, "Ours"), 0);
  assert_int_equal(calls, 2);
  assert_true(registry_is_named(KEY, L"Ours"));
}

static void registering_gives_up_on_a_key_that_never_stays(void** state) {
  (void) state;
  calls_max = 100000;
  hvuv__registry.set_name = name_behind_a_delete;
  assert_int_equal(hvuv_service_register(&id, "Ours"), UV_EAGAIN);
  assert_between(calls, 2, 1000);
  assert_false(registry_has(KEY));
}

static LSTATUS delete_behind_them(HKEY list, const wchar_t* name) {
  registry_delete(name);
  return real.delete_key(list, name);
}

static void unregistering_what_is_just_gone_says_so(void** state) {
  (void) state;
  assert_int_equal(hvuv_service_register(&id, "Ours"), 0);
  hvuv__registry.delete_key = delete_behind_them;
  assert_int_equal(hvuv_service_unregister(&id, "Ours"), UV_ENOENT);
}

/* --- Listing, with others at it */

static const wchar_t* const keys[] = {
    L"00000001-facb-11e6-bd58-64006a7986d3",
    L"00000002-facb-11e6-bd58-64006a7986d3",
    L"00000003-facb-11e6-bd58-64006a7986d3",
    L"00000004-facb-11e6-bd58-64006a7986d3",
};

static void put_keys(void) {
  size_t i;

  for (i = 0; i < 4; i++)
    registry_put_name(keys[i], L"Name");
}

/* The first key goes when the list was read half: those behind it move up. */
static LSTATUS enum_and_move(HKEY list,
                             DWORD index,
                             wchar_t* name,
                             DWORD* len) {
  if (index == 2 && calls++ < calls_max)
    registry_delete(keys[0]);
  return real.enum_key(list, index, name, len);
}

static void keys_that_stay_are_listed_whatever_goes(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;
  uint32_t port;
  size_t i;

  (void) state;
  put_keys();
  hvuv__registry.enum_key = enum_and_move;
  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_equal(count, 3);
  for (i = 0; i < 3; i++) {
    assert_int_equal(hvuv_service_to_port(&services[i].id, &port), 0);
    assert_int_equal(port, i + 2);
  }
}

/* In every pass the last key goes between its being named and being read. */
static LSTATUS enum_and_delete(HKEY list,
                               DWORD index,
                               wchar_t* name,
                               DWORD* len) {
  LSTATUS status;

  if (index == 0)
    registry_put_name(KEY, L"Name");
  status = real.enum_key(list, index, name, len);
  if (status == ERROR_SUCCESS && name[0] == KEY[0]) {
    registry_delete(KEY);
    calls++;
  }
  return status;
}

static void a_key_that_goes_while_it_is_read_is_not_listed(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;

  (void) state;
  put_keys();
  hvuv__registry.enum_key = enum_and_delete;
  assert_int_equal(hvuv_service_list(services, &count), 0);
  assert_int_not_equal(calls, 0);
  assert_int_equal(count, 4);
}

/* Another key comes whenever the list was read. */
static LSTATUS enum_and_grow(HKEY list,
                             DWORD index,
                             wchar_t* name,
                             DWORD* len) {
  wchar_t extra[] = L"00000000-facb-11e6-bd58-64006a7986d4";

  if (index == 0 && calls < calls_max) {
    extra[6] = (wchar_t) (L'0' + calls / 10);
    extra[7] = (wchar_t) (L'0' + calls % 10);
    calls++;
    registry_put_name(extra, L"Name");
  }
  return real.enum_key(list, index, name, len);
}

static void a_list_that_never_holds_still_is_read_all_the_same(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;

  (void) state;
  put_keys();
  calls_max = 99;
  hvuv__registry.enum_key = enum_and_grow;
  assert_int_equal(hvuv_service_list(services, &count), UV_ENOBUFS);
  assert_between(calls, 2, 98);
  assert_int_equal(count, 4 + calls);
}

static LSTATUS enum_and_fail(HKEY list,
                             DWORD index,
                             wchar_t* name,
                             DWORD* len) {
  if (index == 2)
    return ERROR_NOT_ENOUGH_MEMORY;
  return real.enum_key(list, index, name, len);
}

static void a_list_that_cannot_be_read_to_its_end_is_none(void** state) {
  hvuv_service_t services[ROOM];
  size_t count = ROOM;

  (void) state;
  put_keys();
  hvuv__registry.enum_key = enum_and_fail;
  assert_int_equal(hvuv_service_list(services, &count), UV_ENOMEM);
  assert_int_equal(count, ROOM);
  assert_int_equal(hvuv_service_lookup("Name", services), UV_ENOMEM);
}

/* --- All at once */

#define THREADS 4
#define ROUNDS  25

static uv_barrier_t barrier;
static int results[THREADS];

static void on_thread(void* arg) {
  int* result = arg;
  int round;
  int err;

  for (round = 0; round < ROUNDS; round++) {
    uv_barrier_wait(&barrier);
    err = hvuv_service_register(&id, "Echo");
    if (err != 0)
      *result = err;
    uv_barrier_wait(&barrier);
  }
}

static void threads_may_register_the_same_service_at_once(void** state) {
  uv_thread_t threads[THREADS];
  int unregistered = 0;
  int i;

  (void) state;
  assert_int_equal(uv_barrier_init(&barrier, THREADS + 1), 0);
  for (i = 0; i < THREADS; i++) {
    results[i] = 0;
    assert_int_equal(uv_thread_create(&threads[i], on_thread, &results[i]), 0);
  }
  for (i = 0; i < ROUNDS; i++) {
    uv_barrier_wait(&barrier);
    uv_barrier_wait(&barrier);
    if (hvuv_service_unregister(&id, "Echo") == 0)
      unregistered++;
  }
  for (i = 0; i < THREADS; i++)
    uv_thread_join(&threads[i]);
  uv_barrier_destroy(&barrier);

  for (i = 0; i < THREADS; i++)
    assert_int_equal(results[i], 0);
  assert_int_equal(unregistered, ROUNDS);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, registry_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_key_in_any_case_is_the_service),
      CASE(keys_that_are_no_services_are_left_out),
      CASE(a_value_that_is_no_string_is_no_name),
      CASE(a_string_may_end_in_any_way),
      CASE(a_string_that_is_no_name_is_shown_as_one),
      CASE(a_string_that_is_too_long_is_cut_or_no_name),
      CASE(a_key_that_may_not_be_read_is_a_service_all_the_same),
      CASE(a_list_that_may_not_be_read_is_no_empty_one),
      CASE(a_key_that_gets_no_name_is_removed),
      CASE(the_first_of_two_gets_its_name),
      CASE(two_that_want_the_same_are_both_content),
      CASE(an_empty_key_is_given_time_to_get_its_name),
      CASE(an_empty_key_is_somebody_s_in_the_end),
      CASE(a_key_deleted_before_it_is_named_is_made_again),
      CASE(registering_gives_up_on_a_key_that_never_stays),
      CASE(unregistering_what_is_just_gone_says_so),
      CASE(keys_that_stay_are_listed_whatever_goes),
      CASE(a_key_that_goes_while_it_is_read_is_not_listed),
      CASE(a_list_that_never_holds_still_is_read_all_the_same),
      CASE(a_list_that_cannot_be_read_to_its_end_is_none),
      CASE(threads_may_register_the_same_service_at_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
