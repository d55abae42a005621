/* Addresses: making, comparing, and text there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/addr.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define GUID  "ba039801-174a-43e7-852a-e5ec79a671c7"
#define UPPER "BA039801-174A-43E7-852A-E5EC79A671C7"

static const hvuv_guid_t guid = {
    0xba039801u,
    0x174a,
    0x43e7,
    {0x85, 0x2a, 0xe5, 0xec, 0x79, 0xa6, 0x71, 0xc7}};

/* What the room of a result holds before the call. */
#define MARK 0xa5

static hvuv_guid_t service(uint32_t port) {
  hvuv_guid_t service_id;

  assert_int_equal(hvuv_service_from_port(port, &service_id), 0);
  return service_id;
}

static hvuv_addr_t hyperv(const hvuv_guid_t* vm_id, hvuv_guid_t service_id) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_hyperv(&addr, vm_id, &service_id), 0);
  return addr;
}

static hvuv_addr_t local(const hvuv_guid_t* vm_id, hvuv_guid_t service_id) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_local(&addr, vm_id, &service_id), 0);
  return addr;
}

static hvuv_addr_t vsock(uint32_t cid, uint32_t port) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_vsock(&addr, cid, port), 0);
  return addr;
}

static hvuv_addr_t hybrid(const char* path, hvuv_guid_t service_id) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_hybrid(&addr, path, &service_id), 0);
  return addr;
}

static void expect_parsed(const char* text, hvuv_addr_t expected) {
  hvuv_addr_t addr;
  int err;

  memset(&addr, MARK, sizeof(addr));

  err = hvuv_addr_parse(text, &addr);

  if (err != 0)
    fail_msg("\"%s\": refused with %s", text, uv_err_name(err));
  if (!hvuv_addr_equal(&addr, &expected))
    fail_msg("\"%s\": read as another address", text);
  if (memcmp(&addr, &expected, sizeof(addr)) != 0)
    fail_msg("\"%s\": equal, but not the same bytes", text);
}

static void expect_refused(const char* text) {
  hvuv_addr_t untouched;
  hvuv_addr_t addr;
  int err;

  memset(&untouched, MARK, sizeof(untouched));
  memset(&addr, MARK, sizeof(addr));

  err = hvuv_addr_parse(text, &addr);

  if (err != UV_EINVAL)
    fail_msg("\"%s\": answered %d, not UV_EINVAL", text, err);
  if (memcmp(&addr, &untouched, sizeof(addr)) != 0)
    fail_msg("\"%s\": refused, but the address was written", text);
}

static void expect_all_refused(const char* const rows[], size_t count) {
  size_t i;

  for (i = 0; i < count; i++)
    expect_refused(rows[i]);
}

static void expect_printed(hvuv_addr_t addr, const char* expected) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);
  int err;

  err = hvuv_addr_format(&addr, text, &size);

  if (err != 0)
    fail_msg("\"%s\": refused with %s", expected, uv_err_name(err));
  if (strcmp(text, expected) != 0)
    fail_msg("\"%s\": printed as \"%s\"", expected, text);
  if (size != strlen(expected))
    fail_msg("\"%s\": length given as %u", expected, (unsigned int) size);
}

static void expect_round_trip(hvuv_addr_t addr) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  assert_int_equal(hvuv_addr_format(&addr, text, &size), 0);
  assert_int_equal(size, strlen(text));
  expect_parsed(text, addr);
}

static void expect_unprintable(const hvuv_addr_t* addr) {
  char text[] = "untouched";
  size_t size = sizeof(text);

  assert_int_equal(hvuv_addr_format(addr, text, &size), UV_EINVAL);
  assert_string_equal(text, "untouched");
  assert_int_equal(size, sizeof(text));
}

/* A path of len bytes, all of them x. */
static const char* path_of(size_t len) {
  static char path[4 * HVUV_PATH_SIZE];

  assert_true(len < sizeof(path));
  memset(path, 'x', len);
  path[len] = '\0';
  return path;
}

/* Making */

static void constructors_fill_in_their_fields(void** state) {
  hvuv_addr_t addr;
  hvuv_guid_t service_id = service(5000);

  (void) state;

  addr = hyperv(&HVUV_VM_PARENT, service_id);
  assert_int_equal(addr.family, HVUV_HYPERV);
  assert_true(hvuv_guid_equal(&addr.u.hyperv.vm_id, &HVUV_VM_PARENT));
  assert_true(hvuv_guid_equal(&addr.u.hyperv.service_id, &service_id));

  addr = local(&HVUV_VM_LOOPBACK, service_id);
  assert_int_equal(addr.family, HVUV_LOCAL);
  assert_true(hvuv_guid_equal(&addr.u.hyperv.vm_id, &HVUV_VM_LOOPBACK));
  assert_true(hvuv_guid_equal(&addr.u.hyperv.service_id, &service_id));

  addr = vsock(3, 1024);
  assert_int_equal(addr.family, HVUV_VSOCK);
  assert_int_equal(addr.u.vsock.cid, 3);
  assert_int_equal(addr.u.vsock.port, 1024);

  addr = hybrid("/run/vm.sock", service_id);
  assert_int_equal(addr.family, HVUV_HYBRID);
  assert_string_equal(addr.u.hybrid.path, "/run/vm.sock");
  assert_true(hvuv_guid_equal(&addr.u.hybrid.service_id, &service_id));
}

