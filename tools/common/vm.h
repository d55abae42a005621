/*
 * VMs by name in arguments: vm:NAME/SERVICE. The VM's id is looked up
 * (hvuv/vm.h), and the address is
 *
 *   on Windows   hyperv://ID/SERVICE
 *   elsewhere    local://ID/SERVICE, where NAME is the id: nothing has names
 */
#ifndef HVUV_TOOLS_VM_H
#define HVUV_TOOLS_VM_H

#include <hvuv.h>

#define VM_SCHEME "vm:"

typedef struct vm_name_s {
  char name[HVUV_VM_NAME_SIZE];
  hvuv_addr_t addr; /* of any VM: the id is still to be put in */
} vm_name_t;

/* Whether it begins as one. */
int vm_is_name(const char* text);

/* Returns 0, or UV_EINVAL with a sentence in why. */
int vm_parse(const char* text, vm_name_t* vm, char* why, size_t size);

/* What a code of hvuv_vm_find() or hvuv_vm_list() means, and what to do. */
const char* vm_meaning(int err);

/* --- vm_win.c, vm_posix.c */

extern const int vm_names_are_known;
extern const char vm_family[]; /* "hyperv" or "local" */
extern const char vm_none[];   /* what UV_ENOENT means */

#endif /* HVUV_TOOLS_VM_H */
