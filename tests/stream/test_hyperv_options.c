/* The options of AF_HYPERV over scripted calls: which are set on which socket,
 * when, and what a refusal means. Runs on every system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

/* The options that fake_options() names, all of level 1. */
#define PASSTHRU "1/2=1"
#define SUSPEND  "1/4=1"
#define HIGH_VTL "1/8=1"

static int connecting_to(hvuv_stream_t* s, const char* text) {
  fake_next(FAKE_CONNECT, 1);
  return scene_connect(s, "connect", text);
}

static int bind_to(hvuv_stream_t* s, const char* text) {
  hvuv_addr_t addr;

  addr = scene_addr(text);
  return hvuv_bind(s, &addr);
}

/* --- The timeout of a connect ------------------------------------------------
 */

static void the_system_is_told_milliseconds(void** state) {
  static const struct {
    uint64_t ms;
    const char* options;
  } rows[] = {
      {0, ""},
      {1, "1/1=1"},
      {1234, "1/1=1 1/1=1234"},
      {299999, "1/1=1 1/1=1234 1/1=299999"},
      {300000, "1/1=1 1/1=1234 1/1=299999 1/1=300000"},
      {300001, "1/1=1 1/1=1234 1/1=299999 1/1=300000 1/1=300000"},
      {UINT64_MAX,
       "1/1=1 1/1=1234 1/1=299999 1/1=300000 1/1=300000 1/1=300000"},
  };
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    s = scene_stream();
    assert_int_equal(hvuv_set_connect_timeout(s, rows[i].ms), 0);
    assert_int_equal(connecting_to(s, "hyperv://parent/5"), 0);
    assert_string_equal(fake_options(), rows[i].options);
  }
}

static void a_system_that_takes_no_timeout_is_called_all_the_same(
    void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, 1000);
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  assert_int_equal(connecting_to(s, "vsock://host:5"), 0);
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
}

/* --- Suspended VMs
 * ------------------------------------------------------------- */

static void the_wish_is_set_before_connecting(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(hvuv_set_connected_suspend(s, 1), 0);
  assert_string_equal(fake_options(), "");

  /* The third call is the connect. */
  fake_fail_nth(3, UV_ECONNREFUSED);
  assert_int_equal(scene_connect(s, "connect", "hyperv://parent/5"), 0);
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
  assert_true(fake_has_failed());
  assert_string_equal(fake_options(), SUSPEND);
  turn();
  assert_story("connect:ECONNREFUSED");
}

static void the_wish_is_set_when_binding(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connected_suspend(s, 1);
  assert_int_equal(bind_to(s, "vsock://any:5000"), 0);
  assert_string_equal(fake_options(), SUSPEND);
}

static void a_wish_taken_back_sets_nothing(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connected_suspend(s, 1);
  assert_int_equal(hvuv_set_connected_suspend(s, 0), 0);
  assert_int_equal(bind_to(s, "vsock://any:5000"), 0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 0);
}

static void a_wish_that_is_refused_is_no_failure(void** state) {
  hvuv_stream_t* s;
  int i;

  (void) state;
  fake_always(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  for (i = 0; i < 2; i++) {
    s = scene_stream();
    hvuv_set_connected_suspend(s, 1);
    if (i == 0)
      assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
    else
      assert_int_equal(connecting_to(s, "hyperv://parent/5"), 0);
  }
  assert_string_equal(fake_options(), SUSPEND " " SUSPEND);
}

static void a_stream_that_tries_again_wishes_again(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connected_suspend(s, 1);
  fake_next(FAKE_CONNECT, UV_ECONNREFUSED);
  assert_int_equal(scene_connect(s, "connect", "vsock://host:5"), 0);
  turn();
  assert_int_equal(connecting_to(s, "vsock://host:5"), 0);
  assert_string_equal(fake_options(), SUSPEND " " SUSPEND);
  assert_story("connect:ECONNREFUSED");
}

/* A listener with the wish, and a connection that waits for hvuv_accept(). */
static hvuv_stream_t* called_listener(void) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;

  server = scene_stream();
  hvuv_set_connected_suspend(server, 1);
  assert_int_equal(bind_to(server, "vsock://any:5000"), 0);
  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  return server;
}

