/* What comes, what ends it, and when. */
#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

talk_t talk;

static void enter(void) {
  SIM_EXPECT(!talk.in_call, "nothing is called back inside a call", "%s", "");
  SIM_EXPECT(
      !talk.in_callback, "nothing is called back inside a callback", "%s", "");
  SIM_EXPECT(!talk.is_closed, "on_close is the last callback", "%s", "");
  talk.in_callback = 1;
  talk.returns = 0;
}

static int leave(enum talk_cue cue) {
  talk_play_cues(cue);
  talk.in_callback = 0;
  return talk.returns;
}

void talk_add_cause(int code) {
  if (talk.ncauses < TALK_CAUSES_MAX)
    talk.causes[talk.ncauses++] = code;
}

static int is_cause(int code) {
  int i;

  for (i = 0; i < talk.ncauses; i++)
    if (talk.causes[i] == code)
      return 1;
  return 0;
}

/* --- Messages ------------------------------------------------------------- */

int talk_rest(void) {
  form_cut_t cut;

  if (talk.handed == talk.inbox_used)
    return 2;
  return form_cut(&talk.framing,
                  talk.inbox + talk.handed,
                  talk.inbox_used - talk.handed,
                  &cut);
}

static int on_open(hvuv_conn_t* conn) {
  enter();
  SIM_EXPECT(!talk.is_open, "on_open is called once", "%s", "");
  talk.is_open = 1;
  talk.conn = conn;
  talk.opened_ms = talk.now_ms;
  talk.active_ms = talk.now_ms;
  talk.active_late_ms = talk.now_ms;
  if (leave(TALK_OPEN) != 0) {
    talk_add_cause(talk.returns < 0 ? talk.returns : UV_ECANCELED);
    if (talk.certain == 0)
      talk.certain = talk.returns < 0 ? talk.returns : UV_ECANCELED;
  }
  return talk.returns;
}

static void check_may_get(const char* what) {
  SIM_EXPECT(talk.is_open, "on_open comes first", "%s", what);
  SIM_EXPECT(!talk.is_paused, "nothing comes during a pause", "%s", what);
  SIM_EXPECT(
      !talk.has_ended, "nothing comes after hvuv_conn_end()", "%s", what);
  SIM_EXPECT(!talk.on_end_seen, "nothing comes after on_end", "%s", what);
  SIM_EXPECT(talk.certain == 0, "nothing comes after an abort", "%s", what);
}

/* RAW gives bytes as they come; all others whole messages. */
static void check_message(const char* bytes, size_t nbytes) {
  const char* next = talk.inbox + talk.handed;
  size_t left = talk.inbox_used - talk.handed;
  form_cut_t cut;
  int r;

  if (talk.framing.kind == HVUV_FRAMING_RAW) {
    SIM_EXPECT(nbytes > 0 && nbytes <= left &&
                   nbytes <= form_most(&talk.framing) &&
                   memcmp(bytes, next, nbytes) == 0,
               "bytes are handed out as they came",
               "message %lu",
               talk.messages);
    talk.handed += nbytes;
    return;
  }
  r = form_cut(&talk.framing, next, left, &cut);
  SIM_EXPECT(r == 1, "a message is handed out when it is whole", "%d", r);
  SIM_EXPECT(nbytes == cut.size &&
                 (nbytes == 0 || memcmp(bytes, next + cut.begin, nbytes) == 0),
             "messages are handed out as they were sent",
             "message %lu: %zu bytes, not %zu",
             talk.messages,
             nbytes,
             cut.size);
  talk.handed += cut.whole;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  int had_ended;
  int code;

  enter();
  check_may_get("on_message");
  check_message(bytes, nbytes);
  SIM_EXPECT(talk.is_broken ||
                 hvuv_conn_queued_bytes(conn) <= talk.limits.high_water_bytes,
             "nothing is read above the high-water mark",
             "%zu bytes are queued",
             hvuv_conn_queued_bytes(conn));
  talk.messages++;
  talk.part_ms = talk.now_ms;
  talk.part_late_ms = talk.now_ms;
  talk.active_late_ms = talk.now_ms;
  leave(TALK_MESSAGE);
  had_ended = talk.has_ended || talk.certain != 0;
  code = talk.returns < 0 ? talk.returns : UV_ECANCELED;
  if (talk.returns == 0 || had_ended)
    return talk.returns;
  talk_add_cause(code);
  talk.is_cut = 0;
  if (!talk.is_broken)
    talk.certain = code;
  return talk.returns;
}

static void on_writable(hvuv_conn_t* conn) {
  enter();
  SIM_EXPECT(talk.may_be_high && !talk.has_ended,
             "on_writable is called below the low-water mark, once",
             "%d",
             talk.was_high);
  SIM_EXPECT(hvuv_conn_queued_bytes(conn) <= talk.limits.low_water_bytes,
             "on_writable is called below the low-water mark, once",
             "%zu bytes are queued",
             hvuv_conn_queued_bytes(conn));
  talk.was_high = 0;
  talk.may_be_high = 0;
  talk.part_late_ms = talk.now_ms; /* Reading resumes. */
  talk.active_late_ms = talk.now_ms;
  leave(TALK_WRITABLE);
}

