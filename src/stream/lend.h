/*
 * Listening on one loop for streams of others: one stream lends its listening
 * socket to a second one, on another loop, and what that accepts is given to
 * streams of any loop. A connection crosses before anybody watches it.
 *
 *   the owner's loop                 another loop               any loop
 *
 *   LISTENING, watching
 *      | lend_begin
 *   LISTENING, lent ------------> lend_borrow: LISTENING
 *      |                             | connection_cb
 *      |                             | accepted_take ------> accepted_give: OPEN
 *      |                             |
 *      | (lend_end: watches again) <-+ lend_return: CLOSING
 *      v
 *   hvuv_close()
 *
 * The owner keeps socket, claim and address, and must not be closed while they
 * are borrowed. lend_borrow reads its fields, so its loop waits meanwhile.
 */
#ifndef HVUV_SRC_STREAM_LEND_H
#define HVUV_SRC_STREAM_LEND_H

#include "stream/stream_state.h"

/* A connection that no stream has. */
typedef struct hvuv__accepted_s {
  uv_os_sock_t sock;
  const hvuv__family_t* family;
  unsigned int options;
  hvuv_addr_t local_addr;
  hvuv_addr_t peer_addr;
} hvuv__accepted_t;

/* Takes the connection that a listening stream reports in connection_cb, in
 * place of hvuv_accept(). */
void hvuv__accepted_take(hvuv_stream_t* server, hvuv__accepted_t* accepted);

/* Makes an idle stream of it. On an error it stays the caller's. */
int hvuv__accepted_give(const hvuv__accepted_t* accepted,
                        hvuv_stream_t* client);

/* The listening stream watches no more; UV_EINVAL if its socket has failed. A
 * connection that it has reported already can still be taken. */
int hvuv__lend_begin(hvuv_stream_t* stream);

/* Nobody has borrowed it, or no more: it watches again. */
void hvuv__lend_end(hvuv_stream_t* stream);

/* An idle stream listens for it. On an error it is idle as before. */
int hvuv__lend_borrow(hvuv_stream_t* stream,
                      const hvuv_stream_t* from,
                      hvuv_connection_cb cb);

/* Closes the stream that borrowed, or failed to; the connection that it has
 * reported is closed. From the moment that this returns the owner may close. */
void hvuv__lend_return(hvuv_stream_t* stream, hvuv_close_cb cb);

#endif /* HVUV_SRC_STREAM_LEND_H */
