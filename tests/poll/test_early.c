/*
 * The early look: who has a place, what is looked at, and when it is not worth
 * it. early.c is included over a scripted hvuv__ready_now(), under other names.
 *
 * Words of the story:
 *
 *   look:SOCKS   the system was asked, for these; "-" is an empty place
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define hvuv__ready_max     scripted_max
#define hvuv__ready_now     scripted_now
#define hvuv__early_is_open scripted_is_open
#define hvuv__early_enter   scripted_enter
#define hvuv__early_leave   scripted_leave
#define hvuv__early_look    scripted_look
#define hvuv__early_end     scripted_end
#include "poll/early.c"

#include "support/trace.h"

const unsigned int scripted_max = 4;
static unsigned int shows; /* a bit for each place that something has come to */

unsigned int scripted_now(const uv_os_sock_t socks[],
                          unsigned char events[],
                          unsigned int n) {
  char text[64] = "";
  unsigned int ready = 0;
  unsigned int i;

  for (i = 0; i < n; i++) {
    if (socks[i] == HVUV__NO_SOCK)
      strcat(text, "-");
    else
      snprintf(text + strlen(text), 8, "%d", (int) socks[i]);
    if (!(shows >> i & 1u))
      events[i] = 0;
    ready += events[i] != 0;
  }
  trace("look:%s", text);
  return ready;
}

static hvuv__early_t early;
static char blocks[64]; /* whose addresses are pollers' */
static unsigned char events[HVUV__READY_MAX];

static struct hvuv__poller_s* poller(unsigned int i) {
  return (struct hvuv__poller_s*) (void*) &blocks[i];
}

static unsigned char enter(unsigned int sock) {
  if (!scripted_is_open(&early))
    return HVUV__EARLY_NONE;
  return scripted_enter(&early, poller(sock), (uv_os_sock_t) sock);
}

/* All that are there wait to read. */
static void look(unsigned int showing) {
  unsigned int i;

  for (i = 0; i < early.count; i++)
    events[i] = early.who[i] == NULL ? 0 : UV_READABLE;
  shows = showing;
  scripted_look(&early, events);
}

static void turn(unsigned int showing) {
  look(showing);
  scripted_end(&early);
}

static int up(void** state) {
  (void) state;
  memset(&early, 0, sizeof(early));
  trace_reset();
  return 0;
}

#define EARLY(test) cmocka_unit_test_setup(test, up)

static void those_of_a_turn_are_one_look(void** state) {
  (void) state;
  assert_int_not_equal(enter(1), HVUV__EARLY_NONE);
  assert_int_not_equal(enter(2), HVUV__EARLY_NONE);
  look(2);
  assert_int_equal(events[0], 0);
  assert_int_equal(events[1], UV_READABLE);
  assert_ptr_equal(early.who[1], poller(2));
  scripted_end(&early);
  assert_int_equal(early.count, 0);
  assert_story("look:12");
}

static void who_comes_when_all_places_are_taken_has_none(void** state) {
  unsigned int i;

  (void) state;
  for (i = 1; i <= scripted_max; i++)
    assert_int_not_equal(enter(i), HVUV__EARLY_NONE);
  assert_int_equal(enter(5), HVUV__EARLY_NONE);
  turn(1);
  assert_int_not_equal(enter(5), HVUV__EARLY_NONE);
}

static void who_has_closed_is_not_looked_at(void** state) {
  unsigned char place;

  (void) state;
  enter(1);
  place = enter(2);
  enter(3);
  scripted_leave(&early, place);
  look(7);
  assert_null(early.who[1]);
  assert_int_equal(events[1], 0);
  assert_int_equal(events[2], UV_READABLE);
  scripted_end(&early);
  assert_story("look:1-3");
}

static void when_all_have_closed_nobody_is_asked(void** state) {
  (void) state;
  scripted_leave(&early, enter(1));
  turn(0);
  assert_story("");
  assert_int_equal(early.lost, 0);
}

static void nobody_enters_during_a_look(void** state) {
  (void) state;
  enter(1);
  look(1);
  assert_int_equal(enter(2), HVUV__EARLY_NONE);
  scripted_end(&early);
  assert_int_not_equal(enter(2), HVUV__EARLY_NONE);
}

/* Returns how many of so many sockets had a look, one each turn. */
static unsigned int bets(unsigned int n, unsigned int showing) {
  unsigned int looks = 0;
  unsigned int i;

  for (i = 0; i < n; i++) {
    if (enter(1) == HVUV__EARLY_NONE)
      continue;
    looks++;
    turn(showing);
  }
  return looks;
}

static void after_two_in_vain_one_socket_in_sixteen_has_a_look(void** state) {
  (void) state;
  assert_int_equal(bets(2, 0), 2);
  assert_int_equal(bets(15, 0), 0);
  assert_int_equal(bets(1, 0), 1);
  assert_int_equal(bets(160, 0), 10);
}

static void one_that_shows_something_has_all_looked_at_again(void** state) {
  (void) state;
  assert_int_equal(bets(2 + 15, 0), 2);
  assert_int_equal(bets(20, 1), 20);
  assert_int_equal(bets(1, 0), 1);
  assert_int_equal(bets(20, 1), 20);
}

static void a_turn_of_many_in_vain_is_one_loss(void** state) {
  (void) state;
  enter(1);
  enter(2);
  enter(3);
  turn(0);
  assert_int_equal(bets(1, 0), 1);
  assert_int_equal(bets(1, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      EARLY(those_of_a_turn_are_one_look),
      EARLY(who_comes_when_all_places_are_taken_has_none),
      EARLY(who_has_closed_is_not_looked_at),
      EARLY(when_all_have_closed_nobody_is_asked),
      EARLY(nobody_enters_during_a_look),
      EARLY(after_two_in_vain_one_socket_in_sixteen_has_a_look),
      EARLY(one_that_shows_something_has_all_looked_at_again),
      EARLY(a_turn_of_many_in_vain_is_one_loss),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
