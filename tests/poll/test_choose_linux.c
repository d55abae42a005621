/* Which engine a socket gets on Linux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hvuv/engine.h"
#include "hvuv/loop.h"
#include "poll/choose.h"
#include "poll/engine_nursery_linux.h"
#include "poll/engine_uv.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "support/shortage.h"

static uv_loop_t* loop;
static hvuv__poll_shared_t shared;

static int up(void** state) {
  (void) state;
  alloc_install();
  loop = loop_open();
  hvuv__poll_enter(&shared, loop, NULL);
  return hvuv_set_engine(HVUV_ENGINE_AUTO);
}

static int down(void** state) {
  (void) state;
  hvuv__poll_leave(&shared);
  uv_run(loop, UV_RUN_DEFAULT);
  loop_close(loop);
  alloc_check();
  return 0;
}

#define CHOICE(test) cmocka_unit_test_setup_teardown(test, up, down)

static const char* choice(enum hvuv__poll_age age) {
  const hvuv__engine_t* engine;
  int err;

  err = hvuv__engine_choose(&shared, 7, age, &engine);
  if (err != 0)
    return uv_err_name(err);
  return engine == &hvuv__engine_nursery ? "nursery" : "uv";
}

static void the_first_young_socket_is_libuvs(void** state) {
  (void) state;
  assert_string_equal(choice(HVUV__POLL_YOUNG), "uv");
  assert_null(shared.nursery);
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
  assert_non_null(shared.nursery);
}

static void lasting_ones_are_libuvs_and_do_not_count(void** state) {
  (void) state;
  assert_string_equal(choice(HVUV__POLL_LASTING), "uv");
  assert_string_equal(choice(HVUV__POLL_LASTING), "uv");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "uv");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
  assert_string_equal(choice(HVUV__POLL_LASTING), "uv");
}

static void libuvs_can_be_chosen_for_all(void** state) {
  (void) state;
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_UV), 0);
  assert_string_equal(choice(HVUV__POLL_YOUNG), "uv");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "uv");
  assert_null(shared.nursery);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
}

static void without_a_descriptor_for_it_there_is_none_for_now(void** state) {
  const char* chosen;
  shortage_t* shortage;

  (void) state;
  choice(HVUV__POLL_YOUNG);
  shortage = shortage_start();
  chosen = choice(HVUV__POLL_YOUNG);
  shortage_end(shortage);
  assert_string_equal(chosen, "uv");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
}

static void without_memory_for_it_nothing_else_is_tried(void** state) {
  (void) state;
  choice(HVUV__POLL_YOUNG);
  alloc_fail_nth(1);
  assert_string_equal(choice(HVUV__POLL_YOUNG), "ENOMEM");
  assert_string_equal(choice(HVUV__POLL_YOUNG), "nursery");
}

static void close_it(uv_handle_t* handle, void* arg) {
  (void) arg;
  if (hvuv_owns_handle(handle))
    uv_close(handle, NULL);
}

static void a_walked_loop_has_libuvs(void** state) {
  (void) state;
  choice(HVUV__POLL_YOUNG);
  choice(HVUV__POLL_YOUNG);
  uv_walk(loop, close_it, NULL);
  assert_string_equal(choice(HVUV__POLL_YOUNG), "uv");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CHOICE(the_first_young_socket_is_libuvs),
      CHOICE(lasting_ones_are_libuvs_and_do_not_count),
      CHOICE(libuvs_can_be_chosen_for_all),
      CHOICE(without_a_descriptor_for_it_there_is_none_for_now),
      CHOICE(without_memory_for_it_nothing_else_is_tried),
      CHOICE(a_walked_loop_has_libuvs),
  };

  unsetenv("HVUV_POLL");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
