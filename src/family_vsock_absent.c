/* AF_VSOCK, and AF_HYPERV carried by it, where the build has neither. */
#include "family.h"

static int supported(void) {
  return UV_ENOTSUP;
}

const hvuv__family_t hvuv__family_vsock = {.supported = supported};
const hvuv__family_t* const hvuv__family_hyperv = &hvuv__family_vsock;

int hvuv__vsock_from_name(const struct sockaddr* name,
                          size_t len,
                          hvuv_addr_t* addr) {
  (void) name;
  (void) len;
  (void) addr;
  return UV_ENOTSUP;
}
