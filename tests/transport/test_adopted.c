/* Sockets that come from elsewhere: adopted, or refused and left as they were.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"
#include "support/endpoint.h"
#include "support/peer.h"

/* What must not have changed. */
typedef struct looks_s {
  int descriptor_flags;
  int status_flags;
} looks_t;

static looks_t look_at(int fd) {
  looks_t looks;

  looks.descriptor_flags = fcntl(fd, F_GETFD);
  looks.status_flags = fcntl(fd, F_GETFL);
  return looks;
}

/* Refused: still open, still blocking, and ours to close. */
static void expect_refused(rig_t* rig, int fd, int code) {
  looks_t before;
  looks_t after;
  side_t* side;

  side = side_new(rig);
  before = look_at(fd);
  assert_code(hvuv_open(&side->stream, fd), code);
  after = look_at(fd);
  assert_int_equal(after.descriptor_flags, before.descriptor_flags);
  assert_int_equal(after.status_flags, before.status_flags);
  assert_false(hvuv_is_readable(&side->stream));

  side_close(side);
  rig_spin(rig, 2);
  assert_int_equal(fcntl(fd, F_GETFL), before.status_flags);
}

static side_t* adopt(rig_t* rig, int fd) {
  uv_os_sock_t sock;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_open(&side->stream, fd), 0);
  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  assert_int_equal(sock, fd);
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
  return side;
}

static void make_pair(int fds[2]) {
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

/* A listening socket on the loopback interface, at a port that the system
 * picked. */
static int listen_tcp(struct sockaddr_in* name) {
  socklen_t len;
  int fd;

  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr*) name, sizeof(*name)), 0);
  assert_int_equal(listen(fd, 4), 0);
  len = sizeof(*name);
  assert_int_equal(getsockname(fd, (struct sockaddr*) name, &len), 0);
  return fd;
}

static int connect_tcp(const struct sockaddr_in* name) {
  int fd;

  fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (const struct sockaddr*) name, sizeof(*name)),
                   0);
  return fd;
}

static void make_tcp_pair(int fds[2]) {
  struct sockaddr_in name;
  int listener;

  listener = listen_tcp(&name);
  fds[0] = connect_tcp(&name);
  fds[1] = accept(listener, NULL, NULL);
  assert_true(fds[1] >= 0);
  close(listener);
}

/* A megabyte each way at once, then both ends. */
static void expect_conversation(rig_t* rig, side_t* a, side_t* b) {
  int i;

  for (i = 0; i < 16; i++) {
    assert_code(side_write(a, 65536, 1 + (unsigned int) i % 5), 0);
    assert_code(side_write(b, 65536, 1 + (unsigned int) i % 3), 0);
  }
  side_shutdown(a);
  side_shutdown(b);
  side_read(a);
  side_read(b);
  RIG_RUN_UNTIL(rig, a->ends > 0 && b->ends > 0);

  assert_int_equal(a->in_bytes, 16 * 65536);
  assert_int_equal(b->in_bytes, 16 * 65536);
  assert_int_equal(a->in_wrong + b->in_wrong, 0);
  assert_code(a->end, UV_EOF);
  assert_code(b->end, UV_EOF);
}

static void expect_no_names(const side_t* side) {
  hvuv_addr_t name;

  assert_code(hvuv_getsockname(&side->stream, &name), UV_ENOTSUP);
  assert_code(hvuv_getpeername(&side->stream, &name), UV_ENOTSUP);
}

static void a_socket_pair_is_a_stream(void** state) {
  rig_t* rig = *state;
  side_t* a;
  side_t* b;
  int fds[2];

  make_pair(fds);
  a = adopt(rig, fds[0]);
  b = adopt(rig, fds[1]);
  expect_no_names(a);
  expect_conversation(rig, a, b);
}

static void a_tcp_connection_is_a_stream(void** state) {
  rig_t* rig = *state;
  side_t* a;
  side_t* b;
  int fds[2];

  make_tcp_pair(fds);
  a = adopt(rig, fds[0]);
  b = adopt(rig, fds[1]);
  expect_no_names(a);
  expect_no_names(b);
  expect_conversation(rig, a, b);
}

static void what_came_before_is_read(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int fds[2];

  make_pair(fds);
  assert_int_equal(write(fds[1], rig_pattern(0, 0), 100), 100);
  close(fds[1]);
  side = adopt(rig, fds[0]);
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
  struct linger linger = {1, 0};
  side_t* side;
  int fds[2];

  make_tcp_pair(fds);
  side = adopt(rig, fds[0]);
  side_read(side);
  rig_spin(rig, 2);
  assert_int_equal(
      setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
  close(fds[1]);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  rig_spin(rig, 5);

  assert_code(side->end, UV_ECONNRESET);
  assert_int_equal(side->ends, 1);
}

static void serve_adopted(rig_t* rig, int listener, int client) {
  hvuv_addr_t name;
  side_t* side;

  rig->listener = adopt(rig, listener);
  assert_code(hvuv_getsockname(&rig->listener->stream, &name), UV_ENOTSUP);
  rig_listen(rig, 4);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  side = adopt(rig, client);
  expect_no_names(rig->accepted);
  expect_conversation(rig, side, rig->accepted);
}

static void a_listening_unix_socket_serves(void** state) {
  char path[ENDPOINT_ROOM];
  int listener;

  listener = peer_bind(endpoint_path("s", path), 4);
  assert_true(listener >= 0);
  serve_adopted(*state, listener, peer_connect(path, NULL));
}

static void a_listening_tcp_socket_serves(void** state) {
  struct sockaddr_in name;
  int listener;

  listener = listen_tcp(&name);
  serve_adopted(*state, listener, connect_tcp(&name));
}

/* Who made the path removes it. */
static void closing_an_adopted_listener_leaves_its_path(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];

  rig->listener = adopt(rig, peer_bind(endpoint_path("s", path), 4));
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

  side = adopt(rig, peer_bind(endpoint_path("s", path), 4));
  fd = peer_connect(path, NULL);
  assert_true(fd >= 0);
  client = side_new(rig);
  rig_spin(rig, 3);
  assert_code(hvuv_accept(&side->stream, &client->stream), UV_EINVAL);
  assert_false(hvuv_is_active(&side->stream));
  close(fd);
}

