/* Reading where recv() gives one packet at a time, as hv_sock does: which short
 * reads are followed by another one, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/between.h"
#include "support/fakes/fake_names.h"
#include "support/rigs/scene.h"
#include "support/trace.h"

#define READS_PER_WAKE 32
#define MIB            1048576u
#define NOT_FOLLOWED   15 /* short reads, at first and after one in vain */

static int up(void** state) {
  int err;

  err = scene_up(state);
  fake_vsock_on_hyperv(1);
  fake_vsock_name(FAKE_GETPEERNAME, HVUV_CID_HOST, 7);
  fake_vsock_name(FAKE_ACCEPT, HVUV_CID_HOST, 7);
  return err;
}

#define PACKETS(test) cmocka_unit_test_setup_teardown(test, up, scene_down)

/* A stream that reads. */
static hvuv_stream_t* reader(uv_os_sock_t* sock) {
  hvuv_stream_t* s;

  s = scene_open(sock);
  assert_int_equal(scene_read_start(s), 0);
  return s;
}

/* Wake-ups with a packet each. */
static void wake(uv_os_sock_t sock, int times) {
  while (times-- > 0) {
    fake_input_on(sock, "x");
    fake_poller_fire(sock, 0, UV_READABLE);
  }
}

/* The same until the next short read is followed. */
static void wait_for_bet(uv_os_sock_t sock) {
  int before = fake_calls(FAKE_RECV);

  wake(sock, NOT_FOLLOWED);
  assert_int_equal(fake_calls(FAKE_RECV) - before, NOT_FOLLOWED);
  trace_reset();
}

