/* What this system has of vsock, found out without connecting anywhere. */
#ifndef HVUV_SRC_EXPLAIN_PROBE_H
#define HVUV_SRC_EXPLAIN_PROBE_H

#include "explain/facts.h"

/* Fills in is_windows, has_* and own_cid; the other facts are left alone. */
void hvuv__probe_vsock(hvuv__facts_t* facts);

#endif /* HVUV_SRC_EXPLAIN_PROBE_H */
