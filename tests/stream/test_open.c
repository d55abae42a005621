/* Adopting sockets, and what can be asked of a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream/stream_state.h"
#include "support/alloc.h"
#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

static void assert_addr(const hvuv_addr_t* addr, const char* text) {
  char room[HVUV_ADDR_STRLEN];
  size_t size;

  size = sizeof(room);
  assert_int_equal(hvuv_addr_format(addr, room, &size), 0);
  assert_string_equal(room, text);
}

static void a_connected_socket_is_open(void** state) {
  uv_os_sock_t sock;
  uv_os_sock_t mine;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(hvuv_is_readable(s), 1);
  assert_int_equal(hvuv_is_writable(s), 1);
  assert_int_equal(hvuv_fileno(s, &mine), 0);
  assert_int_equal(mine, sock);
  assert_int_equal(fake_is_owned(sock), 1);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, fake_own_name);
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, fake_peer_name);
}

static void a_socket_without_a_form_has_no_address(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_open_foreign(&sock);
  assert_int_equal(hvuv_getsockname(s, &addr), UV_ENOTSUP);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_ENOTSUP);
}

static void a_socket_that_hides_its_names_is_adopted_all_the_same(
    void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  fake_next(FAKE_GETSOCKNAME, UV_ENOBUFS);
  s = scene_open(&sock);
  assert_int_equal(hvuv_getsockname(s, &addr), UV_ENOTSUP);
  fake_next(FAKE_GETPEERNAME, UV_ENOTCONN);
  s = scene_open(&sock);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_ENOTSUP);
}

static void a_listening_socket_still_needs_listen(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  sock = fake_listening_socket();
  assert_int_equal(hvuv_open(s, sock), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_readable(s), 0);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_ENOTCONN);
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);
  assert_int_equal(scene_connect(s, "c", "vsock://host:1"), UV_EINVAL);

  assert_int_equal(scene_listen(s), 0);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  s = scene_accept(s);
  assert_non_null(s);
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, fake_peer_name);
  assert_story("connection:0");
}

static void a_foreign_listening_socket_accepts_as_well(void** state) {
  struct sockaddr name;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_GETSOCKNAME, &name, sizeof(name));
  fake_name(FAKE_ACCEPT, &name, sizeof(name));
  s = scene_stream();
  sock = fake_listening_socket();
  assert_int_equal(hvuv_open(s, sock), 0);
  assert_int_equal(scene_connect(s, "c", "vsock://host:1"), UV_EINVAL);
  assert_int_equal(scene_listen(s), 0);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  s = scene_accept(s);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_ENOTSUP);
  assert_story("connection:0");
}

static void accept_it(hvuv_stream_t* server) {
  scene_accept(server);
}

/* Not so on AF_VSOCK, where to ask in vain is no small matter (test_listener.c). */
static void a_listener_that_wakes_turn_after_turn_takes_more(void** state) {
  static const int taken[] = {1, 3, 7, 15, 31, 63, 95};
  struct sockaddr name;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_GETSOCKNAME, &name, sizeof(name));
  s = scene_stream();
  sock = fake_listening_socket();
  assert_int_equal(hvuv_open(s, sock), 0);
  assert_int_equal(scene_listen(s), 0);
  scene_on_every("connection", accept_it);
  fake_always(FAKE_ACCEPT, 0);
  for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
    fake_poller_fire(sock, 0, UV_READABLE);
    turn();
    assert_int_equal(scene_count("connection"), taken[i]);
  }

  /* Nobody waits any more. */
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_calls(FAKE_ACCEPT), 96);
  trace_reset();
}

static void an_open_that_fails_takes_nothing(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  sock = fake_connected_socket();
  fake_next(FAKE_INSPECT, UV_ENOTSOCK);
  assert_int_equal(hvuv_open(s, sock), UV_ENOTSOCK);
  alloc_fail_nth(1);
  assert_int_equal(hvuv_open(s, sock), UV_ENOMEM);
  fake_poller_fail_open(UV_EEXIST);
  assert_int_equal(hvuv_open(s, sock), UV_EEXIST);
  assert_int_equal(fake_is_open(sock), 1);
  assert_int_equal(fake_is_owned(sock), 0);
  assert_int_equal(hvuv_fileno(s, &sock), UV_EBADF);
  assert_int_equal(hvuv_open(s, fake_newest_socket()), 0);
}

