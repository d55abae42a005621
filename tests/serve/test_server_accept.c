/* A server over scripted calls: callers that cannot be taken, names that they
 * have, and how many system calls a callback's sends make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/fakes/fake_names.h"
#include "support/loop.h"
#include "support/rigs/scene.h"

#define CONNS 8

static hvuv_server_t server;
static hvuv_server_options_t options;
static hvuv_protocol_t protocol;
static int is_up;
static int opens;
static int has_come; /* for a loop to run until */
static int closes;
static int errors;
static int last_error;
static int stopped;
static hvuv_conn_t* conns[CONNS];

static int on_open(hvuv_conn_t* conn) {
  conns[opens++ % CONNS] = conn;
  has_come = 1;
  return 0;
}

/* Three sends to each. */
static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  int i;

  (void) conn;
  for (i = 0; i < 3 * opens; i++)
    hvuv_conn_send(conns[i % opens], bytes, nbytes);
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  (void) reason;
  closes++;
}

static void on_accept_error(hvuv_server_t* s, int status) {
  (void) s;
  errors++;
  last_error = status;
}

static void on_stopped(hvuv_server_t* s) {
  (void) s;
  stopped = 1;
}

static int setup(void** state) {
  is_up = 0;
  opens = 0;
  has_come = 0;
  closes = 0;
  errors = 0;
  stopped = 0;
  memset(&protocol, 0, sizeof(protocol));
  protocol.on_open = on_open;
  protocol.on_message = on_message;
  protocol.on_close = on_close;
  hvuv_server_options_init(&options);
  options.on_accept_error = on_accept_error;
  return scene_up(state);
}

static int teardown(void** state) {
  if (is_up) {
    hvuv_server_stop(&server, 0, on_stopped);
    turns(3);
    assert_int_equal(stopped, 1);
    assert_int_equal(closes, opens);
  }
  return scene_down(state);
}

/* The listener's socket. */
static uv_os_sock_t listen_at(const char* text) {
  hvuv_addr_t addr = scene_addr(text);

  if (!is_up)
    assert_int_equal(hvuv_server_init(scene_loop(), &server, &options), 0);
  is_up = 1;
  assert_int_equal(hvuv_server_listen(&server, &addr, &protocol), 0);
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_always(FAKE_RECV, UV_EAGAIN);
  fake_always(FAKE_SEND, FAKE_ALL);
  return fake_newest_socket();
}

static uv_os_sock_t take_one(uv_os_sock_t listener) {
  fake_next_on(listener, FAKE_ACCEPT, 0);
  fake_poller_fire(listener, 0, UV_READABLE);
  return fake_newest_socket();
}

static hvuv_stats_t stats(void) {
  hvuv_stats_t s;

  hvuv_server_stats(&server, &s);
  return s;
}

static void the_backlog_is_the_systems_unless_asked_otherwise(void** state) {
  (void) state;
  listen_at("vsock://any:5000");
  assert_int_equal(fake_backlog(), SOMAXCONN);
  teardown(state);
  setup(state);
  options.backlog = 7;
  listen_at("vsock://any:5000");
  assert_int_equal(fake_backlog(), 7);
}

static void expect_size(int option, int bytes) {
  char expected[64];

  snprintf(expected, sizeof(expected), "%d/%d=%d", SOL_SOCKET, option, bytes);
  if (strstr(fake_options(), expected) == NULL)
    fail_msg("%s is not in \"%s\"", expected, fake_options());
}

/* hv_sock's connections have their rings from their listener. */
static void the_sizes_of_buffers_are_set_before_it_listens(void** state) {
  hvuv_addr_t addr = scene_addr("vsock://any:5000");
  uint64_t most = 1 << 20; /* what getsockopt says of AF_VSOCK's own */

  (void) state;
  fake_option(&most, sizeof(most));
  options.send_buffer_bytes = 131072;
  options.recv_buffer_bytes = 65536;
  listen_at("vsock://any:5000");
  expect_size(SO_SNDBUF, 131072);
  expect_size(SO_RCVBUF, 65536);

  fake_next(FAKE_SETSOCKOPT, UV_ENOMEM);
  assert_int_equal(hvuv_server_listen(&server, &addr, &protocol), UV_ENOMEM);
}

static void the_sizes_of_buffers_are_the_systems_at_first(void** state) {
  (void) state;
  listen_at("vsock://any:5000");
  assert_string_equal(fake_options(), "");
}

static void a_shortage_is_told_and_survived(void** state) {
  static const int codes[] = {UV_EMFILE, UV_ENFILE, UV_ENOBUFS, UV_ENOMEM};
  uv_os_sock_t listener;
  int i;

  (void) state;
  listener = listen_at("vsock://any:5000");
  for (i = 0; i < 4; i++) {
    fake_next_on(listener, FAKE_ACCEPT, codes[i]);
    fake_next_on(listener, FAKE_ACCEPT, 0);
    fake_poller_fire(listener, 0, UV_READABLE);
    assert_int_equal(errors, i + 1);
    assert_int_equal(last_error, codes[i]);
    assert_int_equal(opens, i);
    loop_run_until(scene_loop(), &has_come);
    has_come = 0;
  }
  assert_int_equal(opens, 4);
  assert_int_equal(stats().accept_errors, 4);
}

