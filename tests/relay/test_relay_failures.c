/* Relays: one direction fails and the other goes on, ends that are held back,
 * sources that have gone, limits. relay/pair.h has the table. */
#include "relay_rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MIB          ((size_t) 1 << 20)
#define ANSWER_BYTES 23
#define SLACK_MS     2

static uint64_t now_ms(void) {
  return uv_hrtime() / 1000000;
}

static int is_unix(const relay_rig_t* rig, int side) {
  return !side_is_tcp(rig, side);
}

/* --- Writing fails */

/* Before it has read all it answers and closes, with bytes unread. */
static void expect_early_answer(relay_rig_t* rig, int from) {
  peer_t* caller = &rig->peers[from];
  peer_t* server = &rig->peers[!from];

  relay_start(rig, 0, 0);
  server->is_deaf = 1;
  peer_send(caller, 64 * MIB);
  relay_settle(rig);
  assert_true(caller->sent < caller->to_send);
  peer_send(server, ANSWER_BYTES);
  RELAY_UNTIL(rig, server->sent == ANSWER_BYTES);
  peer_close(server);

  RELAY_UNTIL(rig, rig->done && caller->heard != 0);
  peer_expect_before_reset(caller, ANSWER_BYTES);
  assert_true(rig->status < 0);
  assert_true(rig->write_status[!from] < 0 || rig->read_status[!from] < 0);
  relay_expect_end(rig, rig->status);
}

static void the_second_sides_early_answer_comes_through(void** state) {
  expect_early_answer(*state, 0);
}

static void the_first_sides_early_answer_comes_through(void** state) {
  expect_early_answer(*state, 1);
}

/* It hears no more, and goes on to talk: both ways over Unix sockets, where to
 * end reading is seen by who writes. */
static void who_hears_no_more_may_still_talk(void** state) {
  relay_rig_t* rig = *state;
  peer_t* deaf = &rig->peers[1];
  hvuv_relay_stats_t stats;

  if (!is_unix(rig, 1))
    return;
  relay_start(rig, 0, 0);
  assert_int_equal(shutdown(deaf->sock, 0), 0); /* SHUT_RD */
  deaf->is_deaf = 1;
  peer_send(&rig->peers[0], 100000);
  RELAY_UNTIL(rig, rig->peers[0].sent == 100000);
  relay_settle(rig);
  hvuv_relay_stats(&rig->relay, &stats);
  assert_int_equal(stats.write_status[1], UV_EPIPE);
  assert_int_equal(
      stats.bytes[0] + stats.discarded_bytes[0] + stats.held_bytes[0] <= 100000,
      1);
  assert_true(stats.discarded_bytes[0] > 0);
  assert_false(rig->done);

  peer_send(deaf, MIB);
  RELAY_UNTIL(rig, rig->peers[0].received == MIB);
  assert_int_equal(rig->peers[0].heard, 0);
  peer_end(deaf);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  assert_int_equal(rig->peers[0].heard, UV_EOF);
  peer_expect(&rig->peers[0], MIB);
  peer_end(&rig->peers[0]);
  relay_expect_end(rig, UV_EPIPE);
  assert_int_equal(rig->write_status[1], UV_EPIPE);
  assert_int_equal(rig->write_status[0], 0);
  assert_int_equal(rig->read_status[0], UV_EOF);
  assert_int_equal(rig->read_status[1], UV_EOF);
}

/* After the answer and its end the caller has a second to end too. */
static void who_sends_on_to_nobody_is_closed_in_the_end(void** state) {
  relay_rig_t* rig = *state;
  peer_t* caller = &rig->peers[0];
  peer_t* server = &rig->peers[1];
  uint64_t since;

  if (!is_unix(rig, 1))
    return;
  relay_start(rig, 0, 0);
  assert_int_equal(shutdown(server->sock, 0), 0);
  server->is_deaf = 1;
  peer_send(caller, MIB);
  RELAY_UNTIL(rig, caller->sent == MIB);
  peer_end(server);
  RELAY_UNTIL(rig, caller->heard != 0);
  assert_int_equal(caller->heard, UV_EOF);
  since = now_ms();
  while (!rig->done && now_ms() - since < 30000) {
    peer_send(caller, 1);
    relay_step(rig);
  }
  relay_expect_end(rig, UV_EPIPE);
}

