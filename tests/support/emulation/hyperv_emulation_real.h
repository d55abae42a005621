/* The Winsock under the EMULATIONS; see hyperv_emulation_real.c. */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_REAL_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_REAL_H

#include <winsock2.h>
#include <windows.h>

/* The calls that the emulations stand in for: X(result, name, parameters). */
#define EMULATION_VERBS(X)                                                     \
  X(SOCKET, socket, (int, int, int) )                                          \
  X(SOCKET, WSASocketA, (int, int, int, LPWSAPROTOCOL_INFOA, GROUP, DWORD))    \
  X(SOCKET, WSASocketW, (int, int, int, LPWSAPROTOCOL_INFOW, GROUP, DWORD))    \
  X(int, bind, (SOCKET, const struct sockaddr*, int) )                         \
  X(int, listen, (SOCKET, int) )                                               \
  X(SOCKET, accept, (SOCKET, struct sockaddr*, int*) )                         \
  X(SOCKET,                                                                    \
    WSAAccept,                                                                 \
    (SOCKET, struct sockaddr*, LPINT, LPCONDITIONPROC, DWORD_PTR))             \
  X(int, connect, (SOCKET, const struct sockaddr*, int) )                      \
  X(int,                                                                       \
    WSAConnect,                                                                \
    (SOCKET, const struct sockaddr*, int, LPWSABUF, LPWSABUF, LPQOS, LPQOS))   \
  X(int, getsockname, (SOCKET, struct sockaddr*, int*) )                       \
  X(int, getpeername, (SOCKET, struct sockaddr*, int*) )                       \
  X(int, getsockopt, (SOCKET, int, int, char*, int*) )                         \
  X(int, setsockopt, (SOCKET, int, int, const char*, int) )                    \
  X(int, ioctlsocket, (SOCKET, long, u_long*) )                                \
  X(int,                                                                       \
    WSAIoctl,                                                                  \
    (SOCKET,                                                                   \
     DWORD,                                                                    \
     LPVOID,                                                                   \
     DWORD,                                                                    \
     LPVOID,                                                                   \
     DWORD,                                                                    \
     LPDWORD,                                                                  \
     LPWSAOVERLAPPED,                                                          \
     LPWSAOVERLAPPED_COMPLETION_ROUTINE))                                      \
  X(int, closesocket, (SOCKET))

#define EMULATION_FIELD(result, name, parameters)                              \
  result(WSAAPI* name) parameters;

typedef struct emulation_winsock_s {
  EMULATION_VERBS(EMULATION_FIELD)
} emulation_winsock_t;

/* The real calls. */
const emulation_winsock_t* emulation_real(void);

/* --- TCP on 127.0.0.1, by the real calls; 0 or an error code */

/* Binds to any port. */
int emulation_tcp_bind(SOCKET sock, USHORT* port);

int emulation_tcp_connect(SOCKET sock, USHORT port);

/* Whether it is connected. */
int emulation_tcp_connected(SOCKET sock);

/* Accepts, and tells the peer's port: a socket, or INVALID_SOCKET with the code
 * in WSAGetLastError(). */
SOCKET emulation_tcp_accept(SOCKET server, USHORT* peer_port);

/* A port that refuses all connects; or 0. */
USHORT emulation_tcp_refusing_port(void);
void emulation_tcp_close_refusing_port(void);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_REAL_H */
