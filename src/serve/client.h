/* A client's inside; client.c has its states. */
#ifndef HVUV_SRC_SERVE_CLIENT_H
#define HVUV_SRC_SERVE_CLIENT_H

#include "hvuv/client.h"
#include "serve/owner.h"
#include "serve/retry.h"

enum hvuv__client_state {
  HVUV__CLIENT_IDLE = 0,
  HVUV__CLIENT_DIALLING, /* until the attempt has been reported */
  HVUV__CLIENT_OPEN,     /* until the connection is gone */
  HVUV__CLIENT_WAITING,
  HVUV__CLIENT_CLOSING
};

struct hvuv__client_s {
  hvuv__owner_t owner; /* first: an owner is found in its client */
  hvuv_client_t* handle;
  hvuv_client_options_t options;
  enum hvuv__client_state state;
  hvuv_addr_t addr;
  const hvuv_protocol_t* protocol;
  hvuv_conn_t* conn; /* until it is gone */
  hvuv_connect_t connect_req;
  hvuv__retry_t retry;
  uint64_t opened_ms;
  hvuv_client_close_cb close_cb;
};

#endif /* HVUV_SRC_SERVE_CLIENT_H */
