/*
 * Streams: libuv's uv_stream_t, on Hyper-V sockets.
 *
 * Each function behaves as its libuv namesake. Handles and requests are
 * allocated by the caller, on their own or inside a larger struct, and are
 * hvuv's from the call that takes them to the callback that returns them: a
 * request until its callback is called, a stream until its close callback is
 * called. `data` is the user's throughout; hvuv never touches it.
 *
 * Everywhere:
 *
 * - No callback is called from inside the call that asked for it. Each accepted
 *   request calls back exactly once, in the order the requests were made.
 * - A call that returns an error has taken nothing: no callback follows.
 * - hvuv_close() is legal in every state and inside every callback.
 * - SIGPIPE is never raised; sockets are close-on-exec.
 *
 * A callback may call any function here on any stream of the same loop.
 */
#ifndef HVUV_STREAM_H
#define HVUV_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "alloc.h"
#include "export.h"
#include "loop.h"
#include "stream_private.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_stream_s hvuv_stream_t;
typedef struct hvuv_connect_s hvuv_connect_t;
typedef struct hvuv_write_s hvuv_write_t;
typedef struct hvuv_shutdown_s hvuv_shutdown_t;

/* Called to obtain memory to read into. suggested_size is in bytes; any size
 * will do. An empty buffer means no memory now: the read callback gets
 * UV_ENOBUFS, and while bytes wait alloc_cb is called again each turn, until
 * hvuv_read_stop(). Each buffer is passed to exactly one read callback before
 * the next one is asked for. */
typedef void (*hvuv_alloc_cb)(hvuv_stream_t* stream,
                              size_t suggested_size,
                              uv_buf_t* buf);

/* nread > 0: that many bytes are at buf->base. nread == 0: nothing was read,
 * the buffer is returned unused. UV_EOF: the peer has finished sending. Any
 * other negative code: reading failed. After UV_EOF or an error (except
 * UV_ENOBUFS) reading has stopped. buf is the buffer from alloc_cb and is the
 * user's again; it is empty when none was asked for. */
typedef void (*hvuv_read_cb)(hvuv_stream_t* stream,
                             ssize_t nread,
                             const uv_buf_t* buf);

/* status is 0, or the reason why the request failed. UV_ECANCELED means that it
 * was given up: the stream was closed (part of a write may have been sent, a
 * connect may have been under way), or the connect or a write before it failed.
 * After hvuv_close() a write may also report 0, so a callback that goes on
 * using the stream must check hvuv_is_closing() first. */
typedef void (*hvuv_write_cb)(hvuv_write_t* req, int status);
typedef void (*hvuv_connect_cb)(hvuv_connect_t* req, int status);
typedef void (*hvuv_shutdown_cb)(hvuv_shutdown_t* req, int status);

/* Called with status 0 when a connection waits for hvuv_accept(), or with the
 * reason why none could be taken; see hvuv_listen(). */
typedef void (*hvuv_connection_cb)(hvuv_stream_t* server, int status);

/* Called when a caller was turned away, with its address, or NULL if that is
 * not known, and the reason; see hvuv_set_refused_cb(). */
typedef void (*hvuv_refused_cb)(hvuv_stream_t* server,
                                const hvuv_addr_t* peer,
                                int status);

/* Called when hvuv is done with the stream: its memory is the user's again. */
typedef void (*hvuv_close_cb)(hvuv_stream_t* stream);

/* Streams and requests are complete types, to be allocated on their own or
 * inside a larger struct. Their size may change between versions of hvuv before
 * 1.0; hvuv/binding.h is for languages that do not read this header. */
struct hvuv_connect_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  HVUV__CONNECT_FIELDS
};

struct hvuv_shutdown_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  HVUV__SHUTDOWN_FIELDS
};

struct hvuv_write_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  HVUV__WRITE_FIELDS
};

struct hvuv_stream_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  size_t write_queue_size; /* bytes accepted by hvuv_write() and not yet sent */
  /* private */
  HVUV__STREAM_FIELDS
};

/* --- Life ---------------------------------------------------------------- */

/* Initialises a stream. No socket is created until bind, connect, accept or
 * open (hvuv/socket.h). Once initialised, the stream must be closed with
 * hvuv_close() before its memory is freed. Returns 0, UV_EINVAL if a pointer is
 * NULL, or UV_ENOMEM if this is the loop's first stream and what its streams
 * share cannot be allocated; after an error there is nothing to close. */
HVUV_EXTERN int hvuv_init(uv_loop_t* loop, hvuv_stream_t* stream);

