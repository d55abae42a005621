/* The hub: one for each loop, made and ended with its streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

/* Loops here are bare ones: the scene's has a timer of its own, and what is
 * looked at is whether a loop can be closed without one more turn. */

static void on_close(hvuv_stream_t* s) {
  trace("close");
  free(s);
}

static hvuv_stream_t* stream_on(uv_loop_t* loop) {
  hvuv_stream_t* s;

  s = calloc(1, sizeof(*s));
  assert_non_null(s);
  assert_int_equal(hvuv_init(loop, s), 0);
  return s;
}

/* As UV_RUN_DEFAULT, but it ends. */
static void run_out(uv_loop_t* loop) {
  int i;

  for (i = 0; i < 10 && uv_run(loop, UV_RUN_NOWAIT) != 0; i++)
    ;
}

static void a_loop_closes_right_after_the_last_close_callback(void** state) {
  static const uv_run_mode modes[] = {
      UV_RUN_DEFAULT, UV_RUN_ONCE, UV_RUN_NOWAIT};
  hvuv_stream_t* s;
  uv_loop_t loop;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    assert_int_equal(uv_loop_init(&loop), 0);
    s = stream_on(&loop);
    assert_int_equal(hvuv_open(s, fake_connected_socket()), 0);
    hvuv_close(s, on_close);
    uv_run(&loop, modes[i]);
    assert_story("close");
    assert_int_equal(uv_loop_close(&loop), 0);
  }
}

static void a_loop_with_a_timer_of_ours_closes_as_well(void** state) {
  hvuv_connect_t req;
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  uv_loop_t loop;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  s = stream_on(&loop);
  addr = scene_addr("vsock://host:5000");
  assert_int_equal(hvuv_set_connect_timeout(s, 3600000), 0);
  fake_next(FAKE_CONNECT, 1);
  assert_int_equal(hvuv_connect(&req, s, &addr, NULL), 0);
  hvuv_close(s, on_close);
  uv_run(&loop, UV_RUN_ONCE);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void streams_closed_together_end_together(void** state) {
  hvuv_stream_t* streams[5];
  uv_loop_t loop;
  int i;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  for (i = 0; i < 5; i++)
    streams[i] = stream_on(&loop);
  for (i = 0; i < 5; i++)
    hvuv_close(streams[i], on_close);
  uv_run(&loop, UV_RUN_ONCE);
  assert_story("close close close close close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void the_first_of_many_may_close_alone(void** state) {
  hvuv_stream_t* first;
  hvuv_stream_t* second;
  uv_loop_t loop;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  first = stream_on(&loop);
  second = stream_on(&loop);
  hvuv_close(first, on_close);
  run_out(&loop);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), UV_EBUSY);
  hvuv_close(second, on_close);
  run_out(&loop);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void init_and_close(hvuv_stream_t* s) {
  trace_status("init", hvuv_init(s->loop, s));
  hvuv_close(s, on_close);
}

static void on_close_again(hvuv_stream_t* s) {
  trace("first");
  init_and_close(s);
}

static void init_in_the_close_callback_is_a_new_life(void** state) {
  hvuv_stream_t* s;
  uv_loop_t loop;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  s = stream_on(&loop);
  hvuv_close(s, on_close_again);
  run_out(&loop);
  assert_story("first init:0 close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void on_close_reuse(hvuv_stream_t* s) {
  trace("first");
  trace_status("init", hvuv_init(s->loop, s));
  trace_status("open", hvuv_open(s, fake_connected_socket()));
}

static void a_stream_of_a_new_life_works(void** state) {
  static char bytes[] = "new";
  hvuv_stream_t* s;
  hvuv_write_t req;
  uv_loop_t loop;
  uv_buf_t buf;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  s = stream_on(&loop);
  hvuv_close(s, on_close_reuse);
  run_out(&loop);
  assert_story("first init:0 open:0");
  buf = uv_buf_init(bytes, 3);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_write(&req, s, &buf, 1, NULL), 0);
  hvuv_close(s, on_close);
  run_out(&loop);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loop), 0);
  assert_string_equal(fake_sent(fake_newest_socket()), "new");
}

static hvuv_stream_t* late;

static void on_handle_closed(uv_handle_t* handle) {
  trace("handle");
  late = stream_on(handle->loop);
  hvuv_close(late, on_close);
}

static void on_close_end_handle(hvuv_stream_t* s) {
  uv_close(s->data, on_handle_closed);
  on_close(s);
}

