#include "machine/probe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <uv.h>

#define CAPABILITY(name)                                                       \
  { name, #name }

static const struct {
  int number;
  const char* name;
} wanted[] = {
    CAPABILITY(KVM_CAP_IRQCHIP),
    CAPABILITY(KVM_CAP_PIT2),
    CAPABILITY(KVM_CAP_IRQ_ROUTING),
    CAPABILITY(KVM_CAP_IMMEDIATE_EXIT),
    CAPABILITY(KVM_CAP_HYPERV),
    CAPABILITY(KVM_CAP_HYPERV_SYNIC2),
};

/* Returns how many are missing, with their names in `why`. */
static int count_missing(int kvm_fd, char* why, size_t why_bytes) {
  int missing = 0;
  size_t i, used;

  snprintf(why, why_bytes, "/dev/kvm lacks");
  for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
    if (ioctl(kvm_fd, KVM_CHECK_EXTENSION, wanted[i].number) > 0)
      continue;
    used = strlen(why);
    snprintf(why + used,
             why_bytes - used,
             "%s %s",
             missing > 0 ? "," : "",
             wanted[i].name);
    missing++;
  }
  return missing;
}

/* That a capability is listed is not yet that it works. */
static const char* fails_at(int vm_fd) {
  struct kvm_enable_cap synic = {.cap = KVM_CAP_HYPERV_SYNIC2};
  int vcpu_fd;
  const char* step = NULL;

  if (ioctl(vm_fd, KVM_CREATE_IRQCHIP) < 0)
    return "KVM_CREATE_IRQCHIP";
  vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
  if (vcpu_fd < 0)
    return "KVM_CREATE_VCPU";
  if (ioctl(vcpu_fd, KVM_ENABLE_CAP, &synic) < 0)
    step = "KVM_ENABLE_CAP(KVM_CAP_HYPERV_SYNIC2)";
  close(vcpu_fd);
  return step;
}

static int try_machine(int kvm_fd, char* why, size_t why_bytes) {
  int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
  const char* step = vm_fd < 0 ? "KVM_CREATE_VM" : fails_at(vm_fd);

  if (step != NULL)
    snprintf(why, why_bytes, "/dev/kvm: %s fails: %s", step, strerror(errno));
  if (vm_fd >= 0)
    close(vm_fd);
  return step == NULL ? 0 : UV_ENOTSUP;
}

int probe_open(char* why, size_t why_bytes) {
  int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  int err = UV_ENOTSUP;

  assert(why_bytes > 0);
  if (fd < 0) {
    snprintf(why, why_bytes, "/dev/kvm: %s", strerror(errno));
    return UV_ENOTSUP;
  }
  if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    snprintf(why, why_bytes, "/dev/kvm has another API version");
  else if (count_missing(fd, why, why_bytes) == 0)
    err = try_machine(fd, why, why_bytes);
  if (err == 0)
    return fd;
  close(fd);
  return err;
}

int probe_has_msr_exits(int kvm_fd) {
  return ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_USER_SPACE_MSR) > 0 &&
         ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_MSR_FILTER) > 0;
}
