/* The partitions that `local` plays on one machine: the host, or a VM by its
 * id.
 */
#ifndef HVUV_SRC_LOCAL_PARTITION_H
#define HVUV_SRC_LOCAL_PARTITION_H

#include "hvuv/guid.h"

/* For the value of $HVUV_LOCAL_VM: a GUID with braces, with room to spare. */
#define HVUV__VM_TEXT_ROOM 64

typedef struct hvuv__partition_s {
  int is_host;
  hvuv_guid_t vm_id; /* unless it is the host */
} hvuv__partition_t;

/* Which one this process is: that of $HVUV_LOCAL_VM, else the host. UV_EINVAL
 * if the variable holds no VM's id. */
int hvuv__partition_self(hvuv__partition_t* self);

/* The same from the variable's value; NULL if it is not set. */
int hvuv__partition_parse(const char* text, hvuv__partition_t* self);

int hvuv__partition_equal(const hvuv__partition_t* a,
                          const hvuv__partition_t* b);

#endif /* HVUV_SRC_LOCAL_PARTITION_H */
