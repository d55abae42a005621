/* What sys_posix.c makes of errors that no socket can be made to have: it is
 * included with a recv(), send() and sendmsg() of ours, and under other names,
 * so that it links beside the real one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

static ssize_t hooked_recv(int fd, void* base, size_t len, int flags);
static ssize_t hooked_send(int fd, const void* base, size_t len, int flags);
static ssize_t hooked_sendmsg(int fd, const struct msghdr* msg, int flags);

#define recv                       hooked_recv
#define send                       hooked_send
#define sendmsg                    hooked_sendmsg
#define hvuv__sys_own              hooked_own
#define hvuv__sys_socket           hooked_socket
#define hvuv__sys_inspect          hooked_inspect
#define hvuv__sys_bind             hooked_bind
#define hvuv__sys_listen           hooked_listen
#define hvuv__sys_connect          hooked_connect
#define hvuv__sys_accept           hooked_accept
#define hvuv__sys_accepts_per_wake intercepted_accepts_per_wake
#define hvuv__sys_take_error       hooked_take_error
#define hvuv__sys_peer_state       hooked_peer_state
#define hvuv__sys_outstanding      hooked_outstanding
#define hvuv__sys_close_ends       hooked_close_ends
#define hvuv__sys_pipes_half_close hooked_pipes_half_close
#define hvuv__sys_connect_result   hooked_connect_result
#define hvuv__sys_recv             hooked_sys_recv
#define hvuv__sys_peek             hooked_sys_peek
#define hvuv__sys_send             hooked_sys_send
#define hvuv__sys_shutdown         hooked_shutdown
#define hvuv__sys_close            hooked_close
#define hvuv__sys_close_reset      hooked_close_reset
#define hvuv__sys_getsockname      hooked_getsockname
#define hvuv__sys_getpeername      hooked_getpeername
#define hvuv__sys_setsockopt       hooked_setsockopt
#define hvuv__sys_getsockopt       hooked_getsockopt
#define hvuv__sys_watch_forks      hooked_watch_forks
#define hvuv__sys_block_signals    hooked_block_signals
#define hvuv__sys_rings_open_only  hooked_rings_open_only
#define hvuv__sys_original         hooked_original
#include "sys/sys_posix.c"
#undef recv
#undef send
#undef sendmsg

#define SOCK 7 /* no socket, and never used as one */

static int error; /* of the next call and all after it; 0: it does it all */
static int calls; /* of all three */
static int last_flags; /* of the last */

static ssize_t answer(size_t nbytes, int flags) {
  calls++;
  last_flags = flags;
  if (error == 0)
    return (ssize_t) nbytes;
  errno = error;
  return -1;
}

static ssize_t hooked_recv(int fd, void* base, size_t len, int flags) {
  (void) fd;
  (void) base;
  return answer(len, flags);
}

static ssize_t hooked_send(int fd, const void* base, size_t len, int flags) {
  (void) fd;
  (void) base;
  return answer(len, flags);
}

static ssize_t hooked_sendmsg(int fd, const struct msghdr* msg, int flags) {
  size_t nbytes;
  size_t i;

  (void) fd;
  nbytes = 0;
  for (i = 0; i < (size_t) msg->msg_iovlen; i++)
    nbytes += msg->msg_iov[i].iov_len;
  return answer(nbytes, flags);
}

/* Each of the four that move bytes; of eight bytes. */

static ssize_t do_recv(void) {
  char bytes[8];

  return hvuv__sys_recv(SOCK, bytes, sizeof(bytes));
}

static ssize_t do_peek(void) {
  char bytes[8];

  return hvuv__sys_peek(SOCK, bytes, sizeof(bytes));
}

static ssize_t do_send(unsigned int nbufs) {
  static char bytes[] = "12345678";
  uv_buf_t bufs[2];

  bufs[0] = uv_buf_init(bytes, nbufs == 1 ? 8 : 5);
  bufs[1] = uv_buf_init(bytes + 5, 3);
  return hvuv__sys_send(SOCK, bufs, nbufs);
}

static ssize_t do_send_one(void) {
  return do_send(1);
}

static ssize_t do_send_two(void) {
  return do_send(2);
}

static ssize_t (*const verbs[])(void) = {
    do_recv, do_peek, do_send_one, do_send_two};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

/* What each verb answers with this errno, in one call. */
static void assert_all_answer(int err, ssize_t expected) {
  size_t i;

  error = err;
  for (i = 0; i < NVERBS; i++) {
    calls = 0;
    assert_int_equal(verbs[i](), expected);
    assert_int_equal(calls, 1);
  }
}

static void what_was_moved_is_answered(void** state) {
  (void) state;
  assert_all_answer(0, 8);
}

static void an_interrupted_one_is_eagain_and_not_made_again(void** state) {
  (void) state;
  assert_all_answer(EINTR, UV_EAGAIN);
}

static void other_errors_are_what_they_are(void** state) {
  (void) state;
  assert_all_answer(EAGAIN, UV_EAGAIN);
  assert_all_answer(ENOBUFS, UV_ENOBUFS);
  assert_all_answer(ECONNRESET, UV_ECONNRESET);
  assert_all_answer(EPIPE, UV_EPIPE);
}

static void only_a_peek_leaves_the_bytes(void** state) {
  (void) state;
  error = 0;
  do_recv();
  assert_int_equal(last_flags & MSG_PEEK, 0);
  do_peek();
  assert_int_equal(last_flags & MSG_PEEK, MSG_PEEK);
}

static void no_send_raises_a_signal(void** state) {
  (void) state;
  error = 0;
  do_send_one();
  assert_int_equal(last_flags, MSG_NOSIGNAL);
  do_send_two();
  assert_int_equal(last_flags, MSG_NOSIGNAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_moved_is_answered),
      cmocka_unit_test(an_interrupted_one_is_eagain_and_not_made_again),
      cmocka_unit_test(other_errors_are_what_they_are),
      cmocka_unit_test(only_a_peek_leaves_the_bytes),
      cmocka_unit_test(no_send_raises_a_signal),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
