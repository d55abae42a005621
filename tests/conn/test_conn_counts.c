/* What a connection counts of itself, and what it is known to keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conn/conn_state.h"
#include "conn_rig.h"
#include "support/alloc.h"
#include "support/trace.h"

static hvuv__counts_t counts_of(const rig_t* rig) {
  return rig->conn->counts;
}

static size_t held(const rig_t* rig) {
  assert_int_equal(rig->conn->counts.held_bytes, rig->conn->group->held_bytes);
  return counts_of(rig).held_bytes;
}

static void send_bye(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_send(conn, "bye", 3), 0);
}

static void traffic_is_counted_for_the_connection(void** state) {
  rig_t* rig = *state;

  rig->at[AT_MESSAGE] = send_bye;
  rig_open(rig);
  assert_int_equal(counts_of(rig).bytes_in, 0);
  rig_receive(rig, "a\nbc\nhalf");
  assert_int_equal(counts_of(rig).bytes_in, 9);
  assert_int_equal(counts_of(rig).messages_in, 2);
  assert_int_equal(counts_of(rig).messages_out, 2);
  assert_int_equal(counts_of(rig).bytes_out, 8);

  hvuv_test_set_room(rig->test, 5); /* One more, and a byte. */
  send_bye(rig->conn);
  send_bye(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(counts_of(rig).messages_out, 4);
  assert_int_equal(counts_of(rig).bytes_out, 12);
}

static void age_and_last_activity_are_times_of_its_clock(void** state) {
  rig_t* rig = *state;
  uint64_t opened;

  rig_open(rig);
  opened = counts_of(rig).opened_at_ms;
  assert_int_equal(opened, hvuv_conn_now(rig->conn));
  hvuv_test_advance(rig->test, 70);
  assert_int_equal(counts_of(rig).last_active_ms, opened);
  rig_receive(rig, "a\n");
  assert_int_equal(counts_of(rig).last_active_ms, opened + 70);
  assert_int_equal(counts_of(rig).opened_at_ms, opened);
}

static void the_block_with_the_state_is_kept(void** state) {
  rig_t* rig = *state;

  rig->protocol.state_bytes = 1000;
  rig_open(rig);
  assert_true(held(rig) >= 1000 + sizeof(hvuv_conn_t));
}

static void answers_are_kept_until_the_peer_has_taken_them(void** state) {
  rig_t* rig = *state;
  size_t before;

  rig_open(rig);
  before = held(rig);
  hvuv_test_set_room(rig->test, 0);
  send_bye(rig->conn);
  send_bye(rig->conn);
  assert_true(held(rig) >= before + 8);
  hvuv_test_set_room(rig->test, SIZE_MAX);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(held(rig), before);
}

static void what_is_lent_is_kept_too(void** state) {
  static char lent[5000];
  rig_t* rig = *state;
  uv_buf_t part = uv_buf_init(lent, sizeof(lent));
  hvuv_send_t req;
  size_t before;

  rig_open(rig);
  before = held(rig);
  hvuv_test_set_room(rig->test, 0);
  assert_int_equal(hvuv_conn_send_ref(&req, rig->conn, &part, 1, rig_on_sent),
                   0);
  assert_true(held(rig) >= before + sizeof(lent));
  hvuv_test_set_room(rig->test, SIZE_MAX);
  hvuv_test_advance(rig->test, 0);
  assert_story("open sent:0");
  assert_int_equal(held(rig), before);
}

static void a_part_of_a_message_is_kept_until_the_message_was_handed_out(
    void** state) {
  rig_t* rig = *state;
  size_t before;

  rig->is_quiet = 1;
  rig_open(rig);
  before = held(rig);
  rig_receive(rig, "half");
  assert_true(held(rig) >= before + 4);
  rig_receive(rig, "\n");
  rig_receive(rig, "whole\n");
  assert_int_equal(held(rig), before);
}

static void what_was_read_and_must_wait_is_kept(void** state) {
  rig_t* rig = *state;
  size_t before;

  rig->is_quiet = 1;
  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  before = held(rig);
  rig_receive(rig, "a\nmust wait\n");
  assert_int_equal(held(rig), before + strlen("must wait\n"));
  rig->at[AT_MESSAGE] = NULL;
  rig_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(rig->nmessages, 2);
  assert_int_equal(held(rig), before);
}

static void nothing_is_kept_of_one_that_is_gone(void** state) {
  rig_t* rig = *state;
  const hvuv__group_t* group;

  rig->is_quiet = 1;
  rig->at[AT_MESSAGE] = rig_pause;
  rig_open(rig);
  group = rig->conn->group;
  hvuv_test_set_room(rig->test, 0);
  rig_receive(rig, "a\nmust wait\nhalf");
  send_bye(rig->conn);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(group->held_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(traffic_is_counted_for_the_connection),
      RIG(age_and_last_activity_are_times_of_its_clock),
      RIG(the_block_with_the_state_is_kept),
      RIG(answers_are_kept_until_the_peer_has_taken_them),
      RIG(what_is_lent_is_kept_too),
      RIG(a_part_of_a_message_is_kept_until_the_message_was_handed_out),
      RIG(what_was_read_and_must_wait_is_kept),
      RIG(nothing_is_kept_of_one_that_is_gone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
