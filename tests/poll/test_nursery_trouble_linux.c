/* The nursery when calls fail, when the loop is walked, and after a fork. */
#include "nursery_rig_linux.h"

#include <string.h>

#include "hvuv/loop.h"
#include "support/alloc.h"
#include "support/trace.h"

/* --- Failures ------------------------------------------------------------- */

static hvuv__poll_shared_t other;

static void what_a_nursery_lacks_is_returned(void** state) {
  static const int reasons[] = {UV_EMFILE, UV_ENFILE, UV_ENOMEM};
  size_t i;

  (void) state;
  hvuv__poll_enter(&other, the_loop, NULL);
  for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
    fail_next("open", reasons[i]);
    assert_int_equal(tapped_enter(&other), reasons[i]);
    assert_null(other.nursery);
  }
  alloc_fail_nth(1);
  assert_int_equal(tapped_enter(&other), UV_ENOMEM);
  assert_null(other.nursery);
  assert_int_equal(tapped_enter(&other), 0);
  assert_int_equal(tapped_enter(&other), 0);
  tapped_leave(&other);
  assert_story("open:EMFILE open:ENFILE open:ENOMEM open");
}

static void without_memory_a_poller_is_not_opened(void** state) {
  (void) state;
  alloc_fail_nth(1);
  assert_int_equal(
      tapped_nursery.open(&shares, owners[0].sock, &owners[0].poller),
      UV_ENOMEM);
  assert_null(owners[0].poller);
  open_it(&owners[0]);
}

static void a_socket_that_cannot_be_added_is_not_watched(void** state) {
  (void) state;
  open_it(&owners[0]);
  fail_next("add", UV_ENOSPC);
  assert_int_equal(hvuv__poller_watch(owners[0].poller, W), UV_ENOSPC);
  turn();
  assert_story("add:ENOSPC");
  assert_int_equal(hvuv__poller_watch(owners[0].poller, W), 0);
  turn();
  assert_story("add a:w");
}

static void a_change_that_fails_ends_the_watching(void** state) {
  (void) state;
  watching(1, R);
  fail_next("mod", UV_ENOMEM);
  assert_int_equal(hvuv__poller_watch(owners[0].poller, RW), UV_ENOMEM);
  turn();
  assert_story("mod:ENOMEM del");
}

/* --- Whoever walks the loop ----------------------------------------------- */

static void close_whatever_is_there(uv_handle_t* handle, void* arg) {
  (void) arg;
  if (hvuv_owns_handle(handle) && !uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void walk(owner_t* o) {
  (void) o;
  uv_walk(the_loop, close_whatever_is_there, NULL);
}

static void a_walked_nursery_reports_no_more(void** state) {
  (void) state;
  watching(2, W);
  walk(NULL);
  turn();
  assert_int_equal(hvuv__poller_watch(owners[0].poller, RW), UV_ECANCELED);
  assert_int_equal(tapped_enter(&shares), UV_ECANCELED);
  turn();
  assert_int_equal(looks, 0);
  close_it(&owners[1]);
  assert_story("del");
}

static void a_walk_in_a_batch_ends_it(void** state) {
  (void) state;
  watching(2, W);
  owners[0].act = walk;
  owners[1].act = walk;
  turn();
  turn();
  assert_int_equal(strlen(trace_story()), strlen("a:w"));
}

/* --- Forks ---------------------------------------------------------------- */

/* What follows a fork in a child, without one: the words are the same. */
static void disowned(void) {
  tapped_disown(&shares);
  assert_int_equal(uv_loop_fork(the_loop), 0);
}

static void a_childs_first_turn_makes_a_set_of_its_own(void** state) {
  (void) state;
  watching(2, W);
  disowned();
  turn();
  assert_story("renew add add");
  turn();
  assert_non_null(strstr(trace_story(), "a:w"));
  assert_non_null(strstr(trace_story(), "b:w"));
}

static void what_a_child_asks_for_before_that_waits_for_it(void** state) {
  (void) state;
  watching(3, R);
  disowned();
  assert_int_equal(hvuv__poller_watch(owners[0].poller, RW), 0);
  close_it(&owners[1]);
  open_it(&owners[3]);
  assert_int_equal(hvuv__poller_watch(owners[3].poller, W), 0);
  assert_int_equal(hvuv__poller_watch(owners[2].poller, W), 0);
  assert_int_equal(hvuv__poller_watch(owners[2].poller, 0), 0);
  assert_story("");
  turn();
  assert_story("renew add add");
}

static void a_child_without_a_descriptor_tries_each_turn(void** state) {
  (void) state;
  watching(1, W);
  disowned();
  fail_next("renew", UV_EMFILE);
  turn();
  assert_story("renew:EMFILE");
  turn();
  turn();
  assert_story("renew add a:w");
}

static void what_a_childs_set_does_not_take_has_an_error(void** state) {
  (void) state;
  watching(2, R);
  owners[0].act = close_the_other;
  owners[1].act = close_the_other;
  disowned();
  fail_next("add", UV_ENOSPC);
  turn();
  if (owners[0].poller != NULL)
    assert_null(strstr(trace_story(), "b:"));
  else
    assert_null(strstr(trace_story(), "a:"));
  assert_non_null(strstr(trace_story(), ":ENOSPC"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      NURSERY(what_a_nursery_lacks_is_returned),
      NURSERY(without_memory_a_poller_is_not_opened),
      NURSERY(a_socket_that_cannot_be_added_is_not_watched),
      NURSERY(a_change_that_fails_ends_the_watching),
      NURSERY(a_walked_nursery_reports_no_more),
      NURSERY(a_walk_in_a_batch_ends_it),
      NURSERY(a_childs_first_turn_makes_a_set_of_its_own),
      NURSERY(what_a_child_asks_for_before_that_waits_for_it),
      NURSERY(a_child_without_a_descriptor_tries_each_turn),
      NURSERY(what_a_childs_set_does_not_take_has_an_error),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
