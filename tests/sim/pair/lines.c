/* Both ends, and what has to hold of them. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_TURNS 8000
#define QUIET_TURNS  300
#define CLOSE_TURNS  20

static uv_loop_t* loop;
static hvuv_stream_t listener;
static int is_listening;
line_t lines[LINES];
side_t* lines_sides[LINES_SIDES_MAX]; /* that have not closed */
static unsigned long next_tag;
size_t lines_lent_size;
int lines_is_disturbed;
unsigned long lines_moved; /* bytes received and requests called back */

char lines_pattern(unsigned long tag, unsigned long position) {
  unsigned long x = tag * 7919 + position;

  return (char) (x ^ (x >> 8) ^ (x >> 16));
}

void* lines_need(size_t size) {
  void* block = calloc(1, size);

  if (block == NULL)
    abort();
  return block;
}

/* --- Sides ---------------------------------------------------------------- */

side_t* lines_side_new(void) {
  side_t* side;
  int i;

  for (i = 0; i < LINES_SIDES_MAX && lines_sides[i] != NULL; i++)
    continue;
  if (i == LINES_SIDES_MAX)
    return NULL;
  side = lines_need(sizeof(*side));
  side->tag = next_tag++;
  SIM_EXPECT(hvuv_init(loop, &side->stream) == 0,
             "hvuv_init returns what it must",
             "%s",
             "");
  lines_sides[i] = side;
  return side;
}

/* What arrives there, or across, or through the same relay, need not be all. */
void lines_disturb_side(side_t* side) {
  int i;

  side->is_disturbed = 1;
  if (side->across != NULL)
    side->across->is_disturbed = 1;
  for (i = 0; i < LINES_SIDES_MAX; i++)
    if (lines_sides[i] != NULL && side->joint != NULL &&
        lines_sides[i]->joint == side->joint)
      lines_sides[i]->is_disturbed = 1;
}

void lines_forget(side_t* side) {
  int i;

  if (side->across != NULL) {
    if (!side->has_end || !side->across->has_end)
      lines_disturb_side(side);
    side->across->across = NULL;
  }
  for (i = 0; i < LINES; i++) {
    if (lines[i].caller == side)
      lines[i].caller = NULL;
    if (lines[i].served == side)
      lines[i].served = NULL;
  }
  for (i = 0; i < LINES_SIDES_MAX; i++)
    if (lines_sides[i] == side)
      lines_sides[i] = NULL;
  free(side);
}

static void on_close(hvuv_stream_t* stream) {
  side_t* side = (side_t*) stream;

  SIM_EXPECT(side->state == SIDE_CLOSING,
             "a close calls back once, when it was asked for",
             "%d",
             side->state);
  SIM_EXPECT(side->requests == 0 && side->lent == NULL,
             "the close callback is the last",
             "%d requests are left",
             side->requests);
  lines_forget(side);
}

void lines_hang_up(side_t* side, int reset) {
  if (side->state == SIDE_CLOSING || side->state == SIDE_RELAYED)
    return;
  if (!side->has_end || side->across == NULL || !side->across->has_end)
    lines_disturb_side(side);
  side->state = SIDE_CLOSING;
  if (!reset)
    hvuv_close(&side->stream, on_close);
  else if (hvuv_close_reset(&side->stream, on_close) != 0)
    sim_broken("hvuv_close_reset returns what it must", "%s", "");
}

void lines_disturb(void) {
  int i;

  for (i = 0; i < LINES_SIDES_MAX; i++)
    if (lines_sides[i] != NULL) {
      lines_sides[i]->is_disturbed = 1;
      lines_sides[i]->is_torn = 1;
    }
}

/* --- Reading -------------------------------------------------------------- */

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  side_t* side = (side_t*) stream;

  (void) suggested;
  side->lent_size = side->is_new ? 1 : lines_lent_size;
  side->lent = lines_need(side->lent_size);
  *buf = uv_buf_init(side->lent, (unsigned int) side->lent_size);
}

/* Its first byte: whose is it? */
static void introduce(side_t* side, char name) {
  int i;

  side->is_new = 0;
  side->is_reading = 0;
  hvuv_read_stop(&side->stream);
  for (i = 0; i < LINES; i++)
    if (lines[i].caller != NULL && lines[i].served == NULL &&
        (char) lines[i].number == name) {
      lines[i].served = side;
      side->across = lines[i].caller;
      side->is_disturbed |= side->across->is_disturbed;
      side->is_torn |= side->across->is_torn;
      side->across->across = side;
      return;
    }
  lines_hang_up(side, 0);
}

