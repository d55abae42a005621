/*
 * differences ROW: whether plain Winsock has it as that row of wine.h describes it, here
 * and now. Ends with 0 if that is what the table says of this Wine (of Windows it says
 * that it has none of them), 77 if it cannot be seen here.
 *
 * What is behind WINE_END_DROPS_SENDS: Wine keeps what the system did not take of a send
 * that does not block, and sends it later; finding the end of what the peer sends, its
 * server takes that for the end of both directions, and drops what it has kept
 * (server/sock.c).
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wine.h"

#define SEND_BYTES   100003 /* in step with no buffer */
#define SENDS_MAX    4096
#define WAITING_MIB  32 /* more than any system takes of a send that waits */
#define WAIT_MS      5000
#define CALLERS_MAX  10
#define RESETS_MAX   3000 /* one in some ten is an end under Wine 10 */
#define TOO_LONG_MS  300  /* for a connect on the loopback interface */
#define LISTEN_QUEUE 1

/* What a look returns. */
enum { IS_NOT_SO, IS_SO, CANNOT_SAY };

static char bytes[SEND_BYTES];

static void expect(int condition, const char* what) {
  if (condition)
    return;
  printf("%s: %d\n", what, WSAGetLastError());
  exit(2);
}

static SOCKET listen_at(struct sockaddr_in* name) {
  int len = sizeof(*name);
  SOCKET server = socket(AF_INET, SOCK_STREAM, 0);

  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  expect(server != INVALID_SOCKET &&
             bind(server, (struct sockaddr*) name, sizeof(*name)) == 0 &&
             listen(server, LISTEN_QUEUE) == 0 &&
             getsockname(server, (struct sockaddr*) name, &len) == 0,
         "a listener");
  return server;
}

static void unblock(SOCKET sock) {
  u_long on = 1;

  expect(ioctlsocket(sock, (long) FIONBIO, &on) == 0, "FIONBIO");
}

/* Two ends of a TCP connection on the loopback interface. */
static void make_pair(SOCKET pair[2]) {
  struct sockaddr_in name;
  SOCKET server = listen_at(&name);

  pair[0] = socket(AF_INET, SOCK_STREAM, 0);
  expect(pair[0] != INVALID_SOCKET &&
             connect(pair[0], (struct sockaddr*) &name, sizeof(name)) == 0,
         "connect");
  pair[1] = accept(server, NULL, NULL);
  expect(pair[1] != INVALID_SOCKET, "accept");
  closesocket(server);
}

static void reset(SOCKET sock) {
  struct linger linger = {1, 0};

  expect(
      setsockopt(
          sock, SOL_SOCKET, SO_LINGER, (const char*) &linger, sizeof(linger)) ==
          0,
      "SO_LINGER");
  closesocket(sock);
}

/* Which of the events, and of those that are always looked for, has come. */
static int await(SOCKET sock, short events) {
  WSAPOLLFD look = {sock, events, 0};

  expect(WSAPoll(&look, 1, WAIT_MS) == 1, "WSAPoll");
  return look.revents;
}

/* Only the end of both directions, not that of one. */
static void await_reset(SOCKET sock) {
  while ((await(sock, POLLIN) & (POLLHUP | POLLERR)) == 0)
    Sleep(1);
}

/* Returns how many bytes Winsock has accepted; *is_partly if not all of a send. */
static long long send_until_full(SOCKET sock, int* is_partly) {
  long long accepted = 0;
  int i, n;

  for (i = 0; i < SENDS_MAX; i++) {
    n = send(sock, bytes, sizeof(bytes), 0);
    if (n < 0) {
      expect(WSAGetLastError() == WSAEWOULDBLOCK, "send");
      return accepted;
    }
    *is_partly |= n < SEND_BYTES;
    accepted += n;
  }
  expect(0, "a send that does not block never waits");
  return 0;
}

