/* Connects that nobody answers: how long they take, and how they are ended.
 *
 * Times are bounds from below only, with room for the kernel's ticks. */
#include "kernel.h"

#define KERNEL_MS    2000 /* VSOCK_DEFAULT_CONNECT_TIMEOUT */
#define TICK_ROOM_MS 50

static side_t* begin(rig_t* rig, uint64_t timeout_ms) {
  side_t* side;

  side = side_new(rig);
  hvuv_addr_vsock(&rig->to, KERNEL_CID_SILENT, 5000);
  if (timeout_ms != 0)
    assert_code(hvuv_set_connect_timeout(&side->stream, timeout_ms), 0);
  side_connect(side);
  return side;
}

static void expect_timed_out_after(rig_t* rig,
                                   uint64_t timeout_ms,
                                   uint64_t least_ms) {
  uint64_t began;
  side_t* side;

  kernel_silent_guest();
  began = uv_hrtime();
  side = begin(rig, timeout_ms);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, UV_ETIMEDOUT);
  assert_true((uv_hrtime() - began) / 1000000 + TICK_ROOM_MS >= least_ms);
}

static void without_a_timeout_the_kernel_gives_up_after_two_seconds(
    void** state) {
  expect_timed_out_after(*state, 0, KERNEL_MS);
}

static void a_longer_timeout_outlasts_the_kernels_two_seconds(void** state) {
  expect_timed_out_after(*state, 3500, 3500);
}

static void a_shorter_timeout_passes_before_the_kernels(void** state) {
  rig_t* rig = *state;
  uint64_t began;
  side_t* slow;
  side_t* quick;

  kernel_silent_guest();
  began = uv_hrtime();
  slow = begin(rig, 0);
  quick = begin(rig, 500);
  RIG_RUN_UNTIL(rig, quick->connects_told > 0);

  assert_code(quick->connect_status, UV_ETIMEDOUT);
  assert_true((uv_hrtime() - began) / 1000000 + TICK_ROOM_MS >= 500);
  assert_int_equal(slow->connects_told, 0);
}

/* The kernel's clock cannot hold it, and counts it in ticks. */
static void a_timeout_of_ages_is_not_over_at_once(void** state) {
  rig_t* rig = *state;
  side_t* side;

  kernel_silent_guest();
  side = begin(rig, UINT64_MAX);
  kernel_wait(rig, KERNEL_MS + 300);
  assert_int_equal(side->connects_told, 0);
}

static void after_a_timeout_the_stream_may_connect_again(void** state) {
  rig_t* rig = *state;
  side_t* side;

  kernel_silent_guest();
  side = begin(rig, 100);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, UV_ETIMEDOUT);

  rig_listen(rig, 4);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 2);
  assert_code(side->connect_status, 0);
}

/* Longer than the kernel waits for the first, whose answer must not be taken
 * for the second's. */
static void a_new_connect_is_not_told_of_the_first_ones_timeout(void** state) {
  rig_t* rig = *state;
  side_t* side;

  kernel_silent_guest();
  side = begin(rig, 100);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(hvuv_set_connect_timeout(&side->stream, 60000), 0);
  side_connect(side);
  kernel_wait(rig, KERNEL_MS + 300);
  assert_int_equal(side->connects_told, 1);
}

static void closing_while_connecting_cancels_all(void** state) {
  rig_t* rig = *state;
  side_t* side;

  kernel_silent_guest();
  side = begin(rig, 0);
  assert_code(side_write(side, 100, 1), 0);
  side_shutdown(side);
  side_read(side);
  rig_spin(rig, 3);
  assert_int_equal(side->connects_told, 0);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told > 0);

  assert_code(side->connect_status, UV_ECANCELED);
  assert_code(side->write_status, UV_ECANCELED);
  assert_code(side->shutdown_status, UV_ECANCELED);
  assert_int_equal(side->ends, 0);
}

/* Nor does the kernel come back to the socket that is gone. */
static void closing_while_connecting_does_not_wait(void** state) {
  rig_t* rig = *state;
  side_t* other;
  side_t* side;

  kernel_silent_guest();
  other = begin(rig, 0);
  side = begin(rig, 0);
  rig_spin(rig, 3);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told > 0);
  assert_int_equal(other->connects_told, 0);
  RIG_RUN_UNTIL(rig, other->connects_told > 0);
  assert_int_equal(side->connects_told, 1);
}

/* The vhost device forgets its guest, but not who is calling it. */
static void a_guest_that_dies_is_waited_for_until_the_timeout(void** state) {
  rig_t* rig = *state;
  side_t* side;

  kernel_silent_guest();
  side = begin(rig, 0);
  rig_spin(rig, 3);
  rig->transport->finish(rig);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, UV_ETIMEDOUT);
}

int kernel_timeouts(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(without_a_timeout_the_kernel_gives_up_after_two_seconds),
      KERNEL_TEST(a_longer_timeout_outlasts_the_kernels_two_seconds),
      KERNEL_TEST(a_shorter_timeout_passes_before_the_kernels),
      KERNEL_TEST(a_timeout_of_ages_is_not_over_at_once),
      KERNEL_TEST(after_a_timeout_the_stream_may_connect_again),
      KERNEL_TEST(a_new_connect_is_not_told_of_the_first_ones_timeout),
      KERNEL_TEST(closing_while_connecting_cancels_all),
      KERNEL_TEST(closing_while_connecting_does_not_wait),
      KERNEL_TEST(a_guest_that_dies_is_waited_for_until_the_timeout),
  };

  return cmocka_run_group_tests_name("timeouts", tests, NULL, NULL);
}
