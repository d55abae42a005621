/* hybrid: the CONNECT/OK handshake with a hypervisor, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/net.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE "hybrid://vm.sock:5000"

/* Connected to the hypervisor, which has yet to answer. */
static hvuv_stream_t* asking(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_fileno(s, sock), 0);
  return s;
}

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_READABLE);
}

/* What a connect makes of an answer that comes at once. */
static void assert_answer(const char* answer, const char* story) {
  uv_os_sock_t sock;

  asking(&sock);
  fake_input(answer);
  fire(sock);
  turn();
  assert_story(story);
  fake_forget_script();
}

static void the_port_is_asked_for_by_number(void** state) {
  const struct sockaddr_un* name;
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  assert_string_equal(fake_sent(sock), "CONNECT 5000\n");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  name = (const struct sockaddr_un*) fake_connected_name();
  assert_int_equal(name->sun_family, AF_UNIX);
  assert_string_equal(name->sun_path, "vm.sock");
  turns(2);
  assert_story("");
}

static void another_service_is_asked_for_by_guid(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(
      scene_connect(s,
                    "connect",
                    "hybrid://vm.sock:8ba03980-174a-43e7-852a-e5ec79a671c7"),
      0);
  assert_string_equal(fake_sent(fake_newest_socket()),
                      "CONNECT 8ba03980-174a-43e7-852a-e5ec79a671c7\n");
}

static void it_asks_once_the_socket_is_connected(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_string_equal(fake_sent(sock), "CONNECT 5000\n");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
  fake_input("OK 1073741824\n");
  fire(sock);
  assert_story("");
  turn();
  assert_story("connect:0");
}

static void an_answer_split_at_any_byte_is_one(void** state) {
  static const char answer[] = "OK 1073741824\n";
  char first[sizeof(answer)];
  uv_os_sock_t sock;
  size_t at;

  (void) state;
  for (at = 1; at < sizeof(answer) - 1; at++) {
    asking(&sock);
    memcpy(first, answer, at);
    first[at] = '\0';
    fake_input(first);
    fake_input(answer + at);
    fire(sock);
    turn();
    assert_story("");
    assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
    fire(sock);
    turn();
    assert_story("connect:0");
  }
}

static void an_answer_byte_by_byte_is_one(void** state) {
  static const char answer[] = "OK 52\n";
  char byte[2] = {0, 0};
  uv_os_sock_t sock;
  int i;

  (void) state;
  asking(&sock);
  for (i = 0; answer[i] != '\0'; i++) {
    assert_story("");
    byte[0] = answer[i];
    fake_input(byte);
    fire(sock);
    turn();
  }
  assert_story("connect:0");
}

static void a_wake_in_vain_is_no_answer(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fire(sock);
  turn();
  assert_story("");
  fake_input("OK 5\n");
  fire(sock);
  turn();
  assert_story("connect:0");
}

static void what_stands_behind_ok_is_not_looked_at(void** state) {
  (void) state;
  assert_answer("OK 1073741824\n", "connect:0");
  assert_answer("OK 8ba03980-174a-43e7-852a-e5ec79a671c7\n", "connect:0");
  assert_answer("OK anything, really\n", "connect:0");
}

static void an_ok_before_an_error_counts(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_input("OK 5\n");
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("connect:0");
}

static void payload_behind_the_line_is_the_readers(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = asking(&sock);
  scene_read_start(s);
  fake_input("OK 5\nhello\nOK 6\n");
  fire(sock);
  turn();
  assert_story("connect:0");
  fire(sock);
  assert_story("read:11");
  assert_string_equal(scene_received(), "hello\nOK 6\n");
}

static void nothing_is_sent_before_the_ok(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = asking(&sock);
  fake_trace_calls();
  scene_write(s, "w1", "hello");
  scene_shutdown(s, "shutdown");
  turns(2);
  assert_story("");
  fake_input("OK 5\n");
  fire(sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  turn();
  assert_story("(recv) connect:0 (send) (shutdown) w1:0 shutdown:0");
  assert_string_equal(fake_sent(sock), "CONNECT 5000\nhello");
}

static void binding_listens_for_the_guest(void** state) {
  const struct sockaddr_un* name;
  hvuv_stream_t* server;
  hvuv_stream_t* client;
  uv_os_sock_t sock;
  hvuv_addr_t addr;
  hvuv_addr_t peer;

  (void) state;
  server = scene_stream();
  addr = scene_addr(HERE);
  assert_int_equal(hvuv_bind(server, &addr), 0);
  name = (const struct sockaddr_un*) fake_bound_name();
  assert_string_equal(name->sun_path, "vm.sock_5000");

  assert_int_equal(scene_listen(server), 0);
  assert_int_equal(hvuv_fileno(server, &sock), 0);
  fake_next(FAKE_ACCEPT, 0);
  fire(sock);
  client = scene_accept(server);
  assert_int_equal(hvuv_getpeername(client, &peer), 0);
  assert_true(hvuv_addr_equal(&peer, &addr));
  assert_story("connection:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(the_port_is_asked_for_by_number),
      SCENE(another_service_is_asked_for_by_guid),
      SCENE(it_asks_once_the_socket_is_connected),
      SCENE(an_answer_split_at_any_byte_is_one),
      SCENE(an_answer_byte_by_byte_is_one),
      SCENE(a_wake_in_vain_is_no_answer),
      SCENE(what_stands_behind_ok_is_not_looked_at),
      SCENE(an_ok_before_an_error_counts),
      SCENE(payload_behind_the_line_is_the_readers),
      SCENE(nothing_is_sent_before_the_ok),
      SCENE(binding_listens_for_the_guest),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
