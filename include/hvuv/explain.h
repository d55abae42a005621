/*
 * What an error means on this system, in words for people.
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

/* Size in bytes of a buffer for any explanation, including the NUL. */
#define HVUV_EXPLAIN_STRLEN 768

/* Writes a few plain sentences: what a status returned by a function or
 * reported to a callback for this address means on this system, and what to do
 * about it. A status does not say which step it came from, so where that
 * matters the text names the step ("To a connect, ... In an open stream, ...").
 *
 * It inspects the system as it is now (its vsock transports, its CID, the
 * directory of `local`, what is at the path of a `hybrid` address) and changes
 * nothing; like hvuv_supported() it may bind a socket to see whether that is
 * possible, and it never connects. On Windows it adds the system's own error
 * number, if the calling thread has lately had an error that became this
 * status: several numbers become the same UV_E* code.
 *
 * The text is not for programs to parse: it may change in any version.
 *
 * It always ends with a NUL. Returns 0; UV_ENOBUFS if the text was cut to fit
 * size bytes; UV_EINVAL if a pointer is NULL, size is 0, or *addr is not an
 * address, and buf is then unchanged. */
HVUV_EXTERN int hvuv_explain(const hvuv_addr_t* addr,
                             int status,
                             char* buf,
                             size_t size);

/* Returns 0 and sets *cid to this machine's own context id, by which others
 * reach it: 1 with nothing but vsock_loopback, 2 on a host (vhost_vsock), else
 * the one that its hypervisor assigned
 * (Linux, vm_sockets.h: IOCTL_VM_SOCKETS_GET_LOCAL_CID).
 *
 * HVUV_CID_ANY is a valid result and means "not known": Hyper-V guests have no
 * CID of their own (Linux, net/vmw_vsock/hyperv_transport.c). It is not an
 * address to connect to.
 *
 *   UV_ENOENT    there is no /dev/vsock: no vsock module is loaded
 *   UV_EACCES    the user may not open /dev/vsock
 *   UV_ENOTSUP   not on Linux
 *   UV_EINVAL    cid is NULL */
HVUV_EXTERN int hvuv_local_cid(uint32_t* cid);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_EXPLAIN_H */
