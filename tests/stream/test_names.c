/* What can be asked of a stream: its addresses and its buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/vm_sockets.h>

#include "support/scene.h"
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
  assert_addr(&addr, "vsock://host:1024");
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
  assert_addr(&addr, "vsock://3:1024");
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
  addr = scene_addr("vsock://any:any");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_addr(&addr, "vsock://host:1024");
}

static void a_hyperv_listener_says_hyperv_of_its_callers(void** state) {
  static const struct {
    unsigned int cid;
    const char* text;
  } rows[] = {
      {VMADDR_CID_HOST, "hyperv://parent/7"},
      {HVUV_CID_LOCAL, "hyperv://loopback/7"},
      {3, "vsock://3:7"},
  };
  struct sockaddr_vm vm;
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

  memset(&vm, 0, sizeof(vm));
  vm.svm_family = AF_VSOCK;
  vm.svm_port = 7;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    vm.svm_cid = rows[i].cid;
    fake_name(FAKE_ACCEPT, &vm, sizeof(vm));
    fake_next(FAKE_ACCEPT, 0);
    fake_poller_fire(sock, 0, UV_READABLE);
    assert_int_equal(hvuv_getpeername(scene_accept(server), &addr), 0);
    assert_addr(&addr, rows[i].text);
  }
  trace_reset();
}

static void a_vsock_listener_says_vsock_of_its_callers(void** state) {
  struct sockaddr_vm vm;
  hvuv_stream_t* server;
  uv_os_sock_t sock;
  hvuv_addr_t addr;

  (void) state;
  server = scene_listener(&sock);
  memset(&vm, 0, sizeof(vm));
  vm.svm_family = AF_VSOCK;
  vm.svm_cid = VMADDR_CID_HOST;
  vm.svm_port = 7;
  fake_name(FAKE_ACCEPT, &vm, sizeof(vm));
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

static void sizes_are_those_of_the_socket(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uint64_t bytes;
  uint64_t given;
  int found;
  int value;

  (void) state;
  s = scene_open(&sock);
  found = 1234;
  fake_option(&found, sizeof(found));
  value = 0;
  assert_int_equal(hvuv_send_buffer_size(s, &value), 0);
  assert_int_equal(value, 1234);

  bytes = 5678;
  fake_option(&bytes, sizeof(bytes));
  value = 0;
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(value, 5678);
  bytes = UINT64_MAX;
  fake_option(&bytes, sizeof(bytes));
  value = 0;
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(value, INT32_MAX);

  value = 4321;
  assert_int_equal(hvuv_send_buffer_size(s, &value), 0);
  fake_last_option(&found, sizeof(found));
  assert_int_equal(found, 4321);
  value = 8765;
  fake_fail_nth(3, UV_EPERM);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  fake_last_option(&given, sizeof(given));
  assert_int_equal(given, 8765);
}

static void the_maximum_of_vsock_is_raised_and_never_lowered(void** state) {
  static const struct {
    int value;
    int calls; /* the maximum's, the size's, SO_RCVBUF's */
  } rows[] = {{999, 2}, {1000, 2}, {1001, 3}};
  uint64_t maximum;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int value;
  int before;
  size_t i;

  (void) state;
  s = scene_open(&sock);
  maximum = 1000;
  fake_option(&maximum, sizeof(maximum));
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    value = rows[i].value;
    before = fake_calls(FAKE_SETSOCKOPT);
    assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
    assert_int_equal(fake_calls(FAKE_SETSOCKOPT), before + rows[i].calls);
  }

  /* A kernel that does not tell it is left alone. */
  fake_next(FAKE_GETSOCKOPT, UV_ENOPROTOOPT);
  before = fake_calls(FAKE_SETSOCKOPT);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), before + 2);
}

static void vsock_has_its_own_receive_size(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int value;

  (void) state;
  s = scene_open(&sock);
  value = 0;
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);

  /* Either of its two ways will do. */
  fake_next(FAKE_GETSOCKOPT, UV_ENOPROTOOPT);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  fake_next(FAKE_GETSOCKOPT, UV_ENOPROTOOPT);
  fake_next(FAKE_GETSOCKOPT, UV_EPERM);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), UV_EPERM);
  value = 4096;
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  fake_next(FAKE_SETSOCKOPT, 0);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  fake_next(FAKE_SETSOCKOPT, 0);
  fake_next(FAKE_SETSOCKOPT, 0);
  fake_next(FAKE_SETSOCKOPT, UV_EINVAL);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  fake_next(FAKE_SETSOCKOPT, 0);
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  fake_next(FAKE_SETSOCKOPT, UV_EPERM);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), UV_EPERM);
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
      SCENE(vsock_has_its_own_receive_size),
      SCENE(a_failed_connect_forgets_where_it_was_bound),
      SCENE(a_listener_forgets_whom_it_has_given_away),
      SCENE(a_vsock_listener_says_vsock_of_its_callers),
      SCENE(sizes_are_those_of_the_socket),
      SCENE(the_maximum_of_vsock_is_raised_and_never_lowered),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
