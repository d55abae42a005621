/* Writing many buffers: copies, memory, and bounds of one send and one wake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define SENDS_PER_WAKE 16
#define BUFS_PER_SEND  1024

static uv_buf_t buf_of(char* bytes) {
  return uv_buf_init(bytes, (unsigned int) strlen(bytes));
}

static void up_to_four_buffers_allocate_nothing(void** state) {
  static char bytes[] = "abcde";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[5];
  long before;
  int i;

  (void) state;
  for (i = 0; i < 5; i++)
    bufs[i] = uv_buf_init(bytes + i, 1);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  before = alloc_count();
  scene_write_bufs(s, "w4", bufs, 4);
  turn();
  assert_int_equal(alloc_count(), before);
  scene_write_bufs(s, "w5", bufs, 5);
  turn();
  assert_int_equal(alloc_count(), before + 1);
  assert_story("w4:0 w5:0");
  assert_string_equal(fake_sent(sock), "abcdabcde");
}

static void the_array_of_buffers_is_copied(void** state) {
  static char bytes[] = "abcdefghijkl";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[6];
  int i;

  (void) state;
  s = scene_open(&sock);
  fake_always(FAKE_SEND, UV_EAGAIN);
  for (i = 0; i < 6; i++)
    bufs[i] = uv_buf_init(bytes + i, 1);
  scene_write_bufs(s, "w1", bufs, 6);
  for (i = 0; i < 6; i++)
    bufs[i] = uv_buf_init(bytes + 6 + i, 1);
  scene_write_bufs(s, "w2", bufs, 3);
  memset(bufs, 0, sizeof(bufs));

  fake_always(FAKE_SEND, FAKE_ALL);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_string_equal(fake_sent(sock), "abcdefghi");
  assert_story("w1:0 w2:0");
}

static void one_send_takes_no_more_buffers_than_the_system(void** state) {
  static uv_buf_t bufs[BUFS_PER_SEND + 7];
  static char byte[] = "x";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  for (i = 0; i < BUFS_PER_SEND + 7; i++)
    bufs[i] = buf_of(byte);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write_bufs(s, "w1", bufs, BUFS_PER_SEND + 7);
  assert_int_equal(fake_calls(FAKE_SEND), 2);
  assert_int_equal(fake_last_send_bufs(), 7);
  turn();

  scene_write_bufs(s, "w2", bufs, BUFS_PER_SEND);
  assert_int_equal(fake_calls(FAKE_SEND), 3);
  assert_int_equal(fake_last_send_bufs(), BUFS_PER_SEND);
  turn();
  assert_story("w1:0 w2:0");
  assert_int_equal(fake_sent_size(sock), 2 * BUFS_PER_SEND + 7);
}

/* Has four requests of 400 buffers each wait, then go out in two sends. */
static void queue_four_and_send_twice(const uv_buf_t bufs[], ssize_t first) {
  size_t total;
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  total = 0;
  for (i = 0; i < 400; i++)
    total += 4 * bufs[i].len;
  s = scene_open(&sock);
  fake_next(FAKE_SEND, UV_EAGAIN);
  for (i = 0; i < 4; i++)
    scene_write_bufs(s, "w", bufs, 400);
  fake_next(FAKE_SEND, first);
  fake_next(FAKE_SEND, (ssize_t) total - first);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  assert_int_equal(fake_sent_size(sock), total);
}

static void many_requests_fill_one_send_to_the_last_buffer(void** state) {
  static char large[1025];
  uv_buf_t bufs[400];
  int i;

  (void) state;
  memset(large, 'x', sizeof(large));
  for (i = 0; i < 400; i++)
    bufs[i] = uv_buf_init(large, i == 0 ? sizeof(large) : 1);
  queue_four_and_send_twice(bufs, sizeof(large) * 3 + BUFS_PER_SEND - 3);
  assert_int_equal(fake_last_send_bufs(), 1600 - BUFS_PER_SEND);
  turn();
  assert_story("w:0 w:0 w:0 w:0");
}

static void small_buffers_are_copied_together(void** state) {
  static char small[64 * sizeof(uv_buf_t)];
  const size_t few = 5 * sizeof(uv_buf_t) / 8;
  uv_buf_t bufs[400];
  int i;

  (void) state;
  memset(small, 'x', sizeof(small));
  for (i = 0; i < 400; i++)
    bufs[i] = uv_buf_init(small, i == 0 ? sizeof(small) : (unsigned int) few);
  /* Three fit whole where else a send's buffers stand: 16 KiB, or 8 of 32 bits. */
  queue_four_and_send_twice(bufs, (ssize_t) (3 * (sizeof(small) + 399 * few)));
  assert_int_equal(fake_last_send_bufs(), 400);
  turn();
  assert_story("w:0 w:0 w:0 w:0");
}

/* A sanitizer sees who copies from nowhere. */
static void empty_buffers_may_be_nowhere(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  uv_buf_t bufs[3];

  (void) state;
  bufs[0] = uv_buf_init(NULL, 0);
  bufs[1] = uv_buf_init((char*) (uintptr_t) "two ", 4);
  bufs[2] = uv_buf_init(NULL, 0);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write(s, "w1", "one ");
  scene_write_bufs(s, "w2", bufs, 3);
  scene_write_bufs(s, "w3", bufs, 1);
  scene_write(s, "w4", "four");
  turn();
  assert_string_equal(fake_sent(sock), "one two four");
  assert_story("w1:0 w2:0 w3:0 w4:0");
}

static void sends_of_one_wake_are_bounded(void** state) {
  static uv_buf_t bufs[(SENDS_PER_WAKE + 1) * BUFS_PER_SEND];
  static char byte[] = "x";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
    bufs[i] = buf_of(byte);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write_bufs(s, "w1", bufs, sizeof(bufs) / sizeof(bufs[0]));
  assert_int_equal(fake_calls(FAKE_SEND), SENDS_PER_WAKE);
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), SENDS_PER_WAKE);

  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_int_equal(fake_calls(FAKE_SEND), SENDS_PER_WAKE + 1);
  assert_story("w1:0");
}

/* More buffers without bytes than one send takes, before one with some. */
static void more_empty_buffers_than_a_send_takes_are_passed(void** state) {
  static uv_buf_t bufs[BUFS_PER_SEND + 2];
  static char byte[] = "x";
  uv_os_sock_t sock;
  hvuv_stream_t* s;
  int i;

  (void) state;
  for (i = 0; i < BUFS_PER_SEND + 1; i++)
    bufs[i] = uv_buf_init(byte, 0);
  bufs[BUFS_PER_SEND + 1] = buf_of(byte);
  s = scene_open(&sock);
  fake_always(FAKE_SEND, FAKE_ALL);
  scene_write_bufs(s, "w1", bufs, BUFS_PER_SEND + 2);
  turn();
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("w1:0");
  assert_string_equal(fake_sent(sock), "x");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SCENE(up_to_four_buffers_allocate_nothing),
      SCENE(the_array_of_buffers_is_copied),
      SCENE(one_send_takes_no_more_buffers_than_the_system),
      SCENE(many_requests_fill_one_send_to_the_last_buffer),
      SCENE(small_buffers_are_copied_together),
      SCENE(empty_buffers_may_be_nowhere),
      SCENE(sends_of_one_wake_are_bounded),
      SCENE(more_empty_buffers_than_a_send_takes_are_passed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
