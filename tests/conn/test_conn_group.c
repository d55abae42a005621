/* What several connections of one owner share, and wires that fail: a wire of
 * this file's own, which does nothing but write down, under the internal
 * functions of conn.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "conn/conn.h"
#include "conn/conn_group.h"
#include "support/alloc.h"
#include "support/trace.h"

#define NCONNS 4
#define T      1600

typedef struct scene_s {
  hvuv__group_t group;
  hvuv_protocol_t protocol;
  hvuv_conn_t* conns[NCONNS];
  hvuv__chunk_t* chunk; /* the last one written */
  uint64_t now_ms;
  uint64_t alarm_ms;
  unsigned int nalarms; /* times that it was set */
  int nreading;
  int read_result;
  int write_result;
  int shutdown_result;
  int try_result;       /* 0: it takes all */
  size_t queued;        /* says the wire */
  unsigned int ntries;  /* of try_write */
  unsigned int nchunks; /* written */
  void (*on_message)(hvuv_conn_t* conn);
  void (*on_look)(hvuv_conn_t* conn);
  void* data;
} scene_t;

static scene_t scene;

static int wire_has_unread(const hvuv_conn_t* conn) {
  (void) conn;
  return 0;
}

static int wire_read(hvuv_conn_t* conn, int on) {
  (void) conn;
  scene.nreading += on ? 1 : -1;
  return scene.read_result;
}

static int wire_write(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  (void) conn;
  if (scene.write_result == 0) {
    scene.chunk = chunk;
    scene.nchunks++;
  }
  return scene.write_result;
}

static size_t wire_queued(const hvuv_conn_t* conn) {
  (void) conn;
  return scene.queued;
}

static int wire_shutdown(hvuv_conn_t* conn) {
  (void) conn;
  return scene.shutdown_result;
}

static void wire_close(hvuv_conn_t* conn, int resets) {
  (void) conn;
  (void) resets;
}

static void wire_look(hvuv_conn_t* conn) {
  if (scene.on_look != NULL)
    scene.on_look(conn);
}

static void wire_hold(hvuv_conn_t* conn, int change) {
  (void) conn;
  trace("hold:%d", change);
}

static int wire_name(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  (void) conn;
  (void) addr;
  return UV_ENOTSUP;
}

static uint64_t clock_now(const hvuv__group_t* group) {
  (void) group;
  return scene.now_ms;
}

static void clock_set_alarm(hvuv__group_t* group, uint64_t delay_ms) {
  (void) group;
  scene.alarm_ms = scene.now_ms + delay_ms;
  scene.nalarms++;
}

static const hvuv__wire_t wire = {
    .has_unread = wire_has_unread,
    .read = wire_read,
    .write = wire_write,
    .queued = wire_queued,
    .outstanding = wire_queued,
    .shutdown = wire_shutdown,
    .close = wire_close,
    .look = wire_look,
    .hold = wire_hold,
    .peer = wire_name,
    .local = wire_name,
};

static const hvuv__clock_t hand_clock = {
    .now = clock_now,
    .exact_now = clock_now,
    .set_alarm = clock_set_alarm,
};

/* The same, and one that can send at once. */
static hvuv__wire_t trying_wire;

static int index_of(const hvuv_conn_t* conn) {
  int i;

  for (i = 0; i < NCONNS; i++)
    if (scene.conns[i] == conn)
      return i;
  return -1;
}

/* The story tells what went where. */
static int wire_try_write(hvuv_conn_t* conn,
                          const uv_buf_t bufs[],
                          unsigned int nbufs) {
  size_t nbytes;
  unsigned int i;

  scene.ntries++;
  if (scene.try_result != 0)
    return scene.try_result;
  nbytes = 0;
  for (i = 0; i < nbufs; i++) {
    trace("to-%d:%.*s", index_of(conn), (int) bufs[i].len, bufs[i].base);
    nbytes += bufs[i].len;
  }
  return (int) nbytes;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  trace("%d:%.*s", index_of(conn), (int) nbytes, bytes);
  if (scene.on_message != NULL)
    scene.on_message(conn);
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  trace_status("close", reason);
}

static void on_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  (void) group;
  trace_status("gone", reason);
  if (index_of(conn) >= 0)
    scene.conns[index_of(conn)] = NULL;
}

