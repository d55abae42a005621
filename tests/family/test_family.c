/* Families over scripted calls: what they are asked, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void support_is_probed_with_a_socket_that_is_closed(void** state) {
  (void) state;
  assert_int_equal(hvuv_supported(HVUV_VSOCK), 0);
  assert_int_equal(hvuv_supported(HVUV_HYPERV), 0);
  assert_int_equal(fake_calls(FAKE_SOCKET), 2);
  assert_int_equal(fake_calls(FAKE_CONNECT), 0);
  assert_int_equal(fake_count_open(), 0);
}

static void what_the_probe_answers_is_told(void** state) {
  (void) state;
  fake_next(FAKE_SOCKET, UV_EAFNOSUPPORT);
  assert_int_equal(hvuv_supported(HVUV_VSOCK), UV_EAFNOSUPPORT);
}

static void unix_families_need_no_probe(void** state) {
  (void) state;
  assert_int_equal(hvuv_supported(HVUV_LOCAL), 0);
  assert_int_equal(hvuv_supported(HVUV_HYBRID), 0);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void a_family_that_does_not_exist_is_einval(void** state) {
  (void) state;
  assert_int_equal(hvuv_supported((hvuv_family_t) 0), UV_EINVAL);
  assert_int_equal(hvuv_supported((hvuv_family_t) 99), UV_EINVAL);
}

static void an_address_that_no_function_made_is_refused(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  hvuv_connect_t req;

  (void) state;
  s = scene_stream();
  addr = scene_addr("hybrid://vm.sock:5");
  memset(addr.u.hybrid.path, 0, sizeof(addr.u.hybrid.path));
  assert_int_equal(hvuv_bind(s, &addr), UV_EINVAL);
  assert_int_equal(hvuv_connect(&req, s, &addr, NULL), UV_EINVAL);
  memset(addr.u.hybrid.path, 'x', sizeof(addr.u.hybrid.path));
  assert_int_not_equal(hvuv_bind(s, &addr), 0);
  assert_int_not_equal(hvuv_connect(&req, s, &addr, NULL), 0);
  addr.family = (hvuv_family_t) 99;
  assert_int_equal(hvuv_bind(s, &addr), UV_EINVAL);
  assert_int_equal(hvuv_connect(&req, s, &addr, NULL), UV_EINVAL);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void a_path_that_does_not_fit_is_enametoolong(void** state) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  memcpy(text, "hybrid://", 9);
  memset(text + 9, 'x', HVUV_PATH_SIZE - 1);
  memcpy(text + 9 + HVUV_PATH_SIZE - 1, ":5", 3);
  addr = scene_addr(text);
  s = scene_stream();
  assert_int_equal(hvuv_bind(s, &addr), UV_ENAMETOOLONG);
  fake_unix_check();
  assert_int_equal(fake_count_open(), 0);
}

static void the_allocator_is_replaced_whole_or_not(void** state) {
  (void) state;
  assert_int_equal(hvuv_replace_allocator(NULL, realloc, calloc, free),
                   UV_EINVAL);
  assert_int_equal(hvuv_replace_allocator(malloc, NULL, calloc, free),
                   UV_EINVAL);
  assert_int_equal(hvuv_replace_allocator(malloc, realloc, NULL, free),
                   UV_EINVAL);
  assert_int_equal(hvuv_replace_allocator(malloc, realloc, calloc, NULL),
                   UV_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(support_is_probed_with_a_socket_that_is_closed),
      SCENE(what_the_probe_answers_is_told),
      SCENE(unix_families_need_no_probe),
      SCENE(a_family_that_does_not_exist_is_einval),
      SCENE(an_address_that_no_function_made_is_refused),
      SCENE(a_path_that_does_not_fit_is_enametoolong),
      SCENE(the_allocator_is_replaced_whole_or_not),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
