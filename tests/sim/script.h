/*
 * Scripts: what a simulation does, one step a line.
 *
 *   open 0 vsock               a verb and its arguments: numbers, or words
 *   @read.0 write 0 2 100      a cue: done inside the next read callback of 0
 *   # because ...              a comment
 *
 * A script is all that a run depends on, so it can be cut down, printed, kept in
 * a file and played again. Each step is legal at any time, whatever stands
 * before it: what makes no sense then has no effect, or an error that the model
 * expects.
 */
#ifndef HVUV_TESTS_SIM_SCRIPT_H
#define HVUV_TESTS_SIM_SCRIPT_H

#include <stddef.h>
#include <stdio.h>

#define SIM_ARGS_MAX  4
#define SIM_STEPS_MAX 400

/* How an argument is drawn by chance, and written. */
typedef struct sim_arg_s {
  const char* const* words; /* NULL-terminated; NULL: it is a number */
  int most;                 /* of a number, from 0 */
  int is_size;              /* small ones as often as large ones */
} sim_arg_t;

typedef struct sim_verb_s {
  const char* name;
  int weight; /* how often it is drawn, relative to the others */
  int is_api; /* may be done on a cue */
  sim_arg_t args[SIM_ARGS_MAX];
  int nargs;
} sim_verb_t;

/* What the scripts of one simulation are made of. */
typedef struct sim_language_s {
  const sim_verb_t* verbs;
  int nverbs;
  const char* const* cues; /* kinds of callbacks; the first is "": at once */
  int ncues;
  int nslots; /* whatever has callbacks is numbered below this */
  const char* const* preludes; /* beginnings that lead somewhere */
  int npreludes;
} sim_language_t;

typedef struct sim_step_s {
  int verb;
  int cue;
  int cue_slot;
  int args[SIM_ARGS_MAX];
} sim_step_t;

typedef struct sim_script_s {
  int count;
  sim_step_t steps[SIM_STEPS_MAX];
} sim_script_t;

void sim_print_step(const sim_language_t* language,
                    const sim_step_t* step,
                    FILE* file);
void sim_print(const sim_language_t* language,
               const sim_script_t* script,
               FILE* file);

/* Reads a script from a file. Returns 0, or the number of the first line that is
 * none; -1 if there is no such file. */
int sim_read(const sim_language_t* language,
             const char* path,
             sim_script_t* script);

/* Reads one line; it is changed. 1 for a step, 0 for a line without one, -1 for
 * anything else. */
int sim_read_line(const sim_language_t* language, char* line, sim_step_t* step);

/* Draws a script by chance: the same for the same seed. Each script leaves out
 * some of the verbs, so that runs differ in kind and not only in detail. */
void sim_draw(const sim_language_t* language,
              unsigned long seed,
              sim_script_t* script);

#endif /* HVUV_TESTS_SIM_SCRIPT_H */