static int up(void** state) {
  hvuv_limits_t limits;

  (void) state;
  alloc_install();
  memset(&scene, 0, sizeof(scene));
  scene.protocol.framing.kind = HVUV_FRAMING_LINES;
  scene.protocol.on_message = on_message;
  scene.protocol.on_close = on_close;
  scene.now_ms = 1;
  scene.alarm_ms = UINT64_MAX;
  trying_wire = wire;
  trying_wire.try_write = wire_try_write;
  hvuv_limits_init(&limits);
  hvuv__group_prepare(&scene.group, &wire, &hand_clock, &limits, &scene.data);
  scene.group.on_gone = on_gone;
  trace_reset();
  return 0;
}

static int down(void** state) {
  int i;

  (void) state;
  for (i = 0; i < NCONNS; i++) {
    if (scene.conns[i] == NULL)
      continue;
    hvuv_conn_abort(scene.conns[i], 0);
    hvuv__conn_closed(scene.conns[i]);
  }
  hvuv__free(scene.group.cork.base);
  alloc_check();
  return scene.group.conns == NULL && scene.group.resumed == NULL ? 0 : -1;
}

#define GROUP(test) cmocka_unit_test_setup_teardown(test, up, down)

static void open_all(void) {
  int i;

  for (i = 0; i < NCONNS; i++) {
    scene.conns[i] = hvuv__conn_new(&scene.group, &scene.protocol);
    assert_non_null(scene.conns[i]);
    hvuv__conn_open(scene.conns[i]);
  }
  trace_reset();
}

static void receive(int i, const char* text) {
  char bytes[100];

  memcpy(bytes, text, strlen(text) + 1);
  hvuv__conn_received(scene.conns[i], bytes, strlen(text));
}

/* Lets the alarm ring, if it is due. */
static void ring(void) {
  if (scene.alarm_ms > scene.now_ms)
    return;
  scene.alarm_ms = UINT64_MAX;
  hvuv__group_alarm(&scene.group);
}

/* Each has "b" waiting. */
static void open_all_waiting(void) {
  int i;

  open_all();
  scene.on_message = hvuv_conn_pause;
  for (i = 0; i < NCONNS; i++)
    receive(i, "a\nb\n");
  assert_story("0:a 1:a 2:a 3:a");
}

/* --- Those that resume ---------------------------------------------------- */

static void all_that_resumed_go_on_at_once(void** state) {
  int i;

  (void) state;
  open_all_waiting();
  for (i = 0; i < NCONNS; i++)
    hvuv_conn_resume(scene.conns[i]);
  assert_story("");
  ring();
  assert_story("3:b 2:b 1:b 0:b");
  ring();
  assert_story("");
}

static void what_waits_goes_before_what_is_read(void** state) {
  (void) state;
  open_all_waiting();
  assert_int_equal(scene.nreading, 0);
  scene.on_message = NULL;
  hvuv_conn_resume(scene.conns[0]);
  hvuv_conn_pause(scene.conns[0]);
  hvuv_conn_resume(scene.conns[0]);
  assert_int_equal(scene.nreading, 0);
  ring();
  assert_story("0:b");
  assert_int_equal(scene.nreading, 1);
}

static void one_that_closes_leaves_the_others_waiting(void** state) {
  static const int order[] = {1, 3, 0};
  int i;

  (void) state;
  open_all_waiting();
  for (i = 0; i < NCONNS; i++)
    hvuv_conn_resume(scene.conns[i]);
  for (i = 0; i < 3; i++) { /* One in the middle, the first, the last. */
    hvuv_conn_abort(scene.conns[order[i]], UV_EIO);
    hvuv__conn_closed(scene.conns[order[i]]);
  }
  trace_reset();
  ring();
  assert_story("2:b");
}

static void one_that_resumes_in_on_close_is_forgotten(void** state) {
  hvuv_conn_t* conn;

  (void) state;
  open_all_waiting();
  conn = scene.conns[2];
  hvuv_conn_abort(conn, UV_EIO);
  hvuv_conn_resume(conn);
  hvuv__conn_closed(conn);
  trace_reset();
  ring();
  assert_story("");
  assert_null(scene.group.resumed);
}

static void resume_all(hvuv_conn_t* conn) {
  int i;

  hvuv_conn_pause(conn);
  for (i = 0; i < NCONNS; i++)
    hvuv_conn_resume(scene.conns[i]);
}

/* What a handler resumes while the alarm rings is for the next alarm, also
 * itself, when nothing but itself keeps it from going on. */
