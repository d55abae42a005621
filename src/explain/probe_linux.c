/* What a Linux system has of vsock, found out without connecting anywhere. */
#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <linux/vm_sockets.h>

#include "explain/probe.h"
#include "hvuv/explain.h"
#include "sys/sys.h"
#include "sys/vsock.h"

/* Only a CID of this machine can be bound (af_vsock.c), and 1 and 2 are its own
 * when it has loopback, and when it hosts VMs. */
static int can_bind(unsigned int cid) {
  struct sockaddr_vm name;
  uv_os_sock_t sock;
  int err;

  if (hvuv__sys_socket(AF_VSOCK, 0, &sock) != 0)
    return 0;

  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = cid;
  name.svm_port = VMADDR_PORT_ANY;
  assert(cid == VMADDR_CID_LOCAL || cid == VMADDR_CID_HOST);
  err = hvuv__sys_bind(sock, (struct sockaddr*) &name, sizeof(name));
  hvuv__sys_close(sock);
  return err == 0;
}

/* The drivers of a guest's own device: Hyper-V, virtio, VMware. A built-in one
 * is listed here too, if it has parameters; else the CID tells. */
static int has_guest_driver(void) {
  return access("/sys/module/hv_sock", F_OK) == 0 ||
         access("/sys/module/vmw_vsock_virtio_transport", F_OK) == 0 ||
         access("/sys/module/vmw_vsock_vmci_transport", F_OK) == 0;
}

void hvuv__probe_vsock(hvuv__facts_t* facts) {
  uint32_t cid = HVUV_CID_ANY;

  facts->has_loopback = can_bind(HVUV_CID_LOCAL);
  facts->has_host = can_bind(HVUV_CID_HOST);
  facts->has_guest = has_guest_driver();
  if (hvuv_local_cid(&cid) != 0)
    return;

  assert(!facts->is_windows);
  facts->own_cid = cid;
  if (cid > HVUV_CID_HOST && cid != HVUV_CID_ANY)
    facts->has_guest = 1;
}

int hvuv_local_cid(uint32_t* cid) {
  return cid == NULL ? UV_EINVAL : hvuv__sys_vsock_cid(cid);
}
