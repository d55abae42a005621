/* A listening socket's first half: a claimed path and a socket bound to it. */
#ifndef HVUV_SRC_UNIX_LISTEN_H
#define HVUV_SRC_UNIX_LISTEN_H

#include <uv.h>

#include "unix/claim.h"

/* UV_ENAMETOOLONG if the path does not fit a socket address, else what
 * hvuv__claim_take() and bind() return. Changes nothing when it fails. */
int hvuv__unix_listen_at(const char* path,
                         uv_os_sock_t* sock,
                         hvuv__claim_t** claim);

#endif /* HVUV_SRC_UNIX_LISTEN_H */
