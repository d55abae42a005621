/*
 * lost_after_fin fin|no-fin: plain Winsock, to show what Wine 10 does to bytes that a
 * send has accepted. Ends with 0 if all arrive, or if some are lost and wine.h says
 * that this Wine loses them.
 *
 * Such a Wine keeps what the system did not take of a send that does not block, and
 * sends it later; finding the end of what the peer sends, its server takes that for the
 * end of both directions, and drops what it has kept (server/sock.c).
 *
 * 1. A socket that does not block sends until WSAEWOULDBLOCK; the peer reads nothing.
 * 2. The peer ends its own direction, unless no-fin, and the end is waited for with
 *    select() and read.
 * 3. Only then does the peer read all.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <string.h>

#include "wine.h"

#define SEND_BYTES     65536
#define SENDS_MAX      4096
#define SELECT_SECONDS 5

static char bytes[SEND_BYTES];

static int fail(const char* what) {
  printf("%s: %d\n", what, WSAGetLastError());
  return 2;
}

/* Two ends of a TCP connection on the loopback interface. */
static int make_pair(SOCKET pair[2]) {
  struct sockaddr_in name;
  int len = sizeof(name);
  SOCKET server = socket(AF_INET, SOCK_STREAM, 0);

  memset(&name, 0, sizeof(name));
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (server == INVALID_SOCKET ||
      bind(server, (struct sockaddr*) &name, sizeof(name)) != 0 ||
      listen(server, 1) != 0 ||
      getsockname(server, (struct sockaddr*) &name, &len) != 0)
    return -1;
  pair[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (pair[0] == INVALID_SOCKET ||
      connect(pair[0], (struct sockaddr*) &name, sizeof(name)) != 0)
    return -1;
  pair[1] = accept(server, NULL, NULL);
  closesocket(server);
  return pair[1] == INVALID_SOCKET ? -1 : 0;
}

/* Returns how many bytes Winsock has accepted, or -1. */
static long long send_until_full(SOCKET sock) {
  long long accepted = 0;
  int i, n;

  for (i = 0; i < SENDS_MAX; i++) {
    n = send(sock, bytes, sizeof(bytes), 0);
    if (n < 0)
      return WSAGetLastError() == WSAEWOULDBLOCK ? accepted : -1;
    accepted += n;
  }
  return -1;
}

/* Returns 0 when the end of what the peer sends has been read. */
static int read_end(SOCKET sock) {
  struct timeval limit = {SELECT_SECONDS, 0};
  fd_set set;
  char byte;

  FD_ZERO(&set);
  FD_SET(sock, &set);
  if (select(0, &set, NULL, NULL, &limit) != 1)
    return -1;
  return recv(sock, &byte, 1, 0) == 0 ? 0 : -1;
}

static long long read_all(SOCKET sock) {
  long long arrived = 0;
  int n;

  while ((n = recv(sock, bytes, sizeof(bytes), 0)) > 0)
    arrived += n;
  return n == 0 ? arrived : -1;
}

int main(int argc, char** argv) {
  long long accepted, arrived;
  SOCKET pair[2];
  WSADATA data;
  u_long on = 1;
  int fin;

  fin = argc < 2 || strcmp(argv[1], "no-fin") != 0;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0 || make_pair(pair) != 0)
    return fail("a pair of sockets");
  if (ioctlsocket(pair[0], (long) FIONBIO, &on) != 0)
    return fail("FIONBIO");
  accepted = send_until_full(pair[0]);
  if (accepted < 0)
    return fail("send");

  if (fin && (shutdown(pair[1], SD_SEND) != 0 || read_end(pair[0]) != 0))
    return fail("the peer's end");
  if (shutdown(pair[0], SD_SEND) != 0)
    return fail("shutdown");
  arrived = read_all(pair[1]);
  if (arrived < 0)
    return fail("recv");

  printf("%lld bytes accepted, %lld arrived, %lld lost\n",
         accepted,
         arrived,
         accepted - arrived);
  if (fin && wine_has(WINE_END_DROPS_SENDS))
    return 0;
  return accepted == arrived ? 0 : 1;
}
