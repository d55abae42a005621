/* A loop that ends as libuv's own tests end theirs: whatever uv_walk() shows is
 * closed, before hvuv's streams or after them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/alloc.h"
#include "support/net.h"
#include "support/trace.h"

static uv_loop_t loop;
static hvuv_stream_t listener;
static hvuv_stream_t reader;
static hvuv_stream_t writer;
static uv_os_sock_t peers[2];
static char room[4096];

static int up(void** state) {
  (void) state;
  net_start();
  alloc_install();
  trace_reset();
  return uv_loop_init(&loop);
}

static int down(void** state) {
  (void) state;
  alloc_check();
  return 0;
}

#define WALK(test) cmocka_unit_test_setup_teardown(test, up, down)

/* --- Whoever walks -------------------------------------------------------- */

static int strangers; /* close callbacks of the walk's own */
static int owned;

static void on_stranger_closed(uv_handle_t* handle) {
  strangers++;
  owned += hvuv_owns_handle(handle);
}

static void close_it(uv_handle_t* handle, void* arg) {
  uv_close_cb* cb = arg;

  if (!uv_is_closing(handle))
    uv_close(handle, *cb);
}

static void close_whatever_is_there(uv_close_cb cb) {
  strangers = 0;
  owned = 0;
  uv_walk(&loop, close_it, &cb);
}

/* --- Streams of every kind ------------------------------------------------ */

static void on_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(room, sizeof(room));
}

static void on_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  trace_status("read", n);
}

static void on_connection(hvuv_stream_t* s, int status) {
  (void) s;
  trace_status("connection", status);
}

static void on_write(hvuv_write_t* req, int status) {
  (void) req;
  trace_status("write", status);
}

static void on_close(hvuv_stream_t* s) {
  (void) s;
  trace("close");
}

/* One listens, one reads, one has a write that waits. */
static void make_streams(hvuv_write_t* req) {
  static char much[4 * 1024 * 1024];
  struct sockaddr_in name;
  uv_os_sock_t socks[2];
  uv_buf_t buf;

  assert_int_equal(net_tcp_listen(&socks[0], &name), 0);
  assert_int_equal(hvuv_init(&loop, &listener), 0);
  assert_int_equal(hvuv_open(&listener, socks[0]), 0);
  assert_int_equal(hvuv_listen(&listener, 8, on_connection), 0);

  assert_int_equal(net_pair(socks), 0);
  peers[0] = socks[1];
  assert_int_equal(hvuv_init(&loop, &reader), 0);
  assert_int_equal(hvuv_open(&reader, socks[0]), 0);
  assert_int_equal(hvuv_read_start(&reader, on_alloc, on_read), 0);

  assert_int_equal(net_pair(socks), 0);
  peers[1] = socks[1];
  assert_int_equal(hvuv_init(&loop, &writer), 0);
  assert_int_equal(hvuv_open(&writer, socks[0]), 0);
  buf = uv_buf_init(much, sizeof(much));
  assert_int_equal(hvuv_write(req, &writer, &buf, 1, on_write), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
}

static void close_streams(void) {
  hvuv_close(&listener, on_close);
  hvuv_close(&reader, on_close);
  hvuv_close(&writer, on_close);
}

static void expect_the_end(void) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("close close write:ECANCELED close");
  assert_int_equal(uv_loop_close(&loop), 0);
  net_close(peers[0]);
  net_close(peers[1]);
}

static void the_walk_comes_first(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(NULL);
  close_streams();
  expect_the_end();
}

static void the_streams_come_first(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_streams();
  close_whatever_is_there(NULL);
  expect_the_end();
}

static void the_loop_has_run_in_between(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  close_streams();
  expect_the_end();
}

static void some_streams_come_first_and_some_last(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  hvuv_close(&listener, on_close);
  close_whatever_is_there(NULL);
  hvuv_close(&reader, on_close);
  hvuv_close(&writer, on_close);
  expect_the_end();
}

static void the_walk_comes_twice(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(NULL);
  close_streams();
  close_whatever_is_there(NULL);
  expect_the_end();
}

