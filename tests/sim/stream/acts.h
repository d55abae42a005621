/*
 * The program of a simulated stream: it calls hvuv as the script says, at once or
 * inside callbacks, and reports all of it to the model.
 *
 * Streams and requests are blocks of their own, freed in their last callback, so
 * that a sanitizer sees who touches them later.
 */
#ifndef HVUV_TESTS_SIM_STREAM_ACTS_H
#define HVUV_TESTS_SIM_STREAM_ACTS_H

#include "hvuv.h"
#include "sim/sim.h"
#include "kernel.h"
#include "relayed.h"

enum act_cue {
  CUE_NOW = 0,
  CUE_ALLOC,
  CUE_READ,
  CUE_WRITE,
  CUE_CONNECT,
  CUE_SHUTDOWN,
  CUE_CONNECTION,
  CUE_CLOSE,
  CUE_RELAY,
  CUES
};

extern model_t act_models[KERNEL_SLOTS];

/* Before and after each script. */
void acts_begin(uv_loop_t* loop);
void acts_forget_cues(void);

/* To be done in a callback. */
void acts_on_cue(const sim_step_t* step);

/* Set by the player: does a step at once. */
extern void (*acts_do)(const sim_step_t* step);

/* Holds what hvuv says of every stream against the model. */
void acts_check(void);

/* Streams, or a relay, that have not closed. */
int acts_left(void);

/* --- Calls, by the arguments of the verbs */

void act_init(const int args[]);
void act_open(const int args[]);
void act_connect(const int args[]);
void act_listen(const int args[]);
void act_accept(const int args[]);
void act_read(const int args[]);
void act_stop(const int args[]);
void act_alloc(const int args[]);
void act_write(const int args[]);
void act_burst(const int args[]);
void act_try(const int args[]);
void act_shutdown(const int args[]);
void act_close(const int args[]);
void act_reset(const int args[]);
void act_detach(const int args[]);
void act_ref(const int args[]);
void act_unref(const int args[]);
void act_relay(const int args[]);
void act_cut(const int args[]);

/* --- For their files */

typedef struct act_slot_s {
  hvuv_stream_t* stream; /* NULL: none */
  size_t alloc_size;
  int manner; /* which pair of read callbacks */
  char* lent;
} act_slot_t;

extern act_slot_t act_slots[KERNEL_SLOTS];
extern uv_loop_t* act_loop;

int act_slot_of(const hvuv_stream_t* stream);

/* Around each call: no callback comes meanwhile. */
void act_enter(int slot);
void act_leave(void);

/* Around each callback: the cues are done in it. */
void act_begin_cb(int slot, const char* what);
void act_end_cb(int slot, enum act_cue cue);

/* That of a slot, unless a relay has it; NULL if there is none. */
hvuv_stream_t* act_stream(int slot);

/* A block with nothing sensible in it. */
void* act_need(size_t size);

/* The stream is gone. */
void act_forget(int slot);

void act_on_close(hvuv_stream_t* stream);

#define ACT_EXPECT(slot, call, got, wanted)                                    \
  SIM_EXPECT((got) == (wanted),                                                \
             call " returns what it must",                                     \
             "slot %d: %d, not %d",                                            \
             slot,                                                             \
             (int) (got),                                                      \
             (int) (wanted))

#endif /* HVUV_TESTS_SIM_STREAM_ACTS_H */
