/* A client's guides, who know its address before each attempt. */
#ifndef HVUV_SRC_SERVE_CLIENT_H
#define HVUV_SRC_SERVE_CLIENT_H

#include "serve/client_state.h"

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
