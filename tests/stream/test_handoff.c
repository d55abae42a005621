/* A socket that a stream gave back goes on working elsewhere: in a pipe of
 * libuv's, in a child, and through SCM_RIGHTS. POSIX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/net.h"

#define PATIENCE_MS 10000

static uv_loop_t* loop;
static hvuv_stream_t stream;
static uv_os_sock_t peer; /* of the stream, and of what has its socket later */
static int descriptors;
static int closed;
static char room[64];

static void on_closed(hvuv_stream_t* s) {
  (void) s;
  closed = 1;
}

/* A stream and its peer. */
static int up(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  loop_close(loop_open()); /* what libuv opens once for all loops is open */
  descriptors = endpoint_count_descriptors();
  loop = loop_open();
  assert_int_equal(net_pair(socks), 0);
  peer = socks[1];
  closed = 0;
  assert_int_equal(hvuv_init(loop, &stream), 0);
  assert_int_equal(hvuv_open(&stream, socks[0]), 0);
  return 0;
}

static int down(void** state) {
  (void) state;
  if (!hvuv_is_closing(&stream))
    hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);
  net_close(peer);
  loop_run_out(loop);
  loop_close(loop);
  assert_int_equal(endpoint_count_descriptors(), descriptors);
  return 0;
}

#define HANDOFF(test) cmocka_unit_test_setup_teardown(test, up, down)

static void send_from_peer(const char* text) {
  assert_int_equal(net_send(peer, text, strlen(text)), strlen(text));
}

static void assert_peer_reads(const char* text) {
  char got[64];
  size_t have;
  ssize_t n;

  for (have = 0; have < strlen(text); have += (size_t) n) {
    assert_int_equal(net_await(peer, 1, PATIENCE_MS), 0);
    n = net_recv(peer, got + have, sizeof(got) - have);
    assert_true(n > 0);
  }
  assert_int_equal(have, strlen(text));
  assert_memory_equal(got, text, have);
}

static void assert_peer_reads_the_end(void) {
  char byte;

  assert_int_equal(net_await(peer, 1, PATIENCE_MS), 0);
  assert_int_equal(net_recv(peer, &byte, 1), 0);
}

/* --- Reading a first word, then detaching inside its callback -------------- */

static uv_os_sock_t detached;
static int detach_status;
static int has_detached;
static size_t have; /* in room */

static void on_alloc_word(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(room, 6);
}

static void on_word(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) buf;
  if (n <= 0)
    return;
  have = (size_t) n;
  detach_status = hvuv_detach(s, &detached);
  has_detached = 1;
}

static void read_a_word_and_detach(void) {
  has_detached = 0;
  assert_int_equal(hvuv_read_start(&stream, on_alloc_word, on_word), 0);
  loop_run_until(loop, &has_detached);
  assert_int_equal(detach_status, 0);
  assert_int_equal(have, 6);
  assert_memory_equal(room, "first ", 6);
}

/* --- libuv ---------------------------------------------------------------- */

static uv_pipe_t pipe_handle;
static uv_write_t pipe_write;
static int pipe_done;
static int pipe_ended;
static int pipe_closed;

static void on_pipe_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buf) {
  (void) handle;
  (void) size;
  *buf = uv_buf_init(room + have, (unsigned int) (sizeof(room) - have));
}

static void on_pipe_read(uv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  if (n > 0)
    have += (size_t) n;
  if (n < 0)
    pipe_ended = (int) n;
}

static void on_pipe_written(uv_write_t* req, int status) {
  (void) req;
  pipe_done = status == 0 ? 1 : status;
}

static void on_pipe_closed(uv_handle_t* handle) {
  (void) handle;
  pipe_closed = 1;
}

