/*
 * poller.c's rules over a scripted engine: when the engine is armed, and what
 * the owner is told. poller.c and open.c are included under other names, so that
 * they link beside the real ones.
 *
 * Words of the story:
 *
 *   arm:EVENTS  close   the engine was called; EVENTS of "r", "w" or "-"
 *   told:EVENTS  told:ERROR   the owner was
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define hvuv__poller_open   scripted_open
#define hvuv__poller_watch  scripted_watch
#define hvuv__poller_close  scripted_close
#define hvuv__poll_leave    scripted_leave
#define hvuv__poll_disown   scripted_disown
#define hvuv__poll_turn_end scripted_turn_end
#define hvuv__poller_start  scripted_start
#define hvuv__poller_fire   scripted_fire
#define hvuv__poller_fail   scripted_fail
#define hvuv__poller_rearm  scripted_rearm
#define hvuv__engine_choose scripted_choose
#define hvuv__engine_leave  scripted_engine_leave
#define hvuv__engine_disown scripted_engine_disown
#include "poll/choose.h"

static unsigned char ignored;
#define hvuv__engine_errors_ignored ignored
#include "poll/open.c"
#include "poll/poller.c"

#include "support/trace.h"

#define R  UV_READABLE
#define W  UV_WRITABLE
#define RW (UV_READABLE | UV_WRITABLE)

static hvuv__poller_t block; /* the engine's */
static hvuv__poller_t* poller;
static int is_closed;
static int choose_error, open_error, arm_error;
static int arm_errors_left;
static uv_loop_t loop;
static hvuv__poll_shared_t shared = {.loop = &loop}; /* passed on */

/* What the owner does when it is told, once. */
static void (*act)(void);

static const char* name_events(int events) {
  static const char* const names[] = {"-", "r", "w", "rw"};

  return names[(events & R ? 1 : 0) + (events & W ? 2 : 0)];
}

/* --- The engine ---------------------------------------------------------- */

static int engine_open(hvuv__poll_shared_t* on,
                       uv_os_sock_t sock,
                       hvuv__poller_t** out) {
  if (on != &shared || sock != 7)
    trace("WRONG");
  if (open_error != 0)
    return open_error;
  memset(&block, 0, sizeof(block));
  *out = &block;
  return 0;
}

static int engine_arm(hvuv__poller_t* p, int events) {
  if (p != &block || is_closed)
    trace("WRONG");
  trace("arm:%s", name_events(events));
  if (arm_errors_left == 0)
    return 0;
  arm_errors_left--;
  return arm_error;
}

static void engine_close(hvuv__poller_t* p) {
  if (p != &block || is_closed || p->cb != NULL)
    trace("WRONG");
  is_closed = 1;
  trace("close");
}

static const hvuv__engine_t engine = {
    .open = engine_open,
    .arm = engine_arm,
    .close = engine_close,
};

int scripted_choose(hvuv__poll_shared_t* on,
                    uv_os_sock_t sock,
                    enum hvuv__poll_age age,
                    const hvuv__engine_t** chosen) {
  if (on != &shared || sock != 7 || age == HVUV__POLL_LASTING)
    trace("WRONG");
  *chosen = &engine;
  return choose_error;
}

void scripted_engine_leave(hvuv__poll_shared_t* from) {
  trace(from == &shared ? "leave" : "WRONG");
}

void scripted_engine_disown(hvuv__poll_shared_t* from) {
  trace(from == &shared ? "disown" : "WRONG");
}

/* --- The owner ----------------------------------------------------------- */

static void on_ready(void* owner, int status, int events) {
  void (*now)(void);

  if (owner != &act)
    trace("WRONG");
  if (status != 0)
    trace("told:%s%s", uv_err_name(status), events == 0 ? "" : "+WRONG");
  else
    trace("told:%s", name_events(events));
  now = act;
  act = NULL;
  if (now != NULL)
    now();
}

static void close_it(void) {
  scripted_close(poller);
}

static void want_both(void) {
  scripted_watch(poller, RW);
}

static void want_nothing(void) {
  scripted_watch(poller, 0);
}

static int open_it(void) {
  return scripted_open(&shared, 7, HVUV__POLL_YOUNG, &act, on_ready, &poller);
}

/* Opened, and watching for these events; the story starts after that. */
static void watching(int events) {
  assert_int_equal(open_it(), 0);
  assert_int_equal(scripted_watch(poller, events), 0);
  trace_reset();
}

