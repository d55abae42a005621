#include "machine/boot.h"

#include <assert.h>
#include <string.h>

#include <uv.h>

#include "machine/bzimage.h"
#include "machine/layout.h"
#include "machine/words.h"

/* Fields of the zero page. */
enum {
  ACPI_RSDP_ADDR = 0x070,
  E820_ENTRIES = 0x1e8,
  TYPE_OF_LOADER = 0x210,
  RAMDISK_IMAGE = 0x218,
  RAMDISK_SIZE = 0x21c,
  CMD_LINE_PTR = 0x228,
  E820_TABLE = 0x2d0
};

enum e820_type { E820_RAM = 1, E820_ACPI = 3 };

#define E820_ENTRY_BYTES 20u
#define LOADER_UNKNOWN   0xffu

#define SELECTOR_CODE 0x10u
#define SELECTOR_DATA 0x18u
#define GDT_CODE_64   0x00af9b000000ffffull
#define GDT_DATA      0x00cf93000000ffffull
#define GDT_ENTRIES   ((size_t) 4)

#define TABLE_ENTRIES 512u
#define DIRECTORIES   4u /* of 1 GiB each */
#define PAGE_PRESENT  0x03u
#define PAGE_LARGE    0x83u
#define MIB_2         0x200000u

static int refuse(const char** why, const char* reason) {
  *why = reason;
  return UV_EINVAL;
}

static uint64_t round_up(uint64_t value, uint64_t to) {
  return (value + to - 1) / to * to;
}

/* --- The zero page --------------------------------------------------------- */

static void add_e820(uint8_t* zero,
                     uint64_t from,
                     uint64_t end,
                     enum e820_type type) {
  uint8_t* entry =
      zero + E820_TABLE + (size_t) zero[E820_ENTRIES] * E820_ENTRY_BYTES;

  assert(from < end && zero[E820_ENTRIES] < 128);
  word_put(entry, from, 8);
  word_put(entry + 8, end - from, 8);
  word_put(entry + 16, type, 4);
  zero[E820_ENTRIES]++;
}

static void make_zero_page(const ram_t* ram,
                           const bzimage_t* image,
                           const boot_files_t* files,
                           uint64_t initrd_at) {
  uint8_t* zero = ram_at(ram, LAYOUT_ZERO_PAGE, RAM_PAGE);

  assert(zero != NULL);
  memset(zero, 0, RAM_PAGE);
  memcpy(zero + BZIMAGE_HEADER_AT,
         files->kernel + BZIMAGE_HEADER_AT,
         image->header_bytes);
  zero[TYPE_OF_LOADER] = LOADER_UNKNOWN;
  word_put(zero + RAMDISK_IMAGE, initrd_at, 4);
  word_put(zero + RAMDISK_SIZE, files->initrd_bytes, 4);
  word_put(zero + CMD_LINE_PTR, LAYOUT_COMMAND_LINE, 4);
  word_put(zero + ACPI_RSDP_ADDR, LAYOUT_ACPI, 8);
  add_e820(zero, 0, LAYOUT_LOW_END, E820_RAM);
  add_e820(zero, LAYOUT_ACPI, LAYOUT_ACPI_END, E820_ACPI);
  add_e820(zero, LAYOUT_HIGH, ram->size, E820_RAM);
}

/* --- What the processor begins with ---------------------------------------- */

static void make_gdt(const ram_t* ram) {
  uint8_t* gdt = ram_at(ram, LAYOUT_GDT, GDT_ENTRIES * 8);

  assert(gdt != NULL);
  word_put(gdt + SELECTOR_CODE, GDT_CODE_64, 8);
  word_put(gdt + SELECTOR_DATA, GDT_DATA, 8);
}

static void make_page_tables(const ram_t* ram) {
  const uint64_t pdpt = LAYOUT_PAGE_TABLES + RAM_PAGE, first = pdpt + RAM_PAGE;
  uint8_t* tables =
      ram_at(ram, LAYOUT_PAGE_TABLES, (2 + DIRECTORIES) * RAM_PAGE);
  uint64_t i;

  assert(tables != NULL);
  word_put(tables, pdpt | PAGE_PRESENT, 8);
  for (i = 0; i < DIRECTORIES; i++)
    word_put(
        tables + RAM_PAGE + i * 8, (first + i * RAM_PAGE) | PAGE_PRESENT, 8);
  for (i = 0; i < (uint64_t) DIRECTORIES * TABLE_ENTRIES; i++)
    word_put(tables + 2 * RAM_PAGE + i * 8, i * MIB_2 | PAGE_LARGE, 8);
}

/* --- The files ------------------------------------------------------------- */

/* Behind the kernel: it moves and unpacks itself within init_bytes. */
static int place_initrd(const ram_t* ram,
                        const bzimage_t* image,
                        const boot_files_t* files,
                        uint64_t* at,
                        const char** why) {
  void* to;

  *at = round_up(image->load_at + image->init_bytes, MIB_2);
  to = ram_at(ram, *at, files->initrd_bytes);
  if (to == NULL)
    return refuse(why,
                  "the RAM disk does not fit into memory behind the kernel");
  if (files->initrd_bytes == 0 ||
      *at + files->initrd_bytes - 1 > image->initrd_last)
    return refuse(why, "the RAM disk is empty, or too large for the kernel");
  memcpy(to, files->initrd, files->initrd_bytes);
  return 0;
}

static int place_command_line(const ram_t* ram,
                              const bzimage_t* image,
                              const boot_files_t* files,
                              const char** why) {
  size_t len = strlen(files->command_line);
  void* to = ram_at(ram, LAYOUT_COMMAND_LINE, len + 1);

  if (len > image->command_line_bytes || to == NULL ||
      LAYOUT_COMMAND_LINE + len >= LAYOUT_LOW_END)
    return refuse(why, "the command line is longer than the kernel takes");
  memcpy(to, files->command_line, len + 1);
  return 0;
}

int boot_load(boot_t* boot,
              const ram_t* ram,
              const boot_files_t* files,
              const char** why) {
  bzimage_t image;
  uint64_t initrd_at;
  int err;

  assert(ram->size > LAYOUT_HIGH && ram->size <= LAYOUT_RAM_END_MAX);
  err = bzimage_parse(&image, files->kernel, files->kernel_bytes, why);
  if (err != 0)
    return err;
  if (ram_at(ram, image.load_at, image.init_bytes) == NULL)
    return refuse(why, "the kernel needs more memory");
  memcpy(ram_at(ram, image.load_at, image.payload_bytes),
         files->kernel + image.payload_at,
         image.payload_bytes);
  err = place_initrd(ram, &image, files, &initrd_at, why);
  if (err == 0)
    err = place_command_line(ram, &image, files, why);
  if (err != 0)
    return err;
  make_zero_page(ram, &image, files, initrd_at);
  make_gdt(ram);
  make_page_tables(ram);
  *boot = (boot_t){.rip = image.load_at + BZIMAGE_ENTRY_64,
                   .rsi = LAYOUT_ZERO_PAGE,
                   .cr3 = LAYOUT_PAGE_TABLES,
                   .gdt = LAYOUT_GDT,
                   .gdt_limit = GDT_ENTRIES * 8 - 1,
                   .code = SELECTOR_CODE,
                   .data = SELECTOR_DATA};
  return 0;
}
