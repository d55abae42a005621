/* Addresses as values: making them from their parts and comparing them. Knows
 * nothing of their text, of sockets, and of which families this build has. */
#include "hvuv/addr.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

/* The unused bytes of an address are zero, so that one address is always the
 * same bytes. */
static void clear(hvuv_addr_t* addr, hvuv_family_t family) {
  assert(family >= HVUV_HYPERV && family <= HVUV_LOCAL);
  memset(addr, 0, sizeof(*addr));
  addr->family = family;
}

/* The arguments may lie inside *addr, so they are copied first. */
static int make_hyperv(hvuv_addr_t* addr,
                       hvuv_family_t family,
                       const hvuv_guid_t* vm_id,
                       const hvuv_guid_t* service_id) {
  hvuv_guid_t service;
  hvuv_guid_t vm;

  if (addr == NULL || vm_id == NULL || service_id == NULL)
    return UV_EINVAL;

  assert(family == HVUV_HYPERV || family == HVUV_LOCAL);
  vm = *vm_id;
  service = *service_id;
  clear(addr, family);
  addr->u.hyperv.vm_id = vm;
  addr->u.hyperv.service_id = service;
  return 0;
}

int hvuv_addr_hyperv(hvuv_addr_t* addr,
                     const hvuv_guid_t* vm_id,
                     const hvuv_guid_t* service_id) {
  return make_hyperv(addr, HVUV_HYPERV, vm_id, service_id);
}

int hvuv_addr_local(hvuv_addr_t* addr,
                    const hvuv_guid_t* vm_id,
                    const hvuv_guid_t* service_id) {
  return make_hyperv(addr, HVUV_LOCAL, vm_id, service_id);
}

int hvuv_addr_vsock(hvuv_addr_t* addr, uint32_t cid, uint32_t port) {
  if (addr == NULL)
    return UV_EINVAL;

  clear(addr, HVUV_VSOCK);
  addr->u.vsock.cid = cid;
  addr->u.vsock.port = port;
  return 0;
}

/* Any bytes are a path: what they mean is the file system's business. Looks at
 * no more than HVUV_PATH_SIZE of them, so that it may also be asked about the
 * path of an address that somebody filled in without a NUL. */
static int check_path(const char* path, size_t* len) {
  size_t i = 0;

  while (i < HVUV_PATH_SIZE && path[i] != '\0')
    i++;
  if (i == 0)
    return UV_EINVAL;
  if (i == HVUV_PATH_SIZE)
    return UV_ENAMETOOLONG;

  *len = i;
  return 0;
}

int hvuv_addr_hybrid(hvuv_addr_t* addr,
                     const char* path,
                     const hvuv_guid_t* service_id) {
  hvuv_addr_t made;
  size_t len;
  int err;

  if (addr == NULL || path == NULL || service_id == NULL)
    return UV_EINVAL;
  err = check_path(path, &len);
  if (err != 0)
    return err;

  clear(&made, HVUV_HYBRID);
  made.u.hybrid.service_id = *service_id;
  assert(len > 0 && len < HVUV_PATH_SIZE);
  memcpy(made.u.hybrid.path, path, len);
  memcpy(addr, &made, sizeof(made));
  return 0;
}

hvuv_family_t hvuv_addr_family(const hvuv_addr_t* addr) {
  if (addr == NULL)
    return (hvuv_family_t) 0;

  switch (addr->family) {
    case HVUV_HYPERV:
    case HVUV_VSOCK:
    case HVUV_HYBRID:
    case HVUV_LOCAL:
      return addr->family;
  }
  return (hvuv_family_t) 0;
}

static int equal_hyperv(const hvuv_addr_t* a, const hvuv_addr_t* b) {
  return hvuv_guid_equal(&a->u.hyperv.vm_id, &b->u.hyperv.vm_id) &&
         hvuv_guid_equal(&a->u.hyperv.service_id, &b->u.hyperv.service_id);
}

static int equal_vsock(const hvuv_addr_t* a, const hvuv_addr_t* b) {
  return a->u.vsock.cid == b->u.vsock.cid && a->u.vsock.port == b->u.vsock.port;
}

static int equal_hybrid(const hvuv_addr_t* a, const hvuv_addr_t* b) {
  return hvuv_guid_equal(&a->u.hybrid.service_id, &b->u.hybrid.service_id) &&
         strncmp(a->u.hybrid.path, b->u.hybrid.path, HVUV_PATH_SIZE) == 0;
}

int hvuv_addr_equal(const hvuv_addr_t* a, const hvuv_addr_t* b) {
  if (a == NULL || b == NULL || a->family != b->family)
    return 0;

  switch (a->family) {
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return equal_hyperv(a, b);
    case HVUV_VSOCK:
      return equal_vsock(a, b);
    case HVUV_HYBRID:
      return equal_hybrid(a, b);
  }
  return 0;
}
