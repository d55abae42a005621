/* The names of machines and services in the world of CIDs and ports and in that
 * of GUIDs. */
#include "addr/alias.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

static const struct {
  uint32_t cid;
  const hvuv_guid_t* vm_id;
} pairs[] = {
    {HVUV_CID_LOCAL, &HVUV_VM_LOOPBACK},
    {HVUV_CID_HOST, &HVUV_VM_PARENT},
    {HVUV_CID_ANY, &HVUV_VM_ANY},
};

#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

int hvuv__alias_vm_to_cid(const hvuv_guid_t* vm_id, uint32_t* cid) {
  size_t i;

  assert(vm_id != NULL && cid != NULL);
  for (i = 0; i < PAIRS; i++) {
    if (hvuv_guid_equal(vm_id, pairs[i].vm_id)) {
      *cid = pairs[i].cid;
      return 0;
    }
  }
  return UV_EADDRNOTAVAIL;
}

int hvuv__alias_cid_to_vm(uint32_t cid, hvuv_guid_t* vm_id) {
  size_t i;

  assert(vm_id != NULL);
  for (i = 0; i < PAIRS; i++) {
    if (cid == pairs[i].cid) {
      *vm_id = *pairs[i].vm_id;
      return 0;
    }
  }
  return UV_EADDRNOTAVAIL;
}

int hvuv__alias_is_role(const hvuv_guid_t* vm_id) {
  return hvuv_guid_equal(vm_id, &HVUV_VM_ANY) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_LOOPBACK) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_SILOHOST);
}

void hvuv__alias_as_hyperv(hvuv_addr_t* addr) {
  hvuv_guid_t service_id;
  hvuv_guid_t vm_id;

  if (addr->family != HVUV_VSOCK ||
      hvuv__alias_cid_to_vm(addr->u.vsock.cid, &vm_id) != 0)
    return;

  hvuv_service_from_port(0, &service_id);
  service_id.data1 = addr->u.vsock.port;
  hvuv_addr_hyperv(addr, &vm_id, &service_id);
  assert(addr->family == HVUV_HYPERV);
}

void hvuv__alias_as_vsock(hvuv_addr_t* addr) {
  uint32_t port;
  uint32_t cid;

  if (addr->family != HVUV_HYPERV ||
      hvuv__alias_vm_to_cid(&addr->u.hyperv.vm_id, &cid) != 0 ||
      hvuv_service_to_port(&addr->u.hyperv.service_id, &port) != 0)
    return;

  hvuv_addr_vsock(addr, cid, port);
  assert(addr->family == HVUV_VSOCK);
}

int hvuv__alias_same_machine(const hvuv_addr_t* left,
                             const hvuv_addr_t* right) {
  hvuv_addr_t a = *left;
  hvuv_addr_t b = *right;

  hvuv__alias_as_hyperv(&a);
  hvuv__alias_as_hyperv(&b);
  if (a.family != b.family)
    return 0;

  switch (hvuv_addr_family(&a)) {
    case HVUV_VSOCK:
      return a.u.vsock.cid == b.u.vsock.cid;
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return hvuv_guid_equal(&a.u.hyperv.vm_id, &b.u.hyperv.vm_id);
    case HVUV_HYBRID:
      return strncmp(a.u.hybrid.path, b.u.hybrid.path, HVUV_PATH_SIZE) == 0;
  }
  return 0;
}

void hvuv__alias_machine_of(const hvuv_addr_t* addr, hvuv_addr_t* machine) {
  hvuv_addr_t out;

  memset(&out, 0, sizeof(out));
  out.family = addr->family;
  switch (hvuv_addr_family(addr)) {
    case HVUV_VSOCK:
      out.u.vsock.cid = addr->u.vsock.cid;
      break;
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      out.u.hyperv.vm_id = addr->u.hyperv.vm_id;
      break;
    case HVUV_HYBRID:
      memcpy(out.u.hybrid.path, addr->u.hybrid.path, HVUV_PATH_SIZE);
      break;
  }
  *machine = out;
  assert(hvuv__alias_same_machine(addr, machine));
}

/* FNV-1a. */
static uint32_t hash_bytes(uint32_t hash, const void* bytes, size_t nbytes) {
  const unsigned char* at = bytes;

  while (nbytes-- > 0)
    hash = (hash ^ *at++) * 16777619u;
  return hash;
}

uint32_t hvuv__alias_machine_hash(const hvuv_addr_t* addr) {
  hvuv_addr_t a = *addr;
  uint32_t hash = 2166136261u;

  hvuv__alias_as_hyperv(&a);
  switch (hvuv_addr_family(&a)) {
    case HVUV_VSOCK:
      return hash_bytes(hash, &a.u.vsock.cid, sizeof(a.u.vsock.cid));
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return hash_bytes(hash, &a.u.hyperv.vm_id, sizeof(a.u.hyperv.vm_id));
    case HVUV_HYBRID:
      return hash_bytes(hash, a.u.hybrid.path, strlen(a.u.hybrid.path));
  }
  return hash;
}

/* Not by snprintf(), which costs more than all the rest of a connect. */
static void write_decimal(uint32_t number, char text[HVUV_GUID_STRLEN]) {
  char digits[10];
  size_t len = 0;

  do {
    digits[len++] = (char) ('0' + number % 10);
    number /= 10;
  } while (number != 0);
  assert(len <= sizeof(digits));
  while (len > 0)
    *text++ = digits[--len];
  *text = '\0';
}

void hvuv__alias_service_text(const hvuv_guid_t* service_id,
                              char text[HVUV_GUID_STRLEN]) {
  uint32_t port;

  if (hvuv_service_to_port(service_id, &port) == 0)
    write_decimal(port, text);
  else
    hvuv_guid_format(service_id, text);
  assert(text[0] != '\0');
}
