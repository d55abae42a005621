/*
 * Protocol handlers: what happens in a conversation, with no sockets in sight.
 *
 * A handler is a table of callbacks and a size. Servers (hvuv/server.h) and
 * clients (hvuv/client.h) make the connections, each a single block of memory
 * that includes the handler's own state, and take care of limits, timeouts,
 * back-pressure and closing. docs/handlers.md is a guide to writing one. The
 * order of the callbacks is
 *
 *   on_open --> on_message, on_writable ... --> [on_end] --> on_close
 *
 * Any callback may call any function here on any connection of the loop,
 * including its own. No function here calls a handler back before it returns,
 * and none may be called from another thread. What a callback sends goes to the
 * kernel after it has returned, in one system call for each connection; large
 * messages, and what exceeds some 16 KiB in total, go earlier.
 */
#ifndef HVUV_PROTOCOL_H
#define HVUV_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "export.h"
#include "framing.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A connection. It is the framework's, and exists from before on_open until
 * on_close has returned. */
typedef struct hvuv_conn_s hvuv_conn_t;

/* A handler: its callbacks, its framing and the size of its state. */
typedef struct hvuv_protocol_s {
  /* Bytes of state for each connection, zeroed; see hvuv_conn_state(). */
  size_t state_bytes;

  /* Where messages begin and end, in both directions; all zero: no messages. */
  hvuv_framing_t framing;

  /* Called once the connection is established. Return 0 to keep it; any other
   * value closes it with that value as the reason. May be NULL. */
  int (*on_open)(hvuv_conn_t* conn);

  /* Called with each whole message, or with HVUV_FRAMING_RAW with at least one
   * byte. The bytes are the framework's and valid until this returns. Return 0
   * to go on; any other value means that the peer broke the protocol and closes
   * the connection with that value as the reason (UV_ECANCELED if it is
   * positive), unless it is already ending. Must not be NULL. */
  int (*on_message)(hvuv_conn_t* conn, const char* bytes, size_t nbytes);

  /* Called when the bytes queued have fallen to low_water_bytes after they had
   * exceeded high_water_bytes. May be NULL. */
  void (*on_writable)(hvuv_conn_t* conn);

  /* Called when the peer has finished sending, between two messages. A handler
   * that has more to send calls hvuv_conn_end() when it is done. If NULL, the
   * framework calls hvuv_conn_end() at once. */
  void (*on_end)(hvuv_conn_t* conn);

  /* Called last, once for each on_open, even if that returned an error. May be
   * NULL. reason is
   *
   *   0              both sides had finished
   *   UV_EOF         the peer finished inside a message
   *   UV_ETIMEDOUT   one of the timeouts of hvuv_limits_t has expired, or the
   *                  deadline of hvuv_conn_set_deadline()
   *   UV_ECONNRESET  the peer is gone: it was killed, or broke off; only some
   *                  families can show that (hvuv/stream.h)
   *   UV_EMSGSIZE, UV_EPROTO  the peer broke the framing (hvuv/framing.h)
   *   UV_ENOSPC      the server kept max_total_bytes, and this connection much of
   *                  them: its peer did not take what was sent, or did not
   *                  finish what it sent (hvuv/server.h)
   *   UV_ECANCELED   cut off by hvuv_server_stop() after its grace, or by
   *                  hvuv_client_close()
   *   else           the value that a callback returned or that was passed to
   *                  hvuv_conn_abort(), or the socket's error
   *
   * If something that was sent could not be delivered (UV_EPIPE), the messages
   * that the peer had sent before are passed to on_message first, and its end
   * to on_end. Only then is on_close called, with that error. */
  void (*on_close)(hvuv_conn_t* conn, int reason);
} hvuv_protocol_t;

/* Sets on_message, and everything else to zero: for languages without
 * designated initialisers, such as C++ before C++20.
 *
 *   static hvuv_protocol_t echo;
 *
 *   hvuv_protocol_init(&echo, on_message);
 *   echo.framing.kind = HVUV_FRAMING_LINES; */
HVUV_EXTERN void hvuv_protocol_init(hvuv_protocol_t* protocol,
                                    int (*on_message)(hvuv_conn_t* conn,
                                                      const char* bytes,
                                                      size_t nbytes));