/* --- Refused */

static void datagram_sockets_are_refused(void** state) {
  rig_t* rig = *state;
  struct sockaddr_in name;
  socklen_t len;
  int fds[2];
  int udp;

  udp = socket(AF_INET, SOCK_DGRAM, 0);
  expect_refused(rig, udp, UV_EINVAL);
  memset(&name, 0, sizeof(name));
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  len = sizeof(name);
  assert_int_equal(bind(udp, (struct sockaddr*) &name, len), 0);
  assert_int_equal(getsockname(udp, (struct sockaddr*) &name, &len), 0);
  assert_int_equal(connect(udp, (struct sockaddr*) &name, len), 0);
  expect_refused(rig, udp, UV_EINVAL);
  close(udp);

  assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
  expect_refused(rig, fds[0], UV_EINVAL);
  close(fds[0]);
  close(fds[1]);
  assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
  expect_refused(rig, fds[0], UV_EINVAL);
  close(fds[0]);
  close(fds[1]);
}

static void an_unconnected_socket_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fd;

  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  expect_refused(rig, fd, UV_ENOTCONN);
  close(fd);
  fd = peer_bind(endpoint_path("s", path), -1);
  expect_refused(rig, fd, UV_ENOTCONN);
  close(fd);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  expect_refused(rig, fd, UV_ENOTCONN);
  close(fd);
}

static void what_is_no_socket_is_refused(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  int fds[2];
  int fd;

  fd = open(endpoint_path("file", path), O_RDWR | O_CREAT, 0600);
  expect_refused(rig, fd, UV_ENOTSOCK);
  close(fd);
  assert_int_equal(pipe(fds), 0);
  expect_refused(rig, fds[0], UV_ENOTSOCK);
  close(fds[0]);
  close(fds[1]);
}

static void what_is_not_open_is_refused(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int fd;

  fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
  assert_true(fd >= 0);
  close(fd);
  side = side_new(rig);
  assert_code(hvuv_open(&side->stream, fd), UV_EBADF);
  assert_code(hvuv_open(&side->stream, -1), UV_EBADF);
}

static void a_stream_that_has_a_socket_takes_no_other(void** state) {
  rig_t* rig = *state;
  side_t* side;
  looks_t before;
  looks_t after;
  int mine[2];
  int other[2];

  make_pair(mine);
  make_pair(other);
  side = adopt(rig, mine[0]);
  before = look_at(other[0]);
  assert_code(hvuv_open(&side->stream, other[0]), UV_EBUSY);
  side_close(side);
  assert_code(hvuv_open(&side->stream, other[0]), UV_EINVAL);
  after = look_at(other[0]);
  assert_int_equal(after.status_flags, before.status_flags);
  assert_int_equal(after.descriptor_flags, before.descriptor_flags);
  close(mine[1]);
  close(other[0]);
  close(other[1]);
}

/* And goes on with the one that has it. */
static void a_socket_is_adopted_once(void** state) {
  rig_t* rig = *state;
  side_t* first;
  side_t* second;
  side_t* peer;
  int fds[2];

  make_pair(fds);
  first = adopt(rig, fds[0]);
  peer = adopt(rig, fds[1]);
  second = side_new(rig);
  side_read(first);
  assert_code(hvuv_open(&second->stream, fds[0]), UV_EEXIST);
  side_close(second);
  rig_spin(rig, 2);

  assert_code(side_write(peer, 100, 1), 0);
  RIG_RUN_UNTIL(rig, first->in_bytes == 100);
  assert_int_equal(first->in_bytes, 100);
}

static void no_start(rig_t* rig) {
  (void) rig;
}

static const transport_t adopted = {.name = "adopted", .start = no_start};

int main(void) {
  const transport_t* t = &adopted;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, a_socket_pair_is_a_stream),
      RIG_TEST(t, a_tcp_connection_is_a_stream),
      RIG_TEST(t, what_came_before_is_read),
      RIG_TEST(t, a_tcp_reset_is_told_by_its_name),
      RIG_TEST(t, a_listening_unix_socket_serves),
      RIG_TEST(t, a_listening_tcp_socket_serves),
      RIG_TEST(t, closing_an_adopted_listener_leaves_its_path),
      RIG_TEST(t, an_adopted_listener_accepts_nothing_before_it_listens),
      RIG_TEST(t, datagram_sockets_are_refused),
      RIG_TEST(t, an_unconnected_socket_is_refused),
      RIG_TEST(t, what_is_no_socket_is_refused),
      RIG_TEST(t, what_is_not_open_is_refused),
      RIG_TEST(t, a_stream_that_has_a_socket_takes_no_other),
      RIG_TEST(t, a_socket_is_adopted_once),
  };

  return cmocka_run_group_tests_name("adopted", tests, NULL, NULL);
}
