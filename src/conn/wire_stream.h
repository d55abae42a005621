/* The wire that is a stream, for the groups of servers and clients. */
#ifndef HVUV_SRC_CONN_WIRE_STREAM_H
#define HVUV_SRC_CONN_WIRE_STREAM_H

#include "conn/conn.h"

/* Prepares a zeroed group of streams' connections, with the loop's clock.
 * UV_ENOMEM. */
int hvuv__group_init(hvuv__group_t* group,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data);

/* The group has no connections any more. */
void hvuv__group_close(hvuv__group_t* group);

/* A connection as hvuv__conn_new(), with a stream that is prepared: connect or
 * accept with it (hvuv_conn_stream()), then call hvuv__conn_open() or
 * hvuv__conn_drop(). NULL if there is no memory. */
hvuv_conn_t* hvuv__conn_new_stream(hvuv__group_t* group,
                                   const hvuv_protocol_t* protocol);

#endif /* HVUV_SRC_CONN_WIRE_STREAM_H */
