/*
 * The AF_HYPERV EMULATION between processes: this program starts itself again,
 * with the name of a part to play, as a VM or as another process of the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hyperv_emulation_share.h"
#include "hyperv_emulation_tools.h"

#include <cmocka.h>
#include "support/between.h"

#define SERVICE "5f1c0d5e-3f4b-4c43-9c0b-0b6a3d1b7a11"
#define VM      "11111111-aaaa-4bbb-8ccc-000000000011"

/* --- The other process */

/* For how long it lives if nobody ends it. */
#define LIFE_MS 30000

/* Waits until the peer has closed. */
static void wait_for_end(SOCKET sock) {
  DWORD limit_ms = LIFE_MS;
  char byte;

  setsockopt(
      sock, SOL_SOCKET, SO_RCVTIMEO, (const char*) &limit_ms, sizeof(limit_ms));
  while (recv(sock, &byte, 1, 0) > 0) {
  }
  closesocket(sock);
}

static int play_caller(void) {
  SOCKET sock = hv_socket();
  emulation_name_t own;

  if (hv_connect(sock, HV_PARENT, SERVICE) != 0 || hv_local(sock, &own) != 0)
    return 1;
  if (send(sock, (const char*) &own, sizeof(own), 0) != sizeof(own))
    return 2;
  wait_for_end(sock);
  return 0;
}

static int play_listener(const char* at, HANDLE ready) {
  SOCKET server = hv_listener(at, SERVICE);
  emulation_name_t peer;
  SOCKET sock;
  u_long no = 0;

  SetEvent(ready);
  sock = hv_accept(server, &peer);
  if (sock == INVALID_SOCKET)
    return 1;
  ioctlsocket(sock, (long) FIONBIO, &no);
  if (send(sock, (const char*) &peer, sizeof(peer), 0) != sizeof(peer))
    return 2;
  wait_for_end(sock);
  closesocket(server);
  return 0;
}

static int play_holder(HANDLE ready) {
  if (emulation_share_lock() == NULL)
    return 1;
  SetEvent(ready);
  Sleep(LIFE_MS);
  return 2;
}

static int play(const char* part, HANDLE ready) {
  if (strcmp(part, "caller") == 0)
    return play_caller();
  if (strcmp(part, "guest listener") == 0)
    return play_listener(HV_WILDCARD, ready);
  if (strcmp(part, "host listener") == 0)
    return play_listener(HV_LOOPBACK, ready);
  if (strcmp(part, "holder") == 0)
    return play_holder(ready);
  if (strcmp(part, "starter") == 0)
    return hyperv_emulation_vm_start(VM, HYPERV_EMULATION_WINDOWS_VM);
  return 99;
}

/* --- Starting and ending it */

typedef struct other_s {
  HANDLE process, ready;
} other_t;

static void start(other_t* other, const char* part, const char* vm) {
  SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
  PROCESS_INFORMATION process;
  STARTUPINFOA startup;
  char program[MAX_PATH];
  char line[MAX_PATH + 100];

  memset(&startup, 0, sizeof(startup));
  startup.cb = sizeof(startup);
  other->ready = CreateEventA(&inheritable, TRUE, FALSE, NULL);
  assert_non_null(other->ready);
  assert_between(GetModuleFileNameA(NULL, program, MAX_PATH), 1, MAX_PATH - 1);
  snprintf(line,
           sizeof(line),
           "\"%s\" \"%s\" %llu",
           program,
           part,
           (unsigned long long) (uintptr_t) other->ready);
  hyperv_emulation_live_in(vm);
  assert_true(CreateProcessA(
      NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process));
  hyperv_emulation_live_in(NULL);
  CloseHandle(process.hThread);
  other->process = process.hProcess;
}

static void wait_until_ready(const other_t* other) {
  HANDLE either[2];

  either[0] = other->ready;
  either[1] = other->process;
  assert_int_equal(WaitForMultipleObjects(2, either, FALSE, 30000),
                   WAIT_OBJECT_0);
}

static void forget(const other_t* other) {
  CloseHandle(other->process);
  CloseHandle(other->ready);
}

static void expect_good_end(const other_t* other) {
  DWORD code = 1;

  assert_int_equal(WaitForSingleObject(other->process, 30000), WAIT_OBJECT_0);
  assert_true(GetExitCodeProcess(other->process, &code));
  assert_int_equal(code, 0);
  forget(other);
}

static void kill_it(const other_t* other) {
  assert_true(TerminateProcess(other->process, 1));
  assert_int_equal(WaitForSingleObject(other->process, 30000), WAIT_OBJECT_0);
  forget(other);
}

static void receive(SOCKET sock, emulation_name_t* name) {
  int got = 0;
  int n;
  u_long no = 0;

  ioctlsocket(sock, (long) FIONBIO, &no);
  while (got < (int) sizeof(*name)) {
    n = recv(sock, (char*) name + got, (int) sizeof(*name) - got, 0);
    assert_true(n > 0);
    got += n;
  }
}

static int setup(void** state) {
  (void) state;
  return hyperv_emulation_begin() ||
         hyperv_emulation_service_register(SERVICE) ||
         hyperv_emulation_live_in(NULL);
}