static void a_relay_that_parts_may_be_closed(void** state) {
  relay_rig_t* rig = *state;
  peer_t* server = &rig->peers[1];

  if (!is_unix(rig, 1))
    return;
  relay_start(rig, 0, 0);
  assert_int_equal(shutdown(server->sock, 0), 0);
  server->is_deaf = 1;
  peer_send(&rig->peers[0], 1000);
  peer_end(server);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  relay_cut(rig);
  relay_expect_end(rig, UV_EPIPE); /* The first failure. */
}

/* --- Resets */

/* Behind bytes, in one wake-up: libuv takes that for an end of input. */
static void a_reset_behind_bytes_is_never_a_clean_end(void** state) {
  relay_rig_t* rig = *state;
  int told;

  if (!side_is_tcp(rig, 0))
    return;
  relay_start(rig, 0, 0);
  peer_end(&rig->peers[1]);
  relay_settle(rig);
  assert_int_equal(net_send(rig->peers[0].sock, "0123456789", 10), 10);
  told = peer_abort(&rig->peers[0]);
  if (told == UV_EOF)
    return; /* WINE_ENDS_BEFORE_RESET */
  relay_expect_end(rig, told);
  assert_int_equal(rig->read_status[0], told);
}

/* It ended in order, and then refused what was written to it. */
static void bytes_that_were_refused_late_are_no_clean_end(void** state) {
  relay_rig_t* rig = *state;
  peer_t* first = &rig->peers[0];

  relay_start(rig, 0, 0);
  first->is_deaf = 1;
  peer_end(first);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  assert_int_equal(rig->peers[1].heard, UV_EOF);
  peer_send(&rig->peers[1], 1000);
  relay_settle(rig);
  peer_close(first);
  relay_settle(rig);
  peer_end(&rig->peers[1]);
  RELAY_UNTIL(rig, rig->done);
  if (net_is_posix())
    assert_true(rig->status == UV_EPIPE || rig->status == UV_ECONNRESET);
  relay_expect_end(rig, rig->status);
}

/* The refusal is known, and the way to it shut down, before its own end is read. */
static void refused_before_the_end_is_read_is_no_clean_end(void** state) {
  relay_rig_t* rig = *state;
  peer_t* first = &rig->peers[0];
  peer_t* other = &rig->peers[1];
  hvuv_relay_stats_t stats;

  if (!net_is_posix() || !side_is_tcp(rig, 0))
    return;
  relay_start(rig, 0, 0);
  other->is_deaf = 1;
  do {
    peer_send(first, 10000);
    RELAY_UNTIL(rig, first->sent == first->to_send);
    relay_step(rig);
    hvuv_relay_stats(&rig->relay, &stats);
  } while (stats.held_bytes[0] == 0);
  peer_close(first);

  peer_send(other, 1000);
  peer_end(other);
  relay_settle(rig);
  other->is_deaf = 0;
  RELAY_UNTIL(rig, rig->done);
  assert_int_equal(rig->status, UV_EPIPE);
  relay_expect_end(rig, UV_EPIPE);
  assert_int_equal(rig->write_status[0], UV_EPIPE);
  RELAY_UNTIL(rig, other->heard != 0);
  peer_expect(other, first->sent);
}

/* While what it sends is thrown away it is reset. The other, who only hears no
 * more, says nothing and waits. */
