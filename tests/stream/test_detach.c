/* Giving a socket back: when that may be, and what the stream is afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

static uv_os_sock_t detached;
static int detach_status;

static void detach(hvuv_stream_t* s) {
  detach_status = hvuv_detach(s, &detached);
}

/* A detached socket is the test's. */
static void assert_detached(uv_os_sock_t sock) {
  assert_int_equal(detach_status, 0);
  assert_int_equal(detached, sock);
  assert_int_equal(fake_is_open(sock), 1);
  assert_int_equal(fake_poller_wanted(sock), -1);
  fake_close(sock);
}

/* --- What it gives back --------------------------------------------------- */

static void an_open_stream_gives_its_socket_back(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  detach(s);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(hvuv_is_closing(s), 0);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  scene_close(s);
  turn();
  assert_story("close");
  assert_int_equal(fake_was_reset(sock), 0);
  assert_detached(sock);
}

static void reading_stops_and_takes_nothing_along(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int reads;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  reads = fake_calls(FAKE_RECV) + fake_calls(FAKE_PEEK);
  detach(s);
  assert_int_equal(fake_calls(FAKE_RECV) + fake_calls(FAKE_PEEK), reads);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  turn();
  assert_story("");
  assert_detached(sock);
}

static void a_stream_that_ended_or_was_shut_down_may_too(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  scene_shutdown(s, "shutdown");
  turn();
  assert_story("eof shutdown:0");
  detach(s);
  assert_detached(sock);
}

static void the_alarm_of_a_slow_write_goes_with_the_stream(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  scene_write(s, "w1", "one");
  turn();
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("w1:0");
  detach(s);
  turns(3);
  assert_story("");
  assert_detached(sock);
}

static void on_closed(hvuv_stream_t* s) {
  (void) s;
  trace("closed");
}

static void closing_with_a_reset_does_not_reach_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t s;

  (void) state;
  sock = fake_connected_socket();
  assert_int_equal(hvuv_init(scene_loop(), &s), 0);
  assert_int_equal(hvuv_open(&s, sock), 0);
  detach(&s);
  assert_int_equal(hvuv_close_reset(&s, on_closed), 0);
  turn();
  assert_story("closed");
  assert_int_equal(fake_was_reset(sock), 0);
  assert_detached(sock);
}

/* --- From callbacks ------------------------------------------------------- */

static void a_read_callback_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_alloc_size(4);
  scene_read_start(s);
  scene_on("read", detach);
  fake_input("data, and more");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:4");
  turn();
  assert_story("");
  fake_forget_script();
  assert_detached(sock);
}

static void the_callback_of_the_end_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  scene_on("eof", detach);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE | UV_WRITABLE);
  turn();
  assert_story("eof");
  assert_detached(sock);
}

static void an_alloc_callback_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  scene_on("alloc", detach);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:0");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_detached(sock);
}

static void the_last_write_callback_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w2", detach);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  turn();
  assert_story("w1:0 w2:0");
  assert_string_equal(fake_sent(sock), "onetwo");
  assert_detached(sock);
}

static void an_earlier_write_callback_may_not(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_on("w1", detach);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  turn();
  assert_story("w1:0 w2:0");
  assert_int_equal(detach_status, UV_EBUSY);
  assert_int_equal(hvuv_is_writable(s), 1);
}

static void the_shutdown_callback_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_on("shutdown", detach);
  scene_shutdown(s, "shutdown");
  turn();
  assert_story("shutdown:0");
  assert_detached(sock);
}

static void the_connect_callback_may_detach(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_read_start(s);
  scene_on("connect", detach);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turns(2);
  assert_story("connect:0");
  assert_detached(sock);
}

/* --- When it is refused --------------------------------------------------- */

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

static hvuv_stream_t* written(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one");
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

static hvuv_stream_t* shutting(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  scene_shutdown(s, "shutdown");
  return s;
}

static hvuv_stream_t* broken(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  scene_read_start(s);
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_poller_fire(*sock, 0, UV_READABLE);
  return s;
}

static hvuv_stream_t* closing(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  scene_close(s);
  return s;
}

typedef struct refusal_s {
  const char* name;
  hvuv_stream_t* (*enter)(uv_os_sock_t* sock);
  int status;
} refusal_t;

static const refusal_t refusals[] = {
    {"idle", idle, UV_ENOTCONN},
    {"bound", bound, UV_ENOTCONN},
    {"listening", scene_listener, UV_ENOTCONN},
    {"connecting", scene_connecting, UV_EBUSY},
    {"written, not called back", written, UV_EBUSY},
    {"blocked", blocked, UV_EBUSY},
    {"shutting down", shutting, UV_EBUSY},
    {"broken", broken, UV_ENOTCONN},
    {"closing", closing, UV_EINVAL},
};

static void every_other_state_refuses(void** state) {
  const uv_os_sock_t untouched = (uv_os_sock_t) 4711;
  uv_os_sock_t result;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int open;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    s = refusals[i].enter(&sock);
    open = fake_count_open();
    result = untouched;
    if (hvuv_detach(s, &result) != refusals[i].status)
      print_error("in state \"%s\":\n", refusals[i].name);
    assert_int_equal(hvuv_detach(s, &result), refusals[i].status);
    assert_int_equal(result, untouched);
    assert_int_equal(fake_count_open(), open);
    scene_close_all();
    trace_reset();
  }
}

