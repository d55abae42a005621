#include "hyperv_emulation_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

emulation_name_t hv_name(const char* vm, const char* service) {
  emulation_name_t name;
  GUID ids[2];

  assert_true(emulation_guid(vm, &ids[0]));
  assert_true(emulation_guid(service, &ids[1]));
  emulation_name_set(&name, &ids[0], &ids[1]);
  return name;
}

static int code_of(int result) {
  return result == 0 ? 0 : WSAGetLastError();
}

int hv_bind(SOCKET sock, const char* vm, const char* service) {
  emulation_name_t name = hv_name(vm, service);

  return code_of(bind(sock, (const struct sockaddr*) &name, sizeof(name)));
}

int hv_connect(SOCKET sock, const char* vm, const char* service) {
  emulation_name_t name = hv_name(vm, service);

  return code_of(connect(sock, (const struct sockaddr*) &name, sizeof(name)));
}

int hv_local(SOCKET sock, emulation_name_t* name) {
  int len = sizeof(*name);

  return code_of(getsockname(sock, (struct sockaddr*) name, &len));
}

int hv_remote(SOCKET sock, emulation_name_t* name) {
  int len = sizeof(*name);

  return code_of(getpeername(sock, (struct sockaddr*) name, &len));
}

int hv_set(SOCKET sock, int option, ULONG value) {
  return code_of(setsockopt(sock,
                            EMULATION_HV_PROTOCOL,
                            option,
                            (const char*) &value,
                            sizeof(value)));
}

int hv_get(SOCKET sock, int option, ULONG* value) {
  int len = sizeof(*value);

  return code_of(
      getsockopt(sock, EMULATION_HV_PROTOCOL, option, (char*) value, &len));
}

SOCKET hv_socket(void) {
  /* A process that the test starts must not hold it open, too. */
  SOCKET sock = WSASocketW(EMULATION_AF_HYPERV,
                           SOCK_STREAM,
                           EMULATION_HV_PROTOCOL,
                           NULL,
                           0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);

  assert_true(sock != INVALID_SOCKET);
  return sock;
}

SOCKET hv_nonblocking(void) {
  SOCKET sock = hv_socket();
  u_long yes = 1;

  assert_int_equal(ioctlsocket(sock, (long) FIONBIO, &yes), 0);
  return sock;
}

SOCKET hv_listener(const char* vm, const char* service) {
  SOCKET sock = hv_nonblocking();

  assert_int_equal(hv_bind(sock, vm, service), 0);
  assert_int_equal(listen(sock, 100), 0);
  return sock;
}

static int wait_readable(SOCKET sock, int timeout_ms) {
  struct timeval timeout;
  fd_set set;

  timeout.tv_sec = timeout_ms / 1000;
  timeout.tv_usec = timeout_ms % 1000 * 1000;
  FD_ZERO(&set);
  FD_SET(sock, &set);
  return select(1, &set, NULL, NULL, &timeout);
}

int hv_readable(SOCKET sock) {
  return wait_readable(sock, 0) == 1;
}

SOCKET hv_accept(SOCKET server, emulation_name_t* peer) {
  int len = sizeof(*peer);

  if (wait_readable(server, 10000) != 1)
    return INVALID_SOCKET;
  return accept(server, (struct sockaddr*) peer, &len);
}

int hv_settle(SOCKET sock, int timeout_ms) {
  struct timeval timeout;
  fd_set writable, failed;
  int error = -1;
  int len = sizeof(error);

  timeout.tv_sec = timeout_ms / 1000;
  timeout.tv_usec = timeout_ms % 1000 * 1000;
  FD_ZERO(&writable);
  FD_ZERO(&failed);
  FD_SET(sock, &writable);
  FD_SET(sock, &failed);
  if (select(1, NULL, &writable, &failed, &timeout) == 0)
    return HV_NOTHING;
  assert_int_equal(getsockopt(sock, SOL_SOCKET, SO_ERROR, (char*) &error, &len),
                   0);
  assert_true(!FD_ISSET(sock, &writable) != !FD_ISSET(sock, &failed));
  assert_int_equal(error != 0, FD_ISSET(sock, &failed) != 0);
  return error;
}

int hv_dial(SOCKET sock, const char* vm, const char* service) {
  int code = hv_connect(sock, vm, service);

  return code == WSAEWOULDBLOCK ? hv_settle(sock, 10000) : code;
}

unsigned int hv_close_all(void) {
  unsigned int count = 0;
  emulation_sock_t* entry;
  SOCKET sock;

  for (;; count++) {
    emulation_book_lock();
    entry = emulation_book_next(NULL);
    sock = entry == NULL ? INVALID_SOCKET : entry->sock;
    emulation_book_unlock();
    if (entry == NULL)
      return count;
    closesocket(sock);
  }
}
