/*
 * Streams by chance, over scripted system calls, against a model of what hvuv
 * promises of them: sim_stream, as sim.h says.
 *
 * Steps are calls of the program (acts.h), and what happens to the kernel
 * (kernel.h) and to the loop:
 *
 *   arrive S N        N bytes come          end S HOW       the peer ends
 *   caller S N        N connections come    done S HOW      a connect has ended
 *   room S N          N more bytes go       room_any S
 *   short S N         the next recv() or send() moves at most N bytes
 *   says S CALL CODE N  the next such call finds this, and N more
 *   dial S HOW        what the next attempt to connect finds
 *   reply S HOW       what a hypervisor sends
 *   fire S EVENTS     the poller reports this, true or not
 *   ready FIRST       it reports what is true of all sockets
 *   turn              of the loop
 *   time MS
 *
 * At the end of a script everything goes well from then on: whatever was asked
 * for must have been called back when nothing moves any more, and what was not
 * asked for must not hold the loop. Then all is closed, and nothing may be left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "acts.h"
#include "hvuv.h"
#include "sim/clock.h"
#include "relayed.h"
#include "support/alloc.h"
#include "support/fakes/fake_names.h"
#include "support/fakes/fake_poller.h"
#include "support/fakes/fake_unix.h"
#include "support/loop.h"
#include "sys/sys.h"

/* Until nothing moves in so many turns. */
#define QUIET_TURNS 80
#define TURNS_MOST  20000
#define CLOSE_TURNS 12

/* --- What happens to the kernel and the loop ------------------------------ */

static const int ends[] = {UV_EOF, UV_ECONNRESET, UV_ETIMEDOUT};
static const char* const end_words[] = {"eof", "reset", "timeout", NULL};

static const enum fake_verb calls[] = {
    FAKE_RECV, FAKE_SEND, FAKE_ACCEPT, FAKE_SHUTDOWN, FAKE_TAKE_ERROR};
static const char* const call_words[] = {
    "recv", "send", "accept", "shutdown", "error", NULL};

static const int codes[] = {UV_EAGAIN,
                            UV_EPIPE,
                            UV_ECONNRESET,
                            UV_ENOBUFS,
                            UV_EMFILE,
                            UV_ECONNABORTED,
                            UV_EACCES,
                            UV_EINVAL};
static const char* const code_words[] = {"EAGAIN",
                                         "EPIPE",
                                         "ECONNRESET",
                                         "ENOBUFS",
                                         "EMFILE",
                                         "ECONNABORTED",
                                         "EACCES",
                                         "EINVAL",
                                         NULL};

static const int events[] = {
    UV_READABLE, UV_WRITABLE, UV_READABLE | UV_WRITABLE, UV_DISCONNECT};
static const char* const event_words[] = {"r", "w", "rw", "error", NULL};

static void arrive(const int args[]) {
  if (kernel_ends[args[0]].end == 0)
    kernel_ends[args[0]].came += (unsigned long) args[1];
}

static void end(const int args[]) {
  if (kernel_ends[args[0]].end == 0)
    kernel_ends[args[0]].end = ends[args[1]];
}

static void room(const int args[]) {
  kernel_ends[args[0]].room = args[1];
}

static void room_any(const int args[]) {
  kernel_ends[args[0]].room = -1;
}

static void shorten(const int args[]) {
  kernel_ends[args[0]].most = args[1];
}

/* Not everything can be found by every call: a code that is none for it would be
 * another kernel's. */
static int can_be_said(enum fake_verb verb, int code) {
  switch (verb) {
    case FAKE_RECV:
      return code == UV_EAGAIN || code == UV_ECONNRESET || code == UV_ENOBUFS;
    case FAKE_SEND:
      return code == UV_EAGAIN || code == UV_EPIPE || code == UV_ECONNRESET ||
             code == UV_ENOBUFS;
    case FAKE_ACCEPT:
      return code != UV_EPIPE;
    case FAKE_SHUTDOWN:
      return code == UV_EPIPE || code == UV_ECONNRESET;
    default:
      return code == UV_EPIPE || code == UV_ECONNRESET;
  }
}

