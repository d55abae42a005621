/* Being called: one at a time, in bounded turns, also when descriptors have run
 * out. */
#include "suite.h"
#include "support/shortage.h"

#define CALLERS 3

/* Connects from a loop of its own, so that the rig's does not accept yet. */
typedef struct caller_s {
  hvuv_stream_t stream;
  hvuv_connect_t req;
  int told;
  int status;
} caller_t;

typedef struct callers_s {
  uv_loop_t loop;
  caller_t all[CALLERS];
} callers_t;

static void on_connect(hvuv_connect_t* req, int status) {
  caller_t* caller = req->data;

  caller->told++;
  caller->status = status;
}

/* They are connected when it returns, and wait in the kernel. */
static void call(callers_t* callers, const hvuv_addr_t* to) {
  caller_t* c;
  int i;

  assert_int_equal(uv_loop_init(&callers->loop), 0);
  for (i = 0; i < CALLERS; i++) {
    c = &callers->all[i];
    c->told = 0;
    c->req.data = c;
    assert_code(hvuv_init(&callers->loop, &c->stream), 0);
    assert_code(hvuv_connect(&c->req, &c->stream, to, on_connect), 0);
  }
  uv_run(&callers->loop, UV_RUN_DEFAULT);
  for (i = 0; i < CALLERS; i++) {
    assert_int_equal(callers->all[i].told, 1);
    assert_code(callers->all[i].status, 0);
  }
}

static void hang_up(callers_t* callers) {
  int i;

  for (i = 0; i < CALLERS; i++)
    hvuv_close(&callers->all[i].stream, NULL);
  uv_run(&callers->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&callers->loop), 0);
}

static void a_connection_waits_until_it_is_accepted(void** state) {
  rig_t* rig = *state;
  callers_t callers;
  side_t* side;

  rig->hold_accepts = 1;
  rig_listen(rig, 16);
  call(&callers, &rig->to);
  RIG_RUN_UNTIL(rig, rig->connections == 1);
  rig_spin(rig, 5);
  assert_int_equal(rig->connections, 1);

  side = side_new(rig);
  side_accept(side, &rig->listener->stream);
  assert_int_equal(rig->accept_count, 1);
  RIG_RUN_UNTIL(rig, rig->connections == 2);
  rig_spin(rig, 5);
  assert_int_equal(rig->connections, 2);

  rig->hold_accepts = 0;
  side_accept(side_new(rig), &rig->listener->stream);
  RIG_RUN_UNTIL(rig, rig->accept_count == CALLERS);
  hang_up(&callers);

  assert_int_equal(rig->connections, CALLERS);
}

static void accept_tells_what_is_wrong_and_takes_nothing(void** state) {
  rig_t* rig = *state;
  callers_t callers;
  hvuv_stream_t foreign;
  side_t* bare;
  side_t* closed;
  side_t* side;

  rig->hold_accepts = 1;
  bare = side_new(rig);
  side = side_new(rig);
  closed = side_new(rig);
  side_close(closed);
  rig_bind(rig);
  assert_code(hvuv_accept(&bare->stream, &side->stream), UV_EINVAL);
  assert_code(hvuv_accept(&rig->listener->stream, &side->stream), UV_EINVAL);
  rig_listen(rig, 16);
  assert_code(hvuv_accept(&rig->listener->stream, &side->stream), UV_EAGAIN);

  call(&callers, &rig->to);
  RIG_RUN_UNTIL(rig, rig->connections == 1);
  assert_code(hvuv_accept(&rig->listener->stream, &closed->stream), UV_EINVAL);
  assert_code(hvuv_accept(&rig->listener->stream, &rig->listener->stream),
              UV_EBUSY);
  assert_code(hvuv_init(&callers.loop, &foreign), 0);
  assert_code(hvuv_accept(&rig->listener->stream, &foreign), UV_EINVAL);
  hvuv_close(&foreign, NULL);

  assert_code(hvuv_accept(&rig->listener->stream, &side->stream), 0);
  assert_code(hvuv_accept(&rig->listener->stream, &bare->stream), UV_EAGAIN);
  hang_up(&callers);
}

static void closing_a_listener_hangs_up_on_those_who_wait(void** state) {
  rig_t* rig = *state;
  side_t* clients[CALLERS];
  int i;

  rig->hold_accepts = 1;
  rig_listen(rig, 16);
  for (i = 0; i < CALLERS; i++) {
    clients[i] = side_new(rig);
    side_connect(clients[i]);
    side_read(clients[i]);
  }
  for (i = 0; i < CALLERS; i++)
    RIG_RUN_UNTIL(rig, clients[i]->connects_told > 0);
  RIG_RUN_UNTIL(rig, rig->connections > 0);
  side_close(rig->listener);
  rig_run(rig);

  for (i = 0; i < CALLERS; i++) {
    assert_code(clients[i]->connect_status, 0);
    assert_int_equal(clients[i]->ends, 1);
    assert_true(clients[i]->end == UV_EOF || clients[i]->end == UV_ECONNRESET);
  }
}

static void listening_again_keeps_listening(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_listen(rig, 1);
  rig_listen(rig, 16);
  rig_connect_pair(rig, &client, &server);
  rig_listen(rig, 2);
  rig_connect_pair(rig, &client, &server);
  assert_int_equal(rig->accept_count, 2);
}

static void listening_needs_a_bound_stream_and_a_callback(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_listen(&side->stream, 1, (hvuv_connection_cb) (uintptr_t) 1),
              UV_EINVAL);
  assert_code(hvuv_bind(&side->stream, &rig->at), 0);
  assert_code(hvuv_listen(&side->stream, 1, NULL), UV_EINVAL);
  assert_code(hvuv_bind(&side->stream, &rig->at), UV_EINVAL);
}

