/* The table of families. Which of them this build has is decided by the files
 * it is made of. */
#include "family/family.h"

#include <assert.h>
#include <string.h>

static const hvuv__family_t* by_id(hvuv_family_t id) {
  switch (id) {
    case HVUV_HYPERV:
    case HVUV_VSOCK:
      return &hvuv__family_vm;
    case HVUV_HYBRID:
      return &hvuv__family_hybrid;
    case HVUV_LOCAL:
      return &hvuv__family_local;
    default:
      return NULL;
  }
}

int hvuv_supported(hvuv_family_t id) {
  const hvuv__family_t* family;

  family = by_id(id);
  return family == NULL ? UV_EINVAL : family->supported();
}

int hvuv__family_find(const hvuv_addr_t* addr, const hvuv__family_t** out) {
  const hvuv__family_t* family;

  family = by_id(hvuv_addr_family(addr));
  if (family == NULL)
    return UV_EINVAL;
  if (family->bind == NULL)
    return family->supported();

  assert(family->dial != NULL && family->connect != NULL);
  assert(family->accepted != NULL);
  assert((family->request == NULL) == (family->reply == NULL));
  *out = family;
  return 0;
}

void hvuv__family_release(hvuv__claim_t* claim) {
  hvuv__claim_release(claim);
}

int hvuv__family_is_there(const hvuv__claim_t* claim) {
  return claim == NULL || hvuv__claim_is_bound(claim);
}

const hvuv__family_t* hvuv__family_of_name(const struct sockaddr* name,
                                           size_t len,
                                           hvuv_addr_t* addr) {
  if (hvuv__vm_from_name(name, len, addr) == 0)
    return &hvuv__family_vm;

  memset(addr, 0, sizeof(*addr));
  return &hvuv__family_adopted;
}