static void say(const int args[]) {
  if (!can_be_said(calls[args[1]], codes[args[2]]))
    return;
  kernel_ends[args[0]].saying[calls[args[1]]] = codes[args[2]];
  kernel_ends[args[0]].times[calls[args[1]]] = 1 + args[3];
}

static void caller(const int args[]) {
  kernel_ends[args[0]].callers += args[1];
}

static const char* const way_words[] = {
    "now", "underway", "full", "refused", "hybrid", "hybrid_full", NULL};

static const int dials[] = {0, HVUV__IN_PROGRESS, UV_EAGAIN, UV_ECONNREFUSED};
static const char* const dial_words[] = {
    "now", "underway", "full", "refused", NULL};

static void dial(const int args[]) {
  kernel_ends[args[0]].dial = dials[args[1]];
}

static const int results[] = {0, UV_ECONNREFUSED, UV_ETIMEDOUT};
static const char* const result_words[] = {"well", "refused", "timeout", NULL};

static void done(const int args[]) {
  if (kernel_ends[args[0]].is_dialling)
    kernel_ends[args[0]].dial_result = results[args[1]];
}

static const char* const replies[] = {"OK 1\n", "OK ", "NO\n", ""};
static const char* const reply_words[] = {
    "ok", "half", "garbage", "hangup", NULL};

static void reply(const int args[]) {
  kernel_end_t* e = &kernel_ends[args[0]];

  if (e->greeting == NULL || act_models[args[0]].state != MODEL_CONNECTING)
    return;
  e->greeting = replies[args[1]];
  if (e->greeting[0] == '\0')
    e->end = UV_EOF;
}

static void fire(const int args[]) {
  kernel_fire(args[0], events[args[1]]);
}

static int ready_from(int first) {
  int fired;
  int i;

  fired = 0;
  for (i = 0; i < KERNEL_SLOTS; i++)
    fired += kernel_ready((first + i) % KERNEL_SLOTS);
  return fired;
}

static void ready(const int args[]) {
  ready_from(args[0]);
}

/* The loop turns for the program's sake, too, which has other things on it. */
static uv_check_t others;

static void on_others(uv_check_t* check) {
  (void) check;
}

static void turn(const int args[]) {
  int i;

  (void) args;
  for (i = 0; i < KERNEL_SLOTS; i++)
    kernel_ends[i].calls = 0;
  uv_ref((uv_handle_t*) &others);
  uv_run(act_loop, UV_RUN_NOWAIT);
  uv_unref((uv_handle_t*) &others);
}

static void pass(const int args[]) {
  sim_clock_advance((uint64_t) args[0]);
}

/* --- The language --------------------------------------------------------- */

#define SLOT                                                                   \
  { NULL, KERNEL_SLOTS - 1, 0 }
#define NUMBER(most)                                                           \
  { NULL, most, 0 }
#define SIZE(most)                                                             \
  { NULL, most, 1 }
#define WORDS(words)                                                           \
  { words, 0, 0 }

static const char* const open_words[] = {"vsock", "foreign", NULL};
static const char* const manner_words[] = {"one", "two", NULL};

typedef void (*act_fn)(const int args[]);