static int teardown(void** state) {
  unsigned int left = hv_close_all();

  (void) state;
  hyperv_emulation_end();
  return left == 0 ? 0 : -1;
}

static int dial(const char* vm, emulation_name_t* own) {
  SOCKET sock = hv_nonblocking();
  int code;

  hv_set(sock, 1, 50);
  code = hv_dial(sock, vm, SERVICE);
  hv_local(sock, own);
  closesocket(sock);
  return code;
}

/* --- The tests */

static void test_guest_calls_its_host(void** state) {
  SOCKET server = hv_listener(HV_CHILDREN, SERVICE);
  emulation_name_t peer, told;
  emulation_name_t vm = hv_name(VM, SERVICE);
  SOCKET sock;
  other_t guest;

  (void) state;
  start(&guest, "caller", VM);
  sock = hv_accept(server, &peer);
  assert_true(sock != INVALID_SOCKET);
  receive(sock, &told);
  assert_memory_equal(&peer.vm, &vm.vm, sizeof(GUID));
  assert_memory_equal(&peer.service, &told.service, sizeof(GUID));
  closesocket(sock);
  closesocket(server);
  expect_good_end(&guest);
}

static void test_host_calls_a_guest(void** state) {
  SOCKET sock = hv_nonblocking();
  emulation_name_t own, told;
  other_t guest;

  (void) state;
  start(&guest, "guest listener", VM);
  wait_until_ready(&guest);
  assert_int_equal(hv_dial(sock, VM, SERVICE), 0);
  assert_int_equal(hv_local(sock, &own), 0);
  receive(sock, &told);
  assert_memory_equal(&told.vm, &emulation_parent, sizeof(GUID));
  assert_memory_equal(&told.service, &own.service, sizeof(GUID));
  closesocket(sock);
  expect_good_end(&guest);
}

static void test_two_processes_of_the_host(void** state) {
  SOCKET sock = hv_nonblocking();
  SOCKET same = hv_socket();
  emulation_name_t own, told;
  other_t other;

  (void) state;
  start(&other, "host listener", NULL);
  wait_until_ready(&other);
  assert_int_equal(hv_bind(same, HV_LOOPBACK, SERVICE), WSAEADDRINUSE);
  assert_int_equal(hv_dial(sock, HV_LOOPBACK, SERVICE), 0);
  assert_int_equal(hv_local(sock, &own), 0);
  receive(sock, &told);
  assert_memory_equal(&told.vm, &emulation_loopback, sizeof(GUID));
  assert_memory_equal(&told.service, &own.service, sizeof(GUID));
  closesocket(sock);
  closesocket(same);
  expect_good_end(&other);
}

static void test_vm_runs_as_long_as_its_process(void** state) {
  emulation_name_t own;
  other_t guest;

  (void) state;
  assert_int_equal(dial(VM, &own), WSAEADDRNOTAVAIL);
  start(&guest, "guest listener", VM);
  wait_until_ready(&guest);
  assert_int_equal(dial(VM, &own), 0);
  kill_it(&guest);
  assert_int_equal(dial(VM, &own), WSAEADDRNOTAVAIL);
}

static void test_vm_that_was_started_outlives_its_starter(void** state) {
  emulation_name_t own;
  other_t other;

  (void) state;
  start(&other, "starter", NULL);
  expect_good_end(&other);
  assert_int_equal(dial(VM, &own), WSAECONNREFUSED);
}

static void test_listener_of_a_killed_process_counts_no_more(void** state) {
  SOCKET sock = hv_nonblocking();
  SOCKET same = hv_socket();
  emulation_name_t own;
  char byte[64];
  other_t other;
  int n;

  (void) state;
  start(&other, "host listener", NULL);
  wait_until_ready(&other);
  assert_int_equal(hv_dial(sock, HV_LOOPBACK, SERVICE), 0);
  receive(sock, &own);
  kill_it(&other);
  n = recv(sock, byte, sizeof(byte), 0);
  assert_true(n == 0 || (n < 0 && WSAGetLastError() == WSAECONNRESET));
  assert_int_equal(dial(HV_LOOPBACK, &own), WSAECONNREFUSED);
  assert_int_equal(hv_bind(same, HV_LOOPBACK, SERVICE), 0);
  closesocket(same);
  closesocket(sock);
}

static void test_killed_process_leaves_no_lock(void** state) {
  emulation_name_t own;
  other_t other;

  (void) state;
  start(&other, "holder", NULL);
  wait_until_ready(&other);
  kill_it(&other);
  assert_int_equal(dial(HV_LOOPBACK, &own), WSAECONNREFUSED);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  static const struct CMUnitTest tests[] = {
      TEST(test_guest_calls_its_host),
      TEST(test_host_calls_a_guest),
      TEST(test_two_processes_of_the_host),
      TEST(test_vm_runs_as_long_as_its_process),
      TEST(test_vm_that_was_started_outlives_its_starter),
      TEST(test_listener_of_a_killed_process_counts_no_more),
      TEST(test_killed_process_leaves_no_lock),
  };
  WSADATA data;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
    return 1;
  if (argc == 3)
    return play(argv[1], (HANDLE) (uintptr_t) strtoull(argv[2], NULL, 10));
  return cmocka_run_group_tests(tests, NULL, NULL);
}
