/* What `wsl -- wslinfo --vm-id` prints. */
#ifndef HVUV_SRC_VM_WSLINFO_H
#define HVUV_SRC_VM_WSLINFO_H

#include <stddef.h>

#include "hvuv/guid.h"

/* Output longer than this is a message for people, and no id. */
#define HVUV__WSLINFO_MAX_BYTES 4096

/* 0 and the VM's id; UV_ENOTSUP for "wsl1", which has no VM; UV_EPROTO for
 * anything else. *id is unchanged unless 0 is returned. */
int hvuv__wslinfo_parse(const char* output, size_t len, hvuv_guid_t* id);

#endif /* HVUV_SRC_VM_WSLINFO_H */
