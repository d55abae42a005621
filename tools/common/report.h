/* How the tools report that something failed: which step, on which address,
 * what it means on this system, and what to do next. */
#ifndef HVUV_TOOLS_REPORT_H
#define HVUV_TOOLS_REPORT_H

#include <hvuv.h>

#include "options.h"

/* Reports a failed step on standard error; does nothing for 0. Returns err. */
int report(const tool_t* tool,
           hvuv_step_t step,
           const hvuv_addr_t* addr,
           int err);

/* The same for what is no address of hvuv's, with the meaning in words. */
int report_meaning(const tool_t* tool,
                   const char* step,
                   const char* where,
                   int err,
                   const char* meaning);

/* Reads an address of the command line, or a VM's name and a service (vm.h),
 * which it looks up, in the default loop. Returns 0, or what to exit with:
 * EXIT_USAGE with the fault reported, which argument, which part of it, what
 * was meant; 1 if the name could not be looked up, with the reason. */
int read_address(const tool_t* tool,
                 const char* argument,
                 const char* text,
                 hvuv_addr_t* addr);

#endif /* HVUV_TOOLS_REPORT_H */
