/* Who reaches whom; reach.h has the table. */
#include "local/reach.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"

static void add(hvuv__reach_t* reach, char kind, const hvuv_guid_t* vm_id) {
  hvuv__audience_t* audience;

  assert(reach->count < HVUV__AUDIENCES_MAX);
  assert((kind == 'v') == (vm_id != NULL));
  audience = &reach->audiences[reach->count++];
  audience->kind = kind;
  if (vm_id != NULL)
    audience->vm_id = *vm_id;
}

static int is_self(const hvuv__partition_t* self, const hvuv_guid_t* vm_id) {
  return hvuv_guid_equal(vm_id, &HVUV_VM_LOOPBACK) ||
         (!self->is_host && hvuv_guid_equal(vm_id, &self->vm_id));
}

int hvuv__reach_to_bind(const hvuv__partition_t* self,
                        const hvuv_guid_t* vm_id,
                        hvuv__reach_t* reach) {
  memset(reach, 0, sizeof(*reach));
  if (is_self(self, vm_id))
    add(reach, 'l', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_ANY))
    add(reach, 'a', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN))
    add(reach, 'c', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) && !self->is_host)
    add(reach, 'p', NULL);
  else if (!hvuv__alias_is_role(vm_id) && self->is_host)
    add(reach, 'v', vm_id);
  else
    return UV_EADDRNOTAVAIL;

  reach->target = *self;
  assert(reach->count == 1); /* a listener has one socket */
  return 0;
}

int hvuv__reach_to_connect(const hvuv__partition_t* self,
                           const hvuv_guid_t* vm_id,
                           hvuv__reach_t* reach) {
  memset(&reach->target, 0, sizeof(reach->target));
  reach->count = 0;
  if (is_self(self, vm_id)) {
    reach->target = *self;
    add(reach, 'l', NULL);
  } else if (hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) && !self->is_host) {
    reach->target.is_host = 1;
    add(reach, 'v', &self->vm_id);
    add(reach, 'c', NULL);
  } else if (!hvuv__alias_is_role(vm_id) && self->is_host) {
    reach->target.vm_id = *vm_id;
    add(reach, 'p', NULL);
  } else {
    return UV_EADDRNOTAVAIL;
  }
  add(reach, 'a', NULL); /* which the peer may be, whoever calls */
  return 0;
}

int hvuv__reach_admits(const hvuv__partition_t* self,
                       const hvuv_guid_t* vm_id,
                       const hvuv__partition_t* caller) {
  if (hvuv__partition_equal(self, caller))
    return is_self(self, vm_id) || hvuv_guid_equal(vm_id, &HVUV_VM_ANY);
  if (!self->is_host && !caller->is_host)
    return 0;
  if (hvuv_guid_equal(vm_id, &HVUV_VM_ANY))
    return 1;
  if (caller->is_host)
    return hvuv_guid_equal(vm_id, &HVUV_VM_PARENT);
  return hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN) ||
         hvuv_guid_equal(vm_id, &caller->vm_id);
}
