/*
 * Protocol handlers by chance, over the harness that ships (hvuv/testing.h),
 * against a model of what hvuv promises to them: sim_conn, as sim.h says.
 *
 * Steps are what a handler does (in a callback, by a cue, or outside), what its
 * peer does, and time; talk.h has them all. A script is one conversation. At its
 * end the peer takes everything, sends the rest and finishes, and the handler
 * ends: then the conversation must end too, and nothing may be left.
 */
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

static void turn(const int args[]) {
  static const int no_time = 0;

  (void) args;
  talk_time(&no_time);
}

#define SLOT                                                                   \
  { NULL, 0, 0 }
#define NUMBER(most)                                                           \
  { NULL, most, 0 }
#define SIZE(most)                                                             \
  { NULL, most, 1 }
#define WORDS(words)                                                           \
  { words, 0, 0 }
#define NOTHING                                                                \
  { SLOT }

typedef void (*act_fn)(const int args[]);

static const sim_verb_t verbs[] = {
    {"framing", 1, 0, {WORDS(talk_framing_words)}, 1},
    {"limits", 1, 0, {WORDS(talk_limit_words)}, 1},
    {"no_end", 1, 0, NOTHING, 0},
    {"open", 6, 0, NOTHING, 0},
    {"send", 16, 1, {SIZE(4000)}, 1},
    {"send_large", 2, 1, {SIZE(80000)}, 1},
    {"send_parts", 5, 1, {SIZE(4000), NUMBER(18)}, 2},
    {"send_ref", 6, 1, {SIZE(4000)}, 1},
    {"end", 2, 1, NOTHING, 0},
    {"abort", 1, 1, {WORDS(talk_code_words)}, 1},
    {"pause", 4, 1, NOTHING, 0},
    {"resume", 6, 1, NOTHING, 0},
    {"deadline", 2, 1, {NUMBER(3000)}, 1},
    {"upgrade", 2, 1, {WORDS(talk_framing_words)}, 1},
    {"return", 1, 1, {WORDS(talk_code_words)}, 1},
    {"says", 14, 1, {SIZE(4000)}, 1},
    {"babbles", 1, 1, {NUMBER(60)}, 1},
    {"deliver", 14, 1, {SIZE(5000)}, 1},
    {"deliver_all", 10, 1, NOTHING, 0},
    {"peer_ends", 2, 1, NOTHING, 0},
    {"break", 1, 1, {WORDS(talk_code_words)}, 1},
    {"break_sending", 1, 1, {WORDS(talk_code_words)}, 1},
    {"room", 6, 1, {SIZE(5000)}, 1},
    {"room_any", 5, 1, NOTHING, 0},
    {"time", 10, 0, {SIZE(1500)}, 1},
    {"jump", 3, 0, {SIZE(1500)}, 1},
    {"turn", 20, 0, NOTHING, 0},
    {"memory", 1, 0, {NUMBER(10)}, 1},
};

static const act_fn doings[] = {
    talk_framing,       talk_limits,       talk_no_end,
    talk_open,          talk_send,         talk_send,
    talk_send_parts,    talk_send_ref,     talk_end,
    talk_abort,         talk_pause,        talk_resume,
    talk_deadline,      talk_upgrade,      talk_return,
    talk_peer_says,     talk_peer_babbles, talk_deliver,
    talk_deliver_all,   talk_peer_ends,    talk_break,
    talk_break_sending, talk_room,         talk_room_any,
    talk_time,          talk_jump,         turn,
    talk_memory,
};

_Static_assert(sizeof(doings) / sizeof(doings[0]) ==
                   sizeof(verbs) / sizeof(verbs[0]),
               "each verb is something to do");

static const char* const cues[] = {
    "", "open", "message", "writable", "end", "sent", "close"};

static const char* const preludes[] = {
    "open",
    "framing lines;open",
    "framing varint;limits none;open",
    "framing raw;open",
    "framing length2;limits large;open",
    "framing length1;limits none;open",
    "framing length4;limits none;open;room 100;send 1500;send 1500",
    "framing length4;open;says 100;says 200;says 300;@message.0 send 50",
    "no_end;framing lines;open;says 10",
    "framing length2;limits large;open;says 10;@message.0 send 100;"
    "@message.0 send_large 30000;deliver_all",
    "open;says 10;says 20;says 30;@message.0 pause;deliver_all;"
    "@message.0 pause;resume",
};

static const sim_language_t language = {verbs,
                                        sizeof(verbs) / sizeof(verbs[0]),
                                        cues,
                                        TALK_CUES,
                                        1,
                                        preludes,
                                        sizeof(preludes) / sizeof(preludes[0])};

static void do_step(const sim_step_t* step) {
  doings[step->verb](step->args);
  if (talk.in_callback == 0)
    talk_check();
}

static void play(const sim_script_t* script) {
  int i;

  alloc_install();
  talk_do = do_step;
  talk_begin();
  for (i = 0; i < script->count; i++) {
    sim_step();
    if (script->steps[i].cue != TALK_NOW)
      talk_on_cue(&script->steps[i]);
    else
      do_step(&script->steps[i]);
  }
  talk_settle();
  talk_close();
  alloc_check();
}

int main(int argc, char** argv) {
  static const sim_t sim = {"sim_conn", &language, play};

  return sim_main(&sim, argc, argv);
}
