/* The n-th system call fails: over whole scenarios, for every n, with several
 * errors. Whatever happens, each accepted request calls back once, the close
 * callback is last, and nothing is left: scene_down() looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/between.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

static const int errors[] = {
    UV_EAGAIN, UV_ECONNRESET, UV_ENOMEM, UV_EINVAL, UV_EPIPE, UV_EIO};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

static void close_once(hvuv_stream_t* s) {
  if (!hvuv_is_closing(s))
    scene_close(s);
}

/* --- Calling out: connect, write, half-close, read to the end, close ------ */

static void say_hello(hvuv_stream_t* s) {
  static char bytes[] = "123456";
  uv_buf_t bufs[6];
  int i;

  if (!hvuv_is_writable(s)) {
    close_once(s);
    return;
  }
  for (i = 0; i < 6; i++)
    bufs[i] = uv_buf_init(bytes + i, 1);
  scene_read_start(s);
  scene_write(s, "w1", "hello");
  scene_write_bufs(s, "w2", bufs, 6);
  scene_write(s, "w3", "bye");
  scene_shutdown(s, "shutdown");
}

/* When both directions have ended, and all has called back. */
static void close_at_the_end(hvuv_stream_t* s) {
  if (!hvuv_is_readable(s) && scene_pending() == 0)
    close_once(s);
}

static void expect_talk(void) {
  scene_on_every("read", close_at_the_end);
  scene_on_every("eof", close_at_the_end);
  scene_on_every("shutdown", close_at_the_end);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_send_limit(4);
  fake_always(FAKE_RECV, UV_EAGAIN);
}

static void call_out(const char* addr, ssize_t answer) {
  hvuv_stream_t* s;

  expect_talk();
  scene_on("connect", say_hello);
  fake_always(FAKE_CONNECT, answer);

  s = scene_stream();
  hvuv_set_connect_timeout(s, 3600000);
  if (scene_connect(s, "connect", addr) != 0)
    close_once(s);
}

static void call_vsock(void) {
  call_out("vsock://host:5000", HVUV__IN_PROGRESS);
  fake_input("welcome");
  fake_next(FAKE_RECV, 0);
}

static void call_hybrid(void) {
  fake_next(FAKE_SEND, 13);
  fake_input("OK 1");
  fake_input("234\nwelcome");
  fake_next(FAKE_RECV, 0);
  call_out("hybrid://vm.sock:5000", 0);
}

/* --- Being called: bind, listen, accept, echo, half-close, close ---------- */

static void take(hvuv_stream_t* server) {
  hvuv_stream_t* client;

  client = scene_accept(server);
  if (client != NULL && scene_read_start(client) != 0)
    close_once(client);
}

static void echo(hvuv_stream_t* s) {
  static size_t echoed;

  if (!hvuv_is_readable(s)) {
    close_once(s);
    return;
  }
  if (scene_received_size() < echoed)
    echoed = 0;
  if (scene_received_size() > echoed)
    scene_write(s, "echo", scene_received() + echoed);
  echoed = scene_received_size();
}

static void shut(hvuv_stream_t* s) {
  if (scene_shutdown(s, "shutdown") != 0)
    close_once(s);
}

static void be_called(const char* text) {
  hvuv_stream_t* server;
  hvuv_addr_t addr;
  int err;

  scene_on_every("connection", take);
  scene_on_every("read", echo);
  scene_on_every("eof", shut);
  scene_on_every("shutdown", close_once);
  fake_always(FAKE_SEND, FAKE_ALL);
  fake_send_limit(3);
  fake_always(FAKE_RECV, UV_EAGAIN);
  fake_always(FAKE_ACCEPT, UV_EAGAIN);
  fake_next(FAKE_ACCEPT, 0);
  fake_next(FAKE_ACCEPT, 0);
  fake_input("hello");
  fake_input("world");
  fake_next(FAKE_RECV, 0);
  fake_next(FAKE_RECV, 0);

  server = scene_stream();
  addr = scene_addr(text);
  err = hvuv_bind(server, &addr);
  if (err == 0)
    err = scene_listen(server);
  if (err != 0)
    close_once(server);
}

static void be_called_by_vsock(void) {
  be_called("vsock://any:any");
}

static void be_called_by_hybrid(void) {
  be_called("hybrid://vm.sock:5000");
}

static void adopt(void) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  expect_talk();
  fake_input("welcome");
  fake_next(FAKE_RECV, 0);
  s = scene_stream();
  sock = fake_connected_socket();
  if (hvuv_open(s, sock) == 0)
    say_hello(s);
  else
    fake_close(sock);
}

/* --- The sweeps ----------------------------------------------------------- */

typedef struct scenario_s {
  const char* name;
  void (*start)(void);
  const char* clean; /* the words when nothing fails */
} scenario_t;

