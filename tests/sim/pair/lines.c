/* Both ends, and what has to hold of them. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#define SIDES_MAX    64
#define SETTLE_TURNS 8000
#define QUIET_TURNS  300
#define CLOSE_TURNS  20
#define LEAST_BUFFER 64 /* or a script takes too many turns */
#define HERE         "local://loopback/5000"

static uv_loop_t* loop;
static hvuv_stream_t listener;
static int is_listening;
static line_t lines[LINES];
static side_t* sides[SIDES_MAX]; /* that have not closed */
static unsigned long next_tag;
static int next_number;
static size_t lent_size;
static int is_listener_disturbed;
static unsigned long moved; /* bytes received and requests called back */

static char pattern(unsigned long tag, unsigned long position) {
  unsigned long x = tag * 7919 + position;

  return (char) (x ^ (x >> 8) ^ (x >> 16));
}

static void* need(size_t size) {
  void* block = calloc(1, size);

  if (block == NULL)
    abort();
  return block;
}

/* --- Sides ---------------------------------------------------------------- */

static side_t* side_new(void) {
  side_t* side;
  int i;

  for (i = 0; i < SIDES_MAX && sides[i] != NULL; i++)
    continue;
  if (i == SIDES_MAX)
    return NULL;
  side = need(sizeof(*side));
  side->tag = next_tag++;
  SIM_EXPECT(hvuv_init(loop, &side->stream) == 0,
             "hvuv_init returns what it must",
             "%s",
             "");
  sides[i] = side;
  return side;
}

/* What arrives there, or across, or through the same relay, need not be all. */
static void disturb(side_t* side) {
  int i;

  side->is_disturbed = 1;
  if (side->across != NULL)
    side->across->is_disturbed = 1;
  for (i = 0; i < SIDES_MAX; i++)
    if (sides[i] != NULL && side->joint != NULL &&
        sides[i]->joint == side->joint)
      sides[i]->is_disturbed = 1;
}

static void forget(side_t* side) {
  int i;

  if (side->across != NULL) {
    if (!side->has_end || !side->across->has_end)
      disturb(side);
    side->across->across = NULL;
  }
  for (i = 0; i < LINES; i++) {
    if (lines[i].caller == side)
      lines[i].caller = NULL;
    if (lines[i].served == side)
      lines[i].served = NULL;
  }
  for (i = 0; i < SIDES_MAX; i++)
    if (sides[i] == side)
      sides[i] = NULL;
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
  forget(side);
}

static void hang_up(side_t* side, int reset) {
  if (side->state == SIDE_CLOSING || side->state == SIDE_RELAYED)
    return;
  if (!side->has_end || side->across == NULL || !side->across->has_end)
    disturb(side);
  side->state = SIDE_CLOSING;
  if (!reset)
    hvuv_close(&side->stream, on_close);
  else if (hvuv_close_reset(&side->stream, on_close) != 0)
    sim_broken("hvuv_close_reset returns what it must", "%s", "");
}

void lines_disturb(void) {
  int i;

  for (i = 0; i < SIDES_MAX; i++)
    if (sides[i] != NULL) {
      sides[i]->is_disturbed = 1;
      sides[i]->is_torn = 1;
    }
}

/* --- Reading -------------------------------------------------------------- */

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  side_t* side = (side_t*) stream;

  (void) suggested;
  side->lent_size = side->is_new ? 1 : lent_size;
  side->lent = need(side->lent_size);
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
      side->across->across = side;
      return;
    }
  hang_up(side, 0);
}

