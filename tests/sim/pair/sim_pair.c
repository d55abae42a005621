/*
 * Conversations by chance over real sockets, with faults at the border of the system
 * calls: sim_pair, as sim.h says. lines.h has the conversations and what must hold of
 * them. Of the system:
 *
 *   short CALL N TIMES    such calls move at most N + 1 bytes
 *   again CALL TIMES      they find UV_EAGAIN, though there is something
 *   error CALL CODE N     one fails, after N that do not
 *   turn TURNS            of the loop
 *   time MS
 *
 * EAGAIN and short calls must not be noticed by anybody. At the end of a script there
 * are no more faults, all read, and end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lines.h"
#include "sim/clock.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/fakes/fault_sys.h"
#include "support/loop.h"

/* --- Faults --------------------------------------------------------------- */

static const char* const call_words[] = {"recv",
                                         "send",
                                         "accept",
                                         "connect",
                                         "shutdown",
                                         "socket",
                                         "getpeername",
                                         "take_error",
                                         NULL};
#define CALLS 8

static const char* const code_words[] = {"ECONNRESET",
                                         "EPIPE",
                                         "ENOBUFS",
                                         "EMFILE",
                                         "ENOMEM",
                                         "ECONNREFUSED",
                                         "EIO",
                                         NULL};
static const int codes[] = {UV_ECONNRESET,
                            UV_EPIPE,
                            UV_ENOBUFS,
                            UV_EMFILE,
                            UV_ENOMEM,
                            UV_ECONNREFUSED,
                            UV_EIO};

typedef struct plan_s {
  int short_times;
  size_t most;
  int again_times;
  int error;
  int error_after;
} plan_t;

static plan_t plans[CALLS];

static int decide(const char* verb, size_t* most) {
  plan_t* plan;
  int i;

  for (i = 0; i < CALLS && strcmp(call_words[i], verb) != 0; i++)
    continue;
  if (i == CALLS)
    return 0;
  plan = &plans[i];
  if (plan->error != 0 && plan->error_after-- == 0) {
    i = plan->error;
    plan->error = 0;
    lines_disturb();
    return i;
  }
  if (plan->again_times > 0) {
    plan->again_times--;
    return UV_EAGAIN;
  }
  if (plan->short_times > 0 && plan->most < *most) {
    plan->short_times--;
    *most = plan->most;
  }
  return 0;
}

static void shorten(const int args[]) {
  plans[args[0]].most = (size_t) args[1] + 1;
  plans[args[0]].short_times = args[2];
}

/* Only where there may be nothing. */
static void again(const int args[]) {
  if (args[0] < 4)
    plans[args[0]].again_times = args[1];
}

static void fail_call(const int args[]) {
  plans[args[0]].error = codes[args[1]];
  plans[args[0]].error_after = args[2];
}

/* --- The loop ------------------------------------------------------------- */

static uv_loop_t* loop;
static uv_check_t others;

static void on_others(uv_check_t* check) {
  (void) check;
}

static void turn_once(void) {
  sim_clock_advance(3);
  uv_ref((uv_handle_t*) &others);
  uv_run(loop, UV_RUN_NOWAIT);
  uv_unref((uv_handle_t*) &others);
}

static void turn(const int args[]) {
  int i;

  for (i = 0; i <= args[0]; i++)
    turn_once();
}

static void pass(const int args[]) {
  sim_clock_advance((uint64_t) args[0]);
}

/* --- The language --------------------------------------------------------- */

#define LINE                                                                   \
  { NULL, LINES - 1, 0 }
#define SIDE                                                                   \
  { side_words, 0, 0 }
#define NUMBER(most)                                                           \
  { NULL, most, 0 }
#define SIZE(most)                                                             \
  { NULL, most, 1 }
#define WORDS(words)                                                           \
  { words, 0, 0 }

static const char* const side_words[] = {"caller", "served", NULL};

