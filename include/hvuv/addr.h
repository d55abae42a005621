/*
 * Addresses: where to listen or what to connect to, as plain values.
 *
 * An hvuv_addr_t is copied with = and needs no clean-up. Making, parsing and
 * formatting one allocates nothing and makes no system call; only
 * hvuv_supported() does.
 *
 * As text:
 *
 *   hyperv://VM/SERVICE     AF_HYPERV (Windows); on Linux carried by AF_VSOCK
 *   vsock://CID:PORT        AF_VSOCK (Linux); on Windows carried by AF_HYPERV
 *   hybrid://PATH:SERVICE   a guest behind its hypervisor's Unix socket
 *   local://VM/SERVICE      the rules of hyperv:// among the processes of one
 *                           machine, with no hypervisor
 *
 *   VM       a GUID, or any | parent | host (= parent) | loopback | children |
 *            silohost
 *   SERVICE  a GUID, or a port 0..0x7fffffff in decimal or 0x hex, which stands
 *            for the service id that hvuv_service_from_port() returns
 *   CID      decimal, or any | hypervisor | local | host
 *   PORT     decimal or 0x hex, or any (for bind only: the kernel picks one)
 *   PATH     of the Unix socket of Firecracker, Cloud Hypervisor or OpenVMM;
 *            it ends at the last ':'. A space, a control character and a '%'
 *            are written as %XX, two hex digits, as in a URL: %20, %25. Any
 *            byte but NUL may be; all others may stand for themselves
 *
 * `local` is for development and tests. A process plays the host, or the VM
 * whose id is in $HVUV_LOCAL_VM. The sockets are in the first of these
 * directories:
 *
 *   $HVUV_LOCAL_DIR        if it is set
 *   $XDG_RUNTIME_DIR/hvuv  if that variable names a directory that is there, is
 *                          the user's own and may be written to by nobody else
 *                          (after su, in cron and under WSL it often does not)
 *   hvuv-<uid>             in the temporary directory (uv_os_tmpdir())
 *
 * On Windows in $HVUV_LOCAL_DIR, else in %LOCALAPPDATA%\hvuv, else in
 * hvuv-<user> in the temporary directory. The directory is made if it is not
 * there, and must be accessible to the user alone (mode 0700; on Windows to the
 * user, SYSTEM and Administrators). Its permissions are the only protection: a
 * VM id is claimed, not proven.
 *
 * A VM reaches `parent` and itself (`loopback` or its own id); the host reaches
 * itself, and any VM by its id. A listener accepts peers from where it was
 * bound for: any, loopback, children, parent, or (on the host) one VM. Both
 * variables are read by each bind and connect, once. A connect that waits for a
 * full backlog goes on to where it began to go; the directories are checked
 * again before each retry.
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

/* The families, as in the forms above. 0 is none. */
typedef enum hvuv_family_e {
  HVUV_HYPERV = 1,
  HVUV_VSOCK,
  HVUV_HYBRID,
  HVUV_LOCAL
} hvuv_family_t;

/* The well-known context ids (linux/vm_sockets.h). */
#define HVUV_CID_HYPERVISOR 0u
#define HVUV_CID_LOCAL      1u
#define HVUV_CID_HOST       2u
#define HVUV_CID_ANY        0xffffffffu

/* For bind only: the kernel picks a free port from 1024 up. It is often above
 * HVUV_SERVICE_PORT_MAX, so that neither hyperv:// nor a Hyper-V host can name
 * it. Port 0 is a port like any other on Linux (net/vmw_vsock/af_vsock.c), and
 * means HVUV_PORT_ANY on Windows (as in WSL). */
#define HVUV_PORT_ANY 0xffffffffu

/* Size in bytes of the longest path in a hybrid address, including the NUL.
 * Where the system's Unix socket addresses are shorter, bind and connect return
 * UV_ENAMETOOLONG. */
#define HVUV_PATH_SIZE 108

/* Size in bytes of a buffer for any address as text, including the NUL. */
#define HVUV_ADDR_STRLEN 384

/* Size in bytes of a buffer for any sentence of hvuv_addr_parse_why(),
 * including the NUL. */