static int up(void** state) {
  (void) state;
  trace_reset();
  poller = NULL;
  is_closed = 0;
  choose_error = 0;
  open_error = 0;
  arm_errors_left = 0;
  ignored = 0;
  act = NULL;
  return 0;
}

#define POLLER(test) cmocka_unit_test_setup(test, up)

/* --- Opening ------------------------------------------------------------- */

static void opening_watches_for_nothing(void** state) {
  (void) state;
  assert_int_equal(open_it(), 0);
  assert_ptr_equal(poller, &block);
  assert_int_equal(scripted_watch(poller, 0), 0);
  assert_story("");
}

static void a_socket_without_an_engine_is_not_opened(void** state) {
  (void) state;
  choose_error = UV_ENOTSOCK;
  assert_int_equal(open_it(), UV_ENOTSOCK);
  assert_null(poller);
}

static void an_engine_that_cannot_open_says_why(void** state) {
  (void) state;
  open_error = UV_ENOMEM;
  assert_int_equal(open_it(), UV_ENOMEM);
  assert_null(poller);
}

static void leaving_and_disowning_are_passed_on(void** state) {
  (void) state;
  scripted_leave(&shared);
  scripted_disown(&shared);
  assert_story("leave disown");
}

/* --- Watching ------------------------------------------------------------ */

static void what_changes_nothing_costs_nothing(void** state) {
  (void) state;
  watching(RW);
  scripted_watch(poller, RW);
  assert_story("");
}

static void more_is_armed_at_once(void** state) {
  (void) state;
  watching(R);
  scripted_watch(poller, RW);
  assert_story("arm:rw");
}

static void dropping_readable_waits_until_it_fires_in_vain(void** state) {
  (void) state;
  watching(R);
  scripted_watch(poller, 0);
  assert_story("");
  scripted_fire(poller, R);
  assert_story("arm:-");
}

static void readable_dropped_and_wanted_again_costs_nothing(void** state) {
  (void) state;
  watching(R);
  scripted_watch(poller, 0);
  scripted_watch(poller, R);
  scripted_fire(poller, R);
  assert_story("told:r");
}

static void dropping_writable_takes_effect_at_once(void** state) {
  (void) state;
  watching(RW);
  scripted_watch(poller, R);
  assert_story("arm:r");
}

static void readable_goes_with_a_writable_that_is_dropped(void** state) {
  (void) state;
  watching(RW);
  scripted_watch(poller, 0);
  assert_story("arm:-");
}

static void a_change_takes_unwanted_readable_with_it(void** state) {
  (void) state;
  watching(R);
  scripted_watch(poller, W);
  assert_story("arm:w");
}

/* --- Firing -------------------------------------------------------------- */

static void only_what_is_wanted_is_told(void** state) {
  (void) state;
  watching(RW);
  scripted_fire(poller, RW);
  scripted_fire(poller, W);
  assert_story("told:rw told:w");
  trace_reset();
  scripted_watch(poller, R);
  scripted_fire(poller, RW);
  assert_story("arm:r told:r");
}

static void an_event_without_bits_arms_again(void** state) {
  (void) state;
  watching(R);
  scripted_fire(poller, 0);
  assert_story("arm:r");
}

static void arming_again_in_vain_is_told_when_it_fails(void** state) {
  (void) state;
  watching(R);
  arm_error = UV_ENOMEM;
  arm_errors_left = 1;
  scripted_fire(poller, W);
  assert_story("arm:r told:ENOMEM");
}

static void what_could_not_be_armed_is_armed_when_asked_again(void** state) {
  (void) state;
  assert_int_equal(open_it(), 0);
  arm_error = UV_ENOMEM;
  arm_errors_left = 1;
  assert_int_equal(scripted_watch(poller, R), UV_ENOMEM);
  assert_int_equal(scripted_watch(poller, R), 0);
  assert_story("arm:r arm:r");
}

/* --- Errors that are the socket's ----------------------------------------- */

static void an_error_is_told_and_ends_the_watching(void** state) {
  (void) state;
  watching(RW);
  scripted_fail(poller, UV_EBADF);
  assert_story("told:EBADF");
}

static void after_an_error_the_same_events_are_armed_anew(void** state) {
  (void) state;
  watching(RW);
  act = want_both;
  scripted_fail(poller, UV_EBADF);
  assert_story("told:EBADF arm:rw");
}

/* --- Errors that may be the watcher's own --------------------------------- */

static void fail_times(int n) {
  int i;

  for (i = 0; i < n; i++)
    scripted_fail(poller, UV_EINVAL);
}

