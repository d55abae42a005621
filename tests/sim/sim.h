/*
 * A simulation: scripts by chance, each played in a process of its own against a
 * model of what hvuv promises, and cut down when a promise is broken.
 *
 *   sim_x for SECONDS [SEED]     one seed after the other, for so long
 *   sim_x steps COUNT [SEED]     the same, for so many steps
 *   sim_x seed SEED              one of them, printed
 *   sim_x play FILE...           kept scripts
 *
 * The last line of output counts steps; a failure ends with the shortest script
 * that still fails in the same way. Exit code 1.
 */
#ifndef HVUV_TESTS_SIM_SIM_H
#define HVUV_TESTS_SIM_SIM_H

#include "script.h"

typedef struct sim_s {
  const char* name;
  const sim_language_t* language;
  void (*play)(const sim_script_t* script);
} sim_t;

int sim_main(const sim_t* sim, int argc, char** argv);

/* For play(): a step begins. */
void sim_step(void);

/* For play(): ends the process, a promise being broken. `promise` is what is
 * the same for all scripts that fail alike. */
#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 2, 3)))
#endif
void sim_broken(const char* promise, const char* format, ...);

#define SIM_EXPECT(condition, promise, ...)                                    \
  do {                                                                         \
    if (!(condition))                                                          \
      sim_broken(promise, __VA_ARGS__);                                        \
  } while (0)

#endif /* HVUV_TESTS_SIM_SIM_H */