static void on_bytes(side_t* side, const char* bytes, size_t n) {
  size_t i;

  lines_moved += n;
  if (side->is_new) {
    introduce(side, bytes[0]);
    return;
  }
  if (side->across == NULL && !side->is_disturbed)
    sim_broken("bytes come from somewhere", "%zu", n);
  for (i = 0; side->across != NULL && !side->is_torn && i < n; i++)
    SIM_EXPECT(bytes[i] == lines_pattern(side->across->tag, side->received + i),
               "what arrives is what was sent",
               "byte %lu",
               side->received + (unsigned long) i);
  side->received += (unsigned long) n;
  SIM_EXPECT(side->across == NULL || side->is_torn ||
                 side->received <= side->across->sent,
             "no more arrives than was sent",
             "%lu",
             side->received);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  side_t* side = (side_t*) stream;

  SIM_EXPECT(buf->base == side->lent, "a buffer comes back", "%zd", n);
  if (n > 0)
    on_bytes(side, buf->base, (size_t) n);
  free(side->lent);
  side->lent = NULL;
  if (n >= 0 || n == UV_ENOBUFS)
    return;

  lines_moved++;
  side->is_reading = 0;
  side->has_end = n == UV_EOF;
  if (n != UV_EOF)
    SIM_EXPECT(side->is_disturbed || side->is_new,
               "reading fails where something has",
               "%s",
               uv_err_name((int) n));
  if (n != UV_EOF)
    lines_disturb_side(side);
  if (side->is_new) {
    lines_hang_up(side, 0);
    return;
  }
  SIM_EXPECT(
      n != UV_EOF || side->is_disturbed || side->across == NULL ||
          (side->across->is_shut && side->received == side->across->sent),
      "the end comes behind the last byte",
      "%lu",
      side->received);
}

void lines_start_reading(side_t* side) {
  int err;

  if (side->is_reading || side->state != SIDE_OPEN)
    return;
  err = hvuv_read_start(&side->stream, on_alloc, on_read);
  SIM_EXPECT(err == 0 || side->has_end || side->is_disturbed,
             "hvuv_read_start returns what it must",
             "%d",
             err);
  side->is_reading = err == 0;
}

/* --- Being called, calling ------------------------------------------------ */

static void on_connection(hvuv_stream_t* server, int status) {
  side_t* side;

  if (status != 0) {
    lines_disturb(); /* It tries again, or is dead: a call has failed. */
    lines_is_disturbed = 1;
    return;
  }
  side = lines_side_new();
  if (side == NULL)
    abort();
  SIM_EXPECT(hvuv_accept(server, &side->stream) == 0,
             "hvuv_accept returns what it must",
             "%s",
             "");
  side->state = SIDE_OPEN;
  side->is_new = 1;
  lines_start_reading(side);
}

/* --- A script ------------------------------------------------------------- */

static void on_listener_closed(hvuv_stream_t* stream) {
  (void) stream;
  is_listening = 0;
}

void lines_begin(uv_loop_t* on) {
  hvuv_addr_t addr;

  loop = on;
  memset(lines, 0, sizeof(lines));
  memset(lines_sides, 0, sizeof(lines_sides));
  next_tag = 1;
  lines_lent_size = 4096;
  lines_is_disturbed = 0;
  if (hvuv_addr_parse(LINES_HERE, &addr) != 0 ||
      hvuv_init(loop, &listener) != 0 || hvuv_bind(&listener, &addr) != 0 ||
      hvuv_listen(&listener, 16, on_connection) != 0)
    sim_broken("a listener can be made", "%s", "");
  is_listening = 1;
}

/* All read and end; turns until nothing moves any more. */
void lines_settle(void (*turn)(void)) {
  unsigned long before;
  int quiet;
  int turns;
  int i;

  quiet = 0;
  lines_lent_size = 65536;
  for (turns = 0; turns < SETTLE_TURNS && quiet < QUIET_TURNS; turns++) {
    before = lines_moved;
    for (i = 0; i < LINES_SIDES_MAX; i++) {
      if (lines_sides[i] == NULL || lines_sides[i]->state != SIDE_OPEN ||
          lines_sides[i]->is_new)
        continue;
      if (!lines_sides[i]->has_end)
        lines_start_reading(lines_sides[i]);
      lines_shut(lines_sides[i]);
    }
    turn();
    quiet = lines_moved == before ? quiet + 1 : 0;
  }
  for (i = 0; i < LINES_SIDES_MAX; i++) {
    if (lines_sides[i] == NULL || lines_sides[i]->is_disturbed)
      continue;
    SIM_EXPECT(lines_sides[i]->requests == 0,
               "each request is called back",
               "%d are left",
               lines_sides[i]->requests);
    SIM_EXPECT(lines_sides[i]->state == SIDE_OPEN && lines_sides[i]->has_end,
               "all that was sent arrives, and the end",
               "state %d, %lu received",
               lines_sides[i]->state,
               lines_sides[i]->received);
  }
}

static int count_sides(void) {
  int n;
  int i;

  n = is_listening;
  for (i = 0; i < LINES_SIDES_MAX; i++)
    n += lines_sides[i] != NULL;
  return n;
}

void lines_close(void (*turn)(void)) {
  int turns;
  int i;

  for (i = 0; i < LINES_SIDES_MAX; i++)
    if (lines_sides[i] != NULL)
      lines_hang_up(lines_sides[i], 0);
  hvuv_close(&listener, on_listener_closed);

  /* A relay whose sides are gone may take its time, and a second more. */
  for (turns = 0; turns < CLOSE_TURNS * QUIET_TURNS && count_sides() > 0;
       turns++)
    turn();
  SIM_EXPECT(count_sides() == 0, "streams close", "%d are left", count_sides());
}
