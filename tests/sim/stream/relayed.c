/*
 * What a relay sends at one side are the bytes that it has read at the other, in
 * their order and none twice; it ends its direction there only when the other
 * side has ended and everything was passed on. It has ended well if and only if
 * that happened both ways.
 */
#include "relayed.h"

#include "sim/sim.h"

typedef struct side_s {
  int other;      /* slot of the other side */
  size_t limit;   /* bytes that a direction may hold */
  int has_ended;  /* the kernel gave the end of input */
  int has_failed; /* the kernel gave an error, by reading or writing */
} side_t;

static side_t sides[KERNEL_SLOTS];

static side_t* side_of(const kernel_end_t* end) {
  return &sides[end->model->slot];
}

static kernel_end_t* other_of(const kernel_end_t* end) {
  return &kernel_ends[side_of(end)->other];
}

static void begin(int slot, int other, size_t limit) {
  sides[slot].other = other;
  sides[slot].limit = limit;
  sides[slot].has_ended = kernel_ends[slot].model->read_end == UV_EOF;
  sides[slot].has_failed = kernel_ends[slot].model->socket_error != 0;
  kernel_ends[slot].passed = 0;
  kernel_ends[slot].model->state = MODEL_RELAYED;
}

/* What the program had read of them was never the relay's. */
static unsigned long since[KERNEL_SLOTS];

void relayed_begin(int first, int second, size_t limit) {
  begin(first, second, limit);
  begin(second, first, limit);
  since[first] = kernel_ends[first].taken;
  since[second] = kernel_ends[second].taken;
}

static unsigned long read_by_relay(const kernel_end_t* end) {
  return end->taken - since[end->model->slot];
}

/* Bytes that the program wrote before go first. */
static size_t bytes_before(const kernel_end_t* end) {
  return model_queue_size(end->model);
}

void relayed_offered(kernel_end_t* end,
                     const uv_buf_t bufs[],
                     unsigned int nbufs) {
  const kernel_end_t* other = other_of(end);
  unsigned long position;
  size_t before = bytes_before(end);
  unsigned int i;
  size_t k;

  position = since[other->model->slot] + end->passed;
  end->model->offered = 0;
  for (i = 0; i < nbufs; i++) {
    for (k = 0; k < bufs[i].len; k++, end->model->offered++)
      if (end->model->offered >= before) {
        SIM_EXPECT(position < other->taken,
                   "a relay sends what it has read",
                   "slot %d",
                   end->model->slot);
        SIM_EXPECT(bufs[i].base[k] == kernel_pattern(other->tag, position++),
                   "a relay changes no byte",
                   "slot %d: byte %lu",
                   end->model->slot,
                   position - 1);
      }
  }
}

void relayed_sent(kernel_end_t* end, ssize_t result) {
  size_t before = bytes_before(end);
  size_t own;

  if (result < 0) {
    model_kernel_sent(end->model, result);
    if (result != UV_EAGAIN && result != UV_ENOBUFS &&
        end->model->offered > before)
      side_of(end)->has_failed = 1;
    return;
  }
  own = (size_t) result < before ? (size_t) result : before;
  if (own > 0 || before == 0)
    model_kernel_sent(end->model, (ssize_t) own);
  end->passed += (unsigned long) ((size_t) result - own);
}

void relayed_received(kernel_end_t* end, ssize_t result) {
  const kernel_end_t* other = other_of(end);

  if (result == 0)
    side_of(end)->has_ended = 1;
  else if (result < 0 && result != UV_EAGAIN)
    side_of(end)->has_failed = 1;
  if (side_of(other)->has_failed || side_of(end)->has_failed)
    return;
  SIM_EXPECT(read_by_relay(end) - other->passed <= side_of(end)->limit,
             "a relay holds no more than its buffer",
             "slot %d: %lu",
             end->model->slot,
             read_by_relay(end) - other->passed);
}

static int is_passed_on(const kernel_end_t* end) {
  return side_of(end)->has_ended && other_of(end)->passed == read_by_relay(end);
}

void relayed_failed(kernel_end_t* end) {
  side_of(end)->has_failed = 1;
}

void relayed_shut(kernel_end_t* end, int result) {
  SIM_EXPECT(is_passed_on(other_of(end)) || side_of(end)->has_failed ||
                 side_of(other_of(end))->has_failed,
             "a relay passes an end on behind the last byte",
             "slot %d",
             end->model->slot);
  if (result != 0)
    relayed_failed(end);
}

static int is_well(const kernel_end_t* end) {
  return is_passed_on(end) && !side_of(end)->has_failed;
}

void relayed_end(int first, int second, int status, int was_cut) {
  int went_well = is_well(&kernel_ends[first]) && is_well(&kernel_ends[second]);

  if (was_cut)
    return;
  SIM_EXPECT(status != 0 || went_well,
             "a relay that has failed says so",
             "slots %d and %d",
             first,
             second);
  SIM_EXPECT(status == 0 || !went_well,
             "a relay that went well says so",
             "slots %d and %d: %d",
             first,
             second,
             status);
}
