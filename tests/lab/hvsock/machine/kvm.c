#include "machine/kvm.h"

#include <assert.h>
#include <errno.h>
#include <sys/ioctl.h>

#include <uv.h>

#include "machine/journal.h"

int kvm_ask(int fd, unsigned long request, void* arg, const char* name) {
  int result = ioctl(fd, request, arg);

  assert(fd >= 0);
  if (result >= 0)
    return result;
  result = uv_translate_sys_error(errno);
  journal_line("%s failed: %s", name, uv_strerror(result));
  return result;
}
