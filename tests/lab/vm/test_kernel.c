/*
 * What a real kernel's AF_VSOCK does, pinned: connects to CID 1, which is this
 * machine where the module vsock_loopback is, and to a guest that never
 * answers, which the module vhost_vsock can make. Seen on Linux 6.1.
 *
 * Runs in the virtual laboratory only (README.md), for an AF_VSOCK address
 * belongs to whatever hypervisor runs a machine. Files of this program:
 *
 *   test_kernel.c      main(), and whether to run at all
 *   kernel.h           what they share
 *   kernel_raw.c       ... and how it is done
 *   kernel_connect.c   how a connect ends, but for
 *   kernel_timeouts.c  those that nobody answers
 *   kernel_bind.c      ports, and who may have them
 *   kernel_names.c     who is who, in vsock:// and hyperv:// form, and adoption
 *   kernel_ends.c      shutdown, close, and death of either side
 *   kernel_dead.c      a death that a waiting write has to learn of
 *   kernel_dead_conn.c ... in the framework
 *   kernel_sizes.c     buffers, and many connections at once
 *   kernel_callers.c   many callers at once
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "kernel.h"

/* By bind() alone: where CID 1 is not this machine, a connect leaves it. */
static int can_bind_to_this_machine(void) {
  struct sockaddr_vm name;
  int fd;
  int r;

  fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1)
    return 0;
  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = HVUV_CID_LOCAL;
  name.svm_port = VMADDR_PORT_ANY;
  r = bind(fd, (struct sockaddr*) &name, sizeof(name));
  close(fd);
  return r == 0;
}

int main(void) {
  const char* in_vm;

  in_vm = getenv("HVUV_IN_VM");
  if (in_vm == NULL || strcmp(in_vm, "1") != 0) {
    print_message("Skipped: connects AF_VSOCK sockets to other CIDs, so it "
                  "runs in a virtual machine of its own only, where "
                  "HVUV_IN_VM=1 says so. Remedy: ./dev vm\n");
    return 77;
  }
  if (!can_bind_to_this_machine()) {
    print_message("Skipped: no AF_VSOCK socket can be bound to CID 1 here. "
                  "Remedy: modprobe vsock_loopback (Linux 5.6 or later)\n");
    return 77;
  }
  return kernel_connect() + kernel_timeouts() + kernel_bind() + kernel_names() +
         kernel_ends() + kernel_dead() + kernel_dead_conn() + kernel_sizes() +
         kernel_callers();
}
