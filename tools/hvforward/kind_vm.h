/* A VM by its name: whose id is looked up. */
#ifndef HVUV_TOOLS_KIND_VM_H
#define HVUV_TOOLS_KIND_VM_H

#include "place.h"

/* Of a place of kind_vm: what to look up, and where its listeners are from now
 * on. */
const vm_name_t* vm_of_place(const place_t* place);
void vm_move_place(const place_t* place, const hvuv_addr_t* addr);

#endif /* HVUV_TOOLS_KIND_VM_H */
