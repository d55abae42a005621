/* How a connection ends when either side shuts down, closes or dies.
 *
 * The kernel here never aborts: what was sent is read, then comes an end, and
 * no reset, whatever was left unread on the other side
 * (virtio_transport_common.c sends the same packet for a shutdown and for a
 * close). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "kernel.h"

/* Reads to the end, which must come after so many bytes and be none of an
 * error. */
static void expect_end_after(rig_t* rig, side_t* side, uint64_t bytes) {
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  rig_spin(rig, 5);
  assert_int_equal(side->in_bytes, bytes);
  assert_int_equal(side->in_wrong, 0);
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->ends, 1);
}

/* --- Shutdown */

static void after_a_peers_shutdown_the_other_direction_works(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_serve_raw(rig, &side, &peer);
  raw_write(peer, 0, 1000);
  raw_shutdown(peer, SHUT_WR);
  expect_end_after(rig, side, 1000);

  assert_true(hvuv_is_writable(&side->stream));
  assert_code(side_write(side, 60000, 2), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_int_equal(raw_read_to_end(peer), 60000);
}

static void after_our_shutdown_the_other_direction_works(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  assert_code(side_write(side, 1000, 1), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_code(side->shutdown_status, 0);
  assert_int_equal(raw_read_to_end(peer), 1000);

  raw_write(peer, 0, 60000);
  raw_shutdown(peer, SHUT_WR);
  expect_end_after(rig, side, 60000);
}

/* And not the ENOTCONN that the fact sheet knows from elsewhere. */
static void after_our_shutdown_a_peers_close_is_an_end(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_int_equal(raw_read_to_end(peer), 0);
  raw_write(peer, 0, 5);
  raw_close(peer);
  expect_end_after(rig, side, 5);
}

static void bytes_behind_both_ends_are_read(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  raw_write(peer, 0, 500);
  raw_shutdown(peer, SHUT_WR);
  assert_code(side_write(side, 700, 1), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_int_equal(raw_read_to_end(peer), 700);
  expect_end_after(rig, side, 500);
}

static void a_shutdown_after_the_peer_has_closed_succeeds(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  raw_close(peer);
  expect_end_after(rig, side, 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_code(side->shutdown_status, 0);
}

/* Unlike TCP, where it is a matter of the peer's own. */
static void a_peer_that_reads_no_more_breaks_our_pipe(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  raw_shutdown(peer, SHUT_RD);
  /* The word of it has come when a byte sent behind it has. */
  raw_write(peer, 0, 1);
  side_await(side, 1);
  assert_code(side_write(side, 100, 1), 0);
  RIG_RUN_UNTIL(rig, side->writes_told > 0);
  assert_code(side->write_status, UV_EPIPE);
}

/* --- Names behind the end. In the kernel a peer's name is there only while
 * the socket is connected (af_vsock.c); hvuv keeps it. */

static int kernel_knows_the_peer(const side_t* side) {
  struct sockaddr_vm name;
  uv_os_sock_t sock;
  socklen_t len;

  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  len = sizeof(name);
  if (getpeername(sock, (struct sockaddr*) &name, &len) == 0)
    return 1;
  assert_int_equal(errno, ENOTCONN);
  return 0;
}

static void expect_peer_is(const side_t* side, const hvuv_addr_t* expected) {
  hvuv_addr_t peer;

  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  assert_true(hvuv_addr_equal(&peer, expected));
}

static void after_our_shutdown_the_peer_still_has_its_name(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  assert_true(kernel_knows_the_peer(side));
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_false(kernel_knows_the_peer(side));
  expect_peer_is(side, &rig->to);
}

/* By its close alone the kernel does not forget it, but by our answer. */
static void after_the_peers_close_it_still_has_its_name(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  raw_close(peer);
  expect_end_after(rig, side, 0);
  assert_true(kernel_knows_the_peer(side));
  expect_peer_is(side, &rig->to);

  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told > 0);
  assert_false(kernel_knows_the_peer(side));
  expect_peer_is(side, &rig->to);
}

static void an_accepted_peer_still_has_its_name(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t expected;
  side_t* side;
  int peer;

  kernel_serve_raw(rig, &side, &peer);
  hvuv_addr_vsock(&expected, HVUV_CID_LOCAL, raw_port(peer));
  side_shutdown(side);
  raw_close(peer);
  expect_end_after(rig, side, 0);
  assert_false(kernel_knows_the_peer(side));
  expect_peer_is(side, &expected);
}

/* --- Close */

static void a_peer_that_closes_with_unread_bytes_ends_without_a_reset(
    void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_serve_raw(rig, &side, &peer);
  assert_code(side_write(side, 100, 1), 0);
  RIG_RUN_UNTIL(rig, side->writes_told > 0);
  raw_write(peer, 0, 65536);
  raw_write(peer, 65536, 65536);
  raw_close(peer);
  expect_end_after(rig, side, 131072);
}

static void a_write_to_a_peer_that_has_closed_breaks_the_pipe(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_serve_raw(rig, &side, &peer);
  raw_close(peer);
  expect_end_after(rig, side, 0);
  assert_code(side_write(side, 100, 1), 0);
  RIG_RUN_UNTIL(rig, side->writes_told > 0);
  assert_code(side->write_status, UV_EPIPE);
}

static void a_peer_reads_all_that_we_sent_before_a_close_with_unread_bytes(
    void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_serve_raw(rig, &side, &peer);
  raw_write(peer, 0, 100);
  assert_code(side_write(side, 60000, 1), 0);
  RIG_RUN_UNTIL(rig, side->writes_told > 0);
  side_await(side, 1);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told > 0);
  assert_int_equal(raw_read_to_end(peer), 60000);
}

/* Nothing lingers, and nothing is lost that the kernel had taken. */
static void closing_with_a_full_kernel_loses_only_what_it_had_not_taken(
    void** state) {
  rig_t* rig = *state;
  uint64_t taken;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  side_fill(side);
  taken = side->out_bytes - hvuv_get_write_queue_size(&side->stream);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told > 0);

  assert_int_equal(taken, KERNEL_BUFFER);
  assert_int_equal(raw_read_to_end(peer), taken);
  assert_int_equal(side->writes_canceled + side->writes_ok, side->writes_told);
  assert_true(side->writes_canceled > 0);
}

static void a_waiting_write_is_told_that_its_reader_has_closed(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int peer;

  kernel_call_raw(rig, &side, &peer);
  side_fill(side);
  raw_close(peer);
  RIG_RUN_UNTIL(rig, side->writes_told == side->writes_asked);
  assert_true(side->writes_ok > 0);
  assert_true(side->writes_ok < side->writes_told);
  assert_code(side->write_status, UV_EPIPE);
}

/* Connected, said something, and gone before anybody took it. */
static void a_caller_that_has_gone_is_accepted_with_its_bytes(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;
  uint32_t port;
  int fd;

  rig_listen(rig, 4);
  fd = raw_connect(-1, &rig->to);
  port = raw_port(fd);
  raw_write(fd, 0, 5);
  raw_close(fd);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);

  assert_code(hvuv_getpeername(&rig->accepted->stream, &peer), 0);
  assert_int_equal(peer.u.vsock.port, port);
  expect_end_after(rig, rig->accepted, 5);
}

