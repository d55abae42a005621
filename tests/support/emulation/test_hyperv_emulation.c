/*
 * The rules of the AF_HYPERV EMULATION, by plain Winsock calls in one process,
 * which lives in one partition after the other. What holds between processes
 * is in test_hyperv_emulation_processes.c, how libuv polls such sockets in
 * test_hyperv_emulation_poll.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hyperv_emulation_tools.h"

#include <cmocka.h>
#include "support/between.h"

#define SERVICE "5f1c0d5e-3f4b-4c43-9c0b-0b6a3d1b7a01" /* registered */
#define OTHER   "5f1c0d5e-3f4b-4c43-9c0b-0b6a3d1b7a02" /* not registered */
#define VM      "11111111-aaaa-4bbb-8ccc-000000000001" /* Linux */
#define WINDOWS "11111111-aaaa-4bbb-8ccc-000000000002"
#define WSL2    "11111111-aaaa-4bbb-8ccc-000000000003"
#define NO_VM   "11111111-aaaa-4bbb-8ccc-00000000000f"

static int setup(void** state) {
  (void) state;
  if (hyperv_emulation_begin() != 0 || hyperv_emulation_live_in(NULL) != 0)
    return -1;
  return hyperv_emulation_service_register(SERVICE) ||
         hyperv_emulation_vm_start(VM, HYPERV_EMULATION_LINUX_VM) ||
         hyperv_emulation_vm_start(WINDOWS, HYPERV_EMULATION_WINDOWS_VM) ||
         hyperv_emulation_vm_start(WSL2, HYPERV_EMULATION_WSL2_VM);
}

static int teardown(void** state) {
  unsigned int left = hv_close_all();

  (void) state;
  hyperv_emulation_end();
  SetEnvironmentVariableA("HVUV_EMULATION_PROVIDER", NULL);
  if (left != 0)
    print_error("%u sockets were left open\n", left);
  return left == 0 ? 0 : -1;
}

/* --- socket */

static int code_of_socket(int family, int type, int protocol) {
  SOCKET sock = socket(family, type, protocol);

  if (sock == INVALID_SOCKET)
    return WSAGetLastError();
  closesocket(sock);
  return 0;
}

static void test_socket_is_a_raw_stream(void** state) {
  (void) state;
  assert_int_equal(code_of_socket(34, SOCK_STREAM, 1), 0);
  assert_int_equal(code_of_socket(34, SOCK_DGRAM, 1), WSAESOCKTNOSUPPORT);
  assert_int_equal(code_of_socket(34, SOCK_STREAM, IPPROTO_TCP),
                   WSAEPROTONOSUPPORT);
}

static void test_socket_of_another_family_is_untouched(void** state) {
  SOCKET sock = socket(AF_INET, SOCK_STREAM, 0);
  emulation_name_t name = hv_name(HV_LOOPBACK, OTHER);

  (void) state;
  assert_true(sock != INVALID_SOCKET);
  assert_int_equal(hyperv_emulation_sockets(), 0);
  assert_int_not_equal(bind(sock, (struct sockaddr*) &name, sizeof(name)), 0);
  closesocket(sock);
}

static void test_socket_without_provider(void** state) {
  (void) state;
  SetEnvironmentVariableA("HVUV_EMULATION_PROVIDER", "none");
  assert_int_equal(code_of_socket(34, SOCK_STREAM, 1), WSAEAFNOSUPPORT);
}

static void check_provider(ULONG data1) {
  SOCKET sock = hv_socket();
  WSAPROTOCOL_INFOW info;
  int len = sizeof(info);

  assert_int_equal(
      getsockopt(sock, SOL_SOCKET, SO_PROTOCOL_INFOW, (char*) &info, &len), 0);
  assert_int_equal(info.ProviderId.Data1, data1);
  assert_int_equal(info.iAddressFamily, 34);
  assert_int_equal(info.iSocketType, SOCK_STREAM);
  assert_int_equal(info.ProtocolChain.ChainLen, 1);
  closesocket(sock);
}

static void test_socket_tells_its_provider(void** state) {
  (void) state;
  check_provider(0x1234191b);
  SetEnvironmentVariableA("HVUV_EMULATION_PROVIDER", "tcp");
  check_provider(0xe70f1aa0);
}