/* Closes a stream, whatever its state. The socket is closed at once. Later,
 * from the loop, pending requests call back with UV_ECANCELED (writes that the
 * kernel had taken in full with 0) in the order they were made. cb, which may
 * be NULL, is called after them, once; hvuv does not touch the stream again.
 * Closing a stream twice is a mistake, and fails an assertion.
 *
 * If the peer has sent bytes that were not read, closing is an abort where the
 * address family has one: with Unix sockets the peer reads what was sent before
 * it, then UV_ECONNRESET (seen on Linux 6.18); with TCP it may also lose what
 * was in flight; on AF_VSOCK it reads everything, then UV_EOF (seen on Linux
 * 6.1). To be sure that everything arrived, call hvuv_shutdown() and read until
 * UV_EOF first. The whole table is in docs/endings.md. */
HVUV_EXTERN void hvuv_close(hvuv_stream_t* stream, hvuv_close_cb cb);

/* Closes a stream as hvuv_close() does, and has the peer see that the
 * conversation was broken off, where the family can show that: the namesake of
 * uv_tcp_close_reset(). Writes that wait in the stream are not sent. What the
 * peer sees:
 *
 *   an adopted TCP socket   UV_ECONNRESET (SO_LINGER with a time of 0); on
 *                           Windows, even what had arrived and was not read is
 *                           gone (dotnet/runtime issue 57186)
 *   Unix sockets (`local`,  UV_ECONNRESET if bytes it sent were not read,
 *   `hybrid`, adopted)      else UV_EOF: these sockets have no other reset
 *   AF_VSOCK                UV_EOF (seen on Linux 6.1; its transports have no
 *                           reset that a program could ask for)
 *   AF_HYPERV               not known: a reset if Windows takes SO_LINGER there
 *
 * So a protocol whose messages end with the connection cannot rely on it.
 * Unlike in libuv it may follow hvuv_shutdown(). Returns 0, or UV_EINVAL if the
 * stream is NULL or closing; then cb is not called. */
HVUV_EXTERN int hvuv_close_reset(hvuv_stream_t* stream, hvuv_close_cb cb);

/* --- Listening ----------------------------------------------------------- */

/* Binds a stream to the address that it will listen on. A `vsock` stream may
 * also connect from there.
 *
 *   UV_EINVAL         the stream is closing or has a socket; *addr is not an
 *                     address, or its service does not exist on this system
 *                     (AF_VSOCK carries only service ids that stand for a
 *                     port); $HVUV_LOCAL_VM is not a VM id
 *   UV_EADDRINUSE     a live socket listens there; on vsock also while one is
 *                     merely bound there, or less than 8 s after one was closed
 *                     whose peer holds unread bytes (seen on Linux 6.1)
 *   UV_EADDRNOTAVAIL  nothing can be bound to this CID or VM id here; in a
 *                     Linux guest of Hyper-V only `any` can be bound
 *   UV_EACCES         a vsock port below 1024, including 0, without
 *                     CAP_NET_BIND_SERVICE (af_vsock.c), or a directory of
 *                     `local` that others have access to
 *   UV_ENAMETOOLONG   the path of the Unix socket is too long (sun_path)
 *   UV_EEXIST         there is a file at that path that is not a socket
 *   UV_ENOENT         the directory of that path does not exist
 *   UV_EAFNOSUPPORT   see hvuv_supported()
 *   UV_ENOTSUP        see hvuv_supported(); or the directory is on a file
 *                     system without locks (flock(2): 9p, drvfs, some network
 *                     file systems)
 *   UV_ENOMEM, UV_EMFILE, UV_ENFILE
 *
 * A `hybrid` stream makes two files, for hybrid://PATH:PORT these:
 *
 *   PATH_PORT        the socket to which the hypervisor connects; its mode is
 *                    0777 less the umask, see hvuv_chmod()
 *   PATH_PORT.lock   keeps a second listener away; mode 0600, empty
 *
 * A `local` stream makes the same two in its directory. Both files are removed
 * when the stream closes, if they are still those that it made, and only in the
 * process that bound it: a forked child that closes its copy removes nothing.
 * What a killed process left is removed by the next to bind there, if it is the
 * same user or root. */
HVUV_EXTERN int hvuv_bind(hvuv_stream_t* stream, const hvuv_addr_t* addr);

