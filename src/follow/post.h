/*
 * Where a server listens that follows an address: its post.
 *
 *                        the address is another
 *   NOWHERE ---> LISTENS -----------------------> LISTENS there, then the old
 *      ^            |                             listener closes
 *      |            | its socket is not at its path any more
 *      +------------+ the listener closes, and is made anew
 *
 * A post is a guest of its server (serve/owner.h), which may stop first.
 */
#ifndef HVUV_SRC_FOLLOW_POST_H
#define HVUV_SRC_FOLLOW_POST_H

#include "hvuv/server.h"
#include "serve/owner.h"

typedef struct hvuv__post_s {
  hvuv__guest_t guest;   /* first: a post is found by it */
  hvuv_server_t* server; /* NULL: no server follows */
  const hvuv_protocol_t* protocol;
  int is_listening;
  hvuv_addr_t wanted; /* if it listens: as it was asked to, */
  hvuv_addr_t bound;  /* and as it is known to the server */
} hvuv__post_t;

/* What hvuv_follow_listen() returns of server and protocol. In zeroed
 * memory. */
int hvuv__post_take(hvuv__post_t* post,
                    hvuv_server_t* server,
                    const hvuv_protocol_t* protocol);

/* Has it listen at the address; *is_new is set if a listener was made. 0, also
 * without a server, or what hvuv_server_listen() returns. */
int hvuv__post_tend(hvuv__post_t* post, const hvuv_addr_t* addr, int* is_new);

/* The server keeps the listener. Legal without a server. */
void hvuv__post_leave(hvuv__post_t* post);

#endif /* HVUV_SRC_FOLLOW_POST_H */