static const scenario_t scenarios[] = {
    {"call vsock",
     call_vsock,
     "connect:0 read:7 w1:0 eof w2:0 w3:0 shutdown:0 close"},
    {"call hybrid",
     call_hybrid,
     "connect:0 read:7 w1:0 eof w2:0 w3:0 shutdown:0 close"},
    {"be called by vsock",
     be_called_by_vsock,
     "connection:0 connection:0 read:5 read:5 eof eof echo:0 shutdown:0 "
     "echo:0 shutdown:0 close close close"},
    {"be called by hybrid",
     be_called_by_hybrid,
     "connection:0 connection:0 read:5 read:5 eof eof echo:0 shutdown:0 "
     "echo:0 shutdown:0 close close close"},
    {"adopt", adopt, "read:7 w1:0 eof w2:0 w3:0 shutdown:0 close"},
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

#define WORDS_MAX 64

static int compare_words(const void* a, const void* b) {
  return strcmp(*(char* const*) a, *(char* const*) b);
}

static int sort_words(char* story, char* sorted[]) {
  char* word;
  int n;

  n = 0;
  for (word = strtok(story, " "); word != NULL && n < WORDS_MAX;
       word = strtok(NULL, " "))
    sorted[n++] = word;
  qsort(sorted, (size_t) n, sizeof(sorted[0]), compare_words);
  return n;
}

/* The same words in any order: that of different streams, and of a stream's
 * two directions, is nobody's promise. */
static void assert_words(const char* expected) {
  char* words[2][WORDS_MAX];
  char stories[2][1024];
  int n;
  int i;

  snprintf(stories[0], sizeof(stories[0]), "%s", trace_story());
  snprintf(stories[1], sizeof(stories[1]), "%s", expected);
  n = sort_words(stories[0], words[0]);
  assert_int_equal(sort_words(stories[1], words[1]), n);
  for (i = 0; i < n; i++)
    assert_string_equal(words[0][i], words[1][i]);
  trace_reset();
}

static void finish(void) {
  scene_close_all();
  fake_forget_script();
  scene_down(NULL);
}

static void nothing_fails(void** state) {
  size_t i;

  (void) state;
  for (i = 0; i < SCENARIOS; i++) {
    scene_up(NULL);
    scenarios[i].start();
    scene_play();
    scene_close_all();
    assert_words(scenarios[i].clean);
    finish();
  }
}

static int try_call(const scenario_t* scenario,
                    void (*inject)(long n, int err),
                    long n,
                    int err) {
  int failed;

  scene_up(NULL);
  inject(n, err);
  scenario->start();
  scene_play();
  failed = fake_has_failed();
  finish();
  return failed;
}

static void sweep_calls(void (*inject)(long n, int err)) {
  size_t i;
  size_t e;
  long n;

  for (i = 0; i < SCENARIOS; i++) {
    for (e = 0; e < ERRORS; e++) {
      for (n = 1; try_call(&scenarios[i], inject, n, errors[e]); n++)
        assert_between(n, 1, 1000);
      assert_between(n, 8, 1000);
    }
  }
}

static void the_nth_system_call_fails(void** state) {
  (void) state;
  sweep_calls(fake_fail_nth);
}

static void all_system_calls_from_the_nth_on_fail(void** state) {
  (void) state;
  sweep_calls(fake_fail_from);
}

static int try_alloc(const scenario_t* scenario, long n) {
  int failed;

  scene_up(NULL);
  scene_stream(); /* The loop's hub is there; test_hub.c has its failure. */
  alloc_fail_nth(n);
  scenario->start();
  scene_play();
  failed = alloc_has_failed();
  finish();
  return failed;
}

static void the_nth_allocation_fails(void** state) {
  size_t i;
  long n;

  (void) state;
  for (i = 0; i < SCENARIOS; i++) {
    for (n = 1; try_alloc(&scenarios[i], n); n++)
      assert_between(n, 1, 1000);
    assert_between(n, 3, 1000);
  }
}

/* A step is a turn, or every socket found ready. */
static void try_close(const scenario_t* scenario, int steps) {
  int i;

  scene_up(NULL);
  scenario->start();
  for (i = 0; i < steps; i++) {
    if (i % 2 == 0)
      fake_poller_pump();
    else
      turn();
  }
  finish();
}

static void everything_is_closed_at_the_nth_step(void** state) {
  size_t i;
  int n;

  (void) state;
  for (i = 0; i < SCENARIOS; i++)
    for (n = 0; n < 40; n++)
      try_close(&scenarios[i], n);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_fails),
      cmocka_unit_test(the_nth_system_call_fails),
      cmocka_unit_test(all_system_calls_from_the_nth_on_fail),
      cmocka_unit_test(the_nth_allocation_fails),
      cmocka_unit_test(everything_is_closed_at_the_nth_step),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
