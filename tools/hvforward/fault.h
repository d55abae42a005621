/* What went wrong with a call, on standard error, as far as quota.h lets it. */
#ifndef HVUV_TOOLS_FAULT_H
#define HVUV_TOOLS_FAULT_H

#include "calls.h"

/* A relay has ended with this status, which may be 0. */
void fault_relayed(const call_t* call, int status, uint64_t now_ms);

/* No connection to TO. */
void fault_dialled(const call_t* call, int status, uint64_t now_ms);

/* The caller has hung up meanwhile. */
void fault_hung_up(const call_t* call, uint64_t now_ms);

/* The caller may not. */
void fault_refused(const call_t* call, const char* why, uint64_t now_ms);

#endif /* HVUV_TOOLS_FAULT_H */
