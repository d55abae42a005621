/*
 * Servers: protocol handlers that listen on addresses.
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

/* What happens to further callers while max_connections are open. */
typedef enum hvuv_full_policy_e {
  HVUV_FULL_WAIT = 0, /* they wait in the kernel's backlog, while it has room:
                         see hvuv_listen() */
  HVUV_FULL_REFUSE    /* they are accepted and closed at once */
} hvuv_full_policy_t;

/* Deprecated: the former name, removed in 0.2. */
typedef hvuv_full_policy_t hvuv_full_t;

/* As max_per_peer: three quarters of max_connections, rounded up. */
#define HVUV_SHARE_PER_PEER ((unsigned int) -1)

/* How many a server serves, and whom. docs/limits.md has all limits, and what
 * happens at each. */
typedef struct hvuv_server_options_s {
  hvuv_limits_t limits;
  int backlog;                  /* of each listener, see hvuv_listen(); default
                                   SOMAXCONN */
  unsigned int max_connections; /* default 1,000; 0: no limit */
  hvuv_full_policy_t when_full; /* default HVUV_FULL_WAIT */

  /* How many connections one peer may have, so that it cannot take every place.
   * A peer is a VM, whatever its ports: VMs are told apart as by allowed_peers,
   * and each hybrid listener is one. Further connections are closed at once,
   * whatever when_full, because behind one that waits others would. Default
   * HVUV_SHARE_PER_PEER: a lone peer, such as the host of a guest's service,
   * has most of the places, of three or fewer all, and yet one that takes
   * what it can leaves a quarter to the others. 0: no limit. Callers without an
   * address (adopted sockets of other families) have none. */
  unsigned int max_per_peer;

  /* How many new connections a second one peer may make; the others are closed
   * at once. Default 0: no limit, because an honest peer that connects for each
   * request is as fast as one that means no good. After a pause so many may
   * come at once; default 0: as many as in a second. */
  unsigned int max_new_per_peer_per_s;
  unsigned int max_new_per_peer_at_once;

  /* Bytes of memory that the connections may keep together: their own blocks
   * with the handlers' state, what is queued to peers (lent bytes count for
   * each connection that they were sent on), what was read and waits for a
   * handler, messages that have come in part. When more is needed, those that
   * keep most and whose peers move least are closed, with UV_ENOSPC, until an
   * eighth is free; whoever keeps little or nothing besides its block stays. If
   * there is nobody to close, the send that needs it returns UV_ENOSPC, a new
   * caller waits. A sixteenth is for those that close: what they keep until the
   * end of the turn. Buffers that connections share, listeners and the table of
   * peers, some 200 KiB, do not count.
   *
   * Default 256 MiB, a quarter of a MiB for each of 1,000 connections: about
   * what their high-water marks let them have queued, if nobody reads. With
   * more connections or higher marks set it to what the product is. 0: no
   * limit. */
  size_t max_total_bytes;

  /* The peers to accept: those whose address has the VM id or the CID of one of
   * these; ports and services are not compared. NULL: all. The array is copied.
   * The VM id or CID is all that is known of a peer on these sockets, and with
   * `local` it is only claimed. */
  const hvuv_addr_t* allowed_peers;
  unsigned int nallowed_peers;

  /* The sizes in bytes of each listener's buffers, set before it listens. With
   * AF_VSOCK and TCP its connections have them too; hvuv_send_buffer_size()
   * has more. In a Linux guest of Hyper-V 131072 for both is the most that has
   * an effect. Default 0: the system's. Not for hvuv_server_listen_socket(). */
  int send_buffer_bytes;
  int recv_buffer_bytes;

  /* Called when a connection could not be accepted, with the status that
   * hvuv_listen() reports; the server goes on where it can. May be NULL: it is
   * counted in any case. */
  void (*on_accept_error)(hvuv_server_t* server, int status);

  /* Called when a caller was turned away; its connection has been closed. peer
   * is its address, or NULL if it is not known. May be NULL: it is counted in
   * any case. reason is
   *
   *   UV_EBUSY   the server is full, with HVUV_FULL_REFUSE (refused_full), or
   *              peer's VM has max_per_peer connections (refused_share)
   *   UV_EAGAIN  peer's VM has made max_new_per_peer_per_s (refused_rate)
   *   UV_EACCES  peer is not among allowed_peers, or must not come to this
   *              address by the rules of `local` (refused_peer)
   *   else       the family could not tell who it is, see hvuv_set_refused_cb()
   *              (refused_peer) */
  void (*on_refused)(hvuv_server_t* server,
                     const hvuv_addr_t* peer,
                     int reason);
} hvuv_server_options_t;

/* Sets the defaults above. */
HVUV_EXTERN void hvuv_server_options_init(hvuv_server_options_t* options);

/* Called when the server has stopped: its memory is the caller's again. */
typedef void (*hvuv_server_stop_cb)(hvuv_server_t* server);