static void test_socket_made_by_a_description(void** state) {
  SOCKET sock = hv_socket();
  WSAPROTOCOL_INFOW info;
  int len = sizeof(info);
  SOCKET other;

  (void) state;
  getsockopt(sock, SOL_SOCKET, SO_PROTOCOL_INFOW, (char*) &info, &len);
  other = WSASocketW(FROM_PROTOCOL_INFO,
                     FROM_PROTOCOL_INFO,
                     FROM_PROTOCOL_INFO,
                     &info,
                     0,
                     WSA_FLAG_OVERLAPPED);
  assert_true(other != INVALID_SOCKET);
  assert_int_equal(hyperv_emulation_sockets(), 2);
  closesocket(other);
  closesocket(sock);
}

/* --- bind */

static int code_of_bind(const char* vm, const char* service) {
  SOCKET sock = hv_socket();
  int code = hv_bind(sock, vm, service);

  closesocket(sock);
  return code;
}

static void test_bind_wants_a_registered_service(void** state) {
  (void) state;
  assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), WSAEACCES);
  assert_int_equal(code_of_bind(HV_CHILDREN, OTHER), WSAEACCES);
  assert_int_equal(code_of_bind(VM, OTHER), WSAEACCES);
  assert_int_equal(code_of_bind(HV_WILDCARD, SERVICE), 0);
  assert_int_equal(code_of_bind(HV_CHILDREN, SERVICE), 0);
  assert_int_equal(code_of_bind(VM, SERVICE), 0);

  assert_int_equal(hyperv_emulation_service_register(OTHER), 0);
  assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), 0);
  assert_int_equal(hyperv_emulation_service_unregister(OTHER), 0);
  assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), WSAEACCES);
}

static void test_bind_reads_the_registry(void** state) {
  static const char path[] =
      "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\"
      "GuestCommunicationServices\\" OTHER;
  HKEY key;
  int code;

  (void) state;
  if (RegCreateKeyExA(
          HKEY_LOCAL_MACHINE,
          path,
          0,
          NULL,
          REG_OPTION_NON_VOLATILE, /* as others may below its list */
          KEY_ALL_ACCESS,
          NULL,
          &key,
          NULL) != 0)
    skip(); /* not elevated, on Windows */
  RegCloseKey(key);
  code = code_of_bind(HV_WILDCARD, OTHER);
  RegDeleteKeyA(HKEY_LOCAL_MACHINE, path);
  assert_int_equal(code, 0);
  assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), WSAEACCES);
}

static void test_bind_that_needs_no_registration(void** state) {
  (void) state;
  assert_int_equal(code_of_bind(HV_LOOPBACK, OTHER), 0);
  assert_int_equal(code_of_bind(WSL2, OTHER), 0);
  hyperv_emulation_live_in(VM);
  assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), 0);
  assert_int_equal(code_of_bind(HV_PARENT, OTHER), 0);
}

