/*
 * Hyper-V sockets: a listening Unix socket, PATH, for the host's calls; the guest's calls
 * as messages; and all connections.
 */
#ifndef HVSOCK_BUS_HVSOCK_H
#define HVSOCK_BUS_HVSOCK_H

#include "bus/conn.h"

typedef struct bus__hvsock_s {
  bus__conns_t conns;
  uv_pipe_t listener;
  int is_gone; /* BUS_GONE: nobody is called any more */
} bus__hvsock_t;

/* Listens; what libuv returns. On failure nothing is left but a closing handle. */
int bus__hvsock_open(bus__hvsock_t* hvsock,
                     bus__host_t* host,
                     bus__messages_t* messages,
                     bus__channels_t* channels);

/* Closes the listener and all connections, without a word to the guest. */
void bus__hvsock_close(bus__hvsock_t* hvsock);

/* TL_CONNECT_REQUEST */
void bus__hvsock_on_call(bus__hvsock_t* hvsock, const uint8_t* message);

/* The guest begins anew; its channels have been forgotten. */
void bus__hvsock_forget(bus__hvsock_t* hvsock);

/* BUS_STALL, BUS_RESUME, BUS_GONE, BUS_COUNTERS */
void bus__hvsock_stall(bus__hvsock_t* hvsock);
void bus__hvsock_resume(bus__hvsock_t* hvsock);
void bus__hvsock_go(bus__hvsock_t* hvsock);
void bus__hvsock_log(const bus__hvsock_t* hvsock);

#endif /* HVSOCK_BUS_HVSOCK_H */
