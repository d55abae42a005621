/*
 * The program's life.
 *
 *   RUNS --SIGTERM, SIGINT--> DRAINS: nobody is let in, calls go on
 *                               | none is left          | again, or --grace is over
 *                               v                       v
 *                             ENDS <---none is left--- CUTS: those that are left end
 *
 * SIGUSR1 prints what is going on.
 */
#ifndef HVUV_TOOLS_RUN_H
#define HVUV_TOOLS_RUN_H

#include "call.h"

/* Opens the doors, and status if its FROM has a kind, and runs until a signal.
 * Returns the exit code. */
int run(const route_t* routes, int count, const route_t* status);

#endif /* HVUV_TOOLS_RUN_H */
