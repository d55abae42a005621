/*
 * A Linux kernel in the guest's memory, ready to run: the 64-bit boot protocol.
 *
 * The kernel's payload and the RAM disk are copied in, the zero page gets the setup
 * header with what a boot loader fills in, the map of memory (e820) and where ACPI's
 * RSDP is; a GDT and page tables that map the first 4 GiB to themselves are made. The
 * processor then begins at boot_t.rip with rsi at the zero page. layout.h has the map.
 */
#ifndef HVSOCK_MACHINE_BOOT_H
#define HVSOCK_MACHINE_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "machine/ram.h"

typedef struct boot_files_s {
  const uint8_t* kernel;
  size_t kernel_bytes;
  const uint8_t* initrd;
  size_t initrd_bytes;
  const char* command_line;
} boot_files_t;

typedef struct boot_s {
  uint64_t rip;
  uint64_t rsi; /* the zero page */
  uint64_t cr3;
  uint64_t gdt;
  uint16_t gdt_limit;
  uint16_t code; /* selectors */
  uint16_t data;
} boot_t;

/* Loads all but ACPI's tables. Returns 0, or UV_EINVAL with the reason in *why. */
int boot_load(boot_t* boot,
              const ram_t* ram,
              const boot_files_t* files,
              const char** why);

#endif /* HVSOCK_MACHINE_BOOT_H */
