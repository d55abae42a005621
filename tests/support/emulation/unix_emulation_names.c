/*
 * Names, options and the peer's process in the AF_UNIX EMULATION.
 */
#include "unix_emulation_inside.h"

#include <stddef.h>
#include <string.h>

#include "hyperv_emulation_real.h"

#define PATH_OFFSET ((int) offsetof(struct sockaddr_un, sun_path))

/* --- Names */

/* An empty path is one of no bytes, or of nothing but NULs. */
int un_name_in(const struct sockaddr* name, int len, char path[UNIX_PATH_MAX]) {
  const struct sockaddr_un* un = (const struct sockaddr_un*) name;
  size_t room;
  size_t n;
  size_t i;

  memset(path, 0, UNIX_PATH_MAX);
  if (name == NULL || len < PATH_OFFSET || len > (int) sizeof(*un))
    return WSAEFAULT;
  if (un->sun_family != AF_UNIX)
    return WSAEAFNOSUPPORT;
  room = (size_t) (len - PATH_OFFSET);
  for (n = 0; n < room && un->sun_path[n] != '\0'; n++)
    ;
  if (n == UNIX_PATH_MAX)
    return WSAEINVAL;
  for (i = n; n == 0 && i < room; i++)
    if (un->sun_path[i] != '\0')
      return WSAEINVAL; /* what would be an abstract one elsewhere */
  memcpy(path, un->sun_path, n);
  return 0;
}

int un_name_out(const char* path, struct sockaddr* name, int* len) {
  struct sockaddr_un un;

  if (name == NULL || len == NULL || *len < (int) sizeof(un))
    return WSAEFAULT;
  memset(&un, 0, sizeof(un));
  un.sun_family = AF_UNIX;
  memcpy(un.sun_path, path, UNIX_PATH_MAX);
  memcpy(name, &un, sizeof(un));
  *len = (int) sizeof(un);
  return 0;
}

int un_getsockname(SOCKET sock, struct sockaddr* name, int* len) {
  un_sock_t entry;

  if (!un_book_copy(sock, &entry))
    return WSAENOTSOCK;
  if (entry.state == UN_NEW)
    return WSAEINVAL;
  return un_name_out(entry.own, name, len);
}

int un_getpeername(SOCKET sock, struct sockaddr* name, int* len) {
  un_sock_t entry;

  if (!un_book_copy(sock, &entry))
    return WSAENOTSOCK;
  if (!emulation_tcp_connected(sock))
    return WSAENOTCONN;
  return un_name_out(entry.peer, name, len);
}

int un_peer_pid(SOCKET sock, LPVOID out, DWORD room, LPDWORD returned) {
  un_sock_t entry;
  ULONG pid;

  if (!un_book_copy(sock, &entry))
    return WSAENOTSOCK;
  if (out == NULL || room < sizeof(pid))
    return WSAEFAULT;
  if (!emulation_tcp_connected(sock))
    return WSAENOTCONN;
  pid = entry.peer_pid;
  memcpy(out, &pid, sizeof(pid));
  if (returned != NULL)
    *returned = sizeof(pid);
  return 0;
}

/* --- Options */

static const GUID af_unix = {0xa00943d9,
                             0x9c2e,
                             0x4633,
                             {0x9b, 0x59, 0x00, 0x57, 0xa3, 0x16, 0x09, 0x94}};

/* The ANSI and the wide structure share all fields but the name. */
#define DESCRIBE(info)                                                         \
  do {                                                                         \
    (info)->iAddressFamily = AF_UNIX;                                          \
    (info)->iMaxSockAddr = sizeof(struct sockaddr_un);                         \
    (info)->iMinSockAddr = PATH_OFFSET;                                        \
    (info)->iSocketType = SOCK_STREAM;                                         \
    (info)->iProtocol = 0;                                                     \
    (info)->ProviderId = af_unix;                                              \
    (info)->ProtocolChain.ChainLen = 1;                                        \
  } while (0)

static void describe_wide(char* value) {
  WSAPROTOCOL_INFOW info;

  memcpy(&info, value, sizeof(info));
  DESCRIBE(&info);
  lstrcpyW(info.szProtocol, L"AF_UNIX");
  memcpy(value, &info, sizeof(info));
}

static void describe_ansi(char* value) {
  WSAPROTOCOL_INFOA info;

  memcpy(&info, value, sizeof(info));
  DESCRIBE(&info);
  lstrcpyA(info.szProtocol, "AF_UNIX");
  memcpy(value, &info, sizeof(info));
}

int un_getsockopt(SOCKET sock, int level, int option, char* value, int* len) {
  if (level != SOL_SOCKET)
    return WSAENOPROTOOPT;
  if (emulation_real()->getsockopt(sock, level, option, value, len) != 0)
    return WSAGetLastError();
  if (option == SO_PROTOCOL_INFOW)
    describe_wide(value);
  else if (option == SO_PROTOCOL_INFOA)
    describe_ansi(value);
  return 0;
}

int un_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len) {
  if (level != SOL_SOCKET)
    return WSAENOPROTOOPT;
  if (emulation_real()->setsockopt(sock, level, option, value, len) != 0)
    return WSAGetLastError();
  return 0;
}