/* Until each is. */
static void win(uv_os_sock_t sock) {
  wait_for_bet(sock);
  fake_input_on(sock, "x");
  fake_input_on(sock, "y");
  fake_next_on(sock, FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  trace_reset();
}

/* --- Which are followed */

static void one_short_read_in_sixteen_is_followed(void** state) {
  uv_os_sock_t sock;
  int i;

  (void) state;
  reader(&sock);
  for (i = 0; i < 3; i++) {
    wait_for_bet(sock);
    fake_input_on(sock, "x");
    fake_next_on(sock, FAKE_RECV, UV_EAGAIN);
    fake_poller_fire(sock, 0, UV_READABLE);
    assert_story("read:1"); /* nothing is said of the one in vain */
  }
  assert_int_equal(fake_calls(FAKE_RECV), 3 * (NOT_FOLLOWED + 2));
}

static void what_follows_comes_in_the_same_buffer(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  wait_for_bet(sock);
  fake_input("one ");
  fake_input("two ");
  fake_input("three");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:13");
  assert_string_equal(scene_received() + NOT_FOLLOWED, "one two three");
}

static void all_are_followed_while_that_brings_something(void** state) {
  uv_os_sock_t sock;
  int before;
  int i;

  (void) state;
  reader(&sock);
  win(sock);
  before = fake_calls(FAKE_RECV);
  for (i = 0; i < 20; i++) {
    fake_input("one ");
    fake_input("two");
    fake_next(FAKE_RECV, UV_EAGAIN);
    fake_poller_fire(sock, 0, UV_READABLE);
    assert_story("read:7");
  }
  assert_int_equal(fake_calls(FAKE_RECV) - before, 3 * 20);
}

static void after_one_in_vain_fifteen_are_not_followed(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  win(sock);
  fake_input("x");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  wait_for_bet(sock);
  fake_input("x");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:1");
}

static void streams_of_each_beginning_are_followed(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t listening;
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  server = scene_listener(&listening);
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(listening, 0, UV_READABLE);
  s = scene_accept(server);
  assert_int_equal(scene_read_start(s), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  win(sock);

  s = scene_connecting(&sock);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_int_equal(scene_read_start(s), 0);
  win(sock);
}

/* --- What bounds them */

static void a_full_buffer_is_followed_by_another(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  win(sock);
  scene_alloc_size(8);
  fake_input("12345");
  fake_input("67");
  fake_input("890");
  fake_input("ab");
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:8 read:4");
}

static void no_buffer_is_enobufs_and_reading_goes_on(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  scene_alloc_size(0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:ENOBUFS");
  assert_int_equal(fake_calls(FAKE_RECV), 0);
  assert_int_equal(fake_poller_wanted(sock), UV_READABLE);
}

static void the_calls_of_one_wake_are_bounded(void** state) {
  uv_os_sock_t sock;
  int before;
  int reads;
  int i;

  (void) state;
  reader(&sock);
  win(sock);
  before = fake_calls(FAKE_RECV);
  for (i = 0; i < READS_PER_WAKE + 3; i++)
    fake_input("x");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:32");
  assert_int_equal(fake_calls(FAKE_RECV) - before, READS_PER_WAKE);
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:3");

  scene_alloc_size(2);
  before = fake_calls(FAKE_RECV);
  reads = scene_count("read");
  for (i = 0; i < READS_PER_WAKE + 3; i++)
    fake_input("x");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_calls(FAKE_RECV) - before, READS_PER_WAKE);
  assert_int_equal(scene_count("read") - reads, READS_PER_WAKE / 2);
  trace_reset();
  fake_next(FAKE_RECV, UV_EAGAIN);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:2 read:1");
}

/* --- What ends them */

static void the_end_behind_them_is_reported_at_once(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  win(sock);
  fake_input("one ");
  fake_input("two");
  fake_next(FAKE_RECV, 0);
  fake_next(FAKE_RECV, 0); /* as often as it is asked */
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:7 eof");
}

/* Which the socket reports once. */
static void an_error_behind_them_is_reported_after_them(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  win(sock);
  fake_input("one ");
  fake_input("two");
  fake_next(FAKE_RECV, UV_ECONNRESET);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:7 read:ECONNRESET");
}

static void stop_reading(hvuv_stream_t* s) {
  hvuv_read_stop(s);
}

static void an_error_waits_for_who_has_stopped_reading(void** state) {
  uv_os_sock_t sock;
  hvuv_stream_t* s;

  (void) state;
  s = reader(&sock);
  win(sock);
  fake_input("one");
  fake_next(FAKE_RECV, UV_ECONNRESET);
  scene_on("read", stop_reading);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:3");

  assert_int_equal(scene_read_start(s), 0);
  fake_next(FAKE_RECV, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("read:ECONNRESET");
}

static void who_closes_on_them_hears_no_more(void** state) {
  uv_os_sock_t sock;

  (void) state;
  reader(&sock);
  win(sock);
  fake_input("one ");
  fake_input("two");
  fake_next(FAKE_RECV, 0);
  scene_on("read", scene_close);
  fake_poller_fire(sock, 0, UV_READABLE);
  turn();
  assert_story("read:7 close");
}

/* --- What it is for */

static void bulk_takes_few_wakes(void** state) {
  static const struct {
    size_t packet;
    int packets; /* in a MiB */
    int wakes;
  } rows[] = {{16384, 64, 3}, {4096, 256, 9}};
  uv_os_sock_t sock;
  size_t received;
  int wakes;
  int calls;
  size_t i;
  int k;

  (void) state;
  fake_always(FAKE_RECV, UV_EAGAIN);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    reader(&sock);
    win(sock);
    received = scene_received_size();
    calls = fake_calls(FAKE_RECV);
    for (k = 0; k < rows[i].packets; k++)
      fake_input_size(rows[i].packet);
    for (wakes = 0; scene_received_size() - received < MIB; wakes++)
      fake_poller_fire(sock, 0, UV_READABLE);
    calls = fake_calls(FAKE_RECV) - calls;
    print_message("1 MiB in packets of %u bytes: %d wake-ups, %d recv()\n",
                  (unsigned int) rows[i].packet,
                  wakes,
                  calls);
    assert_between(wakes, 1, rows[i].wakes);
    assert_between(calls, rows[i].packets, rows[i].packets + 2);
    trace_reset();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PACKETS(one_short_read_in_sixteen_is_followed),
      PACKETS(what_follows_comes_in_the_same_buffer),
      PACKETS(all_are_followed_while_that_brings_something),
      PACKETS(after_one_in_vain_fifteen_are_not_followed),
      PACKETS(streams_of_each_beginning_are_followed),
      PACKETS(a_full_buffer_is_followed_by_another),
      PACKETS(no_buffer_is_enobufs_and_reading_goes_on),
      PACKETS(the_calls_of_one_wake_are_bounded),
      PACKETS(the_end_behind_them_is_reported_at_once),
      PACKETS(an_error_behind_them_is_reported_after_them),
      PACKETS(an_error_waits_for_who_has_stopped_reading),
      PACKETS(who_closes_on_them_hears_no_more),
      PACKETS(bulk_takes_few_wakes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
