/*
 * Protocol handlers: what a program says about a conversation, and nothing
 * about sockets.
 *
 * A handler is a table of callbacks and a size. Servers (hvuv/server.h) and
 * clients (hvuv/client.h) make the connections, one block of memory each with
 * the handler's own state in it, and see to limits, time, back-pressure and the
 * end. docs/handlers.md leads through writing one. The order of calls is
 *
 *   on_open --> on_message, on_writable ... --> [on_end] --> on_close
 *
 * From inside any callback any function here may be called for any connection
 * of the loop, this one too. No function here calls a handler back before it
 * returns, and none may be called from another thread. What is sent inside one
 * callback leaves in one system call for each connection, when it has returned;
 * but before that what is large, or more than some 16 KiB together.
 */
#ifndef HVUV_PROTOCOL_H
#define HVUV_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "export.h"
#include "framing.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection: the framework's, from before on_open until on_close returns. */
typedef struct hvuv_conn_s hvuv_conn_t;

typedef struct hvuv_protocol_s {
  /* Bytes of state for each connection, zeroed; see hvuv_conn_state(). */
  size_t state_bytes;

  /* How messages are told apart, both ways; all zero: not at all. */
  hvuv_framing_t framing;

  /* The connection is there. Not 0: it is not wanted and closes, with that as
   * its reason. May be NULL. */
  int (*on_open)(hvuv_conn_t* conn);

  /* A whole message, or with HVUV_FRAMING_RAW some bytes, at least one. They
   * are the framework's and gone when this returns. Not 0: the peer broke the
   * protocol, and the connection closes with that as its reason (UV_ECANCELED
   * if it is positive), unless it is ending already. Never NULL. */
  int (*on_message)(hvuv_conn_t* conn, const char* bytes, size_t nbytes);

  /* What is queued has fallen to low_water_bytes after it had passed
   * high_water_bytes. May be NULL. */
  void (*on_writable)(hvuv_conn_t* conn);

  /* The peer has finished sending, between two messages. NULL does
   * hvuv_conn_end(), and a handler that has more to say does so when it is
   * done. */
  void (*on_end)(hvuv_conn_t* conn);

  /* The last call for this connection, once for each on_open, also for one that
   * refused. May be NULL. reason is
   *
   *   0              both sides had finished
   *   UV_EOF         the peer finished inside a message
   *   UV_ETIMEDOUT   one of the times of hvuv_limits_t has passed
   *   UV_EMSGSIZE, UV_EPROTO  its framing was wrong (hvuv/framing.h)
   *   UV_ECANCELED   cut off by hvuv_server_stop() when its time was over, or
   *                  by hvuv_client_close()
   *   else           what a callback or hvuv_conn_abort() gave, or the
   *                  socket's error */
  void (*on_close)(hvuv_conn_t* conn, int reason);
} hvuv_protocol_t;

/* --- Limits -------------------------------------------------------------- */

/* What a connection may cost. Times are checked to about a sixteenth of
 * themselves; 0 is no limit. */
typedef struct hvuv_limits_s {
  /* Bytes queued to a peer that does not take them. Above the high mark nothing
   * is read from it until they have fallen to the low one; what would go above
   * the maximum is refused. Beyond the first 64 sends each counts as some 200
   * bytes at least, which is what it costs. */
  size_t high_water_bytes; /* 256 KiB */
  size_t low_water_bytes;  /* 64 KiB */
  size_t max_queued_bytes; /* 4 MiB; 0: no limit */

  /* From on_open to the first whole message (HVUV_FRAMING_RAW: byte) or the
   * peer's end. */
  uint64_t first_message_timeout_ms; /* 10 seconds */
  /* From the first byte of a message to its last; counted anew when reading
   * goes on after a pause. */
  uint64_t message_timeout_ms; /* 30 seconds */
  /* Without a byte either way. */
  uint64_t idle_timeout_ms; /* 5 minutes */
  /* From hvuv_conn_end() to the peer's end, sending what is queued included. */
  uint64_t end_timeout_ms; /* 5 seconds */
} hvuv_limits_t;

/* Fills in the values above. */
HVUV_EXTERN void hvuv_limits_init(hvuv_limits_t* limits);

/* --- Sending ------------------------------------------------------------- */

