/* hvuv/hyperv.h where there is no AF_HYPERV: a program may call it and go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"

static void assert_answers(hvuv_stream_t* s, int enable) {
  assert_int_equal(hvuv_set_connected_suspend(s, enable), UV_ENOTSUP);
  assert_int_equal(hvuv_set_container_passthru(s, enable), UV_ENOTSUP);
  assert_int_equal(hvuv_set_high_vtl(s, enable), UV_ENOTSUP);
}

static void no_state_has_any(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  assert_answers(scene_listener(&sock), 1);
  assert_answers(scene_connecting(&sock), 1);
  s = scene_open(&sock);
  assert_answers(s, 1);
  assert_answers(s, 0);
  scene_close(s);
  assert_answers(s, 1);
}

static void asking_changes_nothing(void** state) {
  hvuv_stream_t* s;
  int before;

  (void) state;
  s = scene_stream();
  assert_answers(s, 1);
  before = fake_calls(FAKE_SETSOCKOPT);
  fake_next(FAKE_CONNECT, 1);
  assert_int_equal(scene_connect(s, "connect", "vsock://host:5000"), 0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(no_state_has_any),
      SCENE(asking_changes_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
