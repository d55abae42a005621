/*
 * A thousand callers that mean no good, by what they do: the memory that this
 * costs is printed and held against the limit, and how long honest callers wait
 * meanwhile is printed. What a connection alone may cost, as it was before there
 * was a limit for all, is printed beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meter.h"
#include "siege.h"

#define MIB ((size_t) 1024 * 1024)

#define CALLERS 1000

/* What is shared, the table of peers, and what one message may be above. */
#define SLACK_BYTES (3 * MIB)

static hvuv_server_options_t options;

static int setup(void** state) {
  (void) state;
  meter_install();
  siege_options(&options);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  siege_down();
  meter_check();
  return 0;
}

static double mib(size_t nbytes) {
  return (double) nbytes / (double) MIB;
}

/* --- What they do --------------------------------------------------------- */

/* Messages that are echoed, and nothing of that is read. */
static int send_and_never_read(siege_caller_t* caller) {
  static char messages[16 * (4 + 1000)];
  size_t i;

  for (i = 0; messages[0] == 0 && i < 16; i++)
    memcpy(messages + i * 1004, "\0\0\3\350x", 5);
  return siege_send(caller, messages, sizeof(messages), SIZE_MAX);
}

/* Small requests for large answers. */
static int ask_and_never_read(siege_caller_t* caller) {
  return siege_send(caller, "\0\0\0\1b", 5, 5 * 20);
}

/* A message of 1 MiB but for its last byte. */
static int miss_a_byte(siege_caller_t* caller) {
  static char message[4 + SIEGE_ANSWER_BYTES];

  message[1] = 0x10;
  return siege_send(caller, message, sizeof(message), sizeof(message) - 1);
}

/* The same, a byte in each turn. */
static int drip(siege_caller_t* caller) {
  static char message[4 + SIEGE_ANSWER_BYTES];

  message[1] = 0x10;
  return siege_send(caller, message, sizeof(message), caller->sent + 1);
}

static int say_two_bytes(siege_caller_t* caller) {
  siege_read(caller, 100);
  return caller->sock != NET_NONE && siege_send(caller, "\0\0", 2, 2);
}

/* They take what the server feeds, and it is the server that sends. */
static int just_listen(siege_caller_t* caller) {
  (void) caller;
  return 0;
}

static void feed(hvuv_conn_t* conn, void* arg) {
  static const char piece[65536];

  (void) arg;
  (void) hvuv_conn_send(conn, piece, sizeof(piece)); /* or it is full */
}

/* --- What it costs -------------------------------------------------------- */

typedef struct attack_s {
  const char* name;
  int (*step)(siege_caller_t* caller);
  void (*feed)(hvuv_conn_t* conn, void* arg);
  int before_kb; /* a connection, before there was a limit for all */
} attack_t;

static void begin(const attack_t* attack) {
  siege.step = attack->step;
  siege.feed = attack->feed;
}

/* A feed goes on by itself until its queues are full. */
static void go_on(const attack_t* attack) {
  int i;

  siege_run();
  for (i = 0; attack->feed != NULL && i < 100; i++)
    siege_turn();
}

/* What one connection costs where there is no limit for all. */
static double cost_without_limit(const attack_t* attack) {
  const int few = 20;
  double cost;

  options.max_total_bytes = 0;
  siege_up(&options);
  siege_call(SIEGE_X, few);
  meter_mark();
  begin(attack);
  go_on(attack);
  cost = (double) meter_peak() / few / 1000;
  siege_down();
  return cost;
}

static double longest(double a, double b) {
  return a > b ? a : b;
}

/* A friend is there before, another comes again and again. */
static void besiege(const attack_t* attack) {
  double alone_kb = cost_without_limit(attack);
  hvuv_server_options_t defaults;
  uv_os_sock_t friend;
  double idle_ms;
  double wait_ms = 0;
  double ask_ms = 0;
  size_t rss;
  int i;

  hvuv_server_options_init(&defaults);
  options.max_total_bytes = defaults.max_total_bytes;
  siege_up(&options);
  idle_ms = siege_serve(SIEGE_Y);
  friend = siege_befriend(SIEGE_Y);
  meter_mark();
  siege_call(SIEGE_X, CALLERS);
  begin(attack);
  for (i = 0; i < 20; i++) {
    ask_ms = longest(ask_ms, siege_ask(friend));
    wait_ms = longest(wait_ms, siege_serve(SIEGE_Y));
  }
  go_on(attack);
  ask_ms = longest(ask_ms, siege_ask(friend));
  wait_ms = longest(wait_ms, siege_serve(SIEGE_Y));
  siege_look();
  assert_int_equal(uv_resident_set_memory(&rss), 0);

  print_message(
      "    %-22s alone %4.0f kB (was %4d); %d of them %3.0f MiB at most, of "
      "%3.0f; %d closed for it; process %3.0f MiB\n"
      "    %-22s an honest caller waits %.1f ms at most (idle %.1f), a friend "
      "%.1f\n",
      attack->name,
      alone_kb,
      attack->before_kb,
      CALLERS,
      mib(meter_peak()),
      mib(options.max_total_bytes),
      siege.closed_over_memory,
      mib(rss),
      "",
      wait_ms,
      idle_ms,
      ask_ms);
  assert_true(meter_peak() <= options.max_total_bytes + SLACK_BYTES);
  assert_true(siege.stats.bytes_held_now <= options.max_total_bytes);
  assert_int_equal(siege.stats.over_memory, siege.closed_over_memory);
  assert_int_equal(siege.closed_otherwise, 0);
  net_close(friend);
}

