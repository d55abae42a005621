/* What the peer does, the system, and time. */
#include <string.h>

#include "support/alloc.h"
#include "talk.h"

void talk_peer_says(const int args[]) {
  size_t size = (size_t) args[0];

  if (talk.outbox_used + size + FORM_EDGES_MAX >= TALK_BOX_BYTES)
    return;
  talk.outbox_used += form_put(&talk.framing,
                               1000 + talk.peer_number++,
                               size,
                               talk.outbox + talk.outbox_used);
}

void talk_peer_babbles(const int args[]) {
  static const char bytes[] = "\x81\x00\n\r\x03\xff\x7fz";
  int i;

  for (i = 0; i < args[0] && talk.outbox_used + 1 < TALK_BOX_BYTES; i++)
    talk.outbox[talk.outbox_used++] =
        bytes[(args[0] * 5 + i * 3) % (int) (sizeof(bytes) - 1)];
}

static void deliver(size_t n) {
  if (n > talk.outbox_used)
    n = talk.outbox_used;
  if (n == 0 || talk.test == NULL || talk.peer_has_ended || talk.in_sent ||
      talk.inbox_used + n >= TALK_BOX_BYTES)
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
  talk_add_cause(talk_codes[args[0]]);
  hvuv_test_break(talk.test, talk_codes[args[0]]);
}

void talk_break_sending(const int args[]) {
  if (talk.test == NULL)
    return;
  talk.active_late_ms =
      talk.now_ms; /* From here on the peer has to say something. */
  talk.is_cut = !talk.is_broken && !talk.in_sent;
  talk.is_broken = 1;
  talk_add_cause(talk_codes[args[0]]);
  hvuv_test_break_sending(talk.test, talk_codes[args[0]]);
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