static void many_callers_at_a_tiny_backlog_are_all_served(void** state) {
  rig_t* rig = *state;
  side_t* clients[200];
  int told;
  int i;

  rig_skip_with_host(rig);
  if (!rig->transport->full_backlog_waits) {
    print_message("Here a full backlog refuses instead of waiting\n");
    skip();
  }
  rig_need_descriptors(1000);
  rig_listen(rig, 1);
  for (i = 0; i < 200; i++) {
    clients[i] = side_new(rig);
    side_connect(clients[i]);
  }
  do {
    told = 0;
    for (i = 0; i < 200; i++)
      told += clients[i]->connects_told;
  } while ((told < 200 || rig->accept_count < 200) && rig_turn(rig));

  for (i = 0; i < 200; i++)
    assert_code(clients[i]->connect_status, 0);
  assert_int_equal(rig->accept_count, 200);
  assert_int_equal(rig->shortages, 0);
}

/* --- Descriptors */

static void need_shortage(int keeps_callers) {
  const char* problem;

  problem = shortage_problem(keeps_callers);
  if (problem == NULL)
    return;
  print_message("%s\n", problem);
  skip();
}

static void on_time(uv_timer_t* timer) {
  int* over = timer->data;

  *over = 1;
}

/* Runs the loop for a while; the turns that it took. */
static uint64_t turns_in(rig_t* rig, uint64_t ms) {
  uv_timer_t timer;
  uint64_t before;
  int over;

  over = 0;
  timer.data = &over;
  uv_timer_init(&rig->loop, &timer);
  uv_update_time(&rig->loop);
  uv_timer_start(&timer, on_time, ms, 0);
  before = rig->turns;
  RIG_RUN_UNTIL(rig, over);
  before = rig->turns - before;
  uv_close((uv_handle_t*) &timer, NULL);
  rig_spin(rig, 1);
  return before;
}

static void a_shortage_of_descriptors_is_told_once_and_survived(void** state) {
  rig_t* rig = *state;
  shortage_t* shortage;
  callers_t callers;
  uint64_t turns;
  int told;
  int code;

  need_shortage(1);
  rig_listen(rig, 16);
  call(&callers, &rig->to);
  shortage = shortage_start();
  turns = turns_in(rig, 350);
  told = rig->shortages;
  code = rig->shortage;
  shortage_end(shortage);
  RIG_RUN_UNTIL(rig, rig->accept_count == CALLERS);
  hang_up(&callers);

  /* Three tries of the listener, and few turns besides. */
  assert_true(turns < 20);
  assert_int_equal(told, 1);
  assert_code(code, UV_EMFILE);
  assert_int_equal(rig->accept_count, CALLERS);
  assert_int_equal(rig->shortages, 1);
}

static void a_second_shortage_is_told_again(void** state) {
  rig_t* rig = *state;
  shortage_t* shortage;
  callers_t callers;
  int i;

  need_shortage(1);
  rig_listen(rig, 16);
  for (i = 1; i <= 2; i++) {
    call(&callers, &rig->to);
    shortage = shortage_start();
    RIG_RUN_UNTIL(rig, rig->shortages >= i);
    shortage_end(shortage);
    RIG_RUN_UNTIL(rig, rig->accept_count == i * CALLERS);
    hang_up(&callers);
    assert_int_equal(rig->shortages, i);
  }
}

static void a_listener_short_of_descriptors_can_be_closed(void** state) {
  rig_t* rig = *state;
  shortage_t* shortage;
  callers_t callers;

  need_shortage(0);
  rig_listen(rig, 16);
  call(&callers, &rig->to);
  shortage = shortage_start();
  RIG_RUN_UNTIL(rig, rig->shortages > 0);
  side_close(rig->listener);
  rig_run(rig);
  shortage_end(shortage);
  hang_up(&callers);

  assert_int_equal(rig->listener->closes_told, 1);
}

static void without_descriptors_nothing_is_taken(void** state) {
  rig_t* rig = *state;
  shortage_t* shortage;
  hvuv_connect_t req;
  side_t* caller;
  side_t* binder;
  int bind_err;
  int connect_err;

  need_shortage(0);
  rig_listen(rig, 16);
  caller = side_new(rig);
  binder = side_new(rig);
  shortage = shortage_start();
  bind_err = hvuv_bind(&binder->stream, &rig->at);
  connect_err = hvuv_connect(&req, &caller->stream, &rig->to, NULL);
  shortage_end(shortage);

  assert_code(bind_err, UV_EMFILE);
  assert_code(connect_err, UV_EMFILE);
  side_connect(caller);
  RIG_RUN_UNTIL(rig, caller->connects_told > 0 && rig->accept_count > 0);
  assert_code(caller->connect_status, 0);
}

int suite_accept(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_connection_waits_until_it_is_accepted),
      RIG_TEST(t, accept_tells_what_is_wrong_and_takes_nothing),
      RIG_TEST(t, closing_a_listener_hangs_up_on_those_who_wait),
      RIG_TEST(t, listening_again_keeps_listening),
      RIG_TEST(t, listening_needs_a_bound_stream_and_a_callback),
      RIG_TEST(t, many_callers_at_a_tiny_backlog_are_all_served),
      RIG_TEST(t, a_shortage_of_descriptors_is_told_once_and_survived),
      RIG_TEST(t, a_second_shortage_is_told_again),
      RIG_TEST(t, a_listener_short_of_descriptors_can_be_closed),
      RIG_TEST(t, without_descriptors_nothing_is_taken),
  };

  return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