static void on_bytes(side_t* side, const char* bytes, size_t n) {
  size_t i;

  moved += n;
  if (side->is_new) {
    introduce(side, bytes[0]);
    return;
  }
  if (side->across == NULL && !side->is_disturbed)
    sim_broken("bytes come from somewhere", "%zu", n);
  for (i = 0; side->across != NULL && !side->is_torn && i < n; i++)
    SIM_EXPECT(bytes[i] == pattern(side->across->tag, side->received + i),
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

  moved++;
  side->is_reading = 0;
  side->has_end = n == UV_EOF;
  if (n != UV_EOF)
    SIM_EXPECT(side->is_disturbed || side->is_new,
               "reading fails where something has",
               "%s",
               uv_err_name((int) n));
  if (n != UV_EOF)
    disturb(side);
  if (side->is_new) {
    hang_up(side, 0);
    return;
  }
  SIM_EXPECT(
      n != UV_EOF || side->is_disturbed || side->across == NULL ||
          (side->across->is_shut && side->received == side->across->sent),
      "the end comes behind the last byte",
      "%lu",
      side->received);
}

static void start_reading(side_t* side) {
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
    is_listener_disturbed = 1;
    return;
  }
  side = side_new();
  if (side == NULL)
    abort();
  SIM_EXPECT(hvuv_accept(server, &side->stream) == 0,
             "hvuv_accept returns what it must",
             "%s",
             "");
  side->state = SIDE_OPEN;
  side->is_new = 1;
  start_reading(side);
}

typedef struct hello_s {
  hvuv_connect_t connect;
  hvuv_write_t write;
  side_t* side;
  int callbacks;
  char name;
} hello_t;

static void hello_done(hello_t* hello) {
  hello->side->requests--;
  moved++;
  if (++hello->callbacks == 2)
    free(hello);
}

static void on_hello_written(hvuv_write_t* req, int status) {
  hello_t* hello = req->data;

  if (status != 0)
    disturb(hello->side);
  hello_done(hello);
}

static void on_connect(hvuv_connect_t* req, int status) {
  hello_t* hello = req->data;
  side_t* side = hello->side;

  SIM_EXPECT(status == 0 || side->is_disturbed || side->state == SIDE_CLOSING,
             "a connect fails where something has",
             "%s",
             uv_err_name(status));
  if (side->state == SIDE_CALLING)
    side->state = SIDE_OPEN;
  if (status != 0 && side->state == SIDE_OPEN)
    hang_up(side, 0);
  hello_done(hello);
}

static int say_hello(side_t* side, int number) {
  hello_t* hello = need(sizeof(*hello));
  hvuv_addr_t addr;
  uv_buf_t buf;

  hello->side = side;
  hello->name = (char) number;
  hello->connect.data = hello;
  hello->write.data = hello;
  buf = uv_buf_init(&hello->name, 1);
  if (hvuv_addr_parse(HERE, &addr) != 0)
    abort();
  if (hvuv_connect(&hello->connect, &side->stream, &addr, on_connect) != 0) {
    free(hello);
    return -1;
  }
  if (hvuv_write(&hello->write, &side->stream, &buf, 1, on_hello_written) != 0)
    sim_broken("hvuv_write returns what it must", "%s", "");
  side->requests = 2;
  return 0;
}

void line_call(const int args[]) {
  line_t* line = &lines[args[0]];
  side_t* side;

  if (line->caller != NULL || line->served != NULL)
    return;
  side = side_new();
  if (side == NULL)
    return;
  side->is_disturbed = is_listener_disturbed;
  side->state = SIDE_CALLING;
  line->caller = side;
  line->number = next_number = (next_number + 1) % 100;
  if (say_hello(side, line->number) == 0)
    return;
  SIM_EXPECT(
      side->is_disturbed, "hvuv_connect fails where something has", "%s", "");
  line->caller = NULL;
  hang_up(side, 0);
}

/* --- Writing -------------------------------------------------------------- */

static side_t* side_of(const int args[]) {
  side_t* side = args[1] ? lines[args[0]].served : lines[args[0]].caller;

  if (side == NULL || (side->state != SIDE_OPEN && side->state != SIDE_CALLING))
    return NULL;
  return side;
}

typedef struct write_s {
  hvuv_write_t req;
  side_t* side;
  char bytes[];
} write_t;

