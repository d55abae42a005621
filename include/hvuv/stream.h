/*
 * Streams: libuv's uv_stream_t, on Hyper-V sockets.
 *
 * Each function is its libuv namesake. Handles and requests are allocated by
 * the caller, alone or inside a struct of its own, and belong to hvuv from the
 * call that takes them until the callback that gives them back: a request
 * until its callback, a stream until its close callback. `data` is the user's
 * from the first to the last and never touched here.
 *
 * What holds everywhere:
 *
 * - No callback runs inside the call that asked for it. Each accepted request
 *   calls back exactly once, in the order the requests were made.
 * - A call that returns an error has taken nothing: no callback follows.
 * - hvuv_close() is legal in every state and inside every callback.
 * - SIGPIPE is never raised; sockets are close-on-exec.
 *
 * A callback may call any function here for any stream of the same loop.
 */
#ifndef HVUV_STREAM_H
#define HVUV_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_stream_s hvuv_stream_t;
typedef struct hvuv_connect_s hvuv_connect_t;
typedef struct hvuv_write_s hvuv_write_t;
typedef struct hvuv_shutdown_s hvuv_shutdown_t;

/* Asks for memory to read into. suggested_size is in bytes; any size will do.
 * A buffer with no bytes means "none now": the read callback is told
 * UV_ENOBUFS and reading goes on, so while bytes wait the next turn asks again;
 * hvuv_read_stop() ends that. The buffer comes back in exactly one read
 * callback before the next one is asked for. */
typedef void (*hvuv_alloc_cb)(hvuv_stream_t* stream,
                              size_t suggested_size,
                              uv_buf_t* buf);

/* nread > 0: that many bytes are at buf->base. nread == 0: nothing, the buffer
 * comes back unused. UV_EOF: the peer has finished sending. Another negative
 * code: reading failed. After UV_EOF or an error (UV_ENOBUFS excepted) reading
 * has stopped. buf is what alloc_cb gave and is the user's again; it is empty
 * when no buffer was asked for. */
typedef void (*hvuv_read_cb)(hvuv_stream_t* stream,
                             ssize_t nread,
                             const uv_buf_t* buf);

/* status is 0, or why the request failed. UV_ECANCELED says that it was not
 * tried: the stream was closed, the connect before it failed, or a write before
 * it did. After hvuv_close() a write may also report 0, so a callback that goes
 * on with the stream asks hvuv_is_closing() first. */
typedef void (*hvuv_write_cb)(hvuv_write_t* req, int status);
typedef void (*hvuv_connect_cb)(hvuv_connect_t* req, int status);
typedef void (*hvuv_shutdown_cb)(hvuv_shutdown_t* req, int status);

/* status 0: a connection waits for hvuv_accept(). A negative status: one could
 * not be taken, and why; see hvuv_listen(). */
typedef void (*hvuv_connection_cb)(hvuv_stream_t* server, int status);

/* The last touch: the stream's memory is the user's again. */
typedef void (*hvuv_close_cb)(hvuv_stream_t* stream);

struct hvuv_connect_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  hvuv_connect_cb cb;
};

struct hvuv_shutdown_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  hvuv_shutdown_cb cb;
};

struct hvuv_write_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_stream_t* handle;
  /* private */
  hvuv_write_cb cb;
  hvuv_write_t* next;
  uv_buf_t* bufs; /* small_bufs, or an allocated copy */
  uv_buf_t small_bufs[4];
  unsigned int nbufs;
  unsigned int index;  /* the first buffer not fully sent */
  size_t queued_bytes; /* bytes not yet sent */
  int status;
};

