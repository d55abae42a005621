/* Reading, and relays. */
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "hvuv.h"
#include "hvuv/relay.h"

/* --- Reading -------------------------------------------------------------- */

static void on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  int slot = act_slot_of(s);
  act_slot_t* a = &act_slots[slot];

  (void) suggested;
  act_begin_cb(slot, "alloc");
  model_on_alloc(&act_models[slot]);
  a->lent = a->alloc_size == 0 ? NULL : malloc(a->alloc_size);
  buf->base = a->lent;
  buf->len = (unsigned int) a->alloc_size;
  model_on_lent(&act_models[slot], buf->base, buf->len);
  act_end_cb(slot, CUE_ALLOC);
}

static void check_bytes(int slot, const char* bytes, ssize_t n) {
  const kernel_end_t* end = &kernel_ends[slot];
  unsigned long from = act_models[slot].received;
  ssize_t i;

  for (i = 0; i < n; i++)
    SIM_EXPECT(bytes[i] == kernel_pattern(end->tag, from + (unsigned long) i),
               "bytes are read as they came",
               "slot %d: byte %lu",
               slot,
               from + (unsigned long) i);
}

static void on_read(hvuv_stream_t* s,
                    ssize_t nread,
                    const uv_buf_t* buf,
                    int manner) {
  int slot = act_slot_of(s);
  act_slot_t* a = &act_slots[slot];

  act_begin_cb(slot, "read");
  SIM_EXPECT(nread == 0 || a->manner == manner,
             "the read callback is that of the last read_start",
             "slot %d",
             slot);
  check_bytes(slot, buf->base, nread);
  model_on_read(&act_models[slot], nread, buf);
  if (buf->base != NULL) {
    free(a->lent);
    a->lent = NULL;
  }
  act_end_cb(slot, CUE_READ);
  if (act_slots[slot].stream == s)
    model_after_read(&act_models[slot], nread);
}

static void on_read_one(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  on_read(s, nread, buf, 0);
}

static void on_read_two(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  on_read(s, nread, buf, 1);
}

void act_read(const int args[]) {
  int slot = args[0];
  hvuv_stream_t* s = act_slots[slot].stream;
  model_t* m = &act_models[slot];
  int wanted;
  int got;

  if (s == NULL || m->state == MODEL_RELAYED)
    return;
  wanted = model_read_start(m);
  act_enter(slot);
  got = hvuv_read_start(s, on_alloc, args[1] ? on_read_two : on_read_one);
  act_leave();
  ACT_EXPECT(slot, "hvuv_read_start", got, wanted);
  if (got != 0)
    return;
  act_slots[slot].manner = args[1];
  model_reading(m);
}

void act_stop(const int args[]) {
  hvuv_stream_t* s = act_slots[args[0]].stream;

  if (s == NULL || act_models[args[0]].state == MODEL_RELAYED)
    return;
  act_enter(args[0]);
  ACT_EXPECT(args[0], "hvuv_read_stop", hvuv_read_stop(s), 0);
  act_leave();
  model_stopped(&act_models[args[0]]);
}

void act_alloc(const int args[]) {
  act_slots[args[0]].alloc_size = (size_t) args[1];
}

/* --- Relays --------------------------------------------------------------- */

typedef struct relay_s {
  hvuv_relay_t relay;
  int slots[2];
  int was_cut;
} relay_t;

static relay_t* relay_of[KERNEL_SLOTS];

static void on_relay_end(hvuv_relay_t* relay, int status) {
  relay_t* r = (relay_t*) relay;
  int slots[2] = {r->slots[0], r->slots[1]};
  int i;

  act_begin_cb(slots[0], "relay");
  relayed_end(slots[0], slots[1], status, r->was_cut);
  for (i = 0; i < 2; i++) {
    SIM_EXPECT(act_models[slots[i]].nreqs == 0,
               "a relay's streams have closed",
               "slot %d",
               slots[i]);
    SIM_EXPECT(act_slots[slots[i]].stream->data == &act_slots[slots[i]],
               "data is given back",
               "slot %d",
               slots[i]);
    kernel_forget(slots[i]);
    act_forget(slots[i]);
    relay_of[slots[i]] = NULL;
  }
  free(r);
  act_end_cb(slots[0], CUE_RELAY);
}

static int may_relay(int slot) {
  const model_t* m = &act_models[slot];

  return model_is_readable(m) && model_is_writable(m) && !m->is_reading &&
         !m->is_end_due;
}

void act_relay(const int args[]) {
  hvuv_relay_end_t ends[2];
  hvuv_relay_options_t options;
  relay_t* r;
  int wanted;
  int got;
  int i;

  for (i = 0; i < 2; i++)
    if (act_slots[args[i]].stream == NULL ||
        act_models[args[i]].state == MODEL_RELAYED)
      return;
  memset(ends, 0, sizeof(ends));
  for (i = 0; i < 2; i++) {
    ends[i].hvuv = act_slots[args[i]].stream;
    ends[i].hvuv->data = &act_slots[args[i]];
  }
  hvuv_relay_options_init(&options);
  options.buffer_bytes = (size_t) args[2] + 1;
  wanted = args[0] != args[1] && may_relay(args[0]) && may_relay(args[1]);
  r = malloc(sizeof(*r));
  if (r == NULL)
    abort();
  r->slots[0] = args[0];
  r->slots[1] = args[1];
  r->was_cut = 0;
  act_enter(args[0]);
  got = hvuv_relay_start_ex(
      &r->relay, &ends[0], &ends[1], &options, on_relay_end);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_relay_start", got == 0, wanted);
  if (got != 0) {
    free(r);
    return;
  }
  relayed_begin(args[0], args[1], options.buffer_bytes);
  relay_of[args[0]] = r;
  relay_of[args[1]] = r;
}

void act_cut(const int args[]) {
  relay_t* r = relay_of[args[0]];

  if (r == NULL || act_models[args[0]].state != MODEL_RELAYED)
    return;
  r->was_cut = 1;
  act_enter(args[0]);
  hvuv_relay_close(&r->relay);
  act_leave();
}
