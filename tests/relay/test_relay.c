/* Relays between hvuv's streams and libuv's: bytes, ends, stuck sides. */
#include "relay_rig.h"
#include "support/between.h"

#include <signal.h>
#include <string.h>

#define MIB ((size_t) 1 << 20)

/* Both have sent what they had, and all of it arrives, with the ends. */
static void expect_all(relay_rig_t* rig) {
  int i;

  for (i = 0; i < 2; i++)
    if (relay_loses_what_waits(rig, i))
      RELAY_UNTIL(rig, rig->peers[i].received == rig->peers[!i].to_send);
  peer_end(&rig->peers[0]);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  for (i = 0; i < 2; i++) {
    assert_int_equal(rig->peers[i].heard, UV_EOF);
    peer_expect(&rig->peers[i], rig->peers[!i].to_send);
  }
}

/* A whole conversation, both ways at once. */
static void converse(relay_rig_t* rig, size_t bytes) {
  peer_send(&rig->peers[0], bytes);
  peer_send(&rig->peers[1], bytes);
  expect_all(rig);
}

static void a_mebibyte_goes_both_ways_at_once(void** state) {
  relay_start(*state, 0, 0);
  converse(*state, MIB);
}

/* The whole of it where both kinds of streams are, and less under Wine, where
 * each byte costs a thousand times as much. */
static void a_buffer_of_one_byte_will_do(void** state) {
  const relay_rig_t* rig = *state;
  size_t bytes = !net_is_posix()             ? 4096
                 : rig->pairing == &hvuv_tcp ? MIB / 4
                                             : 65536;

  relay_start(*state, 1, 0);
  converse(*state, bytes);
}

static void nothing_at_all_goes_both_ways(void** state) {
  relay_start(*state, 0, 0);
  converse(*state, 0);
}

/* One at a time, around the size of the buffer. */
static void bytes_of_many_sizes_arrive(void** state) {
  static const size_t sizes[] = {
      1, 2, 99, 100, 101, 199, 200, 201, 1000, 70000};
  relay_rig_t* rig = *state;
  size_t total[2] = {0, 0};
  size_t i;
  int way;

  relay_start(rig, 100, 0);
  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    for (way = 0; way < 2; way++) {
      peer_send(&rig->peers[way], sizes[i]);
      total[way] += sizes[i];
      RELAY_UNTIL(rig, rig->peers[!way].received == total[way]);
    }
  }
  /* The last bytes may arrive before the relay hears that they have left. */
  RELAY_UNTIL(
      rig, rig->relay.bytes[0] == total[0] && rig->relay.bytes[1] == total[1]);
  expect_all(rig);
}

static void what_waited_before_the_relay_is_passed_on(void** state) {
  relay_rig_t* rig = *state;

  peer_send(&rig->peers[0], 5000);
  peer_end(&rig->peers[0]);
  relay_step(rig);
  assert_int_equal(rig->peers[0].sent, 5000);
  relay_start(rig, 0, 0);
  expect_all(rig);
}

/* --- Half-close */

static void expect_half_close(relay_rig_t* rig, int from) {
  peer_t* ended = &rig->peers[from];
  peer_t* other = &rig->peers[!from];
  size_t at;

  relay_start(rig, 0, 0);
  peer_send(ended, 200000);
  peer_end(ended);
  RELAY_UNTIL(rig, other->heard != 0);
  assert_int_equal(other->heard, UV_EOF);
  peer_expect(other, 200000);

  for (at = 1; at <= 3 * MIB; at += MIB) {
    peer_send(other, MIB);
    RELAY_UNTIL(rig, ended->received == at - 1 + MIB);
    assert_int_equal(ended->heard, 0);
    assert_false(rig->done);
  }
  peer_end(other);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, ended->heard != 0);
  assert_int_equal(ended->heard, UV_EOF);
  peer_expect(ended, 3 * MIB);
}

static void the_first_side_may_end_and_still_be_answered(void** state) {
  expect_half_close(*state, 0);
}

static void the_second_side_may_end_and_still_be_answered(void** state) {
  expect_half_close(*state, 1);
}

/* --- Sides that do not read */

/* Has peers[from] send until nobody takes any more. */
static void stuff(relay_rig_t* rig, int from) {
  rig->peers[!from].is_deaf = 1;
  peer_send(&rig->peers[from], 64 * MIB);
  relay_settle(rig);
  assert_true(rig->peers[from].sent < 64 * MIB);
  assert_int_equal(rig->peers[!from].received, 0);
}

