/* The nursery: what it watches, what it reports, and who grows up. */
#include "nursery_rig_linux.h"

#include <string.h>
#include <unistd.h>

#include "support/alloc.h"
#include "support/trace.h"

/* --- Watching ------------------------------------------------------------- */

static void a_socket_costs_two_system_calls(void** state) {
  (void) state;
  open_it(&owners[0]);
  assert_story("");
  assert_int_equal(hvuv__poller_watch(owners[0].poller, R), 0);
  speak_to(&owners[0]);
  turn();
  assert_int_equal(looks, 1);
  close_it(&owners[0]);
  assert_story("add a:r del");
}

static void an_idle_one_has_none_to_remove(void** state) {
  (void) state;
  open_it(&owners[0]);
  close_it(&owners[0]);
  assert_story("");
}

static void another_wish_is_one_call(void** state) {
  (void) state;
  watching(1, R);
  assert_int_equal(hvuv__poller_watch(owners[0].poller, RW), 0);
  assert_int_equal(hvuv__poller_watch(owners[0].poller, R), 0);
  assert_story("mod mod");
}

/* The set would report its peer's end for ever. */
static void who_watches_nothing_is_not_in_the_set(void** state) {
  (void) state;
  watching(1, W);
  assert_int_equal(hvuv__poller_watch(owners[0].poller, 0), 0);
  net_close(owners[0].peer);
  owners[0].peer = NET_NONE;
  turn();
  turn();
  assert_int_equal(looks, 0);
  assert_story("del");
}

static void events_are_reported_as_long_as_they_last(void** state) {
  (void) state;
  watching(2, R);
  speak_to(&owners[1]);
  turn();
  turn();
  assert_story("b:r b:r");
  hear(&owners[1]);
  turn();
  assert_story("");
}

static void only_what_is_armed_is_reported(void** state) {
  (void) state;
  watching(1, RW);
  made_up = EPOLLIN | EPOLLOUT | EPOLLHUP;
  turn();
  assert_story("a:rw");
  assert_int_equal(hvuv__poller_watch(owners[0].poller, W), 0);
  trace_reset();
  turn();
  assert_story("a:w");
}

static void a_hang_up_alone_counts_as_what_is_armed(void** state) {
  (void) state;
  watching(1, RW);
  made_up = EPOLLHUP;
  turn();
  assert_story("a:rw");
}

static void a_stale_event_reports_nothing(void** state) {
  (void) state;
  watching(1, W);
  made_up = EPOLLIN;
  turn();
  assert_story("mod");
}

static void an_error_is_ebadf_and_ends_the_watching(void** state) {
  (void) state;
  watching(1, RW);
  made_up = EPOLLIN | EPOLLERR | EPOLLHUP;
  turn();
  assert_story("del a:EBADF");
  turn();
  assert_story("");
  made_up = 0;
  assert_int_equal(hvuv__poller_watch(owners[0].poller, W), 0);
  turn();
  assert_story("add a:w");
}

/* --- Batches -------------------------------------------------------------- */

static hvuv__poller_t* was;

static void close_b_and_open_it_again(owner_t* o) {
  (void) o;
  was = owners[1].poller;
  close_it(&owners[1]);
  open_it(&owners[1]);
  trace(owners[1].poller == was ? "REUSED" : "new");
}

static void close_oneself(owner_t* o) {
  close_it(o);
}

static void whoever_is_closed_in_a_batch_hears_no_more(void** state) {
  (void) state;
  watching(2, W);
  owners[0].act = close_the_other;
  owners[1].act = close_the_other;
  turn();
  if (owners[0].poller != NULL)
    assert_story("a:w del");
  else
    assert_story("b:w del");
}

static void a_closed_block_is_not_used_again_in_its_batch(void** state) {
  (void) state;
  watching(3, W);
  close_it(&owners[2]); /* a spare one */
  owners[0].act = close_b_and_open_it_again;
  assert_int_equal(hvuv__poller_watch(owners[1].poller, R), 0);
  speak_to(&owners[1]);
  trace_reset();
  turn();
  assert_non_null(strstr(trace_story(), "new"));
}

static void a_closed_block_is_used_again_later(void** state) {
  long before;

  (void) state;
  watching(1, W);
  owners[0].act = close_oneself;
  turn();
  before = alloc_count();
  open_it(&owners[0]);
  assert_int_equal(alloc_count(), before);
}

