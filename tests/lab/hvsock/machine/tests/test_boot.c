/* A kernel's file as it is read, and what the boot protocol puts into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "machine/boot.h"
#include "machine/bzimage.h"
#include "machine/words.h"

#define MIB        0x100000ull
#define LOAD_AT    (16 * MIB)
#define INIT_SIZE  (4 * MIB)
#define FILE_BYTES ((size_t) 5 * 512 + 3000)

static uint8_t kernel[FILE_BYTES];
static const uint8_t initrd[] = "a RAM disk";
static ram_t ram;
static boot_files_t files;
static const char* why;

/* As Debian's kernels are, but for the sizes. */
static void make_kernel(void) {
  memset(kernel, 0x90, sizeof(kernel));
  memset(kernel + 0x1f1, 0, 0x27c - 0x1f1);
  kernel[0x1f1] = 4;
  word_put(kernel + 0x1fe, 0xaa55, 2);
  kernel[0x201] = 0x6a; /* the header ends at 0x26c */
  memcpy(kernel + 0x202, "HdrS", 4);
  word_put(kernel + 0x206, 0x20f, 2);
  kernel[0x211] = 1;
  word_put(kernel + 0x22c, 0x7fffffff, 4);
  word_put(kernel + 0x230, 2 * MIB, 4);
  word_put(kernel + 0x236, 0x7f, 2);
  word_put(kernel + 0x238, 2047, 4);
  word_put(kernel + 0x258, LOAD_AT, 8);
  word_put(kernel + 0x260, INIT_SIZE, 4);
}

static int up(void** state) {
  (void) state;
  make_kernel();
  files = (boot_files_t){
      kernel, sizeof(kernel), initrd, sizeof(initrd), "console=ttyS0"};
  why = NULL;
  return ram_open(&ram, 64 * MIB);
}

static int down(void** state) {
  (void) state;
  ram_close(&ram);
  return 0;
}

static void a_good_header_is_read(void** state) {
  bzimage_t image;

  (void) state;
  assert_int_equal(bzimage_parse(&image, kernel, sizeof(kernel), &why), 0);
  assert_int_equal(image.header_bytes, 0x26c - 0x1f1);
  assert_int_equal(image.payload_at, 5 * 512);
  assert_int_equal(image.payload_bytes, 3000);
  assert_int_equal(image.load_at, LOAD_AT);
  assert_int_equal(image.init_bytes, INIT_SIZE);
  assert_int_equal(image.command_line_bytes, 2047);
}

static void no_sectors_mean_four(void** state) {
  bzimage_t image;

  (void) state;
  kernel[0x1f1] = 0;
  assert_int_equal(bzimage_parse(&image, kernel, sizeof(kernel), &why), 0);
  assert_int_equal(image.payload_at, 5 * 512);
}

static void what_is_no_kernel_of_64_bits_is_refused_with_a_reason(
    void** state) {
  static const struct {
    size_t at, bytes;
    uint64_t value;
    const char* reason;
  } rows[] = {
      {0x1fe, 2, 0, "it is no bzImage"},
      {0x202, 4, 0, "it is no bzImage"},
      {0x206, 2, 0x20b, "its boot protocol is older than 2.12"},
      {0x211, 1, 0, "it has no 64-bit entry"},
      {0x236, 2, 0x7e, "it has no 64-bit entry"},
      {0x201, 1, 0x10, "its setup header is too short"},
      {0x1f1, 1, 0xff, "it has a header and no kernel behind it"},
      {0x1f1, 1, 9, "it has a header and no kernel behind it"},
      {0x258, 8, 0x1234, "it prefers an address below 1 MiB, or an odd one"},
      {0x258, 8, 0, "it prefers an address below 1 MiB, or an odd one"},
      {0x258,
       8,
       0xffffffffffe00000,
       "it wants more memory than this machine can have"},
      {0x260, 4, 0xffffffff, "it wants more memory than this machine can have"},
      {0x260, 4, 2999, "it is larger than it claims to need"},
  };
  bzimage_t image;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    make_kernel();
    word_put(kernel + rows[i].at, rows[i].value, rows[i].bytes);
    assert_int_equal(bzimage_parse(&image, kernel, sizeof(kernel), &why),
                     UV_EINVAL);
    assert_string_equal(why, rows[i].reason);
  }
}

static void a_file_that_is_cut_off_anywhere_is_refused_or_smaller(
    void** state) {
  bzimage_t image;
  size_t len;

  (void) state;
  for (len = 0; len < sizeof(kernel); len++) {
    if (bzimage_parse(&image, kernel, len, &why) == 0)
      assert_int_equal(image.payload_at + image.payload_bytes, len);
    else
      assert_true(len <= 5 * 512 + 0x200);
  }
}

