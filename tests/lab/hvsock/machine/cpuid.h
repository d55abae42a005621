/*
 * What CPUID shows to the guest: what KVM supports, as one processor, with
 * Hyper-V's leaves in place of KVM's own.
 *
 * - Leaves 0x4000xxxx of KVM go: Linux takes the hypervisor with the highest base.
 * - Leaves 0x40000000 to 0x40000005 say "Microsoft Hv". Privileges: VP runtime and
 *   index, reference counter and TSC page, SynIC, APIC registers, hypercalls, frequencies;
 *   no synthetic timers, whose messages would come into the VMBus's slot at KVM's own
 *   times; no partition id, which KVM has no hypercall for. The leaves up to 0x4000000c
 *   and 0x40000080 to 82 are zeros on purpose: on Intel one that is missing
 *   reads as the highest basic leaf.
 * - AVX and the rest of XSAVE's states go: nothing here needs them, and under
 *   emulation Linux finds their sizes inconsistent.
 */
#ifndef HVSOCK_MACHINE_CPUID_H
#define HVSOCK_MACHINE_CPUID_H

#include <stdint.h>

#include <linux/kvm.h>

/* Entries that this file adds at most. */
#define CPUID_OWN 16u

/* Writes the guest's entries to `to`, which has room for count + CPUID_OWN of them.
 * Returns how many there are. */
uint32_t cpuid_make(struct kvm_cpuid_entry2* to,
                    const struct kvm_cpuid_entry2* from,
                    uint32_t count);

#endif /* HVSOCK_MACHINE_CPUID_H */
