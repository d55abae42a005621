#include <stdio.h>
#include <string.h>

#include "system.h"

#define PIPES     "\\\\.\\pipe\\"
#define UNLIMITED 100000

int system_pipe_name(const char* text, char* name, size_t size) {
  int n = snprintf(
      name, size, "%s%s", strncmp(text, "\\\\", 2) == 0 ? "" : PIPES, text);

  return n > 0 && (size_t) n < size ? 0 : UV_ENAMETOOLONG;
}

int system_listens(int fd) {
  (void) fd;
  return UV_ENOTSUP;
}

int system_passed(const char* name, int index, int* fd) {
  (void) name;
  (void) index;
  (void) fd;
  return 0;
}

int system_peer_user(uv_os_sock_t sock, unsigned int* user, int* pid) {
  (void) sock;
  (void) user;
  (void) pid;
  return UV_ENOTSUP;
}

/* Whether b is what a is connected to, and not a program that called first where
 * uv_socketpair() listens for a moment. */
static int are_joined(uv_os_sock_t a, uv_os_sock_t b) {
  struct sockaddr_in own;
  struct sockaddr_in peer;
  int own_len = sizeof(own);
  int peer_len = sizeof(peer);

  return getsockname(a, (struct sockaddr*) &own, &own_len) == 0 &&
         getpeername(b, (struct sockaddr*) &peer, &peer_len) == 0 &&
         own.sin_port == peer.sin_port &&
         own.sin_addr.s_addr == peer.sin_addr.s_addr;
}

static void send_at_once(uv_os_sock_t sock) {
  BOOL on = TRUE;

  setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, (char*) &on, sizeof(on));
}

/* TCP's, on 127.0.0.1. */
int system_pair(uv_os_sock_t* ours, uv_os_sock_t* theirs) {
  uv_os_sock_t pair[2];
  int err =
      uv_socketpair(SOCK_STREAM, 0, pair, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE);

  if (err != 0)
    return err;
  if (!are_joined(pair[0], pair[1])) {
    closesocket(pair[0]);
    closesocket(pair[1]);
    return UV_EAGAIN;
  }
  send_at_once(pair[0]);
  send_at_once(pair[1]);
  *ours = pair[0];
  *theirs = pair[1];
  return 0;
}

void system_close_socket(uv_os_sock_t sock) {
  closesocket(sock);
}

uint64_t system_most_calls(void) {
  return UNLIMITED;
}