/* --- Limits -------------------------------------------------------------- */

/* What a connection may cost. Timeouts are accurate to about a sixteenth of
 * their length; 0 means no limit. If the loop is late, because a callback has
 * blocked it, what the peer has sent by then is received before a timeout is
 * acted on. The defaults are in the comments. */
typedef struct hvuv_limits_s {
  /* Bytes queued to a peer that does not take them. Above the high-water mark
   * nothing is read from the peer until they have fallen to the low-water mark;
   * a send that would exceed the maximum is refused. After the first 64, each
   * queued send counts as at least some 200 bytes, which is what it costs. When
   * nothing is queued, one message of any size may be sent. */
  size_t high_water_bytes; /* 256 KiB */
  size_t low_water_bytes;  /* 64 KiB */
  size_t max_queued_bytes; /* 4 MiB; 0: no limit */

  /* From on_open to the first whole message (HVUV_FRAMING_RAW: byte) or the
   * peer's end. */
  uint64_t first_message_timeout_ms; /* 10 seconds */
  /* From the first byte of a message to its last; starts again when reading
   * resumes after a pause. */
  uint64_t message_timeout_ms; /* 30 seconds */
  /* Without a byte in either direction. Bytes count when they are received,
   * when the kernel takes them, and when the peer takes them from it, as far as
   * the system reports it (Linux does). */
  uint64_t idle_timeout_ms; /* 5 minutes */
  /* After hvuv_conn_end(): how long neither kernel nor peer may take a byte, so
   * a slow but steady reader gets everything and then has this long to finish.
   * After a failed send: how long the peer may send nothing before its end.
   * What a peer has taken is as fine as the kernel counts it: on a Unix socket
   * of Linux some 36 KiB at a time, on TCP a window's update; a peer that takes
   * less than that in this time counts as one that takes nothing. */
  uint64_t end_timeout_ms; /* 5 seconds */
} hvuv_limits_t;

/* Sets the defaults above. */
HVUV_EXTERN void hvuv_limits_init(hvuv_limits_t* limits);

/* --- Statistics ---------------------------------------------------------- */

/* Counters, which start at 0 in hvuv_server_init() or hvuv_client_init(). */
typedef struct hvuv_stats_s {
  uint64_t connections_now;
  uint64_t connections_ever;
  uint64_t bytes_received;
  uint64_t bytes_sent; /* taken by the kernel, framing included */
  uint64_t messages_received;
  uint64_t messages_sent;
  uint64_t refused_full;  /* no place was free, with HVUV_FULL_REFUSE */
  uint64_t refused_peer;  /* not among allowed_peers, or not by the family */
  uint64_t refused_share; /* its VM had max_per_peer connections */
  uint64_t
      refused_rate; /* its VM came more often than max_new_per_peer_per_s */
  uint64_t accept_errors;
  uint64_t timed_out;       /* closed with UV_ETIMEDOUT */
  uint64_t protocol_errors; /* UV_EPROTO, UV_EMSGSIZE, UV_EOF in a message */
  uint64_t over_memory;     /* UV_ENOSPC: max_total_bytes */
  uint64_t other_errors;    /* any other reason except 0 and UV_ECANCELED */
  uint64_t bytes_held_now;  /* what max_total_bytes limits */
} hvuv_stats_t;

/* --- Sending ------------------------------------------------------------- */

/* Sends a copy of the bytes as one message, framed, after everything sent
 * before. hvuv_conn_sendv() sends the parts of one message. Returns 0, or an
 * error if nothing was sent:
 *
 *   UV_EPIPE     hvuv_conn_end() was called, sending has failed before, or the
 *                connection is closing
 *   UV_ENOBUFS   something is queued already, and max_queued_bytes would be
 *                exceeded: the peer does not take it
 *   UV_EMSGSIZE  larger than the framing allows, or than HVUV_FRAMING_MAX_MAX
 *   UV_EINVAL    a pointer is NULL
 *   UV_ENOSPC    the server keeps max_total_bytes, and this connection most of
 *                them for what its peer moves (hvuv/server.h)
 *   UV_ENOMEM    if the kernel had already taken a part of it, the connection
 *                closes with this reason; the same with UV_ENOSPC
 *
 * Messages sent in on_message are gathered up to 16 KiB; a larger message goes
 * to the kernel from the caller's memory, and only what the kernel does not
 * take is copied. That the peer is gone is reported to on_close, not here. */