static const sim_verb_t verbs[] = {
    {"init", 1, 1, {SLOT}, 1},
    {"open", 10, 1, {SLOT, WORDS(open_words)}, 2},
    {"connect", 6, 1, {SLOT, WORDS(way_words), NUMBER(100)}, 3},
    {"listen", 3, 1, {SLOT, WORDS(open_words)}, 2},
    {"accept", 6, 1, {SLOT, SLOT}, 2},
    {"read", 12, 1, {SLOT, WORDS(manner_words)}, 2},
    {"stop", 4, 1, {SLOT}, 1},
    {"alloc", 3, 1, {SLOT, SIZE(70000)}, 2},
    {"write", 16, 1, {SLOT, NUMBER(6), SIZE(90000)}, 3},
    {"burst", 3, 1, {SLOT, NUMBER(30), SIZE(3000)}, 3},
    {"try", 5, 1, {SLOT, SIZE(9000)}, 2},
    {"shutdown", 4, 1, {SLOT}, 1},
    {"close", 4, 1, {SLOT}, 1},
    {"reset", 2, 1, {SLOT}, 1},
    {"detach", 2, 1, {SLOT}, 1},
    {"ref", 1, 1, {SLOT}, 1},
    {"unref", 1, 1, {SLOT}, 1},
    {"relay", 3, 1, {SLOT, SLOT, SIZE(40000)}, 3},
    {"cut", 1, 1, {SLOT}, 1},
    {"arrive", 14, 0, {SLOT, SIZE(90000)}, 2},
    {"end", 4, 0, {SLOT, WORDS(end_words)}, 2},
    {"room", 6, 0, {SLOT, SIZE(9000)}, 2},
    {"room_any", 4, 0, {SLOT}, 1},
    {"short", 5, 0, {SLOT, SIZE(5000)}, 2},
    {"says", 6, 0, {SLOT, WORDS(call_words), WORDS(code_words), NUMBER(3)}, 4},
    {"caller", 4, 0, {SLOT, NUMBER(40)}, 2},
    {"dial", 2, 0, {SLOT, WORDS(dial_words)}, 2},
    {"done", 4, 0, {SLOT, WORDS(result_words)}, 2},
    {"reply", 4, 0, {SLOT, WORDS(reply_words)}, 2},
    {"fire", 12, 0, {SLOT, WORDS(event_words)}, 2},
    {"ready", 16, 0, {SLOT}, 1},
    {"turn", 100, 0, {{NULL, 0, 0}}, 0},
    {"time", 5, 0, {SIZE(20000)}, 1},
};

static const act_fn doings[] = {
    act_init,  act_open,  act_connect, act_listen, act_accept, act_read,
    act_stop,  act_alloc, act_write,   act_burst,  act_try,    act_shutdown,
    act_close, act_reset, act_detach,  act_ref,    act_unref,  act_relay,
    act_cut,   arrive,    end,         room,       room_any,   shorten,
    say,       caller,    dial,        done,       reply,      fire,
    ready,     turn,      pass,
};

_Static_assert(sizeof(doings) / sizeof(doings[0]) ==
                   sizeof(verbs) / sizeof(verbs[0]),
               "each verb is something to do");

static const char* const cues[] = {"",
                                   "alloc",
                                   "read",
                                   "write",
                                   "connect",
                                   "shutdown",
                                   "connection",
                                   "close",
                                   "relay"};

static const char* const preludes[] = {
    "open 0 vsock;open 1 vsock;relay 0 1 3000",
    "open 0 vsock;open 1 foreign;relay 0 1 100;arrive 0 500;room 1 20",
    "connect 0 hybrid 0;reply 0 ok;ready 0;turn;open 1 vsock;relay 1 0 2000",
    "open 0 foreign;read 0 one;arrive 0 3000",
    "open 0 vsock;room 0 100;write 0 3 3000",
    "open 0 vsock;read 0 two;write 0 1 500",
    "open 0 foreign;alloc 0 10;read 0 one;arrive 0 100;@read.0 write 0 1 5;"
    "@write.0 stop 0;ready 0",
    "open 0 vsock;room 0 0;write 0 1 10;turn;says 0 error ECONNRESET 0;"
    "fire 0 error;read 0 one;ready 0",
    "connect 0 underway 50;write 0 2 100;read 0 one;shutdown 0",
    "connect 0 full 0;write 0 2 100",
    "listen 0 foreign;caller 0 5",
    "listen 0 vsock;caller 0 5;@connection.0 accept 0 1",
};

static const sim_language_t language = {verbs,
                                        sizeof(verbs) / sizeof(verbs[0]),
                                        cues,
                                        CUES,
                                        KERNEL_SLOTS,
                                        preludes,
                                        sizeof(preludes) / sizeof(preludes[0])};

/* --- Playing -------------------------------------------------------------- */

static void do_step(const sim_step_t* step) {
  doings[step->verb](step->args);
  acts_check();
}

static void be_kind(void) {
  int i;

  for (i = 0; i < KERNEL_SLOTS; i++) {
    kernel_be_kind(i);
    if (act_slots[i].alloc_size < 4096)
      act_slots[i].alloc_size = 4096;
    if (act_models[i].state == MODEL_RELAYED && kernel_ends[i].end == 0)
      kernel_ends[i].end = UV_EOF;
  }
}

