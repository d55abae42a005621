/* Sockets that come from elsewhere: adopted, or refused and left as they were.
 */
#include <string.h>

#include "adopted.h"

static void a_socket_pair_is_a_stream(void** state) {
  rig_t* rig = *state;
  side_t* a;
  side_t* b;
  uv_os_sock_t fds[2];

  assert_code(net_pair(fds), 0);
  a = adopted_new(rig, fds[0]);
  b = adopted_new(rig, fds[1]);
  adopted_expect_no_names(a);
  adopted_converse(rig, a, b);
}

static void a_tcp_connection_is_a_stream(void** state) {
  rig_t* rig = *state;
  side_t* a;
  side_t* b;
  uv_os_sock_t fds[2];

  assert_code(net_tcp_pair(fds), 0);
  a = adopted_new(rig, fds[0]);
  b = adopted_new(rig, fds[1]);
  adopted_expect_no_names(a);
  adopted_expect_no_names(b);
  adopted_converse(rig, a, b);
}

static void what_came_before_is_read(void** state) {
  rig_t* rig = *state;
  side_t* side;
  uv_os_sock_t fds[2];

  assert_code(net_pair(fds), 0);
  assert_int_equal(net_send(fds[1], rig_pattern(0, 0), 100), 100);
  net_close(fds[1]);
  side = adopted_new(rig, fds[0]);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends > 0);

  assert_int_equal(side->in_bytes, 100);
  assert_int_equal(side->in_wrong, 0);
  assert_code(side->end, UV_EOF);
}

/* On TCP an abort is a reset, with the bytes before it lost or not; its error
 * comes as the poller's UV_EBADF. */
static void a_tcp_reset_is_told_by_its_name(void** state) {
  rig_t* rig = *state;
  side_t* side;
  uv_os_sock_t fds[2];
  int told;

  assert_code(net_tcp_pair(fds), 0);
  side = adopted_new(rig, fds[0]);
  side_read(side);
  rig_spin(rig, 2);
  told = net_abort(fds[1]);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  rig_spin(rig, 5);

  assert_code(side->end, told);
  assert_int_equal(side->ends, 1);
}

static void a_listening_tcp_socket_serves(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t listener;
  uv_os_sock_t caller;

  assert_code(net_tcp_listen(&listener, &name), 0);
  assert_code(net_tcp_connect(&caller, &name), 0);
  adopted_serve(*state, listener, caller);
}

static void a_listener_at_tcp_accepts_nothing_before_it_listens(void** state) {
  rig_t* rig = *state;
  struct sockaddr_in name;
  uv_os_sock_t listener;
  uv_os_sock_t caller;
  side_t* side;
  side_t* client;

  assert_code(net_tcp_listen(&listener, &name), 0);
  side = adopted_new(rig, listener);
  assert_code(net_tcp_connect(&caller, &name), 0);
  client = side_new(rig);
  rig_spin(rig, 3);
  assert_code(hvuv_accept(&side->stream, &client->stream), UV_EINVAL);
  assert_false(hvuv_is_active(&side->stream));
  net_close(caller);
}

/* --- Refused */

static void a_datagram_socket_is_refused(void** state) {
  rig_t* rig = *state;
  struct sockaddr_in name;
  uv_os_sock_t udp;
  socklen_t len;

  assert_code(net_socket(AF_INET, SOCK_DGRAM, &udp), 0);
  adopted_refuse(rig, udp, UV_EINVAL);
  memset(&name, 0, sizeof(name));
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  len = sizeof(name);
  assert_int_equal(bind(udp, (struct sockaddr*) &name, len), 0);
  assert_int_equal(getsockname(udp, (struct sockaddr*) &name, &len), 0);
  assert_int_equal(connect(udp, (struct sockaddr*) &name, len), 0);
  adopted_refuse(rig, udp, UV_EINVAL);
  net_close(udp);
}

static void an_unconnected_socket_is_refused(void** state) {
  uv_os_sock_t sock;

  assert_code(net_socket(AF_INET, SOCK_STREAM, &sock), 0);
  adopted_refuse(*state, sock, UV_ENOTCONN);
  net_close(sock);
}

/* A number that nobody has. Windows does not say EBADF of sockets. */
static void what_is_not_open_is_refused(void** state) {
  rig_t* rig = *state;
  uv_os_sock_t sock;
  side_t* side;
  int err;

  assert_code(net_socket(AF_INET, SOCK_STREAM, &sock), 0);
  net_close(sock);
  side = side_new(rig);
  err = hvuv_open(&side->stream, sock);
  assert_true(err == UV_EBADF || err == UV_ENOTSOCK);
  err = hvuv_open(&side->stream, NET_NONE);
  assert_true(err == UV_EBADF || err == UV_ENOTSOCK);
}

static void a_stream_that_has_a_socket_takes_no_other(void** state) {
  rig_t* rig = *state;
  uv_os_sock_t mine[2];
  uv_os_sock_t other[2];
  side_t* side;

  assert_code(net_pair(mine), 0);
  assert_code(net_pair(other), 0);
  net_share(other[0]);
  side = adopted_new(rig, mine[0]);
  assert_code(hvuv_open(&side->stream, other[0]), UV_EBUSY);
  side_close(side);
  assert_code(hvuv_open(&side->stream, other[0]), UV_EINVAL);
  assert_true(net_is_inherited(other[0]));
  assert_int_equal(net_blocks(other[0]), net_blocks(other[1]));
  net_close(mine[1]);
  net_close(other[0]);
  net_close(other[1]);
}

int main(void) {
  const transport_t* t = &adopted_transport;
  const struct CMUnitTest tests[] = {
      RIG_REHEARSAL(t, a_socket_pair_is_a_stream),
      RIG_TEST(t, a_socket_pair_is_a_stream),
      RIG_TEST(t, a_tcp_connection_is_a_stream),
      RIG_TEST(t, what_came_before_is_read),
      RIG_TEST(t, a_tcp_reset_is_told_by_its_name),
      RIG_TEST(t, a_listening_tcp_socket_serves),
      RIG_TEST(t, a_listener_at_tcp_accepts_nothing_before_it_listens),
      RIG_TEST(t, a_datagram_socket_is_refused),
      RIG_TEST(t, an_unconnected_socket_is_refused),
      RIG_TEST(t, what_is_not_open_is_refused),
      RIG_TEST(t, a_stream_that_has_a_socket_takes_no_other),
  };

  net_start();
  return cmocka_run_group_tests_name("adopted", tests, NULL, NULL);
}
