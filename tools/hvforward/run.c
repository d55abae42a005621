#include "run.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "door.h"
#include "follower.h"
#include "hvforward.h"
#include "log.h"
#include "program.h"
#include "status.h"

/* A name that is being looked up cannot be given up: it is not waited for. */
#define CUT_MS 2000

static enum { RUNS = 1, DRAINS, CUTS, ENDS } state;

static const int numbers[] = {
    SIGINT,
    SIGTERM,
#if defined(SIGHUP)
    SIGHUP,
#endif
#if defined(SIGUSR1)
    SIGUSR1,
#endif
};

#define SIGNALS ((int) (sizeof(numbers) / sizeof(numbers[0])))

static uv_loop_t* loop;
static uv_signal_t signals[SIGNALS];
static uv_timer_t grace;

static void end(void) {
  int i;

  if (state == ENDS)
    return;
  state = ENDS;
  followers_end();
  doors_close(1);
  status_end();
  children_end();
  call_end();
  uv_close((uv_handle_t*) &grace, NULL);
  for (i = 0; i < SIGNALS; i++)
    uv_close((uv_handle_t*) &signals[i], NULL);
}

static void on_call_over(void) {
  if (state == RUNS)
    doors_look();
  else if (calls.now == 0)
    end();
}

static void on_cut_late(uv_timer_t* timer) {
  uv_stop(timer->loop);
}

static void cut(void) {
  assert(state == DRAINS && calls.now > 0);
  state = CUTS;
  fprintf(stderr,
          "%s: cutting what is left, calls: %u\n",
          hvforward.name,
          calls.now);
  uv_timer_start(&grace, on_cut_late, CUT_MS, 0);
  call_cut_all();
}

static void on_grace(uv_timer_t* timer) {
  (void) timer;
  cut();
}

static void drain(void) {
  assert(state == RUNS);
  state = DRAINS;
  followers_end();
  doors_close(0);
  if (calls.now == 0) {
    end();
    return;
  }
  fprintf(stderr,
          "%s: stopping; calls under way: %u, with %" PRIu64
          ".%03u s to end, or "
          "until a second signal\n",
          hvforward.name,
          calls.now,
          settings.grace_ms / 1000,
          (unsigned int) (settings.grace_ms % 1000));
  uv_timer_start(&grace, on_grace, settings.grace_ms, 0);
}

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
#if defined(SIGUSR1)
  if (signum == SIGUSR1) {
    status_print();
    return;
  }
#endif
  (void) signum;
  if (state == RUNS)
    drain();
  else if (state == DRAINS)
    cut();
}

/* Under nohup(1) it goes on when its terminal has gone. */
static int is_ignored(int signum) {
#if defined(SIGHUP)
  return signum == SIGHUP && program_ignores(SIGHUP);
#else
  (void) signum;
  return 0;
#endif
}

static void watch_signals(void) {
  int i;

  for (i = 0; i < SIGNALS; i++) {
    if (uv_signal_init(loop, &signals[i]) != 0 ||
        (!is_ignored(numbers[i]) &&
         uv_signal_start(&signals[i], on_signal, numbers[i]) != 0))
      abort(); /* Out of memory or descriptors at the very start. */
    uv_unref((uv_handle_t*) &signals[i]);
  }
}

static int open_from(const route_t* route, door_cb cb) {
  return route->from.kind->moves ? follower_start(loop, route, cb)
                                 : doors_open(loop, route, cb);
}

int run(const route_t* routes, int count, const route_t* status) {
  int code = 0;
  int i;

  loop = program_loop();
  state = RUNS;
  uv_timer_init(loop, &grace); /* Always 0. */
  watch_signals();
  call_init(loop, on_call_over);
  status_init(loop);
  if (status->from.kind != NULL)
    code = open_from(status, status_send) != 0;
  for (i = 0; i < count && code == 0; i++)
    code = open_from(&routes[i], call_take) != 0;
  if (code != 0)
    end();
  uv_run(loop, UV_RUN_DEFAULT);
  log_close();
  if (state == ENDS && uv_loop_close(loop) != 0)
    code = 1;
  return code;
}