static void constructors_zero_what_they_do_not_use(void** state) {
  hvuv_guid_t service_id = service(1);
  hvuv_addr_t a;
  hvuv_addr_t b;

  (void) state;

  memset(&a, 0x00, sizeof(a));
  memset(&b, 0xff, sizeof(b));
  assert_int_equal(hvuv_addr_hyperv(&a, &guid, &service_id), 0);
  assert_int_equal(hvuv_addr_hyperv(&b, &guid, &service_id), 0);
  assert_memory_equal(&a, &b, sizeof(a));

  memset(&b, 0xff, sizeof(b));
  assert_int_equal(hvuv_addr_local(&a, &guid, &service_id), 0);
  assert_int_equal(hvuv_addr_local(&b, &guid, &service_id), 0);
  assert_memory_equal(&a, &b, sizeof(a));

  memset(&b, 0xff, sizeof(b));
  assert_int_equal(hvuv_addr_vsock(&a, 2, 3), 0);
  assert_int_equal(hvuv_addr_vsock(&b, 2, 3), 0);
  assert_memory_equal(&a, &b, sizeof(a));

  memset(&b, 0xff, sizeof(b));
  assert_int_equal(hvuv_addr_hybrid(&a, "/p", &service_id), 0);
  assert_int_equal(hvuv_addr_hybrid(&b, "/p", &service_id), 0);
  assert_memory_equal(&a, &b, sizeof(a));
}

