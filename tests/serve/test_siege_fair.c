/*
 * How long honest callers wait beside others, who are a process of their own and
 * take all that they get: printed, beside what they wait for alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "siege.h"

#define FLOODERS 300
#define HONEST   50

static hvuv_server_options_t options;

static int teardown(void** state) {
  (void) state;
  siege_down();
  return 0;
}

/* In a process of its own: callers that come, say two bytes and go, for ever,
 * each of them again as soon as it has gone. */
static void flood(void) {
  uv_os_sock_t socks[FLOODERS];
  int i;

  alarm(60); /* If nobody ends it, because the test has failed. */
  for (i = 0; i < FLOODERS; i++)
    socks[i] = NET_NONE;
  for (i = 0;; i = (i + 1) % FLOODERS) {
    if (socks[i] != NET_NONE)
      net_close(socks[i]);
    socks[i] = siege_try_call(SIEGE_X);
    if (socks[i] != NET_NONE)
      net_send(socks[i], "\0\0", 2);
  }
}

/* In a process of its own: callers that talk without a pause, and read what they
 * get. */
static void chatter(void) {
  static char messages[16 * (4 + 1000)];
  siege_caller_t callers[FLOODERS];
  int i;

  alarm(60);
  for (i = 0; i < 16; i++)
    memcpy(messages + i * 1004, "\0\0\3\350x", 5);
  memset(callers, 0, sizeof(callers));
  for (i = 0; i < FLOODERS; i++)
    callers[i].sock = siege_dial(SIEGE_X);
  for (i = 0;; i = (i + 1) % FLOODERS) {
    siege_send(&callers[i], messages, sizeof(messages), SIZE_MAX);
    siege_read(&callers[i], SIZE_MAX);
  }
}

/* What it takes until all have their echo: by the clock, of this process's
 * processor time, which others who want it too do not lengthen, and in turns. */
typedef struct pace_s {
  double ms;
  double cpu_ms;
  int turns;
} pace_t;

static double shorter(double a, double b) {
  return a < b ? a : b;
}

/* So many honest callers at once, served in the fewest turns so far. */
static void serve_many(pace_t* best) {
  static const char message[] = {0, 0, 0, 4, 'g', 'o', 'o', 'd'};
  uint64_t begin = uv_hrtime();
  clock_t cpu_begin = clock();
  siege_caller_t callers[HONEST];
  int served = 0;
  int turns;
  int i;

  for (i = 0; i < HONEST; i++) {
    callers[i].sock = siege_dial(SIEGE_Y);
    callers[i].received = 0;
    assert_int_equal(net_send(callers[i].sock, message, sizeof(message)),
                     sizeof(message));
  }
  for (turns = 0; served < HONEST; turns++) {
    uv_run(&siege.loop, UV_RUN_ONCE);
    for (i = 0; i < HONEST; i++)
      served += siege_read(&callers[i], sizeof(message)) &&
                callers[i].received == sizeof(message);
  }
  for (i = 0; i < HONEST; i++)
    net_close(callers[i].sock);

  best->ms = shorter(best->ms, (double) (uv_hrtime() - begin) / 1e6);
  best->cpu_ms = shorter(best->cpu_ms,
                         (double) (clock() - cpu_begin) * 1e3 / CLOCKS_PER_SEC);
  best->turns = turns < best->turns ? turns : best->turns;
}

/* What so many honest callers take, alone and beside others. */
static void compare(const char* who, void (*others)(void), uint64_t come) {
  pace_t alone = {1e9, 1e9, 1000000};
  pace_t beside = alone;
  pid_t child;
  int i;

  hvuv_server_options_init(&options);
  siege_up(&options);
  for (i = 0; i < 5; i++)
    serve_many(&alone);
  siege_run();
  child = fork();
  if (child == 0)
    others();
  for (siege_look(); siege.stats.connections_ever < come; siege_look())
    uv_run(&siege.loop, UV_RUN_ONCE);
  for (i = 0; i < 10; i++)
    serve_many(&beside);
  siege_look();
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  print_message("    %d callers alone: %.1f ms, %.1f of processor, %d turns; "
                "beside %d %s: %.1f ms, %.1f of processor, %d turns; %lu "
                "messages\n",
                HONEST,
                alone.ms,
                alone.cpu_ms,
                alone.turns,
                FLOODERS,
                who,
                beside.ms,
                beside.cpu_ms,
                beside.turns,
                (unsigned long) siege.stats.messages_received);
}

static void fifty_behind_those_who_come_and_go(void** state) {
  (void) state;
  compare("who come and go", flood, 5 * HONEST + 1000);
}

static void fifty_beside_those_who_talk_without_a_pause(void** state) {
  (void) state;
  compare("who talk without a pause", chatter, 5 * HONEST + FLOODERS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(fifty_behind_those_who_come_and_go, teardown),
      cmocka_unit_test_teardown(fifty_beside_those_who_talk_without_a_pause,
                                teardown),
  };

  if (siege_need(SIEGE_CALLERS_MAX) != 0) {
    print_message("skipped: it takes %d descriptors\n", 2 * SIEGE_CALLERS_MAX);
    return 77;
  }
  return cmocka_run_group_tests_name("fairness", tests, NULL, NULL);
}
