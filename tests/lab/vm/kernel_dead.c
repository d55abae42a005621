/* A peer that dies while a write waits for it.
 *
 * Linux (virtio_transport_common.c; seen on 6.1 and 6.12) does not report such a
 * socket as writable as long as bytes of that peer are unread, and never again
 * when they were unread at its death, though send() would fail with EPIPE. What it
 * reports is RDHUP, which is also all there is to see of a peer that has ended only
 * its own direction. So each case here has the peer say something first. */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"

#define SAID          23
#define AT_ONCE_MS    2000 /* "within a second", and software emulation */
#define LONG_MS       2500
#define TURNS_OF_REST 40 /* of the loop, meanwhile: nobody spins */

static void on_deadline(uv_timer_t* timer) {
  int* over = timer->data;

  *over = 1;
}

/* Runs the loop until all writes have been reported, or for so long. */
static void run_until_written(rig_t* rig, const side_t* side, uint64_t ms) {
  uv_timer_t timer;
  int over;

  over = 0;
  uv_timer_init(&rig->loop, &timer);
  timer.data = &over;
  uv_update_time(&rig->loop);
  uv_timer_start(&timer, on_deadline, ms, 0);
  RIG_RUN_UNTIL(rig, over || side->writes_told == side->writes_asked);
  uv_close((uv_handle_t*) &timer, NULL);
  rig_spin(rig, 1);
}

static void expect_writes_fail_at_once(rig_t* rig, const side_t* side) {
  run_until_written(rig, side, AT_ONCE_MS);
  assert_int_equal(side->writes_told, side->writes_asked);
  assert_true(side->writes_ok < side->writes_told);
  assert_code(side->write_status, UV_EPIPE);
}

/* A stream that was called, with a write that waits. */
static void fill_towards(rig_t* rig, side_t** side, int* peer) {
  kernel_serve_raw(rig, side, peer);
  side_fill(*side);
}

/* --- It closes, with what we sent unread */

static void of_one_that_closes_a_stream_that_does_not_read_learns(
    void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  raw_write(peer, 0, SAID);
  raw_close(peer);
  expect_writes_fail_at_once(rig, side);
}

static void of_one_that_closes_a_stream_that_reads_to_its_end_learns(
    void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  side_read(side);
  raw_write(peer, 0, SAID);
  raw_close(peer);
  expect_writes_fail_at_once(rig, side);
  assert_int_equal(side->in_bytes, SAID);
  assert_int_equal(side->in_wrong, 0);
}

static void of_one_that_closed_before_reading_began_it_learns(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  raw_write(peer, 0, SAID);
  raw_close(peer);
  side_await(side, 1);
  side_read(side);
  expect_writes_fail_at_once(rig, side);
  assert_int_equal(side->in_bytes, SAID);
}

static void of_one_that_was_called_it_learns(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  side_fill(side);
  raw_write(peer, 0, SAID);
  raw_close(peer);
  expect_writes_fail_at_once(rig, side);
}

/* --- It ends its direction first, and closes later */

static void of_one_that_had_ended_its_direction_it_learns(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  raw_write(peer, 0, SAID);
  raw_shutdown(peer, SHUT_WR);
  run_until_written(rig, side, 300);
  assert_true(side->writes_told < side->writes_asked);
  raw_close(peer);
  expect_writes_fail_at_once(rig, side);
}

static void of_one_whose_end_was_read_it_learns(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  side_read(side);
  raw_write(peer, 0, SAID);
  raw_shutdown(peer, SHUT_WR);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  assert_code(side->end, UV_EOF);
  raw_close(peer);
  expect_writes_fail_at_once(rig, side);
}

/* --- It is killed */

static void say_something_and_be_killed(const hvuv_addr_t* to, int ready) {
  int sock;

  alarm(50);
  sock = raw_connect(-1, to);
  raw_write(sock, 0, SAID);
  if (write(ready, "", 1) == 1)
    pause();
  _exit(1);
}

static void of_one_that_is_killed_it_learns(void** state) {
  rig_t* rig = *state;
  int ends[2];
  char byte;
  pid_t pid;

  rig_listen(rig, 4);
  assert_int_equal(pipe(ends), 0);
  pid = fork();
  if (pid == 0)
    say_something_and_be_killed(&rig->to, ends[1]);
  close(ends[1]);
  kernel_adopt_child(pid);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  side_fill(rig->accepted);
  assert_int_equal(read(ends[0], &byte, 1), 1);
  close(ends[0]);
  kernel_kill_child();
  expect_writes_fail_at_once(rig, rig->accepted);
}

/* --- It lives, and has only ended its own direction */

/* The peer reads all that the kernel holds, then the rest has room. */
static void expect_all_is_taken(rig_t* rig, side_t* side, int peer) {
  int i;

  for (i = 0; i < KERNEL_BUFFER / 65536; i++)
    raw_read(peer, 65536);
  run_until_written(rig, side, 10000);
  assert_int_equal(side->writes_ok, side->writes_asked);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told > 0);
  assert_int_equal(raw_read_to_end(peer), side->out_bytes - KERNEL_BUFFER);
}

static void expect_rest(rig_t* rig, const side_t* side) {
  uint64_t turns;

  turns = rig->turns;
  run_until_written(rig, side, LONG_MS);
  assert_true(side->writes_told < side->writes_asked);
  assert_code(side->write_status, 0);
  assert_true(rig->turns - turns < TURNS_OF_REST);
}

static void one_that_half_closes_is_waited_for_without_spinning(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  raw_write(peer, 0, SAID);
  raw_shutdown(peer, SHUT_WR);
  expect_rest(rig, side);
  expect_all_is_taken(rig, side, peer);
}

static void one_whose_end_was_read_is_waited_for_without_spinning(
    void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  fill_towards(rig, &side, &peer);
  side_read(side);
  raw_write(peer, 0, SAID);
  raw_shutdown(peer, SHUT_WR);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  expect_rest(rig, side);
  expect_all_is_taken(rig, side, peer);
}

int kernel_dead(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(of_one_that_closes_a_stream_that_does_not_read_learns),
      KERNEL_TEST(of_one_that_closes_a_stream_that_reads_to_its_end_learns),
      KERNEL_TEST(of_one_that_closed_before_reading_began_it_learns),
      KERNEL_TEST(of_one_that_was_called_it_learns),
      KERNEL_TEST(of_one_that_had_ended_its_direction_it_learns),
      KERNEL_TEST(of_one_whose_end_was_read_it_learns),
      KERNEL_TEST(of_one_that_is_killed_it_learns),
      KERNEL_TEST(one_that_half_closes_is_waited_for_without_spinning),
      KERNEL_TEST(one_whose_end_was_read_is_waited_for_without_spinning),
  };

  return cmocka_run_group_tests_name("dead peers", tests, NULL, NULL);
}