static void constructors_refuse_null(void** state) {
  hvuv_addr_t untouched;
  hvuv_addr_t addr;

  (void) state;
  memset(&untouched, MARK, sizeof(untouched));
  memset(&addr, MARK, sizeof(addr));

  assert_int_equal(hvuv_addr_hyperv(NULL, &guid, &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_hyperv(&addr, NULL, &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_hyperv(&addr, &guid, NULL), UV_EINVAL);
  assert_int_equal(hvuv_addr_local(NULL, &guid, &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_local(&addr, NULL, &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_local(&addr, &guid, NULL), UV_EINVAL);
  assert_int_equal(hvuv_addr_vsock(NULL, 2, 3), UV_EINVAL);
  assert_int_equal(hvuv_addr_hybrid(NULL, "/p", &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_hybrid(&addr, NULL, &guid), UV_EINVAL);
  assert_int_equal(hvuv_addr_hybrid(&addr, "/p", NULL), UV_EINVAL);

  assert_memory_equal(&addr, &untouched, sizeof(addr));
}

static void parts_may_lie_in_the_address_itself(void** state) {
  hvuv_addr_t addr;

  (void) state;

  addr = hyperv(&HVUV_VM_PARENT, guid);
  assert_int_equal(
      hvuv_addr_local(&addr, &addr.u.hyperv.service_id, &addr.u.hyperv.vm_id),
      0);
  assert_true(hvuv_guid_equal(&addr.u.hyperv.vm_id, &guid));
  assert_true(hvuv_guid_equal(&addr.u.hyperv.service_id, &HVUV_VM_PARENT));

  addr = hybrid("/run/vm.sock", guid);
  assert_int_equal(hvuv_addr_hybrid(&addr,
                                    addr.u.hybrid.path + 4,
                                    &addr.u.hybrid.service_id),
                   0);
  assert_string_equal(addr.u.hybrid.path, "/vm.sock");
  assert_true(hvuv_guid_equal(&addr.u.hybrid.service_id, &guid));
}

static void path_of_every_length_that_fits_is_taken(void** state) {
  hvuv_addr_t addr;
  size_t len;

  (void) state;

  for (len = 1; len < HVUV_PATH_SIZE; len++) {
    addr = hybrid(path_of(len), guid);
    assert_string_equal(addr.u.hybrid.path, path_of(len));
    expect_round_trip(addr);
  }
}

static void path_that_does_not_fit_is_too_long(void** state) {
  hvuv_addr_t untouched;
  hvuv_addr_t addr;
  size_t len;

  (void) state;
  memset(&untouched, MARK, sizeof(untouched));
  memset(&addr, MARK, sizeof(addr));

  for (len = HVUV_PATH_SIZE; len < 3 * HVUV_PATH_SIZE; len++) {
    assert_int_equal(hvuv_addr_hybrid(&addr, path_of(len), &guid),
                     UV_ENAMETOOLONG);
    assert_memory_equal(&addr, &untouched, sizeof(addr));
  }
}

static void empty_path_is_refused(void** state) {
  hvuv_addr_t untouched;
  hvuv_addr_t addr;

  (void) state;
  memset(&untouched, MARK, sizeof(untouched));
  memset(&addr, MARK, sizeof(addr));

  assert_int_equal(hvuv_addr_hybrid(&addr, "", &guid), UV_EINVAL);
  assert_memory_equal(&addr, &untouched, sizeof(addr));
}

static void any_byte_may_be_in_a_path(void** state) {
  char path[] = "/a/b";
  hvuv_addr_t addr;
  size_t at;
  int c;

  (void) state;

  for (at = 0; at < sizeof(path) - 1; at++) {
    for (c = 1; c < 256; c++) {
      memcpy(path, "/a/b", sizeof(path));
      path[at] = (char) c;
      if (hvuv_addr_hybrid(&addr, path, &guid) != 0)
        fail_msg("byte 0x%02x at %u", (unsigned int) c, (unsigned int) at);
      assert_string_equal(addr.u.hybrid.path, path);
      expect_round_trip(addr);
    }
  }
}

/* Family and equality */

static void family_of_each_address_is_known(void** state) {
  hvuv_addr_t addr;

  (void) state;

  addr = hyperv(&guid, guid);
  assert_int_equal(hvuv_addr_family(&addr), HVUV_HYPERV);
  addr = vsock(2, 3);
  assert_int_equal(hvuv_addr_family(&addr), HVUV_VSOCK);
  addr = hybrid("/p", guid);
  assert_int_equal(hvuv_addr_family(&addr), HVUV_HYBRID);
  addr = local(&guid, guid);
  assert_int_equal(hvuv_addr_family(&addr), HVUV_LOCAL);
}

static void what_is_no_address_has_family_0(void** state) {
  static const int rows[] = {0, 5, 6, 100, 0x7fffffff};
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  memset(&addr, 0, sizeof(addr));

  assert_int_equal(hvuv_addr_family(NULL), 0);
  for (i = 0; i < ROWS(rows); i++) {
    addr.family = (hvuv_family_t) rows[i];
    assert_int_equal(hvuv_addr_family(&addr), 0);
  }
}

static void an_address_equals_its_copy(void** state) {
  const hvuv_addr_t rows[] = {
      hyperv(&guid, service(1)),
      local(&guid, service(1)),
      vsock(2, 3),
      hybrid("/p", guid),
      hybrid(path_of(HVUV_PATH_SIZE - 1), guid),
  };
  hvuv_addr_t copy;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    copy = rows[i];
    assert_int_equal(hvuv_addr_equal(&rows[i], &copy), 1);
    assert_int_equal(hvuv_addr_equal(&rows[i], &rows[i]), 1);
  }
}

static void one_field_makes_another_address(void** state) {
  const hvuv_addr_t rows[] = {
      hyperv(&guid, service(1)),
      hyperv(&guid, service(2)),
      hyperv(&HVUV_VM_ANY, service(1)),
      local(&guid, service(1)),
      local(&guid, service(2)),
      local(&HVUV_VM_ANY, service(1)),
      vsock(2, 3),
      vsock(2, 4),
      vsock(3, 3),
      hybrid("/p", service(1)),
      hybrid("/p", service(2)),
      hybrid("/q", service(1)),
      hybrid("/p/", service(1)),
  };
  size_t i;
  size_t j;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    for (j = 0; j < ROWS(rows); j++) {
      if (hvuv_addr_equal(&rows[i], &rows[j]) != (i == j))
        fail_msg("rows %u and %u", (unsigned int) i, (unsigned int) j);
    }
  }
}

static void unused_bytes_do_not_count(void** state) {
  hvuv_addr_t a = vsock(2, 3);
  hvuv_addr_t b;

  (void) state;

  memset(&b, 0xff, sizeof(b));
  b.family = HVUV_VSOCK;
  b.u.vsock.cid = 2;
  b.u.vsock.port = 3;
  assert_int_equal(hvuv_addr_equal(&a, &b), 1);

  a = hyperv(&guid, guid);
  memset(&b, 0xff, sizeof(b));
  b.family = HVUV_HYPERV;
  b.u.hyperv = a.u.hyperv;
  assert_int_equal(hvuv_addr_equal(&a, &b), 1);

  a = hybrid("/p", guid);
  b = a;
  memset(b.u.hybrid.path + 3, 0xff, HVUV_PATH_SIZE - 3);
  assert_int_equal(hvuv_addr_equal(&a, &b), 1);
}

static void what_is_no_address_equals_nothing(void** state) {
  static const int rows[] = {0, 5, 0x7fffffff};
  hvuv_addr_t good = vsock(2, 3);
  hvuv_addr_t bad;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    bad = good;
    bad.family = (hvuv_family_t) rows[i];
    assert_int_equal(hvuv_addr_equal(&bad, &bad), 0);
    assert_int_equal(hvuv_addr_equal(&bad, &good), 0);
    assert_int_equal(hvuv_addr_equal(&good, &bad), 0);
  }
  assert_int_equal(hvuv_addr_equal(NULL, &good), 0);
  assert_int_equal(hvuv_addr_equal(&good, NULL), 0);
  assert_int_equal(hvuv_addr_equal(NULL, NULL), 0);
}

static void path_without_its_nul_is_not_read_beyond(void** state) {
  hvuv_addr_t* a;
  hvuv_addr_t* b;

  (void) state;

  /* On the heap, so that a sanitizer sees a byte too many. */
  a = malloc(sizeof(*a));
  b = malloc(sizeof(*b));
  assert_non_null(a);
  assert_non_null(b);
  *a = hybrid("/p", guid);
  memset(a->u.hybrid.path, 'x', HVUV_PATH_SIZE);
  *b = *a;

  assert_int_equal(hvuv_addr_equal(a, b), 1);
  expect_unprintable(a);
  free(a);
  free(b);
}

/* Parsing: what is read */

static void every_vm_name_is_read(void** state) {
  const struct {
    const char* name;
    const hvuv_guid_t* vm_id;
  } rows[] = {
      {"any", &HVUV_VM_ANY},
      {"parent", &HVUV_VM_PARENT},
      {"host", &HVUV_VM_PARENT},
      {"loopback", &HVUV_VM_LOOPBACK},
      {"children", &HVUV_VM_CHILDREN},
      {"silohost", &HVUV_VM_SILOHOST},
      {"00000000-0000-0000-0000-000000000000", &HVUV_VM_ANY},
      {"a42e7cda-d03f-480c-9cc2-a4de20abb878", &HVUV_VM_PARENT},
      {"E0E16197-DD56-4A10-9195-5EE7A155A838", &HVUV_VM_LOOPBACK},
      {"{90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd}", &HVUV_VM_CHILDREN},
      {"{36BD0C5C-7276-4223-88BA-7D03B654C568}", &HVUV_VM_SILOHOST},
      {GUID, &guid},
      {UPPER, &guid},
      {"{" GUID "}", &guid},
  };
  char text[HVUV_ADDR_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    snprintf(text, sizeof(text), "hyperv://%s/5000", rows[i].name);
    expect_parsed(text, hyperv(rows[i].vm_id, service(5000)));
    snprintf(text, sizeof(text), "local://%s/5000", rows[i].name);
    expect_parsed(text, local(rows[i].vm_id, service(5000)));
  }
}

static void every_form_of_a_service_is_read(void** state) {
  const struct {
    const char* text;
    hvuv_guid_t service_id;
  } rows[] = {
      {"0", service(0)},
      {"00", service(0)},
      {"0x0", service(0)},
      {"1", service(1)},
      {"0x1", service(1)},
      {"2761", service(2761)},
      {"0xac9", service(2761)},
      {"0xAc9", service(2761)},
      {"0002761", service(2761)},
      {"0x00000000000000000ac9", service(2761)},
      {"00000000000000000000000000002761", service(2761)},
      {"00000ac9-facb-11e6-bd58-64006a7986d3", service(2761)},
      {"{00000AC9-FACB-11E6-BD58-64006A7986D3}", service(2761)},
      {"2147483647", service(0x7fffffff)},
      {"0x7fffffff", service(0x7fffffff)},
      {"0x7FFFFFFF", service(0x7fffffff)},
      {GUID, guid},
      {UPPER, guid},
      {"{" UPPER "}", guid},
  };
  char text[HVUV_ADDR_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    snprintf(text, sizeof(text), "hyperv://parent/%s", rows[i].text);
    expect_parsed(text, hyperv(&HVUV_VM_PARENT, rows[i].service_id));
    snprintf(text, sizeof(text), "local://parent/%s", rows[i].text);
    expect_parsed(text, local(&HVUV_VM_PARENT, rows[i].service_id));
    snprintf(text, sizeof(text), "hybrid:///run/vm.sock:%s", rows[i].text);
    expect_parsed(text, hybrid("/run/vm.sock", rows[i].service_id));
  }
}

static void every_form_of_a_cid_is_read(void** state) {
  static const struct {
    const char* text;
    uint32_t cid;
  } rows[] = {
      {"any", 0xffffffffu},
      {"hypervisor", 0},
      {"local", 1},
      {"host", 2},
      {"0", 0},
      {"1", 1},
      {"2", 2},
      {"3", 3},
      {"007", 7},
      {"00000000000000000000000000000000000016", 16},
      {"4294967294", 0xfffffffeu},
      {"4294967295", 0xffffffffu},
      {"00004294967295", 0xffffffffu},
  };
  char text[HVUV_ADDR_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    snprintf(text, sizeof(text), "vsock://%s:1024", rows[i].text);
    expect_parsed(text, vsock(rows[i].cid, 1024));
  }
}

static void every_form_of_a_vsock_port_is_read(void** state) {
  static const struct {
    const char* text;
    uint32_t port;
  } rows[] = {
      {"any", 0xffffffffu},
      {"0", 0},
      {"0x0", 0},
      {"1", 1},
      {"01", 1},
      {"1024", 1024},
      {"0x400", 1024},
      {"0x000000000000400", 1024},
      {"2147483648", 0x80000000u},
      {"4294967294", 0xfffffffeu},
      {"4294967295", 0xffffffffu},
      {"0xfffffffe", 0xfffffffeu},
      {"0xffffffff", 0xffffffffu},
      {"0xFFFFffff", 0xffffffffu},
  };
  char text[HVUV_ADDR_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    snprintf(text, sizeof(text), "vsock://host:%s", rows[i].text);
    expect_parsed(text, vsock(2, rows[i].port));
  }
}

static void every_form_of_a_path_is_read(void** state) {
  static const char* const rows[] = {
      "/run/vm.sock",
      "relative/vm.sock",
      "vm.sock",
      "x",
      "/",
      "@abstract",
      "C:\\vms\\vm.sock",
      "//double",
      "/\xc3\xa9t\xc3\xa9/\xe6\x97\xa5\xe6\x9c\xac.sock",
      "/\x80\xff",
      "{" GUID "}",
      "hybrid://x",
  };
  char text[HVUV_ADDR_STRLEN];
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    snprintf(text, sizeof(text), "hybrid://%s:52", rows[i]);
    expect_parsed(text, hybrid(rows[i], service(52)));
  }
}

static void escapes_in_a_path_are_read(void** state) {
  (void) state;

  expect_parsed("hybrid:///First%20Last/v.sock:52",
                hybrid("/First Last/v.sock", service(52)));
  expect_parsed("hybrid://%2f%25%3A%3a:52", hybrid("/%::", service(52)));
  expect_parsed("hybrid:///%01%7f%7F%ff%c3%A9:52",
                hybrid("/\x01\x7f\x7f\xff\xc3\xa9", service(52)));
  expect_parsed("hybrid:///%2520:52", hybrid("/%20", service(52)));
}

static void the_last_colon_ends_the_path(void** state) {
  (void) state;

  expect_parsed("hybrid:///p:1:2", hybrid("/p:1", service(2)));
  expect_parsed("hybrid:///p::2", hybrid("/p:", service(2)));
  expect_parsed("hybrid://::2", hybrid(":", service(2)));
  expect_parsed("hybrid:///p:any:2", hybrid("/p:any", service(2)));
  expect_parsed("hybrid:///p:" GUID ":" GUID, hybrid("/p:" GUID, guid));
}

/* Parsing: what is refused */

static void every_truncation_is_refused(void** state) {
  /* No beginning of these is an address of its own. */
  static const char* const rows[] = {
      "hyperv://" GUID "/" GUID,
      "hyperv://{" GUID "}/{" GUID "}",
      "hyperv://parent/" GUID,
      "hyperv://any/7",
      "local://" GUID "/" GUID,
      "local://loopback/" GUID,
      "local://silohost/7",
      "vsock://any:any",
      "vsock://4294967295:any",
      "vsock://hypervisor:7",
      "vsock://local:7",
      ("hybrid:///run/vm.sock:" GUID),
      "hybrid:///run/vm.sock:{" GUID "}",
      "hybrid:///run/vm.sock:7",
  };
  char text[HVUV_ADDR_STRLEN];
  size_t len;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    for (len = 0; len < strlen(rows[i]); len++) {
      memcpy(text, rows[i], len);
      text[len] = '\0';
      expect_refused(text);
    }
  }
}

