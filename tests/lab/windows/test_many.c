/*
 * Thousands of connections on one loop through our own engine: each echoes what
 * the other end, a socket of no loop, says. The engine adds one thread for all,
 * and a handle for each 32. libuv's slow path would want a thread for each, and
 * the system gives some 500.
 *
 *   test_many [afd [CONNECTIONS]]   2,000, up to 10,000
 *
 * What takes time here is Wine, whose server looks at all questions for each
 * event, and at all of the process for each that is cancelled (server/sock.c,
 * async.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll/afd_win.h"

#include "census.h"
#include "party.h"
#include "support/between.h"

#define CONNECTIONS_MAX 10000
#define GROUP_MAX       32 /* afd_groups_win.h */
#define CALLERS         256
#define ROUNDS          2
#define WORD            64

typedef struct end_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  char buffer[WORD];
  uv_os_sock_t other;
} end_t;

static int connections = 2000;
static end_t ends[CONNECTIONS_MAX];
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
  goal += (size_t) connections * WORD;
  for (i = 0; i < connections; i++) {
    memset(word, i + round, WORD);
    assert_int_equal(net_send(ends[i].other, word, WORD), WORD);
  }
  loop_run_until(party_loop(), &all_echoed);
  for (i = 0; i < connections; i++) {
    memset(word, i + round, WORD);
    assert_int_equal(net_recv(ends[i].other, heard, WORD), WORD);
    assert_memory_equal(heard, word, WORD);
  }
}

/* --- Handles -------------------------------------------------------------- */

typedef HANDLE(WINAPI* port_fn)(HANDLE, HANDLE, ULONG_PTR, DWORD);

static int handles_opened; /* to AFD, since only they are given to a port */

static HANDLE WINAPI counting_port(HANDLE file,
                                   HANDLE port,
                                   ULONG_PTR key,
                                   DWORD threads) {
  FARPROC proc = GetProcAddress(GetModuleHandleA("kernel32.dll"),
                                "CreateIoCompletionPort");
  port_fn real;

  memcpy(&real, &proc, sizeof(real));
  handles_opened += file != INVALID_HANDLE_VALUE;
  return real(file, port, key, threads);
}

extern port_fn __imp_CreateIoCompletionPort;
port_fn __imp_CreateIoCompletionPort = counting_port;

/* --- A cancel ------------------------------------------------------------- */

/* Microseconds for each of the last 32 when so many are out on one handle. */
static double time_of_a_cancel(int out) {
  static hvuv__afd_poll_t polls[CONNECTIONS_MAX];
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
                                   hvuv__afd_base_socket(ends[i].other),
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

/* --- The tests ------------------------------------------------------------ */

static void one_thread_serves_thousands_of_connections(void** state) {
  uint64_t start;
  int before;
  int during;
  int after;
  int i;

  (void) state;
  before = census_threads();
  start = uv_hrtime();
  for (i = 0; i < connections; i++)
    open_end(&ends[i]);
  for (i = 0; i < ROUNDS; i++)
    go_round(i);
  during = census_threads();
  printf("%d connections, %d rounds: %.1f s; %d handles to AFD opened\n",
         connections,
         ROUNDS,
         (double) (uv_hrtime() - start) / 1e9,
         handles_opened);
  assert_between(handles_opened,
                 (connections + GROUP_MAX - 1) / GROUP_MAX,
                 (connections + GROUP_MAX - 1) / GROUP_MAX + 2);
  printf("a cancel with %d out on its handle: %.1f us\n",
         GROUP_MAX,
         time_of_a_cancel(GROUP_MAX));
  printf("a cancel with %d out on its handle: %.1f us\n",
         connections,
         time_of_a_cancel(connections));

  start = uv_hrtime();
  for (i = 0; i < connections; i++)
    hvuv_close(&ends[i].stream, NULL);
  loop_run_out(party_loop());
  printf("closed in %.1f s\n", (double) (uv_hrtime() - start) / 1e9);
  after = census_await_threads(before);
  for (i = 0; i < connections; i++)
    net_close(ends[i].other);
  printf("threads: %d before, %d during, %d after\n", before, during, after);

  assert_int_equal(strange, 0);
  assert_int_equal(during, before + 1);
  assert_int_equal(after, before);
}

static hvuv_stream_t clients[CALLERS];
static int accepted;

static void on_connection(hvuv_stream_t* server, int status) {
  hvuv_stream_t* client = &clients[accepted];

  if (status != 0 || hvuv_init(server->loop, client) != 0 ||
      hvuv_accept(server, client) != 0)
    strange++;
  accepted++;
}

/* A wake-up costs a question to AFD, so each takes as many as have come. */
static void a_wake_up_accepts_many(void** state) {
  static uv_os_sock_t callers[CALLERS];
  struct sockaddr_in name;
  uv_os_sock_t sock;
  party_t* server;
  int turns;
  int i;

  (void) state;
  accepted = 0;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  server = party_new(sock);
  assert_int_equal(hvuv_listen(&server->stream, CALLERS, on_connection), 0);
  for (i = 0; i < CALLERS; i++)
    assert_int_equal(net_tcp_connect(&callers[i], &name), 0);
  for (turns = 0; accepted < CALLERS && turns < 2 * CALLERS; turns++)
    uv_run(party_loop(), UV_RUN_ONCE);
  printf("%d callers accepted in %d turns\n", accepted, turns);

  assert_int_equal(strange, 0);
  assert_int_equal(accepted, CALLERS);
  assert_between(turns, 1, CALLERS / 4);
  for (i = 0; i < CALLERS; i++) {
    hvuv_close(&clients[i], NULL);
    net_close(callers[i]);
  }
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(one_thread_serves_thousands_of_connections),
      PARTY(a_wake_up_accepts_many),
  };

  party_choose(argc, argv);
  if (argc > 2)
    connections = atoi(argv[2]);
  if (connections < GROUP_MAX || connections > CONNECTIONS_MAX)
    return 2;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
