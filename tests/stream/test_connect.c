/* Calling out: how a connect ends, and what becomes of what waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define HERE "vsock://host:5000"

static void fire_refused(uv_os_sock_t sock, int so_error) {
  fake_next(FAKE_TAKE_ERROR, so_error);
  fake_poller_fire(sock, UV_EBADF, 0);
}

static void an_immediate_success_is_told_later(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_is_writable(s), 0);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_story("");
  turn();
  assert_story("connect:0");
  assert_int_equal(hvuv_is_writable(s), 1);
  assert_int_equal(hvuv_is_readable(s), 1);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void an_immediate_failure_is_told_later(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_ENETUNREACH);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_story("");
  turn();
  assert_story("connect:ENETUNREACH");
  assert_int_equal(fake_count_open(), 0);
  assert_int_equal(hvuv_is_active(s), 0);
}

static void one_under_way_ends_when_writable(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  turns(3);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);

  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), 0);
  turn();
  assert_story("connect:0");
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
  assert_int_equal(fake_calls(FAKE_TAKE_ERROR), 1);
}

static void the_address_goes_to_the_system(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  assert_true(fake_is_vsock_name(fake_connected_name(), HVUV_CID_HOST, 5000));
}

static void a_failure_is_told_by_its_true_name(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  fire_refused(sock, UV_ECONNREFUSED);
  assert_story("");
  turn();
  assert_story("connect:ECONNREFUSED");
  assert_int_equal(fake_is_open(sock), 0);
  assert_int_equal(hvuv_fileno(s, &sock), UV_EBADF);
}

static void a_failure_that_comes_as_writable_is_a_failure(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fake_next(FAKE_TAKE_ERROR, UV_ECONNRESET);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("connect:ECONNRESET");
}

static void the_polls_own_ebadf_is_never_told(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fire_refused(sock, 0);
  turn();
  assert_story("connect:ECONNABORTED");
}

static void a_poller_that_says_why_is_believed(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_connecting(&sock);
  fake_poller_fire(sock, UV_ENOMEM, 0);
  turn();
  assert_story("connect:ENOMEM");
}

static void a_poller_that_cannot_watch_fails_it_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  fake_poller_fail_watch(UV_ENOMEM, 1);
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  assert_story("");
  turns(3);
  assert_story("connect:ENOMEM w1:ECANCELED");
}

static void a_socket_that_cannot_be_watched_is_not_taken(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_poller_fail_open(UV_ENOMEM);
  assert_int_equal(scene_connect(s, "connect", HERE), UV_ENOMEM);
  assert_int_equal(fake_count_open(), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  turn();
  assert_story("");
}

static void no_socket_no_connect(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_SOCKET, UV_EMFILE);
  fake_next(FAKE_SOCKET, UV_EAFNOSUPPORT);
  assert_int_equal(scene_connect(s, "connect", HERE), UV_EMFILE);
  assert_int_equal(scene_connect(s, "connect", HERE), UV_EAFNOSUPPORT);
  turn();
  assert_story("");
}

static void connects_that_cannot_be_are_refused(void** state) {
  hvuv_addr_t nowhere;
  hvuv_connect_t req;
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  memset(&nowhere, 0, sizeof(nowhere));
  s = scene_stream();
  assert_int_equal(hvuv_connect(&req, s, &nowhere, NULL), UV_EINVAL);
  assert_int_equal(hvuv_connect(&req, s, NULL, NULL), UV_EINVAL);
  assert_int_equal(scene_connect(s, "c", "vsock://any:5"), UV_EADDRNOTAVAIL);
  assert_int_equal(scene_connect(s, "c", "vsock://host:any"), UV_EINVAL);
  assert_int_equal(scene_connect(s, "c", "hyperv://children/5"),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);

  assert_int_equal(scene_connect(scene_open(&sock), "c", HERE), UV_EISCONN);
  assert_int_equal(scene_connect(scene_connecting(&sock), "c", HERE),
                   UV_EALREADY);
  assert_int_equal(scene_connect(scene_listener(&sock), "c", HERE), UV_EINVAL);
  scene_close(s);
  assert_int_equal(scene_connect(s, "c", HERE), UV_EINVAL);
}

static void from_a_bound_vsock_stream_it_connects(void** state) {
  uv_os_sock_t sock;
  uv_os_sock_t used;
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  hvuv_addr_t name;

  (void) state;
  s = scene_stream();
  addr = scene_addr("vsock://any:1000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_int_equal(scene_connect(s, "c", "hybrid://sock:5"), UV_EINVAL);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_fileno(s, &used), 0);
  assert_int_equal(used, sock);
  assert_int_equal(hvuv_getsockname(s, &name), 0);
  assert_true(hvuv_addr_equal(&name, &addr));
  turn();
  assert_story("connect:0");
  assert_int_equal(fake_calls(FAKE_SOCKET), 1);
}

static void without_a_callback_it_connects_all_the_same(void** state) {
  hvuv_connect_t req;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  addr = scene_addr(HERE);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(hvuv_connect(&req, s, &addr, NULL), 0);
  assert_ptr_equal(req.handle, s);
  turn();
  assert_int_equal(hvuv_is_writable(s), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(an_immediate_success_is_told_later),
      SCENE(an_immediate_failure_is_told_later),
      SCENE(one_under_way_ends_when_writable),
      SCENE(the_address_goes_to_the_system),
      SCENE(a_failure_is_told_by_its_true_name),
      SCENE(a_failure_that_comes_as_writable_is_a_failure),
      SCENE(the_polls_own_ebadf_is_never_told),
      SCENE(a_poller_that_says_why_is_believed),
      SCENE(a_poller_that_cannot_watch_fails_it_later),
      SCENE(a_socket_that_cannot_be_watched_is_not_taken),
      SCENE(no_socket_no_connect),
      SCENE(connects_that_cannot_be_are_refused),
      SCENE(from_a_bound_vsock_stream_it_connects),
      SCENE(without_a_callback_it_connects_all_the_same),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
