/* VMs of Windows, by a computecore.dll and a wsl.exe of the test's own, which lie
 * beside it: fake_computecore_win.c and fake_wsl_win.c. Runs under Wine, which has
 * neither, and needs no rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>
#include <uv.h>

#include "vm/systems_win.h"
#include "vm/wsl_win.h"

#define A "11111111-2222-3333-4444-555555555555"
#define B "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static const char systems[] =
    "[{\"Id\":\"" A "\",\"SystemType\":\"VirtualMachine\",\"Name\":\"debian\","
    "\"Owner\":\"VMMS\",\"RuntimeId\":\"" A "\",\"State\":\"Running\"},"
    "{\"Id\":\"" B "\",\"Name\":\"twin\",\"Owner\":\"WSL\",\"State\":"
    "\"Paused\"},{\"Id\":\"" A "\",\"Name\":\"twin\"}]";

static uv_loop_t loop;
static hvuv_vm_req_t req;
static hvuv__systems_source_t original_systems;
static hvuv__wsl_source_t original_wsl;
static wchar_t dll[MAX_PATH];
static wchar_t program[MAX_PATH];

static int called;
static int status;
static hvuv_vm_t first;
static size_t count;

static void on_vms(hvuv_vm_req_t* r, int err) {
  called++;
  status = err;
  count = r->count;
  if (count > 0)
    first = r->vms[0];
}

/* The path of a file beside this program. */
static void beside(const wchar_t* name, wchar_t path[MAX_PATH]) {
  DWORD len = GetModuleFileNameW(NULL, path, MAX_PATH);
  wchar_t* end = wcsrchr(path, L'\\');

  assert_true(len > 0 && len < MAX_PATH && end != NULL);
  assert_true((size_t) (end - path) + wcslen(name) + 2 < MAX_PATH);
  wcscpy(end + 1, name);
}

static int setup(void** state) {
  (void) state;
  called = 0;
  count = 0;
  memset(&req, 0, sizeof(req));
  beside(L"fake_computecore.dll", dll);
  beside(L"fake_wsl.exe", program);
  original_systems = hvuv__systems_source;
  original_wsl = hvuv__wsl_source;
  hvuv__systems_source.dll = dll;
  hvuv__wsl_source.program = program;
  return uv_loop_init(&loop);
}

static int teardown(void** state) {
  (void) state;
  hvuv__systems_source = original_systems;
  hvuv__wsl_source = original_wsl;
  SetEnvironmentVariableA("FAKE_HCS", NULL);
  SetEnvironmentVariableA("FAKE_WSL", NULL);
  return uv_loop_close(&loop);
}