HVUV_EXTERN int hvuv_conn_send(hvuv_conn_t* conn,
                               const void* bytes,
                               size_t nbytes);
HVUV_EXTERN int hvuv_conn_sendv(hvuv_conn_t* conn,
                                const uv_buf_t parts[],
                                unsigned int nparts);

typedef struct hvuv_send_s hvuv_send_t;

/* Called with status 0 when the kernel has taken the bytes, with UV_ECANCELED
 * if the connection closed first, or with the reason why they could not be
 * sent. */
typedef void (*hvuv_send_cb)(hvuv_send_t* req, int status);

struct hvuv_send_s {
  /* public */
  void* data;
  /* read-only */
  hvuv_conn_t* conn;
  /* private */
  hvuv_send_cb cb;
};

/* The same without a copy: the bytes must stay valid and unchanged until cb is
 * called, which happens before on_close and never inside this call. cb may be
 * NULL. The array of parts is copied; the request is the caller's again when cb
 * is called. */
HVUV_EXTERN int hvuv_conn_send_ref(hvuv_send_t* req,
                                   hvuv_conn_t* conn,
                                   const uv_buf_t parts[],
                                   unsigned int nparts,
                                   hvuv_send_cb cb);

/* Returns the number of bytes sent that the kernel has not taken yet, framing
 * included. */
HVUV_EXTERN size_t hvuv_conn_queued_bytes(const hvuv_conn_t* conn);

/* --- Reading ------------------------------------------------------------- */

/* Holds back on_message and on_end until hvuv_conn_resume(); meanwhile nothing
 * is read, so what the peer sends waits in its own buffers. Both functions are
 * idempotent. The timeouts for idling and for the first message keep
 * running. */
HVUV_EXTERN void hvuv_conn_pause(hvuv_conn_t* conn);
HVUV_EXTERN void hvuv_conn_resume(hvuv_conn_t* conn);

/* Changes the framing in both directions: from the next call of a sending
 * function, and from the byte after the current message. In on_message that
 * is the byte after the message it was called with, even if it has already been
 * received; with HVUV_FRAMING_RAW, a byte that was not yet passed to
 * on_message. So a connection may begin with lines and go on with prefixed
 * messages (an HTTP upgrade). The framing is copied.
 *
 * Returns 0, UV_EINVAL if a pointer is NULL, the framing is invalid or the
 * connection is closing, or UV_EBUSY if a part of a message has been received
 * already, which can only be outside of on_message. */
HVUV_EXTERN int hvuv_conn_set_framing(hvuv_conn_t* conn,
                                      const hvuv_framing_t* framing);

/* The same for a whole protocol: its framing and callbacks take over; its
 * on_open is not called. *protocol must stay valid and unchanged until on_close
 * has returned. The state stays as it is; UV_EINVAL too if state_bytes
 * is larger than that of the protocol which the connection was made with. */
HVUV_EXTERN int hvuv_conn_set_protocol(hvuv_conn_t* conn,
                                       const hvuv_protocol_t* protocol);

/* --- Time ---------------------------------------------------------------- */

/* Closes the connection with UV_ETIMEDOUT if it still exists timeout_ms from
 * now, whatever happens on it meanwhile; 0 takes the deadline away. Each call
 * replaces the deadline of the one before. For what the framework's own limits
 * cannot know: that a request with HVUV_FRAMING_RAW is not complete, that a
 * login takes too long, that a conversation has gone on for an hour. Accurate
 * to about a sixteenth. It keeps running after hvuv_conn_end().
 *
 * Returns 0, or UV_EINVAL if conn is NULL or closing. */
HVUV_EXTERN int hvuv_conn_set_deadline(hvuv_conn_t* conn, uint64_t timeout_ms);

/* Returns the time in milliseconds as the connection sees it: uv_now() of its
 * loop, or the clock of a test (hvuv_test_advance()). For handlers that measure
 * time, such as a rate limit, and are to be tested. */
HVUV_EXTERN uint64_t hvuv_conn_now(const hvuv_conn_t* conn);

/* --- Ending -------------------------------------------------------------- */

