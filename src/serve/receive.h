/*
 * What becomes of a caller that has been accepted: the rules (admit.h) and the
 * table of peers (peers.h) are asked, and it is counted and reported, or its
 * connection opens.
 *
 * Each of these may call the user, who may stop the server, so they are the
 * last that a function does.
 */
#ifndef HVUV_SRC_SERVE_RECEIVE_H
#define HVUV_SRC_SERVE_RECEIVE_H

#include "serve/server_state.h"

/* A connection is there, and has its stream. */
void hvuv__receive(struct hvuv__server_s* server, hvuv_conn_t* conn);

/* One was closed because there was no place for it (NULL: without a name). */
void hvuv__receive_extra(struct hvuv__server_s* server,
                         const hvuv_addr_t* peer);

/* One (NULL: not known who) was closed by its family. */
void hvuv__receive_stranger(struct hvuv__server_s* server,
                            const hvuv_addr_t* peer,
                            int status);

/* One could not be accepted. */
void hvuv__receive_error(struct hvuv__server_s* server, int status);

#endif /* HVUV_SRC_SERVE_RECEIVE_H */