static void a_stream_with_a_socket_takes_no_other(void** state) {
  uv_os_sock_t other;
  uv_os_sock_t sock;

  (void) state;
  other = fake_connected_socket();
  assert_int_equal(hvuv_open(scene_open(&sock), other), UV_EBUSY);
  assert_int_equal(hvuv_open(scene_listener(&sock), other), UV_EBUSY);
  assert_int_equal(hvuv_open(scene_connecting(&sock), other), UV_EBUSY);
  fake_close(other);
}

static void one_loop_watches_a_socket_once(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_open(&sock);
  assert_int_equal(hvuv_open(scene_stream(), sock), UV_EEXIST);
  assert_int_equal(fake_is_open(sock), 1);
}

static void a_socket_that_is_released_outlives_its_stream(void** state) {
  uv_os_sock_t released;
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  released = hvuv__stream_release(s);
  assert_int_equal(released, sock);
  assert_int_equal(hvuv_fileno(s, &released), UV_EBADF);
  assert_int_equal(fake_poller_wanted(sock), -1);
  scene_close(s);
  turn();
  assert_story("close");
  assert_int_equal(fake_is_open(sock), 1);
  fake_close(sock);
}

static void a_stream_without_a_socket_releases_none(void** state) {
  (void) state;
  assert_int_equal(hvuv__stream_release(scene_stream()), HVUV__NO_SOCK);
}

static void what_is_null_is_invalid(void** state) {
  hvuv_stream_t* s;
  hvuv_connect_t req;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_open(NULL, fake_connected_socket()), UV_EINVAL);
  fake_close(fake_newest_socket());
  assert_int_equal(hvuv_bind(NULL, &addr), UV_EINVAL);
  assert_int_equal(hvuv_bind(s, NULL), UV_EINVAL);
  assert_int_equal(hvuv_listen(NULL, 1, NULL), UV_EINVAL);
  assert_int_equal(hvuv_accept(NULL, s), UV_EINVAL);
  assert_int_equal(hvuv_accept(s, NULL), UV_EINVAL);
  assert_int_equal(hvuv_connect(&req, NULL, &addr, NULL), UV_EINVAL);
  assert_int_equal(hvuv_connect(NULL, s, &addr, NULL), UV_EINVAL);
  assert_int_equal(hvuv_connect(&req, s, NULL, NULL), UV_EINVAL);
  assert_int_equal(hvuv_set_connect_timeout(NULL, 1), UV_EINVAL);
  assert_int_equal(hvuv_shutdown(NULL, s, NULL), UV_EINVAL);
}

static void init_refuses_null(void** state) {
  hvuv_stream_t stream;

  (void) state;
  assert_int_equal(hvuv_init(NULL, &stream), UV_EINVAL);
  assert_int_equal(hvuv_init(scene_loop(), NULL), UV_EINVAL);
}

static void init_keeps_the_users_data(void** state) {
  hvuv_stream_t stream;
  int mine;

  (void) state;
  memset(&stream, 0x5a, sizeof(stream));
  stream.data = &mine;
  assert_int_equal(hvuv_init(scene_loop(), &stream), 0);
  assert_ptr_equal(stream.data, &mine);
  assert_ptr_equal(stream.loop, scene_loop());
  hvuv_close(&stream, NULL);
  turn();
  assert_ptr_equal(stream.data, &mine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_connected_socket_is_open),
      SCENE(a_socket_without_a_form_has_no_address),
      SCENE(a_socket_that_hides_its_names_is_adopted_all_the_same),
      SCENE(a_listening_socket_still_needs_listen),
      SCENE(a_foreign_listening_socket_accepts_as_well),
      SCENE(a_listener_that_wakes_turn_after_turn_takes_more),
      SCENE(an_open_that_fails_takes_nothing),
      SCENE(a_stream_with_a_socket_takes_no_other),
      SCENE(one_loop_watches_a_socket_once),
      SCENE(a_socket_that_is_released_outlives_its_stream),
      SCENE(a_stream_without_a_socket_releases_none),
      SCENE(what_is_null_is_invalid),
      SCENE(init_refuses_null),
      SCENE(init_keeps_the_users_data),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
