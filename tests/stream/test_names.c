/* What can be asked of a stream: its addresses and its buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void a_stream_without_a_socket_answers_ebadf(void** state) {
  uv_os_sock_t sock;
  hvuv_addr_t addr;
  hvuv_stream_t* s;
  int value;

  (void) state;
  value = 0;
  s = scene_stream();
  assert_int_equal(hvuv_fileno(s, &sock), UV_EBADF);
  assert_int_equal(hvuv_getsockname(s, &addr), UV_EBADF);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_EBADF);
  assert_int_equal(hvuv_send_buffer_size(s, &value), UV_EBADF);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), UV_EBADF);
  assert_int_equal(hvuv_is_readable(s), 0);
  assert_int_equal(hvuv_is_writable(s), 0);
  assert_int_equal(hvuv_is_closing(s), 0);
}

static void names_stay_readable_until_close(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_connecting(&sock);
  assert_int_equal(hvuv_getpeername(s, &addr), UV_ENOTCONN);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "vsock://host:5000");
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, fake_own_name);
  scene_shutdown(s, "shutdown");
  scene_close(s);
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  assert_addr(&addr, "vsock://host:5000");
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
}

static void a_failed_connect_leaves_no_names(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_connecting(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_int_equal(hvuv_getpeername(s, &addr), UV_EBADF);
  assert_int_equal(hvuv_getsockname(s, &addr), UV_EBADF);
}

static void a_failed_connect_forgets_where_it_was_bound(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:1000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  fake_next(FAKE_CONNECT, UV_ECONNRESET);
  assert_int_equal(scene_connect(s, "connect", "vsock://host:5000"), 0);
  turn();
  assert_int_equal(hvuv_getsockname(s, &addr), UV_EBADF);
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_story("connect:ECONNRESET");
}

static void an_accepted_stream_has_its_own_names(void** state) {
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  uv_os_sock_t sock;
  hvuv_addr_t addr;

  (void) state;
  server = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_getpeername(server, &addr), UV_ENOTCONN);
  client = scene_accept(server);
  assert_int_equal(hvuv_getsockname(server, &addr), 0);
  assert_addr(&addr, "vsock://any:5000");
  assert_int_equal(hvuv_getsockname(client, &addr), 0);
  assert_addr(&addr, "vsock://any:5000");
  assert_int_equal(hvuv_getpeername(client, &addr), 0);
  assert_addr(&addr, "vsock://local:1024");
}

static void a_closed_listener_has_no_peer(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_close(s);
  assert_int_not_equal(hvuv_getpeername(s, &addr), 0);
}

static void a_listener_forgets_whom_it_has_given_away(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_non_null(scene_accept(s));
  scene_close(s);
  assert_int_not_equal(hvuv_getpeername(s, &addr), 0);
}

static void a_stream_closed_while_connecting_has_no_peer(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_connecting(&sock);
  scene_close(s);
  assert_int_not_equal(hvuv_getpeername(s, &addr), 0);
}

static void a_port_that_the_kernel_picked_is_told(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  fake_vsock_name(FAKE_GETSOCKNAME, HVUV_CID_ANY, 1024);
  addr = scene_addr("vsock://any:any");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "vsock://any:1024");
}

static void a_hyperv_listener_says_hyperv_of_its_callers(void** state) {
  static const struct {
    uint32_t cid;
    const char* text;
  } rows[] = {
      {HVUV_CID_HOST, "hyperv://parent/7"},
      {HVUV_CID_LOCAL, "hyperv://loopback/7"},
  };
  hvuv_stream_t* server;
  uv_os_sock_t sock;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  server = scene_stream();
  addr = scene_addr("hyperv://any/5000");
  assert_int_equal(hvuv_bind(server, &addr), 0);
  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    fake_vsock_name(FAKE_ACCEPT, rows[i].cid, 7);
    fake_next(FAKE_ACCEPT, 0);
    fake_poller_fire(sock, 0, UV_READABLE);
    assert_int_equal(hvuv_getpeername(scene_accept(server), &addr), 0);
    assert_addr(&addr, rows[i].text);
  }
  trace_reset();
}

static void a_vsock_listener_says_vsock_of_its_callers(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;
  hvuv_addr_t addr;

  (void) state;
  server = scene_listener(&sock);
  fake_vsock_name(FAKE_ACCEPT, HVUV_CID_HOST, 7);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_getpeername(scene_accept(server), &addr), 0);
  assert_addr(&addr, "vsock://host:7");
  assert_story("connection:0");
}

static void buffer_sizes_ask_and_set(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int value;
  int asked;
  int set;

  (void) state;
  s = scene_open_foreign(&sock);
  asked = fake_calls(FAKE_GETSOCKOPT);
  set = fake_calls(FAKE_SETSOCKOPT);
  value = 0;
  assert_int_equal(hvuv_send_buffer_size(s, &value), 0);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(fake_calls(FAKE_GETSOCKOPT), asked + 2);
  value = 4096;
  assert_int_equal(hvuv_send_buffer_size(s, &value), 0);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), set + 2);
  value = -1;
  assert_int_equal(hvuv_send_buffer_size(s, &value), UV_EINVAL);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), UV_EINVAL);
  assert_int_equal(hvuv_send_buffer_size(s, NULL), UV_EINVAL);
  assert_int_equal(hvuv_recv_buffer_size(s, NULL), UV_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_stream_without_a_socket_answers_ebadf),
      SCENE(names_stay_readable_until_close),
      SCENE(a_failed_connect_leaves_no_names),
      SCENE(an_accepted_stream_has_its_own_names),
      SCENE(a_closed_listener_has_no_peer),
      SCENE(a_stream_closed_while_connecting_has_no_peer),
      SCENE(a_port_that_the_kernel_picked_is_told),
      SCENE(a_hyperv_listener_says_hyperv_of_its_callers),
      SCENE(buffer_sizes_ask_and_set),
      SCENE(a_failed_connect_forgets_where_it_was_bound),
      SCENE(a_listener_forgets_whom_it_has_given_away),
      SCENE(a_vsock_listener_says_vsock_of_its_callers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
