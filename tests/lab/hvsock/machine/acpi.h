/*
 * ACPI's tables: what the guest's kernel wants in order to find its interrupt
 * controllers and the one device of this machine, the VMBus.
 *
 *   RSDP -> XSDT -> FADT -> DSDT (dsdt.asl, compiled by iasl): the VMBus, power off
 *                   FADT -> FACS
 *                -> MADT: one processor, the IOAPIC, two 8259s
 *
 * The machine is in ACPI mode from the start (no SMI command), without power button,
 * sleep button, VGA, clock and keyboard controller, so the kernel does not look for
 * these. Interrupt lines are the IOAPIC's pins of the same numbers.
 */
#ifndef HVSOCK_MACHINE_ACPI_H
#define HVSOCK_MACHINE_ACPI_H

#include <stddef.h>
#include <stdint.h>

/* Writes the tables to `to`, which is at `gpa` in the guest, the RSDP first. dsdt is a
 * whole table with its header. Returns the bytes used, or 0 if there is no room. */
size_t acpi_build(uint8_t* to,
                  size_t room,
                  uint64_t gpa,
                  const uint8_t* dsdt,
                  size_t dsdt_bytes);

#endif /* HVSOCK_MACHINE_ACPI_H */
