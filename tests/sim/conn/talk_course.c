/* A conversation from its beginning to its end, and what is looked at between two
 * steps. */
#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

#define CUES_MAX     64
#define CUES_AT_ONCE 3

typedef struct queue_s {
  sim_step_t steps[CUES_MAX];
  int first;
  int count;
} queue_t;

void (*talk_do)(const sim_step_t* step);

static queue_t queues[TALK_CUES];

/* --- Cues ----------------------------------------------------------------- */

void talk_play_cues(enum talk_cue cue) {
  queue_t* queue = &queues[cue];
  int i;

  for (i = 0; i < CUES_AT_ONCE && queue->count > 0; i++) {
    queue->count--;
    talk_do(&queue->steps[queue->first++]);
  }
}

void talk_on_cue(const sim_step_t* step) {
  queue_t* queue = &queues[step->cue];

  if (queue->first + queue->count < CUES_MAX)
    queue->steps[queue->first + queue->count++] = *step;
}

const char* const talk_code_words[] = {
    "EPIPE", "ECONNRESET", "EIO", "EACCES", NULL};
const int talk_codes[] = {UV_EPIPE, UV_ECONNRESET, UV_EIO, UV_EACCES};

/* --- Before it is opened -------------------------------------------------- */

const char* const talk_framing_words[] = {
    "raw", "length1", "length2", "length4", "varint", "lines", NULL};
const hvuv_framing_t talk_framings[] = {
    {HVUV_FRAMING_RAW, 0, 0, 3000, 0},
    {HVUV_FRAMING_LENGTH, 1, 0, 3000, 0},
    {HVUV_FRAMING_LENGTH, 2, 1, 70000, 0},
    {HVUV_FRAMING_LENGTH, 4, 0, 3000, 0},
    {HVUV_FRAMING_VARINT, 0, 0, 3000, 0},
    {HVUV_FRAMING_LINES, 0, 0, 3000, 0},
};

const char* const talk_limit_words[] = {"small", "large", "none", NULL};

static void set_limits(int which) {
  hvuv_limits_t* l = &talk.limits;

  hvuv_limits_init(l);
  if (which == 1)
    return;
  l->high_water_bytes = 2000;
  l->low_water_bytes = 500;
  l->max_queued_bytes = 6000;
  l->first_message_timeout_ms = which == 0 ? 1000 : 0;
  l->message_timeout_ms = which == 0 ? 800 : 0;
  l->idle_timeout_ms = which == 0 ? 3000 : 0;
  l->end_timeout_ms = which == 0 ? 500 : 5000;
}

static void* need(size_t size) {
  void* block = calloc(1, size);

  if (block == NULL)
    abort();
  return block;
}

static char* boxes[3];

void talk_begin(void) {
  int i;

  for (i = 0; i < 3; i++)
    if (boxes[i] == NULL)
      boxes[i] = need(TALK_BOX_BYTES);
  memset(&talk, 0, sizeof(talk));
  memset(queues, 0, sizeof(queues));
  talk.outbox = boxes[0];
  talk.inbox = boxes[1];
  talk.accepted = boxes[2];
  talk.framing = talk_framings[3];
  set_limits(0);
  talk_start();
}

void talk_framing(const int args[]) {
  if (talk.test == NULL)
    talk.framing = talk_framings[args[0]];
}

void talk_limits(const int args[]) {
  if (talk.test == NULL)
    set_limits(args[0]);
}

void talk_no_end(const int args[]) {
  (void) args;
  if (talk.test == NULL)
    talk.protocol.on_end = NULL;
}

void talk_open(const int args[]) {
  int err;

  (void) args;
  if (talk.test != NULL)
    return;
  talk.protocol.framing = talk.framing;
  err = hvuv_test_open(&talk.test, &talk.protocol, &talk.limits, &talk);
  SIM_EXPECT(err == 0 || (err == UV_ENOMEM && alloc_has_failed()),
             "hvuv_test_open returns what it must",
             "%d",
             err);
}

/* --- Between two steps, and at the end ------------------------------------ */

void talk_check(void) {
  const char* sent;
  size_t nbytes;

  if (talk.test == NULL)
    return;
  sent = hvuv_test_sent(talk.test, &nbytes);
  SIM_EXPECT(nbytes <= talk.accepted_used || talk.is_broken,
             "nothing is sent that was not accepted",
             "%zu of %zu bytes",
             nbytes,
             talk.accepted_used);
  if (nbytes > talk.accepted_used)
    nbytes = talk.accepted_used;
  SIM_EXPECT(memcmp(sent + talk.compared,
                    talk.accepted + talk.compared,
                    nbytes - talk.compared) == 0,
             "what is sent is what was accepted, framed",
             "from byte %zu on",
             talk.compared);
  if (nbytes > talk.compared) {
    talk.active_ms = talk.now_ms;
    talk.active_late_ms = talk.now_ms;
    talk.ended_ms = talk.now_ms;
    talk.ended_late_ms = talk.now_ms;
  }
  talk.compared = nbytes;
  if (talk.conn != NULL && !talk.in_callback && !talk.is_broken)
    SIM_EXPECT(hvuv_conn_queued_bytes(talk.conn) ==
                   talk.accepted_used - talk.compared,
               "what was accepted is queued or sent",
               "%zu of %zu",
               hvuv_conn_queued_bytes(talk.conn),
               talk.accepted_used - talk.compared);
}

/* Everything goes well from here on, and the conversation ends. */
void talk_settle(void) {
  static const int step_ms = 100;
  static const int no_time = 0;
  int i;

  alloc_fail_nth(0);
  memset(queues, 0, sizeof(queues));
  talk_room_any(NULL);
  talk_resume(NULL);
  talk_deliver_all(NULL);
  talk_peer_ends(NULL);
  talk_time(&no_time);
  SIM_EXPECT(talk.conn == NULL || !talk.was_high || talk.has_ended ||
                 talk.is_broken,
             "on_writable is called when the peer has taken enough",
             "%zu bytes are queued",
             hvuv_conn_queued_bytes(talk.conn));
  SIM_EXPECT(talk.conn == NULL || talk.on_end_seen || talk.has_ended,
             "all that came is handed out",
             "%zu of %zu bytes",
             talk.handed,
             talk.inbox_used);
  talk_end(NULL);
  for (i = 0; i < 20 && talk.conn != NULL; i++)
    talk_time(&step_ms);
  SIM_EXPECT(talk.conn == NULL, "a conversation ends", "%s", "");
}

/* No bytes are no message, but a request. */
static int is_count(uint64_t messages_sent) {
  return messages_sent >= talk.sends &&
         messages_sent <= talk.sends + talk.refs_made;
}

void talk_close(void) {
  hvuv_stats_t stats;

  if (talk.test == NULL)
    return;
  hvuv_test_stats(talk.test, &stats);
  SIM_EXPECT(!talk.is_open || talk.is_closed,
             "on_close follows each on_open",
             "%d",
             talk.is_open);
  SIM_EXPECT(stats.bytes_held_now == 0 && stats.connections_now == 0,
             "memory is returned",
             "%llu bytes",
             (unsigned long long) stats.bytes_held_now);
  SIM_EXPECT(stats.messages_received == talk.messages &&
                 (is_count(stats.messages_sent) || talk.is_broken),
             "the statistics count messages",
             "%llu and %llu, not %lu and %lu",
             (unsigned long long) stats.messages_received,
             (unsigned long long) stats.messages_sent,
             talk.messages,
             talk.sends);
  hvuv_test_close(talk.test);
}
