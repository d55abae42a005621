/*
 * Clients: protocol handlers on outgoing connections, with retries.
 *
 *   hvuv_client_init(loop, &client, NULL);
 *   hvuv_client_connect(&client, &addr, &protocol);
 *   ...
 *   hvuv_client_close(&client, on_closed);             always, once
 */
#ifndef HVUV_CLIENT_H
#define HVUV_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "export.h"
#include "protocol.h"
#include "server.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_client_s hvuv_client_t;

/* What to expect of the next connect after one has failed. */
typedef enum hvuv_error_class_e {
  HVUV_ERROR_PERMANENT = 1 << 0,     /* it will fail again: wrong address, no
                                        permission, no such sockets */
  HVUV_ERROR_VM_OFF = 1 << 1,        /* there is no such VM now */
  HVUV_ERROR_NOT_LISTENING = 1 << 2, /* nobody listens there, or not yet */
  HVUV_ERROR_TRANSIENT = 1 << 3      /* this time only: it was reset, or memory
                                        or descriptors ran out */
} hvuv_error_class_t;

/* Returns the class of a status with which a connect to this address failed.
 * hvuv/stream.h and hvuv_explain() list which code means what on which system.
 * UV_ETIMEDOUT is NOT_LISTENING, because that is how it looks on Hyper-V; so is
 * UV_ECONNRESET on virtio and Hyper-V. An unknown code is PERMANENT. */
HVUV_EXTERN hvuv_error_class_t hvuv_error_class(const hvuv_addr_t* addr,
                                                int status);

/* One attempt to connect. */
typedef struct hvuv_attempt_s {
  unsigned int number; /* 1 for the first since hvuv_client_connect() or since
                          a connection that counted as a success */
  int status;          /* 0: connected */
  hvuv_error_class_t error_class; /* when status is not 0 */
  int is_last;                    /* it failed, and no other follows */
  uint64_t next_delay_ms;         /* until the next one, if one follows */
} hvuv_attempt_t;

/* How a client connects and retries. */
typedef struct hvuv_client_options_s {
  hvuv_limits_t limits; /* default: none on the first message and on idling */
  uint64_t connect_timeout_ms; /* default 10 s; 0: the system's own */
  unsigned int retry;          /* the classes to retry, or-ed; default: all but
                                  PERMANENT */
  unsigned int max_attempts;   /* in a row, see success_after_ms; default 0:
                                  no limit */
  uint64_t first_delay_ms;     /* before the second attempt, then doubled;
                                  default 200, at least 1 */
  uint64_t max_delay_ms;       /* not counting the jitter; default 30 s */
  unsigned int jitter_percent; /* up to which each delay is lengthened or
                                  shortened at random; default 20, at most
                                  100 */

  /* Whether to connect again after a connection has closed, for whatever
   * reason; default 0. There is a delay before that as well: first_delay_ms if
   * the connection counted as a success, otherwise the next delay in the
   * row. */
  int reconnects;

  /* A connection counts as a success once it has received a message
   * (HVUV_FRAMING_RAW: a byte) or has lasted this long; default 10 s; 0: every
   * connection does. Only a success resets max_attempts and the delays: a proxy
   * or a VMM in front of a service that is down accepts every connection and
   * closes it at once, so it is dialled ever more rarely, and at most
   * max_attempts times. */
  uint64_t success_after_ms;

  /* Called after each attempt, before on_open. May be NULL, and may close the
   * client. */
  void (*on_attempt)(hvuv_client_t* client, const hvuv_attempt_t* attempt);

  /* Called when the client will do nothing more by itself: the last attempt
   * failed, or the connection closed and is not to be made again, because
   * reconnects is 0 or max_attempts have been made. status is the attempt's, or
   * the reason why the connection closed. hvuv_client_connect()
   * may be called again, from here too. Not called after hvuv_client_close().
   * May be NULL. */
  void (*on_done)(hvuv_client_t* client, int status);
} hvuv_client_options_t;

/* Sets the defaults above. */
HVUV_EXTERN void hvuv_client_options_init(hvuv_client_options_t* options);

/* Called when the client has closed: its memory is the caller's again. */
typedef void (*hvuv_client_close_cb)(hvuv_client_t* client);

struct hvuv_client_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  /* private */
  struct hvuv__client_s* impl;
};

/* Initialises a client; options may be NULL for the defaults and are copied.
 * Once initialised, the client must be closed with hvuv_client_close() before
 * its memory is freed. Returns 0, UV_EINVAL if a pointer is NULL or an option
 * is invalid, or UV_ENOMEM; after an error there is nothing to close. */
HVUV_EXTERN int hvuv_client_init(uv_loop_t* loop,
                                 hvuv_client_t* client,
                                 const hvuv_client_options_t* options);

/* Starts connecting. The outcome is reported to on_attempt, on_open and
 * on_done, never from inside this call, even if nothing can be connected to the
 * address at all. The address is copied; *protocol must stay valid and
 * unchanged until the client has closed.
 *
 *   UV_EALREADY  the client is connecting, waiting to retry, or connected
 *   UV_EINVAL    a pointer is NULL, *addr is not an address, on_message is
 *                NULL, the framing is invalid, or the client is closing
 *   UV_ENOMEM */
HVUV_EXTERN int hvuv_client_connect(hvuv_client_t* client,
                                    const hvuv_addr_t* addr,
                                    const hvuv_protocol_t* protocol);

/* Sets the address of the attempts that follow, while the client is connecting,
 * waiting to retry, or connected; an attempt or a connection that there is goes
 * on at its own address. The delays stay as they are. So a client follows
 * whoever moves, in the rhythm of its retries; hvuv_follow_connect()
 * (hvuv/follow.h) does it for a VM that gets a new id each time it starts, as
 * WSL 2's, and has it looked up before each attempt.
 *
 * Returns 0, or UV_EINVAL if a pointer is NULL, *addr is not an address, or the
 * client has nothing to do or is closing. */
HVUV_EXTERN int hvuv_client_set_addr(hvuv_client_t* client,
                                     const hvuv_addr_t* addr);

/* Returns the connection, from on_open until on_close has returned; NULL at
 * other times. */
HVUV_EXTERN hvuv_conn_t* hvuv_client_conn(const hvuv_client_t* client);

/* Copies the client's statistics. */
HVUV_EXTERN void hvuv_client_stats(const hvuv_client_t* client,
                                   hvuv_stats_t* stats);

/* Closes a client at once, whatever its state: an attempt is cancelled, a
 * connection is aborted with UV_ECANCELED. For an orderly end, call
 * hvuv_conn_end() first, and this function from on_close or on_done. cb, which
 * may be NULL, is called last, from the loop, also if whatever uv_walk() shows
 * was closed before or is closed meanwhile (hvuv/loop.h). To be called once. */
HVUV_EXTERN void hvuv_client_close(hvuv_client_t* client,
                                   hvuv_client_close_cb cb);

/* For bindings: the size of a hvuv_client_t in bytes, and its fields; see
 * hvuv_stream_size(). hvuv_client_init() leaves data as it is. */
HVUV_EXTERN size_t hvuv_client_size(void);
HVUV_EXTERN void* hvuv_client_get_data(const hvuv_client_t* client);
HVUV_EXTERN void hvuv_client_set_data(hvuv_client_t* client, void* data);
HVUV_EXTERN uv_loop_t* hvuv_client_get_loop(const hvuv_client_t* client);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_CLIENT_H */