/* Lets processes of other users connect to a bound or listening `hybrid`
 * stream: adds read permission (UV_READABLE), write permission (UV_WRITABLE) or
 * both to its socket's mode, for everybody. The namesake of uv_pipe_chmod(). A
 * hypervisor that runs as another user (Firecracker's jailer, libvirt-qemu)
 * needs UV_WRITABLE, which is what connect() asks for on Linux, and search
 * permission on the directories above. Whoever may connect is taken for the
 * guest; to let in one user only, use a directory that nobody else may search.
 *
 * Blocks for as long as the file system does.
 *
 *   UV_EINVAL   the stream is NULL or closing, or flags are none of these
 *   UV_EBADF    the stream is neither bound nor listening
 *   UV_ENOTSUP  not a `hybrid` stream that hvuv_bind() bound; or Windows, where
 *               access lists decide
 *   UV_ENOENT   the socket has been removed or replaced since */
HVUV_EXTERN int hvuv_chmod(hvuv_stream_t* stream, int flags);

/* Starts listening on a bound stream, or on an adopted listening socket.
 * backlog is how many connections may wait in the kernel, on Linux at most
 * net.core.somaxconn. cb is called with status 0 for each connection; no other
 * is taken until it has been accepted. Calling hvuv_listen() again changes the
 * callback and the backlog.
 *
 * Pass SOMAXCONN unless there is a reason for fewer. What happens to a caller
 * when the backlog is full:
 *
 *   local, hybrid, Unix sockets   it waits: its connect is retried, at first
 *                                 after 1 ms, later every 32 ms
 *   AF_VSOCK, virtio, loopback    UV_ECONNRESET (seen on Linux 6.1 and 6.12)
 *   AF_VSOCK, guest of Hyper-V    the host's connect times out
 *                                 (hyperv_transport.c)
 *   TCP                           it waits: the system retries after seconds
 *   AF_HYPERV, Windows            not known
 *
 * When no connection can be accepted cb is called once with the reason:
 * UV_EMFILE, UV_ENFILE, UV_ENOBUFS, UV_ENOMEM when the process or the system is
 * out of descriptors or memory, UV_ENETDOWN when Hyper-V is down on Windows, or
 * another code, of an error that is not known. The waiting connections stay in
 * the kernel, and the listener retries by itself ten times a second. Only after
 * UV_EBADF, UV_ENOTSOCK, UV_EINVAL, UV_ENOTSUP, UV_EFAULT and UV_EEXIST, which
 * mean that this socket will not listen again, it has stopped and can only be
 * closed.
 *
 * UV_EINVAL if the stream is not bound or is closing, or a pointer is NULL;
 * UV_ENOMEM; otherwise the error of listen(). */
HVUV_EXTERN int hvuv_listen(hvuv_stream_t* stream,
                            int backlog,
                            hvuv_connection_cb cb);

/* Has cb, which may be NULL, called for each caller that a listener turns away:
 * whose connection it has closed at once, without a word, because
 *
 *   UV_EACCES   the rules of `local` do not let that partition come
 *   else        its address is none of the listener's family, such as the path
 *               of a Unix socket that is bound outside the directory of `local`
 *
 * The listener goes on. UV_EINVAL if the stream is NULL or closing. */
HVUV_EXTERN int hvuv_set_refused_cb(hvuv_stream_t* stream, hvuv_refused_cb cb);

/* Accepts the waiting connection into client, a stream initialised with
 * hvuv_init() on the same loop. Returns 0, UV_EAGAIN if no connection waits,
 * UV_EINVAL if server does not listen or client is closing or on another loop,
 * UV_EBUSY if client has a socket, or UV_ENOMEM; after an error the connection
 * still waits. */
HVUV_EXTERN int hvuv_accept(hvuv_stream_t* server, hvuv_stream_t* client);

/* --- Connecting ---------------------------------------------------------- */

/* Connects to an address. Invalid arguments and states are reported by the
 * return value; the outcome of the attempt is reported to cb, which may be
 * NULL.
 *
 *   UV_EINVAL         the stream is closing, bound to another family, or
 *                     listening; *addr is not an address, or its service does
 *                     not exist on this system; $HVUV_LOCAL_VM is not a VM id
 *   UV_EISCONN        the stream is connected
 *   UV_EALREADY       a connect is pending
 *   UV_EADDRNOTAVAIL  this CID or VM id leads nowhere from here
 *   UV_EACCES, UV_ENAMETOOLONG, UV_EAFNOSUPPORT, UV_ENOTSUP, UV_ENOMEM,
 *   UV_EMFILE, UV_ENFILE as for hvuv_bind()
 *
 * The status passed to cb, besides the system's own errors:
 *
 *   UV_ECONNREFUSED   nobody listens there (`local`; `hybrid` if the
 *                     hypervisor closes before its OK)
 *   UV_ECONNRESET     nobody listens there, or the backlog is full (AF_VSOCK
 *                     over virtio and loopback)
 *   UV_ENODEV         no transport leads to this CID (AF_VSOCK on a machine
 *                     that is not a guest; in a guest that is UV_ETIMEDOUT)
 *   UV_ENETUNREACH    any CID but 2, at once (AF_VSOCK in a guest of Hyper-V;
 *                     seen on Linux 6.1; UV_ENODEV for some on 7.2)
 *   UV_ETIMEDOUT      the timeout passed, the kernel's own 2 s on AF_VSOCK
 *                     too; or nobody listens on a Hyper-V host
 *                     (hyperv_transport.c never refuses)
 *   UV_EPROTO         the hypervisor sent something other than its OK
 *                     (`hybrid`); the stream connected to its own port (vsock)
 *
 * After a failure the stream is as hvuv_init() left it, except for its timeout
 * and hvuv_unref(), and may connect again. Writes and a shutdown made behind
 * the connect call back, right after cb, with UV_ECANCELED, and reading is
 * stopped. */
