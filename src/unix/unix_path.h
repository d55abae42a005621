/*
 * Unix sockets by their paths, and the folders that they lie in: what the
 * families that use them (local, hybrid) share, and all that partition.c must
 * know of how this system writes a path. unix_path.c fulfils it with
 * unix_path_posix.c, or with unix_path_win.c, path_win.c and folder_win.c.
 * Paths are UTF-8 on Windows, and bytes elsewhere.
 */
#ifndef HVUV_SRC_UNIX_UNIX_PATH_H
#define HVUV_SRC_UNIX_UNIX_PATH_H

#include "unix/claim.h"
#include "sys/sys.h"

/* Enough for any path that this file is given. */
#define HVUV__PATH_ROOM 1024

/* --- Sockets */

/* 0, or UV_EAFNOSUPPORT where the system has no Unix sockets, as Windows before
 * version 1803 of Windows 10. Makes a socket to find out. */
int hvuv__unix_supported(void);

/* The room that a Unix socket's address has for its path, with the NUL. */
size_t hvuv__unix_path_limit(void);

int hvuv__unix_socket(uv_os_sock_t* sock);

/* A listening socket's first half: claims the path and binds a socket to it.
 * UV_ENAMETOOLONG if it does not fit a socket address, else what
 * hvuv__claim_take() and bind() answer. */
int hvuv__unix_listen_at(const char* path,
                         uv_os_sock_t* sock,
                         hvuv__claim_t** claim);

/* Names a socket by a path and leaves no file there: the name can be read by
 * the peer, and nobody can connect to it. */
int hvuv__unix_sign(uv_os_sock_t sock, const char* path);

/* As hvuv__sys_connect(); UV_ENAMETOOLONG if the path does not fit. */
int hvuv__unix_connect(uv_os_sock_t sock, const char* path);

/* Copies the path in a socket's name to room, of HVUV__PATH_ROOM bytes; "" for
 * a socket without one. UV_EINVAL if it is no Unix socket's. */
int hvuv__unix_path_of(const struct sockaddr* name, size_t len, char room[]);

/* For unix_path_*.c: the same and no more than bind() and connect(). */
int hvuv__unix_bind_to(uv_os_sock_t sock, const char* path);
int hvuv__unix_connect_to(uv_os_sock_t sock, const char* path);

/* --- How paths are written */

/* Whether a byte of a path stands between two names. */
int hvuv__path_is_separator(char byte);

/* Makes a path absolute and takes the separators at its end away; in place, of
 * HVUV__PATH_ROOM bytes. UV_ENAMETOOLONG if it does not fit. */
int hvuv__path_absolute(char path[]);

/* The path of a name in a folder, of HVUV__PATH_ROOM bytes; UV_ENAMETOOLONG if
 * it does not fit. */
int hvuv__path_join(const char* folder, const char* name, char path[]);

/* --- Folders */

/* Where this user's sockets are when nobody says so, of HVUV__PATH_ROOM bytes.
 * UV_ENAMETOOLONG if it does not fit. */
int hvuv__folder_default(char path[]);

/* Whether a folder belongs to this user alone and is no link; each system's
 * file says what that means there. UV_ENOENT if it is not there, UV_EACCES if
 * it is not so. With `create` it is made when missing. */
int hvuv__folder_check(const char* path, int create);

#endif /* HVUV_SRC_UNIX_UNIX_PATH_H */
