/* The list of compute systems as Windows' Host Compute Service writes it. */
#ifndef HVUV_SRC_VM_SYSTEMS_H
#define HVUV_SRC_VM_SYSTEMS_H

#include "vm/shelf.h"

/* The longest list that is read. */
#define HVUV__SYSTEMS_MAX_BYTES ((size_t) 4 * 1024 * 1024)

/* Puts the VMs of the list on the shelf. 0, UV_EPROTO if it is not what was
 * expected, UV_EMSGSIZE if it is too long. */
int hvuv__systems_parse(const char* json, size_t len, hvuv__shelf_t* shelf);

#endif /* HVUV_SRC_VM_SYSTEMS_H */