/* Ends the conversation in an orderly way: sends what is queued, shuts down the
 * outgoing direction, waits for the peer's end, discarding what it still sends,
 * and closes. on_close is called with 0, or with UV_ETIMEDOUT if there was no
 * progress for end_timeout_ms; on_message, on_end and on_writable are not
 * called any more. Idempotent.
 *
 * Merely closing would lose bytes on some of these sockets, and look like an
 * error to the peer on others. */
HVUV_EXTERN void hvuv_conn_end(hvuv_conn_t* conn);

/* Closes the connection now; what is queued is lost. on_close is called with
 * reason, or with UV_ECANCELED if reason is not negative. No effect on a
 * connection that is closing. The peer sees a reset where the address family
 * has one (hvuv_close_reset()), as with every reason but 0. */
HVUV_EXTERN void hvuv_conn_abort(hvuv_conn_t* conn, int reason);

/* Returns 1 once nothing more can be sent: hvuv_conn_end() was called, sending
 * has failed, or the connection has begun to close. */
HVUV_EXTERN int hvuv_conn_is_ending(const hvuv_conn_t* conn);

/* --- Inspecting a connection --------------------------------------------- */

/* Where a connection is in its life. */
typedef enum hvuv_conn_phase_e {
  HVUV_CONN_PROVING = 1, /* its peer has to prove a secret (hvuv/auth.h) */
  HVUV_CONN_TALKING,
  HVUV_CONN_HEARD,  /* the peer has finished, and the handler has not */
  HVUV_CONN_CUT,    /* sending has failed; what had come is still handed out */
  HVUV_CONN_ENDING, /* after hvuv_conn_end() */
  HVUV_CONN_CLOSING
} hvuv_conn_phase_t;

/* What is known of a connection now. Counters begin with it. */
typedef struct hvuv_conn_info_s {
  hvuv_conn_phase_t phase;
  int is_paused;    /* by its handler */
  int is_choked;    /* high_water_bytes are passed: nothing is read */
  uint64_t age_ms;  /* since on_open */
  uint64_t idle_ms; /* since a byte last came, went, or was taken by the peer */
  uint64_t bytes_received;
  uint64_t bytes_sent; /* taken by the kernel, framing included */
  uint64_t messages_received;
  uint64_t messages_sent;
  size_t queued_bytes; /* sent, and not taken by the kernel yet */
  size_t held_bytes;   /* what it keeps in memory; see max_total_bytes */
  const hvuv_protocol_t* protocol;
  hvuv_addr_t peer; /* family 0: it has no address that hvuv knows */
} hvuv_conn_info_t;

/* Copies what is known of a connection, in any callback and in visits of
 * hvuv_server_each(). UV_EINVAL if a pointer is NULL. */
HVUV_EXTERN int hvuv_conn_info(const hvuv_conn_t* conn, hvuv_conn_info_t* info);

/* Returns the handler's state, state_bytes aligned for any type. Its address
 * does not change while the connection exists. */
HVUV_EXTERN void* hvuv_conn_state(hvuv_conn_t* conn);

/* Returns the current `data` of the server, client or test that the connection
 * belongs to. */
HVUV_EXTERN void* hvuv_conn_context(const hvuv_conn_t* conn);

/* Returns the loop that the connection runs on; NULL in tests
 * (hvuv/testing.h). */
HVUV_EXTERN uv_loop_t* hvuv_conn_loop(const hvuv_conn_t* conn);

/* Returns the stream that the connection is made of; NULL in tests
 * (hvuv/testing.h). It is for inspection and options: buffer sizes, the socket,
 * those of hvuv/hyperv.h. The framework reads it, writes to it and closes it;
 * a handler must do none of these. It is the connection's and gone with it. */
HVUV_EXTERN hvuv_stream_t* hvuv_conn_stream(hvuv_conn_t* conn);

/* The same as hvuv_getpeername() and hvuv_getsockname(), from before on_open
 * until on_close has returned. */
HVUV_EXTERN int hvuv_conn_peer(const hvuv_conn_t* conn, hvuv_addr_t* addr);
HVUV_EXTERN int hvuv_conn_local(const hvuv_conn_t* conn, hvuv_addr_t* addr);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_PROTOCOL_H */
