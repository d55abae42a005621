/* The harness that ships (hvuv/testing.h): what it promises its users, as the
 * test of a small handler of their own would use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv/testing.h"
#include "support/alloc.h"
#include "support/between.h"
#include "support/trace.h"

#include "conn/conn_rig.h"

static void send_pong(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "pong", 4);
}

/* --- Opening and closing -------------------------------------------------- */

static void what_no_server_takes_is_refused(void** state) {
  rig_t* rig = *state;
  hvuv_limits_t bad = rig->limits;
  hvuv_test_t* test = NULL;

  assert_int_equal(hvuv_test_open(NULL, &rig->protocol, NULL, NULL), UV_EINVAL);
  assert_int_equal(hvuv_test_open(&test, NULL, NULL, NULL), UV_EINVAL);
  bad.low_water_bytes = bad.high_water_bytes + 1;
  assert_int_equal(hvuv_test_open(&test, &rig->protocol, &bad, NULL),
                   UV_EINVAL);
  bad = rig->limits;
  bad.max_queued_bytes = bad.high_water_bytes - 1;
  assert_int_equal(hvuv_test_open(&test, &rig->protocol, &bad, NULL),
                   UV_EINVAL);
  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 3;
  assert_int_equal(hvuv_test_open(&test, &rig->protocol, NULL, NULL),
                   UV_EINVAL);
  rig->protocol.framing.prefix_bytes = 2;
  rig->protocol.on_message = NULL;
  assert_int_equal(hvuv_test_open(&test, &rig->protocol, NULL, NULL),
                   UV_EINVAL);
  assert_null(test);
  assert_story("");
}

static void without_memory_there_is_no_test(void** state) {
  rig_t* rig = *state;
  hvuv_test_t* test = NULL;

  alloc_fail_nth(1);
  assert_int_equal(hvuv_test_open(&test, &rig->protocol, NULL, NULL),
                   UV_ENOMEM);
  assert_null(test);
  assert_story("");
}

static void no_limits_are_the_defaults(void** state) {
  rig_t* rig = *state;

  assert_int_equal(hvuv_test_open(&rig->test, &rig->protocol, NULL, rig), 0);
  hvuv_test_advance(rig->test, 10 * 1000 - 1);
  assert_story("open");
  hvuv_test_advance(rig->test, 1);
  assert_story("close:ETIMEDOUT");
}

static void closing_nothing_is_allowed(void** state) {
  (void) state;
  hvuv_test_close(NULL);
}

static void a_connection_that_is_gone_bears_all_calls(void** state) {
  rig_t* rig = *state;
  int reason = 0;

  rig->at[AT_OPEN] = rig_abort;
  rig_open(rig);
  assert_int_equal(rig_receive(rig, "a\n"), 0);
  hvuv_test_receive_end(rig->test);
  hvuv_test_break(rig->test, UV_EIO);
  hvuv_test_advance(rig->test, 1000);
  hvuv_test_set_room(rig->test, 0);
  hvuv_test_forget(rig->test);
  assert_sent(rig, "");
  assert_null(hvuv_test_conn(rig->test, &reason));
  assert_int_equal(reason, UV_ENOTSUP);
  assert_story("open close:ENOTSUP");
}

/* --- What the peer does --------------------------------------------------- */

static void a_question_has_its_answer_at_once(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = send_pong;
  rig_open(rig);
  assert_string_equal(hvuv_test_sent(rig->test, NULL), "");
  assert_int_equal(rig_receive(rig, "ping\nping\n"), 0);
  assert_sent(rig, "pong\npong\n");
  assert_sent(rig, "");
}

static void what_was_sent_is_kept_after_the_end(void** state) {
  rig_t* rig = *state;

  rig->protocol.on_end = NULL;
  rig->at[AT_MESSAGE] = send_pong;
  rig_open(rig);
  rig_receive(rig, "ping\n");
  hvuv_test_receive_end(rig->test);
  assert_null(hvuv_test_conn(rig->test, NULL));
  assert_true(hvuv_test_has_ended(rig->test));
  assert_sent(rig, "pong\n");
}

static void bytes_come_in_one_piece(void** state) {
  rig_t* rig = *state;
  static char bytes[65537];

  rig->is_quiet = 1;
  rig->protocol.framing.kind = HVUV_FRAMING_RAW;
  rig_open(rig);
  hvuv_test_receive(rig->test, bytes, 65536);
  assert_int_equal(rig->nmessages, 1);
  hvuv_test_receive(rig->test, bytes, 65537);
  assert_int_equal(rig->nmessages, 3);
}

static void behind_its_end_a_peer_sends_nothing(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  assert_int_equal(rig_receive(rig, "a\n"), 2);
  hvuv_test_receive_end(rig->test);
  assert_int_equal(rig_receive(rig, "b\n"), 2);
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  hvuv_test_receive_end(rig->test);
  assert_int_equal(rig_receive(rig, "c\n"), 0);
  assert_story("open message:a end");
}

static void a_failure_loses_what_was_not_read(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  assert_int_equal(rig_receive(rig, "a\n"), 2);
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_int_equal(rig_receive(rig, "b\n"), 0);
  assert_story("open");
  hvuv_test_break(rig->test, UV_EIO);
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:ECONNRESET");
}

