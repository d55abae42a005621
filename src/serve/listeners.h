/*
 * The addresses at which a server is called, and who waits there.
 *
 *                   a caller comes              no memory for it
 *   NEW ---> QUIET ----------------> CALLED <----------------------> RESTING
 *              ^                       |     hvuv__listeners_wake()
 *              +------- accepted ------+
 *
 *   any --- hvuv__listener_close(), or it could not listen ---> CLOSING
 *
 * A listener shows one caller at a time. Until that one has been accepted the
 * stream looks for no other: they wait in the kernel, and so does the caller
 * when the server has no room for it or no memory.
 *
 * A listener is a block of the owner (owner.h) until its stream has closed. A
 * NEW one is on no list.
 */
#ifndef HVUV_SRC_SERVE_LISTENERS_H
#define HVUV_SRC_SERVE_LISTENERS_H

#include "serve/owner.h"

typedef struct hvuv__listener_s hvuv__listener_t;

typedef struct hvuv__listeners_s {
  hvuv__owner_t* owner;
  int backlog;
  int send_buffer_bytes; /* 0: the system's */
  int recv_buffer_bytes;
  hvuv__listener_t* first; /* in the order in which they were added */
  uint64_t callers;        /* so far, at all of them */

  /* Somebody calls: hvuv__listener_accept() may take the call. */
  void (*on_caller)(hvuv__owner_t* owner, hvuv__listener_t* listener);

  /* Somebody (NULL: not known who) called, and was turned away by the
   * stream. */
  void (*on_refused)(hvuv__owner_t* owner, const hvuv_addr_t* peer, int status);

  /* A caller could not be had, as hvuv_listen() reports it. */
  void (*on_error)(hvuv__owner_t* owner, int status);

  /* One that has listened is about to close. */
  void (*on_closing)(hvuv__owner_t* owner, hvuv__listener_t* listener);
} hvuv__listeners_t;

enum hvuv__listener_state {
  HVUV__LISTENER_NEW = 0,
  HVUV__LISTENER_QUIET,
  HVUV__LISTENER_CALLED,
  HVUV__LISTENER_RESTING,
  HVUV__LISTENER_CLOSING
};

struct hvuv__listener_s {
  hvuv_stream_t stream;
  hvuv__listeners_t* list;
  const hvuv_protocol_t* protocol;
  hvuv__listener_t* next;
  enum hvuv__listener_state state;
  uint64_t caller_number;    /* of the caller that it shows */
  struct hvuv__door_s* door; /* by which others see its callers; or NULL */
};

/* One more, at this address. What hvuv_bind(), hvuv_listen() and the functions
 * that set the sizes return, or UV_ENOMEM. */
int hvuv__listeners_add(hvuv__listeners_t* list,
                        const hvuv_addr_t* addr,
                        const hvuv_protocol_t* protocol);

/* One more, on a listening socket, which stays the caller's on an error. */
int hvuv__listeners_add_socket(hvuv__listeners_t* list,
                               uv_os_sock_t sock,
                               const hvuv_protocol_t* protocol);

/* The index-th of those that listen; NULL if there are fewer. */
hvuv__listener_t* hvuv__listeners_at(const hvuv__listeners_t* list,
                                     unsigned int index);

/* The first that was bound to this address, NULL if none. */
hvuv__listener_t* hvuv__listeners_find(const hvuv__listeners_t* list,
                                       const hvuv_addr_t* addr);

/* Whether one is bound to this address, and callers can reach it: its socket is
 * still at its path, if it has one. */
int hvuv__listeners_reach(const hvuv__listeners_t* list,
                          const hvuv_addr_t* addr);

/* The one that is CALLED and whose caller has waited longest; NULL: none. */
hvuv__listener_t* hvuv__listeners_longest(const hvuv__listeners_t* list);

/* Gives the call to the connection. On an error it goes on waiting. */
int hvuv__listener_accept(hvuv__listener_t* listener, hvuv_conn_t* conn);

/* Leaves its caller alone until hvuv__listeners_wake(). */
void hvuv__listener_rest(hvuv__listener_t* listener);
void hvuv__listeners_wake(hvuv__listeners_t* list);

/* Closes one, or all; their callers are dropped. */
void hvuv__listener_close(hvuv__listener_t* listener);
void hvuv__listeners_close(hvuv__listeners_t* list);

#endif /* HVUV_SRC_SERVE_LISTENERS_H */
