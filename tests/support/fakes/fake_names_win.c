/* vsock addresses as Windows writes them. */
#include "fake_names.h"

#include <string.h>

#include "family/hyperv_name.h"

const char* const fake_own_name = "hyperv://parent/1024";
const char* const fake_peer_name = "hyperv://loopback/1024";

static void fill(hvuv__hyperv_name_t* name, uint32_t cid, uint32_t port) {
  memset(name, 0, sizeof(*name));
  name->family = HVUV__AF_HYPERV;
  name->vm_id = cid == HVUV_CID_HOST    ? HVUV_VM_PARENT
                : cid == HVUV_CID_LOCAL ? HVUV_VM_LOOPBACK
                                        : HVUV_VM_ANY;
  hvuv_service_from_port(port, &name->service_id);
}

void fake_vsock_name(enum fake_verb verb, uint32_t cid, uint32_t port) {
  hvuv__hyperv_name_t name;

  fill(&name, cid, port);
  fake_name(verb, &name, sizeof(name));
}

int fake_is_vsock_name(const struct sockaddr_storage* name,
                       uint32_t cid,
                       uint32_t port) {
  hvuv__hyperv_name_t expected;

  fill(&expected, cid, port);
  return memcmp(name, &expected, sizeof(expected)) == 0;
}

void fake_vsock_on_hyperv(int yes) {
  (void) yes;
}