/* --- Death */

/* A process that sends, is sent something, says so by `ready`, and reads
 * nothing. */
static void live_and_be_killed(const hvuv_addr_t* to, int ready) {
  struct pollfd fd;
  int sock;

  alarm(50);
  sock = raw_connect(-1, to);
  raw_write(sock, 0, 5);
  fd.fd = sock;
  fd.events = POLLIN;
  poll(&fd, 1, 30000);
  if (write(ready, "", 1) == 1)
    pause();
  _exit(1);
}

/* 1 when the other end has spoken, -1 if it is silent for half a minute. */
static int hear(int fd) {
  struct pollfd poller;
  char byte;

  poller.fd = fd;
  poller.events = POLLIN;
  poll(&poller, 1, 30000);
  return (poller.revents & POLLIN) != 0 ? (int) read(fd, &byte, 1) : -1;
}

static void a_killed_peer_with_unread_bytes_is_an_end(void** state) {
  rig_t* rig = *state;
  int ends[2];
  pid_t pid;
  int heard;

  rig_listen(rig, 4);
  assert_int_equal(pipe(ends), 0);
  pid = fork();
  if (pid == 0)
    live_and_be_killed(&rig->to, ends[1]);
  close(ends[1]);
  kernel_adopt_child(pid);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  assert_code(side_write(rig->accepted, 6, 1), 0);
  RIG_RUN_UNTIL(rig, rig->accepted->writes_told == 1);
  heard = hear(ends[0]);
  close(ends[0]);
  kernel_kill_child();

  assert_int_equal(heard, 1);
  expect_end_after(rig, rig->accepted, 5);
}

int kernel_ends(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(after_a_peers_shutdown_the_other_direction_works),
      KERNEL_TEST(after_our_shutdown_the_other_direction_works),
      KERNEL_TEST(after_our_shutdown_a_peers_close_is_an_end),
      KERNEL_TEST(bytes_behind_both_ends_are_read),
      KERNEL_TEST(a_shutdown_after_the_peer_has_closed_succeeds),
      KERNEL_TEST(a_peer_that_reads_no_more_breaks_our_pipe),
      KERNEL_TEST(after_our_shutdown_the_peer_still_has_its_name),
      KERNEL_TEST(after_the_peers_close_it_still_has_its_name),
      KERNEL_TEST(an_accepted_peer_still_has_its_name),
      KERNEL_TEST(a_peer_that_closes_with_unread_bytes_ends_without_a_reset),
      KERNEL_TEST(a_write_to_a_peer_that_has_closed_breaks_the_pipe),
      KERNEL_TEST(
          a_peer_reads_all_that_we_sent_before_a_close_with_unread_bytes),
      KERNEL_TEST(closing_with_a_full_kernel_loses_only_what_it_had_not_taken),
      KERNEL_TEST(a_waiting_write_is_told_that_its_reader_has_closed),
      KERNEL_TEST(a_caller_that_has_gone_is_accepted_with_its_bytes),
      KERNEL_TEST(a_killed_peer_with_unread_bytes_is_an_end),
  };

  return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}
