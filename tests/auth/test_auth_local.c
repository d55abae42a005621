/* Servers and clients that prove themselves, on real `local` sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hvuv.h>

#include "auth/mac.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/trace.h"

#define HERE   "local://loopback/5000"
#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER  "a stranger's, of the same length"

static uv_loop_t* loop;
static hvuv_addr_t addr;
static hvuv_server_t server;
static hvuv_client_t client;
static hvuv_client_options_t options;
static hvuv_auth_t guard, caller;
static int done, stopped;
static int visited, seen_by_client;

/* --- Both handlers -------------------------------------------------------- */

static void count_visit(hvuv_conn_t* conn, void* arg) {
  (void) conn;
  (void) arg;
  visited++;
}

static int echo(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  trace("echo:%.*s", (int) nbytes, bytes);
  hvuv_server_each(&server, count_visit, NULL);
  return hvuv_conn_send(conn, bytes, nbytes);
}

static int say(hvuv_conn_t* conn) {
  seen_by_client += hvuv_client_conn(&client) == conn;
  return hvuv_conn_send(conn, "hi", 2);
}

static int hear(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  trace("heard:%.*s", (int) nbytes, bytes);
  hvuv_conn_end(conn);
  return 0;
}

static const hvuv_protocol_t echo_protocol = {
    .framing = {.kind = HVUV_FRAMING_LINES}, .on_message = echo};
static const hvuv_protocol_t say_protocol = {
    .framing = {.kind = HVUV_FRAMING_LINES},
    .on_open = say,
    .on_message = hear};

static void on_failed(hvuv_auth_t* auth, hvuv_conn_t* conn, int reason) {
  hvuv_addr_t peer;

  trace_status(auth == &guard ? "guard" : "caller", reason);
  if (hvuv_conn_peer(conn, &peer) != 0)
    trace("nameless");
  hvuv_server_each(&server, count_visit, NULL);
  if (hvuv_client_conn(&client) != NULL)
    trace("seen");
}

static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  (void) c;
  trace("attempt:%u", attempt->number);
}

static void on_done(hvuv_client_t* c, int status) {
  trace_status("done", status);
  hvuv_client_close(c, NULL);
  done = 1;
}

static void on_stopped(hvuv_server_t* s) {
  (void) s;
  stopped = 1;
}

/* --- Up and down ---------------------------------------------------------- */

static int setup(void** state) {
  hvuv_auth_options_t auth_options;

  (void) state;
  done = stopped = visited = seen_by_client = 0;
  trace_reset();
  alloc_install();
  endpoint_open();
  loop = loop_open();
  hvuv_auth_options_init(&auth_options);
  auth_options.on_failed = on_failed;
  auth_options.purpose = "echo";
  hvuv_client_options_init(&options);
  options.on_done = on_done;
  options.on_attempt = on_attempt;
  options.first_delay_ms = 1;
  options.max_delay_ms = 4;
  if (hvuv_addr_parse(HERE, &addr) != 0 ||
      hvuv_server_init(loop, &server, NULL) != 0 ||
      hvuv_auth_init(&guard, HVUV_AUTH_SERVER, &echo_protocol, &auth_options) !=
          0 ||
      hvuv_auth_init(&caller, HVUV_AUTH_CLIENT, &say_protocol, &auth_options) !=
          0 ||
      hvuv_auth_set_secrets(&guard, SECRET, 32, NULL, 0) != 0 ||
      hvuv_auth_set_secrets(&caller, SECRET, 32, NULL, 0) != 0)
    return -1;
  return hvuv_server_listen(&server, &addr, hvuv_auth_protocol(&guard));
}

static int teardown(void** state) {
  (void) state;
  hvuv_server_stop(&server, 1000, on_stopped);
  loop_run_until(loop, &stopped);
  loop_run_out(loop);
  hvuv_auth_close(&guard);
  hvuv_auth_close(&caller);
  loop_close(loop);
  alloc_check();
  endpoint_close();
  return 0;
}

static void call(void) {
  assert_int_equal(hvuv_client_init(loop, &client, &options), 0);
  assert_int_equal(
      hvuv_client_connect(&client, &addr, hvuv_auth_protocol(&caller)), 0);
  loop_run_until(loop, &done);
}

