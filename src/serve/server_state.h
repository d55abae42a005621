/* What the files of a server share. server.c draws its states. */
#ifndef HVUV_SRC_SERVE_SERVER_STATE_H
#define HVUV_SRC_SERVE_SERVER_STATE_H

#include "hvuv/server.h"
#include "serve/admit.h"
#include "serve/listeners.h"
#include "serve/owner.h"
#include "serve/peers.h"
#include "serve/share.h"

/* Ten times a second. */
#define HVUV__SERVER_RETRY_MS 100

enum hvuv__server_state { HVUV__SERVER_SERVING = 0, HVUV__SERVER_STOPPING };

struct hvuv__server_s {
  hvuv__owner_t owner; /* first: an owner is found in its server */
  hvuv_server_t* handle;
  enum hvuv__server_state state;
  hvuv__rules_t rules;
  hvuv__listeners_t listeners;
  hvuv__peers_t* peers;
  hvuv__member_t member;
  int shares;      /* it has joined: its connections hold places */
  int follows;     /* another's callers; it listens nowhere itself */
  uint64_t nconns; /* blocks that are connections */
  void (*stop)(hvuv_server_t* server,
               uint64_t grace_ms,
               hvuv_server_stop_cb cb);
  void (*on_accept_error)(hvuv_server_t* server, int status);
  void (*on_refused)(hvuv_server_t* server,
                     const hvuv_addr_t* peer,
                     int reason);
  hvuv_server_stop_cb stop_cb;
};

/* Whether it may listen with this protocol: 0 or UV_EINVAL. */
int hvuv__server_check_listen(const hvuv_server_t* server,
                              const hvuv_protocol_t* protocol);

#endif /* HVUV_SRC_SERVE_SERVER_STATE_H */
