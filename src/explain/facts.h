/* What an explanation is made from: the facts of a system, so that every word
 * can be tested on any. */
#ifndef HVUV_SRC_EXPLAIN_FACTS_H
#define HVUV_SRC_EXPLAIN_FACTS_H

#include <stdint.h>

#include "unix/look.h"

typedef struct hvuv__facts_s {
  int is_windows;
  int original;     /* the system's own number of the error; 0: unknown */
  int has_loopback; /* CID 1 can be bound: the machine itself */
  int has_guest;    /* a transport to this VM's host */
  int has_host;     /* CID 2 can be bound: VMs of this machine */
  uint32_t own_cid; /* HVUV_CID_ANY when not known */

  /* Of a `hybrid` address. */
  enum hvuv__at_path at_path;

  /* Of a `local` one. */
  const char* folder; /* where the sockets are put */
  int folder_error;   /* UV_ENOENT: it is not there; UV_EACCES: not private */
  int is_vm;          /* this process plays a VM, and not the host */
  const char* partition; /* who this process is, "the host" or a VM id */
  int partition_error;   /* UV_EINVAL: HVUV_LOCAL_VM is no VM id */
} hvuv__facts_t;

#endif /* HVUV_SRC_EXPLAIN_FACTS_H */
