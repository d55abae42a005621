/*
 * The primitive: HMAC-SHA-256, a comparison in constant time, memory that is
 * wiped. mac_sodium.c has them from libsodium; mac_absent.c is for a build
 * without it, where supported() says so and nothing else is called.
 */
#ifndef HVUV_SRC_AUTH_MAC_H
#define HVUV_SRC_AUTH_MAC_H

#include <stddef.h>
#include <uv.h>

#define HVUV__MAC_BYTES 32

/* 0, or UV_ENOTSUP. To be called before the others. */
int hvuv__mac_supported(void);

/* The MAC of the parts, one behind the other. */
void hvuv__mac(const void* key,
               size_t key_bytes,
               const uv_buf_t parts[],
               unsigned int nparts,
               unsigned char mac[HVUV__MAC_BYTES]);

/* Whether two are the same, in a time that does not depend on where they
 * differ. */
int hvuv__mac_equal(const unsigned char a[HVUV__MAC_BYTES],
                    const unsigned char b[HVUV__MAC_BYTES]);

/* Zeroes bytes, also where the compiler sees nobody read them. */
void hvuv__mac_wipe(void* bytes, size_t nbytes);

#endif /* HVUV_SRC_AUTH_MAC_H */
