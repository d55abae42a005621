/* What keeps a loop alive, and what does not. */
#include "suite.h"

/* After what was to be told has been told. */
static int is_alive(rig_t* rig) {
  rig_spin(rig, 3);
  return uv_loop_alive(&rig->loop);
}

/* A pair, and no listener that would hold the loop, nor what is left of one:
 * libuv's slow path on Windows holds it until a thread has returned. */
static void connect_alone(rig_t* rig, side_t** client, side_t** server) {
  rig_connect_pair(rig, client, server);
  side_close(rig->listener);
  rig_run(rig);
}

static void a_new_stream_does_not_hold_the_loop(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = side_new(rig);
  assert_false(is_alive(rig));
  assert_false(hvuv_is_active(&side->stream));
  assert_true(hvuv_has_ref(&side->stream));
}

static void a_bound_stream_does_not_hold_the_loop(void** state) {
  rig_t* rig = *state;

  rig_need_addresses(rig);
  rig_bind(rig);
  assert_false(is_alive(rig));
  assert_false(hvuv_is_active(&rig->listener->stream));
}

static void a_listener_holds_the_loop(void** state) {
  rig_t* rig = *state;

  rig_listen(rig, 4);
  assert_true(is_alive(rig));
  assert_true(hvuv_is_active(&rig->listener->stream));
}

static void an_unrefd_listener_does_not_but_serves(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_listen(rig, 4);
  hvuv_unref(&rig->listener->stream);
  hvuv_unref(&rig->listener->stream);
  assert_false(is_alive(rig));
  assert_true(hvuv_is_active(&rig->listener->stream));
  assert_false(hvuv_has_ref(&rig->listener->stream));

  rig_hold(rig, 1);
  rig_connect_pair(rig, &client, &server);
  rig_hold(rig, 0);
  assert_false(is_alive(rig));
  hvuv_ref(&rig->listener->stream);
  assert_true(is_alive(rig));
}

static void a_listener_with_a_waiting_connection_holds_the_loop(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig->hold_accepts = 1;
  rig_listen(rig, 4);
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, rig->connections == 1 && client->connects_told == 1);
  assert_true(is_alive(rig));
}

static void an_idle_connection_does_not_hold_the_loop(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  assert_false(is_alive(rig));
  assert_false(hvuv_is_active(&client->stream));
  assert_false(hvuv_is_active(&server->stream));
}

static void reading_holds_the_loop_until_it_stops(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  side_read(client);
  assert_true(is_alive(rig));
  assert_true(hvuv_is_active(&client->stream));

  hvuv_read_stop(&client->stream);
  assert_false(is_alive(rig));
  side_read(client);
  assert_true(is_alive(rig));
}

static void reading_holds_the_loop_until_the_end(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  side_read(client);
  side_close(server);
  rig_run(rig);

  assert_int_equal(client->ends, 1);
  assert_false(hvuv_is_active(&client->stream));
}

static void unrefd_reading_does_not_but_delivers(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  hvuv_unref(&client->stream);
  side_read(client);
  assert_false(is_alive(rig));
  assert_true(hvuv_is_active(&client->stream));

  assert_code(side_write(server, 100, 1), 0);
  rig_hold(rig, 1);
  RIG_RUN_UNTIL(rig, client->in_bytes > 0);
  rig_hold(rig, 0);
  assert_int_equal(client->in_bytes, 100);
  assert_false(is_alive(rig));
}

static void a_pending_write_holds_the_loop_all_the_same(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  hvuv_unref(&client->stream);
  hvuv_unref(&server->stream);
  side_fill(client);
  assert_true(is_alive(rig));
  assert_true(hvuv_is_active(&client->stream));

  side_read(server);
  rig_run(rig);
  assert_int_equal(client->writes_ok, client->writes_asked);
  assert_false(hvuv_is_active(&client->stream));
}

