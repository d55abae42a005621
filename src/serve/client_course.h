/*
 * A client's course: attempts, the connection, pauses. client_state.c draws its
 * states; this moves it through all but the first and the last.
 *
 *   in:   the user calls (dial, ask), its guide knows the address (guided) or
 *         goes (alone), its owner has events (on_alarm, on_gone)
 *   out:  the user's on_attempt and on_done, the guide's ask
 */
#ifndef HVUV_SRC_SERVE_CLIENT_COURSE_H
#define HVUV_SRC_SERVE_CLIENT_COURSE_H

#include "serve/client_state.h"

/* One attempt, whose outcome is reported later. UV_ENOMEM: nothing follows, and
 * the state is as it was. */
int hvuv__course_dial(hvuv__client_t* client);

/* Has the guide give the address of the next attempt. */
void hvuv__course_ask(hvuv__client_t* client);

/* It does: the attempt begins, or has failed, if status is not 0. The user's
 * callbacks come from inside. */
void hvuv__course_guided(hvuv__client_t* client,
                         const hvuv_addr_t* addr,
                         int status);

/* The guide has gone: a client that has asked it goes on at the last address. */
void hvuv__course_alone(hvuv__client_t* client);

/* The owner's events; the user's callbacks come from inside. */
void hvuv__course_on_alarm(hvuv__owner_t* owner);
void hvuv__course_on_gone(hvuv__owner_t* owner, hvuv_conn_t* conn, int reason);

#endif /* HVUV_SRC_SERVE_CLIENT_COURSE_H */
