/*
 * Unix sockets that listen at a path, with the manners of hvuv's own listeners:
 *
 *   PATH        the socket; its mode is what was asked, or 0777 less the umask
 *   PATH.lock   is locked while somebody listens, and keeps a second one away
 *
 * A socket that a killed listener left is removed by the next; nothing else is
 * ever removed but what was made.
 *
 * On Windows there are no modes: the folder's access list decides, which both
 * files inherit. The lock is a file that its owner alone has open, and is gone
 * with its process, however that ends.
 */
#ifndef HVUV_TOOLS_UNIX_SOCKET_H
#define HVUV_TOOLS_UNIX_SOCKET_H

#include <uv.h>

typedef struct claim_s claim_t;

/* Makes a socket and binds it to a path, with a mode, or -1. Returns 0, or an
 * error with nothing left behind: UV_EADDRINUSE, UV_EEXIST (what is there is no
 * socket), UV_ENOTSUP (no locks there), and what the system reports. */
int unix_bind(const char* path, int mode, uv_os_sock_t* sock, claim_t** claim);

/* Removes what was made, if it is still there. To be called before the socket
 * is closed. */
void unix_release(claim_t* claim);

/* Whether there are such sockets here; if not, why. */
const char* unix_unsupported(void);

/* Whether they have modes. */
int unix_has_modes(void);

/* Windows, where libuv does not connect them. A socket whose connect has begun:
 * 0, or an error. */
int unix_call(const char* path, uv_os_sock_t* sock);

/* What has become of it: 0, UV_EALREADY while it is under way, or why it failed. */
int unix_connected(uv_os_sock_t sock);

#endif /* HVUV_TOOLS_UNIX_SOCKET_H */
