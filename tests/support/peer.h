/*
 * Blocking Unix sockets that know nothing of hvuv, for the other end of a
 * connection. Paths must fit a socket address. net.h has what else one does
 * with them.
 */
#ifndef HVUV_TESTS_SUPPORT_PEER_H
#define HVUV_TESTS_SUPPORT_PEER_H

#include <stddef.h>

#include "net.h"

/* A socket connected to path; its own name is another path, where a file then
 * is, or "@..." for an abstract one, or NULL for none. NET_NONE if it cannot
 * be. */
uv_os_sock_t peer_connect(const char* path, const char* name);

/* A socket bound to path; with a backlog of 0 or more it listens. NET_NONE if
 * it cannot be. */
uv_os_sock_t peer_bind(const char* path, int backlog);

/* Reads until the other end hangs up, or nothing has come for 30 seconds;
 * returns the bytes read, or a UV_E* code. */
long peer_read_to_end(uv_os_sock_t sock, char* room, size_t size);

/* Waits until there is something to read, or the end: 0, or UV_ETIMEDOUT. */
int peer_await(uv_os_sock_t sock);

#endif /* HVUV_TESTS_SUPPORT_PEER_H */