static void a_pipe_of_libuv_takes_it_on_the_same_loop(void** state) {
  uv_buf_t buf;

  (void) state;
  send_from_peer("first second ");
  read_a_word_and_detach();
  assert_int_equal(net_blocks(detached), 0);
  assert_int_equal(net_is_inherited(detached), 0);

  pipe_done = pipe_ended = pipe_closed = 0;
  assert_int_equal(uv_pipe_init(loop, &pipe_handle, 0), 0);
  assert_int_equal(uv_pipe_open(&pipe_handle, detached), 0);
  hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);

  /* What was unread when it was detached is there, and what comes later. */
  have = 0;
  assert_int_equal(
      uv_read_start((uv_stream_t*) &pipe_handle, on_pipe_alloc, on_pipe_read),
      0);
  buf = uv_buf_init((char*) "answer", 6);
  assert_int_equal(
      uv_write(
          &pipe_write, (uv_stream_t*) &pipe_handle, &buf, 1, on_pipe_written),
      0);
  loop_run_until(loop, &pipe_done);
  assert_int_equal(pipe_done, 1);
  assert_peer_reads("answer");
  send_from_peer("third");
  assert_int_equal(shutdown(peer, SHUT_WR), 0);
  loop_run_until(loop, &pipe_ended);
  assert_int_equal(pipe_ended, UV_EOF);
  assert_int_equal(have, 12);
  assert_memory_equal(room, "second third", 12);

  uv_close((uv_handle_t*) &pipe_handle, on_pipe_closed);
  loop_run_until(loop, &pipe_closed);
  assert_peer_reads_the_end();
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
  send_from_peer("first second ");
  read_a_word_and_detach();

  memset(&options, 0, sizeof(options));
  stdio[0].flags = UV_INHERIT_FD;
  stdio[0].data.fd = detached;
  stdio[1] = stdio[0];
  options.file = "cat";
  options.args = args;
  options.stdio = stdio;
  options.stdio_count = 2;
  options.exit_cb = on_exit;
  exited = process_closed = 0;
  assert_int_equal(uv_spawn(loop, &process, &options), 0);
  net_close(detached);

  assert_peer_reads("second ");
  send_from_peer("third");
  assert_peer_reads("third");
  assert_int_equal(shutdown(peer, SHUT_WR), 0);
  loop_run_until(loop, &exited);
  assert_int_equal(exited, 1);
  assert_peer_reads_the_end();
  loop_run_until(loop, &process_closed);
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
  send_from_peer("first second");
  read_a_word_and_detach();
  assert_int_equal(net_pair(through), 0);
  pass(through[0], detached);
  net_close(detached);
  fd = take(through[1]);

  assert_int_equal(net_blocks(fd), 0);
  assert_int_equal(net_await(fd, 1, PATIENCE_MS), 0);
  assert_int_equal(net_recv(fd, got, sizeof(got)), 6);
  assert_memory_equal(got, "second", 6);
  assert_int_equal(net_send(fd, "answer", 6), 6);
  assert_peer_reads("answer");
  net_close(fd);
  assert_peer_reads_the_end();
  net_close(through[0]);
  net_close(through[1]);
}

/* --- Another stream, and nobody --------------------------------------------- */

static void a_stream_takes_it_back(void** state) {
  hvuv_stream_t second;

  (void) state;
  send_from_peer("first first ");
  read_a_word_and_detach();
  hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);
  assert_int_equal(hvuv_init(loop, &second), 0);
  assert_int_equal(hvuv_open(&second, detached), 0);
  has_detached = 0;
  assert_int_equal(hvuv_read_start(&second, on_alloc_word, on_word), 0);
  loop_run_until(loop, &has_detached);
  assert_int_equal(detach_status, 0);
  assert_memory_equal(room, "first ", 6);
  hvuv_close(&second, on_closed);
  loop_run_turns(loop, 2);
  net_close(detached);
}

static void whoever_detaches_has_to_close_it(void** state) {
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(hvuv_detach(&stream, &sock), 0);
  hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);
  assert_int_equal(net_send(sock, "still", 5), 5);
  assert_peer_reads("still");
  net_close(sock);
  assert_peer_reads_the_end();
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
