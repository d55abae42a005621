/* Which engine a socket gets. The arguments are what HVUV_POLL, which is in the
 * environment, should make of a TCP socket, and of one of a provider that libuv
 * does not know: "uv" or "afd" each. */
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include "poll/choose.h"
#include "poll/engine_afd_win.h"
#include "poll/engine_uv.h"
#include "party.h"
#include "provider.h"

static const char* wanted[2];
static uv_os_sock_t sock;
static hvuv__poll_shared_t shared;

static const char* chosen(int is_hyperv) {
  const hvuv__engine_t* engine = NULL;
  int err;

  provider_pretend(is_hyperv);
  err = hvuv__engine_choose(&shared, sock, HVUV__POLL_YOUNG, &engine);
  provider_pretend(0);
  if (err != 0)
    return uv_err_name(err);
  return engine == &hvuv__engine_afd  ? "afd"
         : engine == &hvuv__engine_uv ? "uv"
                                      : "?";
}

static void assert_choice(const char* tcp, const char* unknown) {
  assert_string_equal(chosen(0), tcp);
  assert_string_equal(chosen(1), unknown);
}

/* First of all, because it is read once. */
static void the_environment_chooses(void** state) {
  (void) state;
  assert_choice(wanted[0], wanted[1]);
}

static void what_comes_into_the_environment_later_is_too_late(void** state) {
  (void) state;
  uv_os_setenv("HVUV_POLL", strcmp(wanted[0], "uv") == 0 ? "afd" : "uv");
  assert_choice(wanted[0], wanted[1]);
}

static void what_is_no_engine_changes_nothing(void** state) {
  (void) state;
  assert_int_equal(hvuv_set_engine((hvuv_engine_t) 3), UV_EINVAL);
  assert_int_equal(hvuv_set_engine((hvuv_engine_t) -1), UV_EINVAL);
  assert_choice(wanted[0], wanted[1]);
}

static void the_program_outweighs_it(void** state) {
  (void) state;
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AFD), 0);
  assert_choice("afd", "afd");
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_UV), 0);
  assert_choice("uv", "uv");
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_choice("uv", "afd");
}

static void set_afd(void* arg) {
  int* err = arg;

  *err = hvuv_set_engine(HVUV_ENGINE_AFD);
}

static void any_thread_may_choose(void** state) {
  uv_thread_t thread;
  int err = 1;

  (void) state;
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_int_equal(uv_thread_create(&thread, set_afd, &err), 0);
  uv_thread_join(&thread);
  assert_int_equal(err, 0);
  assert_choice("afd", "afd");
}

static void streams_of_both_engines_share_a_loop(void** state) {
  party_t* pairs[2][2];
  int i;

  (void) state;
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AFD), 0);
  party_pair(pairs[0]);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_UV), 0);
  party_pair(pairs[1]);
  for (i = 0; i < 4; i++) {
    party_write(pairs[i % 2][0], (size_t) (i / 2) * 100, 100);
    party_read_until(pairs[i % 2][1], (size_t) (i / 2) * 100 + 100);
  }
}

static void* no_memory(size_t count, size_t size) {
  (void) count;
  (void) size;
  return NULL;
}

static void a_loop_without_a_thread_of_ours_is_left_to_libuv(void** state) {
  (void) state;
  hvuv__engine_leave(&shared);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_int_equal(hvuv_replace_allocator(malloc, realloc, no_memory, free), 0);
  assert_choice("uv", "uv");
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AFD), 0);
  assert_choice("afd", "afd"); /* asked for by name; opening it fails */
  hvuv_replace_allocator(malloc, realloc, calloc, free);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  assert_choice("uv", "afd");
}

static void what_is_no_socket_gets_none(void** state) {
  uv_os_sock_t kept = sock;

  (void) state;
  sock = INVALID_SOCKET;
  assert_string_equal(chosen(0), "ENOTSOCK");
  sock = kept;
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_environment_chooses),
      cmocka_unit_test(what_comes_into_the_environment_later_is_too_late),
      cmocka_unit_test(what_is_no_engine_changes_nothing),
      cmocka_unit_test(the_program_outweighs_it),
      cmocka_unit_test(any_thread_may_choose),
      cmocka_unit_test(what_is_no_socket_gets_none),
      cmocka_unit_test(a_loop_without_a_thread_of_ours_is_left_to_libuv),
      PARTY(streams_of_both_engines_share_a_loop),
  };
  int failed;

  wanted[0] = argc > 1 ? argv[1] : "uv";
  wanted[1] = argc > 2 ? argv[2] : "afd";
  net_start();
  hvuv__poll_enter(&shared, uv_default_loop(), NULL);
  if (net_socket(AF_INET, SOCK_STREAM, &sock) != 0)
    return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  net_close(sock);
  hvuv__engine_leave(&shared);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  return failed + (uv_loop_close(uv_default_loop()) != 0);
}