/* Sends a copy of the bytes as one message: framed, in order behind what was
 * sent before. sendv puts the parts of one message together. 0, or nothing was
 * sent:
 *
 *   UV_EPIPE     hvuv_conn_end() was called, or the connection closes
 *   UV_ENOBUFS   more than max_queued_bytes would be queued: the peer does not
 *                take them
 *   UV_EMSGSIZE  larger than the framing allows, or than HVUV_FRAMING_MAX_MAX
 *   UV_EINVAL    a pointer is NULL
 *   UV_ENOMEM    if the kernel had taken a part of it by then, the connection
 *                closes with this reason
 *
 * What is sent in on_message is put together up to 16 KiB; a larger message
 * goes to the kernel from where it lies, and only what that does not take is
 * copied. That a peer is gone is told by on_close. */
HVUV_EXTERN int hvuv_conn_send(hvuv_conn_t* conn,
                               const void* bytes,
                               size_t nbytes);
HVUV_EXTERN int hvuv_conn_sendv(hvuv_conn_t* conn,
                                const uv_buf_t parts[],
                                unsigned int nparts);

typedef struct hvuv_send_s hvuv_send_t;

/* status 0: the kernel has the bytes; UV_ECANCELED: the connection closed
 * first; or why they could not be sent. */
typedef void (*hvuv_send_cb)(hvuv_send_t* req, int status);

struct hvuv_send_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_conn_t* conn;
  /* private */
  hvuv_send_cb cb;
};

/* The same without a copy: the bytes stay as they are until cb, which comes
 * before on_close and never inside this call, and may be NULL. The array of
 * parts is copied; the request is the caller's again with cb. */
HVUV_EXTERN int hvuv_conn_send_ref(hvuv_send_t* req,
                                   hvuv_conn_t* conn,
                                   const uv_buf_t parts[],
                                   unsigned int nparts,
                                   hvuv_send_cb cb);

/* Bytes sent and not yet taken by the kernel, framing included. */
HVUV_EXTERN size_t hvuv_conn_queued_bytes(const hvuv_conn_t* conn);

/* --- Reading ------------------------------------------------------------- */

/* Holds on_message and on_end back until hvuv_conn_resume(); what the peer
 * sends meanwhile fills its own buffers. Both are idempotent. The times for
 * idling and for the first message go on. */
HVUV_EXTERN void hvuv_conn_pause(hvuv_conn_t* conn);
HVUV_EXTERN void hvuv_conn_resume(hvuv_conn_t* conn);

/* --- Ending -------------------------------------------------------------- */

/* Says goodbye: sends what is queued, ends our direction, waits for the peer's
 * end while dropping what it still sends, and closes; on_close is told 0, or
 * UV_ETIMEDOUT when that took longer than end_timeout_ms. No on_message, on_end
 * or on_writable follows. Idempotent.
 *
 * A plain close would lose bytes on some of these sockets, and look like an
 * error to the peer on others. */
HVUV_EXTERN void hvuv_conn_end(hvuv_conn_t* conn);

/* Closes now; what is queued is lost. on_close is told reason, which is
 * UV_ECANCELED if it is not negative. Ignored when it closes already. */
HVUV_EXTERN void hvuv_conn_abort(hvuv_conn_t* conn, int reason);

/* 1 from hvuv_conn_end() or the beginning of the close on. */
HVUV_EXTERN int hvuv_conn_is_ending(const hvuv_conn_t* conn);

/* --- Looking at it ------------------------------------------------------- */

/* The handler's state, aligned for any type. Its address is the connection's
 * for as long as that lives. */
HVUV_EXTERN void* hvuv_conn_state(hvuv_conn_t* conn);

/* `data` of the server, client or test that the connection belongs to, as it is
 * now. */
HVUV_EXTERN void* hvuv_conn_context(const hvuv_conn_t* conn);

HVUV_EXTERN uv_loop_t* hvuv_conn_loop(const hvuv_conn_t* conn);

/* As hvuv_getpeername() and hvuv_getsockname(). */
HVUV_EXTERN int hvuv_conn_peer(const hvuv_conn_t* conn, hvuv_addr_t* addr);
HVUV_EXTERN int hvuv_conn_local(const hvuv_conn_t* conn, hvuv_addr_t* addr);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_PROTOCOL_H */