static long long read_all(SOCKET sock) {
  long long arrived = 0;
  int n;

  while ((n = recv(sock, bytes, sizeof(bytes), 0)) > 0)
    arrived += n;
  expect(n == 0, "recv");
  return arrived;
}

/* --- The rows */

static int is_end_before_reset(void) {
  SOCKET pair[2];
  char byte;

  make_pair(pair);
  reset(pair[1]);
  await(pair[0], POLLIN);
  if (recv(pair[0], &byte, 1, 0) == 0)
    return IS_SO;
  expect(WSAGetLastError() == WSAECONNRESET, "recv after a reset");
  return IS_NOT_SO;
}

/* Asks again and again in place of waiting. */
static int reads_end(void) {
  SOCKET pair[2];
  char room[10];
  int n;

  make_pair(pair);
  unblock(pair[0]);
  expect(send(pair[0], "word", 4, 0) == 4, "send");
  expect(recv(pair[1], room, sizeof(room), 0) == 4, "recv");
  reset(pair[1]);
  do
    n = recv(pair[0], room, sizeof(room), 0);
  while (n < 0 && WSAGetLastError() == WSAEWOULDBLOCK);
  closesocket(pair[0]);
  return n == 0;
}

static int is_end_now_and_then(void) {
  int i;

  if (wine_has(WINE_ENDS_BEFORE_RESET))
    return CANNOT_SAY;
  for (i = 0; i < RESETS_MAX; i++)
    if (reads_end())
      return IS_SO;
  return IS_NOT_SO;
}

static int is_kept_before_reset(void) {
  SOCKET pair[2];
  char room[10];
  int n;

  make_pair(pair);
  expect(send(pair[1], "word", 4, 0) == 4, "send");
  await(pair[0], POLLIN);
  reset(pair[1]);
  await_reset(pair[0]);
  n = recv(pair[0], room, sizeof(room), 0);
  return n == 4 ? IS_SO : IS_NOT_SO;
}

static int is_no_error_after_reset(void) {
  SOCKET pair[2];
  int error = 0;
  int len = sizeof(error);

  if (wine_has(WINE_ENDS_BEFORE_RESET))
    return CANNOT_SAY;
  make_pair(pair);
  reset(pair[1]);
  await_reset(pair[0]);
  expect(getsockopt(pair[0], SOL_SOCKET, SO_ERROR, (char*) &error, &len) == 0,
         "SO_ERROR");
  return error == 0 ? IS_SO : IS_NOT_SO;
}

/* A socket that does not block sends until no more is accepted, while the peer reads
 * nothing; the peer ends its own direction, which is read; only then does it read. */
static long long lost_by_sends(int peer_ends) {
  long long accepted;
  SOCKET pair[2];
  int is_partly = 0;
  char byte;

  make_pair(pair);
  unblock(pair[0]);
  accepted = send_until_full(pair[0], &is_partly);
  if (peer_ends) {
    expect(shutdown(pair[1], SD_SEND) == 0, "shutdown");
    await(pair[0], POLLIN);
    expect(recv(pair[0], &byte, 1, 0) == 0, "the peer's end");
  }
  expect(shutdown(pair[0], SD_SEND) == 0, "shutdown");
  accepted -= read_all(pair[1]);
  printf("%lld bytes lost, %s end\n", accepted, peer_ends ? "with" : "without");
  return accepted;
}

static int is_dropped_by_end(void) {
  expect(lost_by_sends(0) == 0, "bytes are lost without an end");
  return lost_by_sends(1) > 0 ? IS_SO : IS_NOT_SO;
}

static int is_pending(const OVERLAPPED* what, DWORD wait_ms) {
  return WaitForSingleObject(what->hEvent, wait_ms) == WAIT_TIMEOUT;
}

