/* A TCP socket that a stream gave back goes on working in libuv's uv_tcp_t, on
 * the same loop: on Windows too, where that ties it to a completion port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream/handoff.h"

static int up(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  assert_int_equal(net_tcp_pair(socks), 0);
  handoff_open(socks);
  return 0;
}

static int down(void** state) {
  (void) state;
  handoff_end();
  return 0;
}

#define HANDOFF(test) cmocka_unit_test_setup_teardown(test, up, down)

static void libuv_goes_on(void) {
  static uv_tcp_t tcp;

  assert_int_equal(uv_tcp_init(handoff.loop, &tcp), 0);
  assert_int_equal(uv_tcp_open(&tcp, handoff.detached), 0);
  handoff_goes_on_in((uv_stream_t*) &tcp, net_close);
}

static void uv_tcp_open_takes_it(void** state) {
  (void) state;
  handoff_send("first second ");
  handoff_detach();
  handoff_close_stream();
  libuv_goes_on();
}

/* The stream's poller may still be closing when the next owner begins. */
static void also_before_the_stream_has_closed(void** state) {
  (void) state;
  handoff_send("first second ");
  handoff_detach();
  libuv_goes_on();
  handoff_close_stream();
}

/* Then the system is being asked for bytes at that moment. */
static void also_from_a_stream_that_waits_for_bytes(void** state) {
  (void) state;
  handoff_wait_for_bytes();
  assert_int_equal(hvuv_detach(&handoff.stream, &handoff.detached), 0);
  handoff_send("second ");
  libuv_goes_on();
  handoff_close_stream();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      HANDOFF(uv_tcp_open_takes_it),
      HANDOFF(also_before_the_stream_has_closed),
      HANDOFF(also_from_a_stream_that_waits_for_bytes),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