HVUV_EXTERN int hvuv_connect(hvuv_connect_t* req,
                             hvuv_stream_t* stream,
                             const hvuv_addr_t* addr,
                             hvuv_connect_cb cb);

/* Sets how long each later connect may take, in milliseconds; when that time
 * has passed, its callback is called with UV_ETIMEDOUT. 0, the default, is
 * the family's own choice: AF_VSOCK gives up after 2 s (the kernel's time),
 * `hybrid` after 5 s, in which a guest may boot; `local` waits indefinitely for
 * room in a full backlog. What arrived in time counts, even if the loop sees it
 * late. Windows ends a connect over AF_HYPERV after at most 300 s (hvsocket.h
 * of the SDK), whatever is set here. UV_EINVAL if the stream is closing,
 * UV_EALREADY while a connect is pending. */
HVUV_EXTERN int hvuv_set_connect_timeout(hvuv_stream_t* stream,
                                         uint64_t timeout_ms);

/* --- Reading and writing ------------------------------------------------- */

/* Starts reading; if a connect is pending, once it succeeds. After UV_EOF,
 * UV_EOF is reported again. UV_EALREADY if the stream is reading already,
 * UV_EINVAL if it is NULL or closing or a callback is NULL, UV_ENOTCONN if it
 * is neither connected nor connecting, or reading has failed. */
HVUV_EXTERN int hvuv_read_start(hvuv_stream_t* stream,
                                hvuv_alloc_cb alloc_cb,
                                hvuv_read_cb read_cb);

/* Stops reading: the read callback is not called again, except to return the
 * buffer when this is called from alloc_cb. Returns 0, or UV_EINVAL if stream
 * is NULL. */
HVUV_EXTERN int hvuv_read_stop(hvuv_stream_t* stream);

/* Writes all bytes of bufs, after all earlier writes. The array is copied; the
 * bytes must stay valid and unchanged until cb is called, which may be NULL. Up
 * to four buffers are queued without allocating.
 *
 * The first write of a loop turn goes to the kernel at once. Further ones are
 * gathered until the stream's callbacks return, the turn ends, hvuv_close() is
 * called, or they amount to 64 KiB. After a turn with many writes, the next
 * turn's first is gathered too. Bytes that the kernel has not taken count in
 * hvuv_get_write_queue_size().
 *
 * While the system has no memory for them (send() fails with ENOBUFS) they are
 * tried twice a second; after ten seconds without success cb is called with
 * UV_ENOBUFS. On Windows fewer are tried first.
 *
 *   UV_EBADF   the stream has no socket or is closing
 *   UV_EPIPE   it was shut down, reading has failed, or it is bound or
 *              listening and not connected
 *   UV_EINVAL  bufs is NULL, nbufs is 0 or above 1,048,576
 *   UV_ENOMEM  more than four buffers, and no memory for them */
HVUV_EXTERN int hvuv_write(hvuv_write_t* req,
                           hvuv_stream_t* stream,
                           const uv_buf_t bufs[],
                           unsigned int nbufs,
                           hvuv_write_cb cb);

/* Writes what the kernel takes now and returns the number of bytes written.
 * Returns UV_EAGAIN if it takes none, while anything is queued, or while a
 * connect is pending; otherwise an error of hvuv_write() or of send(). */
HVUV_EXTERN int hvuv_try_write(hvuv_stream_t* stream,
                               const uv_buf_t bufs[],
                               unsigned int nbufs);