static void a_failure_shows_in_the_next_send(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  hvuv_test_break(rig->test, UV_EPIPE);
  assert_story("open");
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  hvuv_test_advance(rig->test, 0);
  assert_story("close:EPIPE");
}

static void room_is_used_up(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = send_pong;
  rig_open(rig);
  hvuv_test_set_room(rig->test, 7);
  rig_receive(rig, "ping\nping\n");
  assert_sent(rig, "pong\npo");
  assert_int_equal(hvuv_conn_queued_bytes(rig->conn), 3);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  assert_sent(rig, "ng\n");
}

static int ncompleted;
static int last_status;

static void send_again(hvuv_send_t* req, int status);

static void send_more(hvuv_conn_t* conn) {
  static hvuv_send_t req;

  hvuv_conn_send_ref(&req, conn, NULL, 0, send_again);
}

static void send_again(hvuv_send_t* req, int status) {
  ncompleted++;
  last_status = status;
  send_more(req->conn);
}

/* Such a one would never let go of a call. */
static void a_handler_that_always_sends_is_cut_short(void** state) {
  rig_t* rig = *state;
  int before;

  ncompleted = 0;
  rig->at[AT_OPEN] = send_more;
  rig_open(rig);
  before = ncompleted;
  assert_between(before, 1000, 100000);
  hvuv_test_advance(rig->test, 1);
  assert_true(ncompleted > before);
  assert_int_equal(last_status, 0);
  hvuv_test_close(rig->test);
  rig->test = NULL;
  assert_int_equal(last_status, UV_ECANCELED);
  assert_story("open close:ECANCELED");
}

/* --- Who it is ------------------------------------------------------------ */

static void names_are_what_the_test_says(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;
  hvuv_addr_t local;
  hvuv_addr_t addr;

  rig_open(rig);
  assert_int_equal(hvuv_conn_peer(rig->conn, &addr), UV_ENOTSUP);
  assert_int_equal(hvuv_conn_local(rig->conn, &addr), UV_ENOTSUP);

  assert_int_equal(hvuv_addr_vsock(&peer, 3, 1234), 0);
  assert_int_equal(hvuv_addr_vsock(&local, 2, 80), 0);
  hvuv_test_set_names(rig->test, &peer, &local);
  assert_int_equal(hvuv_conn_peer(rig->conn, &addr), 0);
  assert_true(hvuv_addr_equal(&addr, &peer));
  assert_int_equal(hvuv_conn_local(rig->conn, &addr), 0);
  assert_true(hvuv_addr_equal(&addr, &local));

  hvuv_test_set_names(rig->test, NULL, &local);
  assert_int_equal(hvuv_conn_peer(rig->conn, &addr), UV_ENOTSUP);
}

/* --- From inside callbacks ------------------------------------------------ */

static void go_on(hvuv_conn_t* conn) {
  rig_t* rig = hvuv_conn_context(conn);

  rig->at[AT_MESSAGE] = NULL;
  trace("waits:%d", (int) rig_receive(rig, "b\n"));
  hvuv_test_receive_end(rig->test);
}

static void calls_in_a_callback_happen_behind_it(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = go_on;
  rig_open(rig);
  rig_receive(rig, "a\n");
  assert_story("open message:a waits:2 message:b end");
}

static void calls_in_on_open_happen_behind_it(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = go_on;
  rig_open(rig);
  assert_story("open waits:2 message:b end");
}

static void abort_and_wait(hvuv_conn_t* conn) {
  rig_t* rig = hvuv_conn_context(conn);

  rig_abort(conn);
  hvuv_test_advance(rig->test, 1000);
  trace("opened");
}

static void a_close_in_on_open_happens_behind_it(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = abort_and_wait;
  rig_open(rig);
  assert_story("open opened close:ENOTSUP");
}

static void look(hvuv_conn_t* conn) {
  rig_t* rig = hvuv_conn_context(conn);
  hvuv_stats_t stats;

  hvuv_test_stats(rig->test, &stats);
  trace("%d", hvuv_test_conn(rig->test, NULL) == conn);
  trace("%d", (int) stats.connections_now);
}

static void in_on_close_the_connection_is_still_there(void** state) {
  rig_t* rig = *state;

  rig->at[AT_CLOSE] = look;
  rig_open(rig);
  hvuv_test_break(rig->test, UV_EIO);
  assert_story("open close:EIO 1 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(what_no_server_takes_is_refused),
      RIG(without_memory_there_is_no_test),
      RIG(no_limits_are_the_defaults),
      RIG(closing_nothing_is_allowed),
      RIG(a_connection_that_is_gone_bears_all_calls),
      RIG(a_question_has_its_answer_at_once),
      RIG(what_was_sent_is_kept_after_the_end),
      RIG(bytes_come_in_one_piece),
      RIG(behind_its_end_a_peer_sends_nothing),
      RIG(a_failure_loses_what_was_not_read),
      RIG(a_failure_shows_in_the_next_send),
      RIG(room_is_used_up),
      RIG(a_handler_that_always_sends_is_cut_short),
      RIG(names_are_what_the_test_says),
      RIG(calls_in_a_callback_happen_behind_it),
      RIG(calls_in_on_open_happen_behind_it),
      RIG(a_close_in_on_open_happens_behind_it),
      RIG(in_on_close_the_connection_is_still_there),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
