/* Everything a binding needs that does not read the headers: blocks of the
 * sizes that the library gives, and their data by functions alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hvuv.h"
#include "support/loop.h"
#include "support/net.h"

static void sizes_are_those_of_the_types(void** state) {
  (void) state;
  assert_int_equal(hvuv_stream_size(), sizeof(hvuv_stream_t));
  assert_int_equal(hvuv_connect_size(), sizeof(hvuv_connect_t));
  assert_int_equal(hvuv_write_size(), sizeof(hvuv_write_t));
  assert_int_equal(hvuv_shutdown_size(), sizeof(hvuv_shutdown_t));
  assert_int_equal(hvuv_server_size(), sizeof(hvuv_server_t));
  assert_int_equal(hvuv_client_size(), sizeof(hvuv_client_t));
  assert_int_equal(hvuv_relay_size(), sizeof(hvuv_relay_t));
  assert_int_equal(hvuv_decoder_size(), sizeof(hvuv_decoder_t));
}

static void data_is_the_field(void** state) {
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
  hvuv_relay_t relay;
  int mine;

  (void) state;
  hvuv_stream_set_data(&stream, &mine);
  hvuv_connect_set_data(&connect, &mine);
  hvuv_write_set_data(&write, &mine);
  hvuv_shutdown_set_data(&shutdown, &mine);
  hvuv_relay_set_data(&relay, &mine);
  assert_ptr_equal(stream.data, &mine);
  assert_ptr_equal(connect.data, &mine);
  assert_ptr_equal(write.data, &mine);
  assert_ptr_equal(shutdown.data, &mine);
  assert_ptr_equal(relay.data, &mine);
  assert_ptr_equal(hvuv_stream_get_data(&stream), &mine);
  assert_ptr_equal(hvuv_connect_get_data(&connect), &mine);
  assert_ptr_equal(hvuv_write_get_data(&write), &mine);
  assert_ptr_equal(hvuv_shutdown_get_data(&shutdown), &mine);
  assert_ptr_equal(hvuv_relay_get_data(&relay), &mine);
}

/* --- A binding at work ---------------------------------------------------- */

static void on_written(hvuv_write_t* req, int status) {
  *(int*) hvuv_write_get_data(req) = status == 0 ? 1 : status;
}

static void on_shut_down(hvuv_shutdown_t* req, int status) {
  *(int*) hvuv_shutdown_get_data(req) = status == 0 ? 1 : status;
}

static void on_closed(hvuv_stream_t* s) {
  *(int*) hvuv_stream_get_data(s) = 1;
}

static void blocks_of_those_sizes_are_enough(void** state) {
  uv_os_sock_t socks[2];
  uv_loop_t* loop;
  hvuv_stream_t* s;
  hvuv_write_t* write;
  hvuv_shutdown_t* shutdown;
  uv_buf_t buf;
  int done[3] = {0, 0, 0};

  (void) state;
  loop = loop_open();
  assert_int_equal(net_pair(socks), 0);
  s = malloc(hvuv_stream_size());
  write = malloc(hvuv_write_size());
  shutdown = malloc(hvuv_shutdown_size());
  assert_true(s != NULL && write != NULL && shutdown != NULL);
  hvuv_stream_set_data(s, &done[2]);
  hvuv_write_set_data(write, &done[0]);
  hvuv_shutdown_set_data(shutdown, &done[1]);

  assert_int_equal(hvuv_init(loop, s), 0);
  assert_ptr_equal(hvuv_stream_get_loop(s), loop);
  assert_int_equal(hvuv_open(s, socks[0]), 0);
  buf = uv_buf_init((char*) "x", 1);
  assert_int_equal(hvuv_write(write, s, &buf, 1, on_written), 0);
  assert_int_equal(hvuv_shutdown(shutdown, s, on_shut_down), 0);
  loop_run_until(loop, &done[1]);
  hvuv_close(s, on_closed);
  loop_run_until(loop, &done[2]);
  assert_int_equal(done[0], 1);
  assert_int_equal(done[1], 1);

  free(s);
  free(write);
  free(shutdown);
  net_close(socks[1]);
  loop_run_out(loop);
  loop_close(loop);
}

static void on_stopped(hvuv_server_t* server) {
  *(int*) hvuv_server_get_data(server) = 1;
}

static void on_client_closed(hvuv_client_t* client) {
  *(int*) hvuv_client_get_data(client) = 1;
}

static void servers_and_clients_have_data_and_a_loop(void** state) {
  uv_loop_t* loop;
  hvuv_server_t* server;
  hvuv_client_t* client;
  int done[2] = {0, 0};

  (void) state;
  loop = loop_open();
  server = malloc(hvuv_server_size());
  client = malloc(hvuv_client_size());
  assert_true(server != NULL && client != NULL);
  hvuv_server_set_data(server, &done[0]);
  hvuv_client_set_data(client, &done[1]);
  assert_int_equal(hvuv_server_init(loop, server, NULL), 0);
  assert_int_equal(hvuv_client_init(loop, client, NULL), 0);
  assert_ptr_equal(hvuv_server_get_loop(server), loop);
  assert_ptr_equal(hvuv_client_get_loop(client), loop);
  hvuv_server_stop(server, 0, on_stopped);
  hvuv_client_close(client, on_client_closed);
  loop_run_until(loop, &done[0]);
  loop_run_until(loop, &done[1]);
  free(server);
  free(client);
  loop_run_out(loop);
  loop_close(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_those_of_the_types),
      cmocka_unit_test(data_is_the_field),
      cmocka_unit_test(blocks_of_those_sizes_are_enough),
      cmocka_unit_test(servers_and_clients_have_data_and_a_loop),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
