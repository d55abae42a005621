/* The handler of chat, without sockets and clocks: what hvuv/testing.h is for,
 * on a handler that measures time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hvuv/testing.h>

int chat_main(int argc, char** argv);

#define main chat_main
#include "chat.c"
#undef main

#define TOO_FAST "* Not so fast: nobody has seen this line\n"

static hvuv_server_t empty_room;
static hvuv_test_t* test;

static int setup(void** state) {
  (void) state;
  return hvuv_server_init(uv_default_loop(), &empty_room, NULL) != 0 ||
         hvuv_test_open(&test, &protocol, NULL, &empty_room) != 0;
}

static int teardown(void** state) {
  (void) state;
  hvuv_test_close(test);
  hvuv_server_stop(&empty_room, 0, NULL);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  return uv_loop_close(uv_default_loop());
}

static void receive_lines(int n) {
  while (n-- > 0)
    hvuv_test_receive(test, "hello\n", 6);
}

static void a_guest_is_greeted(void** state) {
  (void) state;
  assert_string_equal(hvuv_test_sent(test, NULL),
                      "* Hello. /nick NAME gives you a name\n");
}

static void a_hundred_lines_a_second_are_not_too_fast(void** state) {
  (void) state;
  hvuv_test_forget(test);
  receive_lines(LINES_PER_SECOND_MAX);
  assert_string_equal(hvuv_test_sent(test, NULL), "");
  receive_lines(1);
  assert_string_equal(hvuv_test_sent(test, NULL), TOO_FAST);
}

static void the_next_second_is_another(void** state) {
  (void) state;
  receive_lines(LINES_PER_SECOND_MAX + 1);
  hvuv_test_forget(test);
  hvuv_test_advance(test, 1000);
  receive_lines(LINES_PER_SECOND_MAX);
  assert_string_equal(hvuv_test_sent(test, NULL), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_guest_is_greeted, setup, teardown),
      cmocka_unit_test_setup_teardown(
          a_hundred_lines_a_second_are_not_too_fast, setup, teardown),
      cmocka_unit_test_setup_teardown(
          the_next_second_is_another, setup, teardown),
  };

  return cmocka_run_group_tests_name(
      "chat under the harness", tests, NULL, NULL);
}
