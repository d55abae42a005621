/* AF_VSOCK on Linux over scripted calls: its names, its options, and what
 * hyperv:// addresses mean there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/time.h>

#include <linux/vm_sockets.h>

#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

static void hyperv_addresses_are_carried_by_vsock(void** state) {
  static const struct {
    const char* text;
    unsigned int cid;
    unsigned int port;
  } rows[] = {
      {"hyperv://any/5000", VMADDR_CID_ANY, 5000},
      {"hyperv://parent/0", VMADDR_CID_HOST, 0},
      {"hyperv://loopback/0x7fffffff", HVUV_CID_LOCAL, 0x7fffffff},
      {"vsock://7:0xfffffffe", 7, 0xfffffffe},
  };
  struct sockaddr_vm vm;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    addr = scene_addr(rows[i].text);
    assert_int_equal(hvuv_bind(scene_stream(), &addr), 0);
    memcpy(&vm, fake_bound_name(), sizeof(vm));
    assert_int_equal(vm.svm_family, AF_VSOCK);
    assert_int_equal(vm.svm_cid, rows[i].cid);
    assert_int_equal(vm.svm_port, rows[i].port);
  }
}

static void hyperv_addresses_without_a_meaning_are_refused(void** state) {
  static const struct {
    const char* text;
    int err;
  } rows[] = {
      {"hyperv://children/5", UV_EADDRNOTAVAIL},
      {"hyperv://silohost/5", UV_EADDRNOTAVAIL},
      {"hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/5", UV_EADDRNOTAVAIL},
      {"hyperv://any/8ba03980-174a-43e7-852a-e5ec79a671c7", UV_EINVAL},
  };
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  s = scene_stream();
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    addr = scene_addr(rows[i].text);
    assert_int_equal(hvuv_bind(s, &addr), rows[i].err);
  }
  assert_int_equal(
      scene_connect(
          s, "c", "hyperv://parent/8ba03980-174a-43e7-852a-e5ec79a671c7"),
      UV_EINVAL);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void a_caller_that_hyperv_cannot_say_is_a_vsock_one(void** state) {
  struct sockaddr_vm vm;
  hvuv_stream_t* server;
  uv_os_sock_t sock;
  hvuv_addr_t addr;

  (void) state;
  server = scene_stream();
  addr = scene_addr("hyperv://any/5000");
  assert_int_equal(hvuv_bind(server, &addr), 0);
  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);

  memset(&vm, 0, sizeof(vm));
  vm.svm_family = AF_VSOCK;
  vm.svm_port = 7;
  vm.svm_cid = 3;
  fake_name(FAKE_ACCEPT, &vm, sizeof(vm));
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_getpeername(scene_accept(server), &addr), 0);
  assert_int_equal(hvuv_addr_family(&addr), HVUV_VSOCK);
  assert_int_equal(addr.u.vsock.cid, 3);
  assert_int_equal(addr.u.vsock.port, 7);
  trace_reset();
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

/* hv_sock takes both from a listener, and before it listens. */
static void a_bound_stream_has_sizes_too(void** state) {
  uint64_t maximum = 262144;
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  int value;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  fake_option(&maximum, sizeof(maximum));
  value = 131072;
  assert_int_equal(hvuv_send_buffer_size(s, &value), 0);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), 0);
  assert_int_equal(fake_calls(FAKE_LISTEN), 0);
  assert_non_null(strstr(fake_options(), "1/7=131072")); /* SO_SNDBUF */
  assert_non_null(strstr(fake_options(), "1/8=131072")); /* SO_RCVBUF */
  assert_int_equal(scene_listen(s), 0);
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

static void connecting_for(uint64_t timeout_ms) {
  hvuv_stream_t* s;

  s = scene_stream();
  assert_int_equal(hvuv_set_connect_timeout(s, timeout_ms), 0);
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", "vsock://host:5000"), 0);
}

static void assert_system_timeout(long sec, long usec) {
  struct timeval tv;

  fake_last_option(&tv, sizeof(tv));
  assert_int_equal(tv.tv_sec, sec);
  assert_int_equal(tv.tv_usec, usec);
}

static void the_system_is_told_seconds_and_microseconds(void** state) {
  (void) state;
  connecting_for(1234);
  assert_system_timeout(1, 234000);
  connecting_for(UINT64_MAX);
  assert_system_timeout(24L * 60 * 60, 0);
}

/* A regression of some kernels, since mended. */
static void eio_is_eof(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_read_start(scene_open(&sock));
  fake_next(FAKE_RECV, UV_EIO);
  fake_poller_fire(sock, 0, UV_READABLE);

  assert_story("eof");
}

/* Linux 7.2, when the host rescinds the channel just then. */
static void a_write_to_a_host_that_is_gone_is_epipe(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_ENODEV);
  assert_int_equal(scene_try_write(s, "x"), UV_EPIPE);
  fake_next(FAKE_SEND, UV_ENODEV);
  assert_int_equal(scene_write(s, "write", "x"), 0);
  scene_play();
  assert_story("write:EPIPE");
}

static void a_connect_without_a_transport_is_enodev_all_the_same(void** state) {
  hvuv_stream_t* s = scene_stream();

  (void) state;
  fake_next(FAKE_CONNECT, UV_ENODEV);
  assert_int_equal(scene_connect(s, "connect", "vsock://9:5000"), 0);
  scene_play();
  assert_story("connect:ENODEV");
}

/* The 16th short read is followed by another recv() where one gives a packet. */
static int follows_short_reads(void) {
  uv_os_sock_t sock;
  int before;
  int i;

  assert_int_equal(scene_read_start(scene_open(&sock)), 0);
  before = fake_calls(FAKE_RECV);
  fake_always(FAKE_RECV, UV_EAGAIN);
  for (i = 0; i < 16; i++) {
    fake_input("x");
    fake_poller_fire(sock, 0, UV_READABLE);
  }
  trace_reset();
  return fake_calls(FAKE_RECV) - before - 16;
}

static void only_the_host_of_hyper_v_gives_packets(void** state) {
  static const struct {
    uint32_t cid;
    int on_hyperv;
    int follows;
  } rows[] = {{HVUV_CID_HOST, 1, 1},
              {HVUV_CID_HOST, 0, 0},
              {HVUV_CID_LOCAL, 1, 0},
              {3, 1, 0}};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    fake_vsock_on_hyperv(rows[i].on_hyperv);
    fake_vsock_name(FAKE_GETPEERNAME, rows[i].cid, 7);
    assert_int_equal(follows_short_reads(), rows[i].follows);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(hyperv_addresses_are_carried_by_vsock),
      SCENE(hyperv_addresses_without_a_meaning_are_refused),
      SCENE(a_caller_that_hyperv_cannot_say_is_a_vsock_one),
      SCENE(sizes_are_those_of_the_socket),
      SCENE(a_bound_stream_has_sizes_too),
      SCENE(the_maximum_of_vsock_is_raised_and_never_lowered),
      SCENE(vsock_has_its_own_receive_size),
      SCENE(the_system_is_told_seconds_and_microseconds),
      SCENE(eio_is_eof),
      SCENE(a_write_to_a_host_that_is_gone_is_epipe),
      SCENE(a_connect_without_a_transport_is_enodev_all_the_same),
      SCENE(only_the_host_of_hyper_v_gives_packets),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
