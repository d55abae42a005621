/* Bytes there and back, the names of both ends, and the sockets' options. */
#include "suite.h"
#include "support/between.h"
#include "support/endpoint.h"
#include "support/net.h"
#include "support/wine.h"

#define CHUNK 65536

static void what_is_sent_comes_back(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  int i;

  rig->echo_accepts = 1;
  rig_connect_pair(rig, &client, &server);
  side_read(client);

  for (i = 1; i <= 20; i++) {
    assert_code(side_write(client, 14, 1), 0);
    RIG_RUN_UNTIL(rig, client->in_bytes == 14u * (unsigned int) i);
  }

  assert_int_equal(client->in_bytes, 20 * 14);
  assert_int_equal(client->in_wrong, 0);
  assert_int_equal(client->writes_ok, 20);
}

static void many_buffers_arrive_in_order(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  unsigned int i;

  rig_connect_pair(rig, &client, &server);
  side_read(server);

  for (i = 1; i <= 64; i++)
    assert_code(side_write(client, 1000 + i, i), 0);
  side_shutdown(client);
  RIG_RUN_UNTIL(rig, server->ends > 0);

  assert_int_equal(server->in_bytes, client->out_bytes);
  assert_int_equal(server->in_wrong, 0);
  assert_int_equal(client->writes_ok, 64);
}

static void large_writes_both_ways_at_once_arrive_whole(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  unsigned int i;

  rig_connect_pair(rig, &client, &server);
  client->out_seed = server->in_seed = 5;
  client->in_seed = server->out_seed = 9;

  for (i = 0; i < 64; i++) {
    assert_code(side_write(client, CHUNK, 1 + i % 7), 0);
    assert_code(side_write(server, CHUNK, 1 + i % 5), 0);
  }
  side_finish(client, 64 * CHUNK);
  if (wine_has(WINE_END_DROPS_SENDS))
    side_finish(server, 64 * CHUNK);
  else
    side_shutdown(server);
  side_read(client);
  side_read(server);
  RIG_RUN_UNTIL(rig, client->ends > 0 && server->ends > 0);

  assert_int_equal(client->in_bytes, 64 * CHUNK);
  assert_int_equal(server->in_bytes, 64 * CHUNK);
  assert_int_equal(client->in_wrong + server->in_wrong, 0);
  assert_int_equal(client->writes_ok, 64);
  assert_int_equal(server->writes_ok, 64);
  assert_code(client->end, UV_EOF);
  assert_code(server->end, UV_EOF);
}

static void writes_behind_the_connect_go_out_after_it(void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig_need_addresses(rig);
  rig_listen(rig, 16);
  rig->echo_accepts = 1;
  client = side_new(rig);
  side_connect(client);
  assert_code(side_write(client, 3000, 2), 0);
  assert_code(side_write(client, 500, 1), 0);
  side_finish(client, 3500);
  side_read(client);
  assert_int_equal(client->connects_told + client->writes_told, 0);
  RIG_RUN_UNTIL(rig, client->ends > 0);

  assert_code(client->connect_status, 0);
  assert_int_equal(client->writes_ok, 2);
  assert_code(client->shutdown_status, 0);
  assert_int_equal(client->in_bytes, 3500);
  assert_int_equal(client->in_wrong, 0);
}

static void try_write_takes_what_fits_and_then_answers_eagain(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  uv_buf_t buf;
  int n;

  rig_connect_pair(rig, &client, &server);
  for (;;) {
    buf.base = (char*) (uintptr_t) rig_pattern(0, client->out_bytes);
    buf.len = CHUNK;
    n = hvuv_try_write(&client->stream, &buf, 1);
    if (n < 0)
      break;
    client->out_bytes += (uint64_t) n;
  }
  side_shutdown(client);
  side_read(server);
  RIG_RUN_UNTIL(rig, server->ends > 0);

  assert_code(n, UV_EAGAIN);
  assert_true(client->out_bytes > 0);
  assert_int_equal(server->in_bytes, client->out_bytes);
  assert_int_equal(server->in_wrong, 0);
}