/* The hub has ended in this turn, but is not gone yet. */
static void init_right_after_the_hub_has_ended_makes_another(void** state) {
  hvuv_stream_t* s;
  uv_timer_t timer;
  uv_loop_t loop;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_timer_init(&loop, &timer), 0);
  s = stream_on(&loop);
  s->data = &timer;
  hvuv_close(s, on_close_end_handle);
  run_out(&loop);
  assert_story("close handle close");
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void two_loops_are_independent(void** state) {
  uv_loop_t loops[2];
  hvuv_stream_t* streams[2];
  uv_os_sock_t sock;
  int i;

  (void) state;
  for (i = 0; i < 2; i++) {
    assert_int_equal(uv_loop_init(&loops[i]), 0);
    streams[i] = stream_on(&loops[i]);
    sock = fake_connected_socket();
    assert_int_equal(hvuv_open(streams[i], sock), 0);
    assert_int_equal(scene_read_start(streams[i]), 0);
  }
  assert_int_equal(uv_loop_alive(&loops[0]), 1);
  assert_int_equal(uv_loop_alive(&loops[1]), 1);

  hvuv_close(streams[0], on_close);
  assert_int_equal(uv_run(&loops[1], UV_RUN_NOWAIT), 1);
  assert_story("");
  run_out(&loops[0]);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loops[0]), 0);

  assert_int_equal(uv_loop_alive(&loops[1]), 1);
  hvuv_close(streams[1], on_close);
  run_out(&loops[1]);
  assert_story("close");
  assert_int_equal(uv_loop_close(&loops[1]), 0);
}

static void hubs_end_in_any_order(void** state) {
  static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
  hvuv_stream_t* streams[3];
  uv_loop_t loops[3];
  size_t row;
  int i;
  int n;

  (void) state;
  for (row = 0; row < sizeof(orders) / sizeof(orders[0]); row++) {
    for (i = 0; i < 3; i++) {
      assert_int_equal(uv_loop_init(&loops[i]), 0);
      streams[i] = stream_on(&loops[i]);
    }
    for (i = 0; i < 3; i++) {
      n = orders[row][i];
      hvuv_close(streams[n], on_close);
      run_out(&loops[n]);
      assert_int_equal(uv_loop_close(&loops[n]), 0);
    }
    assert_story("close close close");
  }
}

#define THREADS 4
#define ROUNDS  200

/* Loops of its own, one after the other. Returns through *arg how many of them
 * did not close clean. */
static void live_on_a_thread(void* arg) {
  int* failures = arg;
  hvuv_stream_t stream;
  uv_loop_t loop;
  int i;

  for (i = 0; i < ROUNDS; i++) {
    *failures += uv_loop_init(&loop) != 0;
    *failures += hvuv_init(&loop, &stream) != 0;
    hvuv_close(&stream, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    *failures += uv_loop_close(&loop) != 0;
  }
}

static void loops_of_several_threads_are_independent(void** state) {
  uv_thread_t threads[THREADS];
  int failures[THREADS];
  int i;

  (void) state;
  for (i = 0; i < THREADS; i++) {
    failures[i] = 0;
    assert_int_equal(
        uv_thread_create(&threads[i], live_on_a_thread, &failures[i]), 0);
  }
  for (i = 0; i < THREADS; i++)
    uv_thread_join(&threads[i]);
  for (i = 0; i < THREADS; i++)
    assert_int_equal(failures[i], 0);
}

static void without_memory_init_takes_nothing(void** state) {
  hvuv_stream_t stream;

  (void) state;
  alloc_fail_nth(1);
  assert_int_equal(hvuv_init(scene_loop(), &stream), UV_ENOMEM);
  assert_int_equal(hvuv_is_closing(&stream), 1);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  turn();
}

static void a_second_stream_of_a_loop_allocates_nothing(void** state) {
  long before;

  (void) state;
  scene_stream();
  before = alloc_count();
  scene_stream();
  assert_int_equal(alloc_count(), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_loop_closes_right_after_the_last_close_callback),
      SCENE(a_loop_with_a_timer_of_ours_closes_as_well),
      SCENE(streams_closed_together_end_together),
      SCENE(the_first_of_many_may_close_alone),
      SCENE(init_in_the_close_callback_is_a_new_life),
      SCENE(a_stream_of_a_new_life_works),
      SCENE(init_right_after_the_hub_has_ended_makes_another),
      SCENE(two_loops_are_independent),
      SCENE(hubs_end_in_any_order),
      SCENE(loops_of_several_threads_are_independent),
      SCENE(without_memory_init_takes_nothing),
      SCENE(a_second_stream_of_a_loop_allocates_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
