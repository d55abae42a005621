/*
 * Ten thousand connections on one loop through our own engine. It adds one
 * thread for all, a handle for each 32, and asks one question for each answer.
 * libuv's slow path would want a thread for each connection, and the system
 * gives some 500.
 *
 *   test_many [afd [CONNECTIONS [SPEAKERS]]]   10,000 and 8, or 32 for all
 *
 * With both ends in one process, 10,000 connections would be 20,000 descriptors
 * of Wine's server, which is the limit on some machines. But a caller that nobody
 * has accepted is connected, and takes none. So the engine's ends are callers:
 * each of its groups of 32 calls a listener of its own, which accepts SPEAKERS of
 * them, one at a time, has each echo, and hangs up. The others are closed with
 * their questions out.
 *
 * What takes time here is Wine, whose server looks at all questions that are out
 * several times for an echo, and at all of the process for a cancel
 * (server/sock.c, async.c). docs/performance.md has the figures, and why Wine 8
 * cannot bear thousands that speak at the same moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll/afd_win.h"

#include "afd_census.h"
#include "census.h"
#include "party.h"
#include "support/between.h"

#define CONNECTIONS_MAX 10000
#define GROUP_MAX       32 /* afd_groups_win.h */
#define GROUPS_MAX      ((CONNECTIONS_MAX + GROUP_MAX - 1) / GROUP_MAX)
#define CANCELS_MAX     2000
#define ROUNDS          2
#define WORD            64

typedef struct end_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  char buffer[WORD];
} end_t;

static int connections = CONNECTIONS_MAX;
static int speakers = 8; /* of each group */
static int groups;
static end_t ends[CONNECTIONS_MAX];
static uv_os_sock_t listeners[GROUPS_MAX];
static uv_os_sock_t peers[GROUPS_MAX];
static size_t echoed; /* bytes */
static int ended;
static int strange;

/* What the loop runs for. */
static size_t goal; /* of bytes echoed */
static int end_goal;
static int is_reached;

static void look(void) {
  is_reached = echoed >= goal && ended >= end_goal;
}

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
    strange += n != UV_EOF;
    ended++;
    hvuv_close(stream, NULL);
  } else {
    echo = uv_buf_init(buf->base, (unsigned int) n);
    if (hvuv_write(&end->write, stream, &echo, 1, NULL) != 0)
      strange++;
    echoed += (size_t) n;
  }
  look();
}

static void open_end(end_t* end, const struct sockaddr_in* name) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_connect(&sock, name), 0);
  assert_int_equal(hvuv_init(party_loop(), &end->stream), 0);
  end->stream.data = end;
  assert_int_equal(hvuv_open(&end->stream, sock), 0);
  assert_int_equal(hvuv_read_start(&end->stream, on_alloc, on_read), 0);
}

static void open_all(void) {
  struct sockaddr_in name;
  int i;

  groups = 0;
  for (i = 0; i < connections; i++) {
    if (i % GROUP_MAX == 0)
      assert_int_equal(net_tcp_listen(&listeners[groups++], &name), 0);
    open_end(&ends[i], &name);
  }
}

/* How many groups have so many members. */
static int groups_of(int members) {
  return (connections + GROUP_MAX - members) / GROUP_MAX;
}

/* The next caller of each of the first n listeners. */
static void accept_callers(int n) {
  int i;

  for (i = 0; i < n; i++)
    assert_int_equal(net_accept(listeners[i], &peers[i]), 0);
}

static void have_echoed(int n, int seed) {
  char heard[WORD];
  char word[WORD];
  int i;

  is_reached = 0;
  goal += (size_t) n * WORD;
  for (i = 0; i < n; i++) {
    memset(word, i + seed, WORD);
    assert_int_equal(net_send(peers[i], word, WORD), WORD);
  }
  loop_run_until(party_loop(), &is_reached);
  for (i = 0; i < n; i++) {
    memset(word, i + seed, WORD);
    assert_int_equal(net_recv(peers[i], heard, WORD), WORD);
    assert_memory_equal(heard, word, WORD);
  }
}

static void hang_up(int n) {
  int i;

  is_reached = 0;
  end_goal += n;
  for (i = 0; i < n; i++)
    net_close(peers[i]);
  loop_run_until(party_loop(), &is_reached);
}

/* --- A cancel ------------------------------------------------------------- */