static void expect_one_way_to_be_stuck(relay_rig_t* rig, int from) {
  peer_t* stuck = &rig->peers[from];
  peer_t* deaf = &rig->peers[!from];
  long blocks;

  relay_start(rig, 10000, 0);
  blocks = alloc_count();
  stuff(rig, from);

  /* It costs the one buffer, and the kernel's, and the alarm by which a stream
   * that waits for its peer looks whether that is still there. */
  assert_between(side_queued(&rig->sides[!from]), 1, 10000);
  assert_between(alloc_count(), blocks, blocks + 1);

  peer_send(deaf, MIB);
  RELAY_UNTIL(rig, stuck->received == MIB);
  if (!relay_loses_what_waits(rig, !from)) {
    peer_end(deaf);
    RELAY_UNTIL(rig, stuck->heard != 0);
    assert_int_equal(stuck->heard, UV_EOF);
  }
  assert_true(stuck->sent < stuck->to_send);
  assert_false(rig->done);

  /* Nothing is lost when it reads after all. */
  deaf->is_deaf = 0;
  stuck->to_send = stuck->sent + 12345;
  RELAY_UNTIL(rig, deaf->received == stuck->to_send);
  expect_all(rig);
}

static void a_second_side_that_does_not_read_holds_its_way_only(void** state) {
  expect_one_way_to_be_stuck(*state, 0);
}

static void a_first_side_that_does_not_read_holds_its_way_only(void** state) {
  expect_one_way_to_be_stuck(*state, 1);
}

static void both_ways_may_be_stuck_at_once(void** state) {
  relay_rig_t* rig = *state;
  int i;

  relay_start(rig, 0, 0);
  stuff(rig, 0);
  stuff(rig, 1);
  for (i = 0; i < 2; i++) {
    rig->peers[i].to_send = rig->peers[i].sent;
    rig->peers[i].is_deaf = 0;
  }
  expect_all(rig);
}

/* --- One side fails */

static void expect_a_reset_to_end_both(relay_rig_t* rig, int side) {
  peer_t* other = &rig->peers[!side];
  int told;

  relay_start(rig, 0, 0);
  rig->peers[side].is_deaf = 1; /* so that a Unix socket has bytes to lose */
  peer_send(other, 10);
  relay_settle(rig);
  told = peer_abort(&rig->peers[side]);
  if (told == UV_EOF) {
    /* WINE_ENDS_BEFORE_RESET */
    peer_end(other);
    RELAY_UNTIL(rig, rig->done);
    return;
  }
  relay_expect_end(rig, told);

  /* An end in order would tell the other that it has the whole. */
  RELAY_UNTIL(rig, other->heard != 0);
  if (side_is_tcp(rig, !side))
    peer_expect_reset(other);
  else
    assert_int_equal(other->heard, UV_EOF);
}

static void a_reset_of_the_first_side_ends_both(void** state) {
  expect_a_reset_to_end_both(*state, 0);
}

static void a_reset_of_the_second_side_ends_both(void** state) {
  expect_a_reset_to_end_both(*state, 1);
}

/* It is noticed by writing, for it is not read from: its way is stuck too. */
static void a_side_that_is_gone_is_noticed_by_writing(void** state) {
  relay_rig_t* rig = *state;

  relay_start(rig, 0, 0);
  stuff(rig, 0);
  peer_abort(&rig->peers[1]);
  RELAY_UNTIL(rig, rig->done);
  assert_true(rig->status == UV_ECONNRESET || rig->status == UV_EPIPE ||
              rig->status == UV_ECONNABORTED);
  relay_expect_end(rig, rig->status);
}

static void on_early_written(hvuv_write_t* req, int status) {
  *(int*) req->data = status;
}

/* Nor is the relay's own write cancelled, which waits behind that one. */
static void a_write_from_before_that_fails_cancels_no_relay(void** state) {
  static char much[4 * MIB];
  relay_rig_t* rig = *state;
  hvuv_write_t early;
  uv_buf_t buf = uv_buf_init(much, sizeof(much));
  int status = 1;

  early.data = &status;
  rig->peers[1].is_deaf = 1;
  assert_int_equal(
      hvuv_write(&early, &rig->sides[1].u.hvuv, &buf, 1, on_early_written), 0);
  relay_start(rig, 0, 0);
  peer_send(&rig->peers[0], 5);
  relay_settle(rig);
  assert_int_equal(shutdown(rig->peers[1].sock, 0), 0); /* reads no more */
  peer_end(&rig->peers[1]);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->done);

  assert_int_equal(status, UV_EPIPE);
  assert_int_not_equal(rig->status, UV_ECANCELED);
  assert_int_not_equal(rig->write_status[1], UV_ECANCELED);
  relay_expect_end(rig, rig->status);
}