static void those_resumed_meanwhile_wait_for_the_next_alarm(void** state) {
  (void) state;
  open_all_waiting();
  scene.on_message = resume_all;
  hvuv_conn_resume(scene.conns[0]);
  ring();
  assert_story("0:b");
  ring();
  assert_story("3:b 2:b 1:b");
  ring();
  assert_story("");
}

static void abort_all(hvuv_conn_t* conn) {
  int i;

  (void) conn;
  for (i = 0; i < NCONNS; i++)
    hvuv_conn_abort(scene.conns[i], UV_EIO);
}

static void those_aborted_meanwhile_get_nothing_more(void** state) {
  int i;

  (void) state;
  open_all_waiting();
  for (i = 0; i < NCONNS; i++)
    hvuv_conn_resume(scene.conns[i]);
  scene.on_message = abort_all;
  ring();
  assert_story("3:b");
}

/* --- Time ----------------------------------------------------------------- */

static void use_idle_time_only(void) {
  memset(&scene.group.limits, 0, sizeof(scene.group.limits));
  scene.group.limits.idle_timeout_ms = T;
}

static void traffic_sets_no_alarm(void** state) {
  unsigned int before;
  int i;

  (void) state;
  use_idle_time_only();
  open_all();
  before = scene.nalarms;
  for (i = 0; i < 100; i++) {
    scene.now_ms++;
    receive(i % NCONNS, "a\n");
  }
  assert_int_equal(scene.nalarms, before);
}

static void an_alarm_ends_all_that_are_late(void** state) {
  (void) state;
  use_idle_time_only();
  open_all();
  scene.now_ms += T / 2;
  receive(1, "a\n");
  trace_reset();
  scene.now_ms += T / 2;
  ring();
  assert_true(hvuv_conn_is_ending(scene.conns[0]));
  assert_false(hvuv_conn_is_ending(scene.conns[1]));
  assert_true(hvuv_conn_is_ending(scene.conns[2]));
  assert_true(hvuv_conn_is_ending(scene.conns[3]));
  assert_int_equal(scene.alarm_ms, scene.now_ms + T / 2);
}

static void alarms_keep_a_distance(void** state) {
  int i;

  (void) state;
  use_idle_time_only();
  open_all();
  for (i = 0; i < NCONNS; i++) {
    scene.now_ms++;
    receive(i, "a\n");
  }
  scene.now_ms = 1 + T;
  ring();
  assert_int_equal(scene.alarm_ms, scene.now_ms + T / 16);
  scene.now_ms = scene.alarm_ms;
  ring();
  for (i = 0; i < NCONNS; i++)
    assert_true(hvuv_conn_is_ending(scene.conns[i]));
  assert_int_equal(scene.alarm_ms, UINT64_MAX);
}

static void an_earlier_deadline_moves_the_alarm(void** state) {
  (void) state;
  use_idle_time_only();
  scene.group.limits.end_timeout_ms = T / 4;
  open_all();
  hvuv_conn_end(scene.conns[2]);
  assert_int_equal(scene.alarm_ms, scene.now_ms + T / 4);
  scene.now_ms = scene.alarm_ms;
  ring();
  assert_int_equal(scene.conns[2]->reason, UV_ETIMEDOUT);
  assert_int_equal(scene.alarm_ms, 1 + T);
}

/* --- Wires that fail ------------------------------------------------------ */

static void a_wire_that_cannot_read_closes(void** state) {
  (void) state;
  scene.read_result = UV_ENOMEM;
  open_all();
  assert_int_equal(scene.conns[0]->reason, UV_ENOMEM);
  hvuv__conn_closed(scene.conns[0]);
  assert_story("close:ENOMEM hold:-1 gone:ENOMEM");
}

static void a_wire_that_cannot_write_tells_the_sender(void** state) {
  hvuv_send_t req;

  (void) state;
  open_all();
  scene.write_result = UV_ENOMEM;
  assert_int_equal(hvuv_conn_send(scene.conns[0], "a", 1), UV_ENOMEM);
  assert_int_equal(hvuv_conn_send_ref(&req, scene.conns[0], NULL, 0, NULL),
                   UV_ENOMEM);
  assert_int_equal(scene.group.stats.messages_sent, 0);
  assert_false(hvuv_conn_is_ending(scene.conns[0]));
}