static void test_bind_where_nothing_is(void** state) {
  (void) state;
  assert_int_equal(code_of_bind(NO_VM, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_bind(HV_BROADCAST, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_bind(HV_SILOHOST, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_bind(HV_PARENT, SERVICE), WSAEADDRNOTAVAIL);
  hyperv_emulation_live_in(VM);
  assert_int_equal(code_of_bind(WINDOWS, SERVICE), WSAEADDRNOTAVAIL);
}

static void test_bind_to_an_address_in_use(void** state) {
  SOCKET first = hv_socket();

  (void) state;
  assert_int_equal(hv_bind(first, HV_LOOPBACK, OTHER), 0);
  assert_int_equal(code_of_bind(HV_LOOPBACK, OTHER), WSAEADDRINUSE);
  assert_int_equal(code_of_bind(HV_LOOPBACK, SERVICE), 0);
  assert_int_equal(code_of_bind(WSL2, OTHER), 0);
  hyperv_emulation_live_in(VM);
  assert_int_equal(code_of_bind(HV_LOOPBACK, OTHER), 0);
  hyperv_emulation_live_in(NULL);
  closesocket(first);
  assert_int_equal(code_of_bind(HV_LOOPBACK, OTHER), 0);
}

static void test_bind_twice(void** state) {
  SOCKET sock = hv_socket();

  (void) state;
  assert_int_equal(hv_bind(sock, HV_LOOPBACK, OTHER), 0);
  assert_int_equal(hv_bind(sock, HV_LOOPBACK, SERVICE), WSAEINVAL);
  closesocket(sock);
}

static void test_bind_by_a_bad_name(void** state) {
  SOCKET sock = hv_socket();
  emulation_name_t name = hv_name(HV_LOOPBACK, OTHER);

  (void) state;
  assert_int_not_equal(bind(sock, (struct sockaddr*) &name, 35), 0);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  name.family = AF_INET;
  assert_int_not_equal(bind(sock, (struct sockaddr*) &name, 36), 0);
  assert_int_equal(WSAGetLastError(), WSAEAFNOSUPPORT);
  closesocket(sock);
}

static void test_bind_to_port_0_takes_a_free_one(void** state) {
  SOCKET sock = hv_socket();
  emulation_name_t name;
  GUID expected = hv_name(HV_LOOPBACK, HV_PORT_0).service;

  (void) state;
  assert_int_equal(hv_bind(sock, HV_LOOPBACK, HV_PORT_0), 0);
  assert_int_equal(hv_local(sock, &name), 0);
  assert_between(name.service.Data1, 1024, 0x7fffffff);
  expected.Data1 = name.service.Data1;
  assert_memory_equal(&name.service, &expected, sizeof(expected));
  closesocket(sock);
}

static void test_listen_wants_a_bound_socket(void** state) {
  SOCKET sock = hv_socket();

  (void) state;
  assert_int_not_equal(listen(sock, 1), 0);
  assert_int_equal(WSAGetLastError(), WSAEINVAL);
  closesocket(sock);
}

/* --- Names */

typedef struct pair_s {
  SOCKET server, client, accepted;
  emulation_name_t peer; /* as accept() told */
} pair_t;

static void connect_pair(pair_t* pair, const char* at) {
  pair->server = hv_listener(at, SERVICE);
  pair->client = hv_nonblocking();
  assert_int_equal(hv_dial(pair->client, HV_LOOPBACK, SERVICE), 0);
  pair->accepted = hv_accept(pair->server, &pair->peer);
  assert_true(pair->accepted != INVALID_SOCKET);
}

static void close_pair(const pair_t* pair) {
  closesocket(pair->server);
  closesocket(pair->client);
  closesocket(pair->accepted);
}

static void test_names_of_unconnected_sockets(void** state) {
  SOCKET sock = hv_socket();
  emulation_name_t name;

  (void) state;
  assert_int_equal(hv_local(sock, &name), WSAEINVAL);
  assert_int_equal(hv_remote(sock, &name), WSAENOTCONN);
  assert_int_equal(hv_bind(sock, HV_LOOPBACK, OTHER), 0);
  assert_int_equal(hv_local(sock, &name), 0);
  assert_int_equal(hv_remote(sock, &name), WSAENOTCONN);
  closesocket(sock);
}

static void test_names_of_a_connection(void** state) {
  emulation_name_t dialled = hv_name(HV_LOOPBACK, SERVICE);
  emulation_name_t local, name;
  pair_t pair;

  (void) state;
  connect_pair(&pair, HV_WILDCARD);
  assert_int_equal(hv_remote(pair.client, &name), 0);
  assert_memory_equal(&name, &dialled, sizeof(name));

  assert_int_equal(hv_local(pair.client, &local), 0);
  assert_memory_equal(&local.vm, &emulation_children, sizeof(GUID));
  assert_memory_not_equal(&local.service, &dialled.service, sizeof(GUID));

  assert_int_equal(hv_remote(pair.accepted, &name), 0);
  assert_memory_equal(&name, &pair.peer, sizeof(name));
  assert_memory_equal(&name.vm, &emulation_loopback, sizeof(GUID));
  assert_memory_equal(&name.service, &local.service, sizeof(GUID));

  assert_int_equal(hv_local(pair.accepted, &name), 0);
  assert_memory_equal(&name.vm, &emulation_children, sizeof(GUID));
  assert_memory_equal(&name.service, &dialled.service, sizeof(GUID));
  close_pair(&pair);
}

static void test_names_need_36_bytes(void** state) {
  emulation_name_t name;
  pair_t pair;
  int len = 35;

  (void) state;
  connect_pair(&pair, HV_LOOPBACK);
  assert_int_not_equal(getsockname(pair.client, (struct sockaddr*) &name, &len),
                       0);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  assert_int_not_equal(getpeername(pair.client, (struct sockaddr*) &name, &len),
                       0);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  assert_int_equal(accept(pair.server, (struct sockaddr*) &name, &len),
                   INVALID_SOCKET);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  close_pair(&pair);
}

/* --- connect */

static int code_of_dial(const char* vm, const char* service) {
  SOCKET sock = hv_nonblocking();
  int code = hv_connect(sock, vm, service);

  /* Whatever can be told at once is not told later as well. */
  if (code == WSAEWOULDBLOCK)
    code = -hv_settle(sock, 10000);
  closesocket(sock);
  return code;
}

static void test_connect_to_no_destination_fails_at_once(void** state) {
  (void) state;
  assert_int_equal(code_of_dial(HV_WILDCARD, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_dial(HV_BROADCAST, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_dial(HV_CHILDREN, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_dial(HV_SILOHOST, SERVICE), WSAEADDRNOTAVAIL);
  assert_int_equal(code_of_dial(HV_PARENT, SERVICE), WSAEADDRNOTAVAIL);
}

static void test_connect_to_a_vm_that_is_off_fails_later(void** state) {
  (void) state;
  assert_int_equal(code_of_dial(NO_VM, SERVICE), -WSAEADDRNOTAVAIL);
  assert_int_equal(hyperv_emulation_vm_stop(WINDOWS), 0);
  assert_int_equal(code_of_dial(WINDOWS, SERVICE), -WSAEADDRNOTAVAIL);
  hyperv_emulation_live_in(VM);
  assert_int_equal(code_of_dial(WSL2, SERVICE), -WSAEADDRNOTAVAIL);
}

static void test_connect_where_nobody_listens_is_refused(void** state) {
  SOCKET bound = hv_socket();

  (void) state;
  assert_int_equal(hv_bind(bound, HV_LOOPBACK, SERVICE), 0);
  assert_int_equal(code_of_dial(HV_LOOPBACK, SERVICE), -WSAECONNREFUSED);
  assert_int_equal(code_of_dial(WINDOWS, SERVICE), -WSAECONNREFUSED);
  hyperv_emulation_live_in(WINDOWS);
  assert_int_equal(code_of_dial(HV_PARENT, SERVICE), -WSAECONNREFUSED);
  closesocket(bound);
}

static void test_connect_that_times_out_is_silent_until_then(void** state) {
  SOCKET sock = hv_nonblocking();

  (void) state;
  assert_int_equal(hv_set(sock, 1, 700), 0);
  assert_int_equal(hv_connect(sock, VM, SERVICE), WSAEWOULDBLOCK);
  assert_int_equal(hv_settle(sock, 200), HV_NOTHING);
  assert_int_equal(hv_connect(sock, VM, SERVICE), WSAEALREADY);
  assert_int_equal(hv_set(sock, 4, 1), WSAEINVAL);
  assert_int_equal(hv_settle(sock, 10000), WSAETIMEDOUT);
  assert_int_equal(hv_settle(sock, 10000), WSAETIMEDOUT);
  closesocket(sock);
}

static void test_connect_times_out_after_two_seconds(void** state) {
  SOCKET guest = INVALID_SOCKET;
  SOCKET host = hv_nonblocking();
  ULONGLONG start_ms = GetTickCount64();

  (void) state;
  hyperv_emulation_live_in(VM);
  guest = hv_nonblocking();
  assert_int_equal(hv_connect(host, VM, SERVICE), WSAEWOULDBLOCK);
  assert_int_equal(hv_connect(guest, HV_PARENT, SERVICE), WSAEWOULDBLOCK);
  assert_int_equal(hv_settle(host, 10000), WSAETIMEDOUT);
  assert_between(GetTickCount64() - start_ms, 1900, 8000);
  assert_int_equal(hv_settle(guest, 10000), WSAETIMEDOUT);
  closesocket(host);
  closesocket(guest);
}

static void test_connect_that_is_closed_while_it_waits(void** state) {
  SOCKET first = hv_nonblocking();
  SOCKET second = hv_nonblocking();

  (void) state;
  assert_int_equal(hv_set(first, 1, 100), 0);
  assert_int_equal(hv_set(second, 1, 200), 0);
  assert_int_equal(hv_connect(first, VM, SERVICE), WSAEWOULDBLOCK);
  assert_int_equal(hv_connect(second, VM, SERVICE), WSAEWOULDBLOCK);
  closesocket(first);
  assert_int_equal(hv_settle(second, 10000), WSAETIMEDOUT);
  closesocket(second);
}

static void test_connect_that_blocks(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET refused = hv_socket();
  SOCKET off = hv_socket();
  SOCKET late = hv_socket();
  SOCKET good = hv_socket();

  (void) state;
  assert_int_equal(hv_connect(refused, HV_LOOPBACK, OTHER), WSAECONNREFUSED);
  assert_int_equal(hv_connect(off, NO_VM, OTHER), WSAEADDRNOTAVAIL);
  assert_int_equal(hv_set(late, 1, 50), 0);
  assert_int_equal(hv_connect(late, VM, OTHER), WSAETIMEDOUT);
  assert_int_equal(hv_connect(good, HV_LOOPBACK, SERVICE), 0);
  assert_int_equal(hv_connect(good, HV_LOOPBACK, SERVICE), WSAEISCONN);
  closesocket(refused);
  closesocket(off);
  closesocket(late);
  closesocket(good);
  closesocket(server);
}

static void test_connect_by_a_listener(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);

  (void) state;
  assert_int_equal(hv_connect(server, HV_LOOPBACK, SERVICE), WSAEINVAL);
  closesocket(server);
}

static void test_connect_by_a_bound_socket(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET client = hv_nonblocking();

  (void) state;
  assert_int_equal(hv_bind(client, HV_WILDCARD, HV_WILDCARD), 0);
  assert_int_equal(hv_dial(client, HV_LOOPBACK, SERVICE), 0);
  closesocket(client);
  closesocket(server);
}

/* --- Who hears whom */

typedef struct call_s {
  const char* server_in; /* NULL: the host */
  const char* at;
  const char* client_in;
  const char* to;
  const char* seen_as; /* NULL: the client is not heard */
} call_t;

static void check_call(const call_t* call) {
  SOCKET server, client;
  SOCKET accepted = INVALID_SOCKET;
  emulation_name_t peer, expected;
  int code;

  hyperv_emulation_live_in(call->server_in);
  server = hv_listener(call->at, SERVICE);
  hyperv_emulation_live_in(call->client_in);
  client = hv_nonblocking();
  assert_int_equal(hv_set(client, 1, 20), 0);
  code = hv_dial(client, call->to, SERVICE);
  if (call->seen_as == NULL) {
    assert_int_not_equal(code, 0);
  } else {
    assert_int_equal(code, 0);
    accepted = hv_accept(server, &peer);
    assert_true(accepted != INVALID_SOCKET);
    expected = hv_name(call->seen_as, SERVICE);
    assert_memory_equal(&peer.vm, &expected.vm, sizeof(GUID));
    closesocket(accepted);
  }
  closesocket(client);
  closesocket(server);
}

static void test_listeners_hear_whom_they_should(void** state) {
  static const call_t calls[] = {
      /* on the host */
      {NULL, HV_WILDCARD, NULL, HV_LOOPBACK, HV_LOOPBACK},
      {NULL, HV_WILDCARD, VM, HV_PARENT, VM},
      {NULL, HV_WILDCARD, WSL2, HV_PARENT, NULL},
      {NULL, HV_CHILDREN, NULL, HV_LOOPBACK, NULL},
      {NULL, HV_CHILDREN, VM, HV_PARENT, VM},
      {NULL, HV_CHILDREN, WSL2, HV_PARENT, NULL},
      {NULL, HV_LOOPBACK, NULL, HV_LOOPBACK, HV_LOOPBACK},
      {NULL, HV_LOOPBACK, VM, HV_PARENT, NULL},
      {NULL, VM, VM, HV_PARENT, VM},
      {NULL, VM, WINDOWS, HV_PARENT, NULL},
      {NULL, VM, NULL, HV_LOOPBACK, NULL},
      {NULL, WSL2, WSL2, HV_PARENT, WSL2},
      /* in a VM */
      {VM, HV_WILDCARD, NULL, VM, HV_PARENT},
      {VM, HV_WILDCARD, VM, HV_LOOPBACK, HV_LOOPBACK},
      {VM, HV_WILDCARD, VM, VM, NULL},
      {VM, HV_WILDCARD, WINDOWS, VM, NULL},
      {VM, HV_PARENT, NULL, VM, HV_PARENT},
      {VM, HV_PARENT, VM, HV_LOOPBACK, NULL},
      {VM, HV_LOOPBACK, VM, HV_LOOPBACK, HV_LOOPBACK},
      {VM, HV_LOOPBACK, NULL, VM, NULL},
      {VM, HV_CHILDREN, NULL, VM, NULL},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
    print_message("%d: at %s to %s\n", (int) i, calls[i].at, calls[i].to);
    check_call(&calls[i]);
  }
}

static void test_the_listener_that_names_the_caller_best_hears_it(void** s) {
  SOCKET any = hv_listener(HV_WILDCARD, SERVICE);
  SOCKET children = hv_listener(HV_CHILDREN, SERVICE);
  SOCKET exact = hv_listener(VM, SERVICE);
  SOCKET client;

  (void) s;
  hyperv_emulation_live_in(VM);
  client = hv_nonblocking();
  assert_int_equal(hv_dial(client, HV_PARENT, SERVICE), 0);
  assert_false(hv_readable(any));
  assert_false(hv_readable(children));
  assert_true(hv_readable(exact));
  closesocket(client);
  closesocket(any);
  closesocket(children);
  closesocket(exact);
}

/* --- What is in the stream */

static void test_stream_holds_the_users_bytes_alone(void** state) {
  char room[8];
  pair_t pair;

  (void) state;
  connect_pair(&pair, HV_LOOPBACK);
  assert_false(hv_readable(pair.accepted));
  assert_false(hv_readable(pair.client));

  assert_int_equal(send(pair.client, "ping", 4, 0), 4);
  assert_int_equal(shutdown(pair.client, SD_SEND), 0);
  assert_int_equal(recv(pair.accepted, room, 4, 0), 4);
  assert_memory_equal(room, "ping", 4);
  assert_int_equal(recv(pair.accepted, room, sizeof(room), 0), 0);
  assert_int_equal(send(pair.accepted, "pong", 4, 0), 4);
  closesocket(pair.accepted);
  assert_int_equal(recv(pair.client, room, 4, 0), 4);
  assert_int_equal(recv(pair.client, room, 4, 0), 0);
  closesocket(pair.client);
  closesocket(pair.server);
}

static void test_callers_are_known_after_they_closed(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET client = hv_nonblocking();
  emulation_name_t local, peer;
  SOCKET accepted;

  (void) state;
  assert_int_equal(hv_dial(client, HV_LOOPBACK, SERVICE), 0);
  assert_int_equal(hv_local(client, &local), 0);
  closesocket(client);
  accepted = hv_accept(server, &peer);
  assert_true(accepted != INVALID_SOCKET);
  assert_memory_equal(&peer.service, &local.service, sizeof(GUID));
  closesocket(accepted);
  closesocket(server);
}

static void test_strangers_are_not_accepted(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET stranger = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in name;
  emulation_name_t peer;

  (void) state;
  memset(&name, 0, sizeof(name));
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  emulation_book_lock();
  name.sin_port = htons(emulation_book_find(server)->port);
  emulation_book_unlock();
  assert_int_equal(connect(stranger, (struct sockaddr*) &name, sizeof(name)),
                   0);
  assert_true(hv_accept(server, &peer) == INVALID_SOCKET);
  assert_int_equal(WSAGetLastError(), WSAEWOULDBLOCK);
  closesocket(stranger);
  closesocket(server);
}

/* --- Options */

static void test_options_are_remembered(void** state) {
  static const int options[] = {1, 2, 4, 8};
  SOCKET sock = hv_socket();
  ULONG value;
  ULONG i;

  (void) state;
  for (i = 0; i < 4; i++)
    assert_int_equal(hv_set(sock, options[i], 100 + i), 0);
  for (i = 0; i < 4; i++) {
    assert_int_equal(hv_get(sock, options[i], &value), 0);
    assert_int_equal(value, 100 + i);
  }
  assert_int_equal(hv_set(sock, 1, 300000), 0);
  assert_int_equal(hv_set(sock, 1, 300001), WSAEINVAL);
  assert_int_equal(hv_set(sock, 3, 1), WSAENOPROTOOPT);
  assert_int_equal(hv_get(sock, 16, &value), WSAENOPROTOOPT);
  assert_int_not_equal(setsockopt(sock, 1, 4, (const char*) &value, 3), 0);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  closesocket(sock);
}

static void test_options_of_listeners_and_accepted_sockets(void** state) {
  ULONG value;
  pair_t pair;

  (void) state;
  connect_pair(&pair, HV_LOOPBACK);
  assert_int_equal(hv_set(pair.server, 4, 1), 0);
  assert_int_equal(hv_set(pair.accepted, 4, 1), 0);
  assert_int_equal(hv_get(pair.accepted, 4, &value), 0);
  assert_int_equal(value, 1);
  close_pair(&pair);
}

/* --- Many */

#define MANY 2000

static void test_two_thousand_connections(void** state) {
  static SOCKET clients[MANY], servers[MANY];
  SOCKET listener = hv_listener(HV_LOOPBACK, SERVICE);
  ULONGLONG start_ms = GetTickCount64();
  emulation_name_t local, peer;
  int i;

  (void) state;
  for (i = 0; i < MANY; i++) {
    clients[i] = hv_nonblocking();
    assert_int_equal(hv_dial(clients[i], HV_LOOPBACK, SERVICE), 0);
    servers[i] = hv_accept(listener, &peer);
    assert_true(servers[i] != INVALID_SOCKET);
    assert_int_equal(hv_local(clients[i], &local), 0);
    assert_memory_equal(&peer.service, &local.service, sizeof(GUID));
  }
  assert_int_equal(hyperv_emulation_sockets(), 2 * MANY + 1);
  for (i = 0; i < MANY; i++) {
    closesocket(clients[i]);
    closesocket(servers[i]);
  }
  closesocket(listener);
  print_message(
      "%d connections in %d ms\n", MANY, (int) (GetTickCount64() - start_ms));
}

static DWORD handle_count(void) {
  DWORD count = 0;

  assert_true(GetProcessHandleCount(GetCurrentProcess(), &count));
  return count;
}

static void test_sockets_leave_no_handles(void** state) {
  DWORD before = 0;
  pair_t pair;
  int round;

  (void) state;
  for (round = 0; round < 3; round++) {
    if (round == 1) /* the first one makes those that stay */
      before = handle_count();
    connect_pair(&pair, HV_LOOPBACK);
    close_pair(&pair);
    assert_int_equal(code_of_dial(HV_LOOPBACK, SERVICE), -WSAECONNREFUSED);
    assert_int_equal(code_of_bind(HV_WILDCARD, OTHER), WSAEACCES);
  }
  assert_int_equal(handle_count(), before);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  static const struct CMUnitTest tests[] = {
      TEST(test_socket_is_a_raw_stream),
      TEST(test_socket_of_another_family_is_untouched),
      TEST(test_socket_without_provider),
      TEST(test_socket_tells_its_provider),
      TEST(test_socket_made_by_a_description),
      TEST(test_bind_wants_a_registered_service),
      TEST(test_bind_reads_the_registry),
      TEST(test_bind_that_needs_no_registration),
      TEST(test_bind_where_nothing_is),
      TEST(test_bind_to_an_address_in_use),
      TEST(test_bind_twice),
      TEST(test_bind_by_a_bad_name),
      TEST(test_bind_to_port_0_takes_a_free_one),
      TEST(test_listen_wants_a_bound_socket),
      TEST(test_names_of_unconnected_sockets),
      TEST(test_names_of_a_connection),
      TEST(test_names_need_36_bytes),
      TEST(test_connect_to_no_destination_fails_at_once),
      TEST(test_connect_to_a_vm_that_is_off_fails_later),
      TEST(test_connect_where_nobody_listens_is_refused),
      TEST(test_connect_that_times_out_is_silent_until_then),
      TEST(test_connect_times_out_after_two_seconds),
      TEST(test_connect_that_is_closed_while_it_waits),
      TEST(test_connect_that_blocks),
      TEST(test_connect_by_a_listener),
      TEST(test_connect_by_a_bound_socket),
      TEST(test_listeners_hear_whom_they_should),
      TEST(test_the_listener_that_names_the_caller_best_hears_it),
      TEST(test_stream_holds_the_users_bytes_alone),
      TEST(test_callers_are_known_after_they_closed),
      TEST(test_strangers_are_not_accepted),
      TEST(test_options_are_remembered),
      TEST(test_options_of_listeners_and_accepted_sockets),
      TEST(test_sockets_leave_no_handles),
      TEST(test_two_thousand_connections),
  };
  WSADATA data;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
