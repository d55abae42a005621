/*
 * Addresses: a place to listen at or to connect to, as a value.
 *
 * An hvuv_addr_t is copied with = and needs no clean-up. Making, reading and
 * printing one allocates nothing and touches no socket; only hvuv_supported()
 * asks the system anything.
 *
 * As text:
 *
 *   hyperv://VM/SERVICE     AF_HYPERV (Windows); on Linux carried by AF_VSOCK
 *   vsock://CID:PORT        AF_VSOCK (Linux); on Windows carried by AF_HYPERV
 *   hybrid://PATH:SERVICE   a guest behind its hypervisor's Unix socket
 *   local://VM/SERVICE      the same on one machine, with no hypervisor
 *
 *   VM       a GUID, or any | parent | host (= parent) | loopback | children |
 *            silohost
 *   SERVICE  a GUID, or a port 0..0x7fffffff in decimal or 0x hex, which means
 *            the service id that hvuv_service_from_port() makes
 *   CID      decimal, or any | hypervisor | local | host
 *   PORT     decimal or 0x hex, or any (to bind only: the kernel picks one)
 *   PATH     of the Unix socket of Firecracker, Cloud Hypervisor or OpenVMM;
 *            the last ':' ends it
 *
 * `local` is for development and tests. A process is the host, or the VM whose
 * id is in $HVUV_LOCAL_VM; the sockets lie in $HVUV_LOCAL_DIR, else
 * $XDG_RUNTIME_DIR/hvuv, else hvuv-<uid> in the temporary folder (on Windows
 * %LOCALAPPDATA%\hvuv, else hvuv-<user> in the temporary folder). That folder
 * must be the user's alone (mode 0700; on Windows: the user's, SYSTEM's and
 * Administrators') and is the only lock: the VM id is claimed, not proven. A VM
 * reaches `parent` and itself (`loopback` or its own id); the host reaches
 * itself and any VM by id. A listener accepts from whom it was bound for: any,
 * loopback, children, parent, or (on the host) one VM. Both variables are read
 * by each bind and connect, and again whenever a connect that waits for a full
 * backlog is tried again.
 */
#ifndef HVUV_ADDR_H
#define HVUV_ADDR_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "guid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hvuv_family_e {
  HVUV_HYPERV = 1,
  HVUV_VSOCK,
  HVUV_HYBRID,
  HVUV_LOCAL
} hvuv_family_t;

/* Context ids with a meaning of their own (linux/vm_sockets.h). */
#define HVUV_CID_HYPERVISOR 0u
#define HVUV_CID_LOCAL      1u
#define HVUV_CID_HOST       2u
#define HVUV_CID_ANY        0xffffffffu

/* To bind only: the kernel picks a free port from 1024 up, often one above
 * HVUV_SERVICE_PORT_MAX, which hyperv:// and a Hyper-V host cannot name. Port 0
 * is a port like any other on Linux (net/vmw_vsock/af_vsock.c), and means the
 * same as this on Windows (as WSL has it). */
#define HVUV_PORT_ANY 0xffffffffu

/* Bytes of the longest path that a hybrid address holds, the NUL included. A
 * system whose Unix socket addresses are shorter answers UV_ENAMETOOLONG when
 * the address is used. */
#define HVUV_PATH_SIZE 108

/* Enough bytes for any address as text, the NUL included. */
#define HVUV_ADDR_STRLEN 160

/* Read the fields through the functions below or directly, as you like; write
 * them through the functions, which check. All-zero is "no address" (family
 * 0), which every function refuses with UV_EINVAL. */
typedef struct hvuv_addr_s {
  hvuv_family_t family;
  union {
    struct {
      hvuv_guid_t vm_id;
      hvuv_guid_t service_id;
    } hyperv; /* HVUV_HYPERV and HVUV_LOCAL */
    struct {
      uint32_t cid;
      uint32_t port;
    } vsock; /* HVUV_VSOCK */
    struct {
      hvuv_guid_t service_id;
      char path[HVUV_PATH_SIZE];
    } hybrid; /* HVUV_HYBRID */
  } u;
} hvuv_addr_t;

/* Reads an address in the form above. Strict: no spaces, no bytes left over,
 * no number too large; schemes and names in lower case. Returns 0, or
 * UV_EINVAL and leaves *addr untouched. */
HVUV_EXTERN int hvuv_addr_parse(const char* text, hvuv_addr_t* addr);

/* Prints an address in its canonical form: names for the well-known ids, a
 * decimal number for a service id that stands for a port, lower case. Parsing
 * the text gives the same address.
 *
 * *size is the size of buf in bytes. On success it becomes the length of the
 * text without the NUL. If buf is too small the result is UV_ENOBUFS, *size
 * becomes the bytes needed with the NUL, and buf is untouched. UV_EINVAL if
 * *addr is not an address. */
HVUV_EXTERN int hvuv_addr_format(const hvuv_addr_t* addr,
                                 char* buf,
                                 size_t* size);

/* Make an address from its parts; no reference to the arguments is kept.
 * Return 0, or UV_EINVAL if a pointer is NULL, and then *addr is untouched. */
HVUV_EXTERN int hvuv_addr_hyperv(hvuv_addr_t* addr,
                                 const hvuv_guid_t* vm_id,
                                 const hvuv_guid_t* service_id);
HVUV_EXTERN int hvuv_addr_vsock(hvuv_addr_t* addr, uint32_t cid, uint32_t port);
HVUV_EXTERN int hvuv_addr_local(hvuv_addr_t* addr,
                                const hvuv_guid_t* vm_id,
                                const hvuv_guid_t* service_id);

/* The same for a guest behind a Unix socket. UV_ENAMETOOLONG if the path does
 * not fit HVUV_PATH_SIZE; UV_EINVAL if it is empty or holds a space or a
 * control character, which the text form could not carry. */
HVUV_EXTERN int hvuv_addr_hybrid(hvuv_addr_t* addr,
                                 const char* path,
                                 const hvuv_guid_t* service_id);

/* The family of an address; 0 if it is not an address. */
HVUV_EXTERN hvuv_family_t hvuv_addr_family(const hvuv_addr_t* addr);

/* 1 if both are the same address, else 0. */
HVUV_EXTERN int hvuv_addr_equal(const hvuv_addr_t* a, const hvuv_addr_t* b);

/* Whether this build on this machine can carry addresses of a family: 0, or
 * the code that every verb would answer.
 *
 *   UV_EAFNOSUPPORT  the system has no such sockets: no Hyper-V on Windows, no
 *                    vsock module on Linux
 *   UV_ENOTSUP       this build of hvuv has no such family
 *   UV_EINVAL        no such family exists
 *
 * 0 promises the sockets, not a peer: whether a CID or a VM answers only a
 * connect can tell. The probe creates a socket and closes it; it never
 * connects. */
HVUV_EXTERN int hvuv_supported(hvuv_family_t family);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_ADDR_H */
