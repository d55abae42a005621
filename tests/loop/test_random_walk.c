/*
 * Random walks: test_random_walk [STEPS [SEED]].
 *
 *   life     a seed gives one or two loops, and some dozen steps
 *   step     something is made (a stream that calls, one that listens, a pair, a
 *            server, a client, a relay, a follow), used or closed; a loop runs, until it
 *            is stopped, once or without waiting; a walk closes all handles that
 *            it shows; a loop is left behind and another made at its address;
 *            the process forks. Callbacks do some of this too
 *   end      all is closed, in any order, before and after a walk or without
 *            one; the loops run out and close
 *
 * What holds after each step: no callback came from inside a call, out of order,
 * twice, or after the last one; the folder of `local` has the files of what
 * listens, and no others. At the end of a loop: each request, each connection and
 * each thing has called back, and uv_loop_close() succeeds; it says UV_EBUSY
 * exactly where something was left. At the end of a life no block and no
 * descriptor is left.
 *
 * A life that fails says its seed, which repeats it, and its last acts.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/net.h"
#include "walkers.h"

#define STEPS         2000 /* without an argument */
#define LIFE_STEPS    120  /* at most */
#define THINGS_MAX    32   /* open at one home */
#define LIFE_SECONDS  60
#define TURNS_AT_ONCE 8 /* threads that poll may need more */
#define TURNS_MAX     3000
#define RUNS_MAX      3 /* a stop that was asked for before counts as one */

static unsigned long steps = STEPS;
static uint64_t first_seed;
static uint64_t seed; /* of the life under way */
static unsigned long step;
static unsigned long total_steps;
static unsigned long total_things;
static unsigned long total_requests;
static unsigned long total_conns; /* of servers and clients */
static int is_child;

static void say_where(void) {
  if (seed == 0)
    return;
  fprintf(stderr,
          "It was: test_random_walk 1 %llu, in step %lu%s. Its last acts:\n",
          (unsigned long long) seed,
          step,
          is_child ? ", in a child" : "");
  note_print();
}

static int say_where_after(void** unused) {
  (void) unused;
  say_where();
  return 0;
}

static void on_abort(int signum) {
  signal(signum, SIG_DFL);
  say_where();
  raise(signum);
}

/* AddressSanitizer's, which ends the process without a signal. */
void __asan_on_error(void);
void __asan_on_error(void) {
  say_where();
}

/* --- One step ------------------------------------------------------------- */

static void run(int home) {
  static const uv_run_mode modes[] = {
      UV_RUN_DEFAULT, UV_RUN_ONCE, UV_RUN_NOWAIT};
  unsigned int mode = below(3);

  note("loop %d runs, mode %u", home, mode);
  stopper_start(home);
  uv_run(&walk.loops[home], modes[mode]);
  stopper_end();
}

/* Whatever has become of others on that loop, a new stream is served. */
static void expect_service(int home) {
  thing_t* thing = make_hopeless_caller(home);
  int i;

  for (i = 0; i < TURNS_MAX && thing->told == 0; i++) {
    uv_run(&walk.loops[home], UV_RUN_NOWAIT);
    if (i >= TURNS_AT_ONCE)
      uv_sleep(1);
  }
  if (thing->told == 0 && is_standing(thing))
    blame(thing, "is not served");
}

static void make(int home) {
  static void (*const makers[])(int) = {make_caller,
                                        make_caller,
                                        make_listener,
                                        make_pair,
                                        make_server,
                                        make_client,
                                        make_client,
                                        make_relay,
                                        make_follow};

  if (count_open(home) < THINGS_MAX)
    makers[below(9)](home);
}

/* A few things at once. */
static void use_or_close(int home) {
  thing_t* thing;
  unsigned int n;

  for (n = 1 + below(5); n > 0; n--) {
    thing = any_open(home);
    if (thing != NULL && below(24) == 0)
      thing_close(thing);
    else if (thing != NULL)
      thing_use(thing);
  }
}

static int is_ok(void) {
  check_things();
  return walk.fault[0] == '\0';
}

/* --- The end of a loop ---------------------------------------------------- */

static void close_all(int home) {
  thing_t* thing;

  while ((thing = any_open(home)) != NULL) {
    thing_close(thing);
    if (below(6) == 0)
      run(home);
    if (below(24) == 0)
      close_what_a_walk_shows(home);
  }
}

/* What ended by itself meanwhile may be asked to all the same. */
static void end_loop(int home) {
  uv_loop_t* loop = &walk.loops[home];
  int is_alive = 1;
  int i;

  if (below(3) == 0)
    close_what_a_walk_shows(home);
  if (below(3) == 0)
    expect_service(home);
  if (below(3) == 0)
    run(home);
  close_all(home);
  if (below(3) == 0 || has_patience(home))
    close_what_a_walk_shows(home);
  note("loop %d runs out", home);
  walk.is_ending = 1;
  for (i = 0; i < RUNS_MAX && is_alive; i++)
    is_alive = uv_run(loop, UV_RUN_DEFAULT);
  walk.is_ending = 0;
  if (is_alive)
    blame(NULL, "a loop is alive when all has closed");
  blame_left(home);
  if (walk.fault[0] == '\0' && uv_loop_close(loop) != 0)
    blame(NULL, "a loop does not close");
  check_things();
  forget_things(home);
}

/* --- Another loop at the same address ------------------------------------- */

static void take_some_steps(int home) {
  unsigned int n;

  for (n = 1 + below(8); n > 0; n--) {
    make(home);
    use_or_close(home);
    run(home);
  }
}