static void an_accepted_socket_has_its_listeners_wish(void** state) {
  hvuv_stream_t* server;

  (void) state;
  server = called_listener();
  assert_string_equal(fake_options(), SUSPEND);
  assert_non_null(scene_accept(server));
  assert_string_equal(fake_options(), SUSPEND " " SUSPEND);
  assert_story("connection:0");
}

static void an_accepted_socket_that_refuses_it_is_accepted(void** state) {
  hvuv_stream_t* server;

  (void) state;
  server = called_listener();
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  assert_non_null(scene_accept(server));
  assert_story("connection:0");
}

static void an_accepting_stream_may_wish_by_itself(void** state) {
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  uv_os_sock_t sock;

  (void) state;
  server = scene_listener(&sock);
  client = scene_stream();
  hvuv_set_connected_suspend(client, 1);
  hvuv_set_high_vtl(client, 1); /* Of no meaning to one that was called. */
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(hvuv_accept(server, client), 0);
  assert_string_equal(fake_options(), SUSPEND);
  assert_story("connection:0");
}

static void a_stream_that_is_open_is_set_now(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_open(&sock);
  assert_int_equal(hvuv_set_connected_suspend(s, 1), 0);
  assert_int_equal(hvuv_set_connected_suspend(s, 0), 0);
  assert_string_equal(fake_options(), SUSPEND " 1/4=0");
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  assert_int_equal(hvuv_set_connected_suspend(s, 1), UV_ENOPROTOOPT);
}

static void a_stream_that_is_bound_is_set_now(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
  assert_int_equal(hvuv_set_connected_suspend(s, 1), 0);
  assert_string_equal(fake_options(), SUSPEND);
  assert_int_equal(scene_listen(s), 0);
  assert_int_equal(hvuv_set_connected_suspend(s, 0), 0);
  assert_string_equal(fake_options(), SUSPEND " 1/4=0");
}

static void what_was_refused_is_not_wished(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(bind_to(s, "vsock://any:1000"), 0);
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  assert_int_equal(hvuv_set_connected_suspend(s, 1), UV_ENOPROTOOPT);
  assert_int_equal(connecting_to(s, "vsock://host:5"), 0);
  assert_string_equal(fake_options(), SUSPEND);
}

/* --- Options that decide where a connect leads
 * --------------------------------- */

static void they_are_set_before_connecting(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, 1000);
  assert_int_equal(hvuv_set_high_vtl(s, 1), 0);
  assert_int_equal(hvuv_set_container_passthru(s, 1), 0);
  assert_int_equal(hvuv_set_connected_suspend(s, 1), 0);

  /* The sixth call is the connect. */
  fake_fail_nth(6, UV_ECONNREFUSED);
  assert_int_equal(scene_connect(s, "connect", "hyperv://parent/5"), 0);
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
  assert_string_equal(fake_options(),
                      "1/1=1000 " SUSPEND " " PASSTHRU " " HIGH_VTL);
  turn();
  assert_story("connect:ECONNREFUSED");
}

static void they_are_not_for_listeners(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_high_vtl(s, 1);
  hvuv_set_container_passthru(s, 1);
  assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
  assert_int_equal(scene_listen(s), 0);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 0);
}

static void a_bound_stream_that_calls_has_them(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
  assert_int_equal(hvuv_set_high_vtl(s, 1), 0);
  assert_int_equal(connecting_to(s, "hyperv://parent/5"), 0);
  assert_string_equal(fake_options(), HIGH_VTL);
}

