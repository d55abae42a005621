/*
 * Who may call, and how often at once.
 *
 *   --allow PEER      an IP address, or ADDRESS/BITS; uid:N; vsock://CID;
 *                     hyperv://VM; local://VM; hybrid://PATH. Several are several
 *                     who may; none is everybody
 *   --max-per-peer N  of the calls that are there
 */
#ifndef HVUV_TOOLS_LIMITS_H
#define HVUV_TOOLS_LIMITS_H

#include "peer.h"

#define MAX_RULES 64

/* Reads a PEER. Returns 0, or UV_EINVAL with a sentence in why; UV_ENOBUFS when
 * there are too many. */
int limits_allow(const char* text, char* why, size_t size);

/* Whether this peer may call. */
int limits_may(const peer_t* peer);

#endif /* HVUV_TOOLS_LIMITS_H */
