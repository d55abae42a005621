/* Reads of one wake-up, and the writes that are told between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rigs/scene.h"
#include "support/trace.h"

#define READS_PER_WAKE 32

static void write_again(hvuv_stream_t* s) {
  scene_write(s, "again", "again");
}

static void write_three(hvuv_stream_t* s) {
  scene_write(s, "w1", "one");
  scene_write(s, "w2", "two");
  scene_write(s, "w3", "three");
}

static void write_and_shut(hvuv_stream_t* s) {
  write_again(s);
  scene_shutdown(s, "shutdown");
}

static void stop_reading(hvuv_stream_t* s) {
  hvuv_read_stop(s);
}

static void stop_and_start(hvuv_stream_t* s) {
  hvuv_read_stop(s);
  trace_status("start", scene_read_start(s));
}

/* A stream that reads in pieces of so many bytes, does this at each, and whose
 * kernel takes all and has no more than the test gives it. */
static hvuv_stream_t* reading(uv_os_sock_t* sock, size_t size, scene_act act) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  assert_int_equal(scene_read_start(s), 0);
  scene_alloc_size(size);
  scene_on_every("read", act);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_always(FAKE_RECV, UV_EAGAIN);
  return s;
}

static void fire(uv_os_sock_t sock) {
  fake_poller_fire(sock, 0, UV_READABLE);
}

/* --- When they are told --------------------------------------------------- */

static void a_write_is_told_before_the_next_read(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  fake_trace_calls();
  fake_input("0123456789");
  fire(sock);
  assert_story("(recv) read:4 (send) again:0 "
               "(recv) read:4 (send) again:0 "
               "(recv) read:2 (send) again:0");
}

static void writes_leave_together_before_the_next_read(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_three);
  fake_trace_calls();
  fake_input("012345");
  fire(sock);
  assert_story("(recv) read:4 (send) (send) w1:0 w2:0 w3:0 "
               "(recv) read:2 (send) (send) w1:0 w2:0 w3:0");
  assert_string_equal(fake_sent(sock), "onetwothreeonetwothree");
}

/* One that answers from the buffer that was read into. */

static char slots[4][4];
static hvuv_write_t slot_reqs[4];
static int slots_lent;
static int slots_lent_most;

static void slot_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  if (slots_lent == 4)
    return;
  *buf = uv_buf_init(slots[slots_lent++], sizeof(slots[0]));
  if (slots_lent_most < slots_lent)
    slots_lent_most = slots_lent;
}

static void slot_written(hvuv_write_t* req, int status) {
  (void) req;
  (void) status;
  slots_lent--;
}

static void slot_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  uv_buf_t answer;

  trace_status("read", n);
  if (n <= 0)
    return;
  answer = uv_buf_init(buf->base, (unsigned int) n);
  hvuv_write(&slot_reqs[slots_lent - 1], s, &answer, 1, slot_written);
}

static void a_buffer_that_was_answered_from_is_lent_again(void** state) {
  uv_os_sock_t sock;

  (void) state;
  slots_lent = 0;
  slots_lent_most = 0;
  fake_always(FAKE_SEND, FAKE_ALL);
  assert_int_equal(hvuv_read_start(scene_open(&sock), slot_alloc, slot_read),
                   0);
  fake_input("0123456789abcdefghijklmn.");
  fire(sock);
  assert_story("read:4 read:4 read:4 read:4 read:4 read:4 read:1");
  assert_int_equal(slots_lent, 0);
  assert_int_equal(slots_lent_most, 1);
  assert_string_equal(fake_sent(sock), "0123456789abcdefghijklmn.");
}

static void a_shutdown_is_told_before_the_next_read(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, NULL);
  scene_on("read", write_and_shut);
  fake_input("012345");
  fire(sock);
  assert_story("read:4 again:0 shutdown:0 read:2");
}

static void a_full_kernel_does_not_keep_it_from_reading(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  fake_trace_calls();
  fake_next(FAKE_SEND, 2);
  fake_input("0123456789");
  fire(sock);
  assert_story("(recv) read:4 (send) (recv) read:4 (recv) read:2");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE | UV_WRITABLE);

  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_story("(send) again:0 again:0 again:0");
  assert_string_equal(fake_sent(sock), "againagainagain");
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void a_write_that_fails_is_told_and_reading_goes_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  fake_next(FAKE_SEND, UV_EPIPE);
  fake_input("012345");
  fire(sock);
  assert_story("read:4 again:EPIPE read:2 again:0");
}

static void the_end_comes_behind_what_is_told(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  fake_input("0123");
  fake_next(FAKE_RECV, 0);
  fire(sock);
  assert_story("read:4 again:0 eof");
}

static void a_write_and_all_that_was_read_need_one_wake(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_three);
  turn();
  fake_input("0123456789");
  fire(sock);
  assert_int_not_equal(uv_backend_timeout(scene_loop()), 0);
  trace_reset();
  turn();
  assert_story("");
}

/* --- Bounds --------------------------------------------------------------- */

static void with_writes_between_them_the_reads_are_bounded(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 1, write_again);
  fake_input_size(READS_PER_WAKE + 10);
  fire(sock);
  assert_int_equal(fake_calls(FAKE_RECV), READS_PER_WAKE);
  assert_int_equal(scene_count("again"), READS_PER_WAKE);
  turn();
  assert_int_equal(fake_calls(FAKE_RECV), READS_PER_WAKE);

  fire(sock);
  assert_int_equal(scene_received_size(), READS_PER_WAKE + 10);
  assert_int_equal(scene_count("again"), READS_PER_WAKE + 10 + 1);
  trace_reset();
}

