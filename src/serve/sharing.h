/*
 * How servers come to share their callers, and how they leave: what
 * hvuv_server_share() and its like do. What a member does in between is
 * member.h's.
 */
#ifndef HVUV_SRC_SERVE_SHARING_H
#define HVUV_SRC_SERVE_SHARING_H

#include "serve/server_state.h"

/* Nothing is left but the server itself. Ends the share with its last member,
 * and waits for the acceptor's thread then. */
void hvuv__sharing_close(struct hvuv__server_s* server);

/* What hvuv_server_share() does, and returns. */
int hvuv__sharing_begin(struct hvuv__server_s* other,
                        struct hvuv__server_s* leader);

/* The server stops: before its listeners close, and after. */
void hvuv__sharing_leave(struct hvuv__server_s* server);
void hvuv__sharing_drop_lost(struct hvuv__server_s* server);

/* Asks the others to stop. */
void hvuv__sharing_stop_others(struct hvuv__server_s* server,
                               uint64_t grace_ms,
                               hvuv_server_stop_cb cb);

void hvuv__sharing_sum(struct hvuv__server_s* server, hvuv_stats_t* stats);

#endif /* HVUV_SRC_SERVE_SHARING_H */
