/* The two names of one machine or service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "addr/alias.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define VM "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"

static hvuv_addr_t addr(const char* text) {
  hvuv_addr_t parsed;

  assert_int_equal(hvuv_addr_parse(text, &parsed), 0);
  return parsed;
}

static void expect(const hvuv_addr_t* actual, const char* expected) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  assert_int_equal(hvuv_addr_format(actual, text, &size), 0);
  assert_string_equal(text, expected);
}

static void three_cids_have_a_vm_id(void** state) {
  hvuv_guid_t vm_id = HVUV_VM_CHILDREN;

  (void) state;
  assert_int_equal(hvuv__alias_cid_to_vm(HVUV_CID_LOCAL, &vm_id), 0);
  assert_true(hvuv_guid_equal(&vm_id, &HVUV_VM_LOOPBACK));
  assert_int_equal(hvuv__alias_cid_to_vm(HVUV_CID_HOST, &vm_id), 0);
  assert_true(hvuv_guid_equal(&vm_id, &HVUV_VM_PARENT));
  assert_int_equal(hvuv__alias_cid_to_vm(HVUV_CID_ANY, &vm_id), 0);
  assert_true(hvuv_guid_equal(&vm_id, &HVUV_VM_ANY));
  assert_int_equal(hvuv__alias_cid_to_vm(HVUV_CID_HYPERVISOR, &vm_id),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(hvuv__alias_cid_to_vm(3, &vm_id), UV_EADDRNOTAVAIL);
  assert_true(hvuv_guid_equal(&vm_id, &HVUV_VM_ANY)); /* as it was */
}

static void the_same_three_vm_ids_have_a_cid(void** state) {
  uint32_t cid = 7;

  (void) state;
  assert_int_equal(hvuv__alias_vm_to_cid(&HVUV_VM_CHILDREN, &cid),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(hvuv__alias_vm_to_cid(&HVUV_VM_SILOHOST, &cid),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(cid, 7);
  assert_int_equal(hvuv__alias_vm_to_cid(&HVUV_VM_LOOPBACK, &cid), 0);
  assert_int_equal(cid, HVUV_CID_LOCAL);
  assert_int_equal(hvuv__alias_vm_to_cid(&HVUV_VM_PARENT, &cid), 0);
  assert_int_equal(cid, HVUV_CID_HOST);
  assert_int_equal(hvuv__alias_vm_to_cid(&HVUV_VM_ANY, &cid), 0);
  assert_int_equal(cid, HVUV_CID_ANY);
}

static void a_vm_of_its_own_is_no_role(void** state) {
  hvuv_guid_t vm_id;

  (void) state;
  assert_int_equal(hvuv_guid_parse(VM, &vm_id), 0);
  assert_false(hvuv__alias_is_role(&vm_id));
  assert_true(hvuv__alias_is_role(&HVUV_VM_ANY));
  assert_true(hvuv__alias_is_role(&HVUV_VM_PARENT));
  assert_true(hvuv__alias_is_role(&HVUV_VM_LOOPBACK));
  assert_true(hvuv__alias_is_role(&HVUV_VM_CHILDREN));
  assert_true(hvuv__alias_is_role(&HVUV_VM_SILOHOST));
}

static void an_address_is_rewritten_if_it_has_the_other_name(void** state) {
  static const struct {
    const char* text;
    const char* as_hyperv;
    const char* as_vsock;
  } rows[] = {
      {"vsock://host:5000", "hyperv://parent/5000", "vsock://host:5000"},
      {"vsock://local:0", "hyperv://loopback/0", "vsock://local:0"},
      {"vsock://any:7", "hyperv://any/7", "vsock://any:7"},
      {"vsock://3:7", "vsock://3:7", "vsock://3:7"},
      {"vsock://hypervisor:7", "vsock://hypervisor:7", "vsock://hypervisor:7"},
      /* a peer's port that no one can connect to */
      {"vsock://host:2147483648",
       "hyperv://parent/80000000-facb-11e6-bd58-64006a7986d3",
       "vsock://host:2147483648"},
      {"hyperv://parent/5000", "hyperv://parent/5000", "vsock://host:5000"},
      {"hyperv://loopback/5000",
       "hyperv://loopback/5000",
       "vsock://local:5000"},
      {"hyperv://children/1", "hyperv://children/1", "hyperv://children/1"},
      {"hyperv://" VM "/1", "hyperv://" VM "/1", "hyperv://" VM "/1"},
      {"hyperv://parent/" VM, "hyperv://parent/" VM, "hyperv://parent/" VM},
      {"local://parent/1", "local://parent/1", "local://parent/1"},
      {"hybrid:///p:1", "hybrid:///p:1", "hybrid:///p:1"},
  };
  hvuv_addr_t a;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    a = addr(rows[i].text);
    hvuv__alias_as_hyperv(&a);
    expect(&a, rows[i].as_hyperv);
    a = addr(rows[i].text);
    hvuv__alias_as_vsock(&a);
    expect(&a, rows[i].as_vsock);
  }
}

static void one_machine_is_the_same_under_each_of_its_names(void** state) {
  static const struct {
    const char* a;
    const char* b;
    int is_same;
  } rows[] = {
      {"vsock://host:1", "vsock://host:2", 1},
      {"vsock://host:1", "hyperv://parent/" VM, 1},
      {"vsock://local:1", "hyperv://loopback/2", 1},
      {"vsock://3:1", "vsock://3:2", 1},
      {"vsock://3:1", "vsock://4:1", 0},
      {"vsock://3:1", "vsock://host:1", 0},
      {"vsock://3:1", "hyperv://parent/1", 0},
      {"hyperv://" VM "/1", "hyperv://" VM "/2", 1},
      {"hyperv://" VM "/1", "hyperv://parent/1", 0},
      {"hyperv://" VM "/1", "local://" VM "/1", 0},
      {"local://" VM "/1", "local://" VM "/2", 1},
      {"local://parent/1", "vsock://host:1", 0},
      {"hybrid:///p:1", "hybrid:///p:2", 1},
      {"hybrid:///p:1", "hybrid:///q:1", 0},
      {"hybrid:///p:1", "vsock://host:1", 0},
  };
  hvuv_addr_t none;
  hvuv_addr_t a;
  hvuv_addr_t b;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    a = addr(rows[i].a);
    b = addr(rows[i].b);
    if (hvuv__alias_same_machine(&a, &b) != rows[i].is_same ||
        hvuv__alias_same_machine(&b, &a) != rows[i].is_same)
      fail_msg(
          "%s and %s: it should be %d", rows[i].a, rows[i].b, rows[i].is_same);
    if ((hvuv__alias_machine_hash(&a) == hvuv__alias_machine_hash(&b)) !=
            rows[i].is_same &&
        a.family == b.family)
      fail_msg("the hashes of %s and %s", rows[i].a, rows[i].b);
  }
  memset(&none, 0, sizeof(none));
  assert_false(hvuv__alias_same_machine(&none, &none));
}

