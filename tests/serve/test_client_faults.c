/*
 * A client's whole life (a call refused, then taken, a message, the peer's end,
 * a call again, the close) over and over: with each of its allocations failing
 * once, each of its system calls failing once, and closed before each of its
 * turns. Whatever happens, what was opened closes, the close callback comes
 * last, and nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/between.h"
#include "support/rigs/client_rig.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE  "vsock://host:5000"
#define STEPS 24

static int up(void** state) {
  scene_up(state);
  client_rig_up(scene_loop());
  return 0;
}

/* The scripts of conversations that broke off are no mistake. */
static int down(void** state) {
  fake_forget_script();
  trace_reset();
  client_rig_down();
  return scene_down(state);
}

/* What the peer and the clock do in a step, if it is possible. */
static void play_step(int step) {
  if (client_rig_due() >= 0)
    client_rig_hurry();
  if (step % 6 == 4) {
    fake_input("ping");
    fake_poller_pump();
  } else if (step % 6 == 5) {
    fake_next(FAKE_RECV, 0);
    fake_poller_pump();
  } else {
    fake_poller_pump();
  }
  fake_forget_script();
}

/* What the system answers where the script says nothing. */
static void write_script(void) {
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_always(FAKE_CONNECT, HVUV__IN_PROGRESS);
  fake_always(FAKE_RECV, UV_EAGAIN);
}

/* Plays it, closing the client before a step. */
static void play(int close_at) {
  hvuv_client_t* client;
  int i;

  client_rig_options()->reconnects = 1;
  client_rig_options()->max_attempts = 4;
  client_rig_options()->connect_timeout_ms = 3600000;
  client = client_rig_new();
  if (client == NULL) {
    turn(); /* What was made before it failed. */
    return;
  }

  write_script();
  fake_next(FAKE_CONNECT, UV_ECONNREFUSED);
  client_rig_connect(client, HERE);
  for (i = 0; i < STEPS && i < close_at; i++) {
    play_step(i);
    turn();
  }
  client_rig_close(client);
  turns(5);
}

static void check(void) {
  assert_int_equal(client_rig_count("open"), client_rig_count("close"));
  assert_int_equal(client_rig_count("closed"),
                   strstr(trace_story(), "init:") == NULL);
  if (client_rig_count("closed") == 1)
    assert_string_equal(
        trace_story() + strlen(trace_story()) - strlen("closed"), "closed");
  assert_int_equal(fake_count_open(), 0);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
}

static void it_lives(void** state) {
  (void) state;
  play(STEPS);
  check();
  assert_true(client_rig_count("open") >= 2);
  assert_true(client_rig_count("message") >= 1);
}

static void closed_at_every_moment(void** state) {
  int i;

  for (i = 0; i < STEPS; i++) {
    up(state);
    play(i);
    check();
    down(state);
  }
}

static void with_every_allocation_failing(void** state) {
  long n;
  int has_failed = 1;

  for (n = 1; has_failed && n < 200; n++) {
    up(state);
    alloc_fail_nth(n);
    play(STEPS);
    has_failed = alloc_has_failed();
    check();
    down(state);
  }
  assert_between(n, 12, 199);
}

static void with_every_system_call_failing(void** state) {
  static const int errors[] = {
      UV_ECONNREFUSED, UV_ENOMEM, UV_EACCES, UV_ECONNRESET};
  int has_failed = 1;
  size_t i;
  long n;

  for (n = 1; has_failed && n < 200; n++)
    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
      up(state);
      fake_fail_nth(n, errors[i]);
      play(STEPS);
      has_failed = fake_has_failed();
      check();
      fake_fail_nth(0, 0);
      down(state);
    }
  assert_between(n, 12, 199);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(it_lives, up, down),
      cmocka_unit_test(closed_at_every_moment),
      cmocka_unit_test(with_every_allocation_failing),
      cmocka_unit_test(with_every_system_call_failing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