struct hvuv_stream_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  size_t write_queue_size; /* bytes accepted by hvuv_write() and not yet sent */
  /* private; first what every message touches, in one cache line */
  unsigned int state;
  unsigned int flags;
  uv_os_sock_t sock;
  uv_os_sock_t accepted_sock; /* taken from the kernel, not yet by the user */
  hvuv_alloc_cb alloc_cb;
  hvuv_read_cb read_cb;
  hvuv_write_t* sent_first; /* done, and the last of those */
  hvuv_write_t* unsent_head;
  hvuv_write_t* unsent_tail;
  hvuv_write_t* done_head;
  hvuv_write_t* done_tail;
  struct hvuv__poller_s* poller;
  struct hvuv__hub_s* hub;
  struct hvuv_stream_s* turn_next;
  const struct hvuv__family_s* family;
  struct hvuv__alarm_s* alarm;
  struct hvuv__claim_s* claim;
  hvuv_connect_t* connect_req;
  hvuv_shutdown_t* shutdown_req;
  hvuv_connection_cb connection_cb;
  hvuv_close_cb close_cb;
  unsigned int options; /* asked for, see hvuv/hyperv.h */
  uint64_t connect_timeout_ms;
  uint64_t connect_deadline_ms;
  unsigned int connect_stage;
  unsigned int retry_ms;
  unsigned int handshake_bytes;
  int connect_status;
  int shutdown_status;
  int read_end;      /* 0, UV_EOF or the error that ended reading */
  int pending_error; /* taken from the socket, not yet told to the reader */
  int poll_error;    /* why the poller could not watch; told at turn's end */
  hvuv_addr_t local_addr;
  hvuv_addr_t peer_addr; /* of a listener: the peer of accepted_sock */
};

/* --- Life ---------------------------------------------------------------- */

/* Prepares a stream. It has no socket yet, so nothing happens until bind,
 * connect, accept or open. From here on hvuv_close() must be called before the
 * memory is given back. Returns 0, UV_EINVAL if a pointer is NULL, or
 * UV_ENOMEM if this is the first stream of the loop and what streams of a loop
 * share cannot be allocated; on an error there is nothing to close. */
HVUV_EXTERN int hvuv_init(uv_loop_t* loop, hvuv_stream_t* stream);

/* Adopts a connected or a listening stream socket of any address family, a
 * socket pair and socket activation included. It becomes non-blocking and
 * close-on-exec. On success the socket is the stream's and closes with it; on
 * an error it stays the caller's, as it was.
 *
 * On Windows closing the stream ends the connection for every process that has
 * the socket too, because it is shut down first.
 *
 * A listening socket still needs hvuv_listen() for its callback. Where hvuv
 * has no address for the socket's, hvuv_getsockname() and hvuv_getpeername()
 * answer UV_ENOTSUP.
 *
 *   UV_EBUSY     the stream has a socket
 *   UV_EINVAL    the stream is closing, or the socket is not SOCK_STREAM
 *   UV_ENOTCONN  the socket is neither connected nor listening; AF_VSOCK says
 *                so too of one that was shut down already
 *   UV_EEXIST    the loop watches this socket already; a socket in two idle
 *                handles is not noticed, nor any on Windows, and is a mistake
 *   UV_EBADF, UV_ENOTSOCK, UV_ENOMEM */
HVUV_EXTERN int hvuv_open(hvuv_stream_t* stream, uv_os_sock_t sock);

/* Closes a stream in whatever state it is. The socket is closed at once. From
 * the loop, later, requests that are not done call back with UV_ECANCELED
 * (writes that the kernel took in full report 0) in the order they were made,
 * then cb runs, once, and is the last touch. cb may be NULL. Closing twice is
 * a mistake that an assertion catches.
 *
 * Bytes that the peer sent and that were not read make it an abort: the peer
 * may see UV_ECONNRESET and lose what it has not read (Unix sockets; on
 * AF_VSOCK of Linux 6.1 it reads everything, then UV_EOF). To be sure that
 * everything arrived, call hvuv_shutdown() and read to UV_EOF first. */
HVUV_EXTERN void hvuv_close(hvuv_stream_t* stream, hvuv_close_cb cb);

/* --- Listening ----------------------------------------------------------- */

