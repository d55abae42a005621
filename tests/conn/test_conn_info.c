/* What a user may know of a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

#include "conn_rig.h"

static hvuv_conn_info_t seen;

static void look(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_info(conn, &seen), 0);
}

static hvuv_conn_info_t info_of(const rig_t* rig) {
  look(rig->conn);
  return seen;
}

static void send_bye(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_send(conn, "bye", 3), 0);
}

static void it_begins_with_nothing(void** state) {
  rig_t* rig = *state;

  rig->at[AT_OPEN] = look;
  rig_open(rig);
  assert_int_equal(seen.phase, HVUV_CONN_TALKING);
  assert_int_equal(seen.age_ms, 0);
  assert_int_equal(seen.idle_ms, 0);
  assert_int_equal(seen.bytes_received + seen.bytes_sent, 0);
  assert_int_equal(seen.messages_received + seen.messages_sent, 0);
  assert_int_equal(seen.queued_bytes, 0);
  assert_true(seen.held_bytes > 0);
  assert_false(seen.is_paused || seen.is_choked);
  assert_ptr_equal(seen.protocol, &rig->protocol);
  assert_int_equal(hvuv_addr_family(&seen.peer), 0);
}

static void traffic_and_time_are_counted(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;

  rig->at[AT_MESSAGE] = send_bye;
  rig_open(rig);
  assert_int_equal(hvuv_addr_parse("vsock://3:5000", &peer), 0);
  hvuv_test_set_names(rig->test, &peer, NULL);
  hvuv_test_advance(rig->test, 1000);
  rig_receive(rig, "a\nbc\n");
  hvuv_test_advance(rig->test, 500);
  info_of(rig);
  assert_int_equal(seen.age_ms, 1500);
  assert_int_equal(seen.idle_ms, 500);
  assert_int_equal(seen.bytes_received, 5);
  assert_int_equal(seen.messages_received, 2);
  assert_int_equal(seen.bytes_sent, 8);
  assert_int_equal(seen.messages_sent, 2);
  assert_true(hvuv_addr_equal(&seen.peer, &peer));
}

static void what_the_peer_does_not_take_is_queued(void** state) {
  rig_t* rig = *state;
  size_t held;

  rig->limits.high_water_bytes = 4;
  rig->limits.low_water_bytes = 2;
  rig_open(rig);
  held = info_of(rig).held_bytes;
  hvuv_test_set_room(rig->test, 1);
  send_bye(rig->conn);
  send_bye(rig->conn);
  hvuv_test_advance(rig->test, 0);
  info_of(rig);
  assert_int_equal(seen.queued_bytes, 7);
  assert_true(seen.held_bytes > held);
  assert_true(seen.is_choked);
  hvuv_test_set_room(rig->test, 100);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(info_of(rig).queued_bytes, 0);
  assert_false(seen.is_choked);
}

static void the_phases_are_those_of_its_life(void** state) {
  rig_t* rig = *state;

  rig->at[AT_CLOSE] = look;
  rig_open(rig);
  hvuv_conn_pause(rig->conn);
  assert_true(info_of(rig).is_paused);
  hvuv_conn_resume(rig->conn);
  assert_false(info_of(rig).is_paused);
  hvuv_test_receive_end(rig->test);
  assert_int_equal(info_of(rig).phase, HVUV_CONN_HEARD);
  hvuv_test_set_room(rig->test, 0);
  send_bye(rig->conn);
  hvuv_conn_end(rig->conn);
  assert_int_equal(info_of(rig).phase, HVUV_CONN_ENDING);
  hvuv_test_set_room(rig->test, 100);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(seen.phase, HVUV_CONN_CLOSING); /* in on_close */
  assert_int_equal(seen.bytes_sent, 4);
}

static void one_that_cannot_send_is_cut(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_test_break_sending(rig->test, UV_EPIPE);
  send_bye(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(info_of(rig).phase, HVUV_CONN_CUT);
}

static void the_peer_is_known_in_on_close(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;

  rig->at[AT_CLOSE] = look;
  rig_open(rig);
  assert_int_equal(hvuv_addr_parse("vsock://3:5000", &peer), 0);
  hvuv_test_set_names(rig->test, &peer, NULL);
  hvuv_test_break(rig->test, UV_ECONNRESET);
  assert_int_equal(seen.phase, HVUV_CONN_CLOSING);
  assert_true(hvuv_addr_equal(&seen.peer, &peer));
}

static void mistakes_are_reported_by_a_code(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_int_equal(hvuv_conn_info(NULL, &seen), UV_EINVAL);
  assert_int_equal(hvuv_conn_info(rig->conn, NULL), UV_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(it_begins_with_nothing),
      RIG(traffic_and_time_are_counted),
      RIG(what_the_peer_does_not_take_is_queued),
      RIG(the_phases_are_those_of_its_life),
      RIG(one_that_cannot_send_is_cut),
      RIG(the_peer_is_known_in_on_close),
      RIG(mistakes_are_reported_by_a_code),
  };

  return cmocka_run_group_tests_name("conn info", tests, NULL, NULL);
}
