#include "net.h"

#include "wine.h"

/* Older headers have it only for newer systems. */
#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif

int net_is_posix(void) {
  return 0;
}

int net_error(void) {
  return uv_translate_sys_error(WSAGetLastError());
}

void net_start(void) {
  WSADATA data;

  WSAStartup(MAKEWORD(2, 2), &data);
}

void net_ignore_sigpipe(void) {
}

int net_socket(int domain, int type, uv_os_sock_t* sock) {
  SOCKET s;

  net_start();
  s = WSASocketW(domain,
                 type,
                 0,
                 NULL,
                 0,
                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (s == INVALID_SOCKET)
    return net_error();
  *sock = s;
  return 0;
}

int net_accept(uv_os_sock_t listener, uv_os_sock_t* sock) {
  SOCKET s;

  s = accept(listener, NULL, NULL);
  if (s == INVALID_SOCKET)
    return net_error();
  SetHandleInformation((HANDLE) s, HANDLE_FLAG_INHERIT, 0);
  *sock = s;
  return 0;
}

int net_pair(uv_os_sock_t socks[2]) {
  return net_tcp_pair(socks);
}

void net_close(uv_os_sock_t sock) {
  closesocket(sock);
}

int net_abort(uv_os_sock_t sock) {
  struct linger linger = {1, 0};

  setsockopt(
      sock, SOL_SOCKET, SO_LINGER, (const char*) &linger, sizeof(linger));
  closesocket(sock);
  return wine_has(WINE_ENDS_BEFORE_RESET) ? UV_EOF : UV_ECONNRESET;
}

int net_reads_before_reset(void) {
  return wine_has(WINE_KEEPS_BYTES_BEFORE_RESET);
}

int net_unblock(uv_os_sock_t sock) {
  u_long on;

  on = 1;
  return ioctlsocket(sock, (long) FIONBIO, &on) == 0 ? 0 : net_error();
}

ssize_t net_recv(uv_os_sock_t sock, void* base, size_t len) {
  int n;

  n = recv(sock, base, (int) len, 0);
  return n == SOCKET_ERROR ? net_error() : n;
}

ssize_t net_send(uv_os_sock_t sock, const void* base, size_t len) {
  int n;

  n = send(sock, base, (int) len, 0);
  return n == SOCKET_ERROR ? net_error() : n;
}

int net_poll(net_poll_t* polls, size_t count, int timeout_ms) {
  return WSAPoll(polls, (ULONG) count, timeout_ms);
}

int net_is_inherited(uv_os_sock_t sock) {
  DWORD flags;

  return GetHandleInformation((HANDLE) sock, &flags) &&
         (flags & HANDLE_FLAG_INHERIT) != 0;
}

void net_share(uv_os_sock_t sock) {
  SetHandleInformation((HANDLE) sock, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

int net_blocks(uv_os_sock_t sock) {
  (void) sock;
  return 0;
}
