/* How a conversation ends: half-close, close, abort. */
#include "suite.h"
#include "support/net.h"

/* One side ends its direction after n bytes; the other answers and ends its
 * own. */
static void expect_half_close(rig_t* rig, side_t* first, side_t* last) {
  assert_code(side_write(first, 1000, 1), 0);
  side_shutdown(first);
  assert_false(hvuv_is_writable(&first->stream));
  side_read(last);
  RIG_RUN_UNTIL(rig, last->ends > 0);

  assert_code(last->end, UV_EOF);
  assert_int_equal(last->in_bytes, 1000);
  assert_code(first->shutdown_status, 0);
  assert_true(hvuv_is_readable(&last->stream));
  assert_true(hvuv_is_writable(&last->stream));
  assert_true(hvuv_is_readable(&first->stream));

  assert_code(side_write(last, 60000, 3), 0);
  assert_code(side_write(last, 60000, 1), 0);
  side_shutdown(last);
  side_read(first);
  RIG_RUN_UNTIL(rig, first->ends > 0);

  assert_code(first->end, UV_EOF);
  assert_int_equal(first->in_bytes, 120000);
  assert_int_equal(first->in_wrong + last->in_wrong, 0);
  assert_int_equal(first->ends + last->ends, 2);
}

static void the_client_ends_first_and_still_reads(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_need_half_close(rig);
  rig_connect_pair(rig, &client, &server);
  expect_half_close(rig, client, server);
}

static void the_server_ends_first_and_still_reads(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_need_half_close(rig);
  rig_connect_pair(rig, &client, &server);
  expect_half_close(rig, server, client);
}

static void a_shutdown_without_writes_is_read_as_an_end(void** state) {
  rig_t* rig = *state;
  hvuv_shutdown_t second;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  side_read(server);
  side_shutdown(client);
  assert_int_equal(client->shutdowns_told, 0);
  assert_code(hvuv_shutdown(&second, &client->stream, NULL), UV_ENOTCONN);
  assert_code(side_write(client, 1, 1), UV_EPIPE);
  RIG_RUN_UNTIL(rig, server->ends > 0 && client->shutdowns_told > 0);

  assert_code(client->shutdown_status, 0);
  assert_code(server->end, UV_EOF);
}

static void a_shutdown_waits_for_the_writes_before_it(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  side_fill(client);
  side_shutdown(client);
  rig_spin(rig, 5);
  assert_int_equal(client->shutdowns_told, 0);

  side_read(server);
  RIG_RUN_UNTIL(rig, server->ends > 0);
  assert_int_equal(client->writes_ok, client->writes_asked);
  assert_code(client->shutdown_status, 0);
  assert_int_equal(server->in_bytes, client->out_bytes);
  assert_int_equal(server->in_wrong, 0);
}

static void a_close_is_read_as_an_end_once(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_code(side_write(server, 777, 1), 0);
  RIG_RUN_UNTIL(rig, server->writes_told == 1);
  side_close(server);
  side_read(client);
  RIG_RUN_UNTIL(rig, client->ends > 0);
  rig_spin(rig, 10);

  assert_int_equal(client->in_bytes, 777);
  assert_int_equal(client->in_wrong, 0);
  assert_code(client->end, UV_EOF);
  assert_int_equal(client->ends, 1);
}

/* A peer that has hung up is reported on every turn to those who watch it. */
static void an_end_does_not_spin_the_loop(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  int before;

  rig_connect_pair(rig, &client, &server);
  side_read(client);
  side_close(server);
  RIG_RUN_UNTIL(rig, client->ends > 0);

  /* Only the listener is left to wait for, and nobody calls. */
  before = client->reads;
  rig_spin(rig, 3);
  assert_int_equal(uv_backend_timeout(&rig->loop) == 0, 0);
  assert_int_equal(client->reads, before);
  assert_int_equal(client->ends, 1);
}

static void expect_aborted(const side_t* side) {
  const transport_t* t = side->rig->transport;

  if (t->aborted_too == 0 || side->end != t->aborted_too)
    assert_code(side->end, t->aborted);
  assert_int_equal(side->ends, 1);
}

static void bytes_before_an_abort_are_read_and_then_its_error_once(
    void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_code(side_write(client, 100, 1), 0);
  assert_code(side_write(server, 5, 1), 0);
  rig_spin(rig, 2);
  side_await(server, 1);
  side_await(client, 1);
  side_close(server); /* with 100 bytes unread */
  side_read(client);
  RIG_RUN_UNTIL(rig, client->ends > 0);
  rig_spin(rig, 10);

  if (net_reads_before_reset() || client->in_bytes != 0)
    assert_int_equal(client->in_bytes, 5);
  assert_int_equal(client->in_wrong, 0);
  expect_aborted(client);
}

/* The same with the reader waiting already, so that the error itself wakes
 * it. */
static void an_abort_wakes_a_reader_once(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  side_read(client);
  rig_spin(rig, 2);
  assert_code(side_write(client, 100, 1), 0);
  rig_spin(rig, 2);
  side_await(server, 1);
  side_close(server);
  RIG_RUN_UNTIL(rig, client->ends > 0);
  rig_spin(rig, 10);

  expect_aborted(client);
}

