/*
 * Servers: protocol handlers at addresses.
 *
 *   hvuv_server_init(loop, &server, NULL);
 *   hvuv_server_listen(&server, &addr, &protocol);     as often as you like
 *   ...
 *   hvuv_server_stop(&server, 2000, on_stopped);       always, once
 */
#ifndef HVUV_SERVER_H
#define HVUV_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "export.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_server_s hvuv_server_t;

/* What happens to callers when max_connections are there. */
typedef enum hvuv_full_e {
  HVUV_FULL_WAIT = 0, /* they wait in the kernel's backlog for a place */
  HVUV_FULL_REFUSE    /* they are accepted and closed at once */
} hvuv_full_t;

typedef struct hvuv_server_options_s {
  hvuv_limits_t limits;
  int backlog;                  /* of each listener; 128 */
  unsigned int max_connections; /* of the server; 1,000; 0: no limit */
  hvuv_full_t when_full;        /* HVUV_FULL_WAIT */

  /* Who may come: peers whose address has the VM id or the CID of one of these;
   * ports and services do not count. NULL: everybody. The array is copied. A
   * VM id is all that these sockets tell of a peer, and with `local` it is only
   * claimed. */
  const hvuv_addr_t* allowed_peers;
  unsigned int nallowed_peers;

  /* A caller could not be taken (status as hvuv_listen() tells it); the server
   * goes on where it can. NULL: counted only. */
  void (*on_accept_error)(hvuv_server_t* server, int status);
} hvuv_server_options_t;

/* Fills in the values above. */
HVUV_EXTERN void hvuv_server_options_init(hvuv_server_options_t* options);

/* Counted from hvuv_server_init() or hvuv_client_init() on. */
typedef struct hvuv_stats_s {
  uint64_t connections_now;
  uint64_t connections_ever;
  uint64_t bytes_received;
  uint64_t bytes_sent; /* taken by the kernel, framing included */
  uint64_t messages_received;
  uint64_t messages_sent;
  uint64_t refused_full;
  uint64_t refused_peer; /* not among allowed_peers */
  uint64_t accept_errors;
  uint64_t timed_out;       /* closed with UV_ETIMEDOUT */
  uint64_t protocol_errors; /* UV_EPROTO, UV_EMSGSIZE, UV_EOF in a message */
  uint64_t other_errors; /* closed with any other reason but 0, UV_ECANCELED */
} hvuv_stats_t;

/* Called when the server has stopped, as the last touch. */
typedef void (*hvuv_server_stop_cb)(hvuv_server_t* server);

struct hvuv_server_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  /* private */
  struct hvuv__server_s* impl;
};

/* Prepares a server; options may be NULL. From here on hvuv_server_stop() must
 * be called before the memory is given back. 0, UV_EINVAL if a pointer is NULL
 * or an option makes no sense (marks out of order, a negative backlog), or
 * UV_ENOMEM; on an error there is nothing to stop. */
HVUV_EXTERN int hvuv_server_init(uv_loop_t* loop,
                                 hvuv_server_t* server,
                                 const hvuv_server_options_t* options);

/* Listens at one more address, with this protocol; *protocol must stay as it is
 * until the server has stopped. What hvuv_bind() and hvuv_listen() answer;
 * UV_EINVAL if a pointer is NULL, on_message is missing, the framing is none,
 * or the server is stopping; UV_ENOMEM. */
HVUV_EXTERN int hvuv_server_listen(hvuv_server_t* server,
                                   const hvuv_addr_t* addr,
                                   const hvuv_protocol_t* protocol);

/* The same with a listening socket of one's own (socket activation), as
 * hvuv_open(): on success the server's, on an error still the caller's. */
HVUV_EXTERN int hvuv_server_listen_socket(hvuv_server_t* server,
                                          uv_os_sock_t sock,
                                          const hvuv_protocol_t* protocol);

/* The address of the index-th listener as it was bound; UV_ENOENT if there are
 * fewer, else as hvuv_getsockname(). */
HVUV_EXTERN int hvuv_server_address(const hvuv_server_t* server,
                                    unsigned int index,
                                    hvuv_addr_t* addr);

/* Calls visit for each connection that is open and not ending. visit may send
 * to, end or abort any connection. Not to be nested. */
HVUV_EXTERN void hvuv_server_each(hvuv_server_t* server,
                                  void (*visit)(hvuv_conn_t* conn, void* arg),
                                  void* arg);

HVUV_EXTERN void hvuv_server_stats(const hvuv_server_t* server,
                                   hvuv_stats_t* stats);

/* Stops: the listeners close at once, each connection is told goodbye as by
 * hvuv_conn_end(), and those that are there after grace_ms are aborted with
 * UV_ECANCELED; at 0 that is now. cb, which may be NULL, comes last, from the
 * loop; then the memory is the caller's. Legal at any time after init, inside
 * callbacks of handlers too. Called again while stopping, it may only shorten
 * the time, and cb is ignored. */
HVUV_EXTERN void hvuv_server_stop(hvuv_server_t* server,
                                  uint64_t grace_ms,
                                  hvuv_server_stop_cb cb);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SERVER_H */
