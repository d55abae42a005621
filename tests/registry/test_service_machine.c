/*
 * test_service_machine [--this-machine]
 *
 * Services in the list that Hyper-V itself reads: the right key of the machine.
 * Runs under Wine, whose registry nobody else uses, and on a real Windows only
 * when asked to; then as an administrator. It adds two services of its own and
 * takes them away again; a list that it had to make stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/service.h"

/* Written out, so that a slip in the library's own spelling is seen. */
#define LIST                                                                   \
  "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\"          \
  "GuestCommunicationServices"

#define SKIPPED 77

static hvuv_guid_t ids[2];
static char names[2][64];

static int is_wine(void) {
  HMODULE ntdll = GetModuleHandleA("ntdll.dll");

  return ntdll != NULL && GetProcAddress(ntdll, "wine_get_version") != NULL;
}

/* Of this process, for several may run at once. */
static void choose_ids(void) {
  static const hvuv_guid_t base = {
      0, 0x6f9a, 0x4c07, {0x9c, 0x1c, 0x2d, 0x3b, 0x1f, 0xd0, 0xa3, 0x00}};
  unsigned char i;

  for (i = 0; i < 2; i++) {
    ids[i] = base;
    ids[i].data1 = (uint32_t) GetCurrentProcessId();
    ids[i].data4[7] = i;
    snprintf(names[i],
             sizeof(names[i]),
             "hvuv test %lu %u",
             (unsigned long) GetCurrentProcessId(),
             (unsigned int) i);
  }
}

static int teardown(void** state) {
  int i;

  (void) state;
  for (i = 0; i < 2; i++)
    hvuv_service_unregister(&ids[i], names[i]);
  return 0;
}

static int setup(void** state) {
  LSTATUS status;
  HKEY key;

  (void) state;
  choose_ids();
  teardown(state); /* of a process of this number that died */
  status = RegCreateKeyExA(HKEY_LOCAL_MACHINE,
                           LIST,
                           0,
                           NULL,
                           REG_OPTION_NON_VOLATILE,
                           KEY_READ | KEY_WOW64_64KEY,
                           NULL,
                           &key,
                           NULL);
  if (status != ERROR_SUCCESS)
    return -1;
  RegCloseKey(key);
  return 0;
}

static void read_element_name(const hvuv_guid_t* id, char* name, DWORD size) {
  char path[sizeof(LIST) + HVUV_GUID_STRLEN] = LIST "\\";

  hvuv_guid_format(id, path + sizeof(LIST));
  assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE,
                                path,
                                "ElementName",
                                RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
                                NULL,
                                name,
                                &size),
                   ERROR_SUCCESS);
}

static size_t count_own(void) {
  hvuv_service_t* services = NULL;
  size_t count = 0;
  size_t own = 0;
  size_t i;
  int tries;
  int err = UV_ENOBUFS;

  for (tries = 0; tries < 10 && err == UV_ENOBUFS; tries++) {
    free(services);
    services = calloc(count + 1, sizeof(*services));
    assert_non_null(services);
    err = hvuv_service_list(services, &count);
  }
  assert_int_equal(err, 0);

  for (i = 0; i < count; i++) {
    if (hvuv_guid_equal(&services[i].id, &ids[0]) ||
        hvuv_guid_equal(&services[i].id, &ids[1]))
      own++;
  }
  free(services);
  return own;
}

static void services_come_and_go_where_hyper_v_reads_them(void** state) {
  hvuv_service_t service;
  char name[64];
  int i;

  (void) state;
  assert_int_equal(count_own(), 0);
  for (i = 0; i < 2; i++) {
    assert_int_equal(hvuv_service_register(&ids[i], names[i]), 0);
    read_element_name(&ids[i], name, sizeof(name));
    assert_string_equal(name, names[i]);
    assert_int_equal(hvuv_service_lookup(names[i], &service), 0);
    assert_true(hvuv_guid_equal(&service.id, &ids[i]));
  }
  assert_int_equal(count_own(), 2);

  assert_int_equal(hvuv_service_unregister(&ids[0], names[1]), UV_EEXIST);
  assert_int_equal(count_own(), 2);
  for (i = 0; i < 2; i++)
    assert_int_equal(hvuv_service_unregister(&ids[i], names[i]), 0);
  assert_int_equal(count_own(), 0);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(services_come_and_go_where_hyper_v_reads_them),
  };

  if (!is_wine() && (argc < 2 || strcmp(argv[1], "--this-machine") != 0)) {
    printf("skipped: this is not Wine, and a real machine's services are left "
           "alone. To test with them, run this as an administrator with "
           "--this-machine.\n");
    return SKIPPED;
  }
  return cmocka_run_group_tests(tests, setup, teardown);
}