static void the_walkers_own_callbacks_run_too(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(on_stranger_closed);
  close_streams();
  expect_the_end();
  assert_true(strangers >= 5);
  assert_int_equal(owned, strangers);
}

/* What a stream is asked for in between is harmless, and in vain. */
static void streams_of_a_walked_loop_may_still_be_used(void** state) {
  hvuv_write_t more;
  hvuv_write_t req;
  uv_buf_t buf;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(NULL);
  hvuv_read_stop(&reader);
  assert_int_equal(hvuv_read_start(&reader, on_alloc, on_read), 0);
  assert_int_equal(hvuv_read_start(&writer, on_alloc, on_read), 0);
  buf = uv_buf_init(room, 1);
  assert_int_equal(hvuv_write(&more, &reader, &buf, 1, NULL), 0);
  assert_int_equal(hvuv_listen(&listener, 9, on_connection), 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  close_streams();
  expect_the_end();
}

static void a_stream_made_after_the_walk_works(void** state) {
  hvuv_write_t req;
  hvuv_stream_t late;

  (void) state;
  make_streams(&req);
  close_whatever_is_there(NULL);
  assert_int_equal(hvuv_init(&loop, &late), 0);
  hvuv_close(&late, NULL);
  close_streams();
  expect_the_end();
}

/* --- A walker that chooses ------------------------------------------------ */

static void count_owned(uv_handle_t* handle, void* arg) {
  int* counts = arg;

  counts[hvuv_owns_handle(handle)]++;
}

static void handles_of_hvuv_are_told_from_others(void** state) {
  int counts[2] = {0, 0};
  hvuv_write_t req;
  uv_timer_t timer;

  (void) state;
  assert_int_equal(hvuv_owns_handle(NULL), 0);
  make_streams(&req);
  uv_timer_init(&loop, &timer);
  timer.data = NULL;
  uv_walk(&loop, count_owned, counts);
  assert_int_equal(counts[0], 1);
  assert_true(counts[1] >= 5);

  uv_close((uv_handle_t*) &timer, NULL);
  close_streams();
  expect_the_end();
}

/* --- The same loop again -------------------------------------------------- */

static void expect_a_loop_like_any_other(void) {
  hvuv_stream_t s;

  assert_int_equal(hvuv_init(&loop, &s), 0);
  hvuv_close(&s, on_close);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_loop_made_after_the_walk_is_a_loop_like_any_other(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_streams();
  close_whatever_is_there(NULL);
  expect_the_end();
  assert_int_equal(uv_loop_init(&loop), 0);
  expect_a_loop_like_any_other();
}

/* The first loop was not closed, because a stream was forgotten: what it had is
 * lost, and nothing else. */
static void a_loop_made_where_a_forgotten_one_was_is_one_too(void** state) {
  static uv_loop_t forgotten;
  hvuv_stream_t s;

  (void) state;
  assert_int_equal(hvuv_init(&loop, &s), 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), UV_EBUSY);
  memcpy(&forgotten, &loop, sizeof(loop));
  memset(&loop, 0x5a, sizeof(loop));
  assert_int_equal(uv_loop_init(&loop), 0);
  expect_a_loop_like_any_other();

  /* For the leak checkers: back to the first, and its end. */
  memcpy(&loop, &forgotten, sizeof(loop));
  hvuv_close(&s, on_close);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* --- Servers -------------------------------------------------------------- */

static void on_stopped(hvuv_server_t* server) {
  (void) server;
  trace("stopped");
}

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  trace("open");
  return 0;
}

static void on_conn_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  trace_status("conn", reason);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t protocol = {
    .on_message = on_message,
    .on_open = on_open,
    .on_close = on_conn_close,
};

static hvuv_server_t server;

static void serve_one(uv_os_sock_t* caller) {
  struct sockaddr_in name;
  uv_os_sock_t sock;
  int i;

  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  assert_int_equal(hvuv_server_init(&loop, &server, NULL), 0);
  assert_int_equal(hvuv_server_listen_socket(&server, sock, &protocol), 0);
  assert_int_equal(net_tcp_connect(caller, &name), 0);
  for (i = 0; i < 1000 && strcmp(trace_story(), "open") != 0; i++)
    uv_run(&loop, UV_RUN_ONCE);
  assert_story("open");
}

static void expect_the_servers_end(uv_os_sock_t caller) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("conn:ECANCELED stopped");
  assert_int_equal(uv_loop_close(&loop), 0);
  net_close(caller);
}