static void all_is_placed_as_the_protocol_wants_it(void** state) {
  boot_t boot;
  const uint8_t* zero = ram.base + 0x7000;
  uint32_t at;

  (void) state;
  assert_int_equal(boot_load(&boot, &ram, &files, &why), 0);
  assert_int_equal(boot.rip, LOAD_AT + 0x200);
  assert_int_equal(boot.rsi, 0x7000);
  assert_memory_equal(ram.base + LOAD_AT, kernel + (size_t) 5 * 512, 3000);
  assert_memory_equal(zero + 0x202, "HdrS", 4);
  assert_int_equal(zero[0x210], 0xff);
  at = word_32(zero + 0x218);
  assert_true(at >= LOAD_AT + INIT_SIZE && at % (2 * MIB) == 0);
  assert_int_equal(word_32(zero + 0x21c), sizeof(initrd));
  assert_memory_equal(ram.base + at, initrd, sizeof(initrd));
  assert_string_equal((char*) ram.base + word_32(zero + 0x228),
                      "console=ttyS0");
  assert_int_equal(word_64(zero + 0x70), 0xe0000);
}

static void the_map_of_memory_has_no_overlaps_and_ends_with_ram(void** state) {
  boot_t boot;
  const uint8_t* zero = ram.base + 0x7000;
  uint64_t end = 0;
  uint8_t i;

  (void) state;
  assert_int_equal(boot_load(&boot, &ram, &files, &why), 0);
  assert_int_equal(zero[0x1e8], 3);
  for (i = 0; i < zero[0x1e8]; i++) {
    const uint8_t* entry = zero + 0x2d0 + (size_t) i * 20;

    assert_true(word_64(entry) >= end);
    end = word_64(entry) + word_64(entry + 8);
  }
  assert_int_equal(end, ram.size);
}

/* By the tables, address by address. */
static void the_first_4_gib_are_mapped_to_themselves(void** state) {
  boot_t boot;
  uint64_t address;

  (void) state;
  assert_int_equal(boot_load(&boot, &ram, &files, &why), 0);
  for (address = 0; address < 1ull << 32; address += 2 * MIB) {
    uint64_t entry = word_64(ram.base + boot.cr3);

    assert_int_equal(entry & 0xfff, 3);
    entry = word_64(ram.base + (entry & ~0xfffull) + (address >> 30) * 8);
    assert_int_equal(entry & 0xfff, 3);
    entry = word_64(ram.base + (entry & ~0xfffull) + (address >> 21) % 512 * 8);
    assert_int_equal(entry, address | 0x83);
  }
}

static void what_does_not_fit_is_refused_with_a_reason(void** state) {
  static char line[2049];
  boot_t boot;

  (void) state;
  memset(line, 'x', sizeof(line) - 1);
  files.command_line = line;
  assert_int_equal(boot_load(&boot, &ram, &files, &why), UV_EINVAL);
  assert_string_equal(why, "the command line is longer than the kernel takes");
  files.command_line = "";
  word_put(kernel + 0x260, 64 * MIB, 4);
  assert_int_equal(boot_load(&boot, &ram, &files, &why), UV_EINVAL);
  assert_string_equal(why, "the kernel needs more memory");
  word_put(kernel + 0x260, 48 * MIB, 4);
  assert_int_equal(boot_load(&boot, &ram, &files, &why), UV_EINVAL);
  assert_string_equal(
      why, "the RAM disk does not fit into memory behind the kernel");
  word_put(kernel + 0x260, INIT_SIZE, 4);
  word_put(kernel + 0x22c, LOAD_AT + INIT_SIZE, 4);
  assert_int_equal(boot_load(&boot, &ram, &files, &why), UV_EINVAL);
  assert_string_equal(why,
                      "the RAM disk is empty, or too large for the kernel");
}

static void memory_ends_where_it_ends(void** state) {
  (void) state;
  assert_ptr_equal(ram_at(&ram, 0, 0), ram.base);
  assert_ptr_equal(ram_at(&ram, ram.size - 1, 1), ram.base + ram.size - 1);
  assert_non_null(ram_at(&ram, 0, ram.size));
  assert_null(ram_at(&ram, ram.size - 1, 2));
  assert_null(ram_at(&ram, ram.size + 1, 0));
  assert_null(ram_at(&ram, 1, SIZE_MAX));
  assert_null(ram_at(&ram, UINT64_MAX, 1));
  assert_null(ram_at(&ram, UINT64_MAX, SIZE_MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_good_header_is_read),
      TEST(no_sectors_mean_four),
      TEST(what_is_no_kernel_of_64_bits_is_refused_with_a_reason),
      TEST(a_file_that_is_cut_off_anywhere_is_refused_or_smaller),
      TEST(all_is_placed_as_the_protocol_wants_it),
      TEST(the_map_of_memory_has_no_overlaps_and_ends_with_ram),
      TEST(the_first_4_gib_are_mapped_to_themselves),
      TEST(what_does_not_fit_is_refused_with_a_reason),
      TEST(memory_ends_where_it_ends),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