static void on_end(hvuv_conn_t* conn) {
  (void) conn;
  enter();
  check_may_get("on_end");
  SIM_EXPECT(talk.peer_has_ended && talk.handed == talk.inbox_used,
             "on_end comes behind the last message",
             "%zu of %zu bytes",
             talk.handed,
             talk.inbox_used);
  talk.on_end_seen = 1;
  leave(TALK_END);
}

/* --- The end -------------------------------------------------------------- */

static int is_well(void) {
  return talk.peer_has_ended && talk.compared == talk.accepted_used;
}

static int may_be_reason(int reason) {
  if (is_cause(reason))
    return 1;
  switch (reason) {
    case 0:
      return is_well();
    case UV_EOF:
      return talk.peer_has_ended && talk_rest() == 0;
    case UV_EMSGSIZE:
    case UV_EPROTO:
      return talk_rest() == reason;
    case UV_ETIMEDOUT:
      return talk_may_be_late();
    case UV_ENOMEM:
      return alloc_has_failed();
    default:
      return 0;
  }
}

static void on_close(hvuv_conn_t* conn, int reason) {
  uint64_t active_ms = talk.active_ms;
  uint64_t ended_ms = talk.ended_ms;

  (void) conn;
  enter();
  talk_check(); /* what the peer has got by now, whenever that was */
  talk.active_ms = active_ms;
  talk.ended_ms = ended_ms;
  SIM_EXPECT(may_be_reason(reason),
             "on_close gets a reason that there was",
             "%d",
             reason);
  SIM_EXPECT(talk.certain == 0 || reason == talk.certain,
             "on_close gets the reason of the abort",
             "%d, not %d",
             reason,
             talk.certain);
  SIM_EXPECT(!talk.is_cut || reason == UV_ECONNRESET || alloc_has_failed() ||
                 talk.is_paused || talk.has_ended || talk.certain != 0 ||
                 talk_rest() != 1,
             "what the peer had sent is handed out when sending has failed",
             "%zu of %zu bytes",
             talk.handed,
             talk.inbox_used);
  SIM_EXPECT(talk.refs_pending == 0,
             "sends call back before on_close",
             "%lu are left",
             talk.refs_pending);
  talk.certain = reason;
  talk.reason = reason;
  leave(TALK_CLOSE);
  talk.is_closed = 1;
  talk.conn = NULL;
}

void talk_start(void) {
  hvuv_protocol_init(&talk.protocol, on_message);
  talk.protocol.framing = talk.framing;
  talk.protocol.on_open = on_open;
  talk.protocol.on_writable = on_writable;
  talk.protocol.on_end = on_end;
  talk.protocol.on_close = on_close;
}

/* --- Time ----------------------------------------------------------------- */

static int has_passed(uint64_t since_ms, uint64_t limit_ms) {
  return limit_ms != 0 && talk.now_ms >= since_ms + limit_ms;
}

int talk_may_be_late(void) {
  const hvuv_limits_t* l = &talk.limits;

  return (talk.deadline_ms != 0 &&
          has_passed(talk.deadline_set_ms, talk.deadline_ms)) ||
         (talk.messages == 0 &&
          has_passed(talk.opened_ms, l->first_message_timeout_ms)) ||
         has_passed(talk.active_ms, l->idle_timeout_ms) ||
         (talk_rest() == 0 &&
          has_passed(talk.part_ms, l->message_timeout_ms)) ||
         ((talk.has_ended ||
           (talk.protocol.on_end == NULL && talk.peer_has_ended)) &&
          has_passed(talk.ended_ms, l->end_timeout_ms)) ||
         (talk.is_broken && has_passed(talk.active_ms, l->end_timeout_ms));
}

/* "About a sixteenth", as coarse as time passes here; and what the loop was late. */
static int is_overdue(uint64_t since_ms, uint64_t limit_ms) {
  return limit_ms != 0 &&
         talk.now_ms > since_ms + limit_ms + limit_ms / 8 + 12 + talk.jump_ms;
}

const char* talk_overdue(void) {
  const hvuv_limits_t* l = &talk.limits;

  if (talk.deadline_ms != 0 &&
      is_overdue(talk.deadline_set_ms, talk.deadline_ms))
    return "the deadline";
  if (talk.has_ended)
    return is_overdue(talk.ended_late_ms, l->end_timeout_ms) ? "end_timeout_ms"
                                                             : NULL;
  if (talk.messages == 0 && !talk.peer_has_ended &&
      is_overdue(talk.opened_ms, l->first_message_timeout_ms))
    return "first_message_timeout_ms";
  if (!talk.is_broken && is_overdue(talk.active_late_ms, l->idle_timeout_ms))
    return "idle_timeout_ms";
  if (talk_rest() == 0 && !talk.is_paused && !talk.is_broken &&
      !talk.may_be_high && talk.framing.kind != HVUV_FRAMING_RAW &&
      is_overdue(talk.part_late_ms, l->message_timeout_ms))
    return "message_timeout_ms";
  return NULL;
}
