/* A TCP socket that a stream gave back goes on working in libuv's uv_tcp_t, on
 * the same loop: on Windows too, where that ties it to a completion port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/loop.h"
#include "support/net.h"

#define PATIENCE_MS 10000

static uv_loop_t* loop;
static hvuv_stream_t stream;
static uv_os_sock_t peer;
static char room[64];
static size_t have; /* in room */

static void on_alloc_word(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(room, 6);
}

static uv_os_sock_t detached;
static int detach_status;
static int has_detached;
static int closed;

static void on_word(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) buf;
  if (n <= 0)
    return;
  have = (size_t) n;
  detach_status = hvuv_detach(s, &detached);
  has_detached = 1;
}

static void on_closed(hvuv_stream_t* s) {
  (void) s;
  closed = 1;
}

static uv_tcp_t tcp;
static uv_write_t tcp_write;
static int tcp_written;
static int tcp_ended;
static int tcp_closed;

static void on_tcp_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buf) {
  (void) handle;
  (void) size;
  *buf = uv_buf_init(room + have, (unsigned int) (sizeof(room) - have));
}

static void on_tcp_read(uv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  if (n > 0)
    have += (size_t) n;
  if (n < 0)
    tcp_ended = (int) n;
}

static void on_tcp_written(uv_write_t* req, int status) {
  (void) req;
  tcp_written = status == 0 ? 1 : status;
}

static void on_tcp_closed(uv_handle_t* handle) {
  (void) handle;
  tcp_closed = 1;
}

static void assert_reads(uv_os_sock_t sock, const char* text) {
  char got[64];
  size_t n;
  ssize_t r;

  for (n = 0; n < strlen(text); n += (size_t) r) {
    assert_int_equal(net_await(sock, 1, PATIENCE_MS), 0);
    r = net_recv(sock, got + n, sizeof(got) - n);
    assert_true(r > 0);
  }
  assert_int_equal(n, strlen(text));
  assert_memory_equal(got, text, n);
}

/* Reads one word, and is detached while the rest waits in the socket. */
static void read_a_word_and_detach(void) {
  has_detached = 0;
  assert_int_equal(hvuv_read_start(&stream, on_alloc_word, on_word), 0);
  loop_run_until(loop, &has_detached);
  assert_int_equal(detach_status, 0);
  assert_int_equal(have, 6);
  assert_memory_equal(room, "first ", 6);
}

static void libuv_goes_on(void) {
  uv_buf_t buf;

  have = 0;
  tcp_written = tcp_ended = tcp_closed = 0;
  assert_int_equal(uv_tcp_init(loop, &tcp), 0);
  assert_int_equal(uv_tcp_open(&tcp, detached), 0);
  assert_int_equal(
      uv_read_start((uv_stream_t*) &tcp, on_tcp_alloc, on_tcp_read), 0);
  buf = uv_buf_init((char*) "answer", 6);
  assert_int_equal(
      uv_write(&tcp_write, (uv_stream_t*) &tcp, &buf, 1, on_tcp_written), 0);
  loop_run_until(loop, &tcp_written);
  assert_int_equal(tcp_written, 1);
  assert_reads(peer, "answer");
  assert_int_equal(net_send(peer, "third", 5), 5);
  net_close(peer);
  loop_run_until(loop, &tcp_ended);
  assert_int_equal(tcp_ended, UV_EOF);
  assert_int_equal(have, 12);
  assert_memory_equal(room, "second third", 12);
  uv_close((uv_handle_t*) &tcp, on_tcp_closed);
  loop_run_until(loop, &tcp_closed);
}

static int up(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  loop = loop_open();
  closed = 0;
  assert_int_equal(net_tcp_pair(socks), 0);
  peer = socks[1];
  assert_int_equal(hvuv_init(loop, &stream), 0);
  assert_int_equal(hvuv_open(&stream, socks[0]), 0);
  return 0;
}

static int down(void** state) {
  (void) state;
  loop_run_out(loop);
  loop_close(loop);
  return 0;
}

#define HANDOFF(test) cmocka_unit_test_setup_teardown(test, up, down)

static void close_stream(void) {
  hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);
}

static void uv_tcp_open_takes_it(void** state) {
  (void) state;
  assert_int_equal(net_send(peer, "first second ", 13), 13);
  read_a_word_and_detach();
  close_stream();
  libuv_goes_on();
}

/* The stream's poller may still be closing when the next owner begins. */
static void also_before_the_stream_has_closed(void** state) {
  (void) state;
  assert_int_equal(net_send(peer, "first second ", 13), 13);
  read_a_word_and_detach();
  libuv_goes_on();
  close_stream();
}

/* Then the system is being asked for bytes at that moment. */
static void also_from_a_stream_that_waits_for_bytes(void** state) {
  (void) state;
  assert_int_equal(hvuv_read_start(&stream, on_alloc_word, on_word), 0);
  loop_run_turns(loop, 2);
  assert_int_equal(hvuv_detach(&stream, &detached), 0);
  assert_int_equal(net_send(peer, "second ", 7), 7);
  libuv_goes_on();
  close_stream();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      HANDOFF(uv_tcp_open_takes_it),
      HANDOFF(also_before_the_stream_has_closed),
      HANDOFF(also_from_a_stream_that_waits_for_bytes),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
