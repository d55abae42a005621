/* The VMs that something on this system manages (hvuv/vm.h), as lines. */
#ifndef HVUV_TOOLS_MANAGED_H
#define HVUV_TOOLS_MANAGED_H

#include <stddef.h>

/* Prints the VMs, or the one of a name if it is not NULL: a line each, with its
 * id, owner, state and name. Of all, partitions of local addresses are left
 * out, whose listeners are listed by themselves. Returns 0 or a UV_E* code. */
int print_managed(const char* name, int is_for_people);

#endif /* HVUV_TOOLS_MANAGED_H */
