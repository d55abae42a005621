/* The handler's calls, and the peer. */
#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

#define BOX_BYTES    ((size_t) 4 << 20)
#define CUES_MAX     64
#define CUES_AT_ONCE 3
#define PARTS_MAX    20

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

/* --- Before it is opened -------------------------------------------------- */

const char* const talk_framing_words[] = {
    "raw", "length1", "length2", "length4", "varint", "lines", NULL};
static const hvuv_framing_t framings[] = {
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
      boxes[i] = need(BOX_BYTES);
  memset(&talk, 0, sizeof(talk));
  memset(queues, 0, sizeof(queues));
  talk.outbox = boxes[0];
  talk.inbox = boxes[1];
  talk.accepted = boxes[2];
  talk.framing = framings[3];
  set_limits(0);
  talk_start();
}

void talk_framing(const int args[]) {
  if (talk.test == NULL)
    talk.framing = framings[args[0]];
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

/* --- The handler ---------------------------------------------------------- */

static hvuv_conn_t* conn(void) {
  return talk.conn;
}

/* Chunks cost something too, which counts from the 65th on. */
#define SENDS_TO_SPARE 64

/* A message counts whole until all of it has gone, and each costs something: so it
 * is known only nearly when the mark is passed. */
static void note_queued(void) {
  size_t queued = hvuv_conn_queued_bytes(talk.conn);

  if (queued > talk.limits.high_water_bytes)
    talk.was_high = 1;
  if (queued + talk.largest > talk.limits.high_water_bytes ||
      talk.sends > SENDS_TO_SPARE)
    talk.may_be_high = 1;
}

/* `before` is what was queued before the call. A message counts whole until all of
 * it has gone, and until that has been called back. */
static int may_return(int got, size_t size, size_t framed, size_t before) {
  int is_over = talk.has_ended || talk.certain != 0;

  if (is_over)
    return got == UV_EPIPE;
  if (got == UV_EPIPE)
    return talk.is_broken || talk.in_callback != 0 ||
           (talk.protocol.on_end == NULL && talk.peer_has_ended);
  if (talk.framing.kind != HVUV_FRAMING_RAW && size > form_most(&talk.framing))
    return got == UV_EMSGSIZE;
  if (got == UV_ENOBUFS)
    return before > 0 &&
           (before + framed + talk.largest > talk.limits.max_queued_bytes ||
            talk.sends > SENDS_TO_SPARE || talk.in_sent);
  if (got == UV_ENOMEM)
    return alloc_has_failed();
  return got == 0;
}

static void note_send(int got, size_t size, size_t framed, size_t before) {
  SIM_EXPECT(may_return(got, size, framed, before),
             "hvuv_conn_send returns what it must",
             "%d: %zu bytes behind %zu",
             got,
             size,
             before);
  if (got == UV_ENOMEM) {
    talk.is_broken = 1;
    talk.is_cut = 0;
    talk_add_cause(UV_ENOMEM);
  }
  if (got != 0)
    return;
  talk.accepted_used += framed;
  talk.sends += framed > 0;
  if (framed > talk.largest)
    talk.largest = framed;
  SIM_EXPECT(hvuv_conn_queued_bytes(talk.conn) <=
                     talk.limits.max_queued_bytes ||
                 hvuv_conn_queued_bytes(talk.conn) <= framed,
             "no more is queued than max_queued_bytes",
             "%zu bytes",
             hvuv_conn_queued_bytes(talk.conn));
  note_queued();
}

/* Frames a message behind what was accepted: it is, if the call returns 0. Returns
 * its bytes in all, and where those of the message begin. */
static size_t frame(size_t size, char** message) {
  char* to = talk.accepted + talk.accepted_used;
  size_t tail = talk.framing.kind == HVUV_FRAMING_LINES;
  size_t framed = form_put(&talk.framing, talk.number++, size, to);

  *message = to + framed - tail - size;
  return framed;
}

static int has_space(size_t size) {
  return conn() != NULL &&
         talk.accepted_used + size + FORM_EDGES_MAX < BOX_BYTES;
}

/* A block of its own, of exactly its size, so that a sanitizer sees who keeps it. */
static char* copy_of(const char* bytes, size_t size) {
  char* copy = malloc(size + (size == 0));

  if (copy == NULL)
    abort();
  memcpy(copy, bytes, size);
  return copy;
}

void talk_send(const int args[]) {
  size_t size = (size_t) args[0];
  size_t framed;
  size_t before;
  char* message;
  char* copy;
  int got;

  if (!has_space(size))
    return;
  framed = frame(size, &message);
  copy = copy_of(message, size);
  before = hvuv_conn_queued_bytes(conn());
  talk.in_call = 1;
  got = hvuv_conn_send(conn(), copy, size);
  talk.in_call = 0;
  free(copy);
  note_send(got, size, framed, before);
}

static unsigned int divide(char* bytes,
                           size_t size,
                           uv_buf_t parts[],
                           unsigned int n) {
  unsigned int i;
  size_t from;
  size_t to;

  from = 0;
  for (i = 0; i < n; i++) {
    to = i + 1 == n ? size : size * (i + 1) / n;
    parts[i] = uv_buf_init(bytes + from, (unsigned int) (to - from));
    from = to;
  }
  return n;
}

void talk_send_parts(const int args[]) {
  size_t size = (size_t) args[0];
  uv_buf_t parts[PARTS_MAX];
  unsigned int nparts;
  size_t framed;
  size_t before;
  char* message;
  char* copy;
  int got;

  if (!has_space(size))
    return;
  framed = frame(size, &message);
  copy = copy_of(message, size);
  nparts = divide(copy, size, parts, 1 + (unsigned int) args[1]);
  before = hvuv_conn_queued_bytes(conn());
  talk.in_call = 1;
  got = hvuv_conn_sendv(conn(), parts, nparts);
  talk.in_call = 0;
  free(copy);
  note_send(got, size, framed, before);
}

typedef struct ref_s {
  hvuv_send_t req;
  unsigned long number;
  char* bytes;
} ref_t;

static void on_sent(hvuv_send_t* req, int status) {
  ref_t* ref = (ref_t*) req;

  SIM_EXPECT(
      !talk.in_call, "nothing is called back inside a call", "%s", "sent");
  SIM_EXPECT(!talk.in_callback && !talk.is_closed,
             "sends call back before on_close, by themselves",
             "%s",
             "");
  SIM_EXPECT(ref->number == talk.refs_back,
             "sends call back in their order",
             "%lu, not %lu",
             ref->number,
             talk.refs_back);
  SIM_EXPECT(status <= 0, "a status is 0 or an error", "%d", status);
  talk.refs_back++;
  talk.refs_pending--;
  free(ref->bytes);
  free(ref);
  talk.in_callback = 1;
  talk.in_sent = 1;
  talk_play_cues(TALK_SENT);
  talk.in_sent = 0;
  talk.in_callback = 0;
}

void talk_send_ref(const int args[]) {
  size_t size = (size_t) args[0];
  uv_buf_t part;
  size_t framed;
  size_t before;
  char* message;
  ref_t* ref;
  int got;

  if (!has_space(size))
    return;
  framed = frame(size, &message);
  ref = need(sizeof(*ref));
  ref->bytes = copy_of(message, size);
  ref->number = talk.refs_made;
  part = uv_buf_init(ref->bytes, (unsigned int) size);
  before = hvuv_conn_queued_bytes(conn());
  talk.in_call = 1;
  got = hvuv_conn_send_ref(&ref->req, conn(), &part, 1, on_sent);
  talk.in_call = 0;
  if (got == 0) {
    talk.refs_made++;
    talk.refs_pending++;
  } else {
    free(ref->bytes);
    free(ref);
  }
  note_send(got, size, framed, before);
}

void talk_end(const int args[]) {
  (void) args;
  if (conn() == NULL)
    return;
  if (!talk.has_ended)
    talk.ended_ms = talk.now_ms;
  talk.has_ended = 1;
  talk.in_call = 1;
  hvuv_conn_end(conn());
  talk.in_call = 0;
}

const char* const talk_code_words[] = {
    "EPIPE", "ECONNRESET", "EIO", "EACCES", NULL};
static const int codes[] = {UV_EPIPE, UV_ECONNRESET, UV_EIO, UV_EACCES};

void talk_abort(const int args[]) {
  if (conn() == NULL)
    return;
  talk_add_cause(codes[args[0]]);
  talk.is_cut = 0;
  if (talk.certain == 0 && !talk.is_broken && !talk.in_sent)
    talk.certain = codes[args[0]];
  talk.in_call = 1;
  hvuv_conn_abort(conn(), codes[args[0]]);
  talk.in_call = 0;
}

void talk_pause(const int args[]) {
  (void) args;
  if (conn() == NULL)
    return;
  talk.in_call = 1;
  hvuv_conn_pause(conn());
  talk.in_call = 0;
  talk.is_paused = 1;
}

void talk_resume(const int args[]) {
  (void) args;
  if (conn() == NULL)
    return;
  talk.is_paused = 0;
  talk.part_late_ms = talk.now_ms;
  talk.active_late_ms = talk.now_ms;
  talk.in_call = 1;
  hvuv_conn_resume(conn());
  talk.in_call = 0;
}

void talk_deadline(const int args[]) {
  int got;

  if (conn() == NULL)
    return;
  talk.in_call = 1;
  got = hvuv_conn_set_deadline(conn(), (uint64_t) args[0]);
  talk.in_call = 0;
  if (got != 0)
    return;
  talk.deadline_ms = (uint64_t) args[0];
  talk.deadline_set_ms = talk.now_ms;
}

/* From the byte after the current message on. */
void talk_upgrade(const int args[]) {
  int got;

  if (conn() == NULL)
    return;
  talk.in_call = 1;
  got = hvuv_conn_set_framing(conn(), &framings[args[0]]);
  talk.in_call = 0;
  SIM_EXPECT(got == 0 || got == UV_EINVAL || got == UV_EBUSY,
             "hvuv_conn_set_framing returns what it must",
             "%d",
             got);
  SIM_EXPECT(got != UV_EBUSY || talk.handed < talk.inbox_used,
             "hvuv_conn_set_framing is refused inside a message",
             "%d",
             got);
  if (got == 0)
    talk.framing = framings[args[0]];
}

void talk_return(const int args[]) {
  talk.returns = codes[args[0]];
}

/* --- The peer ------------------------------------------------------------- */

void talk_peer_says(const int args[]) {
  size_t size = (size_t) args[0];

  if (talk.outbox_used + size + FORM_EDGES_MAX >= BOX_BYTES)
    return;
  talk.outbox_used += form_put(&talk.framing,
                               1000 + talk.peer_number++,
                               size,
                               talk.outbox + talk.outbox_used);
}

void talk_peer_babbles(const int args[]) {
  static const char bytes[] = "\x81\x00\n\r\x03\xff\x7fz";
  int i;

  for (i = 0; i < args[0] && talk.outbox_used + 1 < BOX_BYTES; i++)
    talk.outbox[talk.outbox_used++] =
        bytes[(args[0] * 5 + i * 3) % (int) (sizeof(bytes) - 1)];
}

static void deliver(size_t n) {
  if (n > talk.outbox_used)
    n = talk.outbox_used;
  if (n == 0 || talk.test == NULL || talk.peer_has_ended || talk.in_sent ||
      talk.inbox_used + n >= BOX_BYTES)
    return;
  if (talk.inbox_used == talk.handed) {
    talk.part_ms = talk.now_ms;
    talk.part_late_ms = talk.now_ms;
  }
  memcpy(talk.inbox + talk.inbox_used, talk.outbox, n);
  talk.outbox_used -= n;
  memmove(talk.outbox, talk.outbox + n, talk.outbox_used);
  talk.inbox_used += n;
  /* While nothing is read, what comes waits in the socket. */
  if (!talk.is_paused && !talk.may_be_high)
    talk.active_ms = talk.now_ms;
  talk.active_late_ms = talk.now_ms;
  hvuv_test_receive(talk.test, talk.inbox + talk.inbox_used - n, n);
}

void talk_deliver(const int args[]) {
  deliver((size_t) args[0]);
}

void talk_deliver_all(const int args[]) {
  (void) args;
  deliver(talk.outbox_used);
}

void talk_peer_ends(const int args[]) {
  (void) args;
  if (talk.test == NULL)
    return;
  if (!talk.has_ended && !talk.peer_has_ended)
    talk.ended_ms = talk.now_ms; /* if the framework ends for the handler */
  talk.peer_has_ended = 1;
  hvuv_test_receive_end(talk.test);
}

void talk_break(const int args[]) {
  if (talk.test == NULL)
    return;
  talk.is_broken = 1;
  talk.is_cut = 0;
  talk_add_cause(codes[args[0]]);
  hvuv_test_break(talk.test, codes[args[0]]);
}

void talk_break_sending(const int args[]) {
  if (talk.test == NULL)
    return;
  talk.active_late_ms =
      talk.now_ms; /* From here on the peer has to say something. */
  talk.is_cut = !talk.is_broken;
  talk.is_broken = 1;
  talk_add_cause(codes[args[0]]);
  hvuv_test_break_sending(talk.test, codes[args[0]]);
}

void talk_room(const int args[]) {
  if (talk.test != NULL)
    hvuv_test_set_room(talk.test, (size_t) args[0]);
}

void talk_room_any(const int args[]) {
  (void) args;
  if (talk.test != NULL)
    hvuv_test_set_room(talk.test, SIZE_MAX);
}

static void pass(uint64_t ms) {
  const char* overdue;

  talk.now_ms += ms;
  hvuv_test_advance(talk.test, ms);
  if (talk.in_callback || talk.conn == NULL)
    return;
  talk_check();
  overdue = talk_overdue();
  SIM_EXPECT(overdue == NULL,
             "limits are acted on in time",
             "%s",
             overdue == NULL ? "" : overdue);
}

/* What was done before was done in time. */
static int is_in_time(void) {
  if (talk.test == NULL)
    return 0;
  hvuv_test_advance(talk.test, 0);
  talk_check();
  return 1;
}

#define PIECE_MS 10

void talk_time(const int args[]) {
  int left = args[0];

  if (!is_in_time())
    return;
  for (; left > PIECE_MS; left -= PIECE_MS)
    pass(PIECE_MS);
  pass((uint64_t) left);
}

void talk_jump(const int args[]) {
  if (!is_in_time())
    return;
  if ((uint64_t) args[0] > talk.jump_ms)
    talk.jump_ms = (uint64_t) args[0];
  pass((uint64_t) args[0]);
}

void talk_memory(const int args[]) {
  alloc_fail_nth(1 + args[0]);
}

/* --- Between two steps ---------------------------------------------------- */

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