/* --- Two relays in a row, as from a host to its guest's sshd */

static void on_chained_end(hvuv_relay_t* relay, int status) {
  int* out = relay->data;

  *out = status == 0 ? 1 : status;
}

static void two_relays_in_a_row_pass_all_on(void** state) {
  relay_rig_t* rig = *state;
  hvuv_stream_t middle[2];
  hvuv_relay_t relays[2];
  hvuv_relay_end_t inner[2] = {{NULL, NULL, HVUV_HALF_CLOSE_AUTO},
                               {NULL, NULL, HVUV_HALF_CLOSE_AUTO}};
  hvuv_relay_end_t outer;
  uv_os_sock_t socks[2];
  int ended[2] = {0, 0};
  int i;

  assert_int_equal(net_pair(socks), 0);
  for (i = 0; i < 2; i++) {
    assert_int_equal(hvuv_init(rig->loop, &middle[i]), 0);
    assert_int_equal(hvuv_open(&middle[i], socks[i]), 0);
    inner[i].hvuv = &middle[i];
    outer = relay_end(&rig->sides[i]);
    relays[i].data = &ended[i];
    assert_int_equal(
        hvuv_relay_start(&relays[i], &outer, &inner[i], 0, 0, on_chained_end),
        0);
  }
  rig->cbs = 1; /* The sides are closed by what is no relay of the rig's. */

  peer_send(&rig->peers[0], MIB);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  peer_expect(&rig->peers[1], MIB);
  peer_send(&rig->peers[1], MIB);
  peer_end(&rig->peers[1]);
  RELAY_UNTIL(rig, ended[0] != 0 && ended[1] != 0);
  assert_int_equal(ended[0], 1);
  assert_int_equal(ended[1], 1);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  peer_expect(&rig->peers[0], MIB);
}

#define TESTS_OF(pairing)                                                      \
  RELAY_TEST(pairing, a_mebibyte_goes_both_ways_at_once),                      \
      RELAY_TEST(pairing, a_buffer_of_one_byte_will_do),                       \
      RELAY_TEST(pairing, nothing_at_all_goes_both_ways),                      \
      RELAY_TEST(pairing, bytes_of_many_sizes_arrive),                         \
      RELAY_TEST(pairing, what_waited_before_the_relay_is_passed_on),          \
      RELAY_TEST(pairing, the_first_side_may_end_and_still_be_answered),       \
      RELAY_TEST(pairing, the_second_side_may_end_and_still_be_answered),      \
      RELAY_TEST(pairing,                                                      \
                 a_second_side_that_does_not_read_holds_its_way_only),         \
      RELAY_TEST(pairing, a_first_side_that_does_not_read_holds_its_way_only), \
      RELAY_TEST(pairing, both_ways_may_be_stuck_at_once),                     \
      RELAY_TEST(pairing, a_reset_of_the_first_side_ends_both),                \
      RELAY_TEST(pairing, a_reset_of_the_second_side_ends_both),               \
      RELAY_TEST(pairing, a_side_that_is_gone_is_noticed_by_writing),          \
      RELAY_TEST(pairing, two_relays_in_a_row_pass_all_on)

int main(void) {
  const struct CMUnitTest anywhere[] = {
      TESTS_OF(hvuv_hvuv),
      TESTS_OF(hvuv_tcp),
      TESTS_OF(tcp_hvuv),
      TESTS_OF(tcp_tcp),
  };
  /* Windows' pipes are no sockets. */
  const struct CMUnitTest posix[] = {
      TESTS_OF(pipe_hvuv),
      RELAY_TEST(hvuv_hvuv, a_write_from_before_that_fails_cancels_no_relay),
  };
  int failed;

  net_start();
#ifdef SIGPIPE
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
#endif
  failed = cmocka_run_group_tests_name("relay", anywhere, NULL, NULL);
  if (net_is_posix())
    failed += cmocka_run_group_tests_name("relay of pipes", posix, NULL, NULL);
  return failed;
}