#define HVUV_ADDR_WHY_STRLEN 1024

/* The fields may be read directly; to set them, use the functions below, which
 * validate. An all-zero value is no address (family 0), and every function
 * rejects it with UV_EINVAL. */
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

/* Parses an address in the form above. Parsing is strict: no spaces (%20 in a
 * path), no trailing bytes, no number out of range; schemes and names in lower
 * case. Returns 0, or UV_EINVAL and leaves *addr unchanged. */
HVUV_EXTERN int hvuv_addr_parse(const char* text, hvuv_addr_t* addr);

/* The same for a text that a person wrote, whom it explains what is wrong: a
 * sentence that names the part, and if there is an address near, another one
 * with that:
 *
 *   "vsock:2:1024" does not begin with hyperv://, vsock://, hybrid:// or
 *   local://. Did you mean vsock://2:1024?
 *
 * It is written to why, cut to size bytes, with a NUL; "" when 0 is returned.
 * What it quotes of the text is cut to 80 bytes, without control characters.
 * why may be NULL. The sentence is not for programs to parse: it may change in
 * any version. */
HVUV_EXTERN int hvuv_addr_parse_why(const char* text,
                                    hvuv_addr_t* addr,
                                    char* why,
                                    size_t size);

/* Formats an address in its canonical form: names for the well-known ids, a
 * decimal number for a service id that stands for a port, lower case, escapes
 * only where they are needed. The result is one word without spaces or control
 * characters, those of ISO 8859 in UTF-8 included. Parsing it gives the same
 * address, byte for byte.
 *
 * *size is the size of buf in bytes. On success it is set to the length of the
 * text without the NUL. If buf is too small, UV_ENOBUFS is returned, *size is
 * set to the size needed including the NUL, and buf is unchanged. UV_EINVAL if
 * *addr is not an address. */
HVUV_EXTERN int hvuv_addr_format(const hvuv_addr_t* addr,
                                 char* buf,
                                 size_t* size);

/* Make an address from its parts, which are copied. Return 0, or UV_EINVAL if a
 * pointer is NULL; *addr is then unchanged. */
HVUV_EXTERN int hvuv_addr_hyperv(hvuv_addr_t* addr,
                                 const hvuv_guid_t* vm_id,
                                 const hvuv_guid_t* service_id);
HVUV_EXTERN int hvuv_addr_vsock(hvuv_addr_t* addr, uint32_t cid, uint32_t port);
HVUV_EXTERN int hvuv_addr_local(hvuv_addr_t* addr,
                                const hvuv_guid_t* vm_id,
                                const hvuv_guid_t* service_id);

/* The same for a guest behind a Unix socket. The path is bytes and is taken as
 * it is, with no escapes; on Windows it must be UTF-8 when it is used.
 * UV_EINVAL if it is empty, which is no file; UV_ENAMETOOLONG if it does not
 * fit in HVUV_PATH_SIZE, which is all that a Unix socket's address can hold. */
HVUV_EXTERN int hvuv_addr_hybrid(hvuv_addr_t* addr,
                                 const char* path,
                                 const hvuv_guid_t* service_id);

/* Returns the family of an address, 0 if it is not an address. */
HVUV_EXTERN hvuv_family_t hvuv_addr_family(const hvuv_addr_t* addr);

/* Returns 1 if both are the same address, else 0. */
HVUV_EXTERN int hvuv_addr_equal(const hvuv_addr_t* a, const hvuv_addr_t* b);

/* Checks whether this build on this machine supports a family. Returns 0, or
 * the code that every call with an address of the family would return:
 *
 *   UV_EAFNOSUPPORT  the system has no such sockets: no Hyper-V on Windows, no
 *                    vsock module on Linux
 *   UV_ENOTSUP       this build of hvuv does not include the family
 *   UV_EINVAL        there is no such family
 *
 * 0 means that sockets can be had, not that a peer exists: only a connect shows
 * whether a CID or a VM is there. The check creates a socket and closes it; it
 * never connects. */
HVUV_EXTERN int hvuv_supported(hvuv_family_t family);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_ADDR_H */
