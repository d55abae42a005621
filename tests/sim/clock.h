/*
 * Time that a script moves. libuv and hvuv take theirs from clock_gettime(),
 * which a program may have of its own; other clocks go on.
 */
#ifndef HVUV_TESTS_SIM_CLOCK_H
#define HVUV_TESTS_SIM_CLOCK_H

#include <stdint.h>

void sim_clock_advance(uint64_t ms);

/* Milliseconds since the program began. */
uint64_t sim_clock_ms(void);

/* Whether libuv goes by it. */
int sim_clock_works(void);

#endif /* HVUV_TESTS_SIM_CLOCK_H */
