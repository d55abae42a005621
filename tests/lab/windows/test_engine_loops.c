/* What an engine keeps for a loop: its thread and its handles, and that they
 * are given back. */
#include <string.h>

#include "census.h"
#include "party.h"
#include "support/between.h"

static void all_closed(party_t* pair[2]) {
  party_close(pair[0]);
  party_close(pair[1]);
  loop_run_out(party_loop());
  assert_int_equal(pair[0]->closed, 1);
  assert_int_equal(pair[1]->closed, 1);
}

static void talk(party_t* pair[2]) {
  party_write(pair[0], 0, 100);
  party_read_until(pair[1], 100);
  party_read(pair[0]);
}

/* As many as there are when no loop has any. */
static int threads_at_rest;

static void all_threads_are_given_back(void) {
  if (!party_is_on("slow")) /* whose threads the system keeps for a while */
    assert_int_equal(census_await_threads(threads_at_rest), threads_at_rest);
}

static void a_loop_has_one_thread_however_many_sockets(void** state) {
  party_t* pairs[20][2];
  int i;

  (void) state;
  for (i = 0; i < 20; i++) {
    party_pair(pairs[i]);
    talk(pairs[i]);
  }
  if (party_is_on("afd"))
    assert_int_equal(census_threads(), threads_at_rest + 1);
  if (party_is_on("fast"))
    assert_int_equal(census_threads(), threads_at_rest);
  for (i = 1; i < 20; i++) {
    party_close(pairs[i][0]);
    party_close(pairs[i][1]);
  }
  all_closed(pairs[0]);
  all_threads_are_given_back();
}

static void a_loop_serves_again_after_its_last_stream(void** state) {
  party_t* pair[2];
  int i;

  (void) state;
  for (i = 0; i < 10; i++) {
    party_pair(pair);
    talk(pair);
    all_closed(pair);
    if (!party_is_on("slow")) /* one at most lingers for the next loop */
      assert_between(census_threads(), threads_at_rest, threads_at_rest + 1);
  }
  all_threads_are_given_back();
}

/* A stream that is made in the close callback of the last one. */
static uv_os_sock_t next_sock;
static hvuv_stream_t next_stream;
static int next_error;
static int next_closed;

static void on_next_closed(hvuv_stream_t* stream) {
  (void) stream;
  next_closed = 1;
}

static void on_last_closed(hvuv_stream_t* stream) {
  party_t* p = stream->data;

  p->closed++;
  hvuv_init(stream->loop, &next_stream);
  next_error = hvuv_open(&next_stream, next_sock);
  hvuv_close(&next_stream, on_next_closed);
}

static void a_stream_made_when_the_last_one_ends_lives(void** state) {
  uv_os_sock_t sock;
  uv_os_sock_t socks[2];
  party_t* p;

  (void) state;
  next_closed = 0;
  assert_int_equal(net_tcp_pair(socks), 0);
  next_sock = socks[0];
  p = party_and_socket(&sock);
  party_read(p);
  loop_run_turns(party_loop(), 2);
  hvuv_close(&p->stream, on_last_closed);
  loop_run_until(party_loop(), &next_closed);
  assert_int_equal(next_error, 0);
  net_close(sock);
  net_close(socks[1]);
}

static void nothing_is_kept_of_those_that_came_and_went(void** state) {
  party_t* pair[2];
  int handles = 0;
  int i;

  (void) state;
  for (i = 0; i < 60; i++) {
    party_pair(pair);
    talk(pair);
    all_closed(pair);
    if (i == 9) /* What is made once for all was made by now. */
      handles = census_handles();
  }
  if (!party_is_on("slow"))
    assert_int_equal(census_handles(), handles);
}

static void closing_with_all_questions_out_gives_all_back(void** state) {
  party_t* pairs[50][2];
  int handles;
  int ports;
  int i;

  (void) state;
  all_threads_are_given_back();
  handles = census_handles();
  ports = census_ports();
  for (i = 0; i < 50; i++) {
    party_pair(pairs[i]);
    party_read(pairs[i][0]);
    party_read(pairs[i][1]);
  }
  loop_run_turns(party_loop(), 3);
  for (i = 1; i < 50; i++) {
    party_close(pairs[i][0]);
    party_close(pairs[i][1]);
  }
  all_closed(pairs[0]);
  all_threads_are_given_back();
  assert_int_equal(census_ports(), ports);
  if (party_is_on("afd")) /* libuv's loop keeps a socket for its polling */
    assert_int_equal(census_handles(), handles);
}

/* --- Several loops ----------------------------------------------------------
 */

#define LOOPS  3
#define ROUNDS 200

typedef struct side_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  char buffer[64];
  int rounds;
} side_t;

typedef struct worker_s {
  uv_thread_t thread;
  uv_os_sock_t socks[2];
  side_t sides[2];
  int trouble;
} worker_t;

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  side_t* side = stream->data;

  (void) suggested;
  *buf = uv_buf_init(side->buffer, sizeof(side->buffer));
}

static void say(side_t* side) {
  static char word[8];
  uv_buf_t buf = uv_buf_init(word, sizeof(word));

  hvuv_write(&side->write, &side->stream, &buf, 1, NULL);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  side_t* side = stream->data;

  (void) buf;
  if (n < 0 || ++side->rounds == ROUNDS)
    hvuv_close(stream, NULL);
  else
    say(side);
}

static void work(void* arg) {
  worker_t* w = arg;
  uv_loop_t loop;
  int i;

  w->trouble = uv_loop_init(&loop);
  for (i = 0; i < 2 && w->trouble == 0; i++) {
    hvuv_init(&loop, &w->sides[i].stream);
    w->sides[i].stream.data = &w->sides[i];
    w->trouble = hvuv_open(&w->sides[i].stream, w->socks[i]);
    hvuv_read_start(&w->sides[i].stream, on_alloc, on_read);
  }
  if (w->trouble != 0)
    return;
  say(&w->sides[0]);
  uv_run(&loop, UV_RUN_DEFAULT);
  w->trouble = uv_loop_close(&loop);
}

static void loops_of_several_threads_do_not_meet(void** state) {
  static worker_t workers[LOOPS];
  int round;
  int i;

  (void) state;
  for (round = 0; round < 5; round++) {
    memset(workers, 0, sizeof(workers));
    for (i = 0; i < LOOPS; i++) {
      assert_int_equal(net_tcp_pair(workers[i].socks), 0);
      assert_int_equal(uv_thread_create(&workers[i].thread, work, &workers[i]),
                       0);
    }
    for (i = 0; i < LOOPS; i++)
      uv_thread_join(&workers[i].thread);
    for (i = 0; i < LOOPS; i++) {
      assert_int_equal(workers[i].trouble, 0);
      assert_between(workers[i].sides[1].rounds, ROUNDS - 1, ROUNDS);
    }
  }
  all_threads_are_given_back();
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(a_loop_has_one_thread_however_many_sockets),
      PARTY(a_loop_serves_again_after_its_last_stream),
      PARTY(a_stream_made_when_the_last_one_ends_lives),
      PARTY(nothing_is_kept_of_those_that_came_and_went),
      PARTY(closing_with_all_questions_out_gives_all_back),
      PARTY(loops_of_several_threads_do_not_meet),
  };

  party_choose(argc, argv);
  threads_at_rest = census_threads();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