static void what_a_slow_peer_leaves_counts_as_queued(void** state) {
  rig_t* rig = *state;
  size_t before;
  side_t* client;
  side_t* server;
  uv_buf_t buf;

  rig_connect_pair(rig, &client, &server);
  side_fill(client);
  before = hvuv_get_write_queue_size(&client->stream);
  assert_code(side_write(client, 1000, 1), 0);
  assert_code(side_write(client, 0, 1), 0);
  assert_code(side_write(client, 200, 3), 0);
  assert_int_equal(hvuv_get_write_queue_size(&client->stream), before + 1200);
  assert_int_equal(client->stream.write_queue_size, before + 1200);
  buf = uv_buf_init((char*) (uintptr_t) "x", 1);
  assert_code(hvuv_try_write(&client->stream, &buf, 1), UV_EAGAIN);

  side_read(server);
  RIG_RUN_UNTIL(rig, client->writes_told == client->writes_asked);
  RIG_RUN_UNTIL(rig, server->in_bytes == client->out_bytes);

  assert_int_equal(hvuv_get_write_queue_size(&client->stream), 0);
  assert_int_equal(client->writes_ok, client->writes_asked);
  assert_int_equal(server->in_bytes, client->out_bytes);
  assert_int_equal(server->in_wrong, 0);
}

static void both_ends_know_the_names_of_both(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  hvuv_addr_t expected;
  side_t* client;
  side_t* server;

  rig_need_addresses(rig);
  rig_connect_pair(rig, &client, &server);

  assert_code(hvuv_getpeername(&client->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &rig->to));
  assert_true(rig_prints_and_parses(&name));

  assert_code(hvuv_getsockname(&rig->listener->stream, &expected), 0);
  assert_true(rig_prints_and_parses(&expected));
  assert_code(hvuv_getsockname(&server->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &expected));

  assert_code(hvuv_getpeername(&server->stream, &name), 0);
  assert_true(rig_prints_and_parses(&name));
  if (rig->transport->peer_of_server != NULL) {
    assert_code(hvuv_addr_parse(rig->transport->peer_of_server, &expected), 0);
    assert_true(hvuv_addr_equal(&name, &expected));
  }

  if (rig->transport->client_has_name) {
    assert_code(hvuv_getsockname(&client->stream, &name), 0);
    assert_true(rig_prints_and_parses(&name));
  } else {
    assert_code(hvuv_getsockname(&client->stream, &name), UV_ENOTSUP);
  }
}

static void a_stream_without_a_socket_has_no_names(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_getsockname(&side->stream, &name), UV_EBADF);
  assert_code(hvuv_getpeername(&side->stream, &name), UV_EBADF);
}

static void a_listener_has_no_peer(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;

  rig_need_addresses(rig);
  rig_bind(rig);
  assert_code(hvuv_getpeername(&rig->listener->stream, &name), UV_ENOTCONN);
  rig_listen(rig, 4);
  assert_code(hvuv_getpeername(&rig->listener->stream, &name), UV_ENOTCONN);
}

static void a_connecting_stream_has_no_peer_yet(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  side_t* client;

  rig_need_addresses(rig);
  rig_listen(rig, 4);
  client = side_new(rig);
  side_connect(client);
  assert_code(hvuv_getpeername(&client->stream, &name), UV_ENOTCONN);
  rig_spin(rig, 3);
}

/* Also where the system forgets them, as AF_VSOCK does at a shutdown. */
static void names_are_readable_until_the_close_callback(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer_of_server;
  hvuv_addr_t name;
  side_t* client;
  side_t* server;

  rig_need_addresses(rig);
  rig_connect_pair(rig, &client, &server);
  assert_code(hvuv_getpeername(&server->stream, &peer_of_server), 0);
  side_shutdown(client);
  side_shutdown(server);
  side_read(client);
  side_read(server);
  RIG_RUN_UNTIL(rig, client->ends > 0 && server->ends > 0);
  side_close(server);

  assert_code(hvuv_getpeername(&server->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &peer_of_server));
  assert_code(hvuv_getpeername(&client->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &rig->to));
  assert_code(hvuv_getsockname(&server->stream, &name), 0);

  side_close(rig->listener);
  assert_code(hvuv_getsockname(&rig->listener->stream, &name), 0);
  assert_true(hvuv_addr_equal(&name, &server->stream.local_addr));
}

