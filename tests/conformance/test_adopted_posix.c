/* Sockets that come from elsewhere, where descriptors are also files, pipes and
 * Unix sockets at paths. */
#include <fcntl.h>
#include <unistd.h>

#include "adopted.h"
#include "support/endpoint.h"
#include "support/peer.h"

static void a_listening_unix_socket_serves(void** state) {
  char path[ENDPOINT_ROOM];
  int listener;

  listener = peer_bind(endpoint_path("s", path), 4);
  assert_true(listener >= 0);
  adopted_serve(*state, listener, peer_connect(path, NULL));
}

/* Who made the path removes it. */
static void closing_an_adopted_listener_leaves_its_path(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  rig->listener = adopted_new(rig, peer_bind(endpoint_path("s", path), 4));
  rig_listen(rig, 4);
  side_close(rig->listener);
  rig_spin(rig, 2);
  assert_int_equal(access(path, F_OK), 0);
}

static void an_adopted_listener_accepts_nothing_before_it_listens(
    void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* side;
  side_t* client;
  int fd;

  side = adopted_new(rig, peer_bind(endpoint_path("s", path), 4));
  fd = peer_connect(path, NULL);
  assert_true(fd >= 0);
  client = side_new(rig);
  rig_spin(rig, 3);
  assert_code(hvuv_accept(&side->stream, &client->stream), UV_EINVAL);
  assert_false(hvuv_is_active(&side->stream));
  close(fd);
}

static void datagram_pairs_are_refused(void** state) {
  static const int types[] = {SOCK_DGRAM, SOCK_SEQPACKET};
  int fds[2];
  size_t i;

  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    assert_int_equal(socketpair(AF_UNIX, types[i], 0, fds), 0);
    adopted_refuse(*state, fds[0], UV_EINVAL);
    close(fds[0]);
    close(fds[1]);
  }
}

static void an_unconnected_unix_socket_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fd;

  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  adopted_refuse(rig, fd, UV_ENOTCONN);
  close(fd);
  fd = peer_bind(endpoint_path("s", path), -1);
  adopted_refuse(rig, fd, UV_ENOTCONN);
  close(fd);
}

static void what_is_no_socket_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fds[2];
  int fd;

  fd = open(endpoint_path("file", path), O_RDWR | O_CREAT, 0600);
  adopted_refuse(rig, fd, UV_ENOTSOCK);
  close(fd);
  assert_int_equal(pipe(fds), 0);
  adopted_refuse(rig, fds[0], UV_ENOTSOCK);
  close(fds[0]);
  close(fds[1]);
}

/* And goes on with the one that has it. Windows does not notice. */
static void a_socket_is_adopted_once(void** state) {
  rig_t* rig = *state;
  side_t* first;
  side_t* second;
  side_t* peer;
  uv_os_sock_t fds[2];

  assert_code(net_pair(fds), 0);
  first = adopted_new(rig, fds[0]);
  peer = adopted_new(rig, fds[1]);
  second = side_new(rig);
  side_read(first);
  assert_code(hvuv_open(&second->stream, fds[0]), UV_EEXIST);
  side_close(second);
  rig_spin(rig, 2);

  assert_code(side_write(peer, 100, 1), 0);
  RIG_RUN_UNTIL(rig, first->in_bytes == 100);
  assert_int_equal(first->in_bytes, 100);
}

int main(void) {
  const transport_t* t = &adopted_transport;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_listening_unix_socket_serves),
      RIG_TEST(t, closing_an_adopted_listener_leaves_its_path),
      RIG_TEST(t, an_adopted_listener_accepts_nothing_before_it_listens),
      RIG_TEST(t, datagram_pairs_are_refused),
      RIG_TEST(t, an_unconnected_unix_socket_is_refused),
      RIG_TEST(t, what_is_no_socket_is_refused),
      RIG_TEST(t, a_socket_is_adopted_once),
  };

  return cmocka_run_group_tests_name("adopted, posix", tests, NULL, NULL);
}