/* The first is put back afterwards, so that nothing is lost. */
static void make_another_loop(int home) {
  static uv_loop_t first;
  uv_loop_t* loop = &walk.loops[home];
  int era = walk.era[home];

  if (count_standing(home) == 0 || !walk_leaves_loops)
    return;
  note("loop %d is left behind", home);
  if (uv_loop_close(loop) != UV_EBUSY)
    blame(NULL, "a loop closes though something is open");
  memcpy(&first, loop, sizeof(first));
  memset(loop, 0x5a, sizeof(*loop));
  if (uv_loop_init(loop) != 0)
    abort();
  walk.era[home] = era + 1000;
  expect_service(home);
  take_some_steps(home);
  end_loop(home);
  note("loop %d is back", home);
  walk.era[home] = era;
  memcpy(loop, &first, sizeof(first));
}

/* --- Forks ---------------------------------------------------------------- */

static int exit_code(void) {
  if (is_ok())
    return 0;
  fprintf(stderr, "%s\n", walk.fault);
  say_where();
  return 2;
}

/* Until uv_loop_fork() the two have one epoll instance. */
static int leave(void) {
  thing_t* thing;
  int home;

  is_child = 1;
  for (home = 0; home < walk.nhomes; home++) {
    if (uv_loop_fork(&walk.loops[home]) != 0)
      return 3;
    while ((thing = any_open(home)) != NULL)
      thing_close(thing);
  }
  return exit_code();
}

static int go_on(void) {
  int home;

  is_child = 1;
  for (home = 0; home < walk.nhomes; home++) {
    if (uv_loop_fork(&walk.loops[home]) != 0)
      return 3;
    expect_service(home);
    take_some_steps(home);
    end_loop(home);
  }
  return exit_code();
}

static int start_anew(void) {
  is_child = 1;
  walk.era[0] += 1000000;
  if (uv_loop_init(&walk.loops[0]) != 0)
    return 4;
  take_some_steps(0);
  end_loop(0);
  return exit_code();
}

static int leave_at_once(void) {
  return 0;
}

/* A stream of libuv's own that was about to change what it polls for aborts a
 * child that goes on: uv_loop_fork() does not have it registered anew. */
static void fork_one(void) {
  static int (*const acts[])(void) = {leave_at_once, leave, start_anew, go_on};
  unsigned int kind = below(has_foreign() ? 3 : 4);
  int code;

  note("fork, kind %u", kind);
  code = walk_fork(acts[kind]);
  if (code > 0)
    blame(NULL, "a child fails");
}

/* --- A life --------------------------------------------------------------- */

static void take_step(void) {
  int home = (int) below((unsigned int) walk.nhomes);
  unsigned int kind = below(1000);

  if (kind < 300)
    run(home);
  else if (kind < 500)
    make(home);
  else if (kind < 975)
    use_or_close(home);
  else if (kind < 985)
    close_what_a_walk_shows(home);
  else if (kind < 988)
    expect_service(home);
  else if (kind < 997)
    make_another_loop(home);
  else
    fork_one();
}

/* Each claim is a socket and its lock. */
static void check_folder(void) {
  char path[ENDPOINT_ROOM];
  int files = endpoint_count_files(endpoint_path("l/host", path));

  if (files != 2 * count_claims())
    blame(NULL, "claims are left, or gone");
}

static void begin(void) {
  int home;

  memset(&walk, 0, sizeof(walk));
  walk.chance = seed;
  walk.nhomes = 1 + (below(3) == 0);
  for (home = 0; home < walk.nhomes; home++)
    if (uv_loop_init(&walk.loops[home]) != 0)
      abort();
}

static void live(void) {
  unsigned long last;
  int home;

  walk_alarm(LIFE_SECONDS, say_where);
  begin();
  last = 1 + below(LIFE_STEPS);
  for (step = 1; step <= last && is_ok(); step++) {
    take_step();
    if (net_is_posix())
      check_folder();
  }
  for (home = 0; home < walk.nhomes && is_ok(); home++)
    end_loop(home);
  walk_alarm(0, NULL);
  total_steps += last;
  total_things += (unsigned long) walk.nthings;
  total_requests += (unsigned long) walk.nrequests;
  total_conns += (unsigned long) walk.nconns;
  if (net_is_posix())
    check_folder();
  if (!is_ok())
    fail_msg("%s", walk.fault);
}

static void whatever_is_done_each_callback_comes_once(void** unused) {
  int descriptors = 0;
  uint64_t i;

  (void) unused;
  for (i = 0; total_steps < steps; i++) {
    seed = first_seed + i;
    alloc_install();
    live();
    alloc_check();
    /* The first leaves what systems and libraries open once. */
    if (i > 0)
      assert_int_equal(endpoint_count_sockets(), descriptors);
    descriptors = endpoint_count_sockets();
  }
  seed = 0;
  print_message("%lu steps, %lu things, %lu requests, %lu connections\n",
                total_steps,
                total_things,
                total_requests,
                total_conns);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(whatever_is_done_each_callback_comes_once,
                                say_where_after),
  };
  int failures;

  net_start();
  signal(SIGABRT, on_abort);
  uv_random(NULL, NULL, &first_seed, 4, 0, NULL);
  if (argc > 1)
    steps = strtoul(argv[1], NULL, 10);
  if (argc > 2)
    first_seed = strtoull(argv[2], NULL, 10);
  print_message(
      "%lu steps from seed %llu on\n", steps, (unsigned long long) first_seed);
  walk_open();
  failures = cmocka_run_group_tests(tests, NULL, NULL);
  walk_close();
  return failures;
}
