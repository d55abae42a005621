/*
 * The socket verbs that an operating system must give. sys_posix.c fulfils
 * them with POSIX sockets, sys_win.c with Winsock; tests fulfil them from a
 * script.
 *
 * Every verb returns 0 (or a count) or a UV_E* code, and never blocks. One that
 * a signal interrupts tries again by itself, or returns UV_EAGAIN if it is
 * recv, peek or send, whose callers poll again then.
 */
#ifndef HVUV_SRC_SYS_SYS_H
#define HVUV_SRC_SYS_SYS_H

#include <stddef.h>
#include <uv.h>

#define HVUV__NO_SOCK ((uv_os_sock_t) -1)

/* What hvuv__sys_connect() returns besides 0 and errors: the attempt is under
 * way, and the socket becomes writable when it has ended. */
#define HVUV__IN_PROGRESS 1

/* What hvuv__sys_inspect() found. */
enum hvuv__sock_kind { HVUV__SOCK_CONNECTED = 1, HVUV__SOCK_LISTENING };

/* A stream socket: non-blocking, not inherited by child processes, raising no
 * SIGPIPE. */
int hvuv__sys_socket(int domain, int protocol, uv_os_sock_t* sock);

/* Looks at a foreign socket and changes nothing: UV_EBADF, UV_ENOTSOCK,
 * UV_EINVAL if it is no stream socket, UV_ENOTCONN if it is neither connected
 * nor listening. */
int hvuv__sys_inspect(uv_os_sock_t sock, enum hvuv__sock_kind* kind);

/* Gives a foreign socket what hvuv__sys_socket() gives a new one. */
void hvuv__sys_own(uv_os_sock_t sock);

int hvuv__sys_bind(uv_os_sock_t sock, const struct sockaddr* name, size_t len);
int hvuv__sys_listen(uv_os_sock_t sock, int backlog);

/* 0, HVUV__IN_PROGRESS, UV_EAGAIN when the peer's backlog is full, or why. */
int hvuv__sys_connect(uv_os_sock_t sock,
                      const struct sockaddr* name,
                      size_t len);

/* *len is the room in *name, and becomes the length of the peer's name; without
 * a name nobody asks for it. */
int hvuv__sys_accept(uv_os_sock_t server,
                     uv_os_sock_t* sock,
                     struct sockaddr* name,
                     size_t* len);

/* How many connections a listener asks for when it wakes, at least. */
extern const unsigned int hvuv__sys_accepts_per_wake;

/* Takes the socket's pending error (SO_ERROR) as a UV_E* code; 0 if none. */
int hvuv__sys_take_error(uv_os_sock_t sock);

/* How the peer stands, without reading, and without taking a pending error: 0
 * while it may still send, UV_EOF when it has finished sending, UV_ECONNRESET
 * when the connection is gone both ways; another code when that cannot be
 * known. Windows reports both ends alike: UV_EOF. */
int hvuv__sys_peer_state(uv_os_sock_t sock);

/* Bytes sent that have not left for good: over TCP those that the peer's system
 * has not acknowledged, over Unix sockets what the peer has not read (and the
 * kernel's own structures). Good for seeing whether a peer takes anything.
 * UV_ENOTSUP where the system does not say. */
int hvuv__sys_outstanding(uv_os_sock_t sock, size_t* bytes);

/* Whether close() does what shutdown() and close() do, where nothing is unread:
 * the peer gets what it has not taken, and then our end. */
extern const int hvuv__sys_close_ends;

/* Whether one direction of a libuv pipe can be ended alone. */
extern const int hvuv__sys_pipes_half_close;

/* How a connect under way has ended: 0, or why it failed. UV_EAGAIN if it has
 * not, which is known on Windows only, where the poller may wake too early. */
int hvuv__sys_connect_result(uv_os_sock_t sock);

/* Bytes received, 0 at the end of input, UV_EAGAIN if there are none now. */
ssize_t hvuv__sys_recv(uv_os_sock_t sock, char* base, size_t len);

/* The same without taking the bytes. */
ssize_t hvuv__sys_peek(uv_os_sock_t sock, char* base, size_t len);

/* Bytes sent, which may be fewer than given; UV_EAGAIN if none can be now. */
ssize_t hvuv__sys_send(uv_os_sock_t sock,
                       const uv_buf_t bufs[],
                       unsigned int nbufs);

/* The most buffers that one hvuv__sys_send() takes. */
#define HVUV__SEND_BUFS_MAX 1024

/* Ends our direction. */
int hvuv__sys_shutdown(uv_os_sock_t sock);

void hvuv__sys_close(uv_os_sock_t sock);

/* Closes it so that the peer sees a reset, where the kind of socket has one. */
void hvuv__sys_close_reset(uv_os_sock_t sock);

int hvuv__sys_getsockname(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len);
int hvuv__sys_getpeername(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len);
int hvuv__sys_setsockopt(
    uv_os_sock_t sock, int level, int option, const void* value, size_t len);
int hvuv__sys_getsockopt(
    uv_os_sock_t sock, int level, int option, void* value, size_t len);

/* Has three functions called at each fork from now on: before it, and after it
 * in the parent and in the child. 0, or UV_ENOMEM. Windows has no forks. */
int hvuv__sys_watch_forks(void (*before)(void),
                          void (*in_parent)(void),
                          void (*in_child)(void));

/* Has the calling thread, one of hvuv's own, take no signals: those are the
 * program's. */
void hvuv__sys_block_signals(void);

/* Whether uv_async_send() asserts that nobody has closed the handle. */
extern const int hvuv__sys_rings_open_only;

/* The system's own number for the last error that this thread got as `status`;
 * 0 if that is not known, or has no more in it than status. */
int hvuv__sys_original(int status);

#endif /* HVUV_SRC_SYS_SYS_H */
