/*
 * One thing under two names: the rule that Hyper-V, Linux and hvuv share.
 *
 *   CID            VM id       is
 *   1              loopback    the partition itself
 *   2              parent      the host of this VM
 *   any (2^32-1)   any         everybody, for listeners
 *   port           service id  HV_GUID_VSOCK_TEMPLATE with the port as Data1
 *
 * No other CID has a VM id, and no other VM id a CID (hvsocket.h of the Windows
 * SDK; Linux, net/vmw_vsock/hyperv_transport.c). So two addresses that differ
 * may be of one machine, which is decided here too. Pure.
 */
#ifndef HVUV_SRC_ADDR_ALIAS_H
#define HVUV_SRC_ADDR_ALIAS_H

#include <stddef.h>

#include "hvuv/addr.h"

/* UV_EADDRNOTAVAIL if there is none; then the result is left alone. */
int hvuv__alias_vm_to_cid(const hvuv_guid_t* vm_id, uint32_t* cid);
int hvuv__alias_cid_to_vm(uint32_t cid, hvuv_guid_t* vm_id);

/* Whether a VM id names a role (any, parent, loopback, children, silohost) and
 * not one VM. */
int hvuv__alias_is_role(const hvuv_guid_t* vm_id);

/* Rewrite an address of the other kind, if it has a name of this one; else it
 * is left as it is. A peer's port may be any number (hyperv_transport.c makes a
 * host's from a random GUID), so it is not held to the ports that one may
 * connect to. */
void hvuv__alias_as_hyperv(hvuv_addr_t* addr);
void hvuv__alias_as_vsock(hvuv_addr_t* addr);

/* Whether two addresses are of one machine, whatever their ports, and under
 * whichever of its names. */
int hvuv__alias_same_machine(const hvuv_addr_t* a, const hvuv_addr_t* b);

/* The machine of an address alone: as it is, but for the port or service, which
 * is zero. */
void hvuv__alias_machine_of(const hvuv_addr_t* addr, hvuv_addr_t* machine);

/* A number for tables: the same for all addresses of one machine. */
uint32_t hvuv__alias_machine_hash(const hvuv_addr_t* addr);

/* A service as people write it: its port in decimal, or its GUID. Returns the
 * length, which is HVUV_GUID_STRLEN - 1 for a GUID alone. */
size_t hvuv__alias_service_text(const hvuv_guid_t* service_id,
                                char text[HVUV_GUID_STRLEN]);

#endif /* HVUV_SRC_ADDR_ALIAS_H */
