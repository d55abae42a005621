/* Relays: how they start or do not, how they are closed, and how they time out.
 */
#include "relay_rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t) 1 << 20)

/* --- Starting */

static void on_never(hvuv_relay_t* relay, int status) {
  (void) relay;
  (void) status;
  abort(); /* No callback follows an error. */
}

static void expect_refusal(relay_rig_t* rig,
                           const hvuv_relay_end_t* first,
                           const hvuv_relay_end_t* second,
                           int err) {
  void* datas[2];
  hvuv_relay_t relay;
  int i;

  for (i = 0; i < 2; i++)
    datas[i] = *side_data(&rig->sides[i]);
  assert_int_equal(hvuv_relay_start(&relay, first, second, 0, 9, on_never),
                   err);
  hvuv_relay_close(&relay);
  for (i = 0; i < 2; i++)
    assert_ptr_equal(*side_data(&rig->sides[i]), datas[i]);
}

/* After what was tried, the sides can still be joined. */
static void expect_unharmed(relay_rig_t* rig) {
  relay_start(rig, 0, 0);
  peer_send(&rig->peers[0], 1000);
  peer_send(&rig->peers[1], 1000);
  peer_end(&rig->peers[0]);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  peer_expect(&rig->peers[0], 1000);
  peer_expect(&rig->peers[1], 1000);
}

static void what_is_no_end_is_refused(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t first = relay_end(&rig->sides[0]);
  hvuv_relay_end_t second = relay_end(&rig->sides[1]);
  hvuv_relay_end_t none = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  hvuv_relay_end_t both = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  hvuv_relay_t relay;

  both.hvuv = first.hvuv != NULL ? first.hvuv : second.hvuv;
  both.uv = first.uv != NULL ? first.uv : second.uv;
  if (both.hvuv != NULL && both.uv != NULL)
    expect_refusal(rig, &both, &second, UV_EINVAL);
  expect_refusal(rig, &none, &second, UV_EINVAL);
  expect_refusal(rig, &first, &none, UV_EINVAL);
  expect_refusal(rig, NULL, &second, UV_EINVAL);
  expect_refusal(rig, &first, NULL, UV_EINVAL);
  expect_refusal(rig, &first, &first, UV_EINVAL);
  none = second;
  none.half_close = (hvuv_half_close_t) 99;
  expect_refusal(rig, &first, &none, UV_EINVAL);
  assert_int_equal(hvuv_relay_start(&relay, &first, &second, 0, 0, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_relay_start(NULL, &first, &second, 0, 0, on_never),
                   UV_EINVAL);
  assert_int_equal(
      hvuv_relay_start(
          &relay, &first, &second, ((size_t) 1 << 30) + 1, 0, on_never),
      UV_EINVAL);
  expect_unharmed(rig);
}

/* Zero is no size of a buffer, where it is not short for the default. */
static void options_may_be_null_but_not_senseless(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t first = relay_end(&rig->sides[0]);
  hvuv_relay_end_t second = relay_end(&rig->sides[1]);
  hvuv_relay_options_t options;
  hvuv_relay_t relay;

  hvuv_relay_options_init(&options);
  assert_int_equal(options.buffer_bytes, 262144);
  assert_int_equal(options.idle_timeout_ms, 0);
  assert_int_equal(options.half_close_rest_ms, 1000);
  options.buffer_bytes = 0;
  assert_int_equal(
      hvuv_relay_start_ex(&relay, &first, &second, &options, on_never),
      UV_EINVAL);
  assert_int_equal(hvuv_relay_start_ex(&relay, &first, &second, NULL, NULL),
                   UV_EINVAL);
  relay_start_with(rig, NULL);
  peer_end(&rig->peers[0]);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
}

static void a_look_finds_the_peer_there_ended_or_gone(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t end = relay_end(&rig->sides[0]);
  hvuv_relay_end_t none = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};

  assert_int_equal(hvuv_relay_look(NULL), UV_EINVAL);
  assert_int_equal(hvuv_relay_look(&none), UV_EINVAL);
  assert_int_equal(hvuv_relay_look(&end), 0);
  peer_send(&rig->peers[0], 100);
  peer_end(&rig->peers[0]);
  relay_settle(rig);
  if (net_is_posix()) /* Elsewhere not behind bytes that nobody reads. */
    assert_int_equal(hvuv_relay_look(&end), UV_EOF);
  peer_close(&rig->peers[0]);
  relay_settle(rig);
  if (net_is_posix() && rig->pairing->kinds[0] != SIDE_TCP)
    assert_int_equal(hvuv_relay_look(&end), UV_ECONNRESET);
  relay_start(rig, 0, 0); /* It has taken nothing away. */
  peer_end(&rig->peers[1]);
  RELAY_UNTIL(rig, rig->done);
  peer_expect(&rig->peers[1], 100);
}

