/* Every state of a stream against everything that can happen to its socket:
 * found readable or writable, found broken, closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE "vsock://host:5000"

enum event { READABLE, WRITABLE, BROKEN, CLOSED };

/* A state, how a stream gets there, and what the events make of it. While the
 * event happens the kernel takes no bytes, has none, and knows ECONNRESET. */
typedef struct row_s {
  const char* name;
  hvuv_stream_t* (*enter)(uv_os_sock_t* sock);
  const char* stories[4]; /* by event */
} row_t;

static hvuv_stream_t* idle(uv_os_sock_t* sock) {
  *sock = HVUV__NO_SOCK;
  return scene_stream();
}

static hvuv_stream_t* bound(uv_os_sock_t* sock) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  s = scene_stream();
  addr = scene_addr("vsock://any:5000");
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(hvuv_fileno(s, sock), 0);
  return s;
}

static hvuv_stream_t* listening_with_one_waiting(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_listener(sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("connection:0");
  return s;
}

static hvuv_stream_t* listening_without_descriptors(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_listener(sock);
  fake_next(FAKE_ACCEPT, UV_EMFILE);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("connection:EMFILE");
  return s;
}

static hvuv_stream_t* connecting_with_requests(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_connecting(sock);
  scene_read_start(s);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  return s;
}

static hvuv_stream_t* connecting_with(uv_os_sock_t* sock,
                                      const char* addr,
                                      ssize_t answer) {
  hvuv_stream_t* s;

  s = scene_stream();
  fake_next(FAKE_CONNECT, answer);
  assert_int_equal(scene_connect(s, "connect", addr), 0);
  assert_int_equal(hvuv_fileno(s, sock), 0);
  return s;
}

static hvuv_stream_t* retrying(uv_os_sock_t* sock) {
  return connecting_with(sock, HERE, UV_EAGAIN);
}

static hvuv_stream_t* asking(uv_os_sock_t* sock) {
  fake_next(FAKE_SEND, FAKE_ALL);
  return connecting_with(sock, "hybrid://vm.sock:5000", 0);
}

static hvuv_stream_t* connected_untold(uv_os_sock_t* sock) {
  return connecting_with(sock, HERE, 0);
}

static hvuv_stream_t* refused_untold(uv_os_sock_t* sock) {
  return connecting_with(sock, HERE, UV_ECONNREFUSED);
}

static hvuv_stream_t* reading(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  scene_read_start(s);
  return s;
}

static hvuv_stream_t* blocked(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  turn();
  return s;
}

static hvuv_stream_t* reading_and_blocked(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = blocked(sock);
  scene_read_start(s);
  return s;
}

static hvuv_stream_t* shutting(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = blocked(sock);
  scene_shutdown(s, "shutdown");
  return s;
}

static hvuv_stream_t* shut(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  scene_shutdown(s, "shutdown");
  turn();
  assert_story("shutdown:0");
  return s;
}

static hvuv_stream_t* ended(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = reading(sock);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("eof");
  return s;
}

static hvuv_stream_t* ended_and_blocked(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = reading_and_blocked(sock);
  fake_next(FAKE_RECV, 0);
  fake_next(FAKE_SEND, UV_EAGAIN);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("eof");
  return s;
}

static hvuv_stream_t* ended_and_shutting(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = ended_and_blocked(sock);
  scene_shutdown(s, "shutdown");
  return s;
}

static hvuv_stream_t* shut_and_ended(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = shut(sock);
  scene_read_start(s);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("eof");
  return s;
}

static hvuv_stream_t* shut_and_reading(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = shut(sock);
  scene_read_start(s);
  return s;
}

static hvuv_stream_t* broken(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = reading(sock);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(*sock, 0, UV_READABLE);
  assert_story("read:ECONNRESET");
  return s;
}

static hvuv_stream_t* closing(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = reading(sock);
  scene_close(s);
  return s;
}

static const row_t rows[] = {
    {"idle", idle, {"", "", "", "close"}},
    {"bound", bound, {"", "", "", "close"}},
    {"listening", scene_listener, {"", "", "connection:ECONNRESET", "close"}},
    {"listening, one waits", listening_with_one_waiting, {"", "", "", "close"}},
    {"listening, starved",
     listening_without_descriptors,
     {"", "", "", "close"}},
    {"connecting",
     scene_connecting,
     {"", "connect:0", "connect:ECONNRESET", "connect:ECANCELED close"}},
    {"connecting, with requests",
     connecting_with_requests,
     {"",
      "connect:0",
      "connect:ECONNRESET w1:ECANCELED shutdown:ECANCELED",
      "connect:ECANCELED w1:ECANCELED shutdown:ECANCELED close"}},
    {"retrying", retrying, {"", "", "", "connect:ECANCELED close"}},
    {"asking",
     asking,
     {"", "", "connect:ECONNRESET", "connect:ECANCELED close"}},
    {"connected, untold",
     connected_untold,
     {"connect:0", "connect:0", "connect:0", "connect:ECANCELED close"}},
    {"refused, untold",
     refused_untold,
     {"connect:ECONNREFUSED",
      "connect:ECONNREFUSED",
      "connect:ECONNREFUSED",
      "connect:ECANCELED close"}},
    {"open", scene_open, {"", "", "", "close"}},
    {"reading", reading, {"read:0", "", "read:ECONNRESET", "close"}},
    {"blocked", blocked, {"", "", "w1:ECONNRESET", "w1:ECANCELED close"}},
    {"reading and blocked",
     reading_and_blocked,
     {"read:0", "", "read:ECONNRESET w1:ECONNRESET", "w1:ECANCELED close"}},
    {"shutting",
     shutting,
     {"",
      "",
      "w1:ECONNRESET shutdown:0",
      "w1:ECANCELED shutdown:ECANCELED close"}},
    {"shut", shut, {"", "", "", "close"}},
    {"shut and reading",
     shut_and_reading,
     {"read:0", "", "read:ECONNRESET", "close"}},
    {"ended", ended, {"", "", "", "close"}},
    {"ended and blocked",
     ended_and_blocked,
     {"", "", "w1:ECONNRESET", "w1:ECANCELED close"}},
    {"ended and shutting",
     ended_and_shutting,
     {"",
      "",
      "w1:ECONNRESET shutdown:0",
      "w1:ECANCELED shutdown:ECANCELED close"}},
    {"shut and ended", shut_and_ended, {"", "", "", "close"}},
    {"broken", broken, {"", "", "", "close"}},
    {"closing", closing, {"close", "close", "close", "close"}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void happen(enum event event, hvuv_stream_t* s, uv_os_sock_t sock) {
  switch (event) {
    case READABLE:
      fake_poller_fire(sock, 0, UV_READABLE);
      break;
    case WRITABLE:
      fake_poller_fire(sock, 0, UV_WRITABLE);
      break;
    case BROKEN:
      fake_always(FAKE_TAKE_ERROR, UV_ECONNRESET);
      fake_poller_fire(sock, UV_EBADF, 0);
      break;
    case CLOSED:
      if (!hvuv_is_closing(s))
        scene_close(s);
      break;
  }
}

static void every_state_takes(enum event event) {
  const row_t* row;
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  for (row = rows; row < rows + ROWS; row++) {
    fake_always(FAKE_TAKE_ERROR, 0);
    s = row->enter(&sock);
    fake_always(FAKE_CONNECT, UV_EAGAIN);
    fake_always(FAKE_ACCEPT, UV_EAGAIN);
    fake_always(FAKE_SEND, UV_EAGAIN);
    fake_always(FAKE_RECV, UV_EAGAIN);
    happen(event, s, sock);
    turn();
    if (strcmp(trace_story(), row->stories[event]) != 0)
      print_error("in state \"%s\":\n", row->name);
    assert_story(row->stories[event]);

    /* No event of one state reaches the next. */
    fake_always(FAKE_TAKE_ERROR, 0);
    scene_close_all();
    trace_reset();
  }
}

static void every_state_takes_readable(void** state) {
  (void) state;
  every_state_takes(READABLE);
}

static void every_state_takes_writable(void** state) {
  (void) state;
  every_state_takes(WRITABLE);
}

static void every_state_takes_an_error(void** state) {
  (void) state;
  every_state_takes(BROKEN);
}

static void every_state_takes_a_close(void** state) {
  (void) state;
  every_state_takes(CLOSED);
}

static const char* last_word(void) {
  const char* space;

  space = strrchr(trace_story(), ' ');
  return space == NULL ? trace_story() : space + 1;
}

/* After each event comes the close. */
static void after_every_event_every_state_closes(void** state) {
  enum event event;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (event = READABLE; event < CLOSED; event++) {
    for (i = 0; i < ROWS; i++) {
      fake_always(FAKE_TAKE_ERROR, 0);
      s = rows[i].enter(&sock);
      fake_always(FAKE_CONNECT, UV_EAGAIN);
      fake_always(FAKE_ACCEPT, UV_EAGAIN);
      fake_always(FAKE_SEND, UV_EAGAIN);
      fake_always(FAKE_RECV, UV_EAGAIN);
      happen(event, s, sock);
      if (rows[i].enter != closing)
        scene_close(s);
      assert_false(fake_is_open(sock));
      turn();
      assert_string_equal(last_word(), "close");
      trace_reset();
      turn();
      assert_story("");
      assert_int_equal(uv_loop_alive(scene_loop()), 0);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(every_state_takes_readable),
      SCENE(every_state_takes_writable),
      SCENE(every_state_takes_an_error),
      SCENE(every_state_takes_a_close),
      SCENE(after_every_event_every_state_closes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
