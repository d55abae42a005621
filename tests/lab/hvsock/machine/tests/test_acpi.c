/* ACPI's tables: found from each other, with sums of 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "machine/acpi.h"
#include "machine/words.h"
#include "support/between.h"

#define GPA       0xe0000u
#define ROOM      4096u
#define CODE_SIZE 50u

static uint8_t space[ROOM];
static uint8_t dsdt[CODE_SIZE];

static uint8_t sum(const uint8_t* from, size_t bytes) {
  uint8_t result = 0;

  while (bytes-- > 0)
    result = (uint8_t) (result + *from++);
  return result;
}

/* A table that has to be there, and whole. */
static const uint8_t* table(uint64_t gpa, const char* name) {
  const uint8_t* at;

  assert_between(gpa, GPA, GPA + ROOM - 36);
  at = space + (gpa - GPA);
  assert_memory_equal(at, name, 4);
  assert_true(gpa - GPA + word_32(at + 4) <= ROOM);
  assert_int_equal(sum(at, word_32(at + 4)), 0);
  return at;
}

static int build(void** state) {
  (void) state;
  memset(space, 0xaa, sizeof(space));
  memset(dsdt, 0x5a, sizeof(dsdt));
  memcpy(dsdt, "DSDT", 4);
  word_put(dsdt + 4, CODE_SIZE, 4);
  dsdt[9] = 0;
  dsdt[9] = (uint8_t) (0x100 - sum(dsdt, CODE_SIZE));
  return acpi_build(space, ROOM, GPA, dsdt, CODE_SIZE) == 0;
}

static void the_root_has_two_good_sums(void** state) {
  (void) state;
  assert_memory_equal(space, "RSD PTR ", 8);
  assert_int_equal(space[15], 2);
  assert_int_equal(word_32(space + 20), 36);
  assert_int_equal(sum(space, 20), 0);
  assert_int_equal(sum(space, 36), 0);
}

static void all_tables_are_found_from_the_root(void** state) {
  const uint8_t* xsdt = table(word_64(space + 24), "XSDT");
  const uint8_t* fadt = table(word_64(xsdt + 36), "FACP");
  const uint8_t* madt = table(word_64(xsdt + 44), "APIC");

  (void) state;
  assert_int_equal(word_32(xsdt + 4), 52);
  assert_int_equal(word_32(fadt + 4), 268);
  assert_int_equal(word_32(fadt + 40), word_64(fadt + 140));
  assert_memory_equal(table(word_64(fadt + 140), "DSDT"), dsdt, CODE_SIZE);
  assert_memory_equal(space + (word_32(fadt + 36) - GPA), "FACS", 4);
  assert_int_equal(word_32(madt + 36), 0xfee00000);
}

/* Each entry has its own length, and the last one ends where the table does. */
static void the_interrupt_controllers_are_listed(void** state) {
  const uint8_t* xsdt = table(word_64(space + 24), "XSDT");
  const uint8_t* madt = table(word_64(xsdt + 44), "APIC");
  const uint8_t* entry = madt + 44;
  const uint8_t* end = madt + word_32(madt + 4);
  int kinds[3] = {0};

  (void) state;
  while (entry < end) {
    assert_between(entry[0], 0, 2);
    assert_between(entry[1], 8, 12);
    kinds[entry[0]]++;
    entry += entry[1];
  }
  assert_ptr_equal(entry, end);
  assert_int_equal(kinds[0], 1);
  assert_int_equal(kinds[1], 1);
  assert_int_equal(kinds[2], 1);
}

static void without_room_nothing_is_written_behind_it(void** state) {
  size_t room, used = acpi_build(space, ROOM, GPA, dsdt, CODE_SIZE);

  (void) state;
  for (room = 0; room < used; room++) {
    memset(space, 0xaa, sizeof(space));
    assert_int_equal(acpi_build(space, room, GPA, dsdt, CODE_SIZE), 0);
    assert_int_equal(space[room], 0xaa);
  }
  assert_int_equal(acpi_build(space, used, GPA, dsdt, CODE_SIZE), used);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_root_has_two_good_sums, build),
      cmocka_unit_test_setup(all_tables_are_found_from_the_root, build),
      cmocka_unit_test_setup(the_interrupt_controllers_are_listed, build),
      cmocka_unit_test_setup(without_room_nothing_is_written_behind_it, build),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