static void statistics_count_each_direction(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_stats_t stats;

  relay_start(rig, 0, 0);
  peer_send(&rig->peers[0], 100);
  peer_send(&rig->peers[1], 200);
  RELAY_UNTIL(rig,
              rig->peers[0].received == 200 && rig->peers[1].received == 100);
  RELAY_UNTIL(rig, rig->relay.bytes[0] == 100 && rig->relay.bytes[1] == 200);
  hvuv_relay_stats(&rig->relay, &stats);
  assert_int_equal(stats.bytes[0], 100);
  assert_int_equal(stats.bytes[1], 200);
  assert_int_equal(stats.held_bytes[0] + stats.held_bytes[1], 0);
  assert_int_equal(stats.stuck_ms[0] + stats.stuck_ms[1], 0);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  hvuv_relay_stats(&rig->relay, &stats);
  assert_int_equal(stats.read_status[0], UV_EOF);
  assert_int_equal(stats.read_status[1], 0);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  assert_int_equal(rig->read_status[0], UV_EOF);
  assert_int_equal(rig->read_status[1], UV_EOF);
  assert_int_equal(rig->write_status[0] | rig->write_status[1], 0);
}

static void streams_of_two_loops_are_refused(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t first = relay_end(&rig->sides[0]);
  hvuv_relay_end_t second = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  uv_loop_t* loop = loop_open();
  hvuv_stream_t stranger;
  uv_os_sock_t socks[2];

  assert_int_equal(net_pair(socks), 0);
  assert_int_equal(hvuv_init(loop, &stranger), 0);
  assert_int_equal(hvuv_open(&stranger, socks[0]), 0);
  second.hvuv = &stranger;
  expect_refusal(rig, &first, &second, UV_EINVAL);
  expect_refusal(rig, &second, &first, UV_EINVAL);
  hvuv_close(&stranger, NULL);
  net_close(socks[1]);
  loop_run_out(loop);
  loop_close(loop);
  expect_unharmed(rig);
}

static void streams_that_are_not_connected_are_refused(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t second = relay_end(&rig->sides[1]);
  hvuv_relay_end_t idle = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  hvuv_relay_end_t idle_uv = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  hvuv_stream_t stream;
  uv_tcp_t tcp;

  assert_int_equal(hvuv_init(rig->loop, &stream), 0);
  assert_int_equal(uv_tcp_init(rig->loop, &tcp), 0);
  idle.hvuv = &stream;
  idle_uv.uv = (uv_stream_t*) &tcp;
  expect_refusal(rig, &idle, &second, UV_ENOTCONN);
  expect_refusal(rig, &second, &idle, UV_ENOTCONN);
  expect_refusal(rig, &second, &idle_uv, UV_ENOTCONN);
  hvuv_close(&stream, NULL);
  uv_close((uv_handle_t*) &tcp, NULL);
  expect_refusal(rig, &idle, &second, UV_EINVAL);
  expect_refusal(rig, &second, &idle_uv, UV_EINVAL);
  relay_step(rig);
  expect_unharmed(rig);
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  static char room[16];

  (void) handle;
  (void) suggested;
  *buf = uv_buf_init(room, sizeof(room));
}

static void on_read(uv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  (void) stream;
  (void) nread;
  (void) buf;
}

static void hvuv_on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  (void) s;
  on_alloc(NULL, suggested, buf);
}

static void hvuv_on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) s;
  on_read(NULL, nread, buf);
}

static void a_stream_that_reads_is_refused(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t ends[2];
  int i;

  for (i = 0; i < 2; i++)
    ends[i] = relay_end(&rig->sides[i]);
  for (i = 0; i < 2; i++) {
    if (ends[i].hvuv != NULL)
      assert_int_equal(
          hvuv_read_start(ends[i].hvuv, hvuv_on_alloc, hvuv_on_read), 0);
    else
      assert_int_equal(uv_read_start(ends[i].uv, on_alloc, on_read), 0);
    expect_refusal(rig, &ends[0], &ends[1], UV_EALREADY);
    if (ends[i].hvuv != NULL)
      hvuv_read_stop(ends[i].hvuv);
    else
      uv_read_stop(ends[i].uv);
  }
  expect_unharmed(rig);
}

static void without_memory_nothing_has_happened(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t first = relay_end(&rig->sides[0]);
  hvuv_relay_end_t second = relay_end(&rig->sides[1]);
  long blocks;

  alloc_fail_nth(1);
  expect_refusal(rig, &first, &second, UV_ENOMEM);
  assert_true(alloc_has_failed());
  blocks = alloc_count();
  expect_unharmed(rig);
  assert_int_equal(alloc_count(), blocks + 1); /* One block is all it takes. */
}

