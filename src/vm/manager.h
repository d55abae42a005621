/* What manages VMs on this system; manager_win.c asks Windows, manager_posix.c
 * the folders of `local`. Both block, for 30 seconds at most, and are called in
 * a thread of the pool. */
#ifndef HVUV_SRC_VM_MANAGER_H
#define HVUV_SRC_VM_MANAGER_H

#include "vm/shelf.h"

#define HVUV__MANAGER_TIMEOUT_MS 30000

/* Puts the VMs on the shelf that may be what it looks for; which of them are is
 * hvuv__shelf_add()'s to say. 0, or why nobody could be asked. */
int hvuv__manager_ask(hvuv__shelf_t* shelf);

#endif /* HVUV_SRC_VM_MANAGER_H */
