/* What one poll() says of several sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/net.h"
#include "sys/ready.h"

#define R  UV_READABLE
#define W  UV_WRITABLE
#define RW (UV_READABLE | UV_WRITABLE)

static uv_os_sock_t a[2], b[2];

static int up(void** state) {
  (void) state;
  return net_pair(a) != 0 || net_pair(b) != 0;
}

static void close_one(uv_os_sock_t* sock) {
  if (*sock != NET_NONE)
    net_close(*sock);
  *sock = NET_NONE;
}

static int down(void** state) {
  (void) state;
  close_one(&a[0]);
  close_one(&a[1]);
  close_one(&b[0]);
  close_one(&b[1]);
  return 0;
}

#define READY(test) cmocka_unit_test_setup_teardown(test, up, down)

/* What a and b are ready for, of what they are asked. */
static unsigned int look(unsigned char events[2]) {
  uv_os_sock_t socks[2];

  socks[0] = a[0];
  socks[1] = b[0];
  return hvuv__ready_now(socks, events, 2);
}

static void each_has_what_has_come_to_it(void** state) {
  unsigned char events[2] = {RW, R};

  (void) state;
  assert_int_equal(net_send(a[1], "x", 1), 1);
  assert_int_equal(look(events), 1);
  assert_int_equal(events[0], RW);
  assert_int_equal(events[1], 0);
}

static void nothing_is_said_that_was_not_asked(void** state) {
  unsigned char events[2] = {W, 0};

  (void) state;
  assert_int_equal(net_send(a[1], "x", 1), 1);
  close_one(&b[1]);
  assert_int_equal(look(events), 1);
  assert_int_equal(events[0], W);
  assert_int_equal(events[1], 0);
}

static void an_end_is_readable(void** state) {
  unsigned char events[2] = {R, R};

  (void) state;
  close_one(&b[1]);
  assert_int_equal(look(events), 1);
  assert_int_equal(events[0], 0);
  assert_int_equal(events[1], R);
}

/* POLLNVAL: somebody else has closed it. */
static void an_error_is_left_to_who_watches(void** state) {
  unsigned char events[2] = {W, RW};
  uv_os_sock_t number;

  (void) state;
  number = b[0];
  close_one(&b[0]);
  b[0] = number;
  assert_int_equal(look(events), 1);
  assert_int_equal(events[0], W);
  assert_int_equal(events[1], 0);
  b[0] = NET_NONE;
}

static void what_is_no_socket_is_passed_over(void** state) {
  unsigned char events[2] = {R, R};
  uv_os_sock_t socks[2];

  (void) state;
  socks[0] = HVUV__NO_SOCK;
  socks[1] = b[0];
  assert_int_equal(net_send(b[1], "x", 1), 1);
  assert_int_equal(hvuv__ready_now(socks, events, 2), 1);
  assert_int_equal(events[0], 0);
  assert_int_equal(events[1], R);
}

static void nothing_is_taken(void** state) {
  unsigned char events[2] = {R, R};
  char byte;

  (void) state;
  assert_int_equal(net_send(a[1], "x", 1), 1);
  assert_int_equal(look(events), 1);
  assert_int_equal(net_recv(a[0], &byte, 1), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      READY(each_has_what_has_come_to_it),
      READY(nothing_is_said_that_was_not_asked),
      READY(an_end_is_readable),
      READY(an_error_is_left_to_who_watches),
      READY(what_is_no_socket_is_passed_over),
      READY(nothing_is_taken),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
