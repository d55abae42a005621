/* Cutting a script down. */
#ifndef HVUV_TESTS_SIM_SHRINK_H
#define HVUV_TESTS_SIM_SHRINK_H

#include "sim.h"

/* Leaves out steps, and makes numbers smaller, for as long as the script breaks
 * the same promise, and at most so many tries. */
void sim_shrink(const sim_t* sim,
                sim_script_t* script,
                const char* promise,
                int tries);

/* Plays a script in a child. Returns 0, or 1 and the promise that it breaks. */
int sim_try(const sim_t* sim,
            const sim_script_t* script,
            int loud,
            char promise[80]);

#endif /* HVUV_TESTS_SIM_SHRINK_H */