/* Everything that was asked for has been called back. */
static void check_settled(void) {
  const model_t* m;
  int i;

  for (i = 0; i < KERNEL_SLOTS; i++) {
    m = &act_models[i];
    SIM_EXPECT(m->state != MODEL_CONNECTING && m->state != MODEL_RELAYED &&
                   m->state != MODEL_CLOSING,
               "what was begun ends",
               "slot %d: state %d",
               i,
               m->state);
    if (m->state == MODEL_NONE)
      continue;
    SIM_EXPECT(m->nreqs == 0,
               "each request is called back",
               "slot %d: %d are left",
               i,
               m->nreqs);
    SIM_EXPECT(!m->is_end_due &&
                   (!m->is_reading || (kernel_ends[i].end == 0 &&
                                       m->received == kernel_ends[i].came)),
               "all that came is read",
               "slot %d: %lu of %lu",
               i,
               m->received,
               kernel_ends[i].came);
    SIM_EXPECT(m->state != MODEL_LISTENING || m->waiting || m->is_dead ||
                   kernel_ends[i].callers == 0,
               "each connection is reported",
               "slot %d: %d are left",
               i,
               kernel_ends[i].callers);
  }
}

/* Bytes that the kernel has given and taken. */
static unsigned long moved(void) {
  unsigned long bytes;
  int i;

  bytes = 0;
  for (i = 0; i < KERNEL_SLOTS; i++)
    bytes += kernel_ends[i].taken + kernel_ends[i].passed +
             model_queue_size(&act_models[i]);
  return bytes;
}

static void settle(void) {
  unsigned long before;
  int quiet;
  int i;

  acts_forget_cues();
  be_kind();
  quiet = 0;
  for (i = 0; i < TURNS_MOST && quiet < QUIET_TURNS; i++) {
    before = moved();
    ready_from(i);
    turn(NULL);
    acts_check();
    be_kind();
    if (moved() != before)
      continue;
    sim_clock_advance(quiet < QUIET_TURNS / 2 ? 60 : 1000);
    quiet++;
  }
  check_settled();
}

static void check_hold(void) {
  int must_hold;
  int i;

  must_hold = 0;
  for (i = 0; i < KERNEL_SLOTS; i++)
    must_hold |=
        act_models[i].state != MODEL_NONE && model_holds_loop(&act_models[i]);
  SIM_EXPECT(must_hold == (uv_loop_alive(act_loop) != 0),
             "what is idle does not hold the loop",
             "%d",
             must_hold);
}

static void close_all(void) {
  int i;

  for (i = 0; i < KERNEL_SLOTS; i++)
    act_close(&i);
  for (i = 0; i < CLOSE_TURNS && acts_left() > 0; i++)
    turn(NULL);
  SIM_EXPECT(acts_left() == 0, "streams close", "%d are left", acts_left());
  turn(NULL);
}

static void play(const sim_script_t* script) {
  int i;

  alloc_install();
  fake_sys_reset();
  fake_poller_reset();
  fake_unix_reset();
  acts_do = do_step;
  acts_begin(loop_open());
  uv_check_init(act_loop, &others);
  uv_check_start(&others, on_others);
  uv_unref((uv_handle_t*) &others);

  for (i = 0; i < script->count; i++) {
    sim_step();
    if (script->steps[i].cue != CUE_NOW)
      acts_on_cue(&script->steps[i]);
    else
      do_step(&script->steps[i]);
  }

  settle();
  check_hold();
  close_all();
  uv_close((uv_handle_t*) &others, NULL);
  uv_run(act_loop, UV_RUN_NOWAIT);
  loop_close(act_loop);
  fake_poller_check();
  fake_unix_check();
  fake_sys_check();
  alloc_check();
}

int main(int argc, char** argv) {
  static const sim_t sim = {"sim_stream", &language, play};

  if (!sim_clock_works()) {
    printf("libuv does not take its time from clock_gettime() here\n");
    return 77;
  }
  return sim_main(&sim, argc, argv);
}
