/*
 * Pollers of accepted sockets: what becomes of them at the turn's end. open.c,
 * poller.c and early.c are included over a scripted engine and a scripted look,
 * under other names.
 *
 * Words of the story:
 *
 *   defer                 the turn's end was asked for
 *   look                  the system was asked what has come
 *   arm:NAME:EVENTS  close:NAME   the engine was called; EVENTS of "rw" or "-"
 *   NAME:EVENTS  NAME:ERROR       a poller of that name called back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define hvuv__poller_open   scripted_open
#define hvuv__poller_watch  scripted_watch
#define hvuv__poller_close  scripted_close
#define hvuv__poll_leave    scripted_leave
#define hvuv__poll_disown   scripted_disown
#define hvuv__poll_turn_end scripted_turn_end
#define hvuv__poller_start  scripted_start
#define hvuv__poller_fail   scripted_fail
#define hvuv__poller_rearm  scripted_rearm
#define hvuv__engine_choose scripted_choose
#define hvuv__engine_leave  scripted_engine_leave
#define hvuv__engine_disown scripted_engine_disown
#define hvuv__ready_max     scripted_max
#define hvuv__ready_now     scripted_now
#define hvuv__early_enter   scripted_early_enter
#define hvuv__early_is_open scripted_early_is_open
#define hvuv__early_leave   scripted_early_leave
#define hvuv__early_look    scripted_early_look
#define hvuv__early_end     scripted_early_end
#include "poll/choose.h"

#define hvuv__engine_errors_ignored ignored
static const unsigned char ignored = 0;
#include "poll/early.c"
#include "poll/open.c"
#include "poll/poller.c"

#include "support/trace.h"

#define R  UV_READABLE
#define W  UV_WRITABLE
#define RW (UV_READABLE | UV_WRITABLE)

#define OWNERS 3

typedef struct owner_s {
  const char* name;
  hvuv__poller_t block; /* the engine's */
  hvuv__poller_t* poller;
  int has; /* what has come to it */
  void (*act)(struct owner_s* owner);
} owner_t;

static owner_t owners[OWNERS];
static owner_t* const a = &owners[0];
static owner_t* const b = &owners[1];
static owner_t* const c = &owners[2];
static uv_loop_t loop;
static hvuv__poll_shared_t shared;
static int can_defer;
static int arm_error;

static const char* name_events(int events) {
  static const char* const names[] = {"-", "r", "w", "rw"};

  return names[(events & R ? 1 : 0) + (events & W ? 2 : 0)];
}

static owner_t* of(const hvuv__poller_t* p) {
  unsigned int i;

  for (i = 0; p != &owners[i].block; i++)
    assert_true(i < OWNERS);
  return &owners[i];
}

/* --- The engine, the system and the hub ----------------------------------- */

static int engine_open(hvuv__poll_shared_t* on,
                       uv_os_sock_t sock,
                       hvuv__poller_t** out) {
  (void) on;
  *out = &owners[sock].block;
  memset(*out, 0, sizeof(**out));
  return 0;
}

static int engine_arm(hvuv__poller_t* p, int events) {
  int err = arm_error;

  arm_error = 0;
  trace("arm:%s:%s", of(p)->name, name_events(events));
  return err;
}

static void engine_close(hvuv__poller_t* p) {
  trace("close:%s", of(p)->name);
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
  (void) on;
  (void) sock;
  (void) age;
  *chosen = &engine;
  return 0;
}

void scripted_engine_leave(hvuv__poll_shared_t* from) {
  (void) from;
}

void scripted_engine_disown(hvuv__poll_shared_t* from) {
  (void) from;
}

const unsigned int scripted_max = HVUV__READY_MAX;

unsigned int scripted_now(const uv_os_sock_t socks[],
                          unsigned char events[],
                          unsigned int n) {
  unsigned int ready = 0;
  unsigned int i;

  trace("look");
  for (i = 0; i < n; i++) {
    if (socks[i] == HVUV__NO_SOCK)
      continue;
    events[i] = (unsigned char) (events[i] & owners[socks[i]].has);
    ready += events[i] != 0;
  }
  return ready;
}

