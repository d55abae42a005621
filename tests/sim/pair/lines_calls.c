/* What is done to a side. */
#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define LEAST_BUFFER 64 /* or a script takes too many turns */

/* --- Calling -------------------------------------------------------------- */

static int next_number;

typedef struct hello_s {
  hvuv_connect_t connect;
  hvuv_write_t write;
  side_t* side;
  int callbacks;
  char name;
} hello_t;

static void hello_done(hello_t* hello) {
  hello->side->requests--;
  lines_moved++;
  if (++hello->callbacks == 2)
    free(hello);
}

static void on_hello_written(hvuv_write_t* req, int status) {
  hello_t* hello = req->data;

  if (status != 0)
    lines_disturb_side(hello->side);
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
    lines_hang_up(side, 0);
  hello_done(hello);
}

static int say_hello(side_t* side, int number) {
  hello_t* hello = lines_need(sizeof(*hello));
  hvuv_addr_t addr;
  uv_buf_t buf;

  hello->side = side;
  hello->name = (char) number;
  hello->connect.data = hello;
  hello->write.data = hello;
  buf = uv_buf_init(&hello->name, 1);
  if (hvuv_addr_parse(LINES_HERE, &addr) != 0)
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
  side = lines_side_new();
  if (side == NULL)
    return;
  side->is_disturbed = lines_is_disturbed;
  side->state = SIDE_CALLING;
  line->caller = side;
  next_number = (next_number + 1) % 100;
  line->number = next_number;
  if (say_hello(side, line->number) == 0)
    return;
  SIM_EXPECT(
      side->is_disturbed, "hvuv_connect fails where something has", "%s", "");
  line->caller = NULL;
  lines_hang_up(side, 0);
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
    lines_disturb_side(w->side);
  w->side->requests--;
  lines_moved++;
  free(w);
}

static write_t* write_new(side_t* side, size_t size) {
  write_t* w = lines_need(sizeof(*w) + size + 1);
  size_t i;

  w->side = side;
  for (i = 0; i < size; i++)
    w->bytes[i] = lines_pattern(side->tag, side->sent + i);
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
    lines_disturb_side(side);
  free(w);
}

void line_read(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL && !side->has_end)
    lines_start_reading(side);
}

void line_stop(const int args[]) {
  side_t* side = side_of(args);

  if (side == NULL)
    return;
  hvuv_read_stop(&side->stream);
  side->is_reading = 0;
}

void line_room(const int args[]) {
  lines_lent_size = (size_t) args[0] + 1;
}

/* --- Ending --------------------------------------------------------------- */

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  side_t* side = req->data;

  SIM_EXPECT(status == 0 || side->is_disturbed,
             "a shutdown fails where something has",
             "%s",
             uv_err_name(status));
  if (status != 0)
    lines_disturb_side(side);
  side->requests--;
  lines_moved++;
  free(req);
}

void lines_shut(side_t* side) {
  hvuv_shutdown_t* req;
  int err;

  if (side->is_shut)
    return;
  req = lines_need(sizeof(*req));
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
    lines_shut(side);
}

void line_close(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL)
    lines_hang_up(side, 0);
}

void line_reset(const int args[]) {
  side_t* side = side_of(args);

  if (side != NULL)
    lines_hang_up(side, 1);
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
  lines_moved++;
  for (i = 0; i < LINES_SIDES_MAX; i++)
    if (lines_sides[i] != NULL && lines_sides[i]->joint == joint)
      lines_sides[i]->joint = NULL;
  for (i = 0; i < 2; i++)
    lines_forget(joint->sides[i]);
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
  joint = lines_need(sizeof(*joint));
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
