/*
 * A client that has its address from somebody else: before each attempt it
 * asks, and waits.
 *
 *   client: WAITING ---> ASKING --- hvuv__caller_give ---> DIALLING, or the
 *                          |                               attempt has failed
 *                          +-- hvuv__caller_leave --> goes on by itself
 *
 * A caller is a guest of its client (serve/owner.h), which may close first.
 */
#ifndef HVUV_SRC_FOLLOW_CALLER_H
#define HVUV_SRC_FOLLOW_CALLER_H

#include "serve/client.h"

typedef struct hvuv__caller_s hvuv__caller_t;

struct hvuv__caller_s {
  hvuv__guide_t guide;   /* first: a caller is found by it */
  hvuv_client_t* client; /* NULL: no client follows */
  int waits;             /* for hvuv__caller_give() */

  /* The client begins to wait, or has closed. */
  void (*on_change)(hvuv__caller_t* caller);
};

/* Has the client call; on_change comes from inside. What hvuv_follow_connect()
 * returns of client and protocol. addr is for its reports until there is
 * another. */
int hvuv__caller_take(hvuv__caller_t* caller,
                      hvuv_client_t* client,
                      const hvuv_addr_t* addr,
                      const hvuv_protocol_t* protocol);

/* It waits: the attempt begins, with this address, or fails, if status is not
 * 0. The client's callbacks may do anything. */
void hvuv__caller_give(hvuv__caller_t* caller,
                       const hvuv_addr_t* addr,
                       int status);

/* The client goes on without. Legal without a client. */
void hvuv__caller_leave(hvuv__caller_t* caller);

#endif /* HVUV_SRC_FOLLOW_CALLER_H */
