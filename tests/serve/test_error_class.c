/* hvuv_error_class(): each kind of address with each error that it is known
 * for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv.h"

#define PERMANENT     HVUV_ERROR_PERMANENT
#define VM_OFF        HVUV_ERROR_VM_OFF
#define NOT_LISTENING HVUV_ERROR_NOT_LISTENING
#define TRANSIENT     HVUV_ERROR_TRANSIENT

#define VM_ID "cdee5c88-c5a5-4cc8-9d2d-c15816a01349"

typedef struct row_s {
  const char* addr;
  int status;
  hvuv_error_class_t error_class;
} row_t;

static const row_t rows[] = {
    /* A Hyper-V host, and its guests */
    {"hyperv://" VM_ID "/5", UV_EADDRNOTAVAIL, VM_OFF},
    {"hyperv://" VM_ID "/5", UV_ENETUNREACH, VM_OFF},
    {"hyperv://" VM_ID "/5", UV_EHOSTUNREACH, VM_OFF},
    {"hyperv://" VM_ID "/5", UV_ETIMEDOUT, NOT_LISTENING},
    {"hyperv://" VM_ID "/5", UV_ECONNREFUSED, NOT_LISTENING},
    {"hyperv://" VM_ID "/5", UV_ECONNRESET, NOT_LISTENING},
    {"hyperv://" VM_ID "/5", UV_ECONNABORTED, TRANSIENT},
    {"hyperv://" VM_ID "/5", UV_ENETDOWN, TRANSIENT},
    {"hyperv://" VM_ID "/5", UV_ENOTCONN, TRANSIENT},
    {"hyperv://" VM_ID "/5", UV_EACCES, PERMANENT},
    {"hyperv://" VM_ID "/5", UV_EAFNOSUPPORT, PERMANENT},
    {"hyperv://" VM_ID "/5", UV_ENOTSUP, PERMANENT},
    {"hyperv://" VM_ID "/5", UV_EINVAL, PERMANENT},
    {"hyperv://parent/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"hyperv://parent/5", UV_ENETUNREACH, PERMANENT},
    {"hyperv://parent/5", UV_ENODEV, PERMANENT},
    {"hyperv://parent/5", UV_ETIMEDOUT, NOT_LISTENING},
    {"hyperv://loopback/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"hyperv://loopback/5", UV_ECONNREFUSED, NOT_LISTENING},
    {"hyperv://any/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"hyperv://children/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"hyperv://silohost/5", UV_EADDRNOTAVAIL, PERMANENT},

    /* AF_VSOCK */
    {"vsock://7:5", UV_ENODEV, VM_OFF},
    {"vsock://7:5", UV_ETIMEDOUT, NOT_LISTENING},
    {"vsock://7:5", UV_ECONNRESET, NOT_LISTENING},
    {"vsock://7:5", UV_ECONNREFUSED, NOT_LISTENING},
    {"vsock://7:5", UV_ENETUNREACH, PERMANENT},
    {"vsock://7:5", UV_EADDRNOTAVAIL, PERMANENT},
    {"vsock://host:5", UV_ENODEV, PERMANENT},
    {"vsock://local:5", UV_ENODEV, PERMANENT},
    {"vsock://any:5", UV_ENODEV, PERMANENT},
    {"vsock://host:5", UV_EPROTO, PERMANENT},
    {"vsock://host:5", UV_EIO, TRANSIENT},
    {"vsock://host:5", UV_ENOENT, PERMANENT},

    /* A guest behind its hypervisor's Unix socket */
    {"hybrid:///run/vm.sock:5", UV_ENOENT, VM_OFF},
    {"hybrid:///run/vm.sock:5", UV_ECONNREFUSED, NOT_LISTENING},
    {"hybrid:///run/vm.sock:5", UV_ETIMEDOUT, NOT_LISTENING},
    {"hybrid:///run/vm.sock:5", UV_ECONNRESET, TRANSIENT},
    {"hybrid:///run/vm.sock:5", UV_EPROTO, PERMANENT},
    {"hybrid:///run/vm.sock:5", UV_EACCES, PERMANENT},
    {"hybrid:///run/vm.sock:5", UV_ENAMETOOLONG, PERMANENT},

    /* On one machine */
    {"local://loopback/5", UV_ECONNREFUSED, NOT_LISTENING},
    {"local://loopback/5", UV_ETIMEDOUT, NOT_LISTENING},
    {"local://" VM_ID "/5", UV_ECONNREFUSED, NOT_LISTENING},
    {"local://" VM_ID "/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"local://parent/5", UV_EADDRNOTAVAIL, PERMANENT},
    {"local://loopback/5", UV_ENOENT, PERMANENT},
    {"local://loopback/5", UV_EACCES, PERMANENT},
    {"local://loopback/5", UV_ECONNRESET, TRANSIENT},
};

static void each_error_has_its_class(void** state) {
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(hvuv_addr_parse(rows[i].addr, &addr), 0);
    if (hvuv_error_class(&addr, rows[i].status) != rows[i].error_class)
      fail_msg("%s, %s: %d",
               rows[i].addr,
               uv_err_name(rows[i].status),
               (int) hvuv_error_class(&addr, rows[i].status));
  }
}

static void what_ran_out_is_transient_everywhere(void** state) {
  static const char* const addrs[] = {"hyperv://" VM_ID "/5",
                                      "vsock://2:5",
                                      "hybrid:///run/vm.sock:5",
                                      "local://loopback/5"};
  static const int errors[] = {
      UV_ENOMEM, UV_ENOBUFS, UV_EMFILE, UV_ENFILE, UV_EADDRINUSE, UV_EPIPE};
  hvuv_addr_t addr;
  size_t i;
  size_t k;

  (void) state;
  for (i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++)
    for (k = 0; k < sizeof(errors) / sizeof(errors[0]); k++) {
      assert_int_equal(hvuv_addr_parse(addrs[i], &addr), 0);
      assert_int_equal(hvuv_error_class(&addr, errors[k]), TRANSIENT);
    }
}

static void what_is_unknown_is_permanent(void** state) {
  hvuv_addr_t addr;

  (void) state;
  assert_int_equal(hvuv_addr_parse("vsock://2:5", &addr), 0);
  assert_int_equal(hvuv_error_class(&addr, UV_UNKNOWN), PERMANENT);
  assert_int_equal(hvuv_error_class(&addr, UV_EOF), PERMANENT);
  assert_int_equal(hvuv_error_class(&addr, 0), PERMANENT);
  assert_int_equal(hvuv_error_class(&addr, 5), PERMANENT);
  assert_int_equal(hvuv_error_class(NULL, UV_ECONNREFUSED), PERMANENT);
  memset(&addr, 0, sizeof(addr));
  assert_int_equal(hvuv_error_class(&addr, UV_ECONNREFUSED), PERMANENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_error_has_its_class),
      cmocka_unit_test(what_ran_out_is_transient_everywhere),
      cmocka_unit_test(what_is_unknown_is_permanent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
