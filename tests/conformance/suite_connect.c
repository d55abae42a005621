/* Calling out: refused, cancelled, kept waiting, timed out. */
#include "suite.h"

#define CALLERS 8

static void a_refused_connect_tells_why_and_later(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_skip_with_host(rig);
  rig_bind(rig); /* and does not listen */
  client = side_new(rig);
  side_connect(client);
  assert_int_equal(client->connects_told, 0);
  RIG_RUN_UNTIL(rig, client->connects_told > 0);
  rig_spin(rig, 5);

  assert_code(client->connect_status, rig->transport->refused);
  assert_int_equal(client->connects_told, 1);
}

static void what_waited_for_a_refused_connect_is_canceled(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_skip_with_host(rig);
  rig_bind(rig);
  client = side_new(rig);
  side_connect(client);
  assert_code(side_write(client, 100, 1), 0);
  assert_code(side_write(client, 100, 5), 0);
  side_shutdown(client);
  side_read(client);
  RIG_RUN_UNTIL(rig, client->shutdowns_told > 0);
  rig_spin(rig, 5);

  assert_code(client->connect_status, rig->transport->refused);
  assert_int_equal(client->writes_canceled, 2);
  assert_code(client->shutdown_status, UV_ECANCELED);
  assert_int_equal(hvuv_get_write_queue_size(&client->stream), 0);
  assert_int_equal(client->ends, 0);
  assert_false(hvuv_is_active(&client->stream));
}

static void a_refused_stream_is_as_new(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  uv_os_sock_t sock;
  side_t* client;

  rig_skip_with_host(rig);
  rig_bind(rig);
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, client->connects_told > 0);

  assert_code(hvuv_getpeername(&client->stream, &name), UV_EBADF);
  assert_code(hvuv_getsockname(&client->stream, &name), UV_EBADF);
  assert_code(hvuv_fileno(&client->stream, &sock), UV_EBADF);
  assert_code(side_write(client, 1, 1), UV_EBADF);
  assert_false(hvuv_is_readable(&client->stream));
  assert_false(hvuv_is_writable(&client->stream));
}

static void a_refused_stream_may_connect_again(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_skip_with_host(rig);
  rig_bind(rig);
  client = side_new(rig);
  side_connect(client);
  assert_code(side_write(client, 100, 1), 0);
  RIG_RUN_UNTIL(rig, client->writes_told > 0);
  assert_code(client->connect_status, rig->transport->refused);

  rig->echo_accepts = 1;
  client->out_bytes = 0;
  rig_listen(rig, 4);
  side_connect(client);
  assert_code(side_write(client, 100, 1), 0);
  side_finish(client, 100);
  side_read(client);
  RIG_RUN_UNTIL(rig, client->ends > 0);

  assert_code(client->connect_status, 0);
  assert_int_equal(client->in_bytes, 100);
  assert_int_equal(client->in_wrong, 0);
}

static void closing_while_connecting_cancels_all(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_listen(rig, 4);
  client = side_new(rig);
  side_connect(client);
  assert_code(side_write(client, 100, 1), 0);
  side_shutdown(client);
  side_close(client);
  assert_int_equal(client->connects_told + client->writes_told, 0);
  RIG_RUN_UNTIL(rig, client->closes_told > 0);

  assert_code(client->connect_status, UV_ECANCELED);
  assert_int_equal(client->writes_canceled, 1);
  assert_code(client->shutdown_status, UV_ECANCELED);
}

static void a_connected_stream_connects_no_more(void** state) {
  rig_t* rig = *state;
  hvuv_connect_t req;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_code(hvuv_connect(&req, &client->stream, &rig->to, NULL), UV_EISCONN);
  assert_code(hvuv_connect(&req, &rig->listener->stream, &rig->to, NULL),
              UV_EINVAL);
  assert_code(hvuv_bind(&client->stream, &rig->at), UV_EINVAL);
}

static void a_second_connect_is_turned_away(void** state) {
  rig_t* rig = *state;
  hvuv_connect_t req;
  side_t* client;

  rig_listen(rig, 4);
  client = side_new(rig);
  side_connect(client);
  assert_code(hvuv_connect(&req, &client->stream, &rig->to, NULL), UV_EALREADY);
  assert_code(hvuv_set_connect_timeout(&client->stream, 5), UV_EALREADY);
  RIG_RUN_UNTIL(rig, client->connects_told > 0);
  assert_code(client->connect_status, 0);
  assert_int_equal(client->connects_told, 1);
}

/* --- A listener that nobody serves */

/* How many of some callers were told so. */
static int count_told(side_t* const callers[], int status) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < CALLERS; i++)
    n += callers[i]->connects_told == 1 && callers[i]->connect_status == status;
  return n;
}

static int count_all_told(side_t* const callers[]) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < CALLERS; i++)
    n += callers[i]->connects_told;
  return n;
}