static void foreign_byte_is_refused_at_every_place(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/5000",
      "hyperv://" GUID "/{" GUID "}",
      "local://children/0x1388",
      "vsock://host:1024",
      "vsock://3:0x400",
      "vsock://any:any",
      "hybrid:///run/vm.sock:5000",
      ("hybrid:///run/vm.sock:" GUID),
  };
  static const char foreign[] = " \t\r\n\v\f\x01\x1f\x7f";
  static const char foreign_outside_paths[] =
      "+-.,;_%#?&=@!~'\"\\()[]<>|*\x80\xa0\xc2\xef\xff";
  char text[HVUV_ADDR_STRLEN];
  char bytes[sizeof(foreign) + sizeof(foreign_outside_paths)];
  size_t at;
  size_t i;
  size_t j;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    strcpy(bytes, foreign);
    if (strncmp(rows[i], "hybrid", 6) != 0)
      strcat(bytes, foreign_outside_paths);
    for (at = 0; at <= strlen(rows[i]); at++) {
      for (j = 0; bytes[j] != '\0'; j++) {
        memcpy(text, rows[i], at);
        text[at] = bytes[j];
        strcpy(text + at + 1, rows[i] + at);
        expect_refused(text);
      }
    }
  }
}

static void bytes_left_over_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/5000/",
      "hyperv://parent/5000x",
      "hyperv://parent/5000a",
      "hyperv://parent/0x5000g",
      "hyperv://parent/5000:",
      "hyperv://parent/5000/path",
      "hyperv://parent/5000?query",
      "hyperv://parent/5000#part",
      "hyperv://parent/" GUID "0",
      "hyperv://parent/{" GUID "}}",
      "hyperv://parent//5000",
      "hyperv:///parent/5000",
      "local://parent/5000/",
      "local://parent/5000local://parent/5000",
      "vsock://2:1024:",
      "vsock://2:1024/",
      "vsock://2:1024x",
      "vsock://2:1024a",
      "vsock://2:0x400g",
      "vsock://2:anyx",
      "vsock://2:any1",
      "vsock://anyx:1",
      "vsock://2::1024",
      "vsock://2:3:4",
      "vsock:///2:1024",
      "hybrid:///p:5000/",
      "hybrid:///p:5000x",
      "hybrid:///p:5000:",
      "hybrid:///p:" GUID "0",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void signs_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/+5",
      "hyperv://parent/-5",
      "hyperv://parent/-0",
      "hyperv://parent/0x-5",
      "hyperv://parent/0x+",
      "local://parent/+5",
      "vsock://+2:5",
      "vsock://-1:5",
      "vsock://2:+5",
      "vsock://2:-1",
      "vsock://2:0x-1",
      "vsock://-any:5",
      "hybrid:///p:+5",
      "hybrid:///p:-1",
      "hybrid:///p:-0x1",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void empty_parts_are_refused(void** state) {
  static const char* const rows[] = {
      "",
      ":",
      "/",
      "://",
      "hyperv",
      "hyperv:",
      "hyperv:/",
      "hyperv://",
      "hyperv:///",
      "hyperv://parent",
      "hyperv://parent/",
      "hyperv:///5000",
      "hyperv://{}/5000",
      "hyperv://parent/{}",
      "hyperv://parent/0x",
      "local://",
      "local:///",
      "local://parent/",
      "local:///5",
      "vsock://",
      "vsock://:",
      "vsock://2",
      "vsock://2:",
      "vsock://:1024",
      "vsock://2:0x",
      "hybrid://",
      "hybrid://:",
      "hybrid://:5",
      "hybrid:///p",
      "hybrid:///p:",
      "hybrid:///p:0x",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void numbers_too_large_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/2147483648",
      "hyperv://parent/0x80000000",
      "hyperv://parent/4294967295",
      "hyperv://parent/0xffffffff",
      "hyperv://parent/4294967296",
      "hyperv://parent/0x100000000",
      "hyperv://parent/18446744073709551616",
      "hyperv://parent/18446744073709551617",
      "hyperv://parent/0x10000000000000001",
      "hyperv://parent/99999999999999999999999999999999",
      "local://parent/2147483648",
      "local://parent/0x80000000",
      "hybrid:///p:2147483648",
      "hybrid:///p:0x80000000",
      "vsock://2:4294967296",
      "vsock://2:4294967300",
      "vsock://2:0x100000000",
      "vsock://2:18446744073709551616",
      "vsock://2:0x10000000000000000",
      "vsock://4294967296:5",
      "vsock://4294967298:5",
      "vsock://18446744073709551618:5",
      "vsock://99999999999999999999999999999999:5",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void other_number_forms_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/0X10", "hyperv://parent/x10",
      "hyperv://parent/10h",  "hyperv://parent/0b1",
      "hyperv://parent/0o7",  "hyperv://parent/1e3",
      "hyperv://parent/1.0",  "hyperv://parent/1,0",
      "hyperv://parent/1_0",  "hyperv://parent/00x1",
      "hyperv://parent/ac9",  "hyperv://parent/0x0x1",
      "vsock://0x2:5",        "vsock://0X2:5",
      "vsock://2:0X5",        "vsock://2:a",
      "vsock://a:5",          "vsock://2:5u",
      "vsock://{2}:5",        "vsock://2:{5}",
      "hybrid:///p:0X5",      "hyperv://parent/{5000}",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void numbers_in_other_scripts_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/\xef\xbc\x95",
      "hyperv://parent/\xd9\xa5",
      "hyperv://parent/5\xcc\x81",
      "vsock://\xef\xbc\x92:5",
      "vsock://2:\xef\xbc\x95",
      "vsock://2\xef\xbc\x9a"
      "5",
      "hybrid:///p:\xef\xbc\x95",
      "hyperv://p\xd0\xb0rent/5",
      "\xef\xbb\xbfvsock://2:5",
      "vsock:\xe2\x88\x95\xe2\x88\x95"
      "2:5",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void names_of_other_places_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://hypervisor/5",
      "hyperv://local/5",
      "hyperv://guest/5",
      "hyperv://broadcast/5",
      "hyperv://wildcard/5",
      "hyperv://localhost/5",
      "hyperv://hosts/5",
      "hyperv://parents/5",
      "hyperv://0/5",
      "hyperv://2/5",
      "hyperv://*/5",
      "hyperv://{any}/5",
      "local://local/5",
      "local://2/5",
      "vsock://parent:5",
      "vsock://loopback:5",
      "vsock://children:5",
      "vsock://silohost:5",
      "vsock://localhost:5",
      "vsock://hosts:5",
      "vsock://*:5",
      "vsock://" GUID ":5",
      "vsock://2:host",
      ("vsock://2:" GUID),
      "vsock://host/5",
      "vsock://2/5",
      "hyperv://parent:5",
      "local://parent:5",
      "hybrid:///run/vm.sock/5",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void only_a_vsock_port_may_be_any(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/any",
      "hyperv://any/any",
      "local://parent/any",
      "local://any/any",
      "hybrid:///p:any",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void other_schemes_are_refused(void** state) {
  static const char* const rows[] = {
      "unix:///p:5",
      "pipe:///p:5",
      "tcp://host:5",
      "hyper-v://parent/5",
      "hv://parent/5",
      "hvsock://parent/5",
      "vsocks://2:5",
      "xvsock://2:5",
      "vsock:2:5",
      "vsock:/2:5",
      "vsock//2:5",
      "vsock;//2:5",
      "2:5",
      "parent/5",
      "//parent/5",
      "://parent/5",
      "/p:5",
      "hybrid:/p:5",
      "hybrid-vsock:///p:5",
      "locals://parent/5",
      "vsock-mux:///p:5",
      "local:\\\\parent\\5",
      "hyperv://",
      "hypervhyperv://parent/5",
      "vsock://vsock://2:5",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void upper_case_names_are_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://any/5",
      "hyperv://parent/5",
      "hyperv://host/5",
      "hyperv://loopback/5",
      "hyperv://children/5",
      "hyperv://silohost/5",
      "local://parent/0x5",
      "vsock://any:any",
      "vsock://hypervisor:5",
      "vsock://local:0x5",
      "vsock://host:any",
  };
  char text[HVUV_ADDR_STRLEN];
  size_t at;
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(rows); i++) {
    for (at = 0; rows[i][at] != '\0'; at++) {
      if (rows[i][at] < 'a' || rows[i][at] > 'z')
        continue;
      strcpy(text, rows[i]);
      text[at] = (char) (text[at] - 'a' + 'A');
      expect_refused(text);
    }
  }
  expect_refused("HYBRID:///p:5");
  expect_refused("Hybrid:///p:5");
}

static void braces_must_match(void** state) {
  static const char* const rows[] = {
      "hyperv://{" GUID "/5",
      "hyperv://" GUID "}/5",
      "hyperv://{{" GUID "}}/5",
      "hyperv://parent/{" GUID,
      "hyperv://parent/" GUID "}",
      "hyperv://{" GUID "/" GUID "}",
      "local://{" GUID "/5",
      "local://parent/{" GUID,
      "hybrid:///p:{" GUID,
      "hybrid:///p:" GUID "}",
      "hyperv://{parent}/5",
      "hyperv://parent/{{" GUID "}}",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

static void other_escapes_are_refused(void** state) {
  static const char* const rows[] = {
      "hybrid:///p%:5",
      "hybrid:///p%2:5",
      "hybrid:///p%2g:5",
      "hybrid:///p%g2:5",
      "hybrid:///p%%20:5",
      "hybrid:///p% 20:5",
      "hybrid:///p%00:5", /* ends the path for the system */
      "hybrid:///p%0:5",
      "hybrid:///p%x20:5",
      "hybrid:///p 20:5",
      "hybrid:///p\t:5",
      "hybrid:///p\n:5",
      "hybrid:///p\x7f:5",
      "hybrid:///p:%35",
      "hybrid%3a///p:5",
      "vsock://%32:5",
  };

  (void) state;

  expect_all_refused(rows, ROWS(rows));
}

/* However it is written. */
static void path_too_long_in_text_is_refused(void** state) {
  char text[5 * HVUV_PATH_SIZE];
  char escapes[3 * HVUV_PATH_SIZE + 1];
  size_t len;

  (void) state;

  snprintf(text, sizeof(text), "hybrid://%s:5", path_of(HVUV_PATH_SIZE - 1));
  expect_parsed(text, hybrid(path_of(HVUV_PATH_SIZE - 1), service(5)));
  for (len = HVUV_PATH_SIZE; len < 3 * HVUV_PATH_SIZE; len++) {
    snprintf(text, sizeof(text), "hybrid://%s:5", path_of(len));
    expect_refused(text);
  }

  for (len = 0; len < HVUV_PATH_SIZE; len++)
    memcpy(escapes + 3 * len, "%61", 4);
  snprintf(text, sizeof(text), "hybrid://%s:5", escapes);
  expect_refused(text);
  snprintf(text, sizeof(text), "hybrid://%s:5", escapes + 3);
  escapes[HVUV_PATH_SIZE - 1] = '\0';
  memset(escapes, 'a', HVUV_PATH_SIZE - 1);
  expect_parsed(text, hybrid(escapes, service(5)));
}

static void very_long_text_is_refused(void** state) {
  static const char* const rows[] = {
      "hyperv://parent/",
      "hyperv://",
      "local://any/",
      "vsock://",
      "vsock://2:",
      "hybrid://",
      "hybrid:///p:",
      "",
  };
  const size_t len = 100000;
  char* text;
  size_t i;

  (void) state;

  text = malloc(len + 1);
  assert_non_null(text);
  for (i = 0; i < ROWS(rows); i++) {
    memset(text, '9', len);
    text[len] = '\0';
    memcpy(text, rows[i], strlen(rows[i]));
    expect_refused(text);
  }
  free(text);
}

static void parse_refuses_null(void** state) {
  hvuv_addr_t untouched;
  hvuv_addr_t addr;

  (void) state;
  memset(&untouched, MARK, sizeof(untouched));
  memset(&addr, MARK, sizeof(addr));

  assert_int_equal(hvuv_addr_parse(NULL, &addr), UV_EINVAL);
  assert_int_equal(hvuv_addr_parse("vsock://2:5", NULL), UV_EINVAL);
  assert_int_equal(hvuv_addr_parse(NULL, NULL), UV_EINVAL);
  assert_memory_equal(&addr, &untouched, sizeof(addr));
}

/* Printing */

static void text_is_canonical(void** state) {
  hvuv_guid_t template_above = service(0);

  (void) state;
  template_above.data1 = 0x80000000u;

  expect_printed(hyperv(&HVUV_VM_ANY, service(0)), "hyperv://any/0");
  expect_printed(hyperv(&HVUV_VM_PARENT, service(2761)),
                 "hyperv://parent/2761");
  expect_printed(hyperv(&HVUV_VM_SILOHOST, service(0x7fffffff)),
                 "hyperv://silohost/2147483647");
  expect_printed(hyperv(&guid, template_above),
                 "hyperv://" GUID "/80000000-facb-11e6-bd58-64006a7986d3");
  expect_printed(local(&HVUV_VM_LOOPBACK, guid), "local://loopback/" GUID);
  expect_printed(local(&HVUV_VM_CHILDREN, service(1)), "local://children/1");
  expect_printed(vsock(0, 0), "vsock://hypervisor:0");
  expect_printed(vsock(1, 1), "vsock://local:1");
  expect_printed(vsock(2, 1024), "vsock://host:1024");
  expect_printed(vsock(3, 0x80000000u), "vsock://3:2147483648");
  expect_printed(vsock(0xfffffffeu, 0xfffffffeu),
                 "vsock://4294967294:4294967294");
  expect_printed(vsock(0xffffffffu, 0xffffffffu), "vsock://any:any");
  expect_printed(hybrid("/run/vm.sock", service(52)),
                 "hybrid:///run/vm.sock:52");
  expect_printed(hybrid("a:b", guid), "hybrid://a:b:" GUID);
  expect_printed(hybrid("/First Last/\t\n\x7f%\xc3\xa9", service(52)),
                 "hybrid:///First%20Last/%09%0a%7f%25\xc3\xa9:52");
  expect_printed(hybrid("/\xc2\x9b/\xc3\x80\xc2\xb0\xc2", service(52)),
                 "hybrid:///%c2%9b/\xc3\x80\xc2\xb0\xc2:52");
  expect_printed(hybrid("a", HVUV_VM_PARENT),
                 "hybrid://a:a42e7cda-d03f-480c-9cc2-a4de20abb878");
}

static void the_longest_address_fits_its_room(void** state) {
  hvuv_addr_t addr = hybrid(path_of(HVUV_PATH_SIZE - 1), guid);
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  (void) state;

  assert_int_equal(hvuv_addr_format(&addr, text, &size), 0);
  assert_int_equal(size, strlen("hybrid://:" GUID) + HVUV_PATH_SIZE - 1);

  memset(addr.u.hybrid.path, ' ', HVUV_PATH_SIZE - 1);
  size = sizeof(text);
  assert_int_equal(hvuv_addr_format(&addr, text, &size), 0);
  assert_int_equal(size, strlen("hybrid://:" GUID) + 3 * (HVUV_PATH_SIZE - 1));
  expect_round_trip(addr);
}

static void every_size_of_buffer_is_respected(void** state) {
  const hvuv_addr_t rows[] = {
      hyperv(&HVUV_VM_PARENT, service(5000)),
      local(&guid, guid),
      vsock(2, 1024),
      hybrid("/run/vm.sock", service(52)),
      hybrid(path_of(HVUV_PATH_SIZE - 1), guid),
  };
  char expected[HVUV_ADDR_STRLEN];
  char untouched[HVUV_ADDR_STRLEN];
  size_t needed;
  size_t room;
  size_t size;
  size_t i;
  char* buf;

  (void) state;
  memset(untouched, MARK, sizeof(untouched));

  for (i = 0; i < ROWS(rows); i++) {
    size = sizeof(expected);
    assert_int_equal(hvuv_addr_format(&rows[i], expected, &size), 0);
    needed = strlen(expected) + 1;
    for (room = 0; room <= needed + 1; room++) {
      /* On the heap, so that a sanitizer sees a byte too many. */
      buf = malloc(room + 1);
      assert_non_null(buf);
      memset(buf, MARK, room + 1);
      size = room;

      if (room < needed) {
        assert_int_equal(hvuv_addr_format(&rows[i], buf, &size), UV_ENOBUFS);
        assert_int_equal(size, needed);
        assert_memory_equal(buf, untouched, room + 1);
      } else {
        assert_int_equal(hvuv_addr_format(&rows[i], buf, &size), 0);
        assert_int_equal(size, needed - 1);
        assert_memory_equal(buf, expected, needed);
        assert_memory_equal(buf + needed, untouched, room + 1 - needed);
      }
      free(buf);
    }
  }
}

static void what_is_no_address_is_not_printed(void** state) {
  static const int families[] = {0, 5, 0x7fffffff};
  hvuv_addr_t addr = vsock(2, 5);
  size_t i;

  (void) state;

  for (i = 0; i < ROWS(families); i++) {
    addr.family = (hvuv_family_t) families[i];
    expect_unprintable(&addr);
  }
  addr = hybrid("/p", guid);
  addr.u.hybrid.path[0] = '\0';
  expect_unprintable(&addr);
}

static void format_refuses_null(void** state) {
  const hvuv_addr_t addr = vsock(2, 5);
  char text[HVUV_ADDR_STRLEN];
  size_t size = 0;

  (void) state;

  expect_unprintable(NULL);
  assert_int_equal(hvuv_addr_format(&addr, NULL, &size), UV_EINVAL);
  assert_int_equal(hvuv_addr_format(&addr, text, NULL), UV_EINVAL);
  assert_int_equal(size, 0);
}

/* Round trips */

static void boundary_values_make_the_round_trip(void** state) {
  static const uint32_t numbers[] = {0,
                                     1,
                                     2,
                                     3,
                                     9,
                                     10,
                                     1023,
                                     1024,
                                     65535,
                                     65536,
                                     0x7ffffffeu,
                                     0x7fffffffu,
                                     0x80000000u,
                                     0xfffffffeu,
                                     0xffffffffu};
  const hvuv_guid_t* const vm_ids[] = {&HVUV_VM_ANY,
                                       &HVUV_VM_PARENT,
                                       &HVUV_VM_LOOPBACK,
                                       &HVUV_VM_CHILDREN,
                                       &HVUV_VM_SILOHOST,
                                       &guid};
  hvuv_guid_t service_id = service(0);
  size_t i;
  size_t j;

  (void) state;

  for (i = 0; i < ROWS(numbers); i++) {
    service_id.data1 = numbers[i];
    for (j = 0; j < ROWS(vm_ids); j++) {
      expect_round_trip(hyperv(vm_ids[j], service_id));
      expect_round_trip(local(vm_ids[j], service_id));
      expect_round_trip(hyperv(&service_id, *vm_ids[j]));
      expect_round_trip(hybrid("/run/vm.sock", *vm_ids[j]));
    }
    for (j = 0; j < ROWS(numbers); j++)
      expect_round_trip(vsock(numbers[i], numbers[j]));
    expect_round_trip(hybrid("/run/vm.sock", service_id));
  }
}

/* xorshift32 (Marsaglia 2003): the same on every machine. */
static uint32_t random_state;

static uint32_t random_next(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

/* Small numbers and large ones are equally likely. */
static uint32_t random_number(void) {
  uint32_t shift = random_next() % 32;

  return random_next() >> shift;
}

static hvuv_guid_t random_guid(void) {
  hvuv_guid_t made;
  uint32_t words[4];
  size_t i;

  for (i = 0; i < ROWS(words); i++)
    words[i] = random_next();
  memcpy(&made, words, sizeof(made));
  return made;
}

static hvuv_guid_t random_service(void) {
  if (random_next() % 2 == 0)
    return service(random_number() & HVUV_SERVICE_PORT_MAX);
  return random_guid();
}

static const char* random_path(void) {
  static char path[HVUV_PATH_SIZE];
  size_t len = 1 + random_next() % (HVUV_PATH_SIZE - 1);
  size_t i;
  int c;

  for (i = 0; i < len; i++) {
    do {
      c = (int) (random_next() % 256);
    } while (c == 0);
    path[i] = (char) c;
  }
  path[len] = '\0';
  return path;
}

static void random_addresses_make_the_round_trip(void** state) {
  const char* wish = getenv("HVUV_TEST_SEED");
  hvuv_guid_t vm_id;
  unsigned int i;

  (void) state;
  random_state = wish == NULL ? 0x68767576u : (uint32_t) strtoul(wish, NULL, 0);
  if (random_state == 0)
    random_state = 1;
  print_message("HVUV_TEST_SEED=0x%08lx\n", (unsigned long) random_state);

  for (i = 0; i < 20000; i++) {
    vm_id = random_guid();
    expect_round_trip(hyperv(&vm_id, random_service()));
    expect_round_trip(local(&vm_id, random_service()));
    expect_round_trip(vsock(random_number(), random_number()));
    expect_round_trip(hybrid(random_path(), random_service()));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constructors_fill_in_their_fields),
      cmocka_unit_test(constructors_zero_what_they_do_not_use),
      cmocka_unit_test(constructors_refuse_null),
      cmocka_unit_test(parts_may_lie_in_the_address_itself),
      cmocka_unit_test(path_of_every_length_that_fits_is_taken),
      cmocka_unit_test(path_that_does_not_fit_is_too_long),
      cmocka_unit_test(empty_path_is_refused),
      cmocka_unit_test(any_byte_may_be_in_a_path),
      cmocka_unit_test(family_of_each_address_is_known),
      cmocka_unit_test(what_is_no_address_has_family_0),
      cmocka_unit_test(an_address_equals_its_copy),
      cmocka_unit_test(one_field_makes_another_address),
      cmocka_unit_test(unused_bytes_do_not_count),
      cmocka_unit_test(what_is_no_address_equals_nothing),
      cmocka_unit_test(path_without_its_nul_is_not_read_beyond),
      cmocka_unit_test(every_vm_name_is_read),
      cmocka_unit_test(every_form_of_a_service_is_read),
      cmocka_unit_test(every_form_of_a_cid_is_read),
      cmocka_unit_test(every_form_of_a_vsock_port_is_read),
      cmocka_unit_test(every_form_of_a_path_is_read),
      cmocka_unit_test(escapes_in_a_path_are_read),
      cmocka_unit_test(the_last_colon_ends_the_path),
      cmocka_unit_test(other_escapes_are_refused),
      cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(foreign_byte_is_refused_at_every_place),
      cmocka_unit_test(bytes_left_over_are_refused),
      cmocka_unit_test(signs_are_refused),
      cmocka_unit_test(empty_parts_are_refused),
      cmocka_unit_test(numbers_too_large_are_refused),
      cmocka_unit_test(other_number_forms_are_refused),
      cmocka_unit_test(numbers_in_other_scripts_are_refused),
      cmocka_unit_test(names_of_other_places_are_refused),
      cmocka_unit_test(only_a_vsock_port_may_be_any),
      cmocka_unit_test(other_schemes_are_refused),
      cmocka_unit_test(upper_case_names_are_refused),
      cmocka_unit_test(braces_must_match),
      cmocka_unit_test(path_too_long_in_text_is_refused),
      cmocka_unit_test(very_long_text_is_refused),
      cmocka_unit_test(parse_refuses_null),
      cmocka_unit_test(text_is_canonical),
      cmocka_unit_test(the_longest_address_fits_its_room),
      cmocka_unit_test(every_size_of_buffer_is_respected),
      cmocka_unit_test(what_is_no_address_is_not_printed),
      cmocka_unit_test(format_refuses_null),
      cmocka_unit_test(boundary_values_make_the_round_trip),
      cmocka_unit_test(random_addresses_make_the_round_trip),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
