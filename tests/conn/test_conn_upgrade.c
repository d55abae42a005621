/* Another framing, or another protocol, from the next byte on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/trace.h"

#include "conn_rig.h"

static const hvuv_framing_t sized = {.kind = HVUV_FRAMING_LENGTH,
                                     .prefix_bytes = 2};
static const hvuv_framing_t raw = {.kind = HVUV_FRAMING_RAW};
static const hvuv_framing_t lines = {.kind = HVUV_FRAMING_LINES};

/* What the handler changes to with its next message, and what comes of it. */
static const hvuv_framing_t* next;
static int result;

static void upgrade(hvuv_conn_t* conn) {
  const hvuv_framing_t* framing = next;

  if (framing == NULL)
    return;
  next = NULL;
  assert_int_equal(hvuv_conn_send(conn, "101", 3), 0);
  result = hvuv_conn_set_framing(conn, framing);
  assert_int_equal(hvuv_conn_send(conn, "hi", 2), 0);
}

static void open_to(rig_t* rig, const hvuv_framing_t* framing) {
  next = framing;
  result = 1;
  rig->at[AT_MESSAGE] = upgrade;
  rig_open(rig);
  trace_reset();
}

/* --- Framings --------------------------------------------------------------- */

static void what_follows_in_the_same_read_has_the_new_framing(void** state) {
  rig_t* rig = *state;
  size_t nbytes;

  open_to(rig, &sized);
  hvuv_test_receive(rig->test, "upgrade\n\0\3a\nb\0\1c", 16);
  assert_int_equal(result, 0);
  assert_story("message:upgrade message:a\nb message:c");
  assert_memory_equal(hvuv_test_sent(rig->test, &nbytes), "101\n\0\2hi", 8);
  assert_int_equal(nbytes, 8);
}

static void a_message_that_came_in_parts_stays_while_it_is_handed_out(
    void** state) {
  rig_t* rig = *state;
  size_t i;

  open_to(rig, &sized);
  for (i = 0; i < 12; i++)
    hvuv_test_receive(rig->test, &"upgrade\n\0\2ab"[i], 1);
  assert_story("message:upgrade message:ab");
}

static void every_split_of_an_upgrade_is_the_same(void** state) {
  static const char bytes[] = "upgrade\n\0\3a\nb\0\1c";
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i <= 16; i++) {
    open_to(rig, &sized);
    hvuv_test_receive(rig->test, bytes, i);
    hvuv_test_receive(rig->test, bytes + i, 16 - i);
    assert_story("message:upgrade message:a\nb message:c");
    hvuv_test_close(rig->test);
    rig->test = NULL;
  }
}

static void from_raw_it_counts_from_what_was_not_handed_out(void** state) {
  rig_t* rig = *state;

  rig->protocol.framing = raw;
  open_to(rig, &lines);
  rig_receive(rig, "all of it");
  rig_receive(rig, "a\nb\n");
  assert_story("message:all of it message:a message:b");
  assert_sent(rig, "101hi\n");
}

static void to_raw_it_counts_from_the_next_byte(void** state) {
  rig_t* rig = *state;

  open_to(rig, &raw);
  rig_receive(rig, "raw\na\nb");
  assert_story("message:raw message:a\nb");
  assert_sent(rig, "101\nhi");
}

static void pause_and_upgrade(hvuv_conn_t* conn) {
  upgrade(conn);
  hvuv_conn_pause(conn);
}

static void what_waits_has_the_new_framing(void** state) {
  rig_t* rig = *state;

  open_to(rig, &sized);
  rig->at[AT_MESSAGE] = pause_and_upgrade;
  hvuv_test_receive(rig->test, "upgrade\n\0\1a\0\1b", 14);
  assert_story("message:upgrade");
  rig->at[AT_MESSAGE] = NULL;
  hvuv_conn_resume(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_story("message:a message:b");
}

static void it_may_be_changed_between_messages(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_receive(rig, "a\n");
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &sized), 0);
  hvuv_test_receive(rig->test, "\0\1b", 3);
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &lines), 0);
  rig_receive(rig, "c\n");
  assert_story("open message:a message:b message:c");
}

static void it_may_not_be_changed_inside_a_message(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_receive(rig, "half");
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &sized), UV_EBUSY);
  rig_receive(rig, "\n");
  assert_story("open message:half");
  assert_int_equal(hvuv_conn_send(rig->conn, "a", 1), 0);
  hvuv_test_advance(rig->test, 0);
  assert_sent(rig, "a\n");
}

static void the_last_of_several_counts(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &raw), 0);
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &sized), 0);
  hvuv_test_receive(rig->test, "\0\1b", 3);
  assert_story("open message:b");
}

static void an_end_right_after_it_is_between_messages(void** state) {
  rig_t* rig = *state;

  open_to(rig, &sized);
  rig_receive(rig, "upgrade\n");
  hvuv_test_receive_end(rig->test);
  assert_story("message:upgrade end");
}