/* --- Cases ---------------------------------------------------------------- */

static void who_has_the_secret_is_served(void** state) {
  (void) state;
  call();
  assert_story("attempt:1 echo:hi heard:hi done:0");
  assert_int_equal(visited, 1);
  assert_int_equal(seen_by_client, 1);
}

/* Takes the challenge for a message, and waits. */
static int challenged;

static int take_challenge(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  challenged = 1;
  return 0;
}

static void who_has_proved_nothing_is_visited_by_nobody(void** state) {
  static const hvuv_protocol_t protocol = {.on_message = take_challenge};
  static hvuv_client_t stranger;
  hvuv_stats_t stats;

  (void) state;
  challenged = 0;
  assert_int_equal(hvuv_client_init(loop, &stranger, NULL), 0);
  assert_int_equal(hvuv_client_connect(&stranger, &addr, &protocol), 0);
  loop_run_until(loop, &challenged);
  call();
  assert_story("attempt:1 echo:hi heard:hi done:0");
  hvuv_server_stats(&server, &stats);
  assert_int_equal(stats.connections_ever, 2);
  assert_int_equal(visited, 1);
  hvuv_client_close(&stranger, NULL);
}

static void who_has_another_is_turned_away_and_learns_it(void** state) {
  hvuv_stats_t stats;

  (void) state;
  assert_int_equal(hvuv_auth_set_secrets(&caller, OTHER, 32, NULL, 0), 0);
  call();
  assert_story("attempt:1 guard:EACCES caller:EACCES done:EACCES");
  assert_int_equal(visited, 0);
  hvuv_server_stats(&server, &stats);
  assert_int_equal(stats.connections_ever, 1);
  assert_int_equal(stats.other_errors, 1);
}

/* Frames of an exchange are no success, or it would dial for ever. */
static void a_wrong_secret_does_not_reset_the_attempts(void** state) {
  (void) state;
  assert_int_equal(hvuv_auth_set_secrets(&caller, OTHER, 32, NULL, 0), 0);
  options.reconnects = 1;
  options.max_attempts = 3;
  call();
  assert_story("attempt:1 guard:EACCES caller:EACCES "
               "attempt:2 guard:EACCES caller:EACCES "
               "attempt:3 guard:EACCES caller:EACCES done:EACCES");
}

/* A stop in the middle of an exchange. */
static int stop_on_open(hvuv_conn_t* conn) {
  (void) conn;
  hvuv_server_stop(&server, 0, on_stopped);
  return 0;
}

static void a_server_may_be_stopped_by_the_handler_behind(void** state) {
  static const hvuv_protocol_t stopper = {.on_open = stop_on_open,
                                          .on_message = echo};
  hvuv_auth_t other;
  hvuv_addr_t there;

  (void) state;
  assert_int_equal(hvuv_addr_parse("local://loopback/5001", &there), 0);
  assert_int_equal(hvuv_auth_init(&other, HVUV_AUTH_SERVER, &stopper, NULL), 0);
  assert_int_equal(hvuv_auth_set_secrets(&other, SECRET, 32, NULL, 0), 0);
  assert_int_equal(
      hvuv_server_listen(&server, &there, hvuv_auth_protocol(&other)), 0);
  addr = there;
  hvuv_auth_close(&caller);
  assert_int_equal(
      hvuv_auth_init(&caller, HVUV_AUTH_CLIENT, &say_protocol, NULL), 0);
  assert_int_equal(hvuv_auth_set_secrets(&caller, SECRET, 32, NULL, 0), 0);
  call();
  loop_run_until(loop, &stopped);
  hvuv_auth_close(&other);
  assert_int_equal(hvuv_server_init(loop, &server, NULL),
                   0); /* to be stopped */
  stopped = 0;
  trace_reset();
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(who_has_the_secret_is_served),
      TEST(who_has_proved_nothing_is_visited_by_nobody),
      TEST(who_has_another_is_turned_away_and_learns_it),
      TEST(a_wrong_secret_does_not_reset_the_attempts),
      TEST(a_server_may_be_stopped_by_the_handler_behind),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  if (hvuv__mac_supported() != 0) {
    printf("Skipped: built without libsodium\n");
    return 77;
  }
  return cmocka_run_group_tests_name("auth local", tests, NULL, NULL);
}