static void a_pending_shutdown_holds_the_loop_all_the_same(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  hvuv_unref(&client->stream);
  side_shutdown(client);
  assert_true(uv_loop_alive(&rig->loop));
  assert_true(hvuv_is_active(&client->stream));
  rig_run(rig);
  assert_int_equal(client->shutdowns_told, 1);
  assert_false(hvuv_is_active(&client->stream));
}

static void a_pending_connect_holds_the_loop_all_the_same(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_need_addresses(rig);
  rig_listen(rig, 4);
  hvuv_unref(&rig->listener->stream);
  client = side_new(rig);
  hvuv_unref(&client->stream);
  side_connect(client);
  assert_true(uv_loop_alive(&rig->loop));
  assert_true(hvuv_is_active(&client->stream));
  rig_run(rig);
  assert_int_equal(client->connects_told, 1);
  assert_code(client->connect_status, 0);
  assert_false(hvuv_is_active(&client->stream));
}

static void a_connect_that_waits_for_a_backlog_holds_the_loop(void** state) {
  rig_t* rig = *state;
  side_t* clients[8];
  int told;
  int i;

  rig_skip_with_host(rig);
  if (!rig->transport->full_backlog_waits)
    skip();
  rig->hold_accepts = 1;
  rig_listen(rig, 1);
  hvuv_unref(&rig->listener->stream);
  for (i = 0; i < 8; i++) {
    clients[i] = side_new(rig);
    hvuv_unref(&clients[i]->stream);
    hvuv_set_connect_timeout(&clients[i]->stream, 20);
    side_connect(clients[i]);
  }
  assert_true(is_alive(rig));
  rig_run(rig);

  told = 0;
  for (i = 0; i < 8; i++)
    told += clients[i]->connects_told;
  assert_int_equal(told, 8);
}

static void closing_holds_the_loop_until_its_callback(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  connect_alone(rig, &client, &server);
  hvuv_unref(&client->stream);
  side_close(client);
  assert_true(uv_loop_alive(&rig->loop));
  assert_false(hvuv_is_active(&client->stream));
  assert_true(hvuv_is_closing(&client->stream));
  rig_run(rig);
  assert_int_equal(client->closes_told, 1);
}

/* One uv_run() is enough for everything that was asked for. */
static void closing_all_lets_the_loop_end_in_one_run(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  side_read(server);
  side_fill(server);
  side_close(client);
  side_close(server);
  side_close(rig->listener);
  uv_run(&rig->loop, UV_RUN_DEFAULT);

  assert_int_equal(client->closes_told + server->closes_told +
                       rig->listener->closes_told,
                   3);
  assert_false(uv_loop_alive(&rig->loop));
}

int suite_alive(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_new_stream_does_not_hold_the_loop),
      RIG_TEST(t, a_bound_stream_does_not_hold_the_loop),
      RIG_TEST(t, a_listener_holds_the_loop),
      RIG_TEST(t, an_unrefd_listener_does_not_but_serves),
      RIG_TEST(t, a_listener_with_a_waiting_connection_holds_the_loop),
      RIG_TEST(t, an_idle_connection_does_not_hold_the_loop),
      RIG_TEST(t, reading_holds_the_loop_until_it_stops),
      RIG_TEST(t, reading_holds_the_loop_until_the_end),
      RIG_TEST(t, unrefd_reading_does_not_but_delivers),
      RIG_TEST(t, a_pending_write_holds_the_loop_all_the_same),
      RIG_TEST(t, a_pending_shutdown_holds_the_loop_all_the_same),
      RIG_TEST(t, a_pending_connect_holds_the_loop_all_the_same),
      RIG_TEST(t, a_connect_that_waits_for_a_backlog_holds_the_loop),
      RIG_TEST(t, closing_holds_the_loop_until_its_callback),
      RIG_TEST(t, closing_all_lets_the_loop_end_in_one_run),
  };

  return cmocka_run_group_tests_name("alive", tests, NULL, NULL);
}
