/* An explanation's words, from the facts that are given. */
#ifndef HVUV_SRC_EXPLAIN_EXPLAIN_TEXT_H
#define HVUV_SRC_EXPLAIN_EXPLAIN_TEXT_H

#include <stddef.h>

#include "explain/facts.h"
#include "hvuv/explain.h"

/* As hvuv_explain_step(), with the arguments checked already. */
int hvuv__explain_with(const hvuv__facts_t* facts,
                       const hvuv_addr_t* addr,
                       hvuv_step_t step,
                       int status,
                       char* buf,
                       size_t size);

#endif /* HVUV_SRC_EXPLAIN_EXPLAIN_TEXT_H */
