/* Sockets between a VM and its host, where the build has none. */
#include "family/family.h"

static int supported(void) {
  return UV_ENOTSUP;
}

const hvuv__family_t hvuv__family_vm = {.supported = supported};

int hvuv__vm_from_name(const struct sockaddr* name,
                       size_t len,
                       hvuv_addr_t* addr) {
  (void) name;
  (void) len;
  (void) addr;
  return UV_ENOTSUP;
}