static void a_wire_that_cannot_shut_down_closes(void** state) {
  (void) state;
  open_all();
  scene.shutdown_result = UV_EIO;
  hvuv_conn_end(scene.conns[0]);
  assert_int_equal(scene.conns[0]->reason, UV_EIO);
}

static void a_shutdown_that_fails_closes(void** state) {
  (void) state;
  open_all();
  hvuv_conn_end(scene.conns[0]);
  hvuv__conn_shut(scene.conns[0], UV_EIO);
  assert_int_equal(scene.conns[0]->state, HVUV__CONN_CLOSING);
  assert_int_equal(scene.conns[0]->reason, UV_EIO);
}

static void a_shutdown_of_what_is_gone_has_succeeded(void** state) {
  (void) state;
  open_all();
  hvuv_conn_end(scene.conns[0]);
  hvuv__conn_shut(scene.conns[0], UV_ENOTCONN);
  assert_int_equal(scene.conns[0]->state, HVUV__CONN_ENDED);
  hvuv__conn_received_end(scene.conns[0]);
  assert_int_equal(scene.conns[0]->state, HVUV__CONN_CLOSING);
  assert_int_equal(scene.conns[0]->reason, 0);
}

static void a_write_that_fails_while_ending_closes(void** state) {
  (void) state;
  open_all();
  assert_int_equal(hvuv_conn_send(scene.conns[0], "a", 1), 0);
  hvuv_conn_end(scene.conns[0]);
  hvuv__conn_sent(scene.chunk, UV_EPIPE);
  assert_int_equal(scene.conns[0]->reason, UV_EPIPE);
}

/* --- What they are handed --------------------------------------------------
 */

/* By then nothing else may come for hours. */
static void what_a_message_was_kept_in_is_given_back_with_it(void** state) {
  (void) state;
  open_all();
  receive(0, "ha");
  assert_non_null(scene.conns[0]->decoder.bytes);
  receive(0, "lf\n");
  assert_story("0:half");
  assert_null(scene.conns[0]->decoder.bytes);
}

/* --- What they send while they are handed messages ------------------------ */

static int send_result;

static void send_ab(hvuv_conn_t* conn) {
  hvuv_conn_send(conn, "A", 1);
  send_result = hvuv_conn_send(conn, "B", 1);
}

static void send_c(hvuv_conn_t* conn) {
  send_result = hvuv_conn_send(conn, "C", 1);
}

static void open_all_trying(void) {
  scene.group.wire = &trying_wire;
  scene.protocol.framing.kind = HVUV_FRAMING_RAW;
  open_all();
}

static void what_a_handler_sends_leaves_in_one_go(void** state) {
  (void) state;
  open_all_trying();
  scene.on_message = send_ab;
  receive(1, "x");
  assert_story("1:x to-1:AB");
  assert_int_equal(scene.ntries, 1);
  assert_int_equal(scene.nchunks, 0);
}

static void a_handler_that_sends_nothing_has_nothing_tried(void** state) {
  (void) state;
  open_all_trying();
  receive(1, "x");
  assert_int_equal(scene.ntries, 0);
}

static void on_a_wire_that_cannot_try_it_is_queued(void** state) {
  (void) state;
  open_all();
  scene.on_message = send_c;
  receive(1, "x\n");
  assert_int_equal(send_result, 0);
  assert_int_equal(scene.nchunks, 1);
  assert_int_equal(scene.chunk->nbytes, 2);
  hvuv__conn_sent(scene.chunk, 0);
}

/* The other connection's, in the handler of the first. */
static void (*act_on_other)(hvuv_conn_t* conn);

static void send_and_act_on_other(hvuv_conn_t* conn) {
  if (conn != scene.conns[0])
    return;
  hvuv_conn_send(conn, "A", 1);
  act_on_other(scene.conns[1]);
  hvuv_conn_send(conn, "B", 1);
}

static void abort_it(hvuv_conn_t* conn) {
  hvuv_conn_abort(conn, UV_EIO);
}

static void what_goes_to_another_is_queued_there(void** state) {
  (void) state;
  open_all_trying();
  scene.on_message = send_and_act_on_other;
  act_on_other = send_c;
  receive(0, "x");
  assert_story("0:x to-0:AB");
  assert_int_equal(send_result, 0);
  assert_int_equal(scene.nchunks, 1);
  assert_ptr_equal(scene.chunk->conn, scene.conns[1]);
  assert_int_equal(scene.chunk->nbytes, 1);
  assert_int_equal(hvuv_conn_queued_bytes(scene.conns[1]), 0);
  hvuv__conn_sent(scene.chunk, 0);
}

