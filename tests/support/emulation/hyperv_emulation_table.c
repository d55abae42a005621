/*
 * Who is who in the AF_HYPERV EMULATION: the VMs that run and the services that
 * are registered. Listeners and callers are in hyperv_emulation_ports.c.
 */
#include "hyperv_emulation_share.h"

/* --- VMs */

/* The entry of a VM with an owner, or a free one if there is none, or NULL.
 * Entries whose process has ended become free on the way. */
static emulation_vm_t* find_vm(emulation_shared_t* table,
                               const GUID* vm,
                               DWORD pid) {
  emulation_vm_t* room = NULL;
  emulation_vm_t* entry;
  int i;

  for (i = 0; i < EMULATION_VMS; i++) {
    entry = &table->vms[i];
    if (entry->kind != 0 && !emulation_owner_is_alive(&entry->owner))
      entry->kind = 0;
    if (entry->kind == 0)
      room = entry;
    else if (entry->owner.pid == pid && emulation_same(&entry->id, vm))
      return entry;
  }
  return room;
}

static int add_vm(const GUID* vm, int kind, const emulation_owner_t* owner) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_vm_t* entry;

  if (table == NULL)
    return WSAENETDOWN;
  entry = find_vm(table, vm, owner->pid);
  if (entry != NULL) {
    entry->owner = *owner;
    entry->id = *vm;
    emulation_share_take(&entry->kind, kind);
  }
  emulation_share_unlock();
  return entry == NULL ? WSAENOBUFS : 0;
}

int emulation_table_vm_start(const GUID* vm, int kind) {
  static const emulation_owner_t nobody = {0, 0, 0};

  return add_vm(vm, kind, &nobody);
}

int emulation_table_vm_enter(const GUID* vm) {
  emulation_owner_t self = emulation_owner_self();

  return add_vm(vm, HYPERV_EMULATION_LINUX_VM, &self);
}

int emulation_table_vm_stop(const GUID* vm) {
  emulation_shared_t* table = emulation_share_lock();
  int i;

  if (table == NULL)
    return WSAENETDOWN;
  for (i = 0; i < EMULATION_VMS; i++)
    if (emulation_same(&table->vms[i].id, vm))
      table->vms[i].kind = 0;
  emulation_share_unlock();
  return 0;
}

int emulation_table_vm_kind(const GUID* vm) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_vm_t* entry;
  int kind = EMULATION_OFF;
  int i;

  if (table == NULL)
    return kind;
  for (i = 0; i < EMULATION_VMS; i++) {
    entry = &table->vms[i];
    if (entry->kind == 0 || !emulation_same(&entry->id, vm) ||
        !emulation_owner_is_alive(&entry->owner))
      continue;
    /* What started it knows its kind; who lives in it does not. */
    if (kind == EMULATION_OFF || entry->owner.pid == 0)
      kind = entry->kind;
  }
  emulation_share_unlock();
  return kind;
}

/* --- Services */

static emulation_service_t* find_service(emulation_shared_t* table,
                                         const GUID* service) {
  emulation_service_t* entry;
  int i;

  for (i = 0; i < EMULATION_SERVICES; i++) {
    entry = &table->services[i];
    if (entry->is_registered && emulation_same(&entry->id, service))
      return entry;
  }
  return NULL;
}

static emulation_service_t* free_service(emulation_shared_t* table) {
  int i;

  for (i = 0; i < EMULATION_SERVICES; i++)
    if (!table->services[i].is_registered)
      return &table->services[i];
  return NULL;
}

int emulation_table_service_set(const GUID* service, int is_registered) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_service_t* entry;

  if (table == NULL)
    return WSAENETDOWN;
  entry = find_service(table, service);
  if (entry == NULL && is_registered)
    entry = free_service(table);
  if (entry != NULL) {
    entry->id = *service;
    emulation_share_take(&entry->is_registered, is_registered);
  }
  emulation_share_unlock();
  return entry == NULL && is_registered ? WSAENOBUFS : 0;
}

int emulation_table_service_has(const GUID* service) {
  emulation_shared_t* table = emulation_share_lock();
  int found;

  if (table == NULL)
    return 0;
  found = find_service(table, service) != NULL;
  emulation_share_unlock();
  return found;
}