static void a_server_stops_after_the_walk(void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  close_whatever_is_there(NULL);
  hvuv_server_stop(&server, 3600000, on_stopped);
  expect_the_servers_end(caller);
}

static void a_server_stops_before_the_walk(void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 0, on_stopped);
  close_whatever_is_there(NULL);
  expect_the_servers_end(caller);
}

static void a_server_that_was_stopping_stops_again_after_the_walk(
    void** state) {
  uv_os_sock_t caller;

  (void) state;
  serve_one(&caller);
  hvuv_server_stop(&server, 3600000, on_stopped);
  close_whatever_is_there(NULL);
  hvuv_server_stop(&server, 0, NULL);
  expect_the_servers_end(caller);
}

/* --- Relays --------------------------------------------------------------- */

static hvuv_stream_t left;
static uv_tcp_t right;
static hvuv_relay_t relay;

static void on_relayed(hvuv_relay_t* r, int status) {
  (void) r;
  trace_status("relayed", status);
}

/* Of a stream of hvuv's and one of libuv's, which the walk closes too. */
static void make_relay(void) {
  const hvuv_relay_end_t ends[2] = {{.hvuv = &left},
                                    {.uv = (uv_stream_t*) &right}};
  uv_os_sock_t socks[2];

  assert_int_equal(net_pair(socks), 0);
  peers[0] = socks[1];
  assert_int_equal(hvuv_init(&loop, &left), 0);
  assert_int_equal(hvuv_open(&left, socks[0]), 0);
  assert_int_equal(net_tcp_pair(socks), 0);
  peers[1] = socks[1];
  assert_int_equal(uv_tcp_init(&loop, &right), 0);
  assert_int_equal(uv_tcp_open(&right, socks[0]), 0);
  right.data = NULL;
  assert_int_equal(
      hvuv_relay_start_ex(&relay, &ends[0], &ends[1], NULL, on_relayed), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
}

static void expect_the_relays_end(void) {
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_story("relayed:ECANCELED");
  assert_int_equal(uv_loop_close(&loop), 0);
  net_close(peers[0]);
  net_close(peers[1]);
}

static void a_relay_closes_after_the_walk(void** state) {
  (void) state;
  make_relay();
  close_whatever_is_there(NULL);
  hvuv_relay_close(&relay);
  expect_the_relays_end();
}

static void a_relay_closes_when_the_walked_loop_has_run(void** state) {
  (void) state;
  make_relay();
  close_whatever_is_there(on_stranger_closed);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(owned, strangers - 1);
  hvuv_relay_close(&relay);
  expect_the_relays_end();
}

static void a_relay_closes_before_the_walk(void** state) {
  (void) state;
  make_relay();
  hvuv_relay_close(&relay);
  close_whatever_is_there(NULL);
  expect_the_relays_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WALK(the_walk_comes_first),
      WALK(the_streams_come_first),
      WALK(the_loop_has_run_in_between),
      WALK(some_streams_come_first_and_some_last),
      WALK(the_walk_comes_twice),
      WALK(the_walkers_own_callbacks_run_too),
      WALK(streams_of_a_walked_loop_may_still_be_used),
      WALK(a_stream_made_after_the_walk_works),
      WALK(handles_of_hvuv_are_told_from_others),
      WALK(a_loop_made_after_the_walk_is_a_loop_like_any_other),
      WALK(a_loop_made_where_a_forgotten_one_was_is_one_too),
      WALK(a_server_stops_after_the_walk),
      WALK(a_server_stops_before_the_walk),
      WALK(a_server_that_was_stopping_stops_again_after_the_walk),
      WALK(a_relay_closes_after_the_walk),
      WALK(a_relay_closes_when_the_walked_loop_has_run),
      WALK(a_relay_closes_before_the_walk),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