static int defer(hvuv__poll_shared_t* on) {
  assert_ptr_equal(on, &shared);
  trace("defer");
  return can_defer;
}

/* --- Owners --------------------------------------------------------------- */

static void on_ready(void* data, int status, int events) {
  void (*act)(owner_t*);
  owner_t* o = data;

  trace("%s:%s",
        o->name,
        status == 0 ? name_events(events) : uv_err_name(status));
  act = o->act;
  o->act = NULL;
  if (act != NULL)
    act(o);
}

static void open_as(owner_t* o, enum hvuv__poll_age age) {
  assert_int_equal(
      scripted_open(
          &shared, (uv_os_sock_t) (o - owners), age, o, on_ready, &o->poller),
      0);
}

static void watch(owner_t* o, int events) {
  assert_int_equal(scripted_watch(o->poller, events), 0);
}

/* Accepted, and wants to read. */
static void accepted(owner_t* o) {
  open_as(o, HVUV__POLL_ACCEPTED);
  watch(o, R);
}

static void close_oneself(owner_t* o) {
  scripted_close(o->poller);
}

static void close_b(owner_t* o) {
  (void) o;
  scripted_close(b->poller);
}

/* At the address that another one had. */
static void close_b_and_accept_it_anew(owner_t* o) {
  close_b(o);
  accepted(b);
}

static void want_nothing(owner_t* o) {
  watch(o, 0);
}

static void want_both(owner_t* o) {
  watch(o, RW);
}

static void accept_c(owner_t* o) {
  (void) o;
  accepted(c);
}

static int up(void** state) {
  static const char* const names[] = {"a", "b", "c"};
  int i;

  (void) state;
  trace_reset();
  memset(owners, 0, sizeof(owners));
  for (i = 0; i < OWNERS; i++)
    owners[i].name = names[i];
  hvuv__poll_enter(&shared, &loop, defer);
  can_defer = 1;
  arm_error = 0;
  return 0;
}

#define EARLY(test) cmocka_unit_test_setup(test, up)

/* --- Who waits ------------------------------------------------------------ */

static void an_accepted_one_is_armed_at_the_turns_end(void** state) {
  (void) state;
  accepted(a);
  assert_story("defer");
  assert_true(hvuv__poll_is_due(&shared));
  scripted_turn_end(&shared);
  assert_story("look arm:a:r");
  assert_false(hvuv__poll_is_due(&shared));
  watch(a, RW);
  assert_story("arm:a:rw");
}

static void any_other_one_is_armed_at_once(void** state) {
  (void) state;
  open_as(a, HVUV__POLL_YOUNG);
  open_as(b, HVUV__POLL_LASTING);
  watch(a, R);
  watch(b, W);
  assert_story("arm:a:r arm:b:w");
}

static void where_nobody_ends_the_turn_it_is_armed_at_once(void** state) {
  (void) state;
  can_defer = 0;
  accepted(a);
  assert_story("defer arm:a:r");
  assert_false(hvuv__poll_is_due(&shared));
}

static void who_wants_nothing_yet_waits_for_nothing(void** state) {
  (void) state;
  open_as(a, HVUV__POLL_ACCEPTED);
  watch(a, 0);
  assert_story("");
  watch(a, R);
  assert_story("defer");
}

static void those_of_a_turn_are_looked_at_once(void** state) {
  (void) state;
  b->has = R;
  accepted(a);
  accepted(b);
  accepted(c);
  scripted_turn_end(&shared);
  assert_story("defer look arm:a:r b:r arm:b:r arm:c:r");
}

static void what_is_wanted_last_counts(void** state) {
  (void) state;
  a->has = RW;
  b->has = RW;
  c->has = RW;
  accepted(a);
  accepted(b);
  accepted(c);
  watch(a, W);
  watch(b, 0);
  watch(c, 0);
  watch(c, RW);
  scripted_turn_end(&shared);
  assert_story("defer look a:w arm:a:w c:rw arm:c:rw");
  watch(b, R);
  assert_story("arm:b:r");
}