static void an_ignored_error_is_told_as_what_is_wanted(void** state) {
  (void) state;
  ignored = 8;
  watching(RW);
  scripted_fail(poller, UV_EINVAL);
  assert_story("told:rw arm:rw");
}

static void an_ignored_error_tells_nobody_who_wants_nothing(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  scripted_watch(poller, 0);
  scripted_fail(poller, UV_EINVAL);
  scripted_watch(poller, R);
  assert_story("arm:- arm:r");
}

static void what_the_owner_wants_by_then_is_armed(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  act = want_nothing;
  scripted_fail(poller, UV_EINVAL);
  assert_story("told:r arm:-");
}

static void the_ninth_error_in_a_row_is_one(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  fail_times(8);
  assert_null(strstr(trace_story(), "EINVAL"));
  trace_reset();
  fail_times(1);
  assert_story("told:EINVAL");
  trace_reset();
  scripted_watch(poller, R);
  fail_times(1);
  assert_story("arm:r told:EINVAL");
}

static void an_event_starts_the_counting_anew(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  fail_times(8);
  scripted_fire(poller, R);
  trace_reset();
  fail_times(8);
  assert_null(strstr(trace_story(), "EINVAL"));
  trace_reset();
  fail_times(1);
  assert_story("told:EINVAL");
}

static void an_event_in_vain_starts_it_anew_too(void** state) {
  (void) state;
  ignored = 1;
  watching(R);
  fail_times(1);
  scripted_fire(poller, W);
  fail_times(1);
  assert_story("told:r arm:r arm:r told:r arm:r");
}

static void arming_after_an_ignored_error_is_told_when_it_fails(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  arm_error = UV_ENOTSOCK;
  arm_errors_left = 1;
  scripted_fail(poller, UV_EINVAL);
  assert_story("told:r arm:r told:ENOTSOCK");
}

/* --- Closing inside the callback ------------------------------------------ */

static void closing_when_told_of_events_is_the_end(void** state) {
  (void) state;
  watching(RW);
  act = close_it;
  scripted_fire(poller, RW);
  assert_story("told:rw close");
}

static void closing_when_told_of_an_error_is_the_end(void** state) {
  (void) state;
  watching(R);
  act = close_it;
  scripted_fail(poller, UV_EBADF);
  assert_story("told:EBADF close");
}

static void closing_when_told_of_an_ignored_error_arms_no_more(void** state) {
  (void) state;
  ignored = 8;
  watching(R);
  act = close_it;
  scripted_fail(poller, UV_EINVAL);
  assert_story("told:r close");
}

static void closing_when_arming_again_fails_is_the_end(void** state) {
  (void) state;
  watching(R);
  arm_error = UV_ENOMEM;
  arm_errors_left = 1;
  act = close_it;
  scripted_fire(poller, W);
  assert_story("arm:r told:ENOMEM close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      POLLER(opening_watches_for_nothing),
      POLLER(a_socket_without_an_engine_is_not_opened),
      POLLER(an_engine_that_cannot_open_says_why),
      POLLER(leaving_and_disowning_are_passed_on),
      POLLER(what_changes_nothing_costs_nothing),
      POLLER(more_is_armed_at_once),
      POLLER(dropping_readable_waits_until_it_fires_in_vain),
      POLLER(readable_dropped_and_wanted_again_costs_nothing),
      POLLER(dropping_writable_takes_effect_at_once),
      POLLER(readable_goes_with_a_writable_that_is_dropped),
      POLLER(a_change_takes_unwanted_readable_with_it),
      POLLER(only_what_is_wanted_is_told),
      POLLER(an_event_without_bits_arms_again),
      POLLER(arming_again_in_vain_is_told_when_it_fails),
      POLLER(what_could_not_be_armed_is_armed_when_asked_again),
      POLLER(an_error_is_told_and_ends_the_watching),
      POLLER(after_an_error_the_same_events_are_armed_anew),
      POLLER(an_ignored_error_is_told_as_what_is_wanted),
      POLLER(an_ignored_error_tells_nobody_who_wants_nothing),
      POLLER(what_the_owner_wants_by_then_is_armed),
      POLLER(the_ninth_error_in_a_row_is_one),
      POLLER(an_event_starts_the_counting_anew),
      POLLER(an_event_in_vain_starts_it_anew_too),
      POLLER(arming_after_an_ignored_error_is_told_when_it_fails),
      POLLER(closing_when_told_of_events_is_the_end),
      POLLER(closing_when_told_of_an_error_is_the_end),
      POLLER(closing_when_told_of_an_ignored_error_arms_no_more),
      POLLER(closing_when_arming_again_fails_is_the_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
