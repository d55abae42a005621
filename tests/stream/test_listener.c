/* Being called: bind, listen, and accepting one connection after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "family/family.h"
#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define HERE "vsock://any:5000"

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_READABLE);
}

static void take(hvuv_stream_t* server) {
  scene_accept(server);
}

static void take_and_close(hvuv_stream_t* server) {
  hvuv_stream_t* client;

  client = scene_accept(server);
  if (client != NULL)
    scene_close(client);
}

static void it_looks_for_connections_once_it_listens(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  addr = scene_addr(HERE);
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_true(fake_is_vsock_name(fake_bound_name(), HVUV_CID_ANY, 5000));

  assert_int_equal(scene_listen(s), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  assert_int_equal(hvuv_is_active(s), 1);
  assert_int_equal(fake_calls(FAKE_ACCEPT), 0);
  turn();
  assert_story("");
}

/* To ask in vain is no small matter on AF_VSOCK, see listener.c. Elsewhere one is
 * taken of each wake-up that comes alone (accepts.c). */
static void each_wake_takes_one_connection(void** state) {
  const hvuv_stream_t* s;
  uv_os_sock_t sock;
  int i;

  (void) state;
  s = scene_listener(&sock);
  scene_on_every("connection", take);
  fake_always(FAKE_ACCEPT, 0);
  for (i = 1; i <= 3; i++) {
    fire(sock);
    turn();
    assert_int_equal(scene_count("connection"), i);
    assert_int_equal(fake_calls(FAKE_ACCEPT), i);
    assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
    if (!s->family->accept_sleeps)
      turn();
  }
  trace_reset();
}

static void a_connection_not_taken_pauses_the_listener(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_int_equal(fake_calls(FAKE_ACCEPT), 1);
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(hvuv_is_active(s), 1);
  turns(3);
  assert_story("connection:0");

  assert_non_null(scene_accept(s));
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_story("connection:0");
}

static void an_accepted_stream_is_open_and_idle(void** state) {
  uv_os_sock_t sock;
  uv_os_sock_t mine;
  hvuv_stream_t* s;

  (void) state;
  scene_listener(&sock);
  s = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  s = scene_accept(s);
  assert_int_equal(hvuv_is_readable(s), 1);
  assert_int_equal(hvuv_is_writable(s), 1);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(hvuv_fileno(s, &mine), 0);
  assert_int_equal(mine, fake_newest_socket());
  assert_int_equal(fake_poller_wanted(mine), 0);
  assert_story("connection:0");
}

static void a_lost_connection_is_passed_over(void** state) {
  static const int lost[] = {UV_ECONNABORTED, UV_EPROTO, UV_ECONNRESET};
  uv_os_sock_t sock;
  size_t i;

  (void) state;
  scene_listener(&sock);
  for (i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
    fake_next(FAKE_ACCEPT, lost[i]);
    fire(sock);
    assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  }
  assert_story("");
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_story("connection:0");
}

static void a_wake_in_vain_tells_nothing(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, UV_EAGAIN);
  fire(sock);
  assert_story("");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void a_peer_that_the_family_refuses_is_dropped(void** state) {
  struct sockaddr name;
  uv_os_sock_t sock;
  int before;

  (void) state;
  scene_listener(&sock);
  before = fake_count_open();
  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_ACCEPT, &name, sizeof(name));
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_story("");
  assert_int_equal(fake_count_open(), before);
}

static void on_refused(hvuv_stream_t* stream,
                       const hvuv_addr_t* peer,
                       int status) {
  (void) stream;
  assert_null(peer);
  trace_status("refused", status);
}

static void on_refused_close(hvuv_stream_t* stream,
                             const hvuv_addr_t* peer,
                             int status) {
  on_refused(stream, peer, status);
  scene_close(stream);
}

static void fire_for_a_stranger(uv_os_sock_t sock) {
  struct sockaddr name;

  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_ACCEPT, &name, sizeof(name));
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
}

static void a_peer_that_the_family_refuses_is_reported_on_request(
    void** state) {
  hvuv_stream_t* listener;
  uv_os_sock_t sock;

  (void) state;
  listener = scene_listener(&sock);
  assert_int_equal(hvuv_set_refused_cb(listener, on_refused), 0);
  fire_for_a_stranger(sock);
  fire_for_a_stranger(sock);
  assert_story("refused:EAFNOSUPPORT refused:EAFNOSUPPORT");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  assert_int_equal(hvuv_set_refused_cb(listener, NULL), 0);
  fire_for_a_stranger(sock);
  assert_story("");

  assert_int_equal(hvuv_set_refused_cb(listener, on_refused_close), 0);
  fire_for_a_stranger(sock);
  assert_int_equal(hvuv_set_refused_cb(listener, on_refused), UV_EINVAL);
  turns(2);
  assert_story("refused:EAFNOSUPPORT close");
}

static void close_in_the_callback_closes_what_waits(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  scene_on("connection", scene_close);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_int_equal(fake_count_open(), 0);
  turn();
  assert_story("connection:0 close");
  assert_int_equal(fake_calls(FAKE_ACCEPT), 1);
}

static void take_and_close_server(hvuv_stream_t* server) {
  scene_accept(server);
  scene_close(server);
}

static void what_was_taken_outlives_the_listener(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  scene_on("connection", take_and_close_server);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  turn();
  assert_story("connection:0 close");
  assert_int_equal(fake_is_open(fake_newest_socket()), 1);
  assert_int_equal(fake_count_open(), 1);
}

static void streams_closed_in_the_callback_are_no_trouble(void** state) {
  uv_os_sock_t sock;

  (void) state;
  scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  scene_on("connection", take);
  fire(sock);
  scene_on("connection", take_and_close_server);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  turn();
  assert_story("connection:0 connection:0 close");
}

static void on_other_connection(hvuv_stream_t* server, int status) {
  (void) server;
  trace_status("other", status);
}

static void a_second_listen_changes_the_callback(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_listener(&sock);
  assert_int_equal(hvuv_listen(s, 5, on_other_connection), 0);
  assert_int_equal(fake_calls(FAKE_LISTEN), 2);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  assert_story("other:0");
}

static void clients_come_and_go(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  scene_listener(&sock);
  scene_on_every("connection", take_and_close);
  fake_always(FAKE_ACCEPT, UV_EAGAIN); /* where it asks for more than one */
  for (i = 0; i < 50; i++) {
    fake_next(FAKE_ACCEPT, 0);
    fire(sock);
    turn();
    assert_int_equal(fake_count_open(), 1);
  }
  assert_int_equal(scene_count("connection"), 50);
  trace_reset();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(it_looks_for_connections_once_it_listens),
      SCENE(each_wake_takes_one_connection),
      SCENE(a_connection_not_taken_pauses_the_listener),
      SCENE(an_accepted_stream_is_open_and_idle),
      SCENE(a_lost_connection_is_passed_over),
      SCENE(a_wake_in_vain_tells_nothing),
      SCENE(a_peer_that_the_family_refuses_is_dropped),
      SCENE(a_peer_that_the_family_refuses_is_reported_on_request),
      SCENE(close_in_the_callback_closes_what_waits),
      SCENE(what_was_taken_outlives_the_listener),
      SCENE(streams_closed_in_the_callback_are_no_trouble),
      SCENE(a_second_listen_changes_the_callback),
      SCENE(clients_come_and_go),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
