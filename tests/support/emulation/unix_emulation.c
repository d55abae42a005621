/*
 * The calls that the AF_UNIX EMULATION stands in for: each looks whether the
 * socket is one of the emulation's, and passes on what is not.
 */
#include "unix_emulation.h"

#include <mswsock.h>

#include "unix_emulation_inside.h"

static int is_emulated(SOCKET sock) {
  int found;

  un_book_lock();
  found = un_book_find(sock) != NULL;
  un_book_unlock();
  return found;
}

/* What a call answers for 0 or an error code. */
static int answer(int code) {
  if (code == 0)
    return 0;
  WSASetLastError(code);
  return SOCKET_ERROR;
}

static SOCKET answer_sock(SOCKET sock, int code) {
  if (sock == INVALID_SOCKET)
    WSASetLastError(code);
  return sock;
}

/* --- socket: the system's, where it has AF_UNIX */

static SOCKET or_emulated(SOCKET real, int family, int type, DWORD flags) {
  SOCKET sock;
  int code;

  if (real != INVALID_SOCKET || family != AF_UNIX)
    return real;
  if (WSAGetLastError() != WSAEAFNOSUPPORT &&
      WSAGetLastError() != WSAESOCKTNOSUPPORT)
    return real;
  sock = un_socket(type, flags, &code);
  return answer_sock(sock, code);
}

SOCKET WSAAPI unix_emulated_socket(int family, int type, int protocol) {
  return or_emulated(emulation_real()->socket(family, type, protocol),
                     family,
                     type,
                     WSA_FLAG_OVERLAPPED);
}

/* libuv makes a socket of its own after the description that SO_PROTOCOL_INFOW
 * gave it of an emulated one. */
#define MAKE(call)                                                             \
  SOCKET real =                                                                \
      emulation_real()->call(family, type, protocol, info, group, flags);      \
                                                                               \
  if (info != NULL && family == FROM_PROTOCOL_INFO)                            \
    family = info->iAddressFamily;                                             \
  if (info != NULL && type == FROM_PROTOCOL_INFO)                              \
    type = info->iSocketType;                                                  \
  return or_emulated(real, family, type, flags)

SOCKET WSAAPI unix_emulated_WSASocketA(int family,
                                       int type,
                                       int protocol,
                                       LPWSAPROTOCOL_INFOA info,
                                       GROUP group,
                                       DWORD flags) {
  MAKE(WSASocketA);
}

SOCKET WSAAPI unix_emulated_WSASocketW(int family,
                                       int type,
                                       int protocol,
                                       LPWSAPROTOCOL_INFOW info,
                                       GROUP group,
                                       DWORD flags) {
  MAKE(WSASocketW);
}

int WSAAPI unix_emulated_closesocket(SOCKET sock) {
  un_close(sock);
  return emulation_real()->closesocket(sock);
}

/* --- bind, listen, accept, connect */

int WSAAPI unix_emulated_bind(SOCKET sock,
                              const struct sockaddr* name,
                              int len) {
  if (!is_emulated(sock))
    return emulation_real()->bind(sock, name, len);
  return answer(un_bind(sock, name, len));
}

int WSAAPI unix_emulated_listen(SOCKET sock, int backlog) {
  if (!is_emulated(sock))
    return emulation_real()->listen(sock, backlog);
  return answer(un_listen(sock, backlog));
}

static SOCKET accept_from(SOCKET sock, struct sockaddr* name, int* len) {
  char peer[UNIX_PATH_MAX];
  SOCKET accepted;
  int code;

  if (name != NULL && (len == NULL || *len < (int) sizeof(struct sockaddr_un)))
    return answer_sock(INVALID_SOCKET, WSAEFAULT);
  accepted = un_accept(sock, peer, &code);
  if (accepted != INVALID_SOCKET && name != NULL)
    un_name_out(peer, name, len);
  return answer_sock(accepted, code);
}

SOCKET WSAAPI unix_emulated_accept(SOCKET sock,
                                   struct sockaddr* name,
                                   int* len) {
  if (!is_emulated(sock))
    return emulation_real()->accept(sock, name, len);
  return accept_from(sock, name, len);
}

SOCKET WSAAPI unix_emulated_WSAAccept(SOCKET sock,
                                      struct sockaddr* name,
                                      LPINT len,
                                      LPCONDITIONPROC condition,
                                      DWORD_PTR context) {
  if (!is_emulated(sock))
    return emulation_real()->WSAAccept(sock, name, len, condition, context);
  if (condition != NULL)
    return answer_sock(INVALID_SOCKET, WSAEOPNOTSUPP);
  return accept_from(sock, name, len);
}

int WSAAPI unix_emulated_connect(SOCKET sock,
                                 const struct sockaddr* name,
                                 int len) {
  if (!is_emulated(sock))
    return emulation_real()->connect(sock, name, len);
  return answer(un_connect(sock, name, len));
}

int WSAAPI unix_emulated_WSAConnect(SOCKET sock,
                                    const struct sockaddr* name,
                                    int len,
                                    LPWSABUF to_peer,
                                    LPWSABUF from_peer,
                                    LPQOS quality,
                                    LPQOS group_quality) {
  if (!is_emulated(sock))
    return emulation_real()->WSAConnect(
        sock, name, len, to_peer, from_peer, quality, group_quality);
  return answer(un_connect(sock, name, len));
}

/* --- Names and options */

int WSAAPI unix_emulated_getsockname(SOCKET sock,
                                     struct sockaddr* name,
                                     int* len) {
  if (!is_emulated(sock))
    return emulation_real()->getsockname(sock, name, len);
  return answer(un_getsockname(sock, name, len));
}

int WSAAPI unix_emulated_getpeername(SOCKET sock,
                                     struct sockaddr* name,
                                     int* len) {
  if (!is_emulated(sock))
    return emulation_real()->getpeername(sock, name, len);
  return answer(un_getpeername(sock, name, len));
}

int WSAAPI unix_emulated_getsockopt(
    SOCKET sock, int level, int option, char* value, int* len) {
  if (!is_emulated(sock))
    return emulation_real()->getsockopt(sock, level, option, value, len);
  return answer(un_getsockopt(sock, level, option, value, len));
}

int WSAAPI unix_emulated_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len) {
  if (!is_emulated(sock))
    return emulation_real()->setsockopt(sock, level, option, value, len);
  return answer(un_setsockopt(sock, level, option, value, len));
}

int WSAAPI unix_emulated_ioctlsocket(SOCKET sock, long command, u_long* arg) {
  return emulation_real()->ioctlsocket(sock, command, arg);
}

int WSAAPI unix_emulated_WSAIoctl(SOCKET sock,
                                  DWORD command,
                                  LPVOID in,
                                  DWORD in_len,
                                  LPVOID out,
                                  DWORD out_len,
                                  LPDWORD returned,
                                  LPWSAOVERLAPPED overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE done) {
  if (command == SIO_GET_EXTENSION_FUNCTION_POINTER && is_emulated(sock))
    return answer(WSAEOPNOTSUPP); /* AcceptEx would accept a TCP name */
  if (command == SIO_AF_UNIX_GETPEERPID && is_emulated(sock))
    return answer(un_peer_pid(sock, out, out_len, returned));
  return emulation_real()->WSAIoctl(
      sock, command, in, in_len, out, out_len, returned, overlapped, done);
}
