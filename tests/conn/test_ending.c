/* The table of endings, cell by cell: what has ended x what comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "conn/ending.h"

static enum hvuv__conn_state from;

/* The event leads there from the state that the test is about. */
static void leads(enum hvuv__conn_event event, enum hvuv__conn_state to) {
  assert_int_equal(hvuv__ending_next(from, event), to);
}

static void errors_close(void) {
  leads(HVUV__CONN_READ_FAILS, HVUV__CONN_CLOSING);
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
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CUT);
  errors_close();
}

static void after_a_write_has_failed_the_peers_end_is_awaited(void** state) {
  (void) state;
  from = HVUV__CONN_CUT;
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CUT);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_ENDS, HVUV__CONN_CLOSING);
  errors_close();
}

static void after_the_peers_end_ours_is_awaited(void** state) {
  (void) state;
  from = HVUV__CONN_HEARD;
  leads(HVUV__CONN_ENDS, HVUV__CONN_LEAVING);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  errors_close();
}

static void with_our_end_asked_for_all_must_be_sent(void** state) {
  (void) state;
  from = HVUV__CONN_ENDING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_ENDING);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_LEAVING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_ENDED);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  errors_close();
}

static void after_the_peers_end_all_that_is_left_is_to_be_sent(void** state) {
  (void) state;
  from = HVUV__CONN_LEAVING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_LEAVING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  errors_close();
}

static void after_our_end_the_peers_is_awaited(void** state) {
  (void) state;
  from = HVUV__CONN_ENDED;
  leads(HVUV__CONN_ENDS, HVUV__CONN_ENDED);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  errors_close();
}

static void one_that_closes_stays_so(void** state) {
  (void) state;
  from = HVUV__CONN_CLOSING;
  leads(HVUV__CONN_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_PEER_ENDS, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_ALL_SENT, HVUV__CONN_CLOSING);
  leads(HVUV__CONN_WRITE_FAILS, HVUV__CONN_CLOSING);
  errors_close();
}

/* --- Reasons -------------------------------------------------------------- */

static void the_reason_is_what_closes_it(void** state) {
  (void) state;
  assert_int_equal(hvuv__ending_reason(HVUV__CONN_READ_FAILS, UV_EIO, 0),
                   UV_EIO);
  assert_int_equal(hvuv__ending_reason(HVUV__CONN_PEER_ENDS, 0, 0), 0);
}

static void what_has_cut_it_stays_the_reason(void** state) {
  (void) state;
  assert_int_equal(hvuv__ending_reason(HVUV__CONN_PEER_ENDS, 0, UV_EPIPE),
                   UV_EPIPE);
  assert_int_equal(
      hvuv__ending_reason(HVUV__CONN_IS_LATE, UV_ETIMEDOUT, UV_EPIPE),
      UV_EPIPE);
  assert_int_equal(hvuv__ending_reason(HVUV__CONN_READ_FAILS, UV_EOF, UV_EPIPE),
                   UV_EPIPE);
}

static void an_abort_has_its_own_reason(void** state) {
  (void) state;
  assert_int_equal(
      hvuv__ending_reason(HVUV__CONN_IS_ABORTED, UV_ECANCELED, UV_EPIPE),
      UV_ECANCELED);
}

static void a_peer_that_is_gone_is_the_reason_whichever_side_finds_it(
    void** state) {
  (void) state;
  assert_int_equal(
      hvuv__ending_reason(HVUV__CONN_READ_FAILS, UV_ECONNRESET, UV_EPIPE),
      UV_ECONNRESET);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_that_is_new_opens_or_is_dropped),
      cmocka_unit_test(while_both_directions_are_open_each_ends_for_itself),
      cmocka_unit_test(after_a_write_has_failed_the_peers_end_is_awaited),
      cmocka_unit_test(after_the_peers_end_ours_is_awaited),
      cmocka_unit_test(with_our_end_asked_for_all_must_be_sent),
      cmocka_unit_test(after_the_peers_end_all_that_is_left_is_to_be_sent),
      cmocka_unit_test(after_our_end_the_peers_is_awaited),
      cmocka_unit_test(one_that_closes_stays_so),
      cmocka_unit_test(the_reason_is_what_closes_it),
      cmocka_unit_test(what_has_cut_it_stays_the_reason),
      cmocka_unit_test(an_abort_has_its_own_reason),
      cmocka_unit_test(
          a_peer_that_is_gone_is_the_reason_whichever_side_finds_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