static void what_is_null_is_invalid(void** state) {
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(hvuv_detach(NULL, &sock), UV_EINVAL);
  assert_int_equal(hvuv_detach(scene_open(&sock), NULL), UV_EINVAL);
  assert_int_equal(fake_is_open(sock), 1);
}

/* --- Afterwards ----------------------------------------------------------- */

static void a_detached_stream_can_only_be_closed(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_stream_t* listener;
  hvuv_addr_t addr;
  uv_buf_t buf;
  int value;

  (void) state;
  listener = scene_listener(&sock);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  s = scene_open(&sock);
  detach(s);

  value = 0;
  addr = scene_addr("vsock://any:5001");
  buf = uv_buf_init((char*) "x", 1);
  assert_int_equal(hvuv_detach(s, &sock), UV_ENOTCONN);
  assert_int_equal(hvuv_open(s, sock), UV_EBUSY);
  assert_int_equal(hvuv_accept(listener, s), UV_EBUSY);
  assert_int_equal(hvuv_bind(s, &addr), UV_EINVAL);
  assert_int_equal(scene_listen(s), UV_EINVAL);
  assert_int_equal(scene_connect(s, "c", "vsock://host:1"), UV_EINVAL);
  assert_int_equal(scene_read_start(s), UV_ENOTCONN);
  assert_int_equal(hvuv_read_stop(s), 0);
  assert_int_equal(scene_write(s, "w", "x"), UV_EBADF);
  assert_int_equal(hvuv_try_write(s, &buf, 1), UV_EBADF);
  assert_int_equal(scene_shutdown(s, "shutdown"), UV_ENOTCONN);
  assert_int_equal(hvuv_chmod(s, UV_READABLE), UV_EBADF);
  assert_int_equal(hvuv_fileno(s, &sock), UV_EBADF);
  assert_int_equal(hvuv_send_buffer_size(s, &value), UV_EBADF);
  assert_int_equal(hvuv_recv_buffer_size(s, &value), UV_EBADF);
  assert_int_equal(hvuv_is_readable(s), 0);
  assert_int_equal(hvuv_is_writable(s), 0);
  turn();
  assert_story("connection:0");
  assert_detached(sock);
}

static void its_addresses_remain(void** state) {
  char text[HVUV_ADDR_STRLEN];
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  size_t size;

  (void) state;
  s = scene_open(&sock);
  detach(s);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_int_equal(hvuv_getpeername(s, &addr), 0);
  size = sizeof(text);
  assert_int_equal(hvuv_addr_format(&addr, text, &size), 0);
  assert_string_equal(text, fake_peer_name);
  assert_detached(sock);
}

static void another_stream_may_have_it_at_once(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* other;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  detach(s);
  other = scene_stream();
  assert_int_equal(hvuv_open(other, detached), 0);
  scene_read_start(other);
  scene_close(s);
  fake_input("hello");
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:5 close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(an_open_stream_gives_its_socket_back),
      SCENE(reading_stops_and_takes_nothing_along),
      SCENE(a_stream_that_ended_or_was_shut_down_may_too),
      SCENE(the_alarm_of_a_slow_write_goes_with_the_stream),
      SCENE(closing_with_a_reset_does_not_reach_it),
      SCENE(a_read_callback_may_detach),
      SCENE(the_callback_of_the_end_may_detach),
      SCENE(an_alloc_callback_may_detach),
      SCENE(the_last_write_callback_may_detach),
      SCENE(an_earlier_write_callback_may_not),
      SCENE(the_shutdown_callback_may_detach),
      SCENE(the_connect_callback_may_detach),
      SCENE(every_other_state_refuses),
      SCENE(what_is_null_is_invalid),
      SCENE(a_detached_stream_can_only_be_closed),
      SCENE(its_addresses_remain),
      SCENE(another_stream_may_have_it_at_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