static void a_reset_of_who_is_not_heard_any_more_ends_the_relay(void** state) {
  relay_rig_t* rig = *state;
  peer_t* first = &rig->peers[0];
  peer_t* other = &rig->peers[1];
  hvuv_relay_stats_t stats;

  if (!is_unix(rig, 1))
    return;
  relay_start(rig, 0, 0);
  assert_int_equal(shutdown(other->sock, 0), 0); /* SHUT_RD */
  other->is_deaf = 1;
  first->is_deaf = 1; /* so that a Unix socket has bytes to lose */
  peer_send(other, 10);
  peer_send(first, 1000);
  RELAY_UNTIL(rig, first->sent == 1000 && other->sent == 10);
  relay_settle(rig);
  hvuv_relay_stats(&rig->relay, &stats);
  assert_int_equal(stats.write_status[1], UV_EPIPE);
  assert_false(rig->done);

  peer_abort(first);
  relay_expect_end(rig, UV_EPIPE);
  assert_int_equal(rig->read_status[0], UV_ECONNRESET);
  assert_int_equal(rig->write_status[0], UV_ECONNRESET);
}

/* What came before a reset is delivered before the other is reset. */
static void what_came_before_a_reset_is_passed_on(void** state) {
  relay_rig_t* rig = *state;
  peer_t* other = &rig->peers[1];
  int told;

  relay_start(rig, 0, 0);
  other->is_deaf = 1;
  rig->peers[0].is_deaf = 1; /* so that a Unix socket has bytes to lose */
  peer_send(other, 10);
  peer_send(&rig->peers[0], 100000);
  relay_settle(rig);
  assert_int_equal(rig->relay.bytes[0], 100000);
  told = peer_abort(&rig->peers[0]);
  if (told == UV_EOF)
    return;
  other->is_deaf = 0;
  relay_expect_end(rig, told);
  RELAY_UNTIL(rig, other->heard != 0);
  peer_expect_before_reset(other, 100000);
}

/* More than its peer's kernel takes while nobody reads there: a reset would
 * throw the rest away. */
static void what_has_not_left_leaves_before_a_reset(void** state) {
  relay_rig_t* rig = *state;
  peer_t* other = &rig->peers[1];
  size_t passed_on = 0;
  uint64_t since;

  if (!net_is_posix() || !side_is_tcp(rig, 0))
    return;
  relay_start(rig, 0, 0);
  other->is_deaf = 1;
  while (rig->peers[0].sent < MIB / 2) {
    peer_send(&rig->peers[0], 50000);
    RELAY_UNTIL(rig, rig->peers[0].sent == rig->peers[0].to_send);
    relay_settle(rig);
    passed_on = (size_t) rig->relay.bytes[0];
    if (passed_on < rig->peers[0].sent)
      return; /* It is stuck, and would not see the reset. */
  }
  peer_abort(&rig->peers[0]);
  since = now_ms();
  while (now_ms() - since < 100)
    relay_step(rig);
  other->is_deaf = 0;
  RELAY_UNTIL(rig, other->heard != 0);
  peer_expect(other, passed_on);
  if (side_is_tcp(rig, 1))
    assert_int_equal(other->heard, UV_ECONNRESET);
  relay_expect_end(rig, UV_ECONNRESET);
}

/* A Unix socket shows it by bytes that nobody read. */
static void who_talks_to_one_that_is_gone_hears_no_orderly_end(void** state) {
  relay_rig_t* rig = *state;

  if (!net_is_posix())
    return;
  relay_start(rig, 1000, 0);
  rig->peers[0].is_deaf = 1;
  peer_send(&rig->peers[1], 64 * MIB);
  relay_settle(rig);
  peer_abort(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->done);
  assert_true(rig->status < 0);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  /* The system says it once, to whichever asks first. */
  assert_true(rig->peers[1].heard == UV_ECONNRESET ||
              rig->peers[1].refused == UV_ECONNRESET);
  relay_expect_end(rig, rig->status);
}

/* --- Ends that are held back */

static hvuv_relay_options_t options_with(uint64_t rest_ms) {
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  options.half_close_rest_ms = rest_ms;
  return options;
}

/* The second side's answer comes after the first has ended; were that passed
 * on, the answer would be lost. */
