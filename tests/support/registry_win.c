#include "registry_win.h"

#include <sddl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#define PATH_ROOM 64

static hvuv__registry_t original;
static wchar_t path[PATH_ROOM];
static HKEY list;
static int handles; /* open when the test began */

/* Handles are multiples of 4, and low ones are used again, so what leaks is
 * soon found here. Wine 8 has no GetProcessHandleCount() to ask instead. */
#define HANDLES_END 0x1000

static int count_handles(void) {
  uintptr_t handle;
  DWORD flags;
  int count = 0;

  for (handle = 4; handle < HANDLES_END; handle += 4) {
    if (GetHandleInformation((HANDLE) handle, &flags))
      count++;
  }
  return count;
}

/* Owner and everybody: all. */
#define ALL_TO_ALL "D:P(A;OICI;KA;;;WD)"

int registry_setup(void** state) {
  (void) state;
  original = hvuv__registry;
  /* Wine counts its processes from the same number each time. */
  swprintf(path,
           PATH_ROOM,
           L"Software\\hvuv-test-%lu-%lu",
           GetCurrentProcessId(),
           GetTickCount());
  assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER,
                                   path,
                                   0,
                                   NULL,
                                   REG_OPTION_NON_VOLATILE,
                                   KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                                   NULL,
                                   &list,
                                   NULL),
                   ERROR_SUCCESS);
  hvuv__registry.root = HKEY_CURRENT_USER;
  hvuv__registry.path = path;
  handles = count_handles();
  return 0;
}

int registry_teardown(void** state) {
  int leaked = count_handles() - handles;
  LSTATUS status;

  (void) state;
  hvuv__registry = original;
  registry_allow(list, ALL_TO_ALL);
  status = RegDeleteTreeW(list, NULL);
  RegCloseKey(list);
  if (status == ERROR_SUCCESS)
    status = RegDeleteKeyExW(HKEY_CURRENT_USER, path, KEY_WOW64_64KEY, 0);
  if (leaked != 0)
    print_error("%d handles are open still\n", leaked);
  return status == ERROR_SUCCESS && leaked == 0 ? 0 : -1;
}

HKEY registry_list(void) {
  return list;
}

HKEY registry_key(const wchar_t* name) {
  HKEY key;

  assert_int_equal(RegCreateKeyExW(list,
                                   name,
                                   0,
                                   NULL,
                                   REG_OPTION_NON_VOLATILE,
                                   KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                                   NULL,
                                   &key,
                                   NULL),
                   ERROR_SUCCESS);
  return key;
}

void registry_close(HKEY key) {
  RegCloseKey(key);
}

void registry_put(const wchar_t* name,
                  DWORD type,
                  const void* data,
                  size_t bytes) {
  HKEY key = registry_key(name);

  assert_int_equal(
      RegSetValueExW(key, L"ElementName", 0, type, data, (DWORD) bytes),
      ERROR_SUCCESS);
  RegCloseKey(key);
}

void registry_put_name(const wchar_t* name, const wchar_t* element_name) {
  registry_put(
      name, REG_SZ, element_name, (wcslen(element_name) + 1) * sizeof(wchar_t));
}

void registry_delete(const wchar_t* name) {
  assert_int_equal(RegDeleteKeyExW(list, name, KEY_WOW64_64KEY, 0),
                   ERROR_SUCCESS);
}

int registry_has(const wchar_t* name) {
  HKEY key;

  if (RegOpenKeyExW(list, name, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
      ERROR_SUCCESS)
    return 0;
  RegCloseKey(key);
  return 1;
}

int registry_is_named(const wchar_t* name, const wchar_t* element_name) {
  wchar_t data[512];
  DWORD bytes = sizeof(data);
  DWORD values = 0;
  DWORD type = REG_NONE;
  LSTATUS status;
  HKEY key;

  if (RegOpenKeyExW(list, name, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
      ERROR_SUCCESS)
    return 0;
  status = RegQueryInfoKeyW(
      key, NULL, NULL, NULL, NULL, NULL, NULL, &values, NULL, NULL, NULL, NULL);
  if (status == ERROR_SUCCESS)
    status = RegQueryValueExW(
        key, L"ElementName", NULL, &type, (BYTE*) data, &bytes);
  RegCloseKey(key);

  return status == ERROR_SUCCESS && type == REG_SZ && values == 1 &&
         bytes == (wcslen(element_name) + 1) * sizeof(wchar_t) &&
         memcmp(data, element_name, bytes) == 0;
}

void registry_allow(HKEY key, const char* sddl) {
  PSECURITY_DESCRIPTOR descriptor;
  LSTATUS status;

  assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
      sddl, SDDL_REVISION_1, &descriptor, NULL));
  status = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
  LocalFree(descriptor);
  assert_int_equal(status, ERROR_SUCCESS);
}
