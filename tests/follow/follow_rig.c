#include "follow_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/loop.h"
#include "support/trace.h"

#define ASKS 64

uv_loop_t* rig_loop;
hvuv_follow_t rig_follow;
hvuv_follow_options_t rig_options;
int rig_inside;
void (*rig_on_news)(void);
void (*rig_on_ask)(void);
int rig_is_slow;

static int is_calling;
static int asked;
static uint64_t began_ms[ASKS];
static hvuv_lookup_t* out;
static hvuv_addr_t addr;
static int status;
static int is_closed;

static void note_callback(void) {
  rig_inside += is_calling;
}

static int on_ask(hvuv_lookup_t* lookup) {
  note_callback();
  trace("ask");
  if (asked < ASKS)
    began_ms[asked] = uv_hrtime() / 1000000;
  asked++;
  if (rig_on_ask != NULL)
    rig_on_ask();
  if (rig_is_slow)
    out = lookup;
  else
    hvuv_lookup_done(lookup, &addr, status);
  return 0;
}

/* Of an address that is a path only its last part is the same each time. */
static void trace_addr(const hvuv_addr_t* found) {
  char text[HVUV_ADDR_STRLEN] = "?";
  size_t size = sizeof(text);

  hvuv_addr_format(found, text, &size);
  trace("at:%s",
        hvuv_addr_family(found) == HVUV_HYBRID ? strrchr(text, '/') + 1 : text);
}

static void on_news(hvuv_follow_t* follow,
                    const hvuv_addr_t* found,
                    int result) {
  (void) follow;
  note_callback();
  if (result == 0)
    trace_addr(found);
  else if (result == UV_ENOENT)
    trace("gone");
  else
    trace_status("failed", result);
  if (rig_on_news != NULL)
    rig_on_news();
}

static void on_closed(hvuv_follow_t* follow) {
  (void) follow;
  note_callback();
  is_closed = 1;
  trace("closed");
}

int rig_up(void** state) {
  (void) state;
  alloc_install();
  trace_reset();
  rig_loop = loop_open();
  hvuv_follow_options_init(&rig_options);
  rig_options.resolve = on_ask;
  rig_options.interval_ms = 0;
  rig_options.min_interval_ms = 1;
  rig_inside = 0;
  rig_on_news = NULL;
  rig_on_ask = NULL;
  rig_is_slow = 0;
  asked = 0;
  out = NULL;
  is_closed = 0;
  rig_at("vsock://3:5");
  return 0;
}

int rig_down(void** state) {
  (void) state;
  assert_int_equal(rig_inside, 0);
  loop_close(rig_loop);
  alloc_check();
  return 0;
}

void rig_start(void) {
  int err;

  is_calling = 1;
  err = hvuv_follow_start(rig_loop, &rig_follow, &rig_options, on_news);
  is_calling = 0;
  assert_int_equal(err, 0);
}

void rig_at(const char* text) {
  status = hvuv_addr_parse(text, &addr);
  assert_int_equal(status, 0);
}

void rig_fails(int code) {
  status = code;
}

void rig_finish(void) {
  hvuv_lookup_t* lookup = out;

  assert_non_null(lookup);
  out = NULL;
  is_calling = 1;
  hvuv_lookup_done(lookup, &addr, status);
  is_calling = 0;
}

int rig_is_out(void) {
  return out != NULL;
}

static void on_tick(uv_timer_t* tick) {
  (void) tick;
}

/* The tick bounds how long a turn waits. */
void rig_run(int n) {
  uv_timer_t tick;
  int i;

  assert_int_equal(uv_timer_init(rig_loop, &tick), 0);
  assert_int_equal(uv_timer_start(&tick, on_tick, 1, 1), 0);
  for (i = 0; i < 20000 && asked < n; i++)
    uv_run(rig_loop, UV_RUN_ONCE);
  uv_close((uv_handle_t*) &tick, NULL);
  assert_int_equal(asked, n);
  loop_run_turns(rig_loop, 3);
}

static void check_it(void) {
  int err;

  is_calling = 1;
  err = hvuv_follow_check(&rig_follow);
  is_calling = 0;
  assert_int_equal(err, 0);
}

void rig_check(int n) {
  check_it();
  rig_run(n);
}

static void on_passed(uv_timer_t* timer) {
  *(int*) timer->data = 1;
}

/* Of timers that are due, libuv runs the earliest first. */
void rig_look(void) {
  uv_timer_t timer;
  int has_passed = 0;

  check_it();
  assert_int_equal(uv_timer_init(rig_loop, &timer), 0);
  timer.data = &has_passed;
  assert_int_equal(uv_timer_start(&timer, on_passed, 5, 0), 0);
  loop_run_until(rig_loop, &has_passed);
  uv_close((uv_handle_t*) &timer, NULL);
  loop_run_turns(rig_loop, 3);
}

int rig_asked(void) {
  return asked;
}

uint64_t rig_began_ms(int n) {
  assert_true(n >= 1 && n <= asked && n <= ASKS);
  return began_ms[n - 1];
}

void rig_close(void) {
  is_calling = 1;
  hvuv_follow_close(&rig_follow, on_closed);
  is_calling = 0;
}

int rig_is_closed(void) {
  return is_closed;
}
