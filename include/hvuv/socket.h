/*
 * The socket under a stream: hvuv_open() makes a stream of a socket that comes
 * from elsewhere, hvuv_detach() gives a stream's socket back, and its buffers
 * have sizes.
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
 *   UV_EBUSY     the stream has a socket, or had one: see hvuv_detach()
 *   UV_EINVAL    the stream is closing, or the socket is not SOCK_STREAM
 *   UV_ENOTCONN  the socket is neither connected nor listening; on AF_VSOCK
 *                also if it was shut down already
 *   UV_EEXIST    the loop watches this socket already. Not detected, but also a
 *                mistake: one socket in two idle handles, or on Windows in any
 *                two
 *   UV_EBADF, UV_ENOTSOCK, UV_ENOMEM */
HVUV_EXTERN int hvuv_open(hvuv_stream_t* stream, uv_os_sock_t sock);

/* Gives a connected stream's socket back: *sock is set to it, and it is the
 * caller's from now on, open and connected. The opposite of hvuv_open(). The
 * stream has no socket any more and can only be closed, which does not touch
 * that socket; its addresses remain available until then. Legal inside every
 * callback.
 *
 * Nothing is lost or left behind: hvuv reads nothing ahead, so what no read
 * callback has got is still in the socket, and what was written has been sent.
 * Reading stops, as by hvuv_read_stop(). Requests are not given up: while one
 * has not called back UV_EBUSY is returned, so the time to detach is the last
 * one's callback.
 *
 *   UV_EBUSY     a write, a shutdown or a connect has not called back
 *   UV_ENOTCONN  the stream is not connected (it may be listening, or detached
 *                before), or its connection has failed
 *   UV_EINVAL    a pointer is NULL, or the stream is closing
 *
 * After an error the stream is as it was, and *sock is not set. A stream whose
 * peer has ended (UV_EOF), or that was shut down, can be detached, and its
 * socket has ended as far. Afterwards hvuv_open() and hvuv_accept() into the
 * stream return UV_EBUSY, hvuv_bind() and hvuv_connect() UV_EINVAL, reading and
 * hvuv_shutdown() UV_ENOTCONN, hvuv_write() and hvuv_fileno() UV_EBADF. Not for
 * the streams of a relay, nor for that of a connection (hvuv_conn_stream()).
 *
 * The socket is non-blocking and close-on-exec, also if it came by hvuv_open()
 * and was neither. To hand it on:
 *
 *   libuv      uv_pipe_open(), on any loop, whatever the family; the pipe owns
 *              it then. Not on Windows, where that takes named pipes only.
 *   a child    uv_spawn() with the socket as UV_INHERIT_FD. libuv has the child
 *              inherit it, and makes it blocking if it is the child's 0, 1 or
 *              2. Blocking is a property of the socket, not of the descriptor,
 *              so the parent does nothing more with its own but close it.
 *   a process  SCM_RIGHTS (unix(7)), or uv_write2() with a uv_pipe_t that has
 *              opened it; then close it here. Close-on-exec does not travel:
 *              the receiver sets it (MSG_CMSG_CLOEXEC).
 *   Windows    uv_tcp_open(), which ties the socket to its loop's completion
 *              port for good, as nothing has before (seen under Wine 8 with
 *              TCP and both engines; with other families not tried), or
 *              WSADuplicateSocketW(). Where libuv polls with threads
 *              (AF_HYPERV with HVUV_ENGINE_UV), a thread that waits for it
 *              goes on, and keeps the loop alive, until bytes come or three
 *              minutes have passed (libuv 1.44, src/win/poll.c). */
HVUV_EXTERN int hvuv_detach(hvuv_stream_t* stream, uv_os_sock_t* sock);

/* Gets or sets the size in bytes of the socket's buffers, as
 * uv_send_buffer_size() does: if *value is 0 it is set to the current size,
 * otherwise the size is set to *value. Linux sets twice the value for Unix
 * sockets.
 *
 * On AF_VSOCK over virtio, vhost or loopback the receive size is
 * SO_VM_SOCKETS_BUFFER_SIZE (linux/vm_sockets.h). How much may be in flight is
 * bounded by the receiver's and by the sender's, 256 KiB each by default, so
 * set it on both; the send size (SO_SNDBUF) has no effect there (seen on Linux
 * 6.1). Accepted connections inherit the listener's. Values below 128 are
 * raised to 128. Do not lower it on a connection in use: what the peer sends
 * before it learns of that is lost without an error (seen on Linux 6.1 and
 * 7.2).
 *
 * In a Linux guest of Hyper-V a connection has two rings instead, made with it
 * (hyperv_transport.c). An accepted one has them from its listener: set both
 * sizes, SO_SNDBUF and SO_RCVBUF, between hvuv_bind() and hvuv_listen(). A ring
 * has at most 256 KiB, and Linux doubles what is set, so 131072 is the most
 * that has an effect; 208 KiB is what a listener has by default (VMBus 5.0 and
 * later). One that connects has rings of 24 KiB, whatever was set: connect()
 * resets them. Nothing changes the rings of a connection that is there.
 *
 * Connections over TCP have those of their listener too; over Unix sockets they
 * have the system's default.
 *
 * UV_EBADF without a socket, UV_EINVAL for a negative value. */
HVUV_EXTERN int hvuv_send_buffer_size(hvuv_stream_t* stream, int* value);
HVUV_EXTERN int hvuv_recv_buffer_size(hvuv_stream_t* stream, int* value);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SOCKET_H */
