/*
 * What hvuv promises to a protocol handler: hvuv/protocol.h, hvuv/framing.h and
 * hvuv/testing.h. One conversation, of a handler that does anything at any time
 * with a peer that does anything too.
 *
 *   in     what the peer has sent is cut into messages by form.h; these, whole, in
 *          their order and once, are what on_message gets, and not while the
 *          handler has paused, has ended, or has queued more than high_water_bytes
 *   out    what was accepted, framed, is what the peer gets; all of it if the
 *          conversation ends well, else the front of it
 *   end    on_end after the last message; on_close last, once, with a reason that
 *          there was
 *   time   no limit is acted on early, none is a sixteenth late
 */
#ifndef HVUV_TESTS_SIM_CONN_TALK_H
#define HVUV_TESTS_SIM_CONN_TALK_H

#include "form.h"
#include "hvuv/testing.h"
#include "sim/sim.h"

enum talk_cue {
  TALK_NOW = 0,
  TALK_OPEN,
  TALK_MESSAGE,
  TALK_WRITABLE,
  TALK_END,
  TALK_SENT,
  TALK_CLOSE,
  TALK_CUES
};

/* Before and after each script. */
void talk_begin(void);
void talk_settle(void);
void talk_close(void);

void talk_on_cue(const sim_step_t* step);
extern void (*talk_do)(const sim_step_t* step);

/* Between two steps. */
void talk_check(void);

/* --- Before it is opened */

void talk_framing(const int args[]);
void talk_limits(const int args[]);
void talk_no_end(const int args[]);
void talk_open(const int args[]);

/* --- The handler, or the program outside of it */

void talk_send(const int args[]);
void talk_send_parts(const int args[]);
void talk_send_ref(const int args[]);
void talk_end(const int args[]);
void talk_abort(const int args[]);
void talk_pause(const int args[]);
void talk_resume(const int args[]);
void talk_deadline(const int args[]);
void talk_upgrade(const int args[]);
void talk_return(const int args[]);

/* --- The peer, the system */

void talk_peer_says(const int args[]);
void talk_peer_babbles(const int args[]);
void talk_deliver(const int args[]);
void talk_deliver_all(const int args[]);
void talk_peer_ends(const int args[]);
void talk_break(const int args[]);
void talk_break_sending(const int args[]);
void talk_room(const int args[]);
void talk_room_any(const int args[]);
void talk_time(const int args[]);
void talk_jump(const int args[]);
void talk_memory(const int args[]);

extern const char* const talk_framing_words[];
extern const char* const talk_limit_words[];
extern const char* const talk_code_words[];
extern const hvuv_framing_t talk_framings[];
extern const int talk_codes[];

/* --- For its files */

#define TALK_CAUSES_MAX 64
#define TALK_BOX_BYTES  ((size_t) 4 << 20)

typedef struct talk_s {
  hvuv_test_t* test;
  hvuv_conn_t* conn; /* NULL before on_open and after on_close */
  hvuv_protocol_t protocol;
  hvuv_limits_t limits;
  hvuv_framing_t framing;
  uint64_t now_ms;

  int in_call;     /* a function of a connection runs */
  int in_callback; /* a callback runs */
  int in_sent;     /* that of a send: the connection may be closing already */
  int returns;     /* what the callback that runs will return */

  /* in */
  char* outbox; /* what the peer is about to send */
  size_t outbox_used;
  char* inbox; /* all that it has sent */
  size_t inbox_used;
  size_t handed; /* of it, in messages */
  unsigned long messages;
  unsigned long peer_number;
  int is_paused;
  int peer_has_ended;
  int on_end_seen;

  /* out */
  char* accepted; /* all that was accepted, framed */
  size_t accepted_used;
  size_t compared; /* of it, with what the peer has got */
  unsigned long number;
  unsigned long sends;
  unsigned long refs_pending;
  unsigned long refs_back;
  unsigned long refs_made;
  size_t largest;
  int may_be_high;
  int was_high; /* more than high_water_bytes were queued since on_writable */

  /* the end */
  int is_open;
  int has_ended; /* hvuv_conn_end() */
  int is_closed;
  int reason;
  int is_broken; /* the system, or memory, has failed */
  int is_cut;    /* only sending has */
  int causes[TALK_CAUSES_MAX];
  int ncauses;
  int certain; /* the reason that there must be; 0: none */

  /* time */
  uint64_t jump_ms; /* the longest for which the loop has slept */
  uint64_t opened_ms;
  uint64_t active_ms;      /* a byte last came or went, at the earliest */
  uint64_t active_late_ms; /* and at the latest */
  uint64_t ended_ms;       /* the end went on, at the earliest */
  uint64_t ended_late_ms;  /* and at the latest */
  uint64_t part_ms;      /* the message under way has begun, at the earliest */
  uint64_t part_late_ms; /* and at the latest */
  uint64_t deadline_ms;  /* 0: none */
  uint64_t deadline_set_ms;
} talk_t;

extern talk_t talk;

/* Steps that were waiting for such a callback. */
void talk_play_cues(enum talk_cue cue);

void talk_add_cause(int code);

/* Whether the bytes that are left of the inbox are a part of a message (0), whole
 * messages (1), nothing (2) or none that can be (a code). */
int talk_rest(void);

/* Whether some limit may have passed, and whether one has been overdue. */
int talk_may_be_late(void);
const char* talk_overdue(void);

void talk_start(void);

#endif /* HVUV_TESTS_SIM_CONN_TALK_H */
