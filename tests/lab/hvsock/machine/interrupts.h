/*
 * The interrupt controllers, KVM's own, and what leads to them: lines 0 to 23 are the
 * IOAPIC's pins, the first 16 of them the two 8259s' as well, and line 24 is SINT 2 of
 * the processor. KVM wants the whole table at once, when SynIC has been enabled.
 *
 * An EOM is made an exit by a filter on its MSR. KVM's own work at an EOM is about
 * synthetic timers and resample descriptors, of which there are none here.
 */
#ifndef HVSOCK_MACHINE_INTERRUPTS_H
#define HVSOCK_MACHINE_INTERRUPTS_H

#include <stdint.h>

/* All return 0 or a negative code that is in the journal. */
int interrupts_create(int vm_fd); /* before the processor */
int interrupts_route(int vm_fd);  /* after its SynIC */
int interrupts_set(int vm_fd, uint32_t line, int level);
int interrupts_exit_at_eom(int vm_fd);

#endif /* HVSOCK_MACHINE_INTERRUPTS_H */
