/*
 * uv_poll_t on sockets of the AF_HYPERV EMULATION: libuv takes its slow path or
 * its fast one, as HVUV_EMULATION_PROVIDER says, and sees on both what it would
 * see of Hyper-V. Each test runs once for each path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "hyperv_emulation_tools.h"

#include <cmocka.h>
#include "support/between.h"

#define SERVICE "5f1c0d5e-3f4b-4c43-9c0b-0b6a3d1b7a21"
#define VM      "11111111-aaaa-4bbb-8ccc-000000000021"

typedef struct watch_s {
  uv_loop_t loop;
  uv_poll_t poll;
  uv_timer_t limit;
  int called, status, events;
  int expired;
} watch_t;

static void on_poll(uv_poll_t* poll, int status, int events) {
  watch_t* watch = poll->data;

  watch->called++;
  watch->status = status;
  watch->events |= events;
  uv_poll_stop(poll);
  uv_timer_stop(&watch->limit);
}

static void on_limit(uv_timer_t* timer) {
  watch_t* watch = timer->data;

  watch->expired = 1;
  uv_poll_stop(&watch->poll);
}

static void start_watch(watch_t* watch, SOCKET sock, const char* provider) {
  memset(watch, 0, sizeof(*watch));
  assert_int_equal(uv_loop_init(&watch->loop), 0);
  assert_int_equal(uv_timer_init(&watch->loop, &watch->limit), 0);
  assert_int_equal(uv_poll_init_socket(&watch->loop, &watch->poll, sock), 0);
  watch->poll.data = watch;
  watch->limit.data = watch;

  /* The fast path has a socket of its own in the handle. */
  assert_int_equal(watch->poll.peer_socket != 0, provider != NULL);
}

/* Watches until something happened, or not for so long. */
static void run_watch(watch_t* watch, int events, uint64_t limit_ms) {
  watch->called = 0;
  watch->status = 0;
  watch->events = 0;
  watch->expired = 0;
  assert_int_equal(uv_poll_start(&watch->poll, events, on_poll), 0);
  assert_int_equal(uv_timer_start(&watch->limit, on_limit, limit_ms, 0), 0);
  while (watch->called == 0 && !watch->expired)
    uv_run(&watch->loop, UV_RUN_ONCE);
}

static void end_watch(watch_t* watch, SOCKET sock) {
  uv_close((uv_handle_t*) &watch->poll, NULL);
  uv_close((uv_handle_t*) &watch->limit, NULL);
  shutdown(sock, SD_BOTH); /* which wakes the slow path's thread */
  closesocket(sock);
  uv_run(&watch->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&watch->loop), 0);
}

static int take_error(SOCKET sock) {
  int error = -1;
  int len = sizeof(error);

  getsockopt(sock, SOL_SOCKET, SO_ERROR, (char*) &error, &len);
  return error;
}

static int set_provider(const char* provider) {
  SetEnvironmentVariableA("HVUV_EMULATION_PROVIDER", provider);
  return hyperv_emulation_begin() ||
         hyperv_emulation_service_register(SERVICE) ||
         hyperv_emulation_vm_start(VM, HYPERV_EMULATION_LINUX_VM);
}

static int setup(void** state) {
  return set_provider(*state);
}

static int teardown(void** state) {
  unsigned int left = hv_close_all();

  (void) state;
  hyperv_emulation_end();
  return left == 0 ? 0 : -1;
}

/* --- The tests */

static void test_connect_succeeds(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET client = hv_nonblocking();
  watch_t watch;
  int code;

  code = hv_connect(client, HV_LOOPBACK, SERVICE);
  assert_true(code == 0 || code == WSAEWOULDBLOCK);
  start_watch(&watch, client, *state);
  run_watch(&watch, UV_READABLE | UV_WRITABLE, 10000);
  assert_int_equal(watch.status, 0);
  assert_int_equal(watch.events, UV_WRITABLE);
  assert_int_equal(take_error(client), 0);
  end_watch(&watch, client);
  closesocket(server);
}

