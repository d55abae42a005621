/* A build without libsodium. No hvuv_auth_t can be made there, so nobody calls
 * what needs it. */
#include "auth/mac.h"

#include <assert.h>
#include <string.h>

int hvuv__mac_supported(void) {
  return UV_ENOTSUP;
}

void hvuv__mac(const void* key,
               size_t key_bytes,
               const uv_buf_t parts[],
               unsigned int nparts,
               unsigned char mac[HVUV__MAC_BYTES]) {
  assert(0 && "there is no MAC");
  (void) key;
  (void) key_bytes;
  (void) parts;
  (void) nparts;
  (void) mac;
}

int hvuv__mac_equal(const unsigned char a[HVUV__MAC_BYTES],
                    const unsigned char b[HVUV__MAC_BYTES]) {
  assert(0 && "there is no MAC");
  (void) a;
  (void) b;
  return 0;
}

void hvuv__mac_wipe(void* bytes, size_t nbytes) {
  memset(bytes, 0, nbytes);
}
