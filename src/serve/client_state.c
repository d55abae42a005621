/*
 * Clients: connections (conn.h) one after the other, and the pauses between.
 *
 *             connect
 *   IDLE -----------------> DIALLING <----------------+
 *    ^                       |    |                   | alarm
 *    |  on_done              |    | failed:           |
 *    +-----------------------|----+ on_attempt -----> WAITING
 *    |   it was the last     |                        ^
 *    |                       | on_attempt(0)          |
 *    |  on_done              v                        |
 *    +--------------------- OPEN ---------------------+
 *      closed, not again          closed, reconnects (retry.c)
 *
 *   With a guide (client_state.h) IDLE and WAITING become ASKING first, which
 *   becomes DIALLING when the guide has given the address, or WAITING when it
 *   goes.
 *
 *   any --- hvuv_client_close ---> CLOSING --- connection gone, the owner
 *                                              empty ---> freed, cb
 *
 *   state      connection   alarm   who moves it on
 *   IDLE       none         no      the user
 *   ASKING     none         no      the guide
 *   DIALLING   NEW, or none when there was no memory for one
 *                           no      on_connected, on_gone
 *   OPEN       opened       no      on_gone
 *   WAITING    none         yes     on_alarm
 *   CLOSING    on its way out, or none
 *                           no      on_gone, the owner
 *
 * There is one connection at a time at most: a failed attempt is reported when
 * its connection is gone, from the loop, whether it failed at once or later.
 * The client's own callbacks are called in four places (on_connected, and in
 * client_course.h on_gone, on_alarm and guided), and last there, because the
 * user may do anything meanwhile except free the client.
 */
#include "serve/client_state.h"

#include <assert.h>

#include "conn/conn_group.h"

#define MAY_BECOME(state) (1u << (state))

static const unsigned int next_states[] = {
    [HVUV__CLIENT_IDLE] = MAY_BECOME(HVUV__CLIENT_ASKING) |
                          MAY_BECOME(HVUV__CLIENT_DIALLING) |
                          MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_ASKING] = MAY_BECOME(HVUV__CLIENT_DIALLING) |
                            MAY_BECOME(HVUV__CLIENT_WAITING) |
                            MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_DIALLING] =
        MAY_BECOME(HVUV__CLIENT_OPEN) | MAY_BECOME(HVUV__CLIENT_WAITING) |
        MAY_BECOME(HVUV__CLIENT_IDLE) | MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_OPEN] = MAY_BECOME(HVUV__CLIENT_WAITING) |
                          MAY_BECOME(HVUV__CLIENT_IDLE) |
                          MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_WAITING] = MAY_BECOME(HVUV__CLIENT_ASKING) |
                             MAY_BECOME(HVUV__CLIENT_DIALLING) |
                             MAY_BECOME(HVUV__CLIENT_CLOSING),
    [HVUV__CLIENT_CLOSING] = 0,
};

void hvuv__client_move(hvuv__client_t* c, enum hvuv__client_state to) {
  assert(next_states[c->state] & MAY_BECOME(to));
  (void) next_states;
  c->state = to;
}

#ifndef NDEBUG
void hvuv__client_check(const hvuv__client_t* c) {
  assert(c->handle->impl == c);
  assert(c->owner.blocks == (c->conn != NULL ? 1u : 0u));
  assert((c->state == HVUV__CLIENT_CLOSING) ==
         (c->owner.state != HVUV__OWNER_OPEN));
  assert(c->owner.waits == (c->state == HVUV__CLIENT_WAITING));
  if (c->state == HVUV__CLIENT_IDLE || c->state == HVUV__CLIENT_WAITING ||
      c->state == HVUV__CLIENT_ASKING)
    assert(c->conn == NULL);
  assert(c->state != HVUV__CLIENT_ASKING || c->guide != NULL);
  if (c->state == HVUV__CLIENT_OPEN)
    assert(c->conn != NULL && (c->conn->flags & HVUV__CONN_WAS_OPEN));
}
#endif