struct hvuv_server_s {
  /* public */
  void* data;
  /* read-only */
  uv_loop_t* loop;
  /* private */
  struct hvuv__server_s* impl;
};

/* Initialises a server; options may be NULL for the defaults and are copied.
 * Once initialised, the server must be stopped with hvuv_server_stop() before
 * its memory is freed. Returns 0, UV_EINVAL if a pointer is NULL or an option
 * is invalid (water marks out of order, a negative number), or UV_ENOMEM;
 * after an error there is nothing to stop. */
HVUV_EXTERN int hvuv_server_init(uv_loop_t* loop,
                                 hvuv_server_t* server,
                                 const hvuv_server_options_t* options);

/* Listens on one more address, with this protocol. *protocol must stay valid
 * and unchanged until the server has stopped. Returns 0, an error of
 * hvuv_bind(), hvuv_listen() or of setting the buffers' sizes, UV_EINVAL if a
 * pointer is NULL, on_message is NULL, the framing is invalid or the server is
 * stopping, or UV_ENOMEM. */
HVUV_EXTERN int hvuv_server_listen(hvuv_server_t* server,
                                   const hvuv_addr_t* addr,
                                   const hvuv_protocol_t* protocol);

/* The same with a listening socket that exists already (socket activation), as
 * with hvuv_open(): on success it is the server's, on an error it remains the
 * caller's. */
HVUV_EXTERN int hvuv_server_listen_socket(hvuv_server_t* server,
                                          uv_os_sock_t sock,
                                          const hvuv_protocol_t* protocol);

/* Closes the first listener that is bound to this address, as returned by
 * hvuv_server_address() (for vsock://any:any with the port that the kernel
 * picked). Callers that wait there are dropped; its connections stay open, and
 * go on using its protocol. The address can be listened on again at once, by
 * this server or another. Legal in callbacks of handlers too. Returns 0,
 * UV_ENOENT if there is none, or UV_EINVAL if a pointer is NULL. An adopted
 * socket whose address hvuv has no form for is closed only with the server. */
HVUV_EXTERN int hvuv_server_unlisten(hvuv_server_t* server,
                                     const hvuv_addr_t* addr);

/* Lets processes of other users connect to the first listener that is bound to
 * this `hybrid` address: what hvuv_chmod() does, and returns. UV_ENOENT also if
 * there is no such listener, UV_EINVAL also if a pointer is NULL. */
HVUV_EXTERN int hvuv_server_chmod(hvuv_server_t* server,
                                  const hvuv_addr_t* addr,
                                  int flags);

/* Gets the address to which a listener is bound; index 0 is the first one.
 * UV_ENOENT if there are not so many, otherwise as hvuv_getsockname(). */
HVUV_EXTERN int hvuv_server_address(const hvuv_server_t* server,
                                    unsigned int index,
                                    hvuv_addr_t* addr);

/* Calls visit for each connection that is open and not ending. visit may send
 * on, end or abort any connection, but not call hvuv_server_each(). */
HVUV_EXTERN void hvuv_server_each(hvuv_server_t* server,
                                  void (*visit)(hvuv_conn_t* conn, void* arg),
                                  void* arg);

/* Copies the server's statistics. */
HVUV_EXTERN void hvuv_server_stats(const hvuv_server_t* server,
                                   hvuv_stats_t* stats);

/* What one peer (max_per_peer) has done at a server. Counters start at 0 with
 * its first call. */
typedef struct hvuv_peer_stats_s {
  /* The address without its port or service. Family 0 is for all callers
   * without an address, and for the peers that were forgotten. */
  hvuv_addr_t peer;
  uint64_t connections_now;
  uint64_t connections_ever;
  uint64_t refused_full; /* the reasons are those of hvuv_stats_t */
  uint64_t refused_peer;
  uint64_t refused_share;
  uint64_t refused_rate;
  uint64_t over_memory;
  uint64_t bytes_received; /* those of open connections so far, too */
  uint64_t bytes_sent;
  uint64_t messages_received;
  uint64_t messages_sent;
} hvuv_peer_stats_t;

/* Calls visit for each peer that the server knows, with family 0 first: those
 * that have connections, and of the others the 256 that called last, so that
 * strangers who change their names cost no memory. What was counted for a peer
 * that is forgotten goes on to count for family 0; it starts again at 0 when it
 * calls again. *stats is a copy, valid until visit returns. Returns 0,
 * UV_EINVAL if a pointer is NULL, or UV_ENOMEM. */
HVUV_EXTERN int hvuv_server_each_peer(
    hvuv_server_t* server,
    void (*visit)(const hvuv_peer_stats_t* stats, void* arg),
    void* arg);

