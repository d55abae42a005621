/*
 * The rules of the AF_UNIX EMULATION, by plain Winsock calls. Where the system
 * has AF_UNIX of its own these would be questions to Windows, and it is left
 * alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unix_emulation.h"
#include "unix_emulation_inside.h"

#include <afunix.h>
#include <mswsock.h>

#include <cmocka.h>
#include "support/endpoint.h"
#include "support/net.h"
#include "support/process.h"

static char place[ENDPOINT_ROOM];
static SOCKET socks[4]; /* closed by teardown() */

static int setup(void** state) {
  size_t i;

  (void) state;
  endpoint_open();
  endpoint_path("s", place);
  for (i = 0; i < 4; i++)
    socks[i] = INVALID_SOCKET;
  return 0;
}

static int teardown(void** state) {
  unsigned int left;
  size_t i;

  (void) state;
  SetEnvironmentVariableA("HVUV_EMULATION_UNIX", NULL);
  process_end_all();
  for (i = 0; i < 4; i++)
    if (socks[i] != INVALID_SOCKET)
      closesocket(socks[i]);
  endpoint_close();
  left = unix_emulation_sockets();
  if (left != 0)
    print_error("%u sockets were left open\n", left);
  return left == 0 ? 0 : -1;
}

/* --- Tools: 0 or Winsock's code */

static int code_of(int result) {
  return result == 0 ? 0 : WSAGetLastError();
}

static SOCKET make(int i) {
  socks[i] = WSASocketW(AF_UNIX,
                        SOCK_STREAM,
                        0,
                        NULL,
                        0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  assert_true(socks[i] != INVALID_SOCKET);
  return socks[i];
}

static void drop(int i) {
  assert_int_equal(closesocket(socks[i]), 0);
  socks[i] = INVALID_SOCKET;
}

static struct sockaddr_un name_of(const char* path) {
  struct sockaddr_un name;

  memset(&name, 0, sizeof(name));
  name.sun_family = AF_UNIX;
  assert_true(strlen(path) < sizeof(name.sun_path));
  memcpy(name.sun_path, path, strlen(path));
  return name;
}

static int bind_to(SOCKET sock, const char* path) {
  struct sockaddr_un name = name_of(path);

  return code_of(bind(sock, (struct sockaddr*) &name, sizeof(name)));
}

static int connect_to(SOCKET sock, const char* path) {
  struct sockaddr_un name = name_of(path);

  return code_of(connect(sock, (struct sockaddr*) &name, sizeof(name)));
}

static SOCKET listener(int i) {
  make(i);
  assert_int_equal(bind_to(socks[i], place), 0);
  assert_int_equal(listen(socks[i], 4), 0);
  return socks[i];
}

/* Sockets 1, which called, and 2, which was accepted. */
static void join(struct sockaddr_un* caller) {
  int len = sizeof(*caller);

  if (socks[1] == INVALID_SOCKET)
    make(1);
  assert_int_equal(connect_to(socks[1], place), 0);
  socks[2] = accept(socks[0], (struct sockaddr*) caller, &len);
  assert_true(socks[2] != INVALID_SOCKET);
  assert_int_equal(len, sizeof(*caller));
}

static void send_a_byte(SOCKET from, SOCKET to) {
  char byte = 0;

  assert_int_equal(send(from, "x", 1, 0), 1);
  assert_int_equal(net_await(to, 1, 10000), 0);
  assert_int_equal(recv(to, &byte, 1, 0), 1);
  assert_int_equal(byte, 'x');
}

static void make_file(const char* path) {
  HANDLE file = CreateFileA(
      path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);

  assert_true(file != INVALID_HANDLE_VALUE);
  CloseHandle(file);
}

static void widen(const char* path, WCHAR wide[ENDPOINT_ROOM]) {
  assert_true(MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, ENDPOINT_ROOM) >
              0);
}

/* --- socket */

static void a_socket_is_a_stream(void** state) {
  SOCKET sock = socket(AF_UNIX, SOCK_DGRAM, 0);

  (void) state;
  assert_true(sock == INVALID_SOCKET);
  assert_int_equal(WSAGetLastError(), WSAESOCKTNOSUPPORT);
}

