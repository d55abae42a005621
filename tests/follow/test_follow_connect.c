/* Clients that look the address up before each attempt, over `local`: another
 * partition, names, lookups that fail, and who closes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "follow_rig.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/trace.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y "7f1c9fad-5d7d-4d1f-8bad-1a701b2c3d4e"

static hvuv_server_t server;
static hvuv_client_t client;
static hvuv_client_options_t options;
static int is_stopped;
static int is_open;
static int is_done;

/* --- The guest's side ----------------------------------------------------- */

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t called = {.on_message = on_message};

static void on_stopped(hvuv_server_t* stopped) {
  (void) stopped;
  is_stopped = 1;
}

/* Plays a VM that runs: a server in its partition. */
static void boot(const char* vm) {
  hvuv_addr_t addr;
  int err;

  assert_int_equal(hvuv_addr_parse("local://any/5000", &addr), 0);
  assert_int_equal(hvuv_server_init(rig_loop, &server, NULL), 0);
  endpoint_play(vm);
  err = hvuv_server_listen(&server, &addr, &called);
  endpoint_play(NULL);
  assert_int_equal(err, 0);
}

static void shut_down(void) {
  is_stopped = 0;
  hvuv_server_stop(&server, 0, on_stopped);
  loop_run_until(rig_loop, &is_stopped);
}

/* --- The client ----------------------------------------------------------- */

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  is_open = 1;
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  (void) reason;
  is_open = 0;
}

static const hvuv_protocol_t calling = {
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};

static void (*then)(void); /* called at each attempt, if not NULL */

static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  (void) c;
  trace_status("attempt", attempt->status);
  if (attempt->error_class == HVUV_ERROR_VM_OFF)
    trace("(off)");
  if (then != NULL)
    then();
}

static void on_done(hvuv_client_t* c, int status) {
  (void) c;
  trace_status("done", status);
  is_done = 1;
}

static int up(void** state) {
  is_open = 0;
  is_done = 0;
  then = NULL;
  endpoint_open();
  rig_up(state);
  hvuv_client_options_init(&options);
  options.first_delay_ms = 5;
  options.max_delay_ms = 5;
  options.jitter_percent = 0;
  options.success_after_ms = 0;
  options.on_attempt = on_attempt;
  options.on_done = on_done;
  rig_at("local://" X "/5000");
  return 0;
}

static int down(void** state) {
  loop_run_out(rig_loop);
  rig_down(state);
  endpoint_close();
  return 0;
}

static void follow(void) {
  rig_start();
  assert_int_equal(hvuv_client_init(rig_loop, &client, &options), 0);
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, &calling), 0);
  assert_story("");
}

static void close_client(void) {
  hvuv_client_close(&client, NULL);
}

static void end(void) {
  close_client();
  rig_close();
  loop_run_turns(rig_loop, 5);
  assert_true(rig_is_closed());
}

static void run_until_done(void) {
  loop_run_until(rig_loop, &is_done);
}

/* --- Addresses ------------------------------------------------------------ */

static void a_client_calls_where_the_vm_is_found(void** state) {
  (void) state;
  boot(X);
  follow();
  loop_run_until(rig_loop, &is_open);
  assert_story("ask at:local://" X "/5000 attempt:0");
  end();
  shut_down();
}

static void a_vm_with_another_id_is_called_at_once(void** state) {
  (void) state;
  options.reconnects = 1;
  boot(X);
  follow();
  loop_run_until(rig_loop, &is_open);
  trace_reset();
  shut_down();
  boot(Y);
  rig_at("local://" Y "/5000");
  loop_run_turns(rig_loop, 3);
  loop_run_until(rig_loop, &is_open);
  assert_story("ask at:local://" Y "/5000 attempt:0");
  end();
  shut_down();
}

static void each_attempt_looks_up_first(void** state) {
  (void) state;
  options.max_attempts = 3;
  follow();
  run_until_done();
  assert_story("ask at:local://" X "/5000 attempt:ECONNREFUSED "
               "ask attempt:ECONNREFUSED ask attempt:ECONNREFUSED "
               "done:ECONNREFUSED");
  end();
}

