/*
 * stress [CONNECTIONS [SEED]]: so many hostile connections, a million unless
 * told otherwise, one crowd after the other, each caller with another bad habit.
 * What the process has before and after is printed: descriptors, and bytes of
 * hvuv's; both must be the same. ./dev stress runs it under AddressSanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meter.h"
#include "siege.h"
#include "support/endpoint.h"

#define CROWD     64
#define VMS       600 /* more than the table of peers remembers */
#define MIB       ((size_t) 1024 * 1024)
#define LIMIT     (4 * MIB)
#define SHARE     40
#define FRIEND_MS 250

static unsigned long connections = 1000000;
static uint32_t seed = 1;

static uint32_t next_random(uint32_t below) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % below;
}

/* --- Bad habits ----------------------------------------------------------- */

static int say_nothing(siege_caller_t* caller) {
  (void) caller;
  return 0;
}

static int say_two_bytes(siege_caller_t* caller) {
  return siege_send(caller, "\0\0", 2, 2);
}

static int talk_garbage(siege_caller_t* caller) {
  char bytes[4096];
  size_t i;

  for (i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) next_random(256);
  return siege_send(caller, bytes, sizeof(bytes), sizeof(bytes));
}

static int announce_4_gib(siege_caller_t* caller) {
  return siege_send(caller, "\377\377\377\377x", 5, 5);
}

static int miss_a_byte(siege_caller_t* caller) {
  static char message[4 + SIEGE_ANSWER_BYTES];

  message[1] = 0x10;
  return siege_send(caller, message, sizeof(message), sizeof(message) - 1);
}

static int drip(siege_caller_t* caller) {
  return siege_send(caller, "\0\0\0\200", 4, caller->sent + 1);
}

static int ask_and_never_read(siege_caller_t* caller) {
  return siege_send(caller, "\0\0\0\1b", 5, 15);
}

static int ask_and_read_a_byte(siege_caller_t* caller) {
  siege_send(caller, "\0\0\0\1b", 5, 5);
  return caller->sock != NET_NONE && siege_read(caller, 1);
}

static int echo(siege_caller_t* caller) {
  siege_send(caller, "\0\0\0\2hi", 6, 6 * 100);
  return caller->sock != NET_NONE && siege_read(caller, 65536);
}

static int (*const habits[])(siege_caller_t* caller) = {
    say_nothing,
    say_two_bytes,
    talk_garbage,
    announce_4_gib,
    miss_a_byte,
    drip,
    ask_and_never_read,
    ask_and_read_a_byte,
    echo,
};

static unsigned int habit_of[CROWD];

static int indulge(siege_caller_t* caller) {
  return habits[habit_of[caller - siege.callers]](caller);
}

/* --- Crowds --------------------------------------------------------------- */

static const char* some_vm(void) {
  static char vm[33];

  snprintf(vm, sizeof(vm), "%08x4c6c4c0e9a9e0f6f0a1b2c3d", next_random(VMS));
  return vm;
}

/* All as one VM, or each as another. Those whose call finds the backlog full come later. */
static unsigned long come(void) {
  const char* one = next_random(4) == 0 ? SIEGE_X : NULL;
  int i;

  siege.ncallers = 0;
  memset(siege.callers, 0, sizeof(siege.callers[0]) * CROWD);
  for (i = 0; i < CROWD; i++) {
    siege.callers[i].sock = siege_try_call(one != NULL ? one : some_vm());
    if (siege.callers[i].sock == NET_NONE)
      break;
    habit_of[i] = next_random(sizeof(habits) / sizeof(habits[0]));
  }
  siege.ncallers = i;
  return (unsigned long) i;
}

/* Some go at once, before anybody has looked at them. */
static void go(void) {
  int turns = (int) next_random(12);
  int i;

  while (turns-- > 0)
    siege_turn();
  for (i = 0; i < siege.ncallers; i++)
    if (siege.callers[i].sock != NET_NONE)
      net_close(siege.callers[i].sock);
  siege.ncallers = 0;
  siege_turn();
}

static void show(unsigned long done, double wait_ms) {
  siege_look();
  print_message("%9lu calls: %lu came in, %lu refused, %lu closed for memory, "
                "%lu for what they said, %.1f MiB at most; an honest caller "
                "waits %.1f ms\n",
                done,
                (unsigned long) siege.stats.connections_ever,
                (unsigned long) (siege.stats.refused_full +
                                 siege.stats.refused_share +
                                 siege.stats.refused_rate),
                (unsigned long) siege.stats.over_memory,
                (unsigned long) siege.stats.protocol_errors,
                (double) meter_peak() / (double) MIB,
                wait_ms);
}

static void run(void) {
  unsigned long next_show = connections / 10;
  unsigned long done = 0;
  uint64_t asked_ms = 0;
  double wait_ms = 0;

  while (done < connections) {
    done += come();
    go();
    if (uv_now(&siege.loop) >= asked_ms + FRIEND_MS) {
      wait_ms = siege_serve(SIEGE_Y);
      asked_ms = uv_now(&siege.loop);
    }
    if (done < next_show)
      continue;
    show(done, wait_ms);
    next_show += connections / 10;
  }
}

/* With its first loop, for as long as the process lives. */
static void open_what_libuv_keeps(void) {
  uv_loop_t loop;

  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

static void hostile_connections_leave_nothing_behind(void** state) {
  hvuv_server_options_t options;
  int before;
  int after;

  (void) state;
  open_what_libuv_keeps();
  before = endpoint_count_descriptors();
  meter_install();
  siege_options(&options);
  options.max_connections = CROWD + 20;
  options.max_per_peer = SHARE;
  options.when_full = HVUV_FULL_REFUSE;
  options.max_total_bytes = LIMIT;
  siege_up(&options);
  siege.step = indulge;
  run();
  assert_true(meter_peak() <= LIMIT + 3 * MIB);
  siege_down();
  after = endpoint_count_descriptors();
  print_message("descriptors: %d before, %d after; bytes of hvuv's: 0 before, "
                "%lu after\n",
                before,
                after,
                (unsigned long) meter_in_use());
  assert_int_equal(before, after);
  meter_check();
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hostile_connections_leave_nothing_behind),
  };

  if (argc > 1)
    connections = strtoul(argv[1], NULL, 10);
  if (argc > 2)
    seed = (uint32_t) strtoul(argv[2], NULL, 10);
  if (connections < 100) {
    fprintf(stderr, "usage: stress [CONNECTIONS [SEED]]\n");
    return 2;
  }
  if (siege_need(CROWD) != 0) {
    print_message("skipped: it takes %d descriptors\n", 2 * CROWD + 100);
    return 77;
  }
  print_message("seed %lu\n", (unsigned long) seed);
  return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}