/* --- Closing */

static void expect_cut(relay_rig_t* rig) {
  relay_cut(rig);
  relay_cut(rig);
  assert_false(rig->done);
  relay_expect_end(rig, UV_ECANCELED);
}

static void it_may_be_closed_at_once(void** state) {
  relay_start(*state, 0, 0);
  expect_cut(*state);
}

static void it_may_be_closed_while_nothing_happens(void** state) {
  relay_start(*state, 0, 100000);
  relay_settle(*state);
  expect_cut(*state);
}

static void it_may_be_closed_while_stuck(void** state) {
  relay_rig_t* rig = *state;
  int i;

  relay_start(rig, 0, 0);
  for (i = 0; i < 2; i++) {
    rig->peers[i].is_deaf = 1;
    peer_send(&rig->peers[i], 64 * MIB);
  }
  relay_settle(rig);
  expect_cut(rig);
}

static void it_may_be_closed_when_one_side_has_ended(void** state) {
  relay_rig_t* rig = *state;

  relay_start(rig, 0, 0);
  peer_send(&rig->peers[0], 10);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  expect_cut(rig);
  /* What was ended in order stays so. */
  assert_int_equal(rig->peers[1].heard, UV_EOF);
  peer_expect(&rig->peers[1], 10);
}

static void what_is_cut_short_is_reset_where_that_can_be(void** state) {
  relay_rig_t* rig = *state;
  int i;

  relay_start(rig, 0, 0);
  expect_cut(rig);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  for (i = 0; i < 2 && net_is_posix(); i++)
    assert_int_equal(rig->peers[i].heard,
                     rig->pairing->kinds[i] == SIDE_TCP ? UV_ECONNRESET
                                                        : UV_EOF);
}

/* How the conversation is closed after so many turns; 1 when it had ended. */
static int close_after(relay_rig_t* rig, int turns) {
  int i;

  relay_start(rig, 1000, 5000);
  for (i = 0; i < 2; i++) {
    peer_send(&rig->peers[i], 3000);
    peer_end(&rig->peers[i]);
  }
  for (i = 0; i < turns && !rig->done; i++)
    relay_step(rig);
  if (rig->done) {
    relay_expect_end(rig, 0);
    return 1;
  }
  relay_cut(rig);
  RELAY_UNTIL(rig, rig->done);
  relay_expect_end(rig, rig->status == 0 ? 0 : UV_ECANCELED);
  return 0;
}

static void it_may_be_closed_at_every_turn(void** state) {
  relay_rig_t* rig = *state;
  const void* pairing = rig->pairing;
  void* again;
  int turns = 0;
  int ended;

  do {
    ended = close_after(rig, turns++);
    assert_int_equal(relay_teardown(state), 0);
    again = (void*) (uintptr_t) pairing;
    assert_int_equal(relay_setup(&again), 0);
    *state = rig = again;
  } while (!ended && turns < 10000);
  assert_true(ended);
  assert_true(turns > 2);
}

/* --- Idle */

#define IDLE_MS 60

static uint64_t now_ms(void) {
  return uv_hrtime() / 1000000;
}

/* Clocks count in steps: one of the loop's may be lost. */
#define SLACK_MS 2

static void who_says_nothing_is_let_go(void** state) {
  relay_rig_t* rig = *state;
  uint64_t since = now_ms();

  relay_start(rig, 0, IDLE_MS);
  loop_run_until(rig->loop, &rig->done);
  assert_true(now_ms() - since + SLACK_MS >= IDLE_MS);
  relay_expect_end(rig, UV_ETIMEDOUT);
}

/* Whichever way they go. A machine that stands still may have it time out
 * before a byte has gone, but never too soon after one. */
static void bytes_put_the_timeout_off(void** state) {
  relay_rig_t* rig = *state;
  uint64_t moved = now_ms();
  uint64_t since;
  int i;

  relay_start(rig, 0, IDLE_MS);
  for (i = 0; i < 2 && !rig->done; i++) {
    since = now_ms();
    while (now_ms() - since < IDLE_MS / 2)
      relay_step(rig);
    since = now_ms();
    peer_send(&rig->peers[i], 1);
    while (rig->peers[!i].received == 0 && !rig->done)
      relay_step(rig);
    if (rig->peers[!i].received == 1)
      moved = since;
  }
  loop_run_until(rig->loop, &rig->done);
  assert_true(now_ms() - moved + SLACK_MS >= IDLE_MS);
  relay_expect_end(rig, UV_ETIMEDOUT);
}

