/* clang-format off */
/*
 * A connection: a Unix socket and a channel, from the call until both are gone.
 *
 *   the host calls                        the guest calls
 *      | accepted at PATH                    | TL_CONNECT_REQUEST
 *      v                                     v
 *   REQUESTED                             DIALING <-+ full backlog: again in 20 ms
 *      | "CONNECT ...\n"                     |  +---+
 *      |                                     | the socket is connected
 *      |                                     v
 *      |                                  WAITING    only while an older offer to the same
 *      |                                     |       endpoint has not been released
 *      v                                     v
 *   OFFERED <--------------------------------+
 *      | the guest opens the channel; the host's program gets "OK ...\n"
 *      v
 *   OPEN        relay.h has the rest
 *      |
 *      v
 *   CLOSING     what can end any of these: time limits, the program's end, the guest's
 *      |        end of the channel
 *      v
 *   (none)
 *
 * A program whose call the guest did not take sees its socket closed. A guest whose call
 * nobody takes gets a TL_CONNECT_RESULT, which Linux ignores: it waits for 2 s.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_CONN_H
#define HVSOCK_BUS_CONN_H

#include "bus/relay.h"
#include "bus/request.h"

typedef enum bus__conn_state_e {
  BUS__CONN_REQUESTED = 1,
  BUS__CONN_DIALING,
  BUS__CONN_WAITING,
  BUS__CONN_OFFERED,
  BUS__CONN_OPEN,
  BUS__CONN_CLOSING
} bus__conn_state_t;

typedef struct bus__conn_s bus__conn_t;

/* All of them, and what they have in common. */
typedef struct bus__conns_s {
  bus__host_t* host;
  bus__messages_t* messages;
  bus__channels_t* channels;
  bus__conn_t* first;
} bus__conns_t;

struct bus__conn_s {
  bus__conns_t* conns;
  bus__conn_t* next;
  bus__conn_t* previous;
  bus__conn_state_t state;
  int is_from_host;
  bus__guid_t service;
  bus__guid_t instance; /* the guest's endpoint, when it calls */
  bus__channel_t* channel;
  uint64_t begun_ms;
  unsigned int looks; /* at an offer that is not opened */
  uv_pipe_t pipe;
  uv_timer_t timer;
  int handles; /* that are not closed yet */
  bus__request_t request;
  char byte;
  bus__relay_t relay;
};

/* A host's call, of a listener with a connection. UV_ENOMEM, and no one is accepted. */
int bus__conn_accept(bus__conns_t* conns, uv_stream_t* listener);

/* A guest's call. */
void bus__conn_call(bus__conns_t* conns,
                    const bus__guid_t* service,
                    const bus__guid_t* endpoint);

/* Both sides are known: offers it to the guest. Of one that is WAITING, the older offer
 * has been released. */
void bus__conn_offer(bus__conn_t* conn);

/* In any state. */
void bus__conn_end(bus__conn_t* conn);

void bus__conn_log(const bus__conn_t* conn);

/* --- What conn.c has for conn_calls.c ------------------------------------- */

/* NULL without memory. */
bus__conn_t* bus__conn_begin(bus__conns_t* conns, bus__conn_state_t state);

/* Ends one without a channel. */
void bus__conn_refuse(bus__conn_t* conn, bus__reason_t why);

static inline bus__conn_t* bus__conn_of_pipe(void* pipe) {
  return (bus__conn_t*) ((char*) pipe - offsetof(bus__conn_t, pipe));
}

#endif /* HVSOCK_BUS_CONN_H */
