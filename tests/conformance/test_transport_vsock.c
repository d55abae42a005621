/* The suite over `vsock`, on this machine's own CID.
 *
 * Binding to CID 1 is what tells whether that can be: without the module
 * vsock_loopback it fails. Nothing here may connect to any CID before; where
 * CID 1 is not this machine, a connect leaves it. */
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include <string.h>

#include "suite.h"

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

static void start(rig_t* rig) {
  hvuv_addr_parse("vsock://local:any", &rig->at);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  hvuv_addr_vsock(to, HVUV_CID_LOCAL, bound->u.vsock.port);
}

/* How loopback aborts and fills up is by reading virtio_transport_common.c: a
 * close with unread bytes is an ordinary end, and a full backlog resets. */
static const transport_t vsock = {
    .name = "vsock",
    .start = start,
    .target = target,
    .endings = {.clean = ENDS_EOF,
                .unread = ENDS_EOF,
                .reset = ENDS_EOF,
                .late = ENDS_EOF},
    .refused = UV_ECONNRESET,
    .aborted = UV_EOF,
    .client_has_name = 1,
};

int main(void) {
  if (!can_bind_to_this_machine()) {
    print_message("Skipped: no AF_VSOCK socket can be bound to CID 1 here. "
                  "Remedy: modprobe vsock_loopback (Linux 5.6 or later)\n");
    return 77;
  }
  return suite_run(&vsock);
}