/* Microseconds for each of the last 32 when so many are out on one handle. */
static double time_of_a_cancel(int out) {
  static hvuv__afd_poll_t polls[CANCELS_MAX];
  OVERLAPPED_ENTRY entry;
  uint64_t start;
  HANDLE port;
  HANDLE afd;
  ULONG n;
  int i;

  port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  assert_non_null(port);
  assert_int_equal(hvuv__afd_open(port, &afd), 0);
  for (i = 0; i < out; i++)
    assert_int_equal(hvuv__afd_ask(afd,
                                   hvuv__afd_base_socket(peers[i % groups]),
                                   HVUV__AFD_RECEIVE,
                                   &polls[i]),
                     0);

  start = uv_hrtime();
  for (i = out - GROUP_MAX; i < out; i++)
    hvuv__afd_cancel(afd, &polls[i]);
  start = uv_hrtime() - start;

  for (i = 0; i < out - GROUP_MAX; i++)
    hvuv__afd_cancel(afd, &polls[i]);
  for (i = 0; i < out; i++)
    assert_true(GetQueuedCompletionStatusEx(port, &entry, 1, &n, 10000, FALSE));
  CloseHandle(afd);
  CloseHandle(port);
  return (double) start / 1e3 / GROUP_MAX;
}

static void print_times_of_cancels(void) {
  printf("a cancel with %d out on its handle: %.1f us; with %d: %.1f us\n",
         GROUP_MAX,
         time_of_a_cancel(GROUP_MAX),
         CANCELS_MAX,
         time_of_a_cancel(CANCELS_MAX));
}

/* --- The tests ------------------------------------------------------------ */

static double seconds_since(uint64_t start) {
  return (double) (uv_hrtime() - start) / 1e9;
}

static void connect_all(void) {
  uint64_t start = uv_hrtime();
  int handles = afd_census_handles();

  open_all();
  handles = afd_census_handles() - handles;
  printf("%d connected: %.1f s; %d handles to AFD opened\n",
         connections,
         seconds_since(start),
         handles);
  assert_int_equal(handles, groups);
}

/* One of each group. Nobody else's question is asked again. */
static void have_some_echoed(void) {
  int answers = afd_census_answers();
  uint64_t start;
  int i;

  accept_callers(groups);
  start = uv_hrtime();
  for (i = 0; i < ROUNDS; i++)
    have_echoed(groups, i);
  answers = afd_census_answers() - answers;
  printf("%d of them echo at once, %d times: %.0f us an echo, %d answers\n",
         groups,
         ROUNDS,
         seconds_since(start) * 1e6 / groups / ROUNDS,
         answers);
  assert_between(answers, 1, groups * ROUNDS);
}

/* The first of them are those that have_some_echoed() accepted. */
static void have_all_speakers_echoed(void) {
  uint64_t start = uv_hrtime();
  int n;
  int i;

  for (i = 1; i <= speakers; i++) {
    n = groups_of(i);
    if (i > 1)
      accept_callers(n);
    have_echoed(n, i);
    hang_up(n);
  }
  printf("%d were heard, and hung up: %.1f s\n", ended, seconds_since(start));
}

static void close_the_others(void) {
  uint64_t start = uv_hrtime();
  int i;

  for (i = 0; i < connections; i++)
    if (!hvuv_is_closing(&ends[i].stream))
      hvuv_close(&ends[i].stream, NULL);
  loop_run_out(party_loop());
  printf("the others closed: %.1f s\n", seconds_since(start));
  for (i = 0; i < groups; i++)
    net_close(listeners[i]);
}

static void one_thread_serves_ten_thousand_connections(void** state) {
  int before = census_threads();
  int during;
  int after;

  (void) state;
  connect_all();
  have_some_echoed();
  print_times_of_cancels();
  have_all_speakers_echoed();
  during = census_threads();
  close_the_others();
  after = census_await_threads(before);
  printf("threads: %d before, %d during, %d after\n", before, during, after);

  assert_int_equal(strange, 0);
  assert_int_equal(during, before + 1);
  assert_int_equal(after, before);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(one_thread_serves_ten_thousand_connections),
  };

  party_choose(argc, argv);
  if (argc > 2)
    connections = atoi(argv[2]);
  if (argc > 3)
    speakers = atoi(argv[3]);
  if (connections < GROUP_MAX || connections > CONNECTIONS_MAX ||
      speakers < 1 || speakers > GROUP_MAX)
    return 2;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
