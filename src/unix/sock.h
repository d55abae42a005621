/*
 * Unix sockets by their paths: sock.c has what all systems do alike,
 * sock_posix.c and sock_win.c the rest. Nothing here knows of claims and of
 * folders.
 */
#ifndef HVUV_SRC_UNIX_SOCK_H
#define HVUV_SRC_UNIX_SOCK_H

#include <uv.h>

#include "unix/path.h"

/* 0, or UV_EAFNOSUPPORT where the system has no Unix sockets, as Windows before
 * version 1803 of Windows 10. Makes a socket to find out. */
int hvuv__unix_supported(void);

/* The room that a Unix socket's address has for its path, with the NUL. */
size_t hvuv__unix_path_limit(void);

int hvuv__unix_socket(uv_os_sock_t* sock);

/* As hvuv__sys_bind(); UV_ENAMETOOLONG if the path does not fit. */
int hvuv__unix_bind(uv_os_sock_t sock, const char* path);

/* Names a socket by a path and leaves no file there: the name can be read by
 * the peer, and nobody can connect to it. */
int hvuv__unix_sign(uv_os_sock_t sock, const char* path);

/* As hvuv__sys_connect(); UV_ENAMETOOLONG if the path does not fit. */
int hvuv__unix_connect(uv_os_sock_t sock, const char* path);

/* Copies the path in a socket's name to room, of HVUV__PATH_ROOM bytes; "" for
 * a socket without one. UV_EINVAL if it is no Unix socket's. */
int hvuv__unix_path_of(const struct sockaddr* name, size_t len, char room[]);

/* For sock_*.c: connect() and no more. */
int hvuv__unix_connect_plainly(uv_os_sock_t sock, const char* path);

#endif /* HVUV_SRC_UNIX_SOCK_H */
