/* hybrid: the handshake that goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

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

static void what_is_no_ok_is_eproto(void** state) {
  static const char* const answers[] = {"X",
                                        "\n",
                                        "O\n",
                                        "OK\n",
                                        "OKAY 5\n",
                                        "ok 5\n",
                                        "NO 5\n",
                                        " OK 5\n",
                                        "OX",
                                        "ERR",
                                        "OK\r\n",
                                        "CONNECT\n",
                                        "HTTP/1.1 200",
                                        "OOK 5\n"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
    assert_answer(answers[i], "connect:EPROTO");
}

static void garbage_in_the_second_piece_is_eproto(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_input("O");
  fake_input("NO 5\n");
  fire(sock);
  fire(sock);
  turn();
  assert_story("connect:EPROTO");
  fake_forget_script();
}

static void an_answer_without_end_is_eproto(void** state) {
  static const char longest[] = "OK 34567890123456789012345678901234567890"
                                "1234567890123456789012\n";
  char longer[sizeof(longest) + 1];
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(strlen(longest), 64);
  assert_answer(longest, "connect:0");

  memset(longer, '4', sizeof(longer) - 1);
  memcpy(longer, "OK ", 3);
  longer[sizeof(longer) - 1] = '\0';
  assert_answer(longer, "connect:EPROTO");

  asking(&sock);
  fake_input("OK 3456789012345678901234567890");
  fake_input("OK 3456789012345678901234567890");
  fake_input("OK 3456789012345678901234567890");
  fire(sock);
  fire(sock);
  fire(sock);
  turn();
  assert_story("connect:EPROTO");
  fake_forget_script();
}

static void a_hang_up_before_the_ok_is_econnrefused(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_next(FAKE_RECV, 0);
  fire(sock);
  turn();
  assert_story("connect:ECONNREFUSED");

  asking(&sock);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fire(sock);
  turn();
  assert_story("connect:ECONNREFUSED");

  asking(&sock);
  fake_input("OK 50");
  fake_next(FAKE_RECV, 0);
  fire(sock);
  fire(sock);
  turn();
  assert_story("connect:ECONNREFUSED");
}

static void errors_while_waiting_are_told(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_next(FAKE_RECV, UV_ENOMEM);
  fire(sock);
  turn();
  assert_story("connect:ENOMEM");

  asking(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_next(FAKE_TAKE_ERROR, UV_ETIMEDOUT);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("connect:ETIMEDOUT");

  asking(&sock);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, UV_EBADF, 0);
  turn();
  assert_story("connect:ECONNABORTED");
}

static void a_request_that_cannot_be_sent_fails_the_connect(void** state) {
  static const struct {
    ssize_t sent;
    const char* story;
  } rows[] = {
      {UV_EPIPE, "connect:ECONNREFUSED"},
      {UV_ECONNRESET, "connect:ECONNREFUSED"},
      {UV_ENOBUFS, "connect:ENOBUFS"},
      {5, "connect:EIO"},
  };
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    s = scene_stream();
    fake_next(FAKE_CONNECT, 0);
    fake_next(FAKE_SEND, rows[i].sent);
    assert_int_equal(scene_connect(s, "connect", HERE), 0);
    assert_story("");
    turn();
    assert_story(rows[i].story);
  }
}

static void a_socket_that_loses_what_it_showed_is_an_error(void** state) {
  uv_os_sock_t sock;

  (void) state;
  asking(&sock);
  fake_input("OK 5\n");
  fake_fail_nth(2, UV_ECONNRESET);
  fire(sock);
  turn();
  assert_story("connect:ECONNRESET");
  fake_forget_script();

  asking(&sock);
  fake_input("OK 5\n");
  fake_fail_nth(2, 0);
  fire(sock);
  turn();
  assert_story("connect:EIO");
  fake_forget_script();
}

static void the_answer_is_waited_for_within_the_timeout(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  hvuv_set_connect_timeout(s, 1);
  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_connect(s, "connect", HERE), 0);
  fake_next(FAKE_RECV, UV_EAGAIN);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:ETIMEDOUT");
}

static void after_a_half_answer_the_next_connect_starts_anew(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = asking(&sock);
  fake_input("OK 5");
  fake_next(FAKE_RECV, 0);
  fire(sock);
  fire(sock);
  turn();
  assert_story("connect:ECONNREFUSED");

  fake_next(FAKE_CONNECT, 0);
  fake_next(FAKE_SEND, FAKE_ALL);
  assert_int_equal(scene_connect(s, "again", HERE), 0);
  fake_input("XX 5\n");
  fire(fake_newest_socket());
  turn();
  assert_story("again:EPROTO");
  fake_forget_script();
}

static void close_while_asking_cancels(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = asking(&sock);
  fake_input("OK");
  fire(sock);
  scene_close(s);
  turn();
  assert_story("connect:ECANCELED close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(what_is_no_ok_is_eproto),
      SCENE(garbage_in_the_second_piece_is_eproto),
      SCENE(an_answer_without_end_is_eproto),
      SCENE(a_hang_up_before_the_ok_is_econnrefused),
      SCENE(errors_while_waiting_are_told),
      SCENE(a_request_that_cannot_be_sent_fails_the_connect),
      SCENE(a_socket_that_loses_what_it_showed_is_an_error),
      SCENE(the_answer_is_waited_for_within_the_timeout),
      SCENE(after_a_half_answer_the_next_connect_starts_anew),
      SCENE(close_while_asking_cancels),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
