/* No memory, at each allocation; and a wire that breaks, after each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/trace.h"

#include "auth_rig.h"

/* A side that has failed has nobody to carry for. */
static void carry_if_open(rig_t* rig) {
  if (rig->server.test != NULL && rig->client.test != NULL)
    rig_carry_slices(rig, 7);
}

/* Both get through or at least one fails; no handler is opened twice, or
 * without the other's proof, and nothing leaks (rig_down). */
static void each_allocation_may_fail(void** state) {
  rig_t* rig = *state;
  int failed = 1;
  long n;

  rig->server.says = "hello";
  for (n = 1; failed && n < 100; n++) {
    trace_reset();
    alloc_fail_nth(n);
    if (rig_open_side(&rig->server) == 0 && rig_open_side(&rig->client) == 0)
      carry_if_open(rig);
    failed = alloc_has_failed();
    alloc_fail_nth(0);
    if (!failed)
      assert_string_equal(trace_story(), "s:open c:open c:message:hello");
    else
      assert_null(strstr(trace_story(), "EACCES"));
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
  }
  assert_false(failed);
  assert_true(n > 4);
  trace_reset();
}

static void a_wire_that_breaks_ends_either_side(void** state) {
  rig_t* rig = *state;
  char bytes[71];
  size_t n;
  size_t i;

  for (i = 0; i < 71; i++) {
    rig_open(rig);
    rig_carry_one(&rig->server, &rig->client);
    memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
    hvuv_test_receive(rig->server.test, bytes, i);
    hvuv_test_break(rig->server.test, UV_ECONNRESET);
    hvuv_test_break(rig->client.test, UV_ECONNRESET);
    assert_story("s:failed:ECONNRESET c:failed:ECONNRESET");
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
  }
}

static void a_send_that_fails_ends_it(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  hvuv_test_break_sending(rig->server.test, UV_EPIPE);
  rig_carry_one(&rig->client, &rig->server);
  assert_null(strstr(trace_story(), "c:open"));
  hvuv_test_receive_end(rig->server.test);
  assert_null(hvuv_test_conn(rig->server.test, NULL));
  trace_reset();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(each_allocation_may_fail),
      RIG(a_wire_that_breaks_ends_either_side),
      RIG(a_send_that_fails_ends_it),
  };

  return rig_is_supported()
             ? cmocka_run_group_tests_name("auth fails", tests, NULL, NULL)
             : 77;
}
