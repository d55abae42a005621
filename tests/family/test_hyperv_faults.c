/* AF_HYPERV when the n-th system call fails, for each n: nothing leaks, nothing
 * is told twice, and only what must not fail the verb does not. Runs on every
 * system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/between.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define CALLS_MAX 20

static hvuv_stream_t* wishing_stream(void) {
  hvuv_stream_t* s;

  s = scene_stream();
  hvuv_set_connect_timeout(s, 60000);
  hvuv_set_connected_suspend(s, 1);
  hvuv_set_high_vtl(s, 1);
  return s;
}

static void listen_and_accept(void) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;
  hvuv_addr_t addr;

  server = wishing_stream();
  addr = scene_addr("vsock://any:5000");
  if (hvuv_bind(server, &addr) != 0 || scene_listen(server) != 0 ||
      hvuv_fileno(server, &sock) != 0)
    return;
  fake_next(FAKE_ACCEPT, 0);
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_accept(server);
}

static void bind_any_port(void) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  s = wishing_stream();
  addr = scene_addr("vsock://any:any");
  hvuv_bind(s, &addr);
}

static void connect_and_say(void) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  s = wishing_stream();
  fake_next(FAKE_CONNECT, 1);
  if (scene_connect(s, "connect", "hyperv://parent/5") != 0 ||
      hvuv_fileno(s, &sock) != 0)
    return;
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "write", "hello");
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  scene_shutdown(s, "shutdown");
  turns(2);
}

/* Plays it until no call is left to fail. Each time scene_down()'s checks are
 * made of what is left then; here, of sockets and requests. */
static void fail_each_call(void (*play)(void)) {
  int n;

  for (n = 1; n < CALLS_MAX; n++) {
    fake_fail_nth(n, UV_ENOBUFS);
    play();
    scene_close_all();
    fake_forget_script();
    assert_int_equal(fake_count_open(), 0);
    assert_int_equal(scene_pending(), 0);
    trace_reset();
    if (!fake_has_failed())
      break;
  }
  assert_between(n, 3, CALLS_MAX - 1);
}

static void a_listener_leaks_nothing(void** state) {
  (void) state;
  fail_each_call(listen_and_accept);
}

static void a_listener_at_any_port_leaks_nothing(void** state) {
  (void) state;
  fail_each_call(bind_any_port);
}

static void a_caller_leaks_nothing(void** state) {
  (void) state;
  fail_each_call(connect_and_say);
}

static void a_socket_that_cannot_be_watched_is_given_back(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = wishing_stream();
  fake_poller_fail_open(UV_ENOMEM);
  assert_int_equal(scene_connect(s, "connect", "hyperv://parent/5"), UV_ENOMEM);
  assert_int_equal(fake_count_open(), 0);
  addr = scene_addr("vsock://any:5000");
  fake_poller_fail_open(UV_ENOMEM);
  assert_int_equal(hvuv_bind(s, &addr), UV_ENOMEM);
  assert_int_equal(fake_count_open(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_listener_leaks_nothing),
      SCENE(a_listener_at_any_port_leaks_nothing),
      SCENE(a_caller_leaks_nothing),
      SCENE(a_socket_that_cannot_be_watched_is_given_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