static void unread_echoes(void** state) {
  static const attack_t attack = {
      "unread echoes", send_and_never_read, NULL, 299};

  (void) state;
  besiege(&attack);
  assert_true(siege.closed_over_memory > 0);
}

static void unread_answers(void** state) {
  static const attack_t attack = {
      "unread 1 MiB answers", ask_and_never_read, NULL, 832};

  (void) state;
  besiege(&attack);
  assert_true(siege.closed_over_memory > 0);
}

static void messages_that_miss_a_byte(void** state) {
  static const attack_t attack = {
      "messages without an end", miss_a_byte, NULL, 1050};

  (void) state;
  besiege(&attack);
  assert_true(siege.closed_over_memory > 0);
}

static void a_feed_that_nobody_reads(void** state) {
  static const attack_t attack = {"an unread feed", just_listen, feed, 4291};

  (void) state;
  besiege(&attack);
  assert_true(siege.closed_over_memory > 0);
}

/* --- Places --------------------------------------------------------------- */

static void hogs_with_two_bytes(void** state) {
  double idle_ms;
  double wait_ms;

  (void) state;
  hvuv_server_options_init(&options);
  siege_up(&options);
  idle_ms = siege_serve(SIEGE_Y);
  meter_mark();
  siege.step = say_two_bytes;
  siege_call(SIEGE_X, CALLERS + 100);
  siege_run();
  wait_ms = siege_serve(SIEGE_Y);
  siege_run();
  print_message("    hogs with two bytes    %d of %d came in, %.1f MiB; an "
                "honest caller waits %.1f ms (idle %.1f)\n",
                (int) siege.stats.connections_now,
                CALLERS + 100,
                mib(meter_peak()),
                wait_ms,
                idle_ms);
  assert_int_equal(siege.stats.connections_now, 750);
  assert_int_equal(siege.stats.refused_share, CALLERS + 100 - 750);
}

static void drips(void** state) {
  double wait_ms = 0;
  int i;

  (void) state;
  options.max_connections = 1000;
  siege_up(&options);
  meter_mark();
  siege.step = drip;
  siege_call(SIEGE_X, 750);
  for (i = 0; i < 50; i++)
    wait_ms = longest(wait_ms, siege_serve(SIEGE_Y));
  siege_look();
  print_message(
      "    slow drips             %d connections, %.1f MiB; an honest "
      "caller waits %.1f ms at most\n",
      (int) siege.stats.connections_now,
      mib(meter_peak()),
      wait_ms);
  assert_true(meter_peak() < 8 * MIB);
  assert_int_equal(siege.closed_over_memory, 0);
}

/* Each turn some come, and those of the turn before go. */
static void floods(void** state) {
  uv_os_sock_t socks[30];
  double wait_ms = 0;
  int floods = 0;
  int turn;
  int i;

  (void) state;
  hvuv_server_options_init(&options);
  siege_up(&options);
  meter_mark();
  for (turn = 0; turn < 200; turn++) {
    for (i = 0; i < 30; i++, floods++)
      socks[i] = siege_try_call(SIEGE_X);
    if (turn % 10 == 0)
      wait_ms = longest(wait_ms, siege_serve(SIEGE_Y));
    siege_turn();
    for (i = 0; i < 30; i++)
      if (socks[i] != NET_NONE)
        net_close(socks[i]);
  }
  siege_run();
  siege_look();
  print_message("    floods                 %d calls, %.1f MiB; an honest "
                "caller waits %.1f ms at most\n",
                floods,
                mib(meter_peak()),
                wait_ms);
  assert_true(meter_peak() < 8 * MIB);
}

/* One that reads slowly but steadily has a MiB queued among the hogs. */
static void a_slow_reader_among_hogs_gets_everything(void** state) {
  static const attack_t attack = {
      "unread 1 MiB answers", ask_and_never_read, NULL, 832};
  siege_caller_t slow = {NET_NONE, 0, 0};
  int rounds;

  (void) state;
  options.max_total_bytes = 32 * MIB;
  siege_up(&options);
  siege_call(SIEGE_X, 200);
  begin(&attack);
  slow.sock = siege_befriend(SIEGE_Y);
  for (rounds = 0; rounds < 5; rounds++) {
    slow.sent = slow.received = 0;
    assert_true(siege_send(&slow, "\0\0\0\1b", 5, 5));
    while (slow.received < 4 + SIEGE_ANSWER_BYTES) {
      siege_read(&slow, 65536);
      assert_true(slow.sock != NET_NONE);
      siege_turn();
    }
  }
  assert_true(siege.closed_over_memory > 100);
  assert_true(meter_peak() <= 32 * MIB + SLACK_BYTES);
  net_close(slow.sock);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(unread_echoes),
      TEST(unread_answers),
      TEST(messages_that_miss_a_byte),
      TEST(a_feed_that_nobody_reads),
      TEST(a_slow_reader_among_hogs_gets_everything),
      TEST(hogs_with_two_bytes),
      TEST(drips),
      TEST(floods),
  };

  if (siege_need(SIEGE_CALLERS_MAX) != 0) {
    print_message("skipped: it takes %d descriptors\n", 2 * SIEGE_CALLERS_MAX);
    return 77;
  }
  return cmocka_run_group_tests_name("siege", tests, NULL, NULL);
}