static void writing_in_each_completion_is_bounded(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 1, NULL);
  scene_on("read", write_again);
  scene_on_every("again", write_again);
  fake_input("abc");
  fire(sock);
  assert_story("read:1 again:0 read:1 again:0 read:1 again:0 read:0 again:0");
  assert_int_equal(fake_calls(FAKE_SEND), 5);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), 5 + 8); /* loop/hub.c */
  trace_reset();
}

/* --- What a completion between two reads may do --------------------------- */

static void close_in_it_ends_the_wake(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  scene_on("again", scene_close);
  fake_input("0123456789");
  fire(sock);
  assert_story("read:4 again:0");
  turn();
  assert_story("close");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  fake_forget_script();
}

static void close_in_the_first_of_several_tells_the_others(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_three);
  scene_on("w1", scene_close);
  fake_input("0123456789");
  fire(sock);
  turn();
  assert_story("read:4 w1:0 w2:0 w3:0 close");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  fake_forget_script();
}

static void stop_in_it_ends_the_wake(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, write_again);
  scene_on("again", stop_reading);
  fake_input("0123456789");
  fire(sock);
  assert_story("read:4 again:0");
  assert_int_equal(fake_poller_wanted(sock), 0);
  assert_int_equal(scene_count("alloc"), 1);
  turn();
  assert_story("");
  fake_forget_script();
}

static void stop_in_it_leaves_its_own_writes_to_be_told(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, NULL);
  scene_on("read", write_again);
  scene_on("again", write_three);
  scene_on("w3", stop_reading);
  fake_input("0123");
  fire(sock);
  turns(2);
  assert_story("read:4 again:0 read:0 w1:0 w2:0 w3:0");
  assert_string_equal(fake_sent(sock), "againonetwothree");
}

static void restart_in_it_reads_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, NULL);
  scene_on("read", write_again);
  scene_on("again", stop_and_start);
  fake_input("0123456789");
  fire(sock);
  assert_story("read:4 again:0 start:0 read:4 read:2");
}

static char other_buffer[16];

static void other_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(other_buffer, sizeof(other_buffer));
}

static void other_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  trace_status(buf->base == other_buffer ? "other" : "wrong", n);
}

static void start_others(hvuv_stream_t* s) {
  hvuv_read_stop(s);
  trace_status("start", hvuv_read_start(s, other_alloc, other_read));
}

static void restart_with_others_in_it_takes_effect_at_once(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reading(&sock, 4, NULL);
  scene_on("read", write_again);
  scene_on("again", start_others);
  fake_input("0123456789");
  fire(sock);
  assert_story("read:4 again:0 start:0 other:6");
}

/* --- What a later alloc_cb of a wake may do ------------------------------- */

static scene_act in_next_alloc;

static void arm(hvuv_stream_t* s) {
  (void) s;
  scene_on("alloc", in_next_alloc);
}

/* Reads "0123", then has this done in the alloc_cb of the second read. */
static void act_in_second_alloc(scene_act act) {
  uv_os_sock_t sock;

  reading(&sock, 4, NULL);
  in_next_alloc = act;
  scene_on("read", arm);
  fake_input("012345");
  fire(sock);
  turn();
}

static void stop_in_the_second_alloc_gives_the_buffer_back(void** state) {
  (void) state;
  act_in_second_alloc(stop_reading);
  assert_story("read:4 read:0");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  fake_forget_script();
}

static void close_in_the_second_alloc_gives_the_buffer_back(void** state) {
  (void) state;
  act_in_second_alloc(scene_close);
  assert_story("read:4 read:0 close");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  fake_forget_script();
}

static void restart_in_the_second_alloc_reads_on(void** state) {
  (void) state;
  act_in_second_alloc(stop_and_start);
  assert_story("read:4 start:0 read:2");
}

static void restart_with_others_in_the_second_alloc_gives_each_its_own(
    void** state) {
  (void) state;
  act_in_second_alloc(start_others);
  assert_story("read:4 start:0 read:0");
  assert_int_equal(fake_calls(FAKE_RECV), 1);
  fake_forget_script();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(a_write_is_told_before_the_next_read),
      SCENE(writes_leave_together_before_the_next_read),
      SCENE(a_buffer_that_was_answered_from_is_lent_again),
      SCENE(a_shutdown_is_told_before_the_next_read),
      SCENE(a_full_kernel_does_not_keep_it_from_reading),
      SCENE(a_write_that_fails_is_told_and_reading_goes_on),
      SCENE(the_end_comes_behind_what_is_told),
      SCENE(a_write_and_all_that_was_read_need_one_wake),
      SCENE(with_writes_between_them_the_reads_are_bounded),
      SCENE(writing_in_each_completion_is_bounded),
      SCENE(close_in_it_ends_the_wake),
      SCENE(close_in_the_first_of_several_tells_the_others),
      SCENE(stop_in_it_ends_the_wake),
      SCENE(stop_in_it_leaves_its_own_writes_to_be_told),
      SCENE(restart_in_it_reads_on),
      SCENE(restart_with_others_in_it_takes_effect_at_once),
      SCENE(stop_in_the_second_alloc_gives_the_buffer_back),
      SCENE(close_in_the_second_alloc_gives_the_buffer_back),
      SCENE(restart_in_the_second_alloc_reads_on),
      SCENE(restart_with_others_in_the_second_alloc_gives_each_its_own),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