static void an_end_is_held_until_the_other_way_has_ended(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(0);

  rig->half_close[1] = HVUV_HALF_CLOSE_NO;
  relay_start_with(rig, &options);
  peer_send(&rig->peers[0], 5000);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].received == 5000);
  relay_settle(rig);
  assert_int_equal(rig->peers[1].heard, 0);
  peer_send(&rig->peers[1], MIB);
  RELAY_UNTIL(rig, rig->peers[0].received == MIB);
  relay_settle(rig);
  assert_int_equal(rig->peers[1].heard, 0);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  assert_int_equal(rig->peers[0].heard, UV_EOF);
  assert_int_equal(rig->peers[1].heard, UV_EOF);
}

/* The end of the side that cannot is passed on at once. */
static void only_the_end_for_a_side_that_cannot_is_held(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(0);

  rig->half_close[1] = HVUV_HALF_CLOSE_NO;
  relay_start_with(rig, &options);
  peer_end(&rig->peers[1]);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  peer_send(&rig->peers[0], 1000);
  peer_end(&rig->peers[0]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  peer_expect(&rig->peers[1], 1000);
}

static void both_sides_may_be_unable_to_half_close(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(0);

  rig->half_close[0] = rig->half_close[1] = HVUV_HALF_CLOSE_NO;
  relay_start_with(rig, &options);
  peer_send(&rig->peers[0], 1000);
  peer_send(&rig->peers[1], 2000);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].received == 1000);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  peer_expect(&rig->peers[0], 2000);
  peer_expect(&rig->peers[1], 1000);
}

#define REST_MS 60

static void an_end_is_passed_on_when_the_other_way_has_rested(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(REST_MS);
  uint64_t since;
  int is_in_time;

  rig->half_close[1] = HVUV_HALF_CLOSE_NO;
  relay_start_with(rig, &options);
  since = now_ms();
  peer_end(&rig->peers[0]);
  while (now_ms() - since < REST_MS / 2)
    relay_step(rig);
  since = now_ms();
  peer_send(&rig->peers[1], 1);
  RELAY_UNTIL(rig, rig->peers[0].received == 1 || rig->peers[1].heard != 0);
  is_in_time = rig->peers[1].heard == 0; /* The machine may stand still. */
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  if (is_in_time)
    assert_true(now_ms() - since + SLACK_MS >= REST_MS);
  assert_int_equal(rig->peers[1].heard, UV_EOF);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
}

/* In a guest behind a VMM that passes a close alone: the first side is what
 * listens there, the second one AF_VSOCK. */
static void where_only_a_close_is_noticed_both_ways_end(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(REST_MS);

  rig->half_close[1] = HVUV_HALF_CLOSE_NOT_PASSED;
  relay_start_with(rig, &options);
  peer_send(&rig->peers[0], 1000);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].received == 1000);
  peer_send(&rig->peers[1], 2000);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  peer_expect(&rig->peers[0], 2000);
  peer_expect(&rig->peers[1], 1000);
  assert_int_equal(rig->peers[0].heard, UV_EOF);
  assert_int_equal(rig->peers[1].heard, UV_EOF);
}

/* Who is not read because his own sink does not take it does not rest. */
static void a_way_that_is_stuck_does_not_rest(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options = options_with(REST_MS);
  uint64_t since;

  rig->half_close[1] = HVUV_HALF_CLOSE_NO;
  relay_start_with(rig, &options);
  rig->peers[0].is_deaf = 1;
  peer_send(&rig->peers[1], 64 * MIB);
  relay_settle(rig);
  peer_end(&rig->peers[0]);
  since = now_ms();
  while (now_ms() - since < 3 * REST_MS)
    relay_step(rig);
  assert_int_equal(rig->peers[1].heard, 0);
  rig->peers[0].is_deaf = 0;
  rig->peers[1].to_send = rig->peers[1].sent;
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  if (relay_loses_what_waits(rig, 0))
    return;
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  peer_expect(&rig->peers[0], rig->peers[1].sent);
}

/* --- Sources that have gone, sinks that take nothing */