static void test_connect_is_refused(void** state) {
  SOCKET client = hv_nonblocking();
  watch_t watch;

  assert_int_equal(hv_connect(client, HV_LOOPBACK, SERVICE), WSAEWOULDBLOCK);
  start_watch(&watch, client, *state);
  run_watch(&watch, UV_WRITABLE, 10000);
  assert_int_equal(watch.called, 1);
  assert_int_equal(take_error(client), WSAECONNREFUSED);
  end_watch(&watch, client);
}

static void test_connect_times_out(void** state) {
  SOCKET client = hv_nonblocking();
  watch_t watch;

  assert_int_equal(hv_set(client, 1, 500), 0);
  assert_int_equal(hv_connect(client, VM, SERVICE), WSAEWOULDBLOCK);
  start_watch(&watch, client, *state);
  run_watch(&watch, UV_WRITABLE, 150);
  assert_int_equal(watch.called, 0);
  run_watch(&watch, UV_WRITABLE, 10000);
  assert_int_equal(watch.called, 1);
  assert_int_equal(take_error(client), WSAETIMEDOUT);
  end_watch(&watch, client);
}

static void test_close_while_a_connect_waits(void** state) {
  SOCKET client = hv_nonblocking();
  ULONGLONG start_ms;
  watch_t watch;

  assert_int_equal(hv_set(client, 1, 60000), 0);
  assert_int_equal(hv_connect(client, VM, SERVICE), WSAEWOULDBLOCK);
  start_watch(&watch, client, *state);
  run_watch(&watch, UV_WRITABLE, 50);
  start_ms = GetTickCount64();
  end_watch(&watch, client);
  assert_between(GetTickCount64() - start_ms, 0, 5000);
}

static void test_listener_and_data(void** state) {
  SOCKET server = hv_listener(HV_LOOPBACK, SERVICE);
  SOCKET client = hv_nonblocking();
  emulation_name_t peer;
  SOCKET accepted;
  watch_t watch;
  char room[4];

  start_watch(&watch, server, *state);
  run_watch(&watch, UV_READABLE, 50);
  assert_int_equal(watch.called, 0);
  assert_int_equal(hv_dial(client, HV_LOOPBACK, SERVICE), 0);
  run_watch(&watch, UV_READABLE, 10000);
  assert_int_equal(watch.events, UV_READABLE);
  accepted = hv_accept(server, &peer);
  end_watch(&watch, server);

  start_watch(&watch, accepted, *state);
  run_watch(&watch, UV_READABLE, 50);
  assert_int_equal(watch.called, 0);
  assert_int_equal(send(client, "ping", 4, 0), 4);
  run_watch(&watch, UV_READABLE, 10000);
  assert_int_equal(watch.events, UV_READABLE);
  assert_int_equal(recv(accepted, room, sizeof(room), 0), 4);
  end_watch(&watch, accepted);
  closesocket(client);
}

#define TEST(function, provider)                                               \
  {                                                                            \
#function " (" #provider ")", function, setup, teardown,                   \
        (void*) (provider)                                                     \
  }
#define SLOW NULL
#define FAST "tcp"

int main(void) {
  static const struct CMUnitTest tests[] = {
      TEST(test_connect_succeeds, SLOW),
      TEST(test_connect_is_refused, SLOW),
      TEST(test_connect_times_out, SLOW),
      TEST(test_close_while_a_connect_waits, SLOW),
      TEST(test_listener_and_data, SLOW),
      TEST(test_connect_succeeds, FAST),
      TEST(test_connect_is_refused, FAST),
      TEST(test_connect_times_out, FAST),
      TEST(test_close_while_a_connect_waits, FAST),
      TEST(test_listener_and_data, FAST),
  };
  WSADATA data;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
