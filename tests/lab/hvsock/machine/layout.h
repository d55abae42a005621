/* Where what lies in the guest's memory, before its kernel takes over.
 *
 *   0x00007000  zero page: what the boot protocol hands to the kernel
 *   0x00008000  GDT
 *   0x00009000  page tables: PML4, PDPT, four directories of 2 MiB pages
 *   0x00020000  command line
 *   0x0009f000  .. 0x000e0000: nothing
 *   0x000e0000  ACPI tables, the RSDP first, up to 0x00100000
 *   the kernel's preferred address (0x01000000), for its init_size
 *   the initial RAM disk, 2 MiB-aligned behind it
 *   the end of RAM, at most 3 GiB
 *   0xfec00000  IOAPIC    0xfee00000  LAPIC      both KVM's
 *   0xfffbc000  four pages that KVM on Intel takes for itself
 *
 * Ports: 0x2f8 and 0x3f8 are serial ports, 0x600 and 0x604 the two registers that ACPI
 * wants (ports.h). Interrupt lines 0 to 23 are the IOAPIC's pins; line 24 is the SINT. */
#ifndef HVSOCK_MACHINE_LAYOUT_H
#define HVSOCK_MACHINE_LAYOUT_H

#define LAYOUT_ZERO_PAGE    0x7000u
#define LAYOUT_GDT          0x8000u
#define LAYOUT_PAGE_TABLES  0x9000u
#define LAYOUT_COMMAND_LINE 0x20000u
#define LAYOUT_LOW_END      0x9f000u
#define LAYOUT_ACPI         0xe0000u
#define LAYOUT_ACPI_END     0x100000u
#define LAYOUT_HIGH         0x100000u
#define LAYOUT_RAM_END_MAX  0xc0000000u
#define LAYOUT_IOAPIC       0xfec00000u
#define LAYOUT_LAPIC        0xfee00000u
#define LAYOUT_IDENTITY_MAP 0xfffbc000u
#define LAYOUT_TSS          0xfffbd000u

#define PORT_SERIAL_1    0x3f8u
#define PORT_SERIAL_2    0x2f8u
#define PORT_PM1_EVENT   0x600u
#define PORT_PM1_CONTROL 0x604u

#define IRQ_SERIAL_1 4u
#define IRQ_SERIAL_2 3u
#define IRQ_SCI      9u
#define IRQ_SINT     24u /* no pin: KVM's route to the SINT */
#define IOAPIC_PINS  24u
#define PIC_PINS     16u

#endif /* HVSOCK_MACHINE_LAYOUT_H */