static void it_can_be_absent(void** state) {
  (void) state;
  SetEnvironmentVariableA("HVUV_EMULATION_UNIX", "none");
  assert_true(socket(AF_UNIX, SOCK_STREAM, 0) == INVALID_SOCKET);
  assert_int_equal(WSAGetLastError(), WSAEAFNOSUPPORT);
}

static void other_families_are_untouched(void** state) {
  SOCKET sock = socket(AF_INET, SOCK_STREAM, 0);

  (void) state;
  assert_true(sock != INVALID_SOCKET);
  assert_int_equal(unix_emulation_sockets(), 0);
  assert_int_not_equal(bind_to(sock, place), 0);
  closesocket(sock);
}

static void it_tells_the_provider_that_libuv_knows(void** state) {
  WSAPROTOCOL_INFOW info;
  int len = sizeof(info);

  (void) state;
  make(0);
  assert_int_equal(
      getsockopt(socks[0], SOL_SOCKET, SO_PROTOCOL_INFOW, (char*) &info, &len),
      0);
  assert_int_equal(info.ProviderId.Data1, 0xa00943d9);
  assert_int_equal(info.iAddressFamily, AF_UNIX);
  socks[1] = WSASocketW(info.iAddressFamily,
                        info.iSocketType,
                        info.iProtocol,
                        &info,
                        0,
                        WSA_FLAG_OVERLAPPED);
  assert_true(socks[1] != INVALID_SOCKET);
  assert_int_equal(unix_emulation_sockets(), 2);
}

/* --- bind and its file */

static void what_is_there_is_in_use(void** state) {
  (void) state;
  make_file(place);
  assert_int_equal(bind_to(make(0), place), WSAEADDRINUSE);
  assert_true(DeleteFileA(place));
  assert_int_equal(bind_to(socks[0], place), 0);
  assert_int_equal(bind_to(make(1), place), WSAEADDRINUSE);
  drop(0); /* its file stays */
  assert_int_equal(bind_to(socks[1], place), WSAEADDRINUSE);
}

static void a_path_that_cannot_be_is_a_network_that_is_down(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(bind_to(make(0), endpoint_path("no/s", path)), WSAENETDOWN);
  assert_int_equal(bind_to(socks[0], endpoint_path("\xff", path)), WSAENETDOWN);
}

static void a_socket_is_bound_once(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(bind_to(make(0), place), 0);
  assert_int_equal(bind_to(socks[0], endpoint_path("t", path)), WSAEINVAL);
}

static void names_that_begin_with_nothing_are_none(void** state) {
  struct sockaddr_un name = name_of("");
  int len = (int) offsetof(struct sockaddr_un, sun_path);

  (void) state;
  assert_int_equal(bind(make(0), (struct sockaddr*) &name, len), 0);
  len = sizeof(name);
  assert_int_equal(getsockname(socks[0], (struct sockaddr*) &name, &len), 0);
  assert_string_equal(name.sun_path, "");

  name.sun_path[1] = 'x';
  assert_int_equal(
      code_of(bind(make(1), (struct sockaddr*) &name, sizeof(name))),
      WSAEINVAL);
  assert_int_equal(
      code_of(connect(socks[1], (struct sockaddr*) &name, sizeof(name))),
      WSAEINVAL);
}