static void an_attempt_too_early_for_a_lookup_has_the_last_result(
    void** state) {
  (void) state;
  rig_options.min_interval_ms = 1000000;
  rig_options.max_interval_ms = 1000000;
  options.max_attempts = 2;
  follow();
  run_until_done();
  assert_int_equal(rig_asked(), 1);
  assert_story("ask at:local://" X "/5000 attempt:ECONNREFUSED "
               "attempt:ECONNREFUSED done:ECONNREFUSED");
  end();
}

static void a_vm_that_is_gone_is_off(void** state) {
  (void) state;
  rig_fails(UV_ENOENT);
  options.max_attempts = 2;
  follow();
  run_until_done();
  assert_story("ask gone attempt:ENOENT (off) ask attempt:ENOENT (off) "
               "done:ENOENT");
  end();
}

static void be_gone_from_now_on(void) {
  rig_fails(UV_ENOENT);
}

static void a_vm_that_has_gone_is_not_called_where_it_was(void** state) {
  (void) state;
  then = be_gone_from_now_on;
  options.max_attempts = 2;
  follow();
  run_until_done();
  assert_story("ask at:local://" X "/5000 attempt:ECONNREFUSED "
               "ask gone attempt:ENOENT (off) done:ENOENT");
  end();
}

static void fail_from_now_on(void) {
  rig_fails(UV_ETIMEDOUT);
}

static void a_lookup_that_fails_leaves_the_address_that_was_known(
    void** state) {
  (void) state;
  then = fail_from_now_on;
  options.max_attempts = 2;
  follow();
  run_until_done();
  assert_story("ask at:local://" X "/5000 attempt:ECONNREFUSED "
               "ask failed:ETIMEDOUT attempt:ECONNREFUSED done:ECONNREFUSED");
  end();
}

static void a_lookup_that_is_not_allowed_ends_the_client(void** state) {
  (void) state;
  rig_fails(UV_EACCES);
  follow();
  run_until_done();
  assert_story("ask failed:EACCES attempt:EACCES done:EACCES");
  end();
}

static void a_client_that_is_done_may_follow_again(void** state) {
  (void) state;
  options.max_attempts = 1;
  follow();
  run_until_done();
  is_done = 0;
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, &calling), 0);
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, &calling),
                   UV_EALREADY);
  run_until_done();
  end();
}

/* hvuv_vm_find() knows partitions by their ids. */
static void a_client_that_connects_by_itself_follows_no_more(void** state) {
  hvuv_addr_t addr;

  (void) state;
  options.max_attempts = 2;
  follow();
  run_until_done();
  is_done = 0;
  trace_reset();
  assert_int_equal(hvuv_addr_parse("local://" Y "/5000", &addr), 0);
  assert_int_equal(hvuv_client_connect(&client, &addr, &calling), 0);
  run_until_done();
  assert_story("attempt:ECONNREFUSED attempt:ECONNREFUSED done:ECONNREFUSED");
  is_done = 0;
  trace_reset();
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, &calling), 0);
  run_until_done();
  assert_story("ask attempt:ECONNREFUSED ask attempt:ECONNREFUSED "
               "done:ECONNREFUSED");
  end();
}

static void a_vm_is_followed_by_its_id(void** state) {
  (void) state;
  if (!net_is_posix()) {
    print_message(
        "On Windows a VM is one that Windows runs, and no partition\n");
    skip();
  }
  rig_options.resolve = NULL;
  rig_options.name = X;
  assert_int_equal(hvuv_addr_parse("local://any/5000", &rig_options.addr), 0);
  then = NULL;
  follow();
  while (strstr(trace_story(), "(off)") == NULL)
    uv_run(rig_loop, UV_RUN_ONCE);
  trace_reset();
  boot(X);
  loop_run_until(rig_loop, &is_open);
  assert_non_null(strstr(trace_story(), "at:local://" X "/5000 attempt:0"));
  end();
  shut_down();
}

/* --- Who goes first ------------------------------------------------------- */

