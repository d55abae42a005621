/* What an explanation is made from: the facts of a system, so that every word can
 * be tested on any. */
#ifndef HVUV_SRC_EXPLAIN_FACTS_H
#define HVUV_SRC_EXPLAIN_FACTS_H

#include <stdint.h>

typedef struct hvuv__facts_s {
  int is_windows;
  int original;          /* the system's own number of the error; 0: unknown */
  int has_loopback;      /* CID 1 can be bound: the machine itself */
  int has_guest;         /* a transport to this VM's host */
  int has_host;          /* CID 2 can be bound: VMs of this machine */
  uint32_t own_cid;      /* HVUV_CID_ANY when not known */
  const char* folder;    /* where `local` puts its sockets */
  const char* partition; /* who this process is there, "host" or a VM id */
} hvuv__facts_t;

#endif /* HVUV_SRC_EXPLAIN_FACTS_H */
