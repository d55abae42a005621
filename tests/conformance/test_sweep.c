/* The sweeps over `local` and `hybrid`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"
#include "support/net.h"
#include "sweep.h"

#define GUEST "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"

static fake_vmm_t* vmm; /* of hybrid */
static uint32_t port;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  sweep_open("local://any/5000", "local://loopback/5000", NULL);
  return 0;
}

static int setup_guest(void** state) {
  (void) state;
  endpoint_open();
  sweep_open("local://any/5000", "local://parent/5000", GUEST);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  if (vmm != NULL)
    fake_vmm_stop(vmm);
  vmm = NULL;
  endpoint_close();
  return sweep_close();
}

/* The hypervisor may still call for a conversation that was given up. */
static void use_next_port(hvuv_addr_t* at, hvuv_addr_t* to) {
  hvuv_guid_t service;
  char path[ENDPOINT_ROOM];

  hvuv_service_from_port(++port, &service);
  hvuv_addr_hybrid(at, endpoint_path("v.sock", path), &service);
  *to = *at;
}

static void each_call_of_a_host_may_fail(void** state) {
  (void) state;
  sweep_calls();
}

static void each_call_of_a_guest_may_fail(void** state) {
  (void) state;
  sweep_calls();
}

static void each_call_behind_a_hypervisor_may_fail(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  vmm = fake_vmm_start(endpoint_path("v.sock", path), FAKE_VMM_GENEROUS);
  sweep_before_each(use_next_port);
  sweep_calls();
}

static void each_allocation_may_fail(void** state) {
  (void) state;
  sweep_allocations(5);
}

static void each_allocation_of_a_waiting_connect_may_fail(void** state) {
  (void) state;
  sweep_allocations_of_a_wait();
}

static void each_call_of_a_waiting_connect_may_fail(void** state) {
  (void) state;
  sweep_calls_of_a_wait();
}

#define HOST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)
#define GUEST_TEST(function)                                                   \
  cmocka_unit_test_setup_teardown(function, setup_guest, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      HOST(each_call_of_a_host_may_fail),
      GUEST_TEST(each_call_of_a_guest_may_fail),
      HOST(each_call_behind_a_hypervisor_may_fail),
      GUEST_TEST(each_allocation_may_fail),
      HOST(each_allocation_of_a_waiting_connect_may_fail),
      HOST(each_call_of_a_waiting_connect_may_fail),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