/* Shuts down the outgoing direction once the connect and the writes before it
 * have completed; the peer then reads UV_EOF. The other direction stays open,
 * where the carrier can do that:
 *
 *   carrier                          host's shutdown     guest's shutdown
 *   local, Unix sockets, TCP         passed              passed
 *   AF_VSOCK: virtio, vhost, loopback; seen on Linux 6.1, 6.12, 7.2
 *                                    passed              passed
 *   AF_VSOCK: hv_sock, a Linux guest of Hyper-V; seen with a host side of the
 *     project's own (docs/hv_sock.md)
 *                                    passed              passed
 *   AF_HYPERV, from build 14393      passed              passed
 *     (go-winio's tests)
 *   hybrid: vhost-device-vsock       ends both ways,     not passed
 *     (0.3.0; its issue 874, seen)     the answer is
 *                                      lost
 *   hybrid: Firecracker              ends both ways      not passed
 *     (csm/connection.rs, 2026-08)
 *   hybrid: Cloud Hypervisor to v52  ends both ways      not known
 *     from v53 (pull request 8372)   passed              passed
 *   hybrid: OpenVMM (its tests)      passed              passed
 *   hybrid: libkrun (read)           keeps one direction open
 *
 * A program that must work with all of them reads the answer before it shuts
 * down; its framing marks where a request ends.
 *
 * cb may be NULL. UV_ENOTCONN if the stream is neither connected nor
 * connecting, is closing, was shut down before, or reading has failed. */
HVUV_EXTERN int hvuv_shutdown(hvuv_shutdown_t* req,
                              hvuv_stream_t* stream,
                              hvuv_shutdown_cb cb);

/* --- Inspecting a stream ------------------------------------------------- */

/* Returns 1 while the stream is connected and no read error has been reported;
 * after UV_EOF too, as uv_is_readable() does. */
HVUV_EXTERN int hvuv_is_readable(const hvuv_stream_t* stream);

/* Returns 1 while the stream is connected, not shut down, and no read error has
 * been reported. */
HVUV_EXTERN int hvuv_is_writable(const hvuv_stream_t* stream);

/* Returns 1 while the stream is reading, writing, connecting, listening or
 * shutting down. */
HVUV_EXTERN int hvuv_is_active(const hvuv_stream_t* stream);

/* Returns 1 once hvuv_close() has been called. */
HVUV_EXTERN int hvuv_is_closing(const hvuv_stream_t* stream);

/* An active stream keeps its loop alive. After hvuv_unref() reading and
 * listening no longer do so; a pending request still does. Both functions are
 * idempotent. */
HVUV_EXTERN void hvuv_ref(hvuv_stream_t* stream);
HVUV_EXTERN void hvuv_unref(hvuv_stream_t* stream);
HVUV_EXTERN int hvuv_has_ref(const hvuv_stream_t* stream);

/* Returns the number of bytes passed to hvuv_write() that the kernel has not
 * taken yet. */
HVUV_EXTERN size_t hvuv_get_write_queue_size(const hvuv_stream_t* stream);

/* Returns 0 and sets *sock to the stream's socket, which remains the stream's.
 * UV_EBADF if it has none. */
HVUV_EXTERN int hvuv_fileno(const hvuv_stream_t* stream, uv_os_sock_t* sock);

/* Gets the stream's own address:
 *
 *   bound or listening  the address that it is bound to
 *   accepted            its listener's (on AF_HYPERV the system's own is
 *                       arbitrary: go-winio hvsock_test.go)
 *   connected           the address that it was bound to; if it was not:
 *                       on AF_VSOCK the kernel's choice, in vsock:// form; on
 *                       Windows what the system reports, in hyperv:// form:
 *                       `children` and a random service; for `local` its VM
 *                       id, or loopback on the host, with the all-zero service
 *                       id
 *
 * Once known, it remains available until the close callback. UV_EBADF without a
 * socket; UV_ENOTSUP if there is none (a `hybrid` stream that connected, vsock
 * while connecting), or one that hvuv has no form for. */
HVUV_EXTERN int hvuv_getsockname(const hvuv_stream_t* stream,
                                 hvuv_addr_t* addr);

/* Gets the peer's address as seen at connect or accept. That of an accepted
 * `local` peer is its VM id, or loopback or parent, with the all-zero service
 * id; that of a `hybrid` one is the listener's own address, which names the
 * guest. To a listener bound to hyperv:// on Linux, peers other than parent and
 * loopback have vsock:// addresses. To a Linux guest of Hyper-V every caller is
 * CID 2, at a port that means nothing. The address remains available until the
 * close callback, even where the system forgets it at a shutdown (af_vsock.c).
 * UV_EBADF without a socket, UV_ENOTCONN if not connected, UV_ENOTSUP if hvuv
 * has no form for it. */
HVUV_EXTERN int hvuv_getpeername(const hvuv_stream_t* stream,
                                 hvuv_addr_t* addr);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_STREAM_H */