/* Binds a stream to the address it will listen at. For `vsock` it may also
 * connect from there.
 *
 *   UV_EINVAL         the stream is closing or has a socket; *addr is not an
 *                     address, or its service cannot be had on this system
 *                     (AF_VSOCK carries service ids that stand for a port);
 *                     $HVUV_LOCAL_VM is no VM id
 *   UV_EADDRINUSE     somebody alive listens there; on vsock also: is bound
 *                     there, or was and closed less than 8 s ago while its peer
 *                     holds bytes unread (seen on Linux 6.1)
 *   UV_EADDRNOTAVAIL  nothing can be bound to this CID or VM id here
 *   UV_EACCES         a vsock port below 1024, 0 too, without
 *                     CAP_NET_BIND_SERVICE
 *                     (af_vsock.c), or a `local` folder that is not the user's
 *                     alone
 *   UV_ENAMETOOLONG   the Unix socket's path does not fit (sun_path)
 *   UV_EEXIST         a file that is no socket is in the way there
 *   UV_ENOENT         the folder that it should be in is not there
 *   UV_EAFNOSUPPORT, UV_ENOTSUP  see hvuv_supported()
 *   UV_ENOMEM, UV_EMFILE, UV_ENFILE */
HVUV_EXTERN int hvuv_bind(hvuv_stream_t* stream, const hvuv_addr_t* addr);

/* Starts listening on a bound stream, or on an adopted listening socket.
 * backlog is how many connections may wait in the kernel; what happens beyond
 * it is the address family's business. cb runs with status 0 for each
 * connection; as long as it has not been accepted no other is taken. Called
 * again it changes the callback and the backlog.
 *
 * When the process or the system is out of descriptors or memory, or Hyper-V is
 * down on Windows, cb runs once with UV_EMFILE, UV_ENFILE, UV_ENOBUFS,
 * UV_ENOMEM or UV_ENETDOWN, the waiting connections stay in the kernel, and the
 * listener tries again by itself ten times a second. After any other error it
 * has stopped and can only be closed.
 *
 * UV_EINVAL if the stream is not bound, is closing, or cb is NULL; UV_ENOMEM;
 * otherwise what listen() answers. */
HVUV_EXTERN int hvuv_listen(hvuv_stream_t* stream,
                            int backlog,
                            hvuv_connection_cb cb);

/* Takes the waiting connection into client, a stream prepared by hvuv_init()
 * on the same loop. Returns 0, UV_EAGAIN if none waits, UV_EINVAL if server
 * does not listen, client is closing or on another loop, UV_EBUSY if client
 * has a socket, UV_ENOMEM; on an error the connection goes on waiting. */
HVUV_EXTERN int hvuv_accept(hvuv_stream_t* server, hvuv_stream_t* client);

/* --- Connecting ---------------------------------------------------------- */

/* Connects to an address. Mistakes in the address or the stream are told at
 * once; how the attempt itself went is told by cb.
 *
 *   UV_EINVAL         the stream is closing, bound to another family, or
 *                     listening; *addr is not an address, or its service
 *                     cannot be had on this system; $HVUV_LOCAL_VM is no VM
 *                     id
 *   UV_EISCONN        the stream is connected
 *   UV_EALREADY       a connect is pending
 *   UV_EADDRNOTAVAIL  nothing can be reached by this CID or VM id from here
 *   UV_EACCES, UV_ENAMETOOLONG, UV_EAFNOSUPPORT, UV_ENOTSUP, UV_ENOMEM,
 *   UV_EMFILE, UV_ENFILE as for hvuv_bind()
 *
 * cb's status, besides what the system answers:
 *
 *   UV_ECONNREFUSED   nobody listens there (`local`; `hybrid` when the
 *                     hypervisor hangs up before its OK)
 *   UV_ECONNRESET     nobody listens there, or the backlog is full (AF_VSOCK
 *                     over virtio and loopback)
 *   UV_ENODEV         no transport leads to this CID (AF_VSOCK on a machine
 *                     that is no guest; a guest is told UV_ETIMEDOUT)
 *   UV_ETIMEDOUT      the timeout passed; also the kernel's own 2 s of
 *                     AF_VSOCK, and nobody listening on a Hyper-V host
 *                     (hyperv_transport.c never refuses)
 *   UV_EPROTO         the hypervisor's answer was not one (`hybrid`); the
 * stream called its own port (vsock)
 *
 * After a failure the stream is as hvuv_init() left it, but for its timeout and
 * hvuv_unref(), and may connect again; writes and a shutdown made behind it
 * have called back with UV_ECANCELED, and a hvuv_read_start() is forgotten. */
