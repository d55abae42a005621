#include "machine/vcpu.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/cpuid.h"
#include "machine/journal.h"
#include "machine/words.h"

#define CPUID_ENTRIES 128u

#define CR0_PROTECTED (1u << 0)
#define CR0_EXTENSION (1u << 4)
#define CR0_PAGING    (1u << 31)
#define CR4_PAE       (1u << 5)
#define EFER_LONG     (1u << 8 | 1u << 10) /* enabled, and active */
#define RFLAGS_FIXED  2u

#define MSR_MISC_ENABLE  0x1a0u
#define MSR_MTRR_DEFAULT 0x2ffu
#define FAST_STRINGS     1u
#define MTRR_WRITE_BACK  0x806u /* enabled, and all memory is of that type */

static void on_stop(int signum) {
  (void) signum;
}

/* Without SA_RESTART. */
static int catch_stop(void) {
  struct sigaction action;

  memset(&action, 0, sizeof(action));
  action.sa_handler = on_stop;
  return sigaction(SIGUSR1, &action, NULL) == 0 ? 0
                                                : uv_translate_sys_error(errno);
}

int vcpu_open(vcpu_t* vcpu, int kvm_fd, int vm_fd) {
  int bytes = KVM_DO(kvm_fd, KVM_GET_VCPU_MMAP_SIZE);
  void* run;

  vcpu->run = NULL;
  vcpu->run_bytes = 0;
  vcpu->fd = bytes < 0 ? bytes : KVM_DO(vm_fd, KVM_CREATE_VCPU);
  if (vcpu->fd < 0)
    return vcpu->fd;
  run = mmap(
      NULL, (size_t) bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
  if (run == MAP_FAILED)
    return UV_ENOMEM;
  vcpu->run = run;
  vcpu->run_bytes = (size_t) bytes;
  assert(vcpu->run_bytes >= sizeof(struct kvm_run));
  return catch_stop();
}

void vcpu_close(vcpu_t* vcpu) {
  if (vcpu->run != NULL)
    munmap(vcpu->run, vcpu->run_bytes);
  if (vcpu->fd >= 0)
    close(vcpu->fd);
  vcpu->run = NULL;
  vcpu->fd = -1;
}

int vcpu_enable_synic(vcpu_t* vcpu) {
  const struct kvm_enable_cap synic = {.cap = KVM_CAP_HYPERV_SYNIC2};

  return KVM_ASK(vcpu->fd, KVM_ENABLE_CAP, &synic);
}

static struct kvm_cpuid2* allocate_cpuid(uint32_t entries) {
  struct kvm_cpuid2* cpuid =
      calloc(1, sizeof(*cpuid) + entries * sizeof(cpuid->entries[0]));

  if (cpuid != NULL)
    cpuid->nent = entries;
  return cpuid;
}

int vcpu_set_cpuid(vcpu_t* vcpu, int kvm_fd) {
  struct kvm_cpuid2* from = allocate_cpuid(CPUID_ENTRIES);
  struct kvm_cpuid2* to = allocate_cpuid(CPUID_ENTRIES + CPUID_OWN);
  int err = from == NULL || to == NULL ? UV_ENOMEM : 0;

  if (err == 0)
    err = KVM_ASK(kvm_fd, KVM_GET_SUPPORTED_CPUID, from);
  if (err == 0) {
    assert(from->nent <= CPUID_ENTRIES);
    to->nent = cpuid_make(to->entries, from->entries, from->nent);
    err = KVM_ASK(vcpu->fd, KVM_SET_CPUID2, to);
  }
  free(from);
  free(to);
  return err;
}

static int set_msrs(vcpu_t* vcpu) {
  union {
    struct kvm_msrs msrs;
    uint8_t room[sizeof(struct kvm_msrs) + 2 * sizeof(struct kvm_msr_entry)];
  } u;
  int set;

  memset(&u, 0, sizeof(u));
  u.msrs.nmsrs = 2;
  u.msrs.entries[0].index = MSR_MISC_ENABLE;
  u.msrs.entries[0].data = FAST_STRINGS;
  u.msrs.entries[1].index = MSR_MTRR_DEFAULT;
  u.msrs.entries[1].data = MTRR_WRITE_BACK;
  set = KVM_ASK(vcpu->fd, KVM_SET_MSRS, &u.msrs);
  return set < 0 ? set : set == 2 ? 0 : UV_EINVAL;
}

/* 64-bit mode, everything mapped to itself, flat segments, no interrupts. */
int vcpu_set_registers(vcpu_t* vcpu, const boot_t* boot) {
  const struct kvm_regs regs = {
      .rip = boot->rip, .rsi = boot->rsi, .rflags = RFLAGS_FIXED};
  struct kvm_segment segment = {.limit = 0xffffffff,
                                .selector = boot->data,
                                .type = 3, /* data, written, accessed */
                                .present = 1,
                                .db = 1,
                                .s = 1,
                                .g = 1};
  struct kvm_sregs sregs;
  int err = KVM_ASK(vcpu->fd, KVM_GET_SREGS, &sregs);

  if (err < 0)
    return err;
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment;
  segment.selector = boot->code;
  segment.type = 11; /* code, read, accessed */
  segment.db = 0;
  segment.l = 1;
  sregs.cs = segment;
  sregs.gdt.base = boot->gdt;
  sregs.gdt.limit = boot->gdt_limit;
  sregs.cr3 = boot->cr3;
  sregs.cr4 = CR4_PAE;
  sregs.cr0 = CR0_PROTECTED | CR0_EXTENSION | CR0_PAGING;
  sregs.efer = EFER_LONG;
  err = KVM_ASK(vcpu->fd, KVM_SET_SREGS, &sregs);
  if (err == 0)
    err = KVM_ASK(vcpu->fd, KVM_SET_REGS, &regs);
  return err == 0 ? set_msrs(vcpu) : err;
}

static int is_stopping(const vcpu_t* vcpu) {
  return atomic_load(shared_8(&vcpu->run->immediate_exit)) != 0;
}

/* A signal of somebody else's stops nothing. */
int vcpu_run(vcpu_t* vcpu) {
  int err;

  do {
    if (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
      return 0;
    err = uv_translate_sys_error(errno);
  } while (err == UV_EAGAIN || (err == UV_EINTR && !is_stopping(vcpu)));
  if (err != UV_EINTR)
    journal_line("KVM_RUN failed: %s", uv_strerror(err));
  return err;
}

void vcpu_stop(vcpu_t* vcpu, uv_thread_t* thread) {
  atomic_store(shared_8(&vcpu->run->immediate_exit), 1);
  pthread_kill(*thread, SIGUSR1);
}

void vcpu_report(const vcpu_t* vcpu) {
  struct kvm_regs regs;
  struct kvm_sregs sregs;

  if (KVM_ASK(vcpu->fd, KVM_GET_REGS, &regs) == 0 &&
      KVM_ASK(vcpu->fd, KVM_GET_SREGS, &sregs) == 0)
    journal_line(
        "the processor is at rip %#llx, rsp %#llx, cr2 %#llx, cr3 %#llx",
        regs.rip,
        regs.rsp,
        sregs.cr2,
        sregs.cr3);
}