/* Nor is the loop kept awake for it. */
static void who_has_no_place_is_armed_at_once(void** state) {
  (void) state;
  accepted(a);
  scripted_turn_end(&shared);
  accepted(b);
  scripted_turn_end(&shared);
  trace_reset();
  accepted(c);
  assert_story("arm:c:r");
  assert_false(hvuv__poll_is_due(&shared));
}

/* --- What callbacks do ---------------------------------------------------- */

static void who_has_ended_is_never_armed(void** state) {
  (void) state;
  a->has = R;
  a->act = close_oneself;
  accepted(a);
  scripted_turn_end(&shared);
  assert_story("defer look a:r close:a");
}

static void who_stops_is_not_armed(void** state) {
  (void) state;
  a->has = R;
  a->act = want_nothing;
  accepted(a);
  scripted_turn_end(&shared);
  assert_story("defer look a:r");
  watch(a, R);
  assert_story("arm:a:r");
}

static void who_wants_more_is_armed_once(void** state) {
  (void) state;
  a->has = R;
  a->act = want_both;
  accepted(a);
  scripted_turn_end(&shared);
  assert_story("defer look a:r arm:a:rw");
}

static void who_closes_before_the_turns_end_is_not_looked_at(void** state) {
  (void) state;
  accepted(a);
  close_oneself(a);
  assert_true(hvuv__poll_is_due(&shared));
  scripted_turn_end(&shared);
  assert_story("defer close:a");
  scripted_leave(&shared);
}

static void who_is_closed_by_another_hears_no_more(void** state) {
  (void) state;
  a->has = R;
  b->has = R;
  a->act = close_b;
  accepted(a);
  accepted(b);
  scripted_turn_end(&shared);
  assert_story("defer look a:r close:b arm:a:r");
}

/* What was seen of one is not reported to the next at its address. */
static void who_comes_in_its_place_hears_nothing_of_it(void** state) {
  (void) state;
  a->has = R;
  b->has = R;
  a->act = close_b_and_accept_it_anew;
  accepted(a);
  accepted(b);
  scripted_turn_end(&shared);
  assert_story("defer look a:r close:b arm:b:r arm:a:r");
}

static void who_comes_during_the_look_is_armed_at_once(void** state) {
  (void) state;
  a->has = R;
  c->has = R;
  a->act = accept_c;
  accepted(a);
  scripted_turn_end(&shared);
  assert_story("defer look a:r arm:c:r arm:a:r");
}

static void who_cannot_be_armed_learns_it_there(void** state) {
  (void) state;
  arm_error = UV_ENOSPC;
  accepted(a);
  scripted_turn_end(&shared);
  assert_story("defer look arm:a:r a:ENOSPC");
  arm_error = UV_ENOMEM;
  b->act = close_oneself;
  accepted(b);
  scripted_turn_end(&shared);
  assert_story("defer look arm:b:r b:ENOMEM close:b");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      EARLY(an_accepted_one_is_armed_at_the_turns_end),
      EARLY(any_other_one_is_armed_at_once),
      EARLY(where_nobody_ends_the_turn_it_is_armed_at_once),
      EARLY(who_wants_nothing_yet_waits_for_nothing),
      EARLY(those_of_a_turn_are_looked_at_once),
      EARLY(what_is_wanted_last_counts),
      EARLY(who_has_no_place_is_armed_at_once),
      EARLY(who_has_ended_is_never_armed),
      EARLY(who_stops_is_not_armed),
      EARLY(who_wants_more_is_armed_once),
      EARLY(who_closes_before_the_turns_end_is_not_looked_at),
      EARLY(who_is_closed_by_another_hears_no_more),
      EARLY(who_comes_in_its_place_hears_nothing_of_it),
      EARLY(who_comes_during_the_look_is_armed_at_once),
      EARLY(who_cannot_be_armed_learns_it_there),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
