#include "machine/interrupts.h"

#include <assert.h>
#include <string.h>

#include "machine/kvm.h"
#include "machine/layout.h"
#include "machine/synic.h"

#define ROUTES (PIC_PINS + IOAPIC_PINS + 1)
#define EOM    0x40000084u

int interrupts_create(int vm_fd) {
  const struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
  int err = KVM_DO(vm_fd, KVM_CREATE_IRQCHIP);

  return err == 0 ? KVM_ASK(vm_fd, KVM_CREATE_PIT2, &pit) : err;
}

static struct kvm_irq_routing_entry to_chip(uint32_t line,
                                            uint32_t chip,
                                            uint32_t pin) {
  return (struct kvm_irq_routing_entry){
      .gsi = line,
      .type = KVM_IRQ_ROUTING_IRQCHIP,
      .u.irqchip = {.irqchip = chip, .pin = pin}};
}

int interrupts_route(int vm_fd) {
  union {
    struct kvm_irq_routing table;
    uint8_t room[sizeof(struct kvm_irq_routing) +
                 ROUTES * sizeof(struct kvm_irq_routing_entry)];
  } u;
  struct kvm_irq_routing_entry* entry = u.table.entries;
  uint32_t i;

  memset(&u, 0, sizeof(u));
  for (i = 0; i < PIC_PINS; i++)
    *entry++ = to_chip(
        i, i < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, i % 8);
  for (i = 0; i < IOAPIC_PINS; i++)
    *entry++ = to_chip(i, KVM_IRQCHIP_IOAPIC, i);
  *entry++ = (struct kvm_irq_routing_entry){
      .gsi = IRQ_SINT,
      .type = KVM_IRQ_ROUTING_HV_SINT,
      .u.hv_sint = {.vcpu = 0, .sint = SYNIC_SINT}};
  u.table.nr = (uint32_t) (entry - u.table.entries);
  assert(u.table.nr == ROUTES);
  return KVM_ASK(vm_fd, KVM_SET_GSI_ROUTING, &u.table);
}

int interrupts_set(int vm_fd, uint32_t line, int level) {
  const struct kvm_irq_level request = {.irq = line, .level = (uint32_t) level};

  assert(line <= IRQ_SINT && (level == 0 || level == 1));
  return KVM_ASK(vm_fd, KVM_IRQ_LINE, &request);
}

int interrupts_exit_at_eom(int vm_fd) {
  const struct kvm_enable_cap exits = {.cap = KVM_CAP_X86_USER_SPACE_MSR,
                                       .args = {KVM_MSR_EXIT_REASON_FILTER}};
  uint8_t none_allowed = 0; /* a bit for each MSR of the range */
  struct kvm_msr_filter filter = {.flags = KVM_MSR_FILTER_DEFAULT_ALLOW};
  int err = KVM_ASK(vm_fd, KVM_ENABLE_CAP, &exits);

  filter.ranges[0].flags = KVM_MSR_FILTER_WRITE;
  filter.ranges[0].base = EOM;
  filter.ranges[0].nmsrs = 1;
  filter.ranges[0].bitmap = &none_allowed;
  return err == 0 ? KVM_ASK(vm_fd, KVM_X86_SET_MSR_FILTER, &filter) : err;
}
