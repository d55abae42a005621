/*
 * Making, binding, listening and accepting in the AF_UNIX EMULATION.
 */
#include "unix_emulation_inside.h"

#include <string.h>

#include "hyperv_emulation_real.h"

int un_is_set(const char* value) {
  char text[8];
  DWORD len;

  len = GetEnvironmentVariableA("HVUV_EMULATION_UNIX", text, sizeof(text));
  return len > 0 && len < sizeof(text) && strcmp(text, value) == 0;
}

/* --- socket */

/* Bytes gathered by TCP would come later than a Unix socket's. Accepted sockets
 * have it from their listener. */
static void send_at_once(SOCKET sock) {
  BOOL yes = TRUE;

  emulation_real()->setsockopt(
      sock, IPPROTO_TCP, TCP_NODELAY, (const char*) &yes, sizeof(yes));
}

SOCKET un_socket(int type, DWORD flags, int* code) {
  un_sock_t* entry;
  SOCKET sock;

  *code = un_is_set("none")     ? WSAEAFNOSUPPORT
          : type != SOCK_STREAM ? WSAESOCKTNOSUPPORT
                                : 0;
  if (*code != 0)
    return INVALID_SOCKET;
  sock = emulation_real()->WSASocketW(
      AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, flags);
  if (sock == INVALID_SOCKET) {
    *code = WSAGetLastError();
    return INVALID_SOCKET;
  }
  send_at_once(sock);

  un_book_lock();
  entry = un_book_add(sock);
  un_book_unlock();
  if (entry != NULL)
    return sock;
  emulation_real()->closesocket(sock);
  *code = WSAENOBUFS;
  return INVALID_SOCKET;
}

void un_close(SOCKET sock) {
  un_sock_t* entry;

  un_book_lock();
  entry = un_book_find(sock);
  if (entry != NULL) {
    if (entry->state == UN_LISTENING)
      un_port_forget(entry->port, entry->id);
    un_book_remove(entry);
  }
  un_book_unlock();
}

/* --- bind, listen */

static int bind_entry(un_sock_t* entry, const char* path) {
  un_file_t file;
  int code = 0;

  if (entry->state != UN_NEW || entry->has_name)
    return WSAEINVAL;
  if (entry->port == 0)
    code = emulation_tcp_bind(entry->sock, &entry->port);
  entry->id = un_port_new_id(entry->port);
  file.id = entry->id;
  file.port = entry->port;
  if (code == 0 && path[0] != '\0')
    code = un_file_make(path, &file);
  if (code != 0)
    return code;
  entry->state = UN_BOUND;
  entry->has_name = 1;
  memcpy(entry->own, path, UNIX_PATH_MAX);
  return 0;
}

int un_bind(SOCKET sock, const struct sockaddr* name, int len) {
  char path[UNIX_PATH_MAX];
  un_sock_t* entry;
  int code = un_name_in(name, len, path);

  if (code != 0)
    return code;
  un_book_lock();
  entry = un_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : bind_entry(entry, path);
  un_book_unlock();
  return code;
}

static int listen_entry(un_sock_t* entry, int backlog) {
  if (entry->state == UN_NEW)
    return WSAEINVAL;
  if (entry->state != UN_BOUND && entry->state != UN_LISTENING)
    return WSAEISCONN;
  if (emulation_real()->listen(entry->sock, backlog) != 0)
    return WSAGetLastError();
  entry->state = UN_LISTENING;
  return un_port_listen(entry->port, entry->id);
}

int un_listen(SOCKET sock, int backlog) {
  un_sock_t* entry;
  int code;

  un_book_lock();
  entry = un_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : listen_entry(entry, backlog);
  un_book_unlock();
  return code;
}

/* --- accept */

static int adopt(SOCKET sock,
                 const un_sock_t* server,
                 const char* peer,
                 DWORD pid) {
  un_sock_t* entry;

  un_book_lock();
  entry = un_book_add(sock);
  if (entry != NULL) {
    entry->state = UN_CONNECTED;
    entry->has_name = 1;
    memcpy(entry->own, server->own, UNIX_PATH_MAX);
    memcpy(entry->peer, peer, UNIX_PATH_MAX);
    entry->peer_pid = pid;
  }
  un_book_unlock();
  return entry == NULL ? WSAENOBUFS : 0;
}

SOCKET un_accept(SOCKET server, char peer[UNIX_PATH_MAX], int* code) {
  un_sock_t listener; /* a copy, because accepting may block */
  USHORT peer_port;
  SOCKET sock;
  DWORD pid;

  *code = WSAENOTSOCK;
  if (!un_book_copy(server, &listener))
    return INVALID_SOCKET;
  for (;;) {
    sock = emulation_tcp_accept(server, &peer_port);
    if (sock == INVALID_SOCKET) {
      *code = WSAGetLastError();
      return INVALID_SOCKET;
    }
    if (un_port_caller(peer_port, listener.id, peer, &pid))
      break;
    emulation_real()->closesocket(sock); /* a stranger, who dialled by TCP */
  }
  *code = adopt(sock, &listener, peer, pid);
  if (*code == 0)
    return sock;
  emulation_real()->closesocket(sock);
  return INVALID_SOCKET;
}