static void an_end_inside_the_new_framing_is_seen(void** state) {
  rig_t* rig = *state;

  open_to(rig, &sized);
  hvuv_test_receive(rig->test, "upgrade\n\0", 9);
  hvuv_test_receive_end(rig->test);
  assert_story("message:upgrade close:EOF");
}

static void a_part_of_the_new_framing_has_its_time(void** state) {
  rig_t* rig = *state;

  rig->limits.message_timeout_ms = 1600;
  rig->protocol.framing = raw;
  open_to(rig, &sized);
  rig_receive(rig, "upgrade");
  hvuv_test_receive(rig->test, "\0", 1);
  hvuv_test_advance(rig->test, 1700);
  assert_story("message:upgrade close:ETIMEDOUT");
}

static void set_framing_too_late(hvuv_conn_t* conn) {
  result = hvuv_conn_set_framing(conn, &raw);
}

static void what_is_no_framing_is_refused(void** state) {
  static const hvuv_framing_t none = {.kind = HVUV_FRAMING_LENGTH,
                                      .prefix_bytes = 3};
  rig_t* rig = *state;

  rig->at[AT_CLOSE] = set_framing_too_late;
  rig_open(rig);
  assert_int_equal(hvuv_conn_set_framing(rig->conn, NULL), UV_EINVAL);
  assert_int_equal(hvuv_conn_set_framing(rig->conn, &none), UV_EINVAL);
  assert_int_equal(hvuv_conn_set_framing(NULL, &raw), UV_EINVAL);
  rig_abort(rig->conn);
  hvuv_test_advance(rig->test, 0);
  assert_int_equal(result, UV_EINVAL);
}

/* --- Protocols -------------------------------------------------------------- */

static int on_other_message(hvuv_conn_t* conn,
                            const char* bytes,
                            size_t nbytes) {
  (void) conn;
  trace("other:%.*s", (int) nbytes, bytes);
  return 0;
}

static void on_other_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  trace_status("other-close", reason);
}

static int on_other_open(hvuv_conn_t* conn) {
  (void) conn;
  trace("other-open");
  return 0;
}

static const hvuv_protocol_t other = {
    .state_bytes = 8,
    .framing = {.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 2},
    .on_open = on_other_open,
    .on_message = on_other_message,
    .on_close = on_other_close,
};

static void change_protocol(hvuv_conn_t* conn) {
  result = hvuv_conn_set_protocol(conn, &other);
}

static void another_protocol_has_the_next_message(void** state) {
  rig_t* rig = *state;

  rig->protocol.state_bytes = 8;
  rig->at[AT_MESSAGE] = change_protocol;
  rig_open(rig);
  memcpy(hvuv_conn_state(rig->conn), "a state", 8);
  hvuv_test_receive(rig->test, "GET\n\0\1a", 7);
  assert_int_equal(result, 0);
  assert_string_equal(hvuv_conn_state(rig->conn), "a state");
  hvuv_test_receive_end(rig->test);
  assert_story("open message:GET other:a other-close:0");
}

static void another_protocol_needs_room_for_its_state(void** state) {
  rig_t* rig = *state;

  rig->protocol.state_bytes = 7;
  rig->at[AT_MESSAGE] = change_protocol;
  rig_open(rig);
  rig_receive(rig, "GET\nmore\n");
  assert_int_equal(result, UV_EINVAL);
  assert_story("open message:GET message:more");
}

static void what_is_no_protocol_is_refused(void** state) {
  static const hvuv_protocol_t none = {.state_bytes = 0};
  rig_t* rig = *state;

  rig_open(rig);
  assert_int_equal(hvuv_conn_set_protocol(rig->conn, NULL), UV_EINVAL);
  assert_int_equal(hvuv_conn_set_protocol(rig->conn, &none), UV_EINVAL);
  assert_int_equal(hvuv_conn_set_protocol(NULL, &other), UV_EINVAL);
}

/* --- Streams ---------------------------------------------------------------- */

static void under_the_harness_there_is_no_stream(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_null(hvuv_conn_stream(rig->conn));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(what_follows_in_the_same_read_has_the_new_framing),
      RIG(a_message_that_came_in_parts_stays_while_it_is_handed_out),
      RIG(every_split_of_an_upgrade_is_the_same),
      RIG(from_raw_it_counts_from_what_was_not_handed_out),
      RIG(to_raw_it_counts_from_the_next_byte),
      RIG(what_waits_has_the_new_framing),
      RIG(it_may_be_changed_between_messages),
      RIG(it_may_not_be_changed_inside_a_message),
      RIG(the_last_of_several_counts),
      RIG(an_end_right_after_it_is_between_messages),
      RIG(an_end_inside_the_new_framing_is_seen),
      RIG(a_part_of_the_new_framing_has_its_time),
      RIG(what_is_no_framing_is_refused),
      RIG(another_protocol_has_the_next_message),
      RIG(another_protocol_needs_room_for_its_state),
      RIG(what_is_no_protocol_is_refused),
      RIG(under_the_harness_there_is_no_stream),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