static void ending_another_sends_nothing_there(void** state) {
  (void) state;
  open_all_trying();
  scene.on_message = send_and_act_on_other;
  act_on_other = hvuv_conn_end;
  receive(0, "x");
  assert_story("0:x to-0:AB");
  assert_true(hvuv_conn_is_ending(scene.conns[1]));
}

static void aborting_another_sends_nothing_there(void** state) {
  (void) state;
  open_all_trying();
  scene.on_message = send_and_act_on_other;
  act_on_other = abort_it;
  receive(0, "x");
  assert_story("0:x to-0:AB");
  assert_int_equal(scene.conns[1]->reason, UV_EIO);
}

static void send_20000(hvuv_conn_t* conn) {
  static char bytes[20000];

  memset(bytes, 'x', sizeof(bytes));
  send_result = hvuv_conn_send(conn, bytes, sizeof(bytes));
}

static void a_large_one_to_another_is_queued_there(void** state) {
  (void) state;
  open_all_trying();
  scene.on_message = send_and_act_on_other;
  act_on_other = send_20000;
  receive(0, "x");
  assert_story("0:x to-0:AB");
  assert_int_equal(scene.nchunks, 1);
  assert_ptr_equal(scene.chunk->conn, scene.conns[1]);
  hvuv__conn_sent(scene.chunk, 0);
}

/* What one has put together does not count for another's maximum. */
static void the_maximum_of_another_is_its_own(void** state) {
  (void) state;
  scene.group.limits.high_water_bytes = 1;
  scene.group.limits.low_water_bytes = 0;
  scene.group.limits.max_queued_bytes = 1;
  open_all_trying();
  scene.on_message = send_and_act_on_other;
  act_on_other = send_c;
  receive(0, "x");
  assert_int_equal(send_result, 0);
  hvuv__conn_sent(scene.chunk, 0);
}

static void a_wire_that_fails_at_once_closes(void** state) {
  (void) state;
  open_all_trying();
  scene.try_result = UV_EPIPE;
  scene.on_message = send_ab;
  receive(1, "x");
  assert_int_equal(scene.conns[1]->state, HVUV__CONN_CUT);
  hvuv__conn_received_end(scene.conns[1]);
  assert_int_equal(scene.conns[1]->state, HVUV__CONN_CLOSING);
  assert_int_equal(scene.conns[1]->reason, UV_EPIPE);
  assert_int_equal(scene.nchunks, 0);
  assert_null(scene.group.cork.conn);
}

static void a_wire_that_fails_a_large_one_has_it_queued(void** state) {
  (void) state;
  open_all_trying();
  scene.try_result = UV_EPIPE;
  scene.on_message = send_20000;
  receive(1, "x");
  assert_int_equal(send_result, 0);
  assert_int_equal(scene.nchunks, 1);
  assert_int_equal(scene.chunk->nbytes, 20000);
  assert_int_equal(scene.group.stats.bytes_sent, 0);
  hvuv__conn_sent(scene.chunk, UV_EPIPE);
  assert_int_equal(scene.conns[1]->reason, UV_EPIPE);
}

static void a_full_wire_has_them_queued_in_one_chunk(void** state) {
  (void) state;
  open_all_trying();
  scene.try_result = UV_EAGAIN;
  scene.on_message = send_ab;
  receive(1, "x");
  assert_int_equal(scene.nchunks, 1);
  assert_int_equal(scene.chunk->nbytes, 2);
  assert_int_equal(scene.group.stats.messages_sent, 2);
  assert_int_equal(scene.group.stats.bytes_sent, 0);
  hvuv__conn_sent(scene.chunk, 0);
  assert_int_equal(scene.group.stats.bytes_sent, 2);
}

/* Sends one byte, which is a chunk that the wire has taken so much of; then the
 * handler sends, large or small, and that is a chunk too or not. */
static void send_behind_a_chunk(size_t queued,
                                void (*act)(hvuv_conn_t* conn),
                                unsigned int nchunks,
                                unsigned int ntries) {
  hvuv__chunk_t* first;

  open_all_trying();
  assert_int_equal(hvuv_conn_send(scene.conns[1], "-", 1), 0);
  first = scene.chunk;
  scene.queued = queued;
  scene.on_message = act;
  receive(1, "x");
  trace_reset();
  assert_int_equal(scene.nchunks, 1 + nchunks);
  assert_int_equal(scene.ntries, ntries);
  hvuv__conn_sent(first, 0);
  if (nchunks > 0)
    hvuv__conn_sent(scene.chunk, 0);
}