/* Stops a server: its listeners are closed at once, and each connection is
 * ended as by hvuv_conn_end(), with grace_ms in place of end_timeout_ms: one
 * whose peer takes nothing of what is queued for so long, or does not end so
 * long after the last byte, is aborted with UV_ECANCELED. With 0 all are
 * aborted now. A peer that reads slowly but steadily gets everything, however
 * long that takes; where the whole must not take longer than a given time, call
 * again with 0 when it is over, from a timer.
 *
 * If whatever uv_walk() shows is closed meanwhile (hvuv/loop.h), the
 * connections that are left are aborted in the next turn of the loop. To notice
 * that, a server that waits for connections has two descriptors, and with the
 * first of them its loop has one; if there were none when it was stopped, or
 * the program has closed its stdio, call again with 0 after such a walk.
 *
 * cb, which may be NULL, is called last, from the loop; the memory is then the
 * caller's again. Legal at any time after initialisation, in callbacks of
 * handlers too. Another call while the server is stopping can only shorten the
 * time; its cb is ignored. */
HVUV_EXTERN void hvuv_server_stop(hvuv_server_t* server,
                                  uint64_t grace_ms,
                                  hvuv_server_stop_cb cb);

/* --- On several loops ----------------------------------------------------
 *
 * Has `other`, a server on another loop, serve callers of the addresses at
 * which `server` listens, now and later, so that several threads share the
 * work.
 *
 *   each thread        its own loop, server and connections; a handler stays in
 *                      one thread for its whole life
 *   callers            go to the server that has the fewest connections, so as
 *                      long as all loops keep up their numbers differ by one at
 *                      most. One whose loop takes no caller for some
 *                      milliseconds, because a callback takes its time, is
 *                      offered none until it does; those it had are given to
 *                      others.
 *   limits for all     max_connections, when_full, max_per_peer, the rate of
 *                      each peer and allowed_peers of `server` count for all of
 *                      them together; these options of `other` count for
 *                      nothing but its max_connections, which limits its own
 *                      number besides
 *   for each its own   `limits`, max_total_bytes, `data`, statistics, and the
 *                      callbacks of its options: on_refused and on_accept_error
 *                      may be called for any of the servers, mostly for `server`
 *
 * Which thread may call what: all functions of a server and its connections
 * belong to the thread of its loop; before that thread is started, and after it
 * has ended, to whichever uses the loop then. hvuv_server_share() belongs to
 * the thread of `other`. The thread of `server` may be at work meanwhile; its
 * program makes sure that `server` is initialised and has not stopped.
 * *protocol of hvuv_server_listen() is used by all threads, so what it points
 * to must not change, and must stay valid until all of them have stopped; it
 * may be that of an hvuv_auth_t.
 *
 * hvuv accepts the callers in a thread of its own, which begins with the first
 * `other`, ends when all have stopped, and runs nothing of the program's but
 * its allocator and its log; it takes no signals. `other` keeps its loop alive
 * until it is stopped. It must not listen when it joins, and cannot listen
 * later. In a child after fork() shared servers serve no new callers; they can
 * be stopped there.
 *
 * Returns 0, or after an error nothing has changed:
 *
 *   UV_EINVAL  a pointer is NULL, both are on one loop, one of them is stopping,
 *              `other` listens or shares already, or `server` itself
 *              serves callers of another
 *   UV_ENOMEM, UV_EMFILE, UV_EAGAIN  for want of memory, descriptors, threads */
HVUV_EXTERN int hvuv_server_share(hvuv_server_t* other, hvuv_server_t* server);

/* Stops all servers that share callers with this one, and this one: each as by
 * hvuv_server_stop(), in the thread of its own loop, as soon as that loop
 * turns. cb, which may be NULL, is called for each of them, in its thread; a
 * server that was stopping already keeps its own. To be called in this one's
 * thread. A server that shares with nobody is stopped alone.
 *
 * hvuv_server_stop() stops one: callers that were offered to it and not taken
 * go to the others, and so do those that come; its connections end. If it is
 * the one that listens, its addresses are closed, and the others go on with the
 * connections that they have. */
HVUV_EXTERN void hvuv_server_stop_all(hvuv_server_t* server,
                                      uint64_t grace_ms,
                                      hvuv_server_stop_cb cb);

/* The sum of the statistics of all servers that share callers with this one,
 * those that have stopped included. What other loops count is known as of when
 * one of their connections last came or went, or of the last call of this
 * function, after which each publishes it in its next turn. */
HVUV_EXTERN void hvuv_server_stats_all(hvuv_server_t* server,
                                       hvuv_stats_t* stats);

/* For bindings: the size of a hvuv_server_t in bytes, and its fields; see
 * hvuv_stream_size(). hvuv_server_init() leaves data as it is. */
HVUV_EXTERN size_t hvuv_server_size(void);
HVUV_EXTERN void* hvuv_server_get_data(const hvuv_server_t* server);
HVUV_EXTERN void hvuv_server_set_data(hvuv_server_t* server, void* data);
HVUV_EXTERN uv_loop_t* hvuv_server_get_loop(const hvuv_server_t* server);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_SERVER_H */
