/* What is asked: an address on a system, and where it leads. */
#ifndef HVUV_SRC_EXPLAIN_QUESTION_H
#define HVUV_SRC_EXPLAIN_QUESTION_H

#include "explain/facts.h"
#include "hvuv/explain.h"

typedef struct hvuv__question_s {
  const hvuv__facts_t* facts;
  const hvuv_addr_t* addr;
  hvuv_step_t step;
  uint32_t cid;  /* where it leads; HVUV_CID_ANY for no one place */
  uint32_t port; /* HVUV_PORT_ANY if the service is none */
} hvuv__question_t;

#endif /* HVUV_SRC_EXPLAIN_QUESTION_H */
