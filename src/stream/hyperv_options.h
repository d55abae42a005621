/* What AF_HYPERV sockets can be asked for (enum hvuv__option), kept by the
 * stream until it has a socket. */
#ifndef HVUV_SRC_STREAM_HYPERV_OPTIONS_H
#define HVUV_SRC_STREAM_HYPERV_OPTIONS_H

#include "family/family.h"
#include "hvuv/stream.h"

/* Sets on a new socket what was asked for. Fails only for an option without
 * which the connection would be another; one that this Windows does not know is
 * else passed over. */
int hvuv__options_apply(const hvuv__family_t* family,
                        uv_os_sock_t sock,
                        unsigned int options);

#endif /* HVUV_SRC_STREAM_HYPERV_OPTIONS_H */
