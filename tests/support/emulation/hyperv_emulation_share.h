/* The memory of the AF_HYPERV EMULATION's table; see hyperv_emulation_share.c.
 */
#ifndef HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_SHARE_H
#define HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_SHARE_H

#include "emulation_owner.h"
#include "hyperv_emulation_table.h"

/* The fields that are LONG volatile say whether an entry is taken; see
 * emulation_share_take(). */

typedef struct emulation_vm_s {
  LONG volatile kind; /* 0: the entry is free */
  int reserved;
  emulation_owner_t owner;
  GUID id;
} emulation_vm_t;

typedef struct emulation_service_s {
  LONG volatile is_registered; /* 0: the entry is free */
  GUID id;
} emulation_service_t;

typedef struct emulation_listener_s {
  LONG volatile is_bound; /* 0: the entry is free */
  int port;               /* 0: it does not listen yet */
  emulation_owner_t owner;
  GUID partition, at, service;
} emulation_listener_t;

typedef struct emulation_caller_s {
  LONG volatile target_port;
  GUID partition, service;
} emulation_caller_t;

#define EMULATION_VMS       64
#define EMULATION_SERVICES  256
#define EMULATION_LISTENERS 1024

/* All zeros is an empty table. */
typedef struct emulation_shared_s {
  ULONG size; /* of all this; 0: nobody wrote yet */
  emulation_vm_t vms[EMULATION_VMS];
  emulation_service_t services[EMULATION_SERVICES];
  emulation_listener_t listeners[EMULATION_LISTENERS];
  emulation_caller_t callers[65536]; /* by their TCP port */
} emulation_shared_t;

/* The table, for this thread of this process alone, opened if need be; NULL if
 * it cannot be had. It nests. */
emulation_shared_t* emulation_share_lock(void);
void emulation_share_unlock(void);

/* Takes an entry after its other fields were written, for whoever is killed in
 * between. */
void emulation_share_take(LONG volatile* field, int value);

#endif /* HVUV_TESTS_SUPPORT_EMULATION_HYPERV_EMULATION_SHARE_H */