static void on_write(hvuv_write_t* req, int status) {
  write_t* w = (write_t*) req;

  SIM_EXPECT(status == 0 || w->side->is_disturbed,
             "a write fails where something has",
             "%s",
             uv_err_name(status));
  if (status != 0)
    disturb(w->side);
  w->side->requests--;
  moved++;
  free(w);
}

static write_t* write_new(side_t* side, size_t size) {
  write_t* w = need(sizeof(*w) + size + 1);
  size_t i;

  w->side = side;
  for (i = 0; i < size; i++)
    w->bytes[i] = pattern(side->tag, side->sent + i);
  return w;
}

void line_write(const int args[]) {
  side_t* side = side_of(args);
  size_t size = (size_t) args[2];
  uv_buf_t bufs[2];
  write_t* w;
  int err;

  if (side == NULL)
    return;
  w = write_new(side, size);
  bufs[0] = uv_buf_init(w->bytes, (unsigned int) (size / 3));
  bufs[1] = uv_buf_init(w->bytes + size / 3, (unsigned int) (size - size / 3));
  err = hvuv_write(&w->req, &side->stream, bufs, 2, on_write);
  SIM_EXPECT(err == 0 ||
                 (err == UV_EPIPE && (side->is_shut || side->is_disturbed)),
             "hvuv_write returns what it must",
             "%d",
             err);
  if (err != 0) {
    free(w);
    return;
  }
  side->requests++;
  side->sent += (unsigned long) size;
}

void line_try(const int args[]) {
  side_t* side = side_of(args);
  uv_buf_t buf;
  write_t* w;
  int n;

  if (side == NULL)
    return;
  w = write_new(side, (size_t) args[2] + 1);
  buf = uv_buf_init(w->bytes, (unsigned int) args[2] + 1);
  n = hvuv_try_write(&side->stream, &buf, 1);
  SIM_EXPECT(n > 0 || n == UV_EAGAIN || side->is_shut || side->is_disturbed,
             "hvuv_try_write returns what it must",
             "%d",
             n);
  if (n > 0)
    side->sent += (unsigned long) n;
  else if (n != UV_EAGAIN)
    disturb(side);
  free(w);
}

void line_read(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL && !side->has_end)
    start_reading(side);
}

void line_stop(const int args[]) {
  side_t* side = side_of(args);

  if (side == NULL)
    return;
  hvuv_read_stop(&side->stream);
  side->is_reading = 0;
}

void line_room(const int args[]) {
  lent_size = (size_t) args[0] + 1;
}

/* --- Ending --------------------------------------------------------------- */

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  side_t* side = req->data;

  SIM_EXPECT(status == 0 || side->is_disturbed,
             "a shutdown fails where something has",
             "%s",
             uv_err_name(status));
  if (status != 0)
    disturb(side);
  side->requests--;
  moved++;
  free(req);
}

static void shut(side_t* side) {
  hvuv_shutdown_t* req;
  int err;

  if (side->is_shut)
    return;
  req = need(sizeof(*req));
  req->data = side;
  err = hvuv_shutdown(req, &side->stream, on_shutdown);
  SIM_EXPECT(err == 0 || side->is_disturbed,
             "hvuv_shutdown returns what it must",
             "%d",
             err);
  side->is_shut = 1;
  if (err != 0)
    free(req);
  else
    side->requests++;
}

void line_shutdown(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL)
    shut(side);
}

void line_close(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL)
    hang_up(side, 0);
}

void line_reset(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL)
    hang_up(side, 1);
}

/* --- Relays --------------------------------------------------------------- */

typedef struct joint_s {
  hvuv_relay_t relay;
  side_t* sides[2];
} joint_t;

static void on_joint_end(hvuv_relay_t* relay, int status) {
  joint_t* joint = (joint_t*) relay;
  int i;

  SIM_EXPECT(status == 0 || joint->sides[0]->is_disturbed ||
                 joint->sides[1]->is_disturbed,
             "a relay fails where something has",
             "%s",
             uv_err_name(status));
  moved++;
  for (i = 0; i < SIDES_MAX; i++)
    if (sides[i] != NULL && sides[i]->joint == joint)
      sides[i]->joint = NULL;
  for (i = 0; i < 2; i++)
    forget(joint->sides[i]);
  free(joint);
}

