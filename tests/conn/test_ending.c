/* The table of endings, cell by cell: what has ended x what comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn/ending.h"

static enum hvuv__conn_state from;

/* The event leads there from the state that the test is about. */
static void leads(enum hvuv__conn_event event, enum hvuv__conn_state to) {
  assert_int_equal(hvuv__ending_next(from, event), to);
}

static void errors_close(void) {
  leads(HVUV__CONN_READ_FAILS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_IS_LATE, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_IS_ABORTED, HVUV__CONN_CLOSING);
}

static void one_that_is_new_opens_or_is_dropped(void** state) {
  (void) state;
  from = HVUV__CONN_NEW;
  leads(HVUV__CONN_OPENS, HVUV__CONN_OPEN);
  leads(HVUV__CONN_IS_ABORTED, HVUV__CONN_CLOSING);
}

static void while_both_directions_are_open_each_ends_for_itself(void** state) {
  (void) state;
  from = HVUV__CONN_OPEN;
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_HEARD);
  leads(HVUV__CONN_ENDS, HVUV__CONN_ENDING);
  errors_close();
}

static void after_the_peers_end_ours_is_awaited(void** state) {
  (void) state;
  from = HVUV__CONN_HEARD;
  leads(HVUV__CONN_ENDS, HVUV__CONN_LEAVING);
  errors_close();
}

static void with_our_end_asked_for_all_must_be_sent(void** state) {
  (void) state;
  from = HVUV__CONN_ENDING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_ENDING);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_LEAVING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_ENDED);
  errors_close();
}

static void after_the_peers_end_all_that_is_left_is_to_be_sent(void** state) {
  (void) state;
  from = HVUV__CONN_LEAVING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_LEAVING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_CLOSING);
  errors_close();
}

static void after_our_end_the_peers_is_awaited(void** state) {
  (void) state;
  from = HVUV__CONN_ENDED;
  leads(HVUV__CONN_ENDS, HVUV__CONN_ENDED);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_CLOSING);
  errors_close();
}

static void one_that_closes_stays_so(void** state) {
  (void) state;
  from = HVUV__CONN_CLOSING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_CLOSING);
  errors_close();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_that_is_new_opens_or_is_dropped),
      cmocka_unit_test(while_both_directions_are_open_each_ends_for_itself),
      cmocka_unit_test(after_the_peers_end_ours_is_awaited),
      cmocka_unit_test(with_our_end_asked_for_all_must_be_sent),
      cmocka_unit_test(after_the_peers_end_all_that_is_left_is_to_be_sent),
      cmocka_unit_test(after_our_end_the_peers_is_awaited),
      cmocka_unit_test(one_that_closes_stays_so),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