static void a_machine_has_the_address_without_the_service(void** state) {
  static const struct {
    const char* text;
    const char* machine;
  } rows[] = {
      {"vsock://3:7", "vsock://3:0"},
      {"vsock://host:7", "vsock://host:0"},
      {"hyperv://" VM "/7",
       "hyperv://" VM "/00000000-0000-0000-0000-000000000000"},
      {"local://parent/7",
       "local://parent/00000000-0000-0000-0000-000000000000"},
      {"hybrid:///run/a%20b:7",
       "hybrid:///run/a%20b:00000000-0000-0000-0000-000000000000"},
  };
  hvuv_addr_t machine;
  hvuv_addr_t a;
  size_t i;

  (void) state;
  for (i = 0; i < ROWS(rows); i++) {
    a = addr(rows[i].text);
    hvuv__alias_machine_of(&a, &machine);
    expect(&machine, rows[i].machine);
  }
}

static void a_service_is_written_as_its_port_or_its_guid(void** state) {
  char text[HVUV_GUID_STRLEN];
  hvuv_guid_t id;

  (void) state;
  assert_int_equal(hvuv_service_from_port(0, &id), 0);
  hvuv__alias_service_text(&id, text);
  assert_string_equal(text, "0");
  assert_int_equal(hvuv_service_from_port(1020, &id), 0);
  hvuv__alias_service_text(&id, text);
  assert_string_equal(text, "1020");
  assert_int_equal(hvuv_service_from_port(HVUV_SERVICE_PORT_MAX, &id), 0);
  hvuv__alias_service_text(&id, text);
  assert_string_equal(text, "2147483647");
  assert_int_equal(hvuv_guid_parse(VM, &id), 0);
  hvuv__alias_service_text(&id, text);
  assert_string_equal(text, VM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_cids_have_a_vm_id),
      cmocka_unit_test(the_same_three_vm_ids_have_a_cid),
      cmocka_unit_test(a_vm_of_its_own_is_no_role),
      cmocka_unit_test(an_address_is_rewritten_if_it_has_the_other_name),
      cmocka_unit_test(one_machine_is_the_same_under_each_of_its_names),
      cmocka_unit_test(a_machine_has_the_address_without_the_service),
      cmocka_unit_test(a_service_is_written_as_its_port_or_its_guid),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
