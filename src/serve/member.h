/*
 * A server's part in a share (share.h). Each has a bell from its first moment,
 * by which other threads reach it; one that nobody shares with has no more.
 *
 *   hvuv_server_share(other, leader), in other's thread:
 *
 *      other:  takes the leader's rules and its table of peers, joins, and holds
 *              its loop, though it listens nowhere
 *      leader: is invited. When its bell rings, in its own thread, it joins with
 *              the connections that it has, and lends its listeners to the
 *              acceptor. One for which there is no memory then, it watches
 *              itself, and tries again from its alarm.
 *
 *   the bell:  what is asked of it (stop, publish what it counts), then the calls
 *              that are offered to it, one after the other: a handler may take
 *              its time, and then those behind go to others
 *
 * Every block of memory that is a connection holds a place of the share, from
 * before it is made until it is gone.
 */
#ifndef HVUV_SRC_SERVE_MEMBER_H
#define HVUV_SRC_SERVE_MEMBER_H

#include "serve/server_state.h"

/* UV_ENOMEM. hvuv__bell_close() undoes it. */
int hvuv__member_open(struct hvuv__server_s* server, uv_loop_t* loop);

/* Its listeners are for all, as far as there is memory; the alarm tries the
 * others again. */
void hvuv__member_lend(struct hvuv__server_s* server);

/* A listener is about to close. */
void hvuv__member_reclaim(struct hvuv__server_s* server,
                          hvuv__listener_t* listener);

/* Its alarm has rung: it tries again whom it could not serve. */
void hvuv__member_retry(struct hvuv__server_s* server);

/* A place for a caller at a listener that it watches itself; 0: none. */
int hvuv__member_take_place(struct hvuv__server_s* server);

/* A connection is gone, or was not made. */
void hvuv__member_give_place(struct hvuv__server_s* server);

#endif /* HVUV_SRC_SERVE_MEMBER_H */
