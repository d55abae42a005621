/*
 * A call to the host: who listens at PATH_PORT, or else at PATH_GUID? Connecting a Unix
 * socket never takes time: it is done, or refused, or the other's backlog is full.
 */
#ifndef HVSOCK_BUS_DIAL_H
#define HVSOCK_BUS_DIAL_H

#include <uv.h>

#include "bus/guid.h"

/* So that what follows PATH fits, and all of it the address of a Unix socket. */
#define BUS__PATH_MAX 70u

/* 0 and a socket that does not block; UV_EAGAIN: the backlog is full; else nobody
 * listens. */
int bus__dial(const char* path, const bus__guid_t* service, uv_os_fd_t* fd);

#endif /* HVSOCK_BUS_DIAL_H */
