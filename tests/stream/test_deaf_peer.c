/* A peer that ends its reading alone, while a write waits for it: nothing that
 * polling knows reports that, on Unix sockets. POSIX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/net.h"

/* More than any socket's buffer. */
#define BYTES (16u * 1024 * 1024)

static uv_loop_t* loop;
static hvuv_stream_t stream;
static hvuv_write_t req;
static int written; /* a flag for loop_run_until() */
static int status;
static int closed;
static char* bytes;

static int up(void** state) {
  (void) state;
  endpoint_open();
  loop = loop_open();
  written = closed = 0;
  bytes = calloc(1, BYTES);
  assert_non_null(bytes);
  assert_int_equal(hvuv_init(loop, &stream), 0);
  return 0;
}

static void on_closed(hvuv_stream_t* s) {
  (void) s;
  closed = 1;
}

static int down(void** state) {
  (void) state;
  hvuv_close(&stream, on_closed);
  loop_run_until(loop, &closed);
  loop_run_out(loop);
  loop_close(loop);
  free(bytes);
  endpoint_close();
  return 0;
}

#define DEAF(test) cmocka_unit_test_setup_teardown(test, up, down)

static void on_written(hvuv_write_t* r, int result) {
  (void) r;
  status = result;
  written = 1;
}

/* Has the stream write until the kernel takes no more, then ends the reading
 * of its peer. */
static void expect_the_write_to_end(uv_os_sock_t peer) {
  uv_buf_t buf = uv_buf_init(bytes, BYTES);

  assert_int_equal(hvuv_write(&req, &stream, &buf, 1, on_written), 0);
  loop_run_turns(loop, 3);
  assert_false(written);
  assert_true(hvuv_get_write_queue_size(&stream) > 0);
  assert_int_equal(shutdown(peer, SHUT_RD), 0);
  loop_run_until(loop, &written);
  assert_int_equal(status, UV_EPIPE);
  net_close(peer);
}

static void an_adopted_stream_learns_of_it(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  assert_int_equal(net_pair(socks), 0);
  assert_int_equal(hvuv_open(&stream, socks[0]), 0);
  expect_the_write_to_end(socks[1]);
}

static int connected;

static void on_connect(hvuv_connect_t* r, int result) {
  (void) r;
  assert_int_equal(result, 0);
  connected = 1;
}

static hvuv_stream_t* caller;
static hvuv_stream_t accepted;

static void on_connection(hvuv_stream_t* listener, int result) {
  assert_int_equal(result, 0);
  assert_int_equal(hvuv_init(loop, &accepted), 0);
  assert_int_equal(hvuv_accept(listener, &accepted), 0);
  caller = &accepted;
}

static void a_local_stream_learns_of_it(void** state) {
  hvuv_stream_t listener;
  hvuv_connect_t connect;
  hvuv_addr_t addr;
  uv_os_sock_t sock;
  uv_os_sock_t peer;

  (void) state;
  connected = 0;
  caller = NULL;
  endpoint_play(NULL);
  assert_int_equal(hvuv_addr_parse("local://loopback/5000", &addr), 0);
  assert_int_equal(hvuv_init(loop, &listener), 0);
  assert_int_equal(hvuv_bind(&listener, &addr), 0);
  assert_int_equal(hvuv_listen(&listener, 1, on_connection), 0);
  assert_int_equal(hvuv_connect(&connect, &stream, &addr, on_connect), 0);
  loop_run_until(loop, &connected);
  while (caller == NULL)
    uv_run(loop, UV_RUN_ONCE);

  assert_int_equal(hvuv_fileno(caller, &sock), 0);
  assert_int_equal(hvuv_detach(caller, &peer), 0);
  assert_int_equal(sock, peer);
  hvuv_close(caller, NULL);
  hvuv_close(&listener, NULL);
  expect_the_write_to_end(peer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      DEAF(an_adopted_stream_learns_of_it),
      DEAF(a_local_stream_learns_of_it),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
