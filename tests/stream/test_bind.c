/* Bind, listen and accept: what they refuse, and what a failure leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define HERE "vsock://any:5000"

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_READABLE);
}

static void accept_says_what_is_wrong(void** state) {
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  uv_os_sock_t sock;

  (void) state;
  client = scene_stream();
  assert_int_equal(hvuv_accept(scene_stream(), client), UV_EINVAL);
  assert_int_equal(hvuv_accept(scene_open(&sock), client), UV_EINVAL);
  server = scene_listener(&sock);
  assert_int_equal(hvuv_accept(server, client), UV_EAGAIN);
  scene_close(server);
  assert_int_equal(hvuv_accept(server, client), UV_EINVAL);
}

static void a_failed_accept_leaves_the_connection_waiting(void** state) {
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  uv_os_sock_t busy;
  uv_os_sock_t sock;
  uv_loop_t* other;

  (void) state;
  server = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);

  assert_int_equal(hvuv_accept(server, scene_open(&busy)), UV_EBUSY);
  assert_int_equal(hvuv_accept(server, scene_connecting(&busy)), UV_EBUSY);
  client = scene_stream();
  scene_close(client);
  assert_int_equal(hvuv_accept(server, client), UV_EINVAL);

  other = loop_open();
  client = scene_stream_on(other);
  assert_int_equal(hvuv_accept(server, client), UV_EINVAL);
  scene_close(client);
  loop_run_turns(other, 1);
  loop_close(other);

  client = scene_stream();
  alloc_fail_nth(1);
  assert_int_equal(hvuv_accept(server, client), UV_ENOMEM);
  fake_poller_fail_open(UV_EEXIST);
  assert_int_equal(hvuv_accept(server, client), UV_EEXIST);
  assert_int_equal(hvuv_fileno(client, &busy), UV_EBADF);

  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_accept(server, client), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void bind_and_listen_say_what_is_wrong(void** state) {
  hvuv_addr_t nowhere;
  uv_os_sock_t sock;
  hvuv_addr_t addr;
  hvuv_stream_t* s;

  (void) state;
  memset(&nowhere, 0, sizeof(nowhere));
  addr = scene_addr(HERE);
  s = scene_stream();
  assert_int_equal(scene_listen(s), UV_EINVAL);
  assert_int_equal(hvuv_bind(s, &nowhere), UV_EINVAL);
  assert_int_equal(hvuv_bind(s, NULL), UV_EINVAL);
  assert_int_equal(hvuv_bind(scene_open(&sock), &addr), UV_EINVAL);
  assert_int_equal(scene_listen(scene_open(&sock)), UV_EINVAL);

  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_bind(s, &addr), UV_EINVAL);
  assert_int_equal(hvuv_listen(s, 1, NULL), UV_EINVAL);
  scene_close(s);
  assert_int_equal(hvuv_bind(s, &addr), UV_EINVAL);
  assert_int_equal(scene_listen(s), UV_EINVAL);
}

static void a_bind_that_fails_takes_nothing(void** state) {
  hvuv_addr_t addr;
  hvuv_stream_t* s;

  (void) state;
  addr = scene_addr(HERE);
  s = scene_stream();
  fake_next(FAKE_SOCKET, UV_EMFILE);
  assert_int_equal(hvuv_bind(s, &addr), UV_EMFILE);
  fake_next(FAKE_BIND, UV_EADDRINUSE);
  assert_int_equal(hvuv_bind(s, &addr), UV_EADDRINUSE);
  fake_poller_fail_open(UV_ENOMEM);
  assert_int_equal(hvuv_bind(s, &addr), UV_ENOMEM);
  addr = scene_addr("vsock://any:any");
  fake_next(FAKE_BIND, UV_EADDRINUSE);
  assert_int_equal(hvuv_bind(s, &addr), UV_EADDRINUSE);
  fake_next(FAKE_GETSOCKNAME, UV_ENOBUFS);
  assert_int_equal(hvuv_bind(s, &addr), UV_ENOBUFS);
  addr = scene_addr("hybrid://vm.sock:5000");
  fake_claim_fails(UV_EADDRINUSE);
  assert_int_equal(hvuv_bind(s, &addr), UV_EADDRINUSE);
  fake_poller_fail_open(UV_ENOMEM);
  assert_int_equal(hvuv_bind(s, &addr), UV_ENOMEM);
  fake_unix_check();
  assert_int_equal(fake_count_open(), 0);

  assert_int_equal(hvuv_bind(s, &addr), 0);
}

static void a_listen_that_fails_may_be_tried_again(void** state) {
  hvuv_addr_t addr;
  hvuv_stream_t* s;

  (void) state;
  addr = scene_addr(HERE);
  s = scene_stream();
  assert_int_equal(hvuv_bind(s, &addr), 0);
  fake_next(FAKE_LISTEN, UV_EADDRINUSE);
  assert_int_equal(scene_listen(s), UV_EADDRINUSE);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(scene_listen(s), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(accept_says_what_is_wrong),
      SCENE(a_failed_accept_leaves_the_connection_waiting),
      SCENE(bind_and_listen_say_what_is_wrong),
      SCENE(a_bind_that_fails_takes_nothing),
      SCENE(a_listen_that_fails_may_be_tried_again),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
