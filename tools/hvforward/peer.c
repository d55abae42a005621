#include "peer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "system.h"

void peer_ip4(const struct sockaddr_in* name, unsigned char ip[16]) {
  memset(ip, 0, 10);
  memset(ip + 10, 0xff, 2);
  memcpy(ip + 12, &name->sin_addr, 4);
}

void peer_ip6(const struct sockaddr_in6* name, unsigned char ip[16]) {
  memcpy(ip, &name->sin6_addr, 16);
}

void peer_cut(hvuv_family_t family, char* text) {
  int is_path = family == HVUV_HYPERV || family == HVUV_LOCAL;
  char* at = strrchr(text, is_path ? '/' : ':');

  assert(at != NULL);
  *at = '\0';
}

static void of_address(const hvuv_addr_t* addr, peer_t* peer) {
  size_t size = sizeof(peer->text);

  if (hvuv_addr_format(addr, peer->text, &size) != 0)
    return;
  memcpy(peer->who, peer->text, size + 1);
  peer_cut(hvuv_addr_family(addr), peer->who);
  if (hvuv_addr_family(addr) == HVUV_LOCAL) /* Its service is always 0. */
    memcpy(peer->text, peer->who, sizeof(peer->text));
}

static void of_ip(const struct sockaddr* name, peer_t* peer) {
  const struct sockaddr_in* v4 = (const struct sockaddr_in*) name;
  const struct sockaddr_in6* v6 = (const struct sockaddr_in6*) name;
  char host[64];
  int port;

  peer->has_ip = 1;
  if (name->sa_family == AF_INET6) {
    uv_ip6_name(v6, host, sizeof(host));
    peer_ip6(v6, peer->ip);
    port = ntohs(v6->sin6_port);
    snprintf(peer->who, sizeof(peer->who), "tcp://[%s]", host);
  } else {
    uv_ip4_name(v4, host, sizeof(host));
    peer_ip4(v4, peer->ip);
    port = ntohs(v4->sin_port);
    snprintf(peer->who, sizeof(peer->who), "tcp://%s", host);
  }
  snprintf(peer->text, sizeof(peer->text), "%.100s:%d", peer->who, port);
}

static void of_user(uv_os_sock_t sock, peer_t* peer) {
  unsigned int user;
  int pid;

  if (system_peer_user(sock, &user, &pid) != 0)
    return;
  snprintf(peer->who, sizeof(peer->who), "uid:%u", user);
  snprintf(peer->text, sizeof(peer->text), "unix:uid:%u(pid %d)", user, pid);
}

static void of_socket(uv_os_sock_t sock, peer_t* peer) {
  struct sockaddr_storage name;
  socklen_t len = sizeof(name);

  memset(&name, 0, sizeof(name));
  if (getpeername(sock, (struct sockaddr*) &name, &len) != 0)
    return;
  if (name.ss_family == AF_INET || name.ss_family == AF_INET6)
    of_ip((const struct sockaddr*) &name, peer);
  else
    of_user(sock, peer);
}

void peer_of(const leg_t* leg, peer_t* peer) {
  hvuv_addr_t addr;
  uv_os_sock_t sock;

  memset(peer, 0, sizeof(*peer));
  snprintf(peer->who, sizeof(peer->who), "somebody");
  snprintf(peer->text, sizeof(peer->text), "somebody");
  if (leg->class == LEG_HVUV && hvuv_getpeername(&leg->u.hvuv, &addr) == 0)
    of_address(&addr, peer);
  else if (leg->class != LEG_PIPE && leg_socket(leg, &sock) == 0)
    of_socket(sock, peer);
  else
    snprintf(peer->who, sizeof(peer->who), "pipe");
}
