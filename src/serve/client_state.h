/* What the files of a client share; client_state.c draws its states. */
#ifndef HVUV_SRC_SERVE_CLIENT_STATE_H
#define HVUV_SRC_SERVE_CLIENT_STATE_H

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

  /* An attempt is due: hvuv__course_guided() follows, from the loop. */
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

typedef struct hvuv__client_s hvuv__client_t;

void hvuv__client_move(hvuv__client_t* client, enum hvuv__client_state to);

#ifdef NDEBUG
#define hvuv__client_check(client) ((void) 0)
#else
void hvuv__client_check(const hvuv__client_t* client);
#endif

#endif /* HVUV_SRC_SERVE_CLIENT_STATE_H */
