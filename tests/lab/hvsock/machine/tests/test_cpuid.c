/* What the guest is shown by CPUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "machine/cpuid.h"

/* Of a host with four processors, seen from the third; KVM's own leaves among them. */
static const struct kvm_cpuid_entry2 host[] = {
    {.function = 0, .eax = 0x16, .ebx = 0x68747541},
    {.function = 1,
     .eax = 0x60fb1,
     .ebx = 0x03040800,
     .ecx = 0xffffffff,
     .edx = 0xffffffff},
    {.function = 0x4, .index = 1, .eax = 0x0c004122},
    {.function = 0x7, .ebx = 0xffffffff, .ecx = 0xffffffff, .edx = 0xffffffff},
    {.function = 0xb, .index = 1, .ebx = 4, .edx = 3},
    {.function = 0xd, .eax = 7},
    {.function = 0x40000000, .eax = 0x40000001, .ebx = 0x4b4d564b},
    {.function = 0x40000001, .eax = 0x01007efb},
    {.function = 0x40000100, .ebx = 0x4b4d564b},
    {.function = 0x80000008, .eax = 0x3028, .ecx = 3},
    {.function = 0x8000001e, .eax = 3},
};

#define HOST (sizeof(host) / sizeof(host[0]))

static struct kvm_cpuid_entry2 guest[HOST + CPUID_OWN];
static uint32_t made;

static int make(void** state) {
  (void) state;
  memset(guest, 0xee, sizeof(guest));
  made = cpuid_make(guest, host, HOST);
  return 0;
}

static const struct kvm_cpuid_entry2* leaf(uint32_t function) {
  const struct kvm_cpuid_entry2* found = NULL;
  uint32_t i;

  for (i = 0; i < made; i++)
    if (guest[i].function == function) {
      assert_null(found); /* none is there twice */
      found = &guest[i];
    }
  return found;
}

static void the_hypervisor_is_microsofts_and_no_other(void** state) {
  const struct kvm_cpuid_entry2* base = leaf(0x40000000);
  char name[13] = "";

  (void) state;
  memcpy(name, &base->ebx, 4);
  memcpy(name + 4, &base->ecx, 4);
  memcpy(name + 8, &base->edx, 4);
  assert_string_equal(name, "Microsoft Hv");
  assert_true(base->eax >= 0x40000005);
  assert_int_equal(leaf(0x40000001)->eax, 0x31237648);
  assert_null(leaf(0x40000100));
}

static void there_are_synic_and_hypercalls_but_no_timers_and_no_partition_id(
    void** state) {
  const struct kvm_cpuid_entry2* features = leaf(0x40000003);

  (void) state;
  assert_int_equal(features->eax, 0xa77);
  assert_int_equal(features->ebx, 0x30);
  assert_int_equal(features->edx, 0x500);
  assert_int_equal(leaf(0x40000004)->eax, 0x220);
}

static void leaves_that_a_guest_may_look_at_are_zeros(void** state) {
  static const uint32_t functions[] = {
      0x40000006, 0x40000007, 0x4000000a, 0x4000000c, 0x40000080, 0x40000082};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    const struct kvm_cpuid_entry2* entry = leaf(functions[i]);

    assert_non_null(entry);
    assert_int_equal(entry->eax | entry->ebx | entry->ecx | entry->edx, 0);
  }
}

static void the_guest_has_one_processor_with_number_0(void** state) {
  const struct kvm_cpuid_entry2* first = leaf(1);

  (void) state;
  assert_int_equal(first->ebx, 0x00010800);
  assert_true(first->ecx & 1u << 31);
  assert_false(first->edx & 1u << 28);
  assert_int_equal(leaf(4)->eax, 0x122);
  assert_int_equal(leaf(0xb)->edx, 0);
  assert_int_equal(leaf(0x80000008)->ecx, 0);
  assert_null(leaf(0x8000001e));
}

static void xsave_and_what_needs_it_are_gone(void** state) {
  (void) state;
  assert_null(leaf(0xd));
  assert_false(leaf(1)->ecx & (1u << 12 | 1u << 26 | 1u << 27 | 1u << 28));
  assert_true(leaf(1)->ecx & 1u << 21); /* x2APIC stays */
  assert_false(leaf(7)->ebx & (1u << 5 | 1u << 16));
  assert_true(leaf(7)->ebx & 1u << 9); /* fast strings stay */
  assert_int_equal(leaf(0)->ebx, 0x68747541);
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_hypervisor_is_microsofts_and_no_other),
      TEST(there_are_synic_and_hypercalls_but_no_timers_and_no_partition_id),
      TEST(leaves_that_a_guest_may_look_at_are_zeros),
      TEST(the_guest_has_one_processor_with_number_0),
      TEST(xsave_and_what_needs_it_are_gone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
