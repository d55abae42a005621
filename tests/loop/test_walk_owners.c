/* Servers, clients and relays on a loop that ends as libuv's own tests end
 * theirs (test_walk.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/net.h"
#include "support/stranger.h"
#include "support/trace.h"

static uv_loop_t loop;
static uv_os_sock_t peers[2];

static int up(void** state) {
  (void) state;
  net_start();
  endpoint_open();
  alloc_install();
  trace_reset();
  return uv_loop_init(&loop);
}

static int down(void** state) {
  (void) state;
  alloc_check();
  endpoint_close();
  return 0;
}

#define WALK(test) cmocka_unit_test_setup_teardown(test, up, down)

/* --- Servers -------------------------------------------------------------- */

static void on_stopped(hvuv_server_t* server) {
  (void) server;
  trace("stopped");
}

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  trace("open");
  return 0;
}

static void on_conn_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  trace_status("conn", reason);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t protocol = {
    .on_message = on_message,
    .on_open = on_open,
    .on_close = on_conn_close,
};

static hvuv_server_t server;

static void run_until(const char* story) {
  int i;

  for (i = 0; i < 1000 && strcmp(trace_story(), story) != 0; i++)
    uv_run(&loop, UV_RUN_ONCE);
  assert_story(story);
}

static void serve_one(uv_os_sock_t* caller) {
  struct sockaddr_in name;
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  assert_int_equal(hvuv_server_init(&loop, &server, NULL), 0);
  assert_int_equal(hvuv_server_listen_socket(&server, sock, &protocol), 0);
  assert_int_equal(net_tcp_connect(caller, &name), 0);
  run_until("open");
}

static void expect_the_servers_end(uv_os_sock_t caller) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("conn:ECANCELED stopped");
  assert_int_equal(uv_loop_close(&loop), 0);
  net_close(caller);
}

static void a_server_stops_after_the_walk(void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  stranger_closes_all(&loop, NULL);
  hvuv_server_stop(&server, 3600000, on_stopped);
  expect_the_servers_end(caller);
}

static void a_server_stops_before_the_walk(void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 0, on_stopped);
  stranger_closes_all(&loop, NULL);
  expect_the_servers_end(caller);
}

static void a_server_that_was_stopping_stops_again_after_the_walk(
    void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_closes_all(&loop, NULL);
  hvuv_server_stop(&server, 0, NULL);
  expect_the_servers_end(caller);
}

static void a_server_that_was_stopping_with_a_grace_notices_the_walk(
    void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_closes_all(&loop, stranger_on_closed);
  expect_the_servers_end(caller);
  assert_int_equal(stranger_owned, stranger_closed);
}

static void a_server_with_a_grace_notices_a_walk_of_later(void** state) {
  uv_os_sock_t caller;
  int i;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 3600000, on_stopped);
  for (i = 0; i < 10; i++)
    uv_run(&loop, UV_RUN_NOWAIT);
  assert_story("");
  stranger_closes_all(&loop, NULL);
  expect_the_servers_end(caller);
}

static int stop_is_due;

/* As programs do that keep what is theirs in `data`. */
static void stop_and_close(uv_handle_t* handle, void* arg) {
  (void) arg;
  if (stop_is_due)
    hvuv_server_stop(&server, 3600000, on_stopped);
  stop_is_due = 0;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void a_server_that_is_stopped_by_the_walk_notices_it(void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  stop_is_due = 1;
  uv_walk(&loop, stop_and_close, NULL);
  expect_the_servers_end(caller);
}

/* Whoever looks at what is not theirs finds a server that goes on. */
static void a_server_with_a_grace_goes_on_when_its_handles_are_spared(
    void** state) {
  uv_os_sock_t caller;
  uv_timer_t timer;

  (void) state;
  serve_one(&caller);
  uv_timer_init(&loop, &timer);
  timer.data = NULL;
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_spares_hvuvs(&loop);
  uv_run(&loop, UV_RUN_NOWAIT);
  assert_true(uv_is_closing((uv_handle_t*) &timer));
  assert_story("");

  net_close(caller);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("conn:0 stopped");
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* --- Clients -------------------------------------------------------------- */

static hvuv_client_t client;

static void on_client_closed(hvuv_client_t* c) {
  (void) c;
  trace("closed");
}

static void call(const char* text) {
  hvuv_client_options_t options;
  hvuv_addr_t addr;

  hvuv_client_options_init(&options);
  options.first_delay_ms = 3600000;
  options.max_delay_ms = 3600000;
  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  assert_int_equal(hvuv_client_init(&loop, &client, &options), 0);
  assert_int_equal(hvuv_client_connect(&client, &addr, &protocol), 0);
}

/* A client and the server that it has called. */
static void converse(void) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse("local://any/5000", &addr), 0);
  assert_int_equal(hvuv_server_init(&loop, &server, NULL), 0);
  assert_int_equal(hvuv_server_listen(&server, &addr, &protocol), 0);
  call("local://loopback/5000");
  run_until("open open");
}