static void unwatch_the_other(owner_t* o) {
  owner_t* other = o == &owners[0] ? &owners[1] : &owners[0];

  hvuv__poller_watch(other->poller, 0);
}

static void whoever_is_unwatched_in_a_batch_hears_no_more(void** state) {
  (void) state;
  watching(2, W);
  owners[0].act = unwatch_the_other;
  owners[1].act = unwatch_the_other;
  turn();
  assert_int_equal(strlen(trace_story()), strlen("a:w del"));
}

/* --- What is closed, and goes on living ----------------------------------- */

static void a_copy_of_the_socket_wakes_nobody(void** state) {
  uv_os_sock_t copy;

  (void) state;
  watching(1, R);
  copy = dup(owners[0].sock);
  assert_true(copy >= 0);
  close_it(&owners[0]);
  net_close(owners[0].sock);
  owners[0].sock = copy;
  speak_to(&owners[0]);
  looks = 0;
  turn();
  turn();
  assert_int_equal(looks, 0);
  assert_story("del");
}

/* --- Growing up ----------------------------------------------------------- */

static int polls;

static void count_poll(uv_handle_t* handle, void* arg) {
  (void) arg;
  polls += handle->type == UV_POLL && !uv_is_closing(handle);
}

static int count_polls(void) {
  polls = 0;
  uv_walk(the_loop, count_poll, NULL);
  return polls;
}

static void wake_times(int n) {
  speak_to(&owners[0]);
  while (n-- > 0)
    turn();
  hear(&owners[0]);
}

static void a_socket_that_wakes_a_fourth_time_gets_a_poll_of_its_own(
    void** state) {
  (void) state;
  watching(1, R);
  wake_times(3);
  assert_int_equal(count_polls(), 1);
  assert_story("a:r a:r a:r");
  wake_times(1);
  assert_int_equal(count_polls(), 2);
  assert_story("a:r del");
  looks = 0;
  wake_times(2);
  assert_int_equal(looks, 0);
  assert_story("a:r a:r");
  close_it(&owners[0]);
  turn();
  assert_int_equal(count_polls(), 1);
}

static void who_closes_at_its_fourth_time_does_not_move(void** state) {
  (void) state;
  watching(1, R);
  wake_times(3);
  owners[0].act = close_oneself;
  trace_reset();
  wake_times(1);
  assert_story("a:r del");
  assert_int_equal(count_polls(), 1);
}

static void on_foreign(uv_poll_t* poll, int status, int events) {
  (void) poll;
  (void) status;
  (void) events;
}

/* Somebody else watches the same descriptor. */
static void who_cannot_move_stays_and_tries_later(void** state) {
  uv_poll_t foreign;

  (void) state;
  watching(1, R);
  assert_int_equal(uv_poll_init(the_loop, &foreign, owners[0].sock), 0);
  assert_int_equal(uv_poll_start(&foreign, W, on_foreign), 0);
  wake_times(4);
  assert_story("a:r a:r a:r a:r");
  uv_close((uv_handle_t*) &foreign, NULL);
  turn();
  wake_times(4);
  assert_story("a:r a:r a:r a:r del");
  assert_int_equal(count_polls(), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      NURSERY(a_socket_costs_two_system_calls),
      NURSERY(an_idle_one_has_none_to_remove),
      NURSERY(another_wish_is_one_call),
      NURSERY(who_watches_nothing_is_not_in_the_set),
      NURSERY(events_are_reported_as_long_as_they_last),
      NURSERY(only_what_is_armed_is_reported),
      NURSERY(a_hang_up_alone_counts_as_what_is_armed),
      NURSERY(a_stale_event_reports_nothing),
      NURSERY(an_error_is_ebadf_and_ends_the_watching),
      NURSERY(whoever_is_closed_in_a_batch_hears_no_more),
      NURSERY(a_closed_block_is_not_used_again_in_its_batch),
      NURSERY(a_closed_block_is_used_again_later),
      NURSERY(whoever_is_unwatched_in_a_batch_hears_no_more),
      NURSERY(a_copy_of_the_socket_wakes_nobody),
      NURSERY(a_socket_that_wakes_a_fourth_time_gets_a_poll_of_its_own),
      NURSERY(who_closes_at_its_fourth_time_does_not_move),
      NURSERY(who_cannot_move_stays_and_tries_later),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
