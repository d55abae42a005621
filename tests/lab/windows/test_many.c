/*
 * Two thousand connections on one loop through our own engine: each echoes what
 * the other end, a socket of no loop, says. The engine adds one thread for all.
 * libuv's slow path would want one for each, and the system gives some 500.
 *
 * What takes time here is Wine, whose server looks at all questions for each
 * event (server/sock.c).
 */
#include <stdio.h>
#include <string.h>

#include "census.h"
#include "party.h"

#define CONNECTIONS 2000
#define ROUNDS      2
#define WORD        64

typedef struct end_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  char buffer[WORD];
  uv_os_sock_t other;
} end_t;

static end_t ends[CONNECTIONS];
static size_t echoed; /* bytes */
static size_t goal;
static int strange;
static int all_echoed;

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  end_t* end = stream->data;

  (void) suggested;
  *buf = uv_buf_init(end->buffer, WORD);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  end_t* end = stream->data;
  uv_buf_t echo;

  if (n == 0)
    return;
  if (n < 0) {
    strange++;
    hvuv_read_stop(stream);
    return;
  }
  echo = uv_buf_init(buf->base, (unsigned int) n);
  if (hvuv_write(&end->write, stream, &echo, 1, NULL) != 0)
    strange++;
  echoed += (size_t) n;
  all_echoed = echoed >= goal;
}

static void open_end(end_t* end) {
  uv_os_sock_t socks[2];

  assert_int_equal(net_tcp_pair(socks), 0);
  end->other = socks[1];
  assert_int_equal(hvuv_init(party_loop(), &end->stream), 0);
  end->stream.data = end;
  assert_int_equal(hvuv_open(&end->stream, socks[0]), 0);
  assert_int_equal(hvuv_read_start(&end->stream, on_alloc, on_read), 0);
}

static void go_round(int round) {
  char heard[WORD];
  char word[WORD];
  int i;

  all_echoed = 0;
  goal += (size_t) CONNECTIONS * WORD;
  for (i = 0; i < CONNECTIONS; i++) {
    memset(word, i + round, WORD);
    assert_int_equal(net_send(ends[i].other, word, WORD), WORD);
  }
  loop_run_until(party_loop(), &all_echoed);
  for (i = 0; i < CONNECTIONS; i++) {
    memset(word, i + round, WORD);
    assert_int_equal(net_recv(ends[i].other, heard, WORD), WORD);
    assert_memory_equal(heard, word, WORD);
  }
}

static void one_thread_serves_two_thousand_connections(void** state) {
  uint64_t start;
  int before;
  int during;
  int after;
  int i;

  (void) state;
  before = census_threads();
  start = uv_hrtime();
  for (i = 0; i < CONNECTIONS; i++)
    open_end(&ends[i]);
  for (i = 0; i < ROUNDS; i++)
    go_round(i);
  during = census_threads();

  for (i = 0; i < CONNECTIONS; i++)
    hvuv_close(&ends[i].stream, NULL);
  loop_run_out(party_loop());
  after = census_threads();
  for (i = 0; i < CONNECTIONS; i++)
    net_close(ends[i].other);
  printf("%d connections, %d rounds, %.1f s; "
         "threads: %d before, %d during, %d after\n",
         CONNECTIONS,
         ROUNDS,
         (double) (uv_hrtime() - start) / 1e9,
         before,
         during,
         after);

  assert_int_equal(strange, 0);
  assert_int_equal(during, before + 1);
  assert_int_equal(after, before);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(one_thread_serves_two_thousand_connections),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