static void a_large_one_behind_what_is_queued_is_not_tried(void** state) {
  (void) state;
  send_behind_a_chunk(1, send_20000, 1, 0);
}

static void a_small_one_behind_what_is_queued_is_not_tried(void** state) {
  (void) state;
  send_behind_a_chunk(1, send_c, 1, 0);
}

static void a_large_one_behind_what_was_taken_is_tried(void** state) {
  (void) state;
  send_behind_a_chunk(0, send_20000, 0, 1);
}

static void a_small_one_behind_what_was_taken_is_tried(void** state) {
  (void) state;
  send_behind_a_chunk(0, send_c, 0, 1);
}

/* --- One that was never open ---------------------------------------------- */

static void a_new_one_is_dropped_without_a_word_to_its_handler(void** state) {
  hvuv_conn_t* conn;

  (void) state;
  conn = hvuv__conn_new(&scene.group, &scene.protocol);
  assert_non_null(conn);
  hvuv__conn_drop(conn, UV_EIO);
  hvuv__conn_closed(conn);
  assert_story("gone:EIO");
  assert_int_equal(scene.group.stats.connections_ever, 0);
  assert_int_equal(scene.group.stats.other_errors, 0);
}

static void connections_go_in_any_order(void** state) {
  static const int order[] = {2, 0, 3, 1};
  int i;

  (void) state;
  open_all();
  assert_int_equal(scene.group.stats.connections_now, NCONNS);
  for (i = 0; i < NCONNS; i++) {
    hvuv_conn_abort(scene.conns[order[i]], 0);
    hvuv__conn_closed(scene.conns[order[i]]);
    assert_int_equal(scene.group.stats.connections_now, NCONNS - 1 - i);
  }
  assert_null(scene.group.conns);
}

/* --- Stopping ------------------------------------------------------------- */

static void pass(uint64_t ms) {
  uint64_t end = scene.now_ms + ms;

  while (scene.alarm_ms <= end) {
    if (scene.alarm_ms > scene.now_ms)
      scene.now_ms = scene.alarm_ms;
    ring();
  }
  scene.now_ms = end;
}

static int is_closing(int i) {
  return scene.conns[i]->state == HVUV__CONN_CLOSING;
}

static void assert_closing(int first, int last, int reason) {
  int i;

  for (i = first; i <= last; i++) {
    assert_true(is_closing(i));
    assert_int_equal(scene.conns[i]->reason, reason);
  }
}

static int count_closing(void) {
  int n = 0;
  int i;

  for (i = 0; i < NCONNS; i++)
    n += is_closing(i);
  return n;
}

static void use_end_time_only(void) {
  memset(&scene.group.limits, 0, sizeof(scene.group.limits));
  scene.group.limits.end_timeout_ms = T / 4;
}

static void a_stop_gives_each_its_grace_instead_of_the_end_timeout(
    void** state) {
  (void) state;
  use_end_time_only();
  open_all();
  hvuv_conn_end(scene.conns[2]);
  pass(T / 8);
  hvuv__group_stop(&scene.group, 4 * T);
  assert_int_equal(count_closing(), 0);
  pass(4 * T - 1);
  assert_int_equal(count_closing(), 0);
  pass(1 + T / 4);
  assert_closing(0, 3, UV_ECANCELED);
}

static void a_peer_that_takes_something_moves_its_grace_on(void** state) {
  static const char text[100] = "a";
  int i;

  (void) state;
  use_end_time_only();
  open_all();
  scene.queued = sizeof(text);
  assert_int_equal(hvuv_conn_send(scene.conns[0], text, sizeof(text)), 0);
  hvuv__group_stop(&scene.group, T);
  for (i = 0; i < 8; i++) {
    pass(T / 2);
    scene.queued -= 10;
  }
  assert_false(is_closing(0));
  assert_closing(1, 3, UV_ECANCELED);
  pass(T + T / 4);
  assert_closing(0, 0, UV_ECANCELED);
  hvuv__conn_sent(scene.chunk, UV_ECANCELED);
}