/* Bytes of one long write, of whose end nobody has heard. */
static void a_write_that_goes_on_puts_the_timeout_off(void** state) {
  relay_rig_t* rig = *state;
  uint64_t moved = now_ms();
  uint64_t since = moved;
  size_t queued = 0;

  relay_start(rig, 32 * MIB, 4 * IDLE_MS);
  rig->peers[1].is_deaf = 1;
  peer_send(&rig->peers[0], 64 * MIB);
  while (now_ms() - since < 2 * IDLE_MS && !rig->done)
    relay_step(rig);
  if (!rig->done)
    queued = side_queued(&rig->sides[1]);
  since = now_ms();
  rig->peers[1].is_deaf = 0;
  while (!rig->done && side_queued(&rig->sides[1]) >= queued)
    relay_step(rig);
  if (!rig->done)
    moved = since;
  rig->peers[1].is_deaf = 1;
  RELAY_UNTIL(rig, rig->done);
  assert_true(now_ms() - moved + SLACK_MS >= 4 * IDLE_MS);
  relay_expect_end(rig, UV_ETIMEDOUT);
}

static void who_is_stuck_both_ways_is_let_go(void** state) {
  relay_rig_t* rig = *state;
  int i;

  relay_start(rig, 0, 400);
  for (i = 0; i < 2; i++) {
    rig->peers[i].is_deaf = 1;
    peer_send(&rig->peers[i], 64 * MIB);
  }
  RELAY_UNTIL(rig, rig->done);
  relay_expect_end(rig, UV_ETIMEDOUT);
}

static void who_has_ended_in_time_is_not_timed_out(void** state) {
  relay_start(*state, 0, 100000);
  peer_end(&((relay_rig_t*) *state)->peers[0]);
  peer_end(&((relay_rig_t*) *state)->peers[1]);
  relay_expect_end(*state, 0);
}

/* A timer alone keeps no loop alive. */
static void streams_that_hold_no_loop_let_it_go(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_end_t end;
  int i;

  relay_start(rig, 0, 100000);
  relay_settle(rig);
  for (i = 0; i < 2; i++) {
    end = relay_end(&rig->sides[i]);
    if (end.hvuv != NULL)
      hvuv_unref(end.hvuv);
    else
      uv_unref((uv_handle_t*) end.uv);
  }
  assert_false(uv_loop_alive(rig->loop));
  expect_cut(rig);
}

#define TESTS_OF(pairing)                                                      \
  RELAY_TEST(pairing, what_is_no_end_is_refused),                              \
      RELAY_TEST(pairing, options_may_be_null_but_not_senseless),              \
      RELAY_TEST(pairing, a_look_finds_the_peer_there_ended_or_gone),          \
      RELAY_TEST(pairing, statistics_count_each_direction),                    \
      RELAY_TEST(pairing, streams_of_two_loops_are_refused),                   \
      RELAY_TEST(pairing, streams_that_are_not_connected_are_refused),         \
      RELAY_TEST(pairing, a_stream_that_reads_is_refused),                     \
      RELAY_TEST(pairing, without_memory_nothing_has_happened),                \
      RELAY_TEST(pairing, it_may_be_closed_at_once),                           \
      RELAY_TEST(pairing, it_may_be_closed_while_nothing_happens),             \
      RELAY_TEST(pairing, it_may_be_closed_while_stuck),                       \
      RELAY_TEST(pairing, it_may_be_closed_when_one_side_has_ended),           \
      RELAY_TEST(pairing, what_is_cut_short_is_reset_where_that_can_be),       \
      RELAY_TEST(pairing, it_may_be_closed_at_every_turn),                     \
      RELAY_TEST(pairing, who_says_nothing_is_let_go),                         \
      RELAY_TEST(pairing, bytes_put_the_timeout_off),                          \
      RELAY_TEST(pairing, a_write_that_goes_on_puts_the_timeout_off),          \
      RELAY_TEST(pairing, who_is_stuck_both_ways_is_let_go),                   \
      RELAY_TEST(pairing, who_has_ended_in_time_is_not_timed_out),             \
      RELAY_TEST(pairing, streams_that_hold_no_loop_let_it_go)

int main(void) {
  const struct CMUnitTest anywhere[] = {
      TESTS_OF(hvuv_hvuv),
      TESTS_OF(hvuv_tcp),
      TESTS_OF(tcp_hvuv),
      TESTS_OF(tcp_tcp),
  };
  /* Windows' pipes are no sockets. */
  const struct CMUnitTest posix[] = {TESTS_OF(pipe_hvuv)};
  int failed;

  net_start();
#ifdef SIGPIPE
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
#endif
  failed = cmocka_run_group_tests_name("relay ends", anywhere, NULL, NULL);
  if (net_is_posix())
    failed +=
        cmocka_run_group_tests_name("relay ends of pipes", posix, NULL, NULL);
  return failed;
}
