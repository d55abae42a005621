/*
 * Connecting in the AF_HYPERV EMULATION.
 *
 * To a listener, it is a TCP connect, from a port that was written down before
 * (hyperv_emulation_ports.c). A connect that is to fail is one to a port that
 * refuses, which signals what Hyper-V's failure would, and SO_ERROR tells the
 * code that WSAECONNREFUSED stands for. A failure that takes time leaves the
 * socket as it is, and nothing is signalled, until a thread makes that connect.
 */
#include "hyperv_emulation_book.h"
#include "hyperv_emulation_real.h"
#include "hyperv_emulation_table.h"

/* --- Failing */

static int refuse(SOCKET sock) {
  return emulation_tcp_connect(sock, emulation_tcp_refusing_port());
}

static ULONGLONG fail_those_due(ULONGLONG now_ms) {
  ULONGLONG nearest = now_ms + 60000;
  emulation_sock_t* entry = NULL;

  while ((entry = emulation_book_next(entry)) != NULL) {
    if (entry->state != EMULATION_WAITING)
      continue;
    if (entry->deadline <= now_ms) {
      /* With the lock held, so that nobody closes the socket meanwhile. It is
       * a non-blocking one. */
      entry->state = EMULATION_CONNECTING;
      refuse(entry->sock);
    } else if (entry->deadline < nearest) {
      nearest = entry->deadline;
    }
  }
  return nearest;
}

static int thread_runs; /* under the book's lock; it never ends */

static DWORD WINAPI fail_late(LPVOID unused) {
  ULONGLONG now_ms;

  (void) unused;
  emulation_book_lock();
  while (thread_runs) {
    now_ms = GetTickCount64();
    emulation_book_wait((DWORD) (fail_those_due(now_ms) - now_ms));
  }
  emulation_book_unlock();
  return 0;
}

static void need_thread(void) {
  HANDLE thread;

  if (!thread_runs) {
    thread = CreateThread(NULL, 0, fail_late, NULL, 0, NULL);
    if (thread != NULL) {
      CloseHandle(thread);
      thread_runs = 1;
    }
  }
  emulation_book_wake();
}

static ULONG timeout_of(const emulation_sock_t* entry) {
  return entry->options[0] == 0 ? EMULATION_TIMEOUT_MS : entry->options[0];
}

/* --- Starting */

/* Where the connect goes; *port is the listener's, or 0 if it fails. */
static emulation_way_t find_way(const GUID* from,
                                const emulation_name_t* to,
                                USHORT* port) {
  emulation_way_t way;
  int kind;

  *port = 0;
  way = emulation_way(from, &to->vm, emulation_table_vm_kind(&to->vm));
  if (way.code != 0)
    return way;
  kind = emulation_table_vm_kind(
      emulation_same(from, &emulation_host) ? &way.target : from);
  *port = emulation_table_find(&way.target, &to->service, from, kind);

  /* What TCP's refusal means, if the listener goes away meanwhile. */
  return emulation_nobody(from, &way.target, kind);
}

static int may_connect(const emulation_sock_t* entry) {
  switch (entry->state) {
    case EMULATION_LISTENING:
      return WSAEINVAL;
    case EMULATION_WAITING:
      return WSAEALREADY;
    case EMULATION_CONNECTING:
      return emulation_tcp_connected(entry->sock) ? WSAEISCONN : WSAEALREADY;
    case EMULATION_CONNECTED:
      return WSAEISCONN;
    default:
      return 0;
  }
}

/* With the lock: 0 once all is written down that the acceptor will look up. */
static int prepare(emulation_sock_t* entry,
                   const emulation_name_t* to,
                   USHORT port) {
  GUID service = emulation_random_service();
  int code = 0;

  if (entry->port == 0)
    code = emulation_tcp_bind(entry->sock, &entry->port);
  if (code == 0 && port != 0)
    code = emulation_table_call(entry->port, port, &entry->partition, &service);
  if (code != 0)
    return code;
  emulation_name_set(&entry->local, &emulation_children, &service);
  entry->remote = *to;
  entry->state = EMULATION_CONNECTING;
  return 0;
}

/* What is left to do without the lock, since it may block. */
typedef struct rest_s {
  USHORT port; /* 0: to fail */
  DWORD wait_ms;
  int refused_code; /* what WSAECONNREFUSED stands for */
} rest_t;

/* With the lock: 0 if there is a rest, or what connect() answers. */
static int begin(emulation_sock_t* entry,
                 const emulation_name_t* to,
                 rest_t* rest) {
  emulation_way_t way;
  int code = may_connect(entry);

  if (code != 0)
    return code;
  code = emulation_table_hold();
  if (code != 0)
    return code;
  way = find_way(&entry->partition, to, &rest->port);
  code = way.at_once ? way.code : prepare(entry, to, rest->port);
  emulation_table_release();
  if (code != 0)
    return code;

  entry->code = way.code;
  rest->refused_code = way.code;
  rest->wait_ms = rest->port == 0 && way.waits ? timeout_of(entry) : 0;
  if (rest->wait_ms == 0 || !entry->is_nonblocking)
    return 0;
  entry->state = EMULATION_WAITING;
  entry->deadline = GetTickCount64() + rest->wait_ms;
  need_thread();
  return WSAEWOULDBLOCK;
}

static int finish(SOCKET sock, int code, const rest_t* rest) {
  emulation_sock_t* entry;

  if (code == WSAEWOULDBLOCK)
    return code;
  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL)
    entry->state = code == 0 ? EMULATION_CONNECTED : EMULATION_FAILED;
  emulation_book_unlock();
  return code == WSAECONNREFUSED ? rest->refused_code : code;
}

int emulation_connect(SOCKET sock, const emulation_name_t* to) {
  emulation_sock_t* entry;
  rest_t rest;
  int code;

  emulation_book_lock();
  entry = emulation_book_find(sock);
  code = entry == NULL ? WSAENOTSOCK : begin(entry, to, &rest);
  emulation_book_unlock();
  if (code != 0)
    return code;

  if (rest.wait_ms > 0)
    Sleep(rest.wait_ms);
  if (rest.port != 0)
    return finish(sock, emulation_tcp_connect(sock, rest.port), &rest);
  return finish(sock, refuse(sock), &rest);
}
