/*
 * The Winsock under the EMULATIONS. The real calls are found by name, because
 * the pointers that one would call them through are the emulations'.
 */
#include "hyperv_emulation_real.h"

#include <string.h>

static emulation_winsock_t winsock;
static INIT_ONCE found = INIT_ONCE_STATIC_INIT;

static SRWLOCK guard = SRWLOCK_INIT;
static SOCKET refusing = INVALID_SOCKET; /* bound, and never listening */
static USHORT refusing_port;

/* C has no conversion between kinds of function pointers of which no compiler
 * warns, hence by their bytes. */
#define EMULATION_FIND(result, name, parameters)                               \
  proc = GetProcAddress(dll, #name);                                           \
  memcpy(&winsock.name, &proc, sizeof(proc));

static BOOL CALLBACK find(PINIT_ONCE once, PVOID parameter, PVOID* context) {
  HMODULE dll = LoadLibraryA("ws2_32.dll");
  FARPROC proc;

  (void) once;
  (void) parameter;
  (void) context;
  if (dll == NULL)
    return FALSE;
  EMULATION_VERBS(EMULATION_FIND)
  return TRUE;
}

const emulation_winsock_t* emulation_real(void) {
  InitOnceExecuteOnce(&found, find, NULL, NULL);
  return &winsock;
}

static void name_port(struct sockaddr_in* name, USHORT port) {
  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name->sin_port = htons(port);
}

int emulation_tcp_bind(SOCKET sock, USHORT* port) {
  struct sockaddr_in name;
  int len = sizeof(name);

  name_port(&name, 0);
  if (emulation_real()->bind(sock, (struct sockaddr*) &name, len) != 0 ||
      emulation_real()->getsockname(sock, (struct sockaddr*) &name, &len) != 0)
    return WSAGetLastError();
  *port = ntohs(name.sin_port);
  return 0;
}

int emulation_tcp_connect(SOCKET sock, USHORT port) {
  struct sockaddr_in name;

  name_port(&name, port);
  if (emulation_real()->connect(sock, (struct sockaddr*) &name, sizeof(name)) !=
      0)
    return WSAGetLastError();
  return 0;
}

int emulation_tcp_connected(SOCKET sock) {
  struct sockaddr_in name;
  int len = sizeof(name);

  return emulation_real()->getpeername(sock, (struct sockaddr*) &name, &len) ==
         0;
}

SOCKET emulation_tcp_accept(SOCKET server, USHORT* peer_port) {
  struct sockaddr_in name;
  int len = sizeof(name);
  SOCKET sock;

  memset(&name, 0, sizeof(name));
  sock = emulation_real()->accept(server, (struct sockaddr*) &name, &len);
  *peer_port = ntohs(name.sin_port);
  return sock;
}

static void open_refusing_port(void) {
  refusing = emulation_real()->WSASocketW(AF_INET,
                                          SOCK_STREAM,
                                          IPPROTO_TCP,
                                          NULL,
                                          0,
                                          WSA_FLAG_OVERLAPPED |
                                              WSA_FLAG_NO_HANDLE_INHERIT);
  if (refusing == INVALID_SOCKET ||
      emulation_tcp_bind(refusing, &refusing_port) == 0)
    return;
  emulation_real()->closesocket(refusing);
  refusing = INVALID_SOCKET;
}

USHORT emulation_tcp_refusing_port(void) {
  USHORT port;

  AcquireSRWLockExclusive(&guard);
  if (refusing == INVALID_SOCKET)
    open_refusing_port();
  port = refusing_port;
  ReleaseSRWLockExclusive(&guard);
  return port;
}

void emulation_tcp_close_refusing_port(void) {
  AcquireSRWLockExclusive(&guard);
  if (refusing != INVALID_SOCKET)
    emulation_real()->closesocket(refusing);
  refusing = INVALID_SOCKET;
  refusing_port = 0;
  ReleaseSRWLockExclusive(&guard);
}