static void expect_the_end(const char* story) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story(story);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_client_closes_after_the_walk(void** state) {
  (void) state;
  converse();
  stranger_closes_all(&loop, NULL);
  hvuv_client_close(&client, on_client_closed);
  hvuv_server_stop(&server, 3600000, on_stopped);
  expect_the_end("conn:ECANCELED conn:ECANCELED closed stopped");
}

static void a_client_closes_before_the_walk(void** state) {
  (void) state;
  converse();
  hvuv_client_close(&client, on_client_closed);
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_closes_all(&loop, stranger_on_closed);
  expect_the_end("conn:ECANCELED conn:ECANCELED closed stopped");
}

static void a_client_closes_when_the_walked_loop_has_run(void** state) {
  (void) state;
  converse();
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_closes_all(&loop, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_story("conn:ECANCELED stopped");
  hvuv_client_close(&client, on_client_closed);
  expect_the_end("conn:ECANCELED closed");
}

/* It will not reach its end by itself any more. */
static void a_client_closes_one_that_was_saying_goodbye(void** state) {
  (void) state;
  converse();
  hvuv_conn_end(hvuv_client_conn(&client));
  stranger_closes_all(&loop, NULL);
  hvuv_client_close(&client, on_client_closed);
  hvuv_server_stop(&server, 0, on_stopped);
  expect_the_end("conn:ECANCELED conn:ECANCELED closed stopped");
}

static void a_client_closes_that_waits_for_its_next_attempt(void** state) {
  (void) state;
  call("local://loopback/5001");
  uv_run(&loop, UV_RUN_NOWAIT);
  stranger_closes_all(&loop, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  hvuv_client_close(&client, on_client_closed);
  expect_the_end("closed");
}

/* --- Relays --------------------------------------------------------------- */

static hvuv_stream_t left;
static uv_tcp_t right;
static hvuv_relay_t relay;

static void on_relayed(hvuv_relay_t* r, int status) {
  (void) r;
  trace_status("relayed", status);
}

/* Of a stream of hvuv's and one of libuv's, which the walk closes too. */
static void make_relay(void) {
  const hvuv_relay_end_t ends[2] = {{.hvuv = &left},
                                    {.uv = (uv_stream_t*) &right}};
  uv_os_sock_t socks[2];

  assert_int_equal(net_pair(socks), 0);
  peers[0] = socks[1];
  assert_int_equal(hvuv_init(&loop, &left), 0);
  assert_int_equal(hvuv_open(&left, socks[0]), 0);
  assert_int_equal(net_tcp_pair(socks), 0);
  peers[1] = socks[1];
  assert_int_equal(uv_tcp_init(&loop, &right), 0);
  assert_int_equal(uv_tcp_open(&right, socks[0]), 0);
  right.data = NULL;
  assert_int_equal(
      hvuv_relay_start_ex(&relay, &ends[0], &ends[1], NULL, on_relayed), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
}

static void expect_the_relays_end(void) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("relayed:ECANCELED");
  assert_int_equal(uv_loop_close(&loop), 0);
  net_close(peers[0]);
  net_close(peers[1]);
}

static void a_relay_closes_after_the_walk(void** state) {
  (void) state;
  make_relay();
  stranger_closes_all(&loop, NULL);
  hvuv_relay_close(&relay);
  expect_the_relays_end();
}

static void a_relay_closes_when_the_walked_loop_has_run(void** state) {
  (void) state;
  make_relay();
  stranger_closes_all(&loop, stranger_on_closed);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(stranger_owned, stranger_closed - 1);
  hvuv_relay_close(&relay);
  expect_the_relays_end();
}

static void a_relay_closes_before_the_walk(void** state) {
  (void) state;
  make_relay();
  hvuv_relay_close(&relay);
  stranger_closes_all(&loop, NULL);
  expect_the_relays_end();
}

/* Wine 8 has no Unix sockets; there, random walks have clients. */
int main(void) {
  const struct CMUnitTest tests[] = {
      WALK(a_server_stops_after_the_walk),
      WALK(a_server_stops_before_the_walk),
      WALK(a_server_that_was_stopping_stops_again_after_the_walk),
      WALK(a_server_that_was_stopping_with_a_grace_notices_the_walk),
      WALK(a_server_with_a_grace_notices_a_walk_of_later),
      WALK(a_server_that_is_stopped_by_the_walk_notices_it),
      WALK(a_server_with_a_grace_goes_on_when_its_handles_are_spared),
      WALK(a_relay_closes_after_the_walk),
      WALK(a_relay_closes_when_the_walked_loop_has_run),
      WALK(a_relay_closes_before_the_walk),
  };
  const struct CMUnitTest clients[] = {
      WALK(a_client_closes_after_the_walk),
      WALK(a_client_closes_before_the_walk),
      WALK(a_client_closes_when_the_walked_loop_has_run),
      WALK(a_client_closes_one_that_was_saying_goodbye),
      WALK(a_client_closes_that_waits_for_its_next_attempt),
  };
  int failures;

  net_start();
  failures = cmocka_run_group_tests(tests, NULL, NULL);
  if (hvuv_supported(HVUV_LOCAL) != 0) {
    print_message("skipped: clients, without Unix sockets\n");
    return failures;
  }
  return failures + cmocka_run_group_tests(clients, NULL, NULL);
}
