/* A client's inside; client.c has its states. */
#ifndef HVUV_SRC_SERVE_CLIENT_H
#define HVUV_SRC_SERVE_CLIENT_H

#include "hvuv/client.h"
#include "serve/owner.h"
#include "serve/retry.h"

enum hvuv__client_state {
  HVUV__CLIENT_IDLE = 0,
  HVUV__CLIENT_ASKING,   /* its guide, for the address */
  HVUV__CLIENT_DIALLING, /* until the attempt has been reported */
  HVUV__CLIENT_OPEN,     /* until the connection is gone */
  HVUV__CLIENT_WAITING,
  HVUV__CLIENT_CLOSING
};

/* Who knows the address before each attempt. A guest of the client's, which
 * forgets it when it closes, or its user has it connect by itself; then
 * on_owner_ended is called. */
typedef struct hvuv__guide_s hvuv__guide_t;

struct hvuv__guide_s {
  hvuv__guest_t guest; /* first: a guide is found by it */

  /* An attempt is due: hvuv__client_guided() follows, from the loop. */
  void (*ask)(hvuv__guide_t* guide);
};

struct hvuv__client_s {
  hvuv__owner_t owner; /* first: an owner is found in its client */
  hvuv_client_t* handle;
  hvuv_client_options_t options;
  enum hvuv__client_state state;
  hvuv_addr_t addr;
  hvuv__guide_t* guide; /* NULL: the address is the user's */
  const hvuv_protocol_t* protocol;
  hvuv_conn_t* conn; /* until it is gone */
  hvuv_connect_t connect_req;
  hvuv__retry_t retry;
  uint64_t opened_ms;
  hvuv_client_close_cb close_cb;
};

/* As hvuv_client_connect(), with a guide, which is asked from inside; *addr is
 * for what is reported until there is another. UV_EALREADY also if it has
 * another guide. */
int hvuv__client_begin(hvuv_client_t* client,
                       hvuv__guide_t* guide,
                       const hvuv_addr_t* addr,
                       const hvuv_protocol_t* protocol);

/* The guide was asked: the attempt begins, at this address, or has failed, if
 * status is not 0. The user's callbacks come from inside. */
void hvuv__client_guided(hvuv_client_t* client,
                         const hvuv_addr_t* addr,
                         int status);

/* The guide goes: a client that has asked it goes on at the last address. */
void hvuv__client_unguide(hvuv_client_t* client);

#endif /* HVUV_SRC_SERVE_CLIENT_H */