static void a_second_stop_only_shortens_the_grace(void** state) {
  (void) state;
  use_end_time_only();
  open_all();
  hvuv__group_stop(&scene.group, 8 * T);
  pass(T);
  hvuv__group_stop(&scene.group, 16 * T);
  hvuv__group_stop(&scene.group, 2 * T);
  pass(2 * T - 1);
  assert_int_equal(count_closing(), 0);
  hvuv__group_stop(&scene.group, T); /* Later than when they end anyway. */
  pass(1 + T / 8);
  assert_closing(0, 3, UV_ECANCELED);
}

static void a_stop_without_grace_aborts_all_at_once(void** state) {
  (void) state;
  use_end_time_only();
  open_all();
  hvuv_conn_end(scene.conns[1]);
  hvuv__group_stop(&scene.group, 0);
  assert_closing(0, 3, UV_ECANCELED);
}

static void a_stop_may_be_without_end(void** state) {
  (void) state;
  use_end_time_only();
  open_all();
  hvuv__group_stop(&scene.group, UINT64_MAX);
  hvuv__group_stop(&scene.group, UINT64_MAX - 1);
  pass(1000 * (uint64_t) T);
  assert_int_equal(count_closing(), 0);
  hvuv__group_stop(&scene.group, T);
  pass(T + T / 8);
  assert_closing(0, 3, UV_ECANCELED);
}

static void a_deadline_of_the_handlers_holds_during_a_stop(void** state) {
  (void) state;
  use_end_time_only();
  open_all();
  hvuv_conn_set_deadline(scene.conns[0], T / 2);
  hvuv__group_stop(&scene.group, 4 * T);
  pass(T);
  assert_int_equal(count_closing(), 1);
  assert_closing(0, 0, UV_ETIMEDOUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      GROUP(all_that_resumed_go_on_at_once),
      GROUP(what_waits_goes_before_what_is_read),
      GROUP(one_that_closes_leaves_the_others_waiting),
      GROUP(one_that_resumes_in_on_close_is_forgotten),
      GROUP(those_resumed_meanwhile_wait_for_the_next_alarm),
      GROUP(those_aborted_meanwhile_get_nothing_more),
      GROUP(traffic_sets_no_alarm),
      GROUP(an_alarm_ends_all_that_are_late),
      GROUP(alarms_keep_a_distance),
      GROUP(an_earlier_deadline_moves_the_alarm),
      GROUP(a_wire_that_cannot_read_closes),
      GROUP(a_wire_that_cannot_write_tells_the_sender),
      GROUP(a_wire_that_cannot_shut_down_closes),
      GROUP(a_shutdown_that_fails_closes),
      GROUP(a_shutdown_of_what_is_gone_has_succeeded),
      GROUP(a_write_that_fails_while_ending_closes),
      GROUP(a_new_one_is_dropped_without_a_word_to_its_handler),
      GROUP(connections_go_in_any_order),
      GROUP(what_a_handler_sends_leaves_in_one_go),
      GROUP(a_handler_that_sends_nothing_has_nothing_tried),
      GROUP(on_a_wire_that_cannot_try_it_is_queued),
      GROUP(what_goes_to_another_is_queued_there),
      GROUP(ending_another_sends_nothing_there),
      GROUP(aborting_another_sends_nothing_there),
      GROUP(a_large_one_to_another_is_queued_there),
      GROUP(the_maximum_of_another_is_its_own),
      GROUP(a_wire_that_fails_at_once_closes),
      GROUP(a_wire_that_fails_a_large_one_has_it_queued),
      GROUP(a_full_wire_has_them_queued_in_one_chunk),
      GROUP(what_a_message_was_kept_in_is_given_back_with_it),
      GROUP(a_large_one_behind_what_is_queued_is_not_tried),
      GROUP(a_small_one_behind_what_is_queued_is_not_tried),
      GROUP(a_large_one_behind_what_was_taken_is_tried),
      GROUP(a_small_one_behind_what_was_taken_is_tried),
      GROUP(a_stop_gives_each_its_grace_instead_of_the_end_timeout),
      GROUP(a_peer_that_takes_something_moves_its_grace_on),
      GROUP(a_second_stop_only_shortens_the_grace),
      GROUP(a_stop_without_grace_aborts_all_at_once),
      GROUP(a_stop_may_be_without_end),
      GROUP(a_deadline_of_the_handlers_holds_during_a_stop),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
