/*
 * Connecting in the AF_UNIX EMULATION: to a listener it is a TCP connect, from
 * a port whose line in the table says who calls. A refusal is told at once, and
 * the socket is as it was; where refusals are to be late it is a TCP connect to
 * a port that refuses.
 */
#include "unix_emulation_inside.h"

#include <string.h>

#include "hyperv_emulation_real.h"

/* The listener's port, or 0. */
static USHORT find_listener(const char* path, un_file_t* file, DWORD* pid) {
  WCHAR wide[UN_WIDE_ROOM];

  if (un_file_wide(path, wide) != 0 || !un_file_read(wide, file) ||
      !un_port_listens((USHORT) file->port, file->id, pid))
    return 0;
  return (USHORT) file->port;
}

/* A port that was free just now; one that is kept would be a handle too many for
 * whoever counts them. 0 if there is none. */
static USHORT find_nobody(void) {
  USHORT port = 0;
  SOCKET sock = emulation_real()->WSASocketW(
      AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);

  if (sock == INVALID_SOCKET)
    return 0;
  if (emulation_tcp_bind(sock, &port) != 0)
    port = 0;
  emulation_real()->closesocket(sock);
  return port;
}

static int may_connect(const un_sock_t* entry) {
  if (entry->state == UN_LISTENING)
    return WSAEINVAL;
  if (entry->state == UN_CONNECTED)
    return WSAEISCONN;
  if (entry->state != UN_CONNECTING)
    return 0;
  return emulation_tcp_connected(entry->sock) ? WSAEISCONN : 0;
}

/* With the lock: 0 once all is written down that the acceptor will look up;
 * *port is where to connect to. */
static int begin(un_sock_t* entry, const char* path, USHORT* port) {
  un_file_t file;
  int code = may_connect(entry);

  if (code != 0)
    return code;
  *port = find_listener(path, &file, &entry->peer_pid);
  if (*port == 0) {
    *port = un_is_set("late") ? find_nobody() : 0;
    file.id = 0;
  }
  if (*port == 0)
    return WSAECONNREFUSED;
  if (entry->port == 0)
    code = emulation_tcp_bind(entry->sock, &entry->port);
  if (code == 0)
    code = un_port_call(entry->port, file.id, entry->own);
  if (code != 0)
    return code;
  memcpy(entry->peer, path, UNIX_PATH_MAX);
  entry->state = UN_CONNECTING;
  return 0;
}

static void finish(SOCKET sock, int code) {
  un_sock_t* entry;

  if (code == WSAEWOULDBLOCK)
    return;
  un_book_lock();
  entry = un_book_find(sock);
  if (entry != NULL)
    entry->state = code == 0         ? UN_CONNECTED
                   : entry->has_name ? UN_BOUND
                                     : UN_NEW;
  un_book_unlock();
}

int un_connect(SOCKET sock, const struct sockaddr* name, int len) {
  char path[UNIX_PATH_MAX];
  un_sock_t* entry;
  USHORT port = 0;
  int code = un_name_in(name, len, path);

  if (code == 0 && path[0] == '\0')
    code = WSAEINVAL;
  if (code != 0)
    return code;

  un_book_lock();
  entry = un_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : begin(entry, path, &port);
  un_book_unlock();
  if (code != 0)
    return code;

  code = emulation_tcp_connect(sock, port);
  finish(sock, code);
  return code;
}
