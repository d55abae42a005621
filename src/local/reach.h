/*
 * Who may reach whom among the partitions of `local`, as on Hyper-V. Pure.
 *
 * Who connects, the sockets it looks for, and where; the first that is there
 * wins:
 *
 *   from    to an address of         looks in       for
 *   any     loopback, own VM id      own folder     l, a
 *   VM      parent                   host/          v<own id>, c, a
 *   host    a VM id                  that VM's      p, a
 *
 * All else cannot be reached: UV_EADDRNOTAVAIL. A listener makes one socket in
 * its own partition's folder, named for those whom it accepts. So a connect
 * from elsewhere finds nobody there, as on Hyper-V, instead of being accepted
 * and dropped.
 */
#ifndef HVUV_SRC_LOCAL_REACH_H
#define HVUV_SRC_LOCAL_REACH_H

#include "local/partition.h"

/* For whom a socket is: a (any), l (the same partition), c (children), p (the
 * parent), v (one VM). */
typedef struct hvuv__audience_s {
  char kind;
  hvuv_guid_t vm_id; /* of v */
} hvuv__audience_t;

/* Sockets to look for in one connect. */
#define HVUV__AUDIENCES_MAX 3

/* Where an address leads: the partition whose folder holds the sockets, and for
 * whom they must be, in order. */
typedef struct hvuv__reach_s {
  hvuv__partition_t target;
  hvuv__audience_t audiences[HVUV__AUDIENCES_MAX];
  int count;
} hvuv__reach_t;

/* To bind to vm_id, and to connect to it, from a partition. UV_EADDRNOTAVAIL if
 * vm_id leads nowhere. */
int hvuv__reach_to_bind(const hvuv__partition_t* self,
                        const hvuv_guid_t* vm_id,
                        hvuv__reach_t* reach);
int hvuv__reach_to_connect(const hvuv__partition_t* self,
                           const hvuv_guid_t* vm_id,
                           hvuv__reach_t* reach);

/* Whether a listener in `self` bound to vm_id is for this caller: what the
 * names of the sockets arrange already, for callers that keep to them. */
int hvuv__reach_admits(const hvuv__partition_t* self,
                       const hvuv_guid_t* vm_id,
                       const hvuv__partition_t* caller);

#endif /* HVUV_SRC_LOCAL_REACH_H */
