/* vsock addresses as Linux writes them. */
#include "fake_names.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "sys/vsock.h"

static int is_on_hyperv;

const char* const fake_own_name = "vsock://host:1024";
const char* const fake_peer_name = "vsock://local:1024";

void fake_vsock_name(enum fake_verb verb, uint32_t cid, uint32_t port) {
  struct sockaddr_vm vm;

  memset(&vm, 0, sizeof(vm));
  vm.svm_family = AF_VSOCK;
  vm.svm_cid = cid;
  vm.svm_port = port;
  fake_name(verb, &vm, sizeof(vm));
}

int fake_is_vsock_name(const struct sockaddr_storage* name,
                       uint32_t cid,
                       uint32_t port) {
  struct sockaddr_vm vm;

  memcpy(&vm, name, sizeof(vm));
  return vm.svm_family == AF_VSOCK && vm.svm_cid == cid && vm.svm_port == port;
}

void fake_vsock_on_hyperv(int yes) {
  is_on_hyperv = yes;
}

/* --- vsock.h ------------------------------------------------------------- */

int hvuv__sys_vsock_cid(uint32_t* cid) {
  *cid = is_on_hyperv ? VMADDR_CID_ANY : 3;
  return 0;
}

int hvuv__sys_vsock_is_hyperv(void) {
  return is_on_hyperv;
}