static void a_source_that_has_gone_is_known_while_its_sink_is_stuck(
    void** state) {
  relay_rig_t* rig = *state;
  peer_t* source = &rig->peers[0];
  hvuv_relay_stats_t stats;

  relay_start(rig, 0, 0);
  rig->peers[1].is_deaf = 1;
  do { /* No more than that, for behind bytes that find no room no end comes. */
    peer_send(source, 10000);
    RELAY_UNTIL(rig, source->sent == source->to_send);
    relay_step(rig);
    hvuv_relay_stats(&rig->relay, &stats);
  } while (stats.held_bytes[0] == 0);
  assert_int_equal(stats.peer_status[0], 0);
  assert_int_equal(stats.peer_status[1], 0);
  assert_true(stats.held_bytes[0] > 0);
  assert_int_equal(stats.held_bytes[1], 0);

  peer_close(source);
  relay_settle(rig);
  assert_false(rig->done);
  hvuv_relay_stats(&rig->relay, &stats);
  if (net_is_posix())
    assert_int_equal(stats.peer_status[0],
                     is_unix(rig, 0) ? UV_ECONNRESET : UV_EOF);
  assert_int_equal(stats.peer_status[1], 0);
  assert_int_equal(stats.read_status[0], 0); /* It has not been read yet. */

  /* And it keeps what it has. */
  rig->peers[1].is_deaf = 0;
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  peer_expect(&rig->peers[1], source->sent);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
}

static void a_sink_that_takes_nothing_has_a_limit(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options;
  uint64_t since;

  hvuv_relay_options_init(&options);
  assert_true(options.sink_timeout_ms > 0);
  options.sink_timeout_ms = 100;
  relay_start_with(rig, &options);
  relay_settle(rig);
  since = now_ms();
  while (now_ms() - since < 200) /* Idle is not stuck. */
    relay_step(rig);
  assert_false(rig->done);
  rig->peers[1].is_deaf = 1;
  since = now_ms();
  peer_send(&rig->peers[0], 64 * MIB);
  RELAY_UNTIL(rig, rig->done);
  assert_true(now_ms() - since + SLACK_MS >= 100);
  relay_expect_end(rig, UV_ETIMEDOUT);
  assert_int_equal(rig->write_status[1], UV_ETIMEDOUT);
}

/* Less at a time than the kernel finds worth a wake-up: a Unix socket is
 * writable again when three quarters of its buffer are free. */
static void a_sink_that_takes_a_little_is_in_time(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options;
  char bytes[4096];
  uint64_t since;

  if (!is_unix(rig, 1) || rig->pairing != &hvuv_hvuv)
    return;
  hvuv_relay_options_init(&options);
  options.sink_timeout_ms = 1000;
  relay_start_with(rig, &options);
  rig->peers[1].is_deaf = 1;
  peer_send(&rig->peers[0], 64 * MIB);
  relay_settle(rig);
  since = now_ms();
  while (now_ms() - since < 2500) {
    net_recv(rig->peers[1].sock, bytes, sizeof(bytes));
    uv_sleep(5);
    relay_step(rig);
  }
  assert_false(rig->done);
  relay_cut(rig);
  relay_expect_end(rig, UV_ECANCELED);
}

/* Nothing waits in the relay any more, only in the kernel. */
static void a_slow_reader_is_not_idle(void** state) {
  relay_rig_t* rig = *state;
  char bytes[4096];
  size_t received = 0;
  ssize_t n;

  if (!is_unix(rig, 1) || rig->pairing != &hvuv_hvuv)
    return;
  relay_start(rig, 0, 1000);
  rig->peers[1].is_deaf = 1;
  peer_send(&rig->peers[0], 100000);
  RELAY_UNTIL(rig, rig->relay.bytes[0] == 100000);
  while (received < 100000 && !rig->done) {
    n = net_recv(rig->peers[1].sock, bytes, sizeof(bytes));
    received += n > 0 ? (size_t) n : 0;
    uv_sleep(80);
    relay_step(rig);
  }
  assert_int_equal(received, 100000);
  assert_false(rig->done);
  relay_expect_end(rig, UV_ETIMEDOUT);
}

