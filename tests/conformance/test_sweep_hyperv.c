/* The sweeps over hyperv:// addresses, on the EMULATION of AF_HYPERV
 * (support/hyperv_emulation.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/emulation/hyperv_emulation.h"
#include "support/net.h"
#include "sweep.h"

#define HERE "hyperv://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"

static int setup(void** state) {
  (void) state;
  sweep_open(HERE, HERE, NULL);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  return hyperv_emulation_sockets() == 0 ? sweep_close() : -1;
}

static void each_call_may_fail(void** state) {
  (void) state;
  sweep_calls();
}

static void each_allocation_may_fail(void** state) {
  (void) state;
  sweep_allocations(5);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_call_may_fail),
      TEST(each_allocation_may_fail),
  };
  int failed;

  net_start();
  if (hyperv_emulation_begin() != 0)
    return 1;
  failed = cmocka_run_group_tests_name("faults", tests, NULL, NULL);
  hyperv_emulation_end();
  return failed;
}