HVUV_EXTERN int hvuv_connect(hvuv_connect_t* req,
                             hvuv_stream_t* stream,
                             const hvuv_addr_t* addr,
                             hvuv_connect_cb cb);

/* How long a connect may take, in milliseconds; then its callback is told
 * UV_ETIMEDOUT. 0, as after hvuv_init(), leaves it to the system: AF_VSOCK
 * gives up after 2 s; a full `local` or `hybrid` backlog, and a hypervisor that
 * does not answer, are waited for without end. Windows ends a connect over
 * AF_HYPERV after 300 s at most (hvsocket.h of the SDK), also if more is asked
 * for. Holds for connects made later.
 * UV_EINVAL if the stream is closing, UV_EALREADY while a connect is pending.
 */
HVUV_EXTERN int hvuv_set_connect_timeout(hvuv_stream_t* stream,
                                         uint64_t timeout_ms);

/* --- Reading and writing ------------------------------------------------- */

/* Starts reading; while a connect is pending, as soon as it is done. After the
 * stream has ended it tells the same end again. UV_EALREADY if it reads
 * already, UV_EINVAL if it is closing or a callback is NULL, UV_ENOTCONN if it
 * is neither connected nor connecting. */
HVUV_EXTERN int hvuv_read_start(hvuv_stream_t* stream,
                                hvuv_alloc_cb alloc_cb,
                                hvuv_read_cb read_cb);

/* Stops reading: no read callback follows, except one to give back a buffer
 * when called from alloc_cb. Always 0. */
HVUV_EXTERN int hvuv_read_stop(hvuv_stream_t* stream);

/* Writes all bytes of bufs, in order behind the writes before it. The array is
 * copied; the bytes must stay as they are until cb, which may be NULL. Up to
 * four buffers are queued without allocating.
 *
 * The first write of a loop turn goes to the kernel at once. Further ones of
 * the same turn leave together: when the stream's own callbacks of that turn
 * have run, else at the turn's end, at hvuv_close(), or as soon as they are 64
 * KiB. After a turn with many writes the first waits for the others too. Bytes
 * that the kernel has not taken count in hvuv_get_write_queue_size().
 *
 *   UV_EBADF   the stream has no socket or is closing
 *   UV_EPIPE   it was shut down, or is bound or listening and not connected
 *   UV_EINVAL  bufs is NULL or nbufs is 0
 *   UV_ENOMEM  more than four buffers, and no memory for them */
HVUV_EXTERN int hvuv_write(hvuv_write_t* req,
                           hvuv_stream_t* stream,
                           const uv_buf_t bufs[],
                           unsigned int nbufs,
                           hvuv_write_cb cb);

/* Writes what the kernel takes now and returns how many bytes that were.
 * UV_EAGAIN if it takes none, while anything is queued, or while the connect
 * is pending; otherwise as hvuv_write(), or what send() answers. */
HVUV_EXTERN int hvuv_try_write(hvuv_stream_t* stream,
                               const uv_buf_t bufs[],
                               unsigned int nbufs);

/* Ends our direction after the connect and the writes before it; the peer then
 * reads UV_EOF. The other direction stays open. UV_ENOTCONN if the stream is
 * neither connected nor connecting, is closing, or was shut down before. */
HVUV_EXTERN int hvuv_shutdown(hvuv_shutdown_t* req,
                              hvuv_stream_t* stream,
                              hvuv_shutdown_cb cb);

/* --- Looking at a stream ------------------------------------------------- */

/* 1 while the stream is connected and the end of input has not been told. */
HVUV_EXTERN int hvuv_is_readable(const hvuv_stream_t* stream);

/* 1 while the stream is connected and not shut down. */
HVUV_EXTERN int hvuv_is_writable(const hvuv_stream_t* stream);