/* --- Loops that are late */

static void what_came_while_the_loop_was_busy_is_looked_at_first(void** state) {
  relay_rig_t* rig = *state;
  /* Wine's server, which says that something has come, is a process of its own. */
  unsigned int idle_ms = net_is_posix() ? 60 : 240;
  int i;

  relay_start(rig, 0, idle_ms);
  for (i = 0; i < 5 && !rig->done; i++) {
    assert_int_equal(net_send(rig->peers[i % 2].sock, "", 1), 1);
    uv_sleep(2 * idle_ms);
    uv_run(rig->loop, UV_RUN_NOWAIT);
    uv_run(rig->loop, UV_RUN_NOWAIT);
  }
  assert_false(rig->done);
  relay_cut(rig);
  relay_expect_end(rig, UV_ECANCELED);
}

#define TESTS_OF(pairing)                                                      \
  RELAY_TEST(pairing, the_second_sides_early_answer_comes_through),            \
      RELAY_TEST(pairing, the_first_sides_early_answer_comes_through),         \
      RELAY_TEST(pairing, who_hears_no_more_may_still_talk),                   \
      RELAY_TEST(pairing, who_sends_on_to_nobody_is_closed_in_the_end),        \
      RELAY_TEST(pairing, a_relay_that_parts_may_be_closed),                   \
      RELAY_TEST(pairing, a_reset_behind_bytes_is_never_a_clean_end),          \
      RELAY_TEST(pairing, bytes_that_were_refused_late_are_no_clean_end),      \
      RELAY_TEST(pairing, refused_before_the_end_is_read_is_no_clean_end),     \
      RELAY_TEST(pairing,                                                      \
                 a_reset_of_who_is_not_heard_any_more_ends_the_relay),         \
      RELAY_TEST(pairing, what_came_before_a_reset_is_passed_on),              \
      RELAY_TEST(pairing, what_has_not_left_leaves_before_a_reset),            \
      RELAY_TEST(pairing, who_talks_to_one_that_is_gone_hears_no_orderly_end), \
      RELAY_TEST(pairing, an_end_is_held_until_the_other_way_has_ended),       \
      RELAY_TEST(pairing, only_the_end_for_a_side_that_cannot_is_held),        \
      RELAY_TEST(pairing, both_sides_may_be_unable_to_half_close),             \
      RELAY_TEST(pairing, an_end_is_passed_on_when_the_other_way_has_rested),  \
      RELAY_TEST(pairing, where_only_a_close_is_noticed_both_ways_end),        \
      RELAY_TEST(pairing, a_way_that_is_stuck_does_not_rest),                  \
      RELAY_TEST(pairing,                                                      \
                 a_source_that_has_gone_is_known_while_its_sink_is_stuck),     \
      RELAY_TEST(pairing, a_sink_that_takes_nothing_has_a_limit),              \
      RELAY_TEST(pairing, a_slow_reader_is_not_idle),                          \
      RELAY_TEST(pairing, a_sink_that_takes_a_little_is_in_time),              \
      RELAY_TEST(pairing,                                                      \
                 what_came_while_the_loop_was_busy_is_looked_at_first)

int main(void) {
  const struct CMUnitTest anywhere[] = {
      TESTS_OF(hvuv_hvuv),
      TESTS_OF(hvuv_tcp),
      TESTS_OF(tcp_hvuv),
      TESTS_OF(tcp_tcp),
      TESTS_OF(adopted_hvuv),
      TESTS_OF(adopted_adopted),
  };
  /* Windows' pipes are no sockets. */
  const struct CMUnitTest posix[] = {TESTS_OF(pipe_hvuv)};
  int failed;

  net_start();
#ifdef SIGPIPE
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
#endif
  failed = cmocka_run_group_tests_name("relay failures", anywhere, NULL, NULL);
  if (net_is_posix())
    failed += cmocka_run_group_tests_name(
        "relay failures of pipes", posix, NULL, NULL);
  return failed;
}