static void its_file_is_a_reparse_point(void** state) {
  WCHAR wide[ENDPOINT_ROOM];
  WIN32_FIND_DATAW found;
  HANDLE handle;

  (void) state;
  listener(0);
  widen(place, wide);
  assert_int_equal(GetFileAttributesW(wide),
                   FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_REPARSE_POINT);
  handle = FindFirstFileW(wide, &found);
  assert_true(handle != INVALID_HANDLE_VALUE);
  FindClose(handle);
  assert_int_equal(found.dwReserved0, 0x80000023);
  assert_true(found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);

  handle = CreateFileW(wide, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
  assert_true(handle == INVALID_HANDLE_VALUE);
  assert_int_equal(GetLastError(), ERROR_CANT_ACCESS_FILE);
  handle = CreateFileW(wide,
                       FILE_READ_ATTRIBUTES,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL,
                       OPEN_EXISTING,
                       FILE_FLAG_OPEN_REPARSE_POINT,
                       NULL);
  assert_true(handle != INVALID_HANDLE_VALUE);
  CloseHandle(handle);
}

static void other_files_are_what_they_are(void** state) {
  WCHAR wide[ENDPOINT_ROOM];
  WIN32_FIND_DATAW found;
  HANDLE handle;

  (void) state;
  make_file(place);
  widen(place, wide);
  assert_false(GetFileAttributesW(wide) & FILE_ATTRIBUTE_REPARSE_POINT);
  handle = FindFirstFileW(wide, &found);
  assert_true(handle != INVALID_HANDLE_VALUE);
  FindClose(handle);
  assert_false(found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
  handle = CreateFileW(wide, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
  assert_true(handle != INVALID_HANDLE_VALUE);
  CloseHandle(handle);
}

/* --- connect */

static void a_refusal_is_told_at_once_and_leaves_the_socket(void** state) {
  struct sockaddr_un caller;
  char path[ENDPOINT_ROOM];

  (void) state;
  listener(0);
  make(1);
  assert_int_equal(connect_to(socks[1], endpoint_path("none", path)),
                   WSAECONNREFUSED);
  endpoint_path("file", path);
  make_file(path);
  assert_int_equal(connect_to(socks[1], path), WSAECONNREFUSED);
  endpoint_path("bound", path);
  assert_int_equal(bind_to(make(3), path), 0);
  assert_int_equal(connect_to(socks[1], path), WSAECONNREFUSED);
  assert_int_equal(connect_to(socks[3], path), WSAECONNREFUSED); /* itself */
  join(&caller);
}

static void a_refusal_can_be_late(void** state) {
  struct timeval patience = {10, 0};
  u_long on = 1;
  fd_set failed;

  (void) state;
  SetEnvironmentVariableA("HVUV_EMULATION_UNIX", "late");
  assert_int_equal(ioctlsocket(make(0), (long) FIONBIO, &on), 0);
  assert_int_equal(connect_to(socks[0], place), WSAEWOULDBLOCK);
  FD_ZERO(&failed);
  FD_SET(socks[0], &failed);
  assert_int_equal(select(0, NULL, NULL, &failed, &patience), 1);
}

static void a_file_whose_listener_has_gone_refuses(void** state) {
  (void) state;
  listener(0);
  drop(0);
  assert_true(GetFileAttributesA(place) != INVALID_FILE_ATTRIBUTES);
  assert_int_equal(connect_to(make(1), place), WSAECONNREFUSED);
}

/* Has a stranger listen at the port that the place's file tells, which may be
 * anybody's by then. */
static void expect_stranger_not_called(void) {
  WCHAR wide[ENDPOINT_ROOM];
  struct sockaddr_in at;
  SOCKET stranger;
  un_file_t file;

  widen(place, wide);
  assert_true(un_file_read(wide, &file));
  memset(&at, 0, sizeof(at));
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons((USHORT) file.port);
  stranger = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(stranger != INVALID_SOCKET);
  if (bind(stranger, (struct sockaddr*) &at, sizeof(at)) != 0) {
    closesocket(stranger);
    print_message("The port was given to another program\n");
    skip();
  }
  assert_int_equal(listen(stranger, 1), 0);
  assert_int_equal(connect_to(make(1), place), WSAECONNREFUSED);
  closesocket(stranger);
}

static void a_port_that_is_anothers_now_is_not_called(void** state) {
  (void) state;
  listener(0);
  drop(0);
  expect_stranger_not_called();
}

static void who_calls_by_tcp_is_not_accepted(void** state) {
  struct sockaddr_in at;
  struct sockaddr_un caller;
  uv_os_sock_t stranger;
  int len = sizeof(at);
  char byte;

  (void) state;
  listener(0);
  assert_int_equal(
      emulation_real()->getsockname(socks[0], (struct sockaddr*) &at, &len), 0);
  assert_int_equal(net_tcp_connect(&stranger, &at), 0);
  join(&caller);
  send_a_byte(socks[1], socks[2]);
  assert_true(net_recv(stranger, &byte, 1) <= 0);
  net_close(stranger);
}

static void a_connection_outlives_its_file(void** state) {
  struct sockaddr_un caller;

  (void) state;
  listener(0);
  join(&caller);
  assert_true(DeleteFileA(place));
  send_a_byte(socks[1], socks[2]);
  send_a_byte(socks[2], socks[1]);
  assert_int_equal(connect_to(make(3), place), WSAECONNREFUSED);
}

/* --- names */

static void expect_names(SOCKET sock, const char* own, const char* peer) {
  struct sockaddr_un name;
  int len = sizeof(name);

  assert_int_equal(getsockname(sock, (struct sockaddr*) &name, &len), 0);
  assert_string_equal(name.sun_path, own);
  len = sizeof(name);
  assert_int_equal(getpeername(sock, (struct sockaddr*) &name, &len), 0);
  assert_string_equal(name.sun_path, peer);
}

static void both_ends_have_the_listeners_path(void** state) {
  struct sockaddr_un caller;

  (void) state;
  listener(0);
  join(&caller);
  assert_int_equal(caller.sun_family, AF_UNIX);
  assert_string_equal(caller.sun_path, "");
  expect_names(socks[1], "", place);
  expect_names(socks[2], place, "");
}

static void a_callers_name_is_told_though_its_file_has_gone(void** state) {
  struct sockaddr_un caller;
  char path[ENDPOINT_ROOM];

  (void) state;
  listener(0);
  endpoint_path("c", path);
  assert_int_equal(bind_to(make(1), path), 0);
  assert_true(DeleteFileA(path));
  join(&caller);
  assert_string_equal(caller.sun_path, path);
  expect_names(socks[1], path, place);
  expect_names(socks[2], place, path);
}

static void a_caller_that_has_hung_up_still_has_its_name(void** state) {
  struct sockaddr_un caller;
  char path[ENDPOINT_ROOM];
  int len = sizeof(caller);
  char byte;

  (void) state;
  listener(0);
  assert_int_equal(bind_to(make(1), endpoint_path("c", path)), 0);
  assert_int_equal(connect_to(socks[1], place), 0);
  assert_int_equal(send(socks[1], "x", 1, 0), 1);
  drop(1);
  socks[2] = accept(socks[0], (struct sockaddr*) &caller, &len);
  assert_true(socks[2] != INVALID_SOCKET);
  assert_string_equal(caller.sun_path, path);
  assert_int_equal(recv(socks[2], &byte, 1, 0), 1);
}

static void a_new_socket_has_no_names(void** state) {
  struct sockaddr_un name;
  int len = sizeof(name);

  (void) state;
  make(0);
  assert_int_equal(
      code_of(getsockname(socks[0], (struct sockaddr*) &name, &len)),
      WSAEINVAL);
  assert_int_equal(
      code_of(getpeername(socks[0], (struct sockaddr*) &name, &len)),
      WSAENOTCONN);
}

static void the_peers_process_is_told(void** state) {
  struct sockaddr_un caller;
  DWORD returned = 0;
  ULONG pid = 0;
  int i;

  (void) state;
  listener(0);
  join(&caller);
  for (i = 1; i <= 2; i++) {
    assert_int_equal(WSAIoctl(socks[i],
                              SIO_AF_UNIX_GETPEERPID,
                              NULL,
                              0,
                              &pid,
                              sizeof(pid),
                              &returned,
                              NULL,
                              NULL),
                     0);
    assert_int_equal(returned, sizeof(pid));
    assert_int_equal(pid, GetCurrentProcessId());
    pid = 0;
  }
}

/* --- processes */

static void start(process_t* child, const char* verb) {
  const char* argv[4];
  char self[1024];
  size_t size = sizeof(self);

  assert_int_equal(uv_exepath(self, &size), 0);
  argv[0] = self;
  argv[1] = verb;
  argv[2] = place;
  argv[3] = NULL;
  process_start(child, argv);
}

static void another_process_calls(void** state) {
  static process_t child;
  struct sockaddr_un caller;
  int len = sizeof(caller);

  (void) state;
  listener(0);
  start(&child, "call");
  assert_true(process_await(&child, "called"));
  socks[2] = accept(socks[0], (struct sockaddr*) &caller, &len);
  assert_true(socks[2] != INVALID_SOCKET);
  assert_int_equal(send(socks[2], "x", 1, 0), 1);
  assert_int_equal(process_finish(&child), 'x');
}

static int call(void) {
  char byte = 0;

  make(0);
  printf("%s\n", connect_to(socks[0], place) == 0 ? "called" : "refused");
  fflush(stdout);
  recv(socks[0], &byte, 1, 0);
  return byte;
}

static void a_listener_that_was_killed_refuses(void** state) {
  static process_t child;

  (void) state;
  start(&child, "listen");
  assert_true(process_await(&child, "listening"));
  assert_int_equal(connect_to(make(1), place), 0);
  process_signal(&child, 9);
  process_finish(&child);
  assert_true(GetFileAttributesA(place) != INVALID_FILE_ATTRIBUTES);
  assert_int_equal(connect_to(make(2), place), WSAECONNREFUSED);
}

static void its_port_is_not_called_either(void** state) {
  static process_t child;

  (void) state;
  start(&child, "listen");
  assert_true(process_await(&child, "listening"));
  process_signal(&child, 9);
  process_finish(&child);
  expect_stranger_not_called();
}

static int be_killed(void) {
  listener(0);
  printf("listening\n");
  fflush(stdout);
  Sleep(60000);
  return 1;
}

/* --- main */

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_socket_is_a_stream),
      TEST(it_can_be_absent),
      TEST(other_families_are_untouched),
      TEST(it_tells_the_provider_that_libuv_knows),
      TEST(what_is_there_is_in_use),
      TEST(a_path_that_cannot_be_is_a_network_that_is_down),
      TEST(a_socket_is_bound_once),
      TEST(names_that_begin_with_nothing_are_none),
      TEST(its_file_is_a_reparse_point),
      TEST(other_files_are_what_they_are),
      TEST(a_refusal_is_told_at_once_and_leaves_the_socket),
      TEST(a_refusal_can_be_late),
      TEST(a_file_whose_listener_has_gone_refuses),
      TEST(a_port_that_is_anothers_now_is_not_called),
      TEST(who_calls_by_tcp_is_not_accepted),
      TEST(a_connection_outlives_its_file),
      TEST(both_ends_have_the_listeners_path),
      TEST(a_callers_name_is_told_though_its_file_has_gone),
      TEST(a_caller_that_has_hung_up_still_has_its_name),
      TEST(a_new_socket_has_no_names),
      TEST(the_peers_process_is_told),
      TEST(another_process_calls),
      TEST(a_listener_that_was_killed_refuses),
      TEST(its_port_is_not_called_either),
  };
  SOCKET sock;

  net_start();
  if (argc == 3) {
    snprintf(place, sizeof(place), "%s", argv[2]);
    return strcmp(argv[1], "call") == 0 ? call() : be_killed();
  }
  sock = emulation_real()->socket(AF_UNIX, SOCK_STREAM, 0);
  if (sock != INVALID_SOCKET) {
    emulation_real()->closesocket(sock);
    printf("Skipped: this system has AF_UNIX, and the emulation rests\n");
    return 77;
  }
  sock = socket(AF_UNIX, SOCK_STREAM, 0);
  if (sock == INVALID_SOCKET) {
    printf("Skipped: the emulation is for x86_64 and arm64\n");
    return 77;
  }
  closesocket(sock);
  return cmocka_run_group_tests_name("AF_UNIX, emulated", tests, NULL, NULL);
}