/* 1 while the stream reads, writes, connects, listens or shuts down. */
HVUV_EXTERN int hvuv_is_active(const hvuv_stream_t* stream);

/* 1 from hvuv_close() on. */
HVUV_EXTERN int hvuv_is_closing(const hvuv_stream_t* stream);

/* An active stream keeps its loop alive. After hvuv_unref() reading and
 * listening no longer do; a pending request does all the same. Both are
 * idempotent. */
HVUV_EXTERN void hvuv_ref(hvuv_stream_t* stream);
HVUV_EXTERN void hvuv_unref(hvuv_stream_t* stream);
HVUV_EXTERN int hvuv_has_ref(const hvuv_stream_t* stream);

/* Bytes given to hvuv_write() that the kernel has not taken. */
HVUV_EXTERN size_t hvuv_get_write_queue_size(const hvuv_stream_t* stream);

/* The socket itself, still the stream's. UV_EBADF if it has none. */
HVUV_EXTERN int hvuv_fileno(const hvuv_stream_t* stream, uv_os_sock_t* sock);

/* The address the stream is bound to; of an accepted stream, its listener's
 * (on AF_HYPERV the system's own answer is arbitrary: go-winio
 * hvsock_test.go). Of a stream that connected: what it was bound to; else for
 * vsock what the kernel chose, in vsock:// form, and on Windows, in hyperv://
 * form, what that tells of itself: `children` and a random service; for `local`
 * its VM id, or loopback on the host, with the all-zero service id. Once known
 * it stays readable until the close callback. UV_EBADF without a socket,
 * UV_ENOTSUP if there is none (`hybrid` callers, vsock while connecting) or
 * hvuv has no form for it. */
HVUV_EXTERN int hvuv_getsockname(const hvuv_stream_t* stream,
                                 hvuv_addr_t* addr);

/* The peer's address as seen at connect or accept. An accepted `local` peer has
 * its VM id, or loopback or parent, and the all-zero service id; a `hybrid`
 * one is its guest, at the listener's address. A listener bound to hyperv:// on
 * Linux sees peers other than parent and loopback as vsock://. It stays
 * readable until the close callback, also where the system forgets it at a
 * shutdown (af_vsock.c). UV_EBADF without a socket, UV_ENOTCONN if not
 * connected, UV_ENOTSUP if hvuv has no form for it. */
HVUV_EXTERN int hvuv_getpeername(const hvuv_stream_t* stream,
                                 hvuv_addr_t* addr);

/* Bytes of the socket's buffers, as uv_send_buffer_size(): *value 0 asks,
 * another value sets. Linux sets twice the value for Unix sockets. On AF_VSOCK
 * the receive size is SO_VM_SOCKETS_BUFFER_SIZE (linux/vm_sockets.h); what may
 * be under way is bounded by that of the receiver and of the sender, 256 KiB
 * each at first, so set it on both; the send size (SO_SNDBUF) changes nothing
 * there (seen on Linux 6.1). What a listener has set, its connections inherit.
 * Values below 128 become 128. Do not lower it on a connection that is in use:
 * what the peer sends before it hears of that is lost without an error (seen
 * on Linux 6.1).
 * UV_EBADF without a socket, UV_EINVAL for a negative value. */
HVUV_EXTERN int hvuv_send_buffer_size(hvuv_stream_t* stream, int* value);
HVUV_EXTERN int hvuv_recv_buffer_size(hvuv_stream_t* stream, int* value);

/* --- The library --------------------------------------------------------- */

/* Replaces the allocator that hvuv uses, as uv_replace_allocator() does for
 * libuv. hvuv allocates a few small blocks for each loop and each socket, and
 * one for a write of more than four buffers; nothing per byte or per event.
 * Call it before the first hvuv_init(). UV_EINVAL if a function is NULL. */
HVUV_EXTERN int hvuv_replace_allocator(uv_malloc_func malloc_func,
                                       uv_realloc_func realloc_func,
                                       uv_calloc_func calloc_func,
                                       uv_free_func free_func);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_STREAM_H */
