/*
 * Explanations in two halves: explain_text.c chooses the words from what is
 * known of the system, and probe_*.c finds that out. So every word can be
 * tested on any system.
 */
#ifndef HVUV_SRC_EXPLAIN_EXPLAIN_H
#define HVUV_SRC_EXPLAIN_EXPLAIN_H

#include "hvuv/explain.h"

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

/* As hvuv_explain(), with the arguments checked already. */
int hvuv__explain_with(const hvuv__facts_t* facts,
                       const hvuv_addr_t* addr,
                       int status,
                       char* buf,
                       size_t size);

/* What this system has of vsock; the other facts are left alone. */
void hvuv__probe_vsock(hvuv__facts_t* facts);

#endif /* HVUV_SRC_EXPLAIN_EXPLAIN_H */
