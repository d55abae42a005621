/* Close: in every state, inside every callback, and in which order it calls
 * back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

static void the_socket_is_closed_at_once_and_the_rest_later(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_read_start(s);
  scene_close(s);
  assert_int_equal(fake_is_open(sock), 0);
  assert_int_equal(fake_poller_wanted(sock), -1);
  assert_int_equal(hvuv_is_closing(s), 1);
  assert_int_equal(hvuv_is_active(s), 0);
  assert_int_equal(hvuv_is_readable(s), 0);
  assert_int_equal(hvuv_is_writable(s), 0);
  assert_story("");
  turn();
  assert_story("close");
}

static void requests_call_back_in_order_before_it(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_shutdown(s, "shutdown");
  scene_close(s);
  turns(2);
  assert_story(
      "connect:ECANCELED w1:ECANCELED w2:ECANCELED shutdown:ECANCELED close");
}

static void what_the_kernel_took_is_not_cancelled(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  scene_close(s);
  turn();
  assert_story("w1:0 shutdown:ECANCELED close");
}

static void gathered_writes_go_out_first(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_trace_calls();
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three");
  scene_close(s);
  assert_story("(send) (send) (close)");
  turn();
  assert_story("w1:0 w2:0 w3:0 close");
  assert_string_equal(fake_sent(sock), "one two three");
}

static void gathered_writes_that_do_not_fit_are_cancelled(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, FAKE_ALL);
  fake_next(FAKE_SEND, 5);
  scene_write(s, "w1", "one ");
  scene_write(s, "w2", "two ");
  scene_write(s, "w3", "three");
  scene_close(s);
  turn();
  assert_story("w1:0 w2:0 w3:ECANCELED close");
}

static void a_full_kernel_is_not_tried_again(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, 1);
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_close(s);
  turn();
  assert_story("w1:ECANCELED w2:ECANCELED close");
  assert_int_equal(fake_calls(FAKE_SEND), 1);
}

static void large_writes_are_freed(void** state) {
  static char bytes[] = "abcdef";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[6];
  int i;

  (void) state;
  for (i = 0; i < 6; i++)
    bufs[i] = uv_buf_init(bytes + i, 1);
  s = scene_open(&sock);
  fake_next(FAKE_SEND, 3);
  scene_write_bufs(s, "w1", bufs, 6);
  scene_write_bufs(s, "w2", bufs, 6);
  scene_close(s);
  turn();
  assert_story("w1:ECANCELED w2:ECANCELED close");
}

/* Verbs tried on a stream that is closing. */
static void try_everything(hvuv_stream_t* s) {
  hvuv_addr_t addr;
  uv_os_sock_t sock;
  int value;

  value = 0;
  addr = scene_addr("vsock://host:5000");
  trace_status("open", hvuv_open(s, fake_connected_socket()));
  fake_close(fake_newest_socket());
  trace_status("bind", hvuv_bind(s, &addr));
  trace_status("listen", scene_listen(s));
  trace_status("connect", scene_connect(s, "c", "vsock://host:5000"));
  trace_status("timeout", hvuv_set_connect_timeout(s, 1));
  trace_status("start", scene_read_start(s));
  trace_status("stop", hvuv_read_stop(s));
  trace_status("write", scene_write(s, "w", "x"));
  trace_status("try", scene_try_write(s, "x"));
  trace_status("shutdown", scene_shutdown(s, "s"));
  trace_status("fileno", hvuv_fileno(s, &sock));
  trace_status("size", hvuv_send_buffer_size(s, &value));
  trace_status("size", hvuv_recv_buffer_size(s, &value));
  hvuv_ref(s);
  hvuv_unref(s);
}

#define EVERYTHING_REFUSED                                                     \
  "open:EINVAL bind:EINVAL listen:EINVAL connect:EINVAL timeout:EINVAL "       \
  "start:EINVAL stop:0 write:EBADF try:EBADF shutdown:ENOTCONN fileno:EBADF "  \
  "size:EBADF size:EBADF"

static void verbs_on_a_closing_stream_are_refused(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_open(&sock);
  scene_close(s);
  try_everything(s);
  assert_story(EVERYTHING_REFUSED);
  turns(2);
  assert_story("close");
}

static void verbs_in_the_last_callbacks_are_refused(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = scene_connecting(&sock);
  scene_on("connect", try_everything);
  scene_on("w1", try_everything);
  scene_on("shutdown", try_everything);
  scene_write(s, "w1", "one");
  scene_shutdown(s, "shutdown");
  scene_close(s);
  turns(2);
  assert_story("connect:ECANCELED " EVERYTHING_REFUSED
               " w1:ECANCELED " EVERYTHING_REFUSED
               " shutdown:ECANCELED " EVERYTHING_REFUSED " close");
}

static void without_a_callback_it_closes_all_the_same(void** state) {
  hvuv_stream_t stream;

  (void) state;
  assert_int_equal(hvuv_init(scene_loop(), &stream), 0);
  hvuv_close(&stream, NULL);
  turn();
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(the_socket_is_closed_at_once_and_the_rest_later),
      SCENE(requests_call_back_in_order_before_it),
      SCENE(what_the_kernel_took_is_not_cancelled),
      SCENE(gathered_writes_go_out_first),
      SCENE(gathered_writes_that_do_not_fit_are_cancelled),
      SCENE(a_full_kernel_is_not_tried_again),
      SCENE(large_writes_are_freed),
      SCENE(verbs_on_a_closing_stream_are_refused),
      SCENE(verbs_in_the_last_callbacks_are_refused),
      SCENE(without_a_callback_it_closes_all_the_same),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
