/* Slots, cues, and what can be asked of every stream. */
#include "acts.h"

#include <stdlib.h>
#include <string.h>

#include "hvuv.h"
#include "support/fakes/fake_script.h"

#define CUES_MAX 64
/* So many steps are done in one callback. */
#define CUES_AT_ONCE 3

typedef struct queue_s {
  sim_step_t steps[CUES_MAX];
  int first;
  int count;
} queue_t;

model_t act_models[KERNEL_SLOTS];
act_slot_t act_slots[KERNEL_SLOTS];
uv_loop_t* act_loop;
void (*acts_do)(const sim_step_t* step);

static queue_t queues[KERNEL_SLOTS][CUES];
static int in_call;
static int in_callback;

void acts_begin(uv_loop_t* loop) {
  int i;

  act_loop = loop;
  in_call = 0;
  in_callback = 0;
  memset(act_slots, 0, sizeof(act_slots));
  for (i = 0; i < KERNEL_SLOTS; i++) {
    model_init(&act_models[i], i);
    act_models[i].state = MODEL_NONE;
    act_slots[i].alloc_size = 1000;
  }
  acts_forget_cues();
  kernel_reset(act_models);
}

int act_slot_of(const hvuv_stream_t* stream) {
  int i;

  for (i = 0; i < KERNEL_SLOTS; i++)
    if (act_slots[i].stream == stream)
      return i;
  sim_broken("callbacks are of streams that are there", "%p", (void*) stream);
}

void act_forget(int slot) {
  free(act_slots[slot].stream);
  act_slots[slot].stream = NULL;
  act_models[slot].state = MODEL_NONE;
}

int acts_left(void) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < KERNEL_SLOTS; i++)
    n += act_slots[i].stream != NULL;
  return n;
}

void* act_need(size_t size) {
  void* block = malloc(size);

  if (block == NULL)
    abort();
  memset(block, 0xa5, size); /* hvuv expects nothing of it */
  return block;
}

hvuv_stream_t* act_stream(int slot) {
  return act_models[slot].state == MODEL_RELAYED ? NULL
                                                 : act_slots[slot].stream;
}

/* --- Calls and callbacks -------------------------------------------------- */

void act_enter(int slot) {
  in_call = 1;
  kernel_calls_of(slot);
}

void act_leave(void) {
  in_call = 0;
  kernel_calls_of(-1);
}

void act_begin_cb(int slot, const char* what) {
  SIM_EXPECT(!in_call,
             "nothing is called back inside a call",
             "slot %d: %s",
             slot,
             what);
  SIM_EXPECT(!in_callback,
             "nothing is called back inside a callback",
             "slot %d: %s",
             slot,
             what);
  in_callback = 1;
}

void act_end_cb(int slot, enum act_cue cue) {
  queue_t* queue = &queues[slot][cue];
  int i;

  for (i = 0; i < CUES_AT_ONCE && queue->count > 0; i++) {
    queue->count--;
    acts_do(&queue->steps[queue->first++]);
  }
  in_callback = 0;
}

void acts_on_cue(const sim_step_t* step) {
  queue_t* queue = &queues[step->cue_slot][step->cue];

  if (queue->first + queue->count < CUES_MAX)
    queue->steps[queue->first + queue->count++] = *step;
}

void acts_forget_cues(void) {
  memset(queues, 0, sizeof(queues));
}

/* --- What can be asked ---------------------------------------------------- */

static void check_answers(int slot) {
  const hvuv_stream_t* s = act_slots[slot].stream;
  const model_t* m = &act_models[slot];
  uv_os_sock_t sock;

  ACT_EXPECT(
      slot, "hvuv_is_readable", hvuv_is_readable(s), model_is_readable(m));
  ACT_EXPECT(
      slot, "hvuv_is_writable", hvuv_is_writable(s), model_is_writable(m));
  ACT_EXPECT(slot, "hvuv_is_active", hvuv_is_active(s), model_is_active(m));
  ACT_EXPECT(
      slot, "hvuv_is_closing", hvuv_is_closing(s), m->state == MODEL_CLOSING);
  ACT_EXPECT(slot, "hvuv_has_ref", hvuv_has_ref(s), m->has_ref);
  ACT_EXPECT(
      slot, "hvuv_fileno", hvuv_fileno(s, &sock) == 0, model_has_socket(m));
  if (m->state != MODEL_CLOSING)
    ACT_EXPECT(slot,
               "hvuv_get_write_queue_size",
               hvuv_get_write_queue_size(s),
               model_queue_size(m));
}

void acts_check(void) {
  const char* trouble = fake_script_trouble();
  int must_hold;
  int i;

  SIM_EXPECT(trouble[0] == '\0',
             "system calls are made as they may be",
             "%s",
             trouble);
  must_hold = 0;
  for (i = 0; i < KERNEL_SLOTS; i++) {
    if (act_slots[i].stream == NULL)
      continue;
    if (act_models[i].state != MODEL_RELAYED)
      check_answers(i);
    if (!in_callback)
      model_check(&act_models[i], kernel_ends[i].taken);
    must_hold |= model_holds_loop(&act_models[i]);
  }
  if (must_hold && !in_callback)
    SIM_EXPECT(
        uv_loop_alive(act_loop), "what is active holds the loop", "%s", "");
}