static int is_untouched(const side_t* side) {
  return side != NULL && side->state == SIDE_OPEN && side->sent == 0 &&
         side->received == 0 && !side->is_reading && !side->is_shut &&
         !side->has_end && !side->is_disturbed && side->across != NULL &&
         side->joint == NULL;
}

/* The far ends of two lines talk to each other from now on; those of the relay are
 * nobody's. */
void line_join(const int args[]) {
  side_t* one = lines[args[0]].served;
  side_t* two = lines[args[1]].caller;
  hvuv_relay_end_t ends[2];
  joint_t* joint;

  if (args[0] == args[1] || !is_untouched(one) || !is_untouched(two))
    return;
  memset(ends, 0, sizeof(ends));
  ends[0].hvuv = &one->stream;
  ends[1].hvuv = &two->stream;
  joint = need(sizeof(*joint));
  joint->sides[0] = one;
  joint->sides[1] = two;
  SIM_EXPECT(hvuv_relay_start(&joint->relay,
                              &ends[0],
                              &ends[1],
                              (size_t) args[2] + LEAST_BUFFER,
                              0,
                              on_joint_end) == 0,
             "hvuv_relay_start returns what it must",
             "%s",
             "");
  one->state = SIDE_RELAYED;
  two->state = SIDE_RELAYED;
  one->across->across = two->across;
  two->across->across = one->across;
  one->joint = joint;
  two->joint = joint;
  one->across->joint = joint;
  two->across->joint = joint;
  one->across = NULL;
  two->across = NULL;
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
  memset(sides, 0, sizeof(sides));
  next_tag = 1;
  next_number = 0;
  lent_size = 4096;
  is_listener_disturbed = 0;
  if (hvuv_addr_parse(HERE, &addr) != 0 || hvuv_init(loop, &listener) != 0 ||
      hvuv_bind(&listener, &addr) != 0 ||
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
  lent_size = 65536;
  for (turns = 0; turns < SETTLE_TURNS && quiet < QUIET_TURNS; turns++) {
    before = moved;
    for (i = 0; i < SIDES_MAX; i++) {
      if (sides[i] == NULL || sides[i]->state != SIDE_OPEN || sides[i]->is_new)
        continue;
      if (!sides[i]->has_end)
        start_reading(sides[i]);
      shut(sides[i]);
    }
    turn();
    quiet = moved == before ? quiet + 1 : 0;
  }
  for (i = 0; i < SIDES_MAX; i++) {
    if (sides[i] == NULL || sides[i]->is_disturbed)
      continue;
    SIM_EXPECT(sides[i]->requests == 0,
               "each request is called back",
               "%d are left",
               sides[i]->requests);
    SIM_EXPECT(sides[i]->state == SIDE_OPEN && sides[i]->has_end,
               "all that was sent arrives, and the end",
               "state %d, %lu received",
               sides[i]->state,
               sides[i]->received);
  }
}

static int count_sides(void) {
  int n;
  int i;

  n = is_listening;
  for (i = 0; i < SIDES_MAX; i++)
    n += sides[i] != NULL;
  return n;
}

void lines_close(void (*turn)(void)) {
  int turns;
  int i;

  for (i = 0; i < SIDES_MAX; i++)
    if (sides[i] != NULL)
      hang_up(sides[i], 0);
  hvuv_close(&listener, on_listener_closed);

  /* A relay whose sides are gone may take its time, and a second more. */
  for (turns = 0; turns < CLOSE_TURNS * QUIET_TURNS && count_sides() > 0;
       turns++)
    turn();
  SIM_EXPECT(count_sides() == 0, "streams close", "%d are left", count_sides());
}
