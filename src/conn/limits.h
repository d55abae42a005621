/*
 * The limits of a connection: what they are unless somebody sets them. How many
 * connections there may be (max_connections) is a server's limit; its default
 * is in serve/server.c.
 */
#ifndef HVUV_SRC_CONN_LIMITS_H
#define HVUV_SRC_CONN_LIMITS_H

#include "hvuv/protocol.h"

/* 0, or UV_EINVAL if the marks are out of order. */
int hvuv__limits_check(const hvuv_limits_t* limits);

/* How far apart looks at all connections are at least: a sixteenth of the
 * shortest limit. UINT64_MAX / 16 without any. */
uint64_t hvuv__limits_spacing(const hvuv_limits_t* limits);

#endif /* HVUV_SRC_CONN_LIMITS_H */
