/*
 * The calls that the AF_HYPERV EMULATION stands in for: each looks whether the
 * socket is one of the emulation's, and passes on what is not, to the EMULATION
 * of AF_UNIX, which does the same. At the end stand the pointers through which a
 * program calls Winsock.
 */
#include "hyperv_emulation_book.h"
#include "hyperv_emulation_real.h"
#include "imported.h"
#include "unix_emulation.h"

#include <mswsock.h>
#include <string.h>

static const GUID tcp_provider = {
    0xe70f1aa0,
    0xab8b,
    0x11cf,
    {0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}};

static int is_emulated(SOCKET sock) {
  int found;

  emulation_book_lock();
  found = emulation_book_find(sock) != NULL;
  emulation_book_unlock();
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

/* --- socket */

static SOCKET make(int type, int protocol, DWORD flags) {
  int code;
  SOCKET sock = emulation_socket(type, protocol, flags, &code);

  return answer_sock(sock, code);
}

static SOCKET WSAAPI emulated_socket(int family, int type, int protocol) {
  if (family == EMULATION_AF_HYPERV)
    return make(type, protocol, WSA_FLAG_OVERLAPPED);
  return unix_emulated_socket(family, type, protocol);
}

/* libuv's fast path makes a TCP socket of its own after the description that
 * SO_PROTOCOL_INFOW gave it of an emulated one with TCP's provider. */
#define MAKE_BY_INFO(call)                                                     \
  if (info != NULL &&                                                          \
      memcmp(&info->ProviderId, &tcp_provider, sizeof(tcp_provider)) == 0 &&   \
      info->iAddressFamily == EMULATION_AF_HYPERV)                             \
    return emulation_real()->call(                                             \
        AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, group, flags);                \
  if (info != NULL && family == FROM_PROTOCOL_INFO)                            \
    family = info->iAddressFamily;                                             \
  if (family == EMULATION_AF_HYPERV)                                           \
    return make(type == FROM_PROTOCOL_INFO && info != NULL ? SOCK_STREAM       \
                                                           : type,             \
                protocol == FROM_PROTOCOL_INFO && info != NULL ? 0 : protocol, \
                flags);                                                        \
  return unix_emulated_##call(family, type, protocol, info, group, flags)

static SOCKET WSAAPI emulated_WSASocketA(int family,
                                         int type,
                                         int protocol,
                                         LPWSAPROTOCOL_INFOA info,
                                         GROUP group,
                                         DWORD flags) {
  MAKE_BY_INFO(WSASocketA);
}

static SOCKET WSAAPI emulated_WSASocketW(int family,
                                         int type,
                                         int protocol,
                                         LPWSAPROTOCOL_INFOW info,
                                         GROUP group,
                                         DWORD flags) {
  MAKE_BY_INFO(WSASocketW);
}

static int WSAAPI emulated_closesocket(SOCKET sock) {
  emulation_close(sock);
  return unix_emulated_closesocket(sock);
}

/* --- bind, listen, accept, connect */

static int WSAAPI emulated_bind(SOCKET sock,
                                const struct sockaddr* name,
                                int len) {
  emulation_name_t to;
  int code;

  if (!is_emulated(sock))
    return unix_emulated_bind(sock, name, len);
  code = emulation_name_in(name, len, &to);
  return answer(code != 0 ? code : emulation_bind(sock, &to));
}

static int WSAAPI emulated_listen(SOCKET sock, int backlog) {
  if (!is_emulated(sock))
    return unix_emulated_listen(sock, backlog);
  return answer(emulation_listen(sock, backlog));
}

static SOCKET accept_from(SOCKET sock, struct sockaddr* name, int* len) {
  emulation_name_t peer;
  SOCKET accepted;
  int code;

  if (name != NULL && (len == NULL || *len < (int) sizeof(peer)))
    return answer_sock(INVALID_SOCKET, WSAEFAULT);
  accepted = emulation_accept(sock, &peer, &code);
  if (accepted != INVALID_SOCKET && name != NULL)
    emulation_name_out(&peer, name, len);
  return answer_sock(accepted, code);
}

static SOCKET WSAAPI emulated_accept(SOCKET sock,
                                     struct sockaddr* name,
                                     int* len) {
  if (!is_emulated(sock))
    return unix_emulated_accept(sock, name, len);
  return accept_from(sock, name, len);
}

static SOCKET WSAAPI emulated_WSAAccept(SOCKET sock,
                                        struct sockaddr* name,
                                        LPINT len,
                                        LPCONDITIONPROC condition,
                                        DWORD_PTR context) {
  if (!is_emulated(sock))
    return unix_emulated_WSAAccept(sock, name, len, condition, context);
  if (condition != NULL)
    return answer_sock(INVALID_SOCKET, WSAEOPNOTSUPP);
  return accept_from(sock, name, len);
}

static int connect_to(SOCKET sock, const struct sockaddr* name, int len) {
  emulation_name_t to;
  int code = emulation_name_in(name, len, &to);

  return answer(code != 0 ? code : emulation_connect(sock, &to));
}

static int WSAAPI emulated_connect(SOCKET sock,
                                   const struct sockaddr* name,
                                   int len) {
  if (!is_emulated(sock))
    return unix_emulated_connect(sock, name, len);
  return connect_to(sock, name, len);
}

static int WSAAPI emulated_WSAConnect(SOCKET sock,
                                      const struct sockaddr* name,
                                      int len,
                                      LPWSABUF to_peer,
                                      LPWSABUF from_peer,
                                      LPQOS quality,
                                      LPQOS group_quality) {
  if (!is_emulated(sock))
    return unix_emulated_WSAConnect(
        sock, name, len, to_peer, from_peer, quality, group_quality);
  return connect_to(sock, name, len);
}

/* --- Names and options */

static int WSAAPI emulated_getsockname(SOCKET sock,
                                       struct sockaddr* name,
                                       int* len) {
  emulation_name_t own;
  int code;

  if (!is_emulated(sock))
    return unix_emulated_getsockname(sock, name, len);
  code = emulation_getsockname(sock, &own);
  return answer(code != 0 ? code : emulation_name_out(&own, name, len));
}

static int WSAAPI emulated_getpeername(SOCKET sock,
                                       struct sockaddr* name,
                                       int* len) {
  emulation_name_t peer;
  int code;

  if (!is_emulated(sock))
    return unix_emulated_getpeername(sock, name, len);
  code = emulation_getpeername(sock, &peer);
  return answer(code != 0 ? code : emulation_name_out(&peer, name, len));
}

static int WSAAPI
emulated_getsockopt(SOCKET sock, int level, int option, char* value, int* len) {
  if (!is_emulated(sock))
    return unix_emulated_getsockopt(sock, level, option, value, len);
  return answer(emulation_getsockopt(sock, level, option, value, len));
}

static int WSAAPI emulated_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len) {
  if (!is_emulated(sock))
    return unix_emulated_setsockopt(sock, level, option, value, len);
  return answer(emulation_setsockopt(sock, level, option, value, len));
}

