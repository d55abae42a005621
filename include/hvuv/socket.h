/*
 * Sockets that come from elsewhere: hvuv_open() makes a stream of a socket.
 */
#ifndef HVUV_SOCKET_H
#define HVUV_SOCKET_H

#include <uv.h>

#include "export.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adopts a connected or a listening stream socket of any address family, such
 * as one of a socket pair or one from socket activation. The socket is set to
 * non-blocking and close-on-exec. On success it is the stream's and is closed
 * with it; on an error it remains the caller's, as it was.
 *
 * On Windows, closing the stream ends the connection for every other process
 * that has the socket as well, because the socket is shut down first.
 *
 * A listening socket still needs hvuv_listen() to set its callback. For a
 * socket whose address hvuv has no form for, hvuv_getsockname() and
 * hvuv_getpeername() return UV_ENOTSUP.
 *
 *   UV_EBUSY     the stream has a socket
 *   UV_EINVAL    the stream is closing, or the socket is not SOCK_STREAM
 *   UV_ENOTCONN  the socket is neither connected nor listening; on AF_VSOCK
 *                also if it was shut down already
 *   UV_EEXIST    the loop watches this socket already. Not detected, but also a
 *                mistake: one socket in two idle handles, or on Windows in any
 *                two
 *   UV_EBADF, UV_ENOTSOCK, UV_ENOMEM */
HVUV_EXTERN int hvuv_open(hvuv_stream_t* stream, uv_os_sock_t sock);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SOCKET_H */