static void without_them_nobody_is_called(void** state) {
  int (*const set[])(hvuv_stream_t*, int) = {hvuv_set_high_vtl,
                                             hvuv_set_container_passthru};
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < 2; i++) {
    s = scene_stream();
    set[i](s, 1);
    fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
    assert_int_equal(scene_connect(s, "connect", "hyperv://parent/5"),
                     UV_ENOPROTOOPT);
    assert_int_equal(fake_count_open(), 0);

    /* Without the wish, or when the system takes it, it can. */
    assert_int_equal(connecting_to(s, "hyperv://parent/5"), 0);
    scene_close_all();
  }
  assert_int_equal(fake_calls(FAKE_CONNECT), 2);
  assert_story("connect:ECANCELED close connect:ECANCELED close");
}

static void a_bound_stream_stays_bound_without_them(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_stream();
  assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
  hvuv_set_high_vtl(s, 1);
  fake_next(FAKE_SETSOCKOPT, UV_ENOPROTOOPT);
  assert_int_equal(scene_connect(s, "connect", "hyperv://parent/5"),
                   UV_ENOPROTOOPT);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_true(fake_is_open(sock));
  assert_int_equal(scene_listen(s), 0);
}

static void another_family_does_not_connect_with_them(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_container_passthru(s, 1);
  assert_int_equal(scene_connect(s, "connect", "hybrid://vm.sock:5"),
                   UV_ENOTSUP);
  assert_int_equal(fake_count_open(), 0);
  hvuv_set_container_passthru(s, 0);
  hvuv_set_connected_suspend(s, 1); /* Which goes without saying there. */
  assert_int_equal(connecting_to(s, "hybrid://vm.sock:5"), 0);
}

/* --- When they may be set
 * --------------------------------------------------------- */

static void assert_answers(hvuv_stream_t* s, int suspend, int others) {
  assert_int_equal(hvuv_set_connected_suspend(s, 1), suspend);
  assert_int_equal(hvuv_set_container_passthru(s, 1), others);
  assert_int_equal(hvuv_set_high_vtl(s, 1), others);
}

static void each_state_has_its_answer(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  assert_answers(scene_stream(), 0, 0);
  s = scene_stream();
  assert_int_equal(bind_to(s, "hyperv://any/5"), 0);
  assert_answers(s, 0, 0);
  assert_answers(scene_listener(&sock), 0, UV_EINVAL);
  assert_answers(scene_connecting(&sock), UV_EALREADY, UV_EALREADY);
  s = scene_open(&sock);
  assert_answers(s, 0, UV_EISCONN);
  scene_close(s);
  assert_answers(s, UV_EINVAL, UV_EINVAL);
}

static void a_stream_of_another_family_has_none(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_open_foreign(&sock);
  assert_answers(s, UV_ENOTSUP, UV_EISCONN);
  assert_int_equal(fake_calls(FAKE_SETSOCKOPT), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(the_system_is_told_milliseconds),
      SCENE(a_system_that_takes_no_timeout_is_called_all_the_same),
      SCENE(the_wish_is_set_before_connecting),
      SCENE(the_wish_is_set_when_binding),
      SCENE(a_wish_taken_back_sets_nothing),
      SCENE(a_wish_that_is_refused_is_no_failure),
      SCENE(a_stream_that_tries_again_wishes_again),
      SCENE(an_accepted_socket_has_its_listeners_wish),
      SCENE(an_accepted_socket_that_refuses_it_is_accepted),
      SCENE(an_accepting_stream_may_wish_by_itself),
      SCENE(a_stream_that_is_open_is_set_now),
      SCENE(a_stream_that_is_bound_is_set_now),
      SCENE(what_was_refused_is_not_wished),
      SCENE(they_are_set_before_connecting),
      SCENE(they_are_not_for_listeners),
      SCENE(a_bound_stream_that_calls_has_them),
      SCENE(without_them_nobody_is_called),
      SCENE(a_bound_stream_stays_bound_without_them),
      SCENE(another_family_does_not_connect_with_them),
      SCENE(each_state_has_its_answer),
      SCENE(a_stream_of_another_family_has_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
