#include "machine/machine.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "machine/acpi.h"
#include "machine/interrupts.h"
#include "machine/journal.h"
#include "machine/layout.h"
#include "machine/probe.h"

#ifdef NDEBUG
#define check(machine) ((void) 0)
#else
static void check(const machine_t* m) {
  assert(m->vm_fd >= 0 && m->vcpu.fd >= 0 && m->vcpu.run != NULL);
  assert(m->ram.base != NULL && m->ram.size <= LAYOUT_RAM_END_MAX);
  assert(m->calls.ram == &m->ram && m->calls.host == &m->host);
  assert(m->end >= MACHINE_RUNS && m->end <= MACHINE_BROKEN);
}
#endif

/* --- What its parts call --------------------------------------------------- */

static void put_1(void* context, uint8_t byte) {
  machine_t* m = context;

  console_put(&m->consoles[0], byte);
}

static void put_2(void* context, uint8_t byte) {
  machine_t* m = context;

  console_put(&m->consoles[1], byte);
}

/* A failure is in the journal, and the guest sees a port that never has room. */
static void set_irq_1(void* context, int level) {
  (void) interrupts_set(((machine_t*) context)->vm_fd, IRQ_SERIAL_1, level);
}

static void set_irq_2(void* context, int level) {
  (void) interrupts_set(((machine_t*) context)->vm_fd, IRQ_SERIAL_2, level);
}

static int raise_sint(void* context) {
  int result = interrupts_set(((machine_t*) context)->vm_fd, IRQ_SINT, 1);

  return result < 0 ? result : 0;
}

/* --- Opening --------------------------------------------------------------- */

static void join_parts(machine_t* m, const machine_options_t* options) {
  size_t i;

  m->ports.serial[0] =
      (serial_t){.context = m, .put = put_1, .set_irq = set_irq_1};
  m->ports.serial[1] =
      (serial_t){.context = m, .put = put_2, .set_irq = set_irq_2};
  for (i = 0; i < 2; i++)
    console_open(&m->consoles[i], options->console_fds[i]);
  m->calls.ram = &m->ram;
  m->calls.host = &m->host;
  m->exits.ports = &m->ports;
  m->exits.synic = &m->synic;
  m->exits.calls = &m->calls;
}

