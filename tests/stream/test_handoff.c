/* A socket that a stream gave back goes on working elsewhere: in a pipe of
 * libuv's, in a child, and through SCM_RIGHTS. POSIX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream/handoff.h"
#include "support/endpoint.h"
#include "support/loop.h"

static int descriptors;

static int up(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  loop_close(loop_open()); /* what libuv opens once for all loops is open */
  descriptors = endpoint_count_descriptors();
  assert_int_equal(net_pair(socks), 0);
  handoff_open(socks);
  return 0;
}

static int down(void** state) {
  (void) state;
  handoff_close_stream();
  net_close(handoff.peer);
  handoff_end();
  assert_int_equal(endpoint_count_descriptors(), descriptors);
  return 0;
}

#define HANDOFF(test) cmocka_unit_test_setup_teardown(test, up, down)

/* --- libuv ---------------------------------------------------------------- */

static void end_sending(uv_os_sock_t peer) {
  assert_int_equal(shutdown(peer, SHUT_WR), 0);
}

static void a_pipe_of_libuv_takes_it_on_the_same_loop(void** state) {
  uv_pipe_t handle;

  (void) state;
  handoff_send("first second ");
  handoff_detach();
  assert_int_equal(net_blocks(handoff.detached), 0);
  assert_int_equal(net_is_inherited(handoff.detached), 0);

  assert_int_equal(uv_pipe_init(handoff.loop, &handle, 0), 0);
  assert_int_equal(uv_pipe_open(&handle, handoff.detached), 0);
  handoff_close_stream();
  handoff_goes_on_in((uv_stream_t*) &handle, end_sending);
  handoff_expect_end();
}

/* --- A child --------------------------------------------------------------- */

static int exited;
static int process_closed;

static void on_process_closed(uv_handle_t* handle) {
  (void) handle;
  process_closed = 1;
}

static void on_exit(uv_process_t* process, int64_t status, int signal) {
  exited = status == 0 && signal == 0 ? 1 : -1;
  uv_close((uv_handle_t*) process, on_process_closed);
}

static void a_child_takes_it_as_its_standard_streams(void** state) {
  char* args[] = {(char*) "cat", NULL};
  uv_process_options_t options;
  uv_stdio_container_t stdio[2];
  uv_process_t process;

  (void) state;
  handoff_send("first second ");
  handoff_detach();

  memset(&options, 0, sizeof(options));
  stdio[0].flags = UV_INHERIT_FD;
  stdio[0].data.fd = handoff.detached;
  stdio[1] = stdio[0];
  options.file = "cat";
  options.args = args;
  options.stdio = stdio;
  options.stdio_count = 2;
  options.exit_cb = on_exit;
  exited = process_closed = 0;
  assert_int_equal(uv_spawn(handoff.loop, &process, &options), 0);
  net_close(handoff.detached);

  handoff_expect("second ");
  handoff_send("third");
  handoff_expect("third");
  assert_int_equal(shutdown(handoff.peer, SHUT_WR), 0);
  loop_run_until(handoff.loop, &exited);
  assert_int_equal(exited, 1);
  handoff_expect_end();
  loop_run_until(handoff.loop, &process_closed);
}

/* --- Another process -------------------------------------------------------- */

/* Room for one descriptor in a control message, aligned as one must be. */
typedef union control_u {
  struct cmsghdr align;
  char room[CMSG_SPACE(sizeof(int))];
} control_t;

static void describe(struct msghdr* msg,
                     struct iovec* iov,
                     control_t* control,
                     char* byte) {
  memset(msg, 0, sizeof(*msg));
  memset(control, 0, sizeof(*control));
  iov->iov_base = byte;
  iov->iov_len = 1;
  msg->msg_iov = iov;
  msg->msg_iovlen = 1;
  msg->msg_control = control->room;
  msg->msg_controllen = sizeof(control->room);
}

static void pass(uv_os_sock_t through, int fd) {
  struct msghdr msg;
  struct iovec iov;
  control_t control;
  char byte = 'x';

  describe(&msg, &iov, &control, &byte);
  CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
  CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
  CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(fd));
  memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
  assert_int_equal(sendmsg(through, &msg, 0), 1);
}

static int take(uv_os_sock_t through) {
  struct msghdr msg;
  struct iovec iov;
  control_t control;
  char byte;
  int fd;

  describe(&msg, &iov, &control, &byte);
  assert_int_equal(recvmsg(through, &msg, 0), 1);
  assert_non_null(CMSG_FIRSTHDR(&msg));
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
  return fd;
}

static void it_travels_as_rights(void** state) {
  uv_os_sock_t through[2];
  char got[64];
  int fd;

  (void) state;
  handoff_send("first second");
  handoff_detach();
  assert_int_equal(net_pair(through), 0);
  pass(through[0], handoff.detached);
  net_close(handoff.detached);
  fd = take(through[1]);

  assert_int_equal(net_blocks(fd), 0);
  assert_int_equal(net_await(fd, 1, HANDOFF_PATIENCE_MS), 0);
  assert_int_equal(net_recv(fd, got, sizeof(got)), 6);
  assert_memory_equal(got, "second", 6);
  assert_int_equal(net_send(fd, "answer", 6), 6);
  handoff_expect("answer");
  net_close(fd);
  handoff_expect_end();
  net_close(through[0]);
  net_close(through[1]);
}

/* --- Another stream, and nobody --------------------------------------------- */

static void a_stream_takes_it_back(void** state) {
  hvuv_stream_t second;

  (void) state;
  handoff_send("first first ");
  handoff_detach();
  handoff_close_stream();
  assert_int_equal(hvuv_init(handoff.loop, &second), 0);
  assert_int_equal(hvuv_open(&second, handoff.detached), 0);
  handoff_detach_from(&second);
  hvuv_close(&second, NULL);
  loop_run_turns(handoff.loop, 2);
  net_close(handoff.detached);
}

static void whoever_detaches_has_to_close_it(void** state) {
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(hvuv_detach(&handoff.stream, &sock), 0);
  handoff_close_stream();
  assert_int_equal(net_send(sock, "still", 5), 5);
  handoff_expect("still");
  net_close(sock);
  handoff_expect_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      HANDOFF(a_pipe_of_libuv_takes_it_on_the_same_loop),
      HANDOFF(a_child_takes_it_as_its_standard_streams),
      HANDOFF(it_travels_as_rights),
      HANDOFF(a_stream_takes_it_back),
      HANDOFF(whoever_detaches_has_to_close_it),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
