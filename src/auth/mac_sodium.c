/* By libsodium. Its functions take no memory and cannot fail once it is
 * initialised. */
#include "auth/mac.h"

#include <assert.h>
#include <sodium.h>

static_assert(HVUV__MAC_BYTES == crypto_auth_hmacsha256_BYTES,
              "the size of a SHA-256");

/* May be called again, and from several threads. */
int hvuv__mac_supported(void) {
  return sodium_init() >= 0 ? 0 : UV_ENOTSUP;
}

void hvuv__mac(const void* key,
               size_t key_bytes,
               const uv_buf_t parts[],
               unsigned int nparts,
               unsigned char mac[HVUV__MAC_BYTES]) {
  crypto_auth_hmacsha256_state state;
  unsigned int i;

  assert(key_bytes > 0);
  crypto_auth_hmacsha256_init(&state, key, key_bytes);
  for (i = 0; i < nparts; i++)
    crypto_auth_hmacsha256_update(
        &state, (const unsigned char*) parts[i].base, parts[i].len);
  crypto_auth_hmacsha256_final(&state, mac);
  sodium_memzero(&state, sizeof(state));
}

int hvuv__mac_equal(const unsigned char a[HVUV__MAC_BYTES],
                    const unsigned char b[HVUV__MAC_BYTES]) {
  return sodium_memcmp(a, b, HVUV__MAC_BYTES) == 0;
}

void hvuv__mac_wipe(void* bytes, size_t nbytes) {
  sodium_memzero(bytes, nbytes);
}
