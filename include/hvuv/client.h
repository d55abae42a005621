/*
 * Clients: a protocol handler that dials out, and tries again.
 *
 *   hvuv_client_init(loop, &client, NULL);
 *   hvuv_client_connect(&client, &addr, &protocol);
 *   ...
 *   hvuv_client_close(&client, on_closed);             always, once
 */
#ifndef HVUV_CLIENT_H
#define HVUV_CLIENT_H

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

/* What a failed connect says of the next one. */
typedef enum hvuv_error_class_e {
  HVUV_ERROR_PERMANENT = 1 << 0,     /* it will fail again: a wrong address, no
                                        rights, no such sockets */
  HVUV_ERROR_VM_OFF = 1 << 1,        /* there is no such VM now */
  HVUV_ERROR_NOT_LISTENING = 1 << 2, /* nobody listens there, or not yet */
  HVUV_ERROR_TRANSIENT = 1 << 3      /* this time only: it was reset, or memory
                                        or descriptors ran out */
} hvuv_error_class_t;

/* The class of a status that a connect to this address was told. Which codes a
 * system answers when is in hvuv/stream.h and hvuv_explain(). UV_ETIMEDOUT is
 * NOT_LISTENING, because on Hyper-V that is how it looks; so is UV_ECONNRESET
 * where virtio and Hyper-V answer it. A code that is not known is PERMANENT. */
HVUV_EXTERN hvuv_error_class_t hvuv_error_class(const hvuv_addr_t* addr,
                                                int status);

/* One attempt to connect. */
typedef struct hvuv_attempt_s {
  unsigned int number; /* 1 for the first since hvuv_client_connect() or since
                          the last connection closed */
  int status;          /* 0: connected */
  hvuv_error_class_t error_class; /* when status is not 0 */
  int is_last;                    /* it failed, and no other follows */
  uint64_t next_delay_ms;         /* when it failed and one follows */
} hvuv_attempt_t;

typedef struct hvuv_client_options_s {
  hvuv_limits_t limits; /* with no limit for the first message and for idling */
  uint64_t connect_timeout_ms; /* 10 seconds; 0: the system's own */
  unsigned int retry;        /* classes to try again, ored; all but PERMANENT */
  unsigned int max_attempts; /* in a row; 0, the default: no limit */
  uint64_t first_delay_ms;   /* before the second attempt; 200; doubles; at
                                least 1 */
  uint64_t max_delay_ms;     /* 30 seconds; without jitter */
  unsigned int jitter_percent; /* each delay is longer or shorter by up to so
                                  much, at random; 20; at most 100 */

  /* Whether a connection that closed, for whatever reason, is dialled again; 0.
   * It waits before that too: for first_delay_ms if the connection had lasted
   * for max_delay_ms, else for the next delay in the row, so that a peer which
   * takes every call and hangs up is called ever more rarely. */
  int reconnects;

  /* After each attempt, before on_open. May be NULL, and may close the
   * client. */
  void (*on_attempt)(hvuv_client_t* client, const hvuv_attempt_t* attempt);

  /* The client will do no more by itself: the last attempt failed, or the
   * connection closed and is not dialled again. status is the attempt's, or the
   * connection's reason. hvuv_client_connect() may be called again, also from
   * here. Not called for hvuv_client_close(). May be NULL. */
  void (*on_done)(hvuv_client_t* client, int status);
} hvuv_client_options_t;

/* Fills in the values above. */
HVUV_EXTERN void hvuv_client_options_init(hvuv_client_options_t* options);

/* The last touch. */
typedef void (*hvuv_client_close_cb)(hvuv_client_t* client);

struct hvuv_client_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  /* private */
  struct hvuv__client_s* impl;
};

/* Prepares a client; options may be NULL. From here on hvuv_client_close() must
 * be called before the memory is given back. 0, UV_EINVAL if a pointer is NULL
 * or an option makes no sense, or UV_ENOMEM; on an error there is nothing to
 * close. */
HVUV_EXTERN int hvuv_client_init(uv_loop_t* loop,
                                 hvuv_client_t* client,
                                 const hvuv_client_options_t* options);

/* Dials. How it went is told by on_attempt, on_open and on_done, never inside
 * this call; an address that cannot be dialled at all is told there too. The
 * address is copied; *protocol must stay as it is until the client has closed.
 *
 *   UV_EALREADY  it dials already, waits to dial again, or is connected
 *   UV_EINVAL    a pointer is NULL, *addr is no address, on_message is missing,
 *                the framing is none, or the client is closing
 *   UV_ENOMEM */
HVUV_EXTERN int hvuv_client_connect(hvuv_client_t* client,
                                    const hvuv_addr_t* addr,
                                    const hvuv_protocol_t* protocol);

/* The connection from on_open until on_close has returned; NULL at other
 * times. */
HVUV_EXTERN hvuv_conn_t* hvuv_client_conn(const hvuv_client_t* client);

HVUV_EXTERN void hvuv_client_stats(const hvuv_client_t* client,
                                   hvuv_stats_t* stats);

/* Ends everything at once, in whatever state: an attempt is cancelled, a
 * connection aborted with UV_ECANCELED (for an orderly end call hvuv_conn_end()
 * first, and this from on_close or on_done). cb, which may be NULL, comes last,
 * from the loop. Once. */
HVUV_EXTERN void hvuv_client_close(hvuv_client_t* client,
                                   hvuv_client_close_cb cb);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_CLIENT_H */