static const sim_verb_t verbs[] = {
    {"call", 8, 0, {LINE}, 1},
    {"write", 16, 0, {LINE, SIDE, SIZE(300000)}, 3},
    {"try", 3, 0, {LINE, SIDE, SIZE(60000)}, 3},
    {"read", 10, 0, {LINE, SIDE}, 2},
    {"stop", 2, 0, {LINE, SIDE}, 2},
    {"shutdown", 3, 0, {LINE, SIDE}, 2},
    {"close", 2, 0, {LINE, SIDE}, 2},
    {"reset", 1, 0, {LINE, SIDE}, 2},
    {"join", 6, 0, {LINE, LINE, SIZE(60000)}, 3},
    {"lend", 3, 0, {SIZE(70000)}, 1},
    {"short", 6, 0, {WORDS(call_words), SIZE(30000), NUMBER(20)}, 3},
    {"again", 6, 0, {WORDS(call_words), NUMBER(6)}, 2},
    {"error", 2, 0, {WORDS(call_words), WORDS(code_words), NUMBER(10)}, 3},
    {"turn", 100, 0, {NUMBER(3)}, 1},
    {"time", 4, 0, {SIZE(2000)}, 1},
};

typedef void (*act_fn)(const int args[]);

static const act_fn doings[] = {
    line_call,
    line_write,
    line_try,
    line_read,
    line_stop,
    line_shutdown,
    line_close,
    line_reset,
    line_join,
    line_room,
    shorten,
    again,
    fail_call,
    turn,
    pass,
};

_Static_assert(sizeof(doings) / sizeof(doings[0]) ==
                   sizeof(verbs) / sizeof(verbs[0]),
               "each verb is something to do");

static const char* const cues[] = {""};

static const char* const preludes[] = {
    "call 0;turn 3;write 0 caller 3000;read 0 served",
    "call 0;turn 3;write 0 caller 300000;write 0 served 300000",
    "call 0;call 1;turn 3;join 0 1 1000;write 0 caller 30000;shutdown 0 caller",
    "call 0;call 1;turn 3;join 0 1 50000;write 1 served 200000;read 0 caller",
    "call 0;write 0 caller 100;shutdown 0 caller;call 1;call 2",
};

static const sim_language_t language = {verbs,
                                        sizeof(verbs) / sizeof(verbs[0]),
                                        cues,
                                        1,
                                        LINES,
                                        preludes,
                                        sizeof(preludes) / sizeof(preludes[0])};

static void play(const sim_script_t* script) {
  int descriptors;
  int i;

  descriptors = endpoint_count_descriptors();
  alloc_install();
  memset(plans, 0, sizeof(plans));
  loop = loop_open();
  uv_check_init(loop, &others);
  uv_check_start(&others, on_others);
  uv_unref((uv_handle_t*) &others);
  lines_begin(loop);
  fault_decide_by(decide);

  for (i = 0; i < script->count; i++) {
    sim_step();
    doings[script->steps[i].verb](script->steps[i].args);
  }

  memset(plans, 0, sizeof(plans));
  lines_settle(turn_once);
  lines_close(turn_once);
  fault_decide_by(NULL);
  uv_close((uv_handle_t*) &others, NULL);
  uv_run(loop, UV_RUN_NOWAIT);
  loop_close(loop);
  alloc_check();
  SIM_EXPECT(endpoint_count_descriptors() == descriptors,
             "no descriptor is left",
             "%d, before %d",
             endpoint_count_descriptors(),
             descriptors);
}

int main(int argc, char** argv) {
  static const sim_t sim = {"sim_pair", &language, play};
  int code;

  if (!sim_clock_works()) {
    printf("libuv does not take its time from clock_gettime() here\n");
    return 77;
  }
  endpoint_open();
  loop_close(loop_open()); /* libuv's first keeps two descriptors for all. */
  code = sim_main(&sim, argc, argv);
  endpoint_close();
  return code;
}