static void a_lost_caller_is_no_error(void** state) {
  uv_os_sock_t listener;

  (void) state;
  listener = listen_at("vsock://any:5000");
  fake_next_on(listener, FAKE_ACCEPT, UV_ECONNABORTED);
  fake_poller_fire(listener, 0, UV_READABLE);
  take_one(listener);
  assert_int_equal(errors, 0);
  assert_int_equal(opens, 1);
}

static void a_listener_that_dies_leaves_the_others(void** state) {
  uv_os_sock_t dying;
  uv_os_sock_t well;

  (void) state;
  dying = listen_at("vsock://any:5000");
  well = listen_at("vsock://any:5001");
  fake_next_on(dying, FAKE_ACCEPT, UV_EBADF);
  fake_poller_fire(dying, 0, UV_READABLE);
  assert_int_equal(errors, 1);
  assert_int_equal(last_error, UV_EBADF);
  assert_int_equal(stats().accept_errors, 1);
  take_one(well);
  assert_int_equal(opens, 1);
}

static void errors_are_counted_without_a_callback(void** state) {
  uv_os_sock_t listener;

  (void) state;
  options.on_accept_error = NULL;
  listener = listen_at("vsock://any:5000");
  fake_next_on(listener, FAKE_ACCEPT, UV_EBADF);
  fake_poller_fire(listener, 0, UV_READABLE);
  assert_int_equal(stats().accept_errors, 1);
}

static void a_port_of_the_systems_choice_is_told(void** state) {
  hvuv_addr_t addr;
  hvuv_addr_t expected;

  (void) state;
  fake_vsock_name(FAKE_GETSOCKNAME, HVUV_CID_ANY, 1024);
  listen_at("vsock://any:any");
  assert_int_equal(hvuv_server_address(&server, 0, &addr), 0);
  expected = scene_addr("vsock://any:1024");
  assert_true(hvuv_addr_equal(&addr, &expected));
}

static void peers_are_known_by_their_machine(void** state) {
  static const char* const listeners[] = {"vsock://any:5000",
                                          "hyperv://any/5000"};
  static const char* const allowed[] = {"vsock://host:1", "hyperv://parent/1"};
  hvuv_addr_t peer;
  uv_os_sock_t listener;
  int i;

  for (i = 0; i < 4; i++) {
    if (i > 0)
      setup(state);
    peer = scene_addr(allowed[i / 2]);
    options.allowed_peers = &peer;
    options.nallowed_peers = 1;
    listener = listen_at(listeners[i % 2]);
    fake_vsock_name(FAKE_ACCEPT, HVUV_CID_HOST, 7);
    take_one(listener);
    assert_int_equal(opens, 1);
    fake_vsock_name(FAKE_ACCEPT, HVUV_CID_LOCAL, 7);
    assert_int_equal(fake_is_open(take_one(listener)), 0);
    assert_int_equal(opens, 1);
    assert_int_equal(stats().refused_peer, 1);
    if (i < 3)
      teardown(state);
  }
}

static void a_callbacks_sends_leave_in_one_call(void** state) {
  uv_os_sock_t sock;

  (void) state;
  sock = take_one(listen_at("vsock://any:5000"));
  fake_input_on(sock, "abc");
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_string_equal(fake_sent(sock), "abcabcabc");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void a_callbacks_sends_to_others_leave_in_one_call_each(void** state) {
  uv_os_sock_t listener;
  uv_os_sock_t one;
  uv_os_sock_t other;

  (void) state;
  listener = listen_at("vsock://any:5000");
  one = take_one(listener);
  other = take_one(listener);
  fake_input_on(one, "abc");
  fake_poller_fire(one, 0, UV_READABLE);
  turn();
  assert_string_equal(fake_sent(one), "abcabcabc");
  assert_string_equal(fake_sent(other), "abcabcabc");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
}

static void say_twice(hvuv_conn_t* conn, void* arg) {
  (void) arg;
  hvuv_conn_send(conn, "x", 1);
  hvuv_conn_send(conn, "y", 1);
}

static void sends_to_each_leave_in_one_call_each(void** state) {
  uv_os_sock_t listener;
  uv_os_sock_t one;

  (void) state;
  listener = listen_at("vsock://any:5000");
  one = take_one(listener);
  take_one(listener);
  hvuv_server_each(&server, say_twice, NULL);
  turn();
  assert_string_equal(fake_sent(one), "xy");
  assert_int_equal(fake_calls(FAKE_SEND), 2);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_backlog_is_the_systems_unless_asked_otherwise),
      TEST(the_sizes_of_buffers_are_set_before_it_listens),
      TEST(the_sizes_of_buffers_are_the_systems_at_first),
      TEST(a_shortage_is_told_and_survived),
      TEST(a_lost_caller_is_no_error),
      TEST(a_listener_that_dies_leaves_the_others),
      TEST(errors_are_counted_without_a_callback),
      TEST(a_port_of_the_systems_choice_is_told),
      TEST(peers_are_known_by_their_machine),
      TEST(a_callbacks_sends_leave_in_one_call),
      TEST(a_callbacks_sends_to_others_leave_in_one_call_each),
      TEST(sends_to_each_leave_in_one_call_each),
  };

  return cmocka_run_group_tests_name("server, accept", tests, NULL, NULL);
}