/* More callers than the kernel lets wait. */
static void call_an_idle_listener(rig_t* rig,
                                  side_t* callers[],
                                  uint64_t timeout_ms) {
  int i;

  rig_skip_with_host(rig);
  if (!rig->transport->full_backlog_waits) {
    print_message("Here a full backlog refuses instead of waiting\n");
    skip();
  }
  rig->hold_accepts = 1;
  rig_listen(rig, 1);
  for (i = 0; i < CALLERS; i++) {
    callers[i] = side_new(rig);
    assert_code(hvuv_set_connect_timeout(&callers[i]->stream, timeout_ms), 0);
    side_connect(callers[i]);
  }
}

static void a_full_backlog_times_out(void** state) {
  rig_t* rig = *state;
  side_t* callers[CALLERS];
  uint64_t started;
  int refused;

  started = uv_hrtime();
  call_an_idle_listener(rig, callers, 30);
  RIG_RUN_UNTIL(rig, count_all_told(callers) == CALLERS);

  refused = count_told(callers, UV_ETIMEDOUT);
  assert_true(refused >= 1);
  assert_int_equal(count_told(callers, 0) + refused, CALLERS);
  assert_true(uv_hrtime() - started >= 29 * (uint64_t) 1000000);
}

static void after_a_timeout_the_stream_may_connect_again(void** state) {
  rig_t* rig = *state;
  side_t* callers[CALLERS];
  uint64_t started;
  side_t* late;
  int i;

  call_an_idle_listener(rig, callers, 20);
  RIG_RUN_UNTIL(rig, count_all_told(callers) == CALLERS);
  late = NULL;
  for (i = 0; i < CALLERS; i++)
    if (callers[i]->connect_status == UV_ETIMEDOUT)
      late = callers[i];
  assert_non_null(late);

  /* The time that passed counts no more. */
  assert_code(hvuv_set_connect_timeout(&late->stream, 0), 0);
  side_connect(late);
  started = uv_hrtime();
  while (uv_hrtime() - started < 5 * (uint64_t) 1000000)
    rig_spin(rig, 1);
  assert_int_equal(late->connects_told, 1);

  rig->hold_accepts = 0;
  side_accept(side_new(rig), &rig->listener->stream);
  RIG_RUN_UNTIL(rig, late->connects_told == 2);

  assert_code(late->connect_status, 0);
}

static void without_a_timeout_a_full_backlog_is_waited_for(void** state) {
  rig_t* rig = *state;
  side_t* callers[CALLERS];
  int i;

  call_an_idle_listener(rig, callers, 0);
  for (i = 0; i < CALLERS; i++)
    assert_code(side_write(callers[i], 10, 1), 0);
  RIG_RUN_UNTIL(rig, rig->connections == 1);
  rig_spin(rig, 100);
  assert_true(count_all_told(callers) < CALLERS);

  rig->hold_accepts = 0;
  side_accept(side_new(rig), &rig->listener->stream);
  RIG_RUN_UNTIL(
      rig, count_all_told(callers) == CALLERS && rig->accept_count == CALLERS);

  assert_int_equal(count_told(callers, 0), CALLERS);
  assert_int_equal(rig->accept_count, CALLERS);
}

static void closing_while_a_backlog_is_full_cancels(void** state) {
  rig_t* rig = *state;
  side_t* callers[CALLERS];
  int connected;
  int i;

  call_an_idle_listener(rig, callers, 3600000);
  RIG_RUN_UNTIL(rig, rig->connections == 1);
  rig_spin(rig, 50);
  connected = count_told(callers, 0);
  for (i = 0; i < CALLERS; i++)
    side_close(callers[i]);
  RIG_RUN_UNTIL(rig, count_all_told(callers) == CALLERS);

  assert_true(connected < CALLERS);
  assert_int_equal(count_told(callers, UV_ECANCELED), CALLERS - connected);
}

/* It is tried again with growing pauses, not on every turn. */
static void waiting_for_a_backlog_does_not_spin(void** state) {
  rig_t* rig = *state;
  side_t* callers[CALLERS];
  uint64_t before;

  call_an_idle_listener(rig, callers, 200);
  RIG_RUN_UNTIL(rig, rig->connections == 1);
  before = rig->turns;
  RIG_RUN_UNTIL(rig, count_all_told(callers) == CALLERS);

  /* 200 ms in steps of 1, 2, 4, 8, 16, 32, 32... by seven streams at most. */
  assert_true(rig->turns - before < 200);
}

int suite_connect(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_refused_connect_tells_why_and_later),
      RIG_TEST(t, what_waited_for_a_refused_connect_is_canceled),
      RIG_TEST(t, a_refused_stream_is_as_new),
      RIG_TEST(t, a_refused_stream_may_connect_again),
      RIG_TEST(t, closing_while_connecting_cancels_all),
      RIG_TEST(t, a_connected_stream_connects_no_more),
      RIG_TEST(t, a_second_connect_is_turned_away),
      RIG_TEST(t, a_full_backlog_times_out),
      RIG_TEST(t, after_a_timeout_the_stream_may_connect_again),
      RIG_TEST(t, without_a_timeout_a_full_backlog_is_waited_for),
      RIG_TEST(t, closing_while_a_backlog_is_full_cancels),
      RIG_TEST(t, waiting_for_a_backlog_does_not_spin),
  };

  return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
