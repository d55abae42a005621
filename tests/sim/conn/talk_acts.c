/* What the handler does, in a callback or outside. */
#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

#define PARTS_MAX 20

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
      talk.sends > SENDS_TO_SPARE || talk.in_sent)
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
         talk.accepted_used + size + FORM_EDGES_MAX < TALK_BOX_BYTES;
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
  ref = malloc(sizeof(*ref));
  if (ref == NULL)
    abort();
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
    talk.ended_late_ms = talk.now_ms;
  if (!talk.has_ended && !(talk.protocol.on_end == NULL && talk.peer_has_ended))
    talk.ended_ms = talk.now_ms;
  talk.has_ended = 1;
  talk.in_call = 1;
  hvuv_conn_end(conn());
  talk.in_call = 0;
}

void talk_abort(const int args[]) {
  if (conn() == NULL)
    return;
  talk_add_cause(talk_codes[args[0]]);
  talk.is_cut = 0;
  if (talk.certain == 0 && !talk.is_broken && !talk.in_sent)
    talk.certain = talk_codes[args[0]];
  talk.in_call = 1;
  hvuv_conn_abort(conn(), talk_codes[args[0]]);
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
  got = hvuv_conn_set_framing(conn(), &talk_framings[args[0]]);
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
    talk.framing = talk_framings[args[0]];
}

void talk_return(const int args[]) {
  talk.returns = talk_codes[args[0]];
}
