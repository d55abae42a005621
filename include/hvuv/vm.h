/*
 * Which VMs there are: from a VM's name to the id that an address needs.
 *
 * A `hyperv` address names a VM by its id, and people know its name. These
 * functions ask what manages the VMs:
 *
 *   Windows    the Host Compute Service (HcsEnumerateComputeSystems in
 *              computecore.dll, from Windows 10 version 1809 on), which knows
 *              the VMs that run, those of Hyper-V, WSL 2 and containers. It
 *              lets administrators and Hyper-V Administrators ask
 *   "wsl"      on Windows: the VM of WSL 2, by `wsl -- wslinfo --vm-id`, which
 *              needs no rights. It starts WSL's default distribution if that
 *              does not run
 *   elsewhere  the partitions of `local` in which somebody listens, as
 *              hvuv_local_list() knows them. They have ids and no names
 *
 * A name may belong to several VMs, and does not last: the id of WSL 2's VM is
 * new each time it starts, so look it up again before each connect that follows
 * a failure, or have that done (hvuv/follow.h). None of this was seen on a
 * real Windows by this project.
 *
 * The work is done in libuv's thread pool. The callback comes from the loop,
 * never from inside the call, once for each call that returned 0; until it has
 * been called the request is hvuv's, and the loop stays alive.
 */
#ifndef HVUV_VM_H
#define HVUV_VM_H

#include <stddef.h>
#include <uv.h>

#include "export.h"
#include "guid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes in bytes of a VM's name and of its owner's, including the NUL. A VM's
 * name has at most 100 characters (Hyper-V Manager); longer ones are cut after
 * the last character that fits. */
#define HVUV_VM_NAME_SIZE  256
#define HVUV_VM_OWNER_SIZE 64

/* What a VM does, as far as its manager reports it. */
typedef enum hvuv_vm_state_e {
  HVUV_VM_STATE_UNKNOWN = 0,
  HVUV_VM_STATE_CREATED, /* it was not started yet */
  HVUV_VM_STATE_RUNNING,
  HVUV_VM_STATE_PAUSED,
  HVUV_VM_STATE_STOPPED
} hvuv_vm_state_t;

/* One VM, as a plain value. Texts are UTF-8 without control characters, for
 * which U+FFFD stands. */
typedef struct hvuv_vm_s {
  hvuv_guid_t id;               /* as it stands in an address */
  char name[HVUV_VM_NAME_SIZE]; /* empty if it has none */
  hvuv_vm_state_t state;
  /* Whose it is: "VMMS" (Hyper-V's own), "WSL", or what its manager calls
   * itself; "local" for a partition of `local`. */
  char owner[HVUV_VM_OWNER_SIZE];
} hvuv_vm_t;

typedef struct hvuv_vm_req_s hvuv_vm_req_t;

/* status is 0, or a UV_E* code as listed at the function that was called. What
 * is in req->vms is valid until the callback returns. The request is the
 * caller's again, also to ask anew. */
typedef void (*hvuv_vm_cb)(hvuv_vm_req_t* req, int status);

struct hvuv_vm_req_s {
  /* public; neither call changes it */
  void* data;
  /* read-only, in the callback; NULL and 0 if status is not 0 */
  const hvuv_vm_t* vms;
  size_t count;
  /* private */
  struct hvuv__vm_work_s* work;
};

/* Finds the one VM of a name. The name is compared byte by byte with the whole
 * name of each VM, or, if it can be parsed as a GUID, with the ids: then it is
 * never taken for a name. "wsl" is WSL 2's VM, whatever else has that name.
 * With status 0 req->vms[0] is the VM, and count is 1.
 *
 * Returns 0, or without a callback
 *
 *   UV_EINVAL        a pointer is NULL, or the name is empty
 *   UV_ENAMETOOLONG  it has no room in HVUV_VM_NAME_SIZE
 *   UV_ENOMEM
 *
 * and calls back with
 *
 *   UV_ENOENT     no VM that runs has it; "wsl": no WSL is installed, or
 *                 wslinfo failed, as without a distribution, or in an old one
 *   UV_EMLINK     several have this name: hvuv_vm_list() lists them
 *   UV_EACCES     this user may not ask
 *   UV_ENOTSUP    nothing here knows names: not Windows, and the name is no
 *                 id; a Windows without computecore.dll; "wsl" is WSL 1, which
 *                 has no VM
 *   UV_ETIMEDOUT  no result came in 30 seconds
 *   UV_EPROTO     what came is not understood
 *   UV_EMSGSIZE   too much came: above 4 MiB, or more than 4,096 VMs
 *   UV_ECANCELED  hvuv_vm_cancel()
 *   UV_ENOMEM
 *
 * or, on Windows, with the code for what computecore.dll or the start of
 * wsl.exe reported. */
HVUV_EXTERN int hvuv_vm_find(uv_loop_t* loop,
                             hvuv_vm_req_t* req,
                             const char* name,
                             hvuv_vm_cb cb);

/* Lists the VMs, in the order of what manages them; there may be none.
 * UV_EINVAL and UV_ENOMEM are returned, and the callback is called, as by
 * hvuv_vm_find(), without UV_ENOENT and UV_EMLINK. That of WSL 2 is listed
 * under the name that the Host Compute Service has for it, and only to whom
 * that lets ask. */
HVUV_EXTERN int hvuv_vm_list(uv_loop_t* loop,
                             hvuv_vm_req_t* req,
                             hvuv_vm_cb cb);

/* Cancels a request that one of the two has taken. If its turn in the thread
 * pool has not come, 0 is returned, and its callback is called later with
 * UV_ECANCELED. Else UV_EBUSY is returned and nothing changes: it ends by
 * itself, within 30 seconds. As uv_cancel(). UV_EINVAL if the request is NULL,
 * or its callback has been called. */
HVUV_EXTERN int hvuv_vm_cancel(hvuv_vm_req_t* req);

/* For bindings: the size of a request in bytes, its data, and its result, in
 * the callback; see hvuv_stream_size(). */
HVUV_EXTERN size_t hvuv_vm_req_size(void);
HVUV_EXTERN void* hvuv_vm_req_get_data(const hvuv_vm_req_t* req);
HVUV_EXTERN void hvuv_vm_req_set_data(hvuv_vm_req_t* req, void* data);
HVUV_EXTERN const hvuv_vm_t* hvuv_vm_req_get_vms(const hvuv_vm_req_t* req,
                                                 size_t* count);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_VM_H */
