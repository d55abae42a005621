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
#include "support/stranger.h"
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
  stranger_closes_all(&loop, NULL);
  close_streams();
  expect_the_end();
}

static void the_streams_come_first(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  close_streams();
  stranger_closes_all(&loop, NULL);
  expect_the_end();
}

static void the_loop_has_run_in_between(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  close_streams();
  expect_the_end();
}

static void some_streams_come_first_and_some_last(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  hvuv_close(&listener, on_close);
  stranger_closes_all(&loop, NULL);
  hvuv_close(&reader, on_close);
  hvuv_close(&writer, on_close);
  expect_the_end();
}

static void the_walk_comes_twice(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, NULL);
  close_streams();
  stranger_closes_all(&loop, NULL);
  expect_the_end();
}

static void a_walk_comes_in_every_turn(void** state) {
  hvuv_write_t req;
  int i;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, NULL);
  close_streams();
  for (i = 0; i < 1000 && uv_loop_alive(&loop); i++) {
    stranger_closes_all(&loop, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
  }
  expect_the_end();
}

/* Who was first does not matter for that. */
static void closing_after_the_walk_needs_no_memory(void** state) {
  hvuv_write_t req;
  long before;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, NULL);
  before = alloc_count();
  close_streams();
  expect_the_end();
  assert_int_equal(alloc_count(), before);
}

static void the_walkers_own_callbacks_run_too(void** state) {
  hvuv_write_t req;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, stranger_on_closed);
  close_streams();
  expect_the_end();
  assert_true(stranger_closed >= 5);
  assert_int_equal(stranger_owned, stranger_closed);
}

/* What a stream is asked for in between is harmless, and in vain. */
static void streams_of_a_walked_loop_may_still_be_used(void** state) {
  hvuv_write_t more;
  hvuv_write_t req;
  uv_buf_t buf;

  (void) state;
  make_streams(&req);
  stranger_closes_all(&loop, NULL);
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
  stranger_closes_all(&loop, NULL);
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
  stranger_closes_all(&loop, NULL);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      WALK(the_walk_comes_first),
      WALK(the_streams_come_first),
      WALK(the_loop_has_run_in_between),
      WALK(some_streams_come_first_and_some_last),
      WALK(the_walk_comes_twice),
      WALK(a_walk_comes_in_every_turn),
      WALK(closing_after_the_walk_needs_no_memory),
      WALK(the_walkers_own_callbacks_run_too),
      WALK(streams_of_a_walked_loop_may_still_be_used),
      WALK(a_stream_made_after_the_walk_works),
      WALK(handles_of_hvuv_are_told_from_others),
      WALK(a_loop_made_after_the_walk_is_a_loop_like_any_other),
      WALK(a_loop_made_where_a_forgotten_one_was_is_one_too),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
