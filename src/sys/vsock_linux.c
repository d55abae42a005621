/* What vsock is carried by, as Linux says it. */
#include "sys/vsock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <linux/vm_sockets.h>

static uv_once_t asked = UV_ONCE_INIT;
static int is_hyperv;

int hvuv__sys_vsock_cid(uint32_t* cid) {
  unsigned int value = VMADDR_CID_ANY;
  int err;
  int fd;

  assert(cid != NULL);
  fd = open("/dev/vsock", O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    return uv_translate_sys_error(errno);

  err = 0;
  if (ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &value) != 0)
    err = uv_translate_sys_error(errno);
  close(fd);
  if (err == 0)
    *cid = value;
  return err;
}

static void ask(void) {
  uint32_t cid = 0;

  is_hyperv = hvuv__sys_vsock_cid(&cid) == 0 && cid == VMADDR_CID_ANY;
}

int hvuv__sys_vsock_is_hyperv(void) {
  uv_once(&asked, ask);
  return is_hyperv;
}
