#include "machine/acpi.h"

#include <assert.h>
#include <string.h>

#include "machine/layout.h"
#include "machine/words.h"

/* Sizes in bytes. */
enum {
  RSDP_BYTES = 36,
  RSDP_BYTES_1 = 20, /* of ACPI 1.0: what the first checksum covers */
  HEADER_BYTES = 36,
  FACS_BYTES = 64,
  FADT_BYTES = 268, /* revision 5 */
  MADT_BYTES = HEADER_BYTES + 8 + 8 + 12 + 10,
  XSDT_BYTES = HEADER_BYTES + 2 * 8,
  ALIGNMENT = 64
};

/* Offsets in the FADT. */
enum {
  FADT_FIRMWARE_CTRL = 36,
  FADT_DSDT = 40,
  FADT_SCI_INT = 46,
  FADT_PM1A_EVENT = 56,
  FADT_PM1A_CONTROL = 64,
  FADT_PM1_EVENT_LEN = 88,
  FADT_PM1_CONTROL_LEN = 89,
  FADT_BOOT_ARCH = 109,
  FADT_FLAGS = 112,
  FADT_X_DSDT = 140
};

#define BOOT_ARCH_NO_VGA (1u << 2)
#define BOOT_ARCH_NO_RTC (1u << 5)
#define FLAG_WBINVD      (1u << 0)
#define FLAG_NO_POWER    (1u << 4) /* no fixed power button */
#define FLAG_NO_SLEEP    (1u << 5)
#define MADT_PCAT        1u
#define LEVEL_HIGH       0xdu /* flags of an interrupt override */

typedef struct space_s {
  uint8_t* to;
  size_t room;
  size_t used;
  uint64_t gpa;
} space_t;

/* Room for a table, zeroed; NULL and GPA 0 if there is none. */
static uint8_t* take(space_t* space, size_t bytes, uint64_t* gpa) {
  size_t at = (space->used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

  *gpa = 0;
  if (at > space->room || bytes > space->room - at)
    return NULL;
  space->used = at + bytes;
  *gpa = space->gpa + at;
  return memset(space->to + at, 0, bytes);
}

/* Makes the bytes' sum 0 by the one at `at`. */
static void make_checksum(uint8_t* table, size_t bytes, size_t at) {
  uint8_t sum = 0;
  size_t i;

  assert(at < bytes);
  table[at] = 0;
  for (i = 0; i < bytes; i++)
    sum = (uint8_t) (sum + table[i]);
  table[at] = (uint8_t) (0x100 - sum);
}

static void finish(uint8_t* table,
                   const char* name,
                   uint8_t revision,
                   size_t bytes) {
  assert(strlen(name) == 4 && bytes >= HEADER_BYTES);
  memcpy(table, name, 4);
  word_put(table + 4, bytes, 4);
  table[8] = revision;
  memcpy(table + 10, "HVUV  HVSOCK  ", 14);
  word_put(table + 24, 1, 4);
  memcpy(table + 28, "HVUV", 4);
  word_put(table + 32, 1, 4);
  make_checksum(table, bytes, 9);
}

static void fill_facs(uint8_t* facs) {
  memcpy(facs, "FACS", 4);
  word_put(facs + 4, FACS_BYTES, 4);
  facs[32] = 2; /* version */
}

static void fill_fadt(uint8_t* fadt, uint64_t facs, uint64_t dsdt) {
  word_put(fadt + FADT_FIRMWARE_CTRL, facs, 4);
  word_put(fadt + FADT_DSDT, dsdt, 4);
  word_put(fadt + FADT_SCI_INT, IRQ_SCI, 2);
  word_put(fadt + FADT_PM1A_EVENT, PORT_PM1_EVENT, 4);
  word_put(fadt + FADT_PM1A_CONTROL, PORT_PM1_CONTROL, 4);
  fadt[FADT_PM1_EVENT_LEN] = 4;
  fadt[FADT_PM1_CONTROL_LEN] = 2;
  word_put(fadt + FADT_BOOT_ARCH, BOOT_ARCH_NO_VGA | BOOT_ARCH_NO_RTC, 2);
  word_put(fadt + FADT_FLAGS, FLAG_WBINVD | FLAG_NO_POWER | FLAG_NO_SLEEP, 4);
  word_put(fadt + FADT_X_DSDT, dsdt, 8);
  finish(fadt, "FACP", 5, FADT_BYTES);
}

static void fill_madt(uint8_t* madt) {
  uint8_t* entry = madt + HEADER_BYTES + 8;

  word_put(madt + HEADER_BYTES, LAYOUT_LAPIC, 4);
  word_put(madt + HEADER_BYTES + 4, MADT_PCAT, 4);
  entry[0] = 0; /* processor 0 is LAPIC 0 */
  entry[1] = 8;
  entry[4] = 1; /* enabled */
  entry += 8;
  entry[0] = 1; /* IOAPIC 0, whose pins begin with line 0 */
  entry[1] = 12;
  word_put(entry + 4, LAYOUT_IOAPIC, 4);
  entry += 12;
  entry[0] = 2; /* ACPI's own interrupt is level-triggered */
  entry[1] = 10;
  entry[3] = IRQ_SCI;
  word_put(entry + 4, IRQ_SCI, 4);
  word_put(entry + 8, LEVEL_HIGH, 2);
  assert(entry + 10 == madt + MADT_BYTES);
  finish(madt, "APIC", 3, MADT_BYTES);
}

static void fill_rsdp(uint8_t* rsdp, uint64_t xsdt) {
  memcpy(rsdp, "RSD PTR ", 8);
  memcpy(rsdp + 9, "HVUV  ", 6);
  rsdp[15] = 2; /* revision */
  word_put(rsdp + 20, RSDP_BYTES, 4);
  word_put(rsdp + 24, xsdt, 8);
  make_checksum(rsdp, RSDP_BYTES_1, 8);
  make_checksum(rsdp, RSDP_BYTES, 32);
}

size_t acpi_build(uint8_t* to,
                  size_t room,
                  uint64_t gpa,
                  const uint8_t* dsdt,
                  size_t dsdt_bytes) {
  space_t space = {to, room, 0, gpa};
  uint64_t rsdp_at, dsdt_at, facs_at, fadt_at, madt_at, xsdt_at;
  uint8_t* rsdp = take(&space, RSDP_BYTES, &rsdp_at);
  uint8_t* code = take(&space, dsdt_bytes, &dsdt_at);
  uint8_t* facs = take(&space, FACS_BYTES, &facs_at);
  uint8_t* fadt = take(&space, FADT_BYTES, &fadt_at);
  uint8_t* madt = take(&space, MADT_BYTES, &madt_at);
  uint8_t* xsdt = take(&space, XSDT_BYTES, &xsdt_at);

  assert(dsdt_bytes >= HEADER_BYTES && memcmp(dsdt, "DSDT", 4) == 0);
  if (rsdp == NULL || code == NULL || facs == NULL || fadt == NULL ||
      madt == NULL || xsdt == NULL)
    return 0;
  assert(rsdp_at == gpa);
  memcpy(code, dsdt, dsdt_bytes);
  fill_facs(facs);
  fill_fadt(fadt, facs_at, dsdt_at);
  fill_madt(madt);
  word_put(xsdt + HEADER_BYTES, fadt_at, 8);
  word_put(xsdt + HEADER_BYTES + 8, madt_at, 8);
  finish(xsdt, "XSDT", 1, XSDT_BYTES);
  fill_rsdp(rsdp, xsdt_at);
  return space.used;
}
