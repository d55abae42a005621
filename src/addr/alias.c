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

/* --- Machines ------------------------------------------------------------- */

/* A machine under the one name that all its addresses lead to. */
typedef struct machine_s {
  hvuv_family_t family;
  hvuv_guid_t id; /* a VM id, or a CID and zeros */
  const char* path;
} machine_t;

static void name_vsock(uint32_t cid, machine_t* machine) {
  machine->family = HVUV_HYPERV;
  if (hvuv__alias_cid_to_vm(cid, &machine->id) == 0)
    return;
  machine->family = HVUV_VSOCK;
  machine->id.data1 = cid;
}

/* Family 0 if the address is none. */
static void name_machine(const hvuv_addr_t* addr, machine_t* machine) {
  memset(machine, 0, sizeof(*machine));
  machine->family = hvuv_addr_family(addr);
  switch (machine->family) {
    case HVUV_VSOCK:
      name_vsock(addr->u.vsock.cid, machine);
      break;
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      machine->id = addr->u.hyperv.vm_id;
      break;
    case HVUV_HYBRID:
      machine->path = addr->u.hybrid.path;
      break;
  }
}

int hvuv__alias_same_machine(const hvuv_addr_t* left,
                             const hvuv_addr_t* right) {
  machine_t a;
  machine_t b;

  name_machine(left, &a);
  name_machine(right, &b);
  if (a.family != b.family || a.family == (hvuv_family_t) 0)
    return 0;
  if (a.path != NULL)
    return strncmp(a.path, b.path, HVUV_PATH_SIZE) == 0;
  return hvuv_guid_equal(&a.id, &b.id);
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

uint32_t hvuv__alias_machine_hash(const hvuv_addr_t* addr) {
  const uint32_t prime = 16777619u; /* as in FNV-1a */
  uint32_t hash = 2166136261u;
  uint32_t words[sizeof(hvuv_guid_t) / sizeof(uint32_t)];
  machine_t machine;
  size_t i;

  name_machine(addr, &machine);
  memcpy(words, &machine.id, sizeof(words));
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    hash = (hash ^ words[i]) * prime;
  for (i = 0; machine.path != NULL && machine.path[i] != '\0'; i++)
    hash = (hash ^ (unsigned char) machine.path[i]) * prime;
  return hash ^ hash >> 16;
}

/* Not by snprintf(), which costs more than all the rest of a connect. */
static size_t write_decimal(uint32_t number, char text[HVUV_GUID_STRLEN]) {
  char digits[10];
  size_t first = sizeof(digits);
  size_t count;

  do {
    assert(first > 0);
    digits[--first] = (char) ('0' + number % 10);
    number /= 10;
  } while (number != 0);
  count = sizeof(digits) - first;
  memcpy(text, digits + first, count);
  text[count] = '\0';
  return count;
}

size_t hvuv__alias_service_text(const hvuv_guid_t* service_id,
                                char text[HVUV_GUID_STRLEN]) {
  uint32_t port;

  if (hvuv_service_to_port(service_id, &port) == 0)
    return write_decimal(port, text);
  hvuv_guid_format(service_id, text);
  return HVUV_GUID_STRLEN - 1;
}