static int add_ram(machine_t* m, uint64_t bytes) {
  struct kvm_userspace_memory_region region = {.memory_size = bytes};
  int err = ram_open(&m->ram, bytes);

  if (err != 0)
    return err;
  region.userspace_addr = (uintptr_t) m->ram.base;
  return KVM_ASK(m->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Pages that Intel's KVM needs in order to begin in real mode. */
static int place_kvm_pages(const machine_t* m) {
  const uint64_t identity_map = LAYOUT_IDENTITY_MAP;
  int err = KVM_ASK(m->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);

  return err == 0 ? KVM_ASK(m->vm_fd, KVM_SET_TSS_ADDR, (uintptr_t) LAYOUT_TSS)
                  : err;
}

static int add_processor(machine_t* m, int kvm_fd) {
  int err = interrupts_create(m->vm_fd);

  if (err == 0)
    err = vcpu_open(&m->vcpu, kvm_fd, m->vm_fd);
  if (err == 0)
    err = vcpu_enable_synic(&m->vcpu);
  if (err == 0)
    err = vcpu_set_cpuid(&m->vcpu, kvm_fd);
  if (err == 0)
    err = interrupts_route(m->vm_fd);
  m->has_eom_exits = err == 0 && probe_has_msr_exits(kvm_fd);
  if (m->has_eom_exits)
    err = interrupts_exit_at_eom(m->vm_fd);
  m->exits.run_bytes = m->vcpu.run_bytes;
  return err;
}

static void close_kvm(machine_t* m) {
  vcpu_close(&m->vcpu);
  if (m->vm_fd >= 0)
    close(m->vm_fd);
  m->vm_fd = -1;
  ram_close(&m->ram);
}

int machine_open(machine_t* m, int kvm_fd, const machine_options_t* options) {
  int err;

  assert(options->ram_bytes <= LAYOUT_RAM_END_MAX);
  memset(m, 0, sizeof(*m));
  m->vcpu.fd = -1;
  join_parts(m, options);
  m->vm_fd = KVM_DO(kvm_fd, KVM_CREATE_VM);
  err = m->vm_fd < 0 ? m->vm_fd : place_kvm_pages(m);
  if (err == 0)
    err = add_ram(m, options->ram_bytes);
  if (err == 0)
    err = add_processor(m, kvm_fd);
  if (err == 0)
    err = synic_open(&m->synic, &m->ram, raise_sint, m);
  if (err == 0) {
    check(m);
    return 0;
  }
  journal_line("the machine cannot be made: %s", uv_strerror(err));
  close_kvm(m);
  return err;
}

void machine_close(machine_t* m) {
  check(m);
  synic_close(&m->synic);
  close_kvm(m);
}

int machine_load(machine_t* m,
                 const boot_files_t* files,
                 const uint8_t* dsdt,
                 size_t dsdt_bytes) {
  const char* why = NULL;
  const size_t room = LAYOUT_ACPI_END - LAYOUT_ACPI;
  boot_t boot;
  int err;

  check(m);
  err = boot_load(&boot, &m->ram, files, &why);
  if (err != 0) {
    journal_line("the kernel cannot be loaded: %s", why);
    return err;
  }
  if (acpi_build(ram_at(&m->ram, LAYOUT_ACPI, room),
                 room,
                 LAYOUT_ACPI,
                 dsdt,
                 dsdt_bytes) == 0) {
    journal_line("ACPI's tables have no room");
    return UV_ENOSPC;
  }
  return vcpu_set_registers(&m->vcpu, &boot);
}

/* --- Running --------------------------------------------------------------- */

static void run(void* arg) {
  machine_t* m = arg;
  int err;

  check(m);
  while (m->end == MACHINE_RUNS) {
    err = vcpu_run(&m->vcpu);
    if (err == 0)
      m->end = exits_serve(&m->exits, m->vcpu.run);
    else
      m->end = err == UV_EINTR ? MACHINE_STOPPED : MACHINE_BROKEN;
  }
  if (m->end != MACHINE_POWERED_OFF)
    vcpu_report(&m->vcpu);
  console_flush(&m->consoles[0]);
  console_flush(&m->consoles[1]);
  m->on_end(m->on_end_context);
}

int machine_start(machine_t* m,
                  const guest_host_t* host,
                  void (*on_end)(void* context),
                  void* context) {
  check(m);
  assert(m->end == MACHINE_RUNS);
  m->host = *host;
  m->on_end = on_end;
  m->on_end_context = context;
  return uv_thread_create(&m->thread, run, m);
}

void machine_stop(machine_t* m) {
  vcpu_stop(&m->vcpu, &m->thread);
}

machine_end_t machine_join(machine_t* m) {
  uv_thread_join(&m->thread);
  check(m);
  assert(m->end != MACHINE_RUNS);
  return m->end;
}

void machine_look(machine_t* m) {
  if (!synic_has_become_free(&m->synic))
    return;
  m->found_late++;
  m->host.slot_free(m->host.context);
}

void machine_report(const machine_t* m) {
  const exits_t* x = &m->exits;
  const synic_t* s = &m->synic;

  journal_line("exits: %llu I/O, %llu MMIO, %llu SynIC, %llu EOM%s",
               (unsigned long long) x->io,
               (unsigned long long) x->mmio,
               (unsigned long long) x->synic_writes,
               (unsigned long long) x->eoms,
               m->has_eom_exits ? "" : " (KVM does not show them)");
  journal_line("hypercalls: %llu messages, %llu signals, %llu refused",
               (unsigned long long) m->calls.posts,
               (unsigned long long) m->calls.signals,
               (unsigned long long) m->calls.refused);
  journal_line("to the guest: %llu messages, %llu times the slot was taken, "
               "%llu found free late; %llu flags, %llu of them set already; "
               "%llu interrupts refused",
               (unsigned long long) s->posted,
               (unsigned long long) s->found_taken,
               (unsigned long long) m->found_late,
               (unsigned long long) s->flagged,
               (unsigned long long) s->flagged_again,
               (unsigned long long) s->not_raised);
  journal_line("serial ports: %llu and %llu bytes, %llu lost",
               (unsigned long long) m->consoles[0].bytes,
               (unsigned long long) m->consoles[1].bytes,
               (unsigned long long) m->consoles[0].lost +
                   (unsigned long long) m->consoles[1].lost);
}

/* --- For the host side ----------------------------------------------------- */

void* machine_at(void* context, uint64_t gpa, size_t len) {
  return ram_at(&((machine_t*) context)->ram, gpa, len);
}

int machine_post(void* context,
                 uint32_t type,
                 const void* payload,
                 size_t len) {
  return synic_post(&((machine_t*) context)->synic, type, payload, len);
}

void machine_flag(void* context, uint32_t flag) {
  synic_flag(&((machine_t*) context)->synic, flag);
}