/* As libuv does it for its own TCP streams: a receive of no bytes waits, a send too. */
static int is_ended_by_end(void) {
  OVERLAPPED sending = {0}, receiving = {0};
  WSABUF none = {0, NULL};
  DWORD sent, flags = 0;
  SOCKET pair[2];
  WSABUF much;

  make_pair(pair);
  unblock(pair[0]);
  much.len = WAITING_MIB << 20;
  much.buf = calloc(1, much.len);
  sending.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
  receiving.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
  expect(much.buf != NULL, "calloc");
  WSARecv(pair[0], &none, 1, NULL, &flags, &receiving, NULL);
  WSASend(pair[0], &much, 1, NULL, 0, &sending, NULL);
  expect(is_pending(&sending, TOO_LONG_MS), "a send waits");

  expect(shutdown(pair[1], SD_SEND) == 0, "shutdown");
  expect(!is_pending(&receiving, WAIT_MS), "the peer's end");
  if (is_pending(&sending, TOO_LONG_MS))
    return IS_NOT_SO; /* It ends with this process. */
  expect(WSAGetOverlappedResult(pair[0], &sending, &sent, TRUE, &flags),
         "WSASend");
  printf("%lu of %lu bytes sent\n", sent, much.len);
  return sent < much.len ? IS_SO : IS_NOT_SO;
}

static int is_sent_partly(void) {
  SOCKET pair[2];
  int is_partly = 0;

  make_pair(pair);
  unblock(pair[0]);
  send_until_full(pair[0], &is_partly);
  return is_partly ? IS_SO : IS_NOT_SO;
}

/* A connect is under way where a listener's queue is full: under Wine, for Windows
 * refuses it. */
static int is_peer_named_early(void) {
  struct sockaddr_in name, peer;
  SOCKET server = listen_at(&name);
  SOCKET caller;
  WSAPOLLFD look;
  int len;
  int i;

  (void) server;
  for (i = 0; i < CALLERS_MAX; i++) {
    caller = socket(AF_INET, SOCK_STREAM, 0);
    unblock(caller);
    connect(caller, (struct sockaddr*) &name, sizeof(name));
    look.fd = caller;
    look.events = POLLOUT;
    if (WSAPoll(&look, 1, TOO_LONG_MS) == 0) {
      len = sizeof(peer);
      return getpeername(caller, (struct sockaddr*) &peer, &len) == 0
                 ? IS_SO
                 : IS_NOT_SO;
    }
  }
  return CANNOT_SAY;
}

static const struct {
  const char* name;
  enum wine_difference row;
  int (*look)(void);
} looks[] = {
#define LOOK(row, look)                                                        \
  { #row, row, look }
    LOOK(WINE_ENDS_BEFORE_RESET, is_end_before_reset),
    LOOK(WINE_RESET_MAY_BE_END, is_end_now_and_then),
    LOOK(WINE_KEEPS_BYTES_BEFORE_RESET, is_kept_before_reset),
    LOOK(WINE_RESET_IS_NO_SO_ERROR, is_no_error_after_reset),
    LOOK(WINE_END_DROPS_SENDS, is_dropped_by_end),
    LOOK(WINE_END_ENDS_WAITING_SENDS, is_ended_by_end),
    LOOK(WINE_SENDS_PARTLY, is_sent_partly),
    LOOK(WINE_NAMES_PEER_EARLY, is_peer_named_early),
};

int main(int argc, char** argv) {
  WSADATA data;
  size_t i;
  int found;

  expect(argc == 2 && WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
  for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
    if (strcmp(argv[1], looks[i].name) != 0)
      continue;
    found = looks[i].look();
    if (found == CANNOT_SAY) {
      printf("%s cannot be seen here\n", argv[1]);
      return 77;
    }
    printf("%s: %s; the table has it %s\n",
           argv[1],
           found == IS_SO ? "is so" : "is not so",
           wine_has(looks[i].row) ? "so" : "not so");
    return (found == IS_SO) != wine_has(looks[i].row);
  }
  printf("no such row: %s\n", argv[1]);
  return 2;
}