static void note_mode(SOCKET sock, u_long is_nonblocking) {
  emulation_sock_t* entry;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL)
    entry->is_nonblocking = is_nonblocking != 0;
  emulation_book_unlock();
}

static int WSAAPI emulated_ioctlsocket(SOCKET sock, long command, u_long* arg) {
  int result = unix_emulated_ioctlsocket(sock, command, arg);

  if (result == 0 && command == (long) FIONBIO)
    note_mode(sock, *arg);
  return result;
}

static int WSAAPI emulated_WSAIoctl(SOCKET sock,
                                    DWORD command,
                                    LPVOID in,
                                    DWORD in_len,
                                    LPVOID out,
                                    DWORD out_len,
                                    LPDWORD returned,
                                    LPWSAOVERLAPPED overlapped,
                                    LPWSAOVERLAPPED_COMPLETION_ROUTINE done) {
  int result;

  if (command == SIO_GET_EXTENSION_FUNCTION_POINTER && is_emulated(sock))
    return answer(WSAEOPNOTSUPP); /* AcceptEx would accept a TCP name */
  result = unix_emulated_WSAIoctl(
      sock, command, in, in_len, out, out_len, returned, overlapped, done);
  if (result == 0 && command == (DWORD) FIONBIO)
    note_mode(sock, *(u_long*) in);
  return result;
}

/* --- The pointers: __imp_bind and its kind, which an import library would
 * define otherwise. */

#define EMULATION_POINTER(result, name, parameters)                            \
  extern result(WSAAPI* __imp_##name) parameters IMPORTED(name, parameters);   \
  result(WSAAPI* __imp_##name) parameters = emulated_##name;

EMULATION_VERBS(EMULATION_POINTER)
