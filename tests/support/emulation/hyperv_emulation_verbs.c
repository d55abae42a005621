/*
 * Making, naming, listening and accepting in the AF_HYPERV EMULATION.
 */
#include "hyperv_emulation_book.h"
#include "hyperv_emulation_real.h"
#include "hyperv_emulation_table.h"

#include <string.h>

/* --- socket */

/* Bytes gathered by TCP would come later than Hyper-V's. Accepted sockets have
 * it from their listener. */
static void send_at_once(SOCKET sock) {
  BOOL yes = TRUE;

  emulation_real()->setsockopt(
      sock, IPPROTO_TCP, TCP_NODELAY, (const char*) &yes, sizeof(yes));
}

/* Where this process lives now. */
static int find_partition(GUID* partition) {
  char text[64];
  DWORD len;

  len = GetEnvironmentVariableA("HVUV_EMULATION_VM", text, sizeof(text));
  if (len == 0) {
    *partition = emulation_host;
    return emulation_table_open();
  }
  if (len >= sizeof(text) || !emulation_guid(text, partition))
    return WSAENETDOWN;
  return emulation_table_vm_enter(partition);
}

static int is_offered(int type, int protocol) {
  if (emulation_provider() == EMULATION_PROVIDER_NONE)
    return WSAEAFNOSUPPORT;
  if (type != SOCK_STREAM)
    return WSAESOCKTNOSUPPORT;
  if (protocol != 0 && protocol != EMULATION_HV_PROTOCOL)
    return WSAEPROTONOSUPPORT;
  return 0;
}

SOCKET emulation_socket(int type, int protocol, DWORD flags, int* code) {
  emulation_sock_t* entry;
  GUID partition;
  SOCKET sock;

  *code = is_offered(type, protocol);
  if (*code == 0)
    *code = find_partition(&partition);
  if (*code != 0)
    return INVALID_SOCKET;
  sock = emulation_real()->WSASocketW(
      AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, flags);
  if (sock == INVALID_SOCKET) {
    *code = WSAGetLastError();
    return INVALID_SOCKET;
  }
  send_at_once(sock);

  emulation_book_lock();
  entry = emulation_book_add(sock, &partition);
  emulation_book_unlock();
  if (entry != NULL)
    return sock;
  emulation_real()->closesocket(sock);
  *code = WSAENOBUFS;
  return INVALID_SOCKET;
}

void emulation_close(SOCKET sock) {
  emulation_sock_t* entry;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL) {
    if (entry->slot >= 0)
      emulation_table_unbind(entry->slot);
    emulation_book_remove(entry);
  }
  emulation_book_unlock();
}

/* --- bind, listen */

/* Ids that stand for "any" become one. A bind to a random service is that of a
 * socket which will connect, and nobody needs to have registered it. */
static int choose_service(GUID* service) {
  if (emulation_same(service, &emulation_wildcard)) {
    *service = emulation_random_service();
    return 1;
  }
  if (emulation_is_any_port(service))
    emulation_random_port(service);
  return emulation_is_registered(service);
}

static int bind_entry(emulation_sock_t* entry, emulation_name_t* name) {
  int is_registered = choose_service(&name->service);
  int code;

  if (entry->state != EMULATION_NEW)
    return WSAEINVAL;
  code = emulation_may_bind(&entry->partition,
                            &name->vm,
                            emulation_table_vm_kind(&name->vm),
                            is_registered);
  if (code == 0)
    code = emulation_table_bind(
        &entry->partition, &name->vm, &name->service, &entry->slot);
  if (code == 0)
    code = emulation_tcp_bind(entry->sock, &entry->port);
  if (code == 0) {
    entry->local = *name;
    entry->state = EMULATION_BOUND;
  } else if (entry->slot >= 0) {
    emulation_table_unbind(entry->slot);
    entry->slot = -1;
  }
  return code;
}

int emulation_bind(SOCKET sock, const emulation_name_t* name) {
  emulation_name_t chosen = *name;
  emulation_sock_t* entry;
  int code;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : bind_entry(entry, &chosen);
  emulation_book_unlock();
  return code;
}

static int listen_entry(emulation_sock_t* entry, int backlog) {
  if (entry->state == EMULATION_NEW || entry->state == EMULATION_FAILED)
    return WSAEINVAL;
  if (entry->state != EMULATION_BOUND && entry->state != EMULATION_LISTENING)
    return WSAEISCONN;
  if (emulation_real()->listen(entry->sock, backlog) != 0)
    return WSAGetLastError();
  entry->state = EMULATION_LISTENING;
  emulation_table_listen(entry->slot, entry->port);
  return 0;
}

int emulation_listen(SOCKET sock, int backlog) {
  emulation_sock_t* entry;
  int code;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : listen_entry(entry, backlog);
  emulation_book_unlock();
  return code;
}

/* --- accept */

/* The caller at the other end, as its line in the table names it. 0 if there
 * is none: then it is no AF_HYPERV socket. */
static int identify(const emulation_sock_t* server,
                    USHORT peer_port,
                    emulation_name_t* peer) {
  GUID caller, service;

  if (!emulation_table_caller(peer_port, server->port, &caller, &service))
    return 0;
  emulation_name_set(
      peer, emulation_seen_as(&server->partition, &caller), &service);
  return 1;
}

static int adopt(SOCKET sock,
                 const emulation_sock_t* server,
                 const emulation_name_t* peer) {
  emulation_sock_t* entry;

  emulation_book_lock();
  entry = emulation_book_add(sock, &server->partition);
  if (entry != NULL) {
    entry->state = EMULATION_CONNECTED;
    entry->is_nonblocking = server->is_nonblocking;
    entry->remote = *peer;
    emulation_name_set(
        &entry->local, &emulation_children, &server->local.service);
  }
  emulation_book_unlock();
  return entry == NULL ? WSAENOBUFS : 0;
}

/* A copy of the entry, because accepting may block. */
static int look_up(SOCKET sock, emulation_sock_t* copy) {
  emulation_sock_t* entry;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL)
    *copy = *entry;
  emulation_book_unlock();
  return entry != NULL;
}

SOCKET emulation_accept(SOCKET server, emulation_name_t* peer, int* code) {
  emulation_sock_t listener;
  USHORT peer_port;
  SOCKET sock;

  *code = WSAENOTSOCK;
  if (!look_up(server, &listener))
    return INVALID_SOCKET;
  for (;;) {
    sock = emulation_tcp_accept(server, &peer_port);
    if (sock == INVALID_SOCKET) {
      *code = WSAGetLastError();
      return INVALID_SOCKET;
    }
    if (identify(&listener, peer_port, peer))
      break;
    emulation_real()->closesocket(sock); /* a stranger, who dialled by TCP */
  }
  *code = adopt(sock, &listener, peer);
  if (*code == 0)
    return sock;
  emulation_real()->closesocket(sock);
  return INVALID_SOCKET;
}

/* --- getsockname, getpeername */

int emulation_getsockname(SOCKET sock, emulation_name_t* name) {
  emulation_sock_t entry;

  if (!look_up(sock, &entry))
    return WSAENOTSOCK;
  *name = entry.local;
  return entry.local.family == 0 ? WSAEINVAL : 0;
}

int emulation_getpeername(SOCKET sock, emulation_name_t* name) {
  emulation_sock_t entry;

  if (!look_up(sock, &entry))
    return WSAENOTSOCK;
  *name = entry.remote;
  return emulation_tcp_connected(sock) ? 0 : WSAENOTCONN;
}