static void expect_our_own(const side_t* side) {
  uv_os_sock_t sock;

  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  assert_false(net_is_inherited(sock));
  assert_false(net_blocks(sock));
}

static void no_socket_is_inherited(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  side_t* waiting;

  rig_connect_pair(rig, &client, &server);
  rig->hold_accepts = 1;
  waiting = side_new(rig);
  side_connect(waiting);
  RIG_RUN_UNTIL(rig, rig->connections == 2);

  expect_our_own(rig->listener);
  expect_our_own(client);
  expect_our_own(server);
  /* The socket that waits for hvuv_accept() and what else there may be. */
  if (!rig->transport->has_middleman)
    assert_int_equal(endpoint_count_inheritable(), rig->inheritable);
}

static void expect_buffer_sizes(side_t* side) {
  int value;

  value = 0;
  assert_code(hvuv_send_buffer_size(&side->stream, &value), 0);
  assert_true(value > 0);
  value = 40000;
  assert_code(hvuv_send_buffer_size(&side->stream, &value), 0);
  value = 0;
  assert_code(hvuv_send_buffer_size(&side->stream, &value), 0);
  assert_between(value, 40000, 80000);

  value = 0;
  assert_code(hvuv_recv_buffer_size(&side->stream, &value), 0);
  assert_true(value > 0);
  value = 50000;
  assert_code(hvuv_recv_buffer_size(&side->stream, &value), 0);
  value = 0;
  assert_code(hvuv_recv_buffer_size(&side->stream, &value), 0);
  assert_between(value, 50000, 100000);

  value = -1;
  assert_code(hvuv_send_buffer_size(&side->stream, &value), UV_EINVAL);
  assert_code(hvuv_recv_buffer_size(&side->stream, &value), UV_EINVAL);
}

static void buffer_sizes_are_set_and_read(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  side_t* bare;
  int value;

  rig_connect_pair(rig, &client, &server);
  expect_buffer_sizes(client);
  expect_buffer_sizes(server);
  expect_buffer_sizes(rig->listener);

  bare = side_new(rig);
  value = 0;
  assert_code(hvuv_send_buffer_size(&bare->stream, &value), UV_EBADF);
  assert_code(hvuv_recv_buffer_size(&bare->stream, &value), UV_EBADF);
}

static void fileno_is_the_socket_while_there_is_one(void** state) {
  rig_t* rig = *state;
  uv_os_sock_t sock;
  side_t* client;
  side_t* server;
  side_t* bare;

  rig_connect_pair(rig, &client, &server);
  assert_code(hvuv_fileno(&client->stream, &sock), 0);
  side_close(client);
  assert_code(hvuv_fileno(&client->stream, &sock), UV_EBADF);
  bare = side_new(rig);
  assert_code(hvuv_fileno(&bare->stream, &sock), UV_EBADF);
}

int suite_talk(const transport_t* t) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, what_is_sent_comes_back),
      RIG_TEST(t, many_buffers_arrive_in_order),
      RIG_TEST(t, large_writes_both_ways_at_once_arrive_whole),
      RIG_TEST(t, writes_behind_the_connect_go_out_after_it),
      RIG_TEST(t, try_write_takes_what_fits_and_then_answers_eagain),
      RIG_TEST(t, what_a_slow_peer_leaves_counts_as_queued),
      RIG_TEST(t, both_ends_know_the_names_of_both),
      RIG_TEST(t, a_stream_without_a_socket_has_no_names),
      RIG_TEST(t, a_listener_has_no_peer),
      RIG_TEST(t, a_connecting_stream_has_no_peer_yet),
      RIG_TEST(t, names_are_readable_until_the_close_callback),
      RIG_TEST(t, no_socket_is_inherited),
      RIG_TEST(t, buffer_sizes_are_set_and_read),
      RIG_TEST(t, fileno_is_the_socket_while_there_is_one),
  };

  return cmocka_run_group_tests_name("talk", tests, NULL, NULL);
}
