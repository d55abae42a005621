/*
 * What an error means on this system, for a person.
 */
#ifndef HVUV_EXPLAIN_H
#define HVUV_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enough bytes for any explanation, the NUL included. */
#define HVUV_EXPLAIN_STRLEN 512

/* Writes one or two plain sentences: what a status that some function or
 * callback gave for this address means here, and what to do. For that it looks
 * at the system (which vsock transports it has, its CID, the `local` folder)
 * as it is now, and changes nothing; like hvuv_supported() it may bind a socket
 * to see whether that is possible, and it never connects. On Windows it adds
 * the system's own error number, where the calling thread has lately been told
 * this status for it: several numbers may become one UV_E* code.
 *
 * Not for programs: the words may change with any version.
 *
 * The text always ends with a NUL. Returns 0; UV_ENOBUFS if it was cut to fit
 * size bytes; UV_EINVAL if a pointer is NULL, size is 0, or *addr is not an
 * address, and then buf is untouched. */
HVUV_EXTERN int hvuv_explain(const hvuv_addr_t* addr,
                             int status,
                             char* buf,
                             size_t size);

/* This machine's own context id, by which others reach it: 1 with nothing but
 * vsock_loopback, 2 on a host (vhost_vsock), else what its hypervisor gave it
 * (Linux, vm_sockets.h: IOCTL_VM_SOCKETS_GET_LOCAL_CID).
 *
 * HVUV_CID_ANY is a valid answer and means "not known": Hyper-V guests have no
 * number of their own (Linux, net/vmw_vsock/hyperv_transport.c). It is nothing
 * that one could connect to.
 *
 *   UV_ENOENT    there is no /dev/vsock: no vsock module is loaded
 *   UV_EACCES    this user may not open /dev/vsock
 *   UV_ENOTSUP   not on Linux
 *   UV_EINVAL    cid is NULL */
HVUV_EXTERN int hvuv_local_cid(uint32_t* cid);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_EXPLAIN_H */