static int find(const char* name) {
  assert_int_equal(hvuv_vm_find(&loop, &req, name, on_vms), 0);
  assert_int_equal(called, 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(called, 1);
  called = 0;
  return status;
}

static int find_in(const char* list, const char* name) {
  assert_true(SetEnvironmentVariableA("FAKE_HCS", list));
  return find(name);
}

static int find_wsl(const char* output) {
  assert_true(SetEnvironmentVariableA("FAKE_WSL", output));
  return find("wsl");
}

static void assert_first(const char* text) {
  hvuv_guid_t id;

  assert_int_equal(hvuv_guid_parse(text, &id), 0);
  assert_true(hvuv_guid_equal(&first.id, &id));
}

static void test_a_vm_is_found_by_its_name_and_by_its_id(void** state) {
  (void) state;
  assert_int_equal(find_in(systems, "debian"), 0);
  assert_int_equal(count, 1);
  assert_first(A);
  assert_string_equal(first.owner, "VMMS");
  assert_int_equal(first.state, HVUV_VM_STATE_RUNNING);
  assert_int_equal(find(B), 0);
  assert_int_equal(first.state, HVUV_VM_STATE_PAUSED);
}

static void test_all_vms_are_listed(void** state) {
  (void) state;
  assert_true(SetEnvironmentVariableA("FAKE_HCS", systems));
  assert_int_equal(hvuv_vm_list(&loop, &req, on_vms), 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(status, 0);
  assert_int_equal(count, 3);
}

static void test_what_keeps_from_a_vm_has_a_code_of_its_own(void** state) {
  (void) state;
  assert_int_equal(find_in(systems, "Debian"), UV_ENOENT);
  assert_int_equal(find_in(systems, "twin"), UV_EMLINK);
  assert_int_equal(find_in("hr:80070005", "debian"), UV_EACCES);
  assert_int_equal(find_in("hr:8037011B", "debian"), UV_EACCES);
  assert_int_equal(find_in("hr:80370114", "debian"), UV_ENOTSUP);
  assert_int_equal(find_in("hr:80370102", "debian"), UV_ENOTSUP);
  assert_int_equal(find_in("hr:8007000E", "debian"), UV_ENOMEM);
  assert_int_equal(find_in("hr:80004005", "debian"), UV_UNKNOWN);
  assert_int_equal(find_in("[{", "debian"), UV_EPROTO);
  assert_int_equal(find_in(" ", "debian"), UV_EPROTO);
}

static void test_a_service_that_does_not_come_back_is_given_up(void** state) {
  (void) state;
  hvuv__systems_source.timeout_ms = 20;
  assert_int_equal(find_in("late", "debian"), UV_ETIMEDOUT);
}

static void test_without_the_dll_names_are_not_known(void** state) {
  (void) state;
  hvuv__systems_source.dll = L"hvuv-no-such.dll";
  assert_int_equal(find("debian"), UV_ENOTSUP);
}

static void test_a_dll_without_the_functions_is_none(void** state) {
  (void) state;
  hvuv__systems_source.dll = L"kernel32.dll";
  assert_int_equal(find("debian"), UV_ENOTSUP);
}

static void test_wsl_is_the_vm_that_wslinfo_names(void** state) {
  (void) state;
  assert_int_equal(find_wsl("{" A "}\n"), 0);
  assert_int_equal(count, 1);
  assert_first(A);
  assert_string_equal(first.name, "wsl");
  assert_string_equal(first.owner, "WSL");
  assert_int_equal(find_wsl("utf16:" B "\r\n"), 0);
  assert_first(B);
}

static void test_what_keeps_from_wsl_has_a_code_of_its_own(void** state) {
  (void) state;
  assert_int_equal(find_wsl("wsl1\n"), UV_ENOTSUP);
  assert_int_equal(find_wsl("utf16:wsl1\r\n"), UV_ENOTSUP);
  assert_int_equal(find_wsl("exit:1"), UV_ENOENT);
  assert_int_equal(find_wsl("exit:0"), UV_EPROTO);
  assert_int_equal(find_wsl("utf16:There is no distribution."), UV_EPROTO);
  beside(L"no-such-wsl.exe", program);
  assert_int_equal(find_wsl(A), UV_ENOENT);
}

static void test_a_wsl_that_does_not_end_is_ended(void** state) {
  (void) state;
  hvuv__wsl_source.timeout_ms = 500;
  assert_int_equal(find_wsl("late"), UV_ETIMEDOUT);
  assert_int_equal(find_wsl("flood"), UV_ETIMEDOUT);
}

static void test_no_handle_is_left(void** state) {
  DWORD before;
  DWORD after;
  int i;

  (void) state;
  assert_int_equal(find_wsl(A), 0);
  GetProcessHandleCount(GetCurrentProcess(), &before);
  for (i = 0; i < 4; i++)
    assert_int_equal(find_wsl(A), 0);
  GetProcessHandleCount(GetCurrentProcess(), &after);
  assert_true(after <= before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_vm_is_found_by_its_name_and_by_its_id),
      TEST(test_all_vms_are_listed),
      TEST(test_what_keeps_from_a_vm_has_a_code_of_its_own),
      TEST(test_a_service_that_does_not_come_back_is_given_up),
      TEST(test_without_the_dll_names_are_not_known),
      TEST(test_a_dll_without_the_functions_is_none),
      TEST(test_wsl_is_the_vm_that_wslinfo_names),
      TEST(test_what_keeps_from_wsl_has_a_code_of_its_own),
      TEST(test_a_wsl_that_does_not_end_is_ended),
      TEST(test_no_handle_is_left),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