static void a_client_closes_while_it_asks(void** state) {
  (void) state;
  rig_is_slow = 1;
  follow();
  rig_run(1);
  close_client();
  rig_finish();
  loop_run_turns(rig_loop, 3);
  assert_story("ask at:local://" X "/5000");
  rig_close();
}

static void a_client_closes_before_it_has_asked(void** state) {
  (void) state;
  follow();
  end();
  assert_story("closed");
}

static void a_follow_that_closes_lets_the_client_go_on(void** state) {
  (void) state;
  boot(X);
  options.max_attempts = 2;
  follow();
  rig_is_slow = 1;
  rig_run(1);
  rig_finish();
  loop_run_until(rig_loop, &is_open);
  trace_reset();
  rig_close();
  loop_run_turns(rig_loop, 3);
  hvuv_conn_end(hvuv_client_conn(&client));
  run_until_done();
  assert_story("closed done:0");
  close_client();
  shut_down();
}

static void a_follow_that_closes_while_the_client_asks_lets_it_fail(
    void** state) {
  (void) state;
  rig_is_slow = 1;
  follow();
  rig_run(1);
  rig_close();
  run_until_done();
  assert_story("ask closed attempt:EINVAL done:EINVAL");
  rig_finish();
  close_client();
}

static void both_close_inside_an_attempt(void** state) {
  (void) state;
  then = rig_close;
  options.max_attempts = 2;
  rig_fails(UV_ENOENT);
  follow();
  rig_run(1);
  close_client();
  loop_run_out(rig_loop);
  assert_story("ask gone attempt:ENOENT (off) closed");
}

static void the_client_closes_inside_an_attempt(void** state) {
  (void) state;
  then = close_client;
  follow();
  loop_run_out(rig_loop);
  assert_story("ask at:local://" X "/5000 attempt:ECONNREFUSED");
  rig_close();
}

static void the_client_closes_inside_the_news(void** state) {
  (void) state;
  rig_on_news = close_client;
  follow();
  loop_run_out(rig_loop);
  assert_story("ask at:local://" X "/5000");
  rig_close();
}

static void mistakes_are_returned(void** state) {
  hvuv_follow_t other;

  (void) state;
  follow();
  assert_int_equal(hvuv_follow_connect(&rig_follow, NULL, &calling), UV_EINVAL);
  assert_int_equal(hvuv_follow_connect(NULL, &client, &calling), UV_EINVAL);
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_connect(&rig_follow, &client, &calling),
                   UV_EALREADY);
  assert_int_equal(hvuv_follow_start(rig_loop, &other, &rig_options, NULL), 0);
  assert_int_equal(hvuv_follow_connect(&other, &client, &calling), UV_EALREADY);
  hvuv_follow_close(&other, NULL);
  assert_int_equal(hvuv_follow_connect(&other, &client, &calling), UV_EINVAL);
  end();
}

#define CONNECT(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CONNECT(a_client_calls_where_the_vm_is_found),
      CONNECT(a_vm_with_another_id_is_called_at_once),
      CONNECT(each_attempt_looks_up_first),
      CONNECT(an_attempt_too_early_for_a_lookup_has_the_last_result),
      CONNECT(a_vm_that_is_gone_is_off),
      CONNECT(a_vm_that_has_gone_is_not_called_where_it_was),
      CONNECT(a_lookup_that_fails_leaves_the_address_that_was_known),
      CONNECT(a_lookup_that_is_not_allowed_ends_the_client),
      CONNECT(a_client_that_is_done_may_follow_again),
      CONNECT(a_client_that_connects_by_itself_follows_no_more),
      CONNECT(a_vm_is_followed_by_its_id),
      CONNECT(a_client_closes_while_it_asks),
      CONNECT(a_client_closes_before_it_has_asked),
      CONNECT(a_follow_that_closes_lets_the_client_go_on),
      CONNECT(a_follow_that_closes_while_the_client_asks_lets_it_fail),
      CONNECT(both_close_inside_an_attempt),
      CONNECT(the_client_closes_inside_an_attempt),
      CONNECT(the_client_closes_inside_the_news),
      CONNECT(mistakes_are_returned),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
