#include "machine/exits.h"

#include <assert.h>
#include <string.h>

#include "machine/journal.h"

#define MSR_EOM 0x40000084u

static machine_end_t end_of(ports_result_t result) {
  switch (result) {
    case PORTS_POWER_OFF:
      return MACHINE_POWERED_OFF;
    case PORTS_RESET:
      return MACHINE_RESET;
    default:
      return MACHINE_RUNS;
  }
}

/* `rep ins` and `rep outs` come as several accesses at once. */
static machine_end_t serve_io(exits_t* exits, struct kvm_run* run) {
  uint8_t* data = (uint8_t*) run + run->io.data_offset;
  const uint32_t size = run->io.size;
  machine_end_t end = MACHINE_RUNS;
  uint32_t i;

  exits->io++;
  assert(run->io.data_offset + (uint64_t) size * run->io.count <=
         exits->run_bytes);
  for (i = 0; i < run->io.count && end == MACHINE_RUNS; i++, data += size)
    if (run->io.direction == KVM_EXIT_IO_OUT)
      end = end_of(ports_write(exits->ports, run->io.port, data, size));
    else
      ports_read(exits->ports, run->io.port, data, size);
  return end;
}

static void serve_mmio(exits_t* exits, struct kvm_run* run) {
  exits->mmio++;
  if (!run->mmio.is_write)
    memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
}

static machine_end_t serve_hyperv(exits_t* exits,
                                  struct kvm_hyperv_exit* exit) {
  const guest_host_t* host = exits->calls->host;

  switch (exit->type) {
    case KVM_EXIT_HYPERV_SYNIC:
      exits->synic_writes++;
      synic_set(exits->synic,
                exit->u.synic.control,
                exit->u.synic.evt_page,
                exit->u.synic.msg_page);
      host->synic(host->context,
                  exit->u.synic.control,
                  exit->u.synic.evt_page,
                  exit->u.synic.msg_page);
      return MACHINE_RUNS;
    case KVM_EXIT_HYPERV_HCALL: {
      const uint64_t params[2] = {exit->u.hcall.params[0],
                                  exit->u.hcall.params[1]};

      exit->u.hcall.result =
          guest_calls_take(exits->calls, exit->u.hcall.input, params);
      return MACHINE_RUNS;
    }
    default:
      journal_line("an exit of Hyper-V's of the unknown type %u", exit->type);
      return MACHINE_BROKEN;
  }
}

static void serve_msr(exits_t* exits, struct kvm_run* run) {
  const guest_host_t* host = exits->calls->host;

  run->msr.error = run->msr.index != MSR_EOM;
  if (run->msr.error)
    return; /* the guest gets a #GP */
  exits->eoms++;
  if (synic_has_become_free(exits->synic))
    host->slot_free(host->context);
}

static machine_end_t serve_event(exits_t* exits, const struct kvm_run* run) {
  switch (run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
      return MACHINE_POWERED_OFF;
    case KVM_SYSTEM_EVENT_RESET:
      return MACHINE_RESET;
    case KVM_SYSTEM_EVENT_CRASH:
      journal_line("the guest's kernel reports a crash");
      exits->has_crashed = 1;
      return MACHINE_RUNS;
    default:
      journal_line("a system event of the unknown type %u",
                   run->system_event.type);
      return MACHINE_BROKEN;
  }
}

machine_end_t exits_serve(exits_t* exits, struct kvm_run* run) {
  switch (run->exit_reason) {
    case KVM_EXIT_IO:
      return serve_io(exits, run);
    case KVM_EXIT_MMIO:
      serve_mmio(exits, run);
      return MACHINE_RUNS;
    case KVM_EXIT_HYPERV:
      return serve_hyperv(exits, &run->hyperv);
    case KVM_EXIT_X86_WRMSR:
      serve_msr(exits, run);
      return MACHINE_RUNS;
    case KVM_EXIT_SYSTEM_EVENT:
      return serve_event(exits, run);
    case KVM_EXIT_SHUTDOWN:
      return MACHINE_RESET;
    case KVM_EXIT_INTERNAL_ERROR:
      journal_line("KVM could not go on: error %u", run->internal.suberror);
      return MACHINE_BROKEN;
    case KVM_EXIT_FAIL_ENTRY:
      journal_line("the processor refused to enter the guest: %#llx",
                   run->fail_entry.hardware_entry_failure_reason);
      return MACHINE_BROKEN;
    default:
      journal_line("an exit of the unknown kind %u", run->exit_reason);
      return MACHINE_BROKEN;
  }
}