static void a_write_that_waits_is_told_of_an_abort(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_skip_with_host(rig);
  rig_connect_pair(rig, &client, &server);
  side_fill(client);
  assert_code(side_write(client, 10, 1), 0);
  side_close(server);
  RIG_RUN_UNTIL(rig, client->writes_told == client->writes_asked);

  /* The one that failed knows why, those behind it were not tried. */
  assert_int_equal(client->writes_ok + client->writes_canceled + 1,
                   client->writes_asked);
  assert_true(client->writes_canceled >= 1);
  assert_code(client->write_status, UV_ECANCELED);
}

static void closing_with_writes_pending_cancels_them(void** state) {
  rig_t* rig = *state;
  uint64_t taken;
  side_t* client;
  side_t* server;
  int waiting;

  rig_connect_pair(rig, &client, &server);
  side_fill(client);
  assert_code(side_write(client, 100, 1), 0);
  assert_code(side_write(client, 100, 1), 0);
  side_shutdown(client);
  taken = client->out_bytes - hvuv_get_write_queue_size(&client->stream);
  waiting = client->writes_asked - client->writes_told;

  side_close(client);
  assert_int_equal(client->writes_asked - client->writes_told, waiting);
  side_read(server);
  RIG_RUN_UNTIL(rig, server->ends > 0);

  assert_int_equal(client->writes_told, client->writes_asked);
  assert_true(client->writes_canceled >= 3);
  assert_int_equal(client->writes_ok + client->writes_canceled,
                   client->writes_asked);
  assert_code(client->shutdown_status, UV_ECANCELED);
  assert_int_equal(client->closes_told, 1);
  assert_code(server->end, UV_EOF);
  assert_int_equal(server->in_bytes, taken);
  assert_int_equal(server->in_wrong, 0);
}

static void writes_of_the_last_turn_leave_before_the_close(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_code(side_write(client, 10, 1), 0);
  assert_code(side_write(client, 20, 1), 0);
  assert_code(side_write(client, 30, 2), 0);
  side_close(client);
  side_read(server);
  RIG_RUN_UNTIL(rig, server->ends > 0);

  assert_int_equal(server->in_bytes, 60);
  assert_int_equal(server->in_wrong, 0);
  assert_int_equal(client->writes_ok, 3);
}

static void closing_while_reading_tells_no_read(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  side_read(server);
  assert_code(side_write(client, 10, 1), 0);
  side_await(server, 1);
  side_close(server);
  rig_spin(rig, 3);

  assert_int_equal(server->reads, 0);
  assert_int_equal(server->ends, 0);
  assert_int_equal(server->closes_told, 1);
}

/* In every way that there is to write. */
void suite_write_to_the_dead(rig_t* rig) {
  uv_buf_t bufs[2];
  side_t* client;
  side_t* server;
  int i;
  int r;

  rig_skip_with_host(rig);
  rig_connect_pair(rig, &client, &server);
  side_close(server);
  side_await(client, 1);
  for (i = 0; i < 10000 && client->write_status == 0; i++) {
    assert_code(side_write(client, 100, 1 + (unsigned int) i % 3), 0);
    RIG_RUN_UNTIL(rig, client->writes_told == client->writes_asked);
  }
  assert_true(client->write_status < 0);
  assert_true(client->write_status != UV_ECANCELED);

  assert_code(side_write(client, 100, 1), 0);
  assert_code(side_write(client, 100, 3), 0);
  assert_code(side_write(client, 100, 3), 0);
  RIG_RUN_UNTIL(rig, client->writes_told == client->writes_asked);
  assert_true(client->write_status < 0);

  bufs[0] = bufs[1] = uv_buf_init((char*) (uintptr_t) "x", 1);
  r = hvuv_try_write(&client->stream, bufs, 1);
  assert_true(r == UV_EPIPE || r == UV_ECONNRESET);
  r = hvuv_try_write(&client->stream, bufs, 2);
  assert_true(r == UV_EPIPE || r == UV_ECONNRESET);
}

static void writing_to_the_dead_fails_each_time(void** state) {
  suite_write_to_the_dead(*state);
}

int suite_ends(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, the_client_ends_first_and_still_reads),
      RIG_TEST(t, the_server_ends_first_and_still_reads),
      RIG_TEST(t, a_shutdown_without_writes_is_read_as_an_end),
      RIG_TEST(t, a_shutdown_waits_for_the_writes_before_it),
      RIG_TEST(t, a_close_is_read_as_an_end_once),
      RIG_TEST(t, an_end_does_not_spin_the_loop),
      RIG_TEST(t, bytes_before_an_abort_are_read_and_then_its_error_once),
      RIG_TEST(t, an_abort_wakes_a_reader_once),
      RIG_TEST(t, a_write_that_waits_is_told_of_an_abort),
      RIG_TEST(t, closing_with_writes_pending_cancels_them),
      RIG_TEST(t, writes_of_the_last_turn_leave_before_the_close),
      RIG_TEST(t, closing_while_reading_tells_no_read),
      RIG_TEST(t, writing_to_the_dead_fails_each_time),
  };

  return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}
